// One run drawn on a canvas: only what is in sight. Lanes on the left, words on the right.

const HEAD = 30;
/** Browsers stop at elements of about 17 million pixels. */
const TALLEST = 15e6;
/** How high a line of words is. */
const WORDS_HIGH = 14;
/** Texts of letters that are all as wide as an m. */
const ONE_WIDE = /^[\x20-\x7e→…]*$/;

class Pane {
  constructor(app, number, field) {
    this.app = app;
    this.number = number;
    this.scroll = field.querySelector('.scroll');
    this.all = field.querySelector('.all');
    this.canvas = field.querySelector('.paint');
    this.map = field.querySelector('.map');
    this.overview = new Overview(this.map);
    this.chosen = -1;
    this.open = new Set();
    this.scroll.addEventListener('scroll', () => this.redraw());
    this.canvas.addEventListener('click', click => this.click(click));
    this.canvas.addEventListener('mousemove', move => this.hover(move));
    this.scroll.addEventListener('focus', () => app.turnTo(this));
    this.scroll.addEventListener('wheel', wheel => {
      if (!wheel.ctrlKey && !wheel.metaKey) return;
      wheel.preventDefault();
      app.zoom(wheel.deltaY < 0 ? 1.15 : 1 / 1.15);
    }, { passive: false });
    const jump = press => {
      if (press.buttons !== 1) return;
      const share = press.offsetY / this.map.clientHeight;
      this.scroll.scrollTop = share * this.height - this.scroll.clientHeight / 2;
    };
    this.map.addEventListener('pointerdown', jump);
    this.map.addEventListener('pointermove', jump);
  }

  show(run) {
    this.run = run;
    this.chosen = -1;
    this.open.clear();
    this.arrange();
  }

  /** Lays rows out anew; what was in the middle stays there. */
  arrange(keep = -1) {
    const still = keep < 0 && this.chosen < 0 && this.scroll.scrollTop === 0;
    const anchor = keep >= 0 ? keep : still ? -1 : this.middle();
    this.rows = new Rows(this.run, {
      lanes: this.app.hiddenLanes, kinds: this.app.hiddenKinds, fold: this.app.fold,
      scale: this.app.scale, open: this.open,
    });
    this.lanes = [];
    this.run.lanes.forEach((_, lane) => {
      if (!this.app.hiddenLanes.has(lane)) this.lanes.push(lane);
    });
    this.resize();
    if (anchor >= 0) this.reveal(anchor, true);
    this.redraw();
  }

  middle() {
    if (!this.rows || this.rows.count === 0) return -1;
    if (this.chosen >= 0) return this.chosen;
    const middle = this.scroll.scrollTop + this.scroll.clientHeight / 2 - HEAD;
    const row = this.rows.at(middle / this.step);
    return this.rows.first[Math.min(row, this.rows.count - 1)];
  }

  resize() {
    const wide = this.scroll.clientWidth, high = this.app.printing || this.scroll.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    this.step = Math.min(this.app.step, TALLEST / this.rows.length);
    this.height = this.rows.length * this.step + HEAD + 12;
    const lanes = Math.max(1, this.lanes.length);
    const share = this.app.runs.length > 1 ? 0.36 : 0.46;
    let times = 4;
    for (let e = 0; e < this.run.count; e += Math.max(1, this.run.count >> 6)) {
      times = Math.max(times, this.run.when(e).length);
    }
    if (this.run.count) times = Math.max(times, this.run.when(this.run.count - 1).length);
    this.left = 34 + times * 6.7;
    this.laneWidth = Math.max(38, Math.min(96, ((wide - this.left) * share) / lanes));
    this.text = this.left + lanes * this.laneWidth + 14;
    this.width = Math.max(wide, this.text + 150);
    this.all.style.height = this.height + 'px';
    this.all.style.width = this.width + 'px';
    this.canvas.style.width = this.width + 'px';
    this.canvas.style.height = high + 'px';
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(high * ratio);
    this.high = high;
    this.ratio = ratio;
  }

  x(lane) { return this.left + (this.lanes.indexOf(lane) + 0.5) * this.laneWidth; }
  y(place) { return HEAD + place * this.step - this.top; }
  yOf(event) { return this.y(this.rows.mark(this.rows.nearest[event])); }

  /** Brings an event into sight; into the middle if it was far away. */
  reveal(event, always) {
    const row = this.rows.nearest[event];
    if (row < 0) return;
    const y = HEAD + this.rows.words(row) * this.step;
    const high = this.scroll.clientHeight;
    const from = this.scroll.scrollTop + HEAD + this.step;
    const to = this.scroll.scrollTop + high - this.step * 1.5;
    if (always || y < from - high || y > to + high) this.scroll.scrollTop = y - high / 2;
    else if (y < from) this.scroll.scrollTop -= from - y;
    else if (y > to) this.scroll.scrollTop += y - to;
  }

  choose(event) {
    if (event >= 0) {
      const row = this.rows.of[event];
      if (row >= 0 && this.rows.size[row] > 1) {
        this.open.add(event);
        this.chosen = event;
        this.arrange(event);
      }
    }
    this.chosen = event;
    if (event >= 0) this.reveal(event, false);
    this.redraw();
  }

  click(click) {
    this.app.turnTo(this);
    const row = this.rowAt(click.offsetY);
    if (row >= 0) this.app.choose(this.rows.first[row], this);
  }

  hover(move) {
    const row = this.rowAt(move.offsetY);
    const folded = row >= 0 && this.rows.size[row] > 1;
    this.canvas.style.cursor = row < 0 ? 'default' : 'pointer';
    const event = row < 0 ? -1 : this.rows.first[row];
    this.canvas.title = row < 0 ? '' : folded ? 'Click to unfold' : this.run.words(event);
  }

  /** The row whose words are nearest to a height of the canvas. */
  rowAt(y) {
    if (y < HEAD || this.rows.count === 0) return -1;
    const place = (y - HEAD + this.scroll.scrollTop) / this.step;
    let row = Math.min(this.rows.at(place), this.rows.count - 1);
    if (row > 0 && place - this.rows.words(row - 1) < this.rows.words(row) - place) row--;
    return Math.abs(this.rows.words(row) - place) < 1.2 ? row : -1;
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  draw() {
    if (!this.rows) return;
    const g = this.canvas.getContext('2d');
    this.ink = this.app.ink;
    this.g = g;
    this.top = this.app.printing ? this.app.printFrom : this.scroll.scrollTop;
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    g.fillStyle = this.ink.paper;
    g.fillRect(0, 0, this.width, this.high);
    const from = Math.max(0, this.rows.at((this.top - HEAD) / this.step - 2) - 1);
    const to = Math.min(this.rows.count, this.rows.at((this.top + this.high) / this.step + 2) + 1);
    this.sight = { from, to };
    g.save();
    g.beginPath();
    g.rect(0, HEAD, this.width, this.high - HEAD);
    g.clip();
    this.drawGround(from, to);
    this.drawLines(from, to);
    this.drawArrows(from, to);
    this.drawRows(from, to);
    this.drawDifference();
    g.restore();
    this.drawHead();
    this.drawMap();
  }

  drawGround(from, to) {
    const { g, ink, rows } = this;
    g.fillStyle = ink.band;
    for (let row = from; row < to; row++) {
      if (row % 2 === 1 && this.step >= 14 && rows.words(row) === rows.mark(row)) {
        g.fillRect(0, this.y(rows.words(row) - 0.5), this.width, this.step);
      }
    }
    const chosen = this.chosen >= 0 ? rows.of[this.chosen] : -1;
    if (chosen >= 0) {
      g.globalAlpha = 0.16;
      g.fillStyle = ink.epochs[0];
      g.fillRect(0, this.y(rows.words(chosen) - 0.5), this.width, Math.max(this.step, 3));
      g.globalAlpha = 1;
    }
    g.font = `11px ${LETTERS}`;
    for (const silence of rows.silences) {
      const y = this.y(silence.at);
      const wordsY = this.y(silence.words);
      if (Math.max(y, wordsY) < 0 || Math.min(y, wordsY) > this.high) continue;
      g.setLineDash([1, 4]);
      this.path(ink.muted, 1, [[this.left, y], [this.text - 14, y]]);
      g.setLineDash([]);
      g.fillStyle = ink.muted;
      g.textAlign = 'left';
      g.fillText(span(silence.gap) + ' of silence', this.text, wordsY + 4);
    }
  }

  path(colour, width, points) {
    const g = this.g;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.beginPath();
    points.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.stroke();
  }

  drawLines(from, to) {
    const { run, rows, ink } = this;
    if (rows.count === 0) return;
    const first = from === 0 ? -1 : rows.first[from];
    const bottom = this.y(rows.length);
    for (const lane of this.lanes) {
      const { event, epoch } = run.turns[lane];
      let low = 0, high = event.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (event[middle] <= first) low = middle + 1; else high = middle;
      }
      const x = this.x(lane);
      for (let turn = Math.max(0, low - 1); turn < Math.max(event.length, 1); turn++) {
        const starts = event.length > 0 && event[turn] >= 0;
        const begin = starts ? this.yOf(event[turn]) : this.y(0);
        const end = turn + 1 < event.length ? this.yOf(event[turn + 1]) : bottom;
        if (begin > this.high) break;
        const state = event.length ? epoch[turn] : -1;
        if (state === -2) continue;
        const colour = state < 0 ? ink.muted : ink.epochs[(state >> 1) % COLOURS];
        const width = state >= 0 && state & 1 ? 6 : 2;
        const ends = [[x, Math.max(begin, -20)], [x, Math.min(end, this.high + 20)]];
        this.path(colour, width, ends);
      }
    }
  }

  drawArrows(from, to) {
    const { run, rows } = this;
    const drawn = new Set();
    // What may cross the sight was under way where its block begins, or was sent since.
    const block = Math.floor(from / Rows.BLOCK);
    for (const s of rows.crossings[block] || []) this.drawSending(s, drawn);
    for (let row = block * Rows.BLOCK; row < to; row++) {
      const first = rows.first[row];
      const last = row + 1 < rows.count ? rows.first[row + 1] : run.count;
      for (let e = first; e < last; e++) {
        if (run.message[e] >= 0) this.drawSending(run.message[e], drawn);
        else if (run.kind[e] === KIND.deliver && rows.of[e] >= 0) this.drawUnsent(e);
        const [begin, end] = run.sends(e);
        for (let s = begin; s < end; s++) this.drawSending(s, drawn);
      }
    }
    this.g.globalAlpha = 1;
    this.drawn = drawn;
  }

  drawUnsent(event) {
    const from = -2 - this.run.message[event], lane = this.run.lane[event];
    if (this.app.hiddenLanes.has(from) || from === lane) return;
    const y = this.yOf(event), x = this.x(lane);
    this.g.globalAlpha = this.pale(event) ? 0.16 : 1;
    this.drawArrow(x + 0.45 * Math.sign(this.x(from) - x) * this.laneWidth, y - 8, x, y, 'arrives');
  }

  drawSending(s, drawn) {
    if (drawn.has(s)) return;
    drawn.add(s);
    const { run, rows } = this;
    const event = run.send_event[s], lane = run.lane[event], to = run.send_lane[s];
    const hidden = this.app.hiddenLanes;
    if (lane < 0 || hidden.has(lane) || hidden.has(to)) return;
    const y = this.y(rows.mark(rows.nearest[event])), x = this.x(lane), endX = this.x(to);
    const fate = run.send_fate[s];
    let left = fate === FATE.doubled ? 2 : 1;
    const draw = (end, course) => {
      const row = end >= 0 ? rows.nearest[end] : -1;
      if (row >= 0 && row === rows.nearest[event]) return;
      const endY = row >= 0 ? this.y(rows.mark(row)) : y + this.step * 0.9;
      this.g.globalAlpha = this.pale(event) || (end >= 0 && this.pale(end)) ? 0.16 : 1;
      this.drawArrow(x, y, endX, endY, course);
    };
    for (const end of run.arrivals(s)) { left--; draw(end, 'arrives'); }
    if (run.loss[s] >= 0) { left--; draw(run.loss[s], 'lost'); }
    else if (fate === FATE.lost) { left--; draw(-1, 'lost'); }
    for (; left > 0; left--) draw(-1, 'flies');
  }

  drawArrow(x, y, endX, endY, course) {
    if (Math.max(y, endY) < 0 || Math.min(y, endY) > this.high) return;
    const { g, ink } = this;
    if (x === endX) {
      g.strokeStyle = course === 'lost' ? ink.wrong : ink.message;
      g.lineWidth = 1.2;
      g.beginPath();
      g.moveTo(x, y);
      g.bezierCurveTo(x + 26, y, x + 26, endY, x, endY);
      g.stroke();
      return;
    }
    const whole = Math.hypot(endX - x, endY - y);
    const lanes = Math.max(1, Math.round(Math.abs(endX - x) / this.laneWidth));
    const share = course === 'arrives' ? 1 - Math.min(5.5, this.step / 2.5) / whole
      : course === 'lost' ? 1 - 0.5 / lanes : 0.45 / lanes;
    const tipX = x + (endX - x) * share, tipY = y + (endY - y) * share;
    if (course !== 'arrives') g.setLineDash([5, 3]);
    this.path(course === 'lost' ? ink.wrong : ink.message, 1.2, [[x, y], [tipX, tipY]]);
    g.setLineDash([]);
    if (course === 'lost') {
      stamp(g, ink, 'lost', tipX, tipY);
      return;
    }
    const angle = Math.atan2(endY - y, endX - x);
    const size = this.step < WORDS_HIGH ? 5 : 8;
    g.fillStyle = ink.message;
    g.beginPath();
    g.moveTo(tipX, tipY);
    g.lineTo(tipX - size * Math.cos(angle + 0.38), tipY - size * Math.sin(angle + 0.38));
    g.lineTo(tipX - size * Math.cos(angle - 0.38), tipY - size * Math.sin(angle - 0.38));
    g.fill();
  }

  /** Whether an event is drawn pale: it is concurrent with the chosen one. */
  pale(event) {
    const chosen = this.chosen;
    if (!this.app.causes || chosen < 0 || this.run.place[chosen] === 0) return false;
    // A loss is as close as its sending; what happens at no node concerns everyone.
    const lost = this.run.kind[event] === KIND.lost && this.run.message[event] >= 0;
    const known = lost ? this.run.send_event[this.run.message[event]] : event;
    if (known === chosen || this.run.place[known] === 0) return false;
    return !this.run.precedes(known, chosen) && !this.run.precedes(chosen, known);
  }

  drawRows(from, to) {
    const { g, run, rows } = this;
    // Far away there is not room for every event's words: those that decided something come first.
    const room = this.step < WORDS_HIGH ? WORDS_HIGH / this.step : 0;
    let time = '', free = -Infinity;
    for (let row = from; row < to; row++) {
      const event = rows.first[row], place = rows.words(row);
      const markY = this.y(rows.mark(row)), wordsY = this.y(place);
      g.globalAlpha = this.pale(event) ? 0.3 : 1;
      if (rows.size[row] > 1) {
        this.drawFolded(row, wordsY);
        continue;
      }
      this.drawEvent(event, run.lane[event], markY);
      this.drawCause(event, wordsY);
      const isChosen = event === this.chosen;
      if (room && !isChosen && (run.quiet[event] || place < free || this.nearChosen(row, room))) {
        continue;
      }
      free = place + room;
      const now = run.when(event);
      if (now !== time) this.drawTime(now, wordsY);
      time = now;
      if (wordsY > markY + 1) this.drawLeader(markY, wordsY);
      this.drawWords(event, wordsY, 12);
    }
    g.globalAlpha = 1;
  }

  /** Whether the words of a row would touch those of the chosen one, which go first. */
  nearChosen(row, room) {
    const chosen = this.chosen >= 0 ? this.rows.of[this.chosen] : -1;
    if (chosen < 0 || chosen === row) return false;
    return Math.abs(this.rows.words(chosen) - this.rows.words(row)) < room;
  }

  drawTime(time, y) {
    const { g, ink } = this;
    g.font = `11px ${LETTERS}`;
    g.fillStyle = ink.muted;
    g.textAlign = 'right';
    g.fillText(time, this.left - 16, y + 4);
  }

  /** From where an event is to where its words had to go. */
  drawLeader(from, to) {
    const x = this.text - 22;
    this.path(this.ink.faint, 1, [[x, from], [x + 6, from], [this.text - 4, to]]);
  }

  drawDifference() {
    const { g, ink, rows } = this;
    g.font = `11px ${LETTERS}`;
    const differs = this.app.differs;
    if (differs >= 0 && this.run.count > 0) {
      const row = rows.nearest[Math.min(differs, this.run.count - 1)];
      const y = this.y(rows.mark(row) - 0.5);
      this.path(ink.wrong, 1.5, [[0, y], [this.width, y]]);
      g.fillStyle = ink.wrong;
      g.fillRect(this.width - 122, y - 16, 116, 16);
      g.fillStyle = ink.paper;
      g.textAlign = 'center';
      g.fillText('first difference', this.width - 64, y - 4);
    }
  }

  /** A bar beside the time: causes filled, consequences hollow. */
  drawCause(event, y) {
    const chosen = this.chosen;
    if (!this.app.causes || chosen < 0 || this.run.place[chosen] === 0) return;
    const { g, ink } = this, x = this.left - 9, high = Math.min(this.step, 22) - 6;
    if (this.run.precedes(event, chosen)) {
      g.fillStyle = ink.epochs[0];
      g.fillRect(x, y - high / 2, 4, high);
    } else if (this.run.precedes(chosen, event)) {
      g.strokeStyle = ink.epochs[1];
      g.lineWidth = 1.4;
      g.strokeRect(x + 0.7, y - high / 2 + 0.7, 2.6, high - 1.4);
    }
  }

  drawFolded(row, y) {
    const { g, ink, run, rows } = this;
    const first = rows.first[row];
    const last = (row + 1 < rows.count ? rows.first[row + 1] : run.count) - 1;
    for (const lane of this.lanes) {
      const x = this.x(lane);
      g.fillStyle = ink.muted;
      for (const shift of [-4, 0, 4]) {
        g.beginPath();
        g.arc(x, y + shift, 1.3, 0, 7);
        g.fill();
      }
    }
    if (this.step < WORDS_HIGH) return;
    const time = run.steps ? '' : ', ' + span(run.at[last] - run.at[first]);
    g.font = `11px ${LETTERS}`;
    g.fillStyle = ink.muted;
    g.textAlign = 'left';
    g.fillText(`⋯ ${rows.size[row].toLocaleString('en')} quiet events${time}`, this.text, y + 4);
  }

  drawEvent(event, lane, y) {
    const { g, ink, run } = this;
    const kind = this.app.kinds[run.kind[event]][0];
    if (lane < 0) {
      this.path(ink.wrong, 1, [[this.left, y], [this.text - 14, y]]);
      stamp(g, ink, kind, this.left, y);
      return;
    }
    const x = this.x(lane), size = Math.max(0.45, Math.min(1, this.step / WORDS_HIGH));
    if (kind !== 'lost') stamp(g, ink, kind, x, y, size);
    if (run.tells.has(event)) stamp(g, ink, 'tells', x, y, size);
    if (run.saves.has(event)) stamp(g, ink, 'saves', x, y, size);
  }

  drawWords(event, y, size) {
    const { g, ink, run } = this;
    const kind = run.kind[event];
    const wrong = kind === KIND.crash || kind === KIND.lost || kind >= KIND.fault;
    g.font = `${kind === KIND.violation ? '600 ' : ''}${size}px ${LETTERS}`;
    g.textAlign = 'left';
    g.fillStyle = wrong ? ink.wrong : ink.ink;
    const room = this.width - this.text - 8;
    const words = this.fit(run.words(event), room), wide = this.wide(words);
    if (this.app.found.has(event) && this.app.foundIn === this) {
      g.save();
      g.globalAlpha *= 0.25;
      g.fillStyle = ink.epochs[1];
      g.fillRect(this.text - 4, y - 8, wide + 8, 16);
      g.restore();
    }
    g.fillText(words, this.text, y + 4);
    const more = effects(run, event), left = room - wide - this.letter;
    if (left < 6 * this.letter || more === '') return;
    g.fillStyle = ink.muted;
    g.fillText(this.fit(more, left), this.text + wide + this.letter, y + 4);
  }

  /** The width of a text; only letters that may be wide are measured one by one. */
  wide(text) {
    this.letter = this.letter || this.g.measureText('m').width;
    return ONE_WIDE.test(text) ? text.length * this.letter : this.g.measureText(text).width;
  }

  /** The beginning of a text that fits, with an ellipsis if it was cut. */
  fit(text, room) {
    if (this.wide(text) <= room) return text;
    const letters = [...text.slice(0, Math.ceil(room / this.letter))];
    while (letters.length && this.wide(letters.join('') + '…') > room) letters.pop();
    return letters.join('') + '…';
  }

  drawHead() {
    const { g, ink } = this;
    g.fillStyle = ink.paper;
    g.fillRect(0, 0, this.width, HEAD);
    g.font = `600 12px ${LETTERS}`;
    g.fillStyle = ink.ink;
    g.textAlign = 'center';
    for (const lane of this.lanes) g.fillText(this.run.lanes[lane], this.x(lane), 19);
    g.font = `11px ${LETTERS}`;
    g.fillStyle = ink.muted;
    g.textAlign = 'right';
    g.fillText(this.run.steps ? 'step' : 'time', this.left - 16, 19);
    this.path(ink.faint, 1, [[0, HEAD - 0.5], [this.width, HEAD - 0.5]]);
  }

  drawMap() { this.overview.draw(this); }
}

/** What came of an event, in one line; its messages are seen. */
function effects(run, event) {
  const parts = [];
  for (const text of run.tells.of(event)) parts.push('tells ' + run.strings[text]);
  for (const text of run.saves.of(event)) parts.push('saves ' + run.strings[text]);
  const epoch = run.epoch[event];
  if (run.news[event]) {
    parts.push(`${epoch & 1 ? 'leads' : 'enters'} epoch ${run.epochs[epoch >> 1]}`);
  }
  return parts.length ? '→ ' + parts.join('; ') : '';
}
