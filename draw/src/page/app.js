// The page: controls, keys, search, and the panes they act on.

/** How an address names a pane. */
const SIDES = ['event', 'right'];

class App {
  constructor(data) {
    this.kinds = data.kinds;
    this.runs = data.runs.map(columns => new Run(columns, data.strings));
    this.strings = data.strings;
    this.differences = data.differences;
    this.hiddenLanes = new Set();
    this.hiddenKinds = new Set();
    this.found = new Set();
    this.matches = [];
    this.foundIn = null;
    this.scale = data.scale;
    this.causes = true;
    this.step = 22;
    const most = Math.max(0, ...this.runs.map(run => run.count));
    this.fold = most > 2000;
    this.ink = inks();
    this.panes = [];
    this.card = new Card(this, document.getElementById('card'));
    this.build();
    this.bind();
    if (this.recall()) return;
    const run = this.runs[0];
    const opens = data.opens;
    if (opens !== null && run && opens < run.count) this.panes[0].reveal(opens, true);
    else if (run && run.broken >= 0) this.choose(run.broken, this.panes[0]);
    else if (this.differs > 0) this.differ();
  }

  build() {
    const many = Math.min(2, this.runs.length);
    const field = document.getElementById('panes');
    for (let number = 0; number < many; number++) {
      const scroll = tag('div', { className: 'scroll', tabIndex: 0 },
        tag('div', { className: 'all' }), tag('canvas', { className: 'paint' }));
      scroll.setAttribute('role', 'application');
      scroll.setAttribute('aria-roledescription', 'space-time diagram');
      scroll.setAttribute('aria-label', `Space-time diagram of ${this.runs[number].subject}; `
        + 'arrow keys step through its events');
      const body = tag('div', { className: 'field' }, scroll, tag('canvas', { className: 'map' }));
      const section = tag('section', { className: 'pane' });
      if (many > 1) section.append(this.chooser(number));
      section.append(body);
      field.append(section);
      this.panes.push(new Pane(this, number, body));
    }
    this.active = this.panes[0] || null;
    this.shown = this.panes.map((_, number) => number);
    this.panes.forEach((pane, number) => pane.show(this.runs[number]));
    this.compare();
    this.title();
    this.chips();
    if (this.active) this.card.show(this.active);
  }

  chooser(number) {
    const select = tag('select');
    select.setAttribute('aria-label', number === 0 ? 'Left run' : 'Right run');
    this.runs.forEach((run, index) => select.append(tag('option', {
      value: index, textContent: `${index + 1}. ${run.subject}`, selected: index === number,
    })));
    select.addEventListener('change', () => {
      this.shown[number] = Number(select.value);
      this.panes[number].show(this.runs[this.shown[number]]);
      this.compare();
      this.search();
      this.card.show(this.active);
    });
    return tag('div', { className: 'name' }, select, tag('span', { className: 'said' }));
  }

  /** Where the two runs in sight begin to differ. */
  compare() {
    this.differs = -1;
    if (this.panes.length < 2) return;
    const [a, b] = this.shown;
    const first = a === b ? null : this.differences[Math.max(a, b)][Math.min(a, b)];
    this.differs = first === null ? -1 : first;
    document.querySelectorAll('.pane .said').forEach((said, number) => {
      const run = this.panes[number].run;
      const count = `${grouped(run.count)} events`;
      said.textContent = first === null ? `${count}; the two are alike`
        : `${count}; differs from event ${grouped(first + 1)} on`;
    });
  }

  title() {
    const run = this.runs[0], facts = document.getElementById('facts');
    const names = [...new Set(this.runs.map((one) => one.subject))].join(', ');
    document.getElementById('subject').textContent = run ? names : 'No run';
    if (!run) return;
    const parts = [`${run.lanes.length} nodes`, `${grouped(run.count)} events`,
      `${grouped(run.send_event.length)} messages`];
    if (run.omitted) parts.push(`${grouped(run.omitted)} earlier events were not kept`);
    if (!run.steps && run.count) parts.push(span(run.at[run.count - 1] - run.at[0]));
    facts.textContent = this.runs.length > 1 ? `${this.runs.length} runs` : parts.join(' · ');
    const broken = this.runs.find(one => one.violation !== null);
    if (broken) {
      const words = 'violation: ' + broken.violation;
      facts.append(' · ', tag('span', { className: 'wrong', textContent: words }));
    }
  }

  chips() {
    const counts = new Uint32Array(this.kinds.length);
    for (const run of this.runs) for (const kind of run.kind) counts[kind]++;
    const lanes = Math.max(0, ...this.runs.map(run => run.lanes.length));
    const names = this.runs.find(run => run.lanes.length === lanes)?.lanes || [];
    const nodes = document.getElementById('nodes'), kinds = document.getElementById('kinds');
    names.forEach((name, lane) => nodes.append(this.chip(this.hiddenLanes, lane, name)));
    this.kinds.forEach(([name, words], kind) => {
      if (counts[kind] === 0) return;
      const chip = this.chip(this.hiddenKinds, kind, words, counts[kind]);
      const canvas = tag('canvas', { width: 36, height: 32 });
      canvas.dataset.mark = name;
      canvas.setAttribute('aria-hidden', 'true');
      chip.prepend(canvas);
      kinds.append(chip);
    });
    this.paintChips();
  }

  paintChips() {
    for (const canvas of document.querySelectorAll('.chips canvas')) {
      const g = canvas.getContext('2d'), name = canvas.dataset.mark;
      g.setTransform(2, 0, 0, 2, 18 - 2 * (MIDDLE[name] || 0), 16);
      g.clearRect(-30, -10, 60, 20);
      stamp(g, this.ink, name, 0, 0);
    }
  }

  chip(hidden, value, words, count) {
    const chip = tag('button', { type: 'button' }, words);
    if (count !== undefined) {
      chip.append(tag('span', { className: 'count', textContent: grouped(count) }));
    }
    chip.setAttribute('aria-pressed', 'true');
    chip.addEventListener('click', () => {
      if (!hidden.delete(value)) hidden.add(value);
      chip.setAttribute('aria-pressed', String(!hidden.has(value)));
      this.panes.forEach(pane => pane.arrange());
      this.search();
    });
    return chip;
  }

  bind() {
    const on = (id, act) => document.getElementById(id).addEventListener('click', act);
    on('find-on', () => this.find(1));
    on('find-back', () => this.find(-1));
    on('zoom-in', () => this.zoom(1.25));
    on('zoom-out', () => this.zoom(1 / 1.25));
    on('fold', () => this.toggle('fold'));
    on('scale', () => this.toggle('scale'));
    on('causes', () => this.toggle('causes'));
    on('theme', () => this.turnTheme());
    on('help-open', () => document.getElementById('help').showModal());
    const search = document.getElementById('search');
    search.addEventListener('input', () => { this.search(); this.find(0); });
    search.addEventListener('keydown', press => {
      if (press.key === 'Enter') this.find(press.shiftKey ? -1 : 1);
      else if (press.key === 'Escape') {
        search.value = '';
        this.search();
        this.active?.scroll.focus();
      }
      else return;
      press.preventDefault();
    });
    document.addEventListener('keydown', press => this.key(press));
    addEventListener('hashchange', () => this.recall());
    new ResizeObserver(() => this.panes.forEach(pane => { pane.resize(); pane.draw(); }))
      .observe(document.getElementById('panes'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.repaint());
    addEventListener('beforeprint', () => this.print(true));
    addEventListener('afterprint', () => this.print(false));
    if (this.runs.every(run => run.steps)) document.getElementById('scale').disabled = true;
    for (const name of ['fold', 'scale', 'causes']) this.press(name);
  }

  press(name) { document.getElementById(name).setAttribute('aria-pressed', String(this[name])); }

  toggle(name) {
    this[name] = !this[name];
    this.press(name);
    this.panes.forEach(pane => {
      if (name === 'fold') pane.open.clear();
      if (name === 'causes') pane.redraw(); else pane.arrange();
    });
  }

  turnTheme() {
    const root = document.documentElement;
    const dark = getComputedStyle(root).colorScheme === 'dark';
    root.dataset.theme = dark ? 'light' : 'dark';
    this.repaint();
  }

  repaint() {
    this.ink = inks();
    this.paintChips();
    this.panes.forEach(pane => pane.redraw());
    if (this.active) this.card.show(this.active);
  }

  zoom(by) {
    this.step = Math.max(3, Math.min(60, this.step * by));
    for (const pane of this.panes) {
      const middle = pane.middle();
      pane.resize();
      if (middle >= 0) pane.reveal(middle, true);
      pane.redraw();
    }
  }

  turnTo(pane) {
    if (this.active === pane) return;
    this.active = pane;
    this.search();
    this.card.show(pane);
  }

  choose(event, pane = this.active) {
    this.active = pane;
    pane.choose(event);
    this.card.show(pane);
    const said = document.getElementById('said');
    said.textContent = event < 0 ? '' : `${pane.run.when(event)} ${pane.run.words(event)}`;
    // Up to the first difference both runs show the same.
    const other = this.panes.find(one => one !== pane);
    if (other && event >= 0 && (this.differs < 0 || event <= this.differs)) {
      if (event < other.run.count) other.reveal(event, false);
    }
    this.remember(event, pane);
  }

  /** The address names the chosen event, so that it can be passed on. */
  remember(event, pane) {
    const name = event < 0 ? '#' : `#${SIDES[pane.number]}-${event + 1}`;
    try { history.replaceState(null, '', name); } catch { /* A page within a page may not. */ }
  }

  /** Opens the event that the address names. */
  recall() {
    const [side, number] = location.hash.slice(1).split('-');
    const pane = this.panes[SIDES.indexOf(side)], event = Number(number) - 1;
    const known = pane && Number.isInteger(event) && event >= 0 && event < pane.run.count;
    if (known) this.choose(event, pane);
    return known;
  }

  key(press) {
    const at = press.target, pane = this.active;
    const typing = at.matches?.('input, select, textarea') || document.getElementById('help').open;
    if (typing || press.ctrlKey || press.metaKey || press.altKey || !pane) return;
    const pressed = at.matches?.('button, a') && (press.key === 'Enter' || press.key === ' ');
    if (pressed) return;
    const act = this.action(press, pane);
    if (!act) return;
    press.preventDefault();
    act();
  }

  action(press, pane) {
    const { key, shiftKey: shift } = press;
    if (key === 'ArrowDown' || key === 'j' || key === 'J') return () => this.walk(1, shift);
    if (key === 'ArrowUp' || key === 'k' || key === 'K') return () => this.walk(-1, shift);
    if (key === 'ArrowLeft' || key === 'ArrowRight') return () => this.follow(key === 'ArrowLeft');
    if (key >= '1' && key <= '9') {
      return () => document.getElementById('nodes').children[Number(key) - 1]?.click();
    }
    return {
      '/': () => document.getElementById('search').focus(),
      n: () => this.find(1),
      N: () => this.find(-1),
      g: () => this.end(0),
      Home: () => this.end(0),
      G: () => this.end(pane.rows.count - 1),
      End: () => this.end(pane.rows.count - 1),
      v: () => this.choose(pane.run.broken >= 0 ? pane.run.broken : pane.chosen),
      d: () => this.differ(),
      '+': () => this.zoom(1.25),
      '=': () => this.zoom(1.25),
      '-': () => this.zoom(1 / 1.25),
      f: () => this.toggle('fold'),
      t: () => { if (!document.getElementById('scale').disabled) this.toggle('scale'); },
      c: () => this.toggle('causes'),
      '?': () => document.getElementById('help').showModal(),
      Escape: () => this.choose(-1),
    }[key];
  }

  /** The next or previous event, of the same node if asked. */
  walk(by, same) {
    const pane = this.active, { rows, run } = pane;
    if (rows.count === 0) return;
    const lane = pane.chosen >= 0 ? run.lane[pane.chosen] : -1;
    const edge = by > 0 ? rows.at(pane.scroll.scrollTop / pane.step) - 1 : rows.count;
    const here = pane.chosen >= 0 ? rows.nearest[pane.chosen] : edge;
    const row = rows.step(here, by, same && lane >= 0 ? event => run.lane[event] === lane : null);
    if (row >= 0) this.walkTo(row);
  }

  /** A stretch that is folded is stepped over like one event, and said to be so. */
  walkTo(row) {
    const pane = this.active, { rows } = pane;
    if (rows.size[row] === 1) {
      this.choose(rows.first[row]);
      return;
    }
    const next = rows.first[row] > pane.chosen ? rows.step(row, 1) : rows.step(row, -1);
    if (next >= 0) this.choose(rows.first[next]);
    else this.choose(rows.first[row]);
  }

  end(row) {
    if (row >= 0 && this.active.rows.count > 0) this.choose(this.active.rows.first[row]);
  }

  follow(back) {
    const pane = this.active;
    if (pane.chosen < 0) return;
    const other = pane.run.across(pane.chosen, back);
    if (other >= 0) this.choose(other);
  }

  differ() {
    if (this.differs < 0) return;
    for (const pane of [...this.panes].reverse()) {
      if (pane.run.count) this.choose(Math.min(this.differs, pane.run.count - 1), pane);
    }
  }

  /** Events of the active run whose words, effects or messages hold what is searched for. */
  search() {
    const wanted = document.getElementById('search').value.trim().toLowerCase();
    const pane = this.active;
    this.found = new Set();
    this.matches = [];
    this.foundIn = pane;
    if (wanted && pane) {
      this.lower = this.lower || this.strings.map(text => text.toLowerCase());
      const holds = this.lower.map(text => text.includes(wanted));
      const run = pane.run;
      for (let e = 0; e < run.count; e++) {
        if (pane.rows.of[e] < 0) continue;
        const lane = run.lane[e];
        let hit = holds[run.text[e]] || (lane >= 0 && run.lanes[lane] === wanted);
        for (const pairs of [run.tells, run.saves, run.alarms]) {
          if (!hit) for (const text of pairs.of(e)) hit = hit || holds[text];
        }
        const [from, to] = run.sends(e);
        for (let s = from; s < to && !hit; s++) hit = holds[run.send_text[s]];
        if (hit) this.matches.push(e);
      }
      this.found = new Set(this.matches);
    }
    this.tellFound();
    this.panes.forEach(one => one.redraw());
  }

  tellFound() {
    const said = document.getElementById('found');
    const empty = document.getElementById('search').value.trim() === '';
    const at = this.active ? this.matches.indexOf(this.active.chosen) : -1;
    const count = grouped(this.matches.length);
    said.textContent = empty ? '' : at >= 0 ? `${grouped(at + 1)} / ${count}` : count;
  }

  /** The next match after the chosen event, the previous one, or (0) the first from there on. */
  find(by) {
    if (this.matches.length === 0 || !this.active) return;
    const here = this.active.chosen;
    let at;
    if (by < 0) {
      at = this.matches.length - 1;
      while (at >= 0 && this.matches[at] >= here) at--;
      if (at < 0) at = this.matches.length - 1;
    } else {
      at = this.matches.findIndex(event => (by === 0 ? event >= here : event > here));
      if (at < 0) at = 0;
    }
    this.choose(this.matches[at]);
    this.tellFound();
  }

  /** On paper: light, and several screens of what follows the top of the window. */
  print(begins) {
    const pane = this.active;
    if (!pane) return;
    this.printing = begins ? Math.min(pane.height, 2400) : 0;
    this.printFrom = Math.max(0, Math.min(pane.scroll.scrollTop, pane.height - 2400));
    const root = document.documentElement;
    if (begins) { this.theme = root.dataset.theme; root.dataset.theme = 'light'; }
    else if (this.theme) root.dataset.theme = this.theme;
    else delete root.dataset.theme;
    this.ink = inks();
    this.panes.forEach(one => { one.resize(); one.draw(); });
  }
}

const app = new App(JSON.parse(document.getElementById('runs').textContent));
