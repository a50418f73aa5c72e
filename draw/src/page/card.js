// The details of the chosen event, or of the run. All text is set as text.

/** A count with its thousands set apart. */
function grouped(count) { return count.toLocaleString('en'); }

function tag(name, properties = {}, ...children) {
  const node = document.createElement(name);
  Object.assign(node, properties);
  node.append(...children);
  return node;
}

class Card {
  constructor(app, root) {
    this.app = app;
    this.root = root;
    this.signs = true;
  }

  show(pane) {
    const event = pane.chosen;
    const signs = tag('details', { open: this.signs },
      tag('summary', { textContent: 'Signs' }), this.legend(pane.run));
    signs.addEventListener('toggle', () => { this.signs = signs.open; });
    this.root.replaceChildren(...(event < 0 ? this.ofRun(pane) : this.ofEvent(pane, event)), signs);
    this.root.scrollTop = 0;
  }

  link(pane, event, words) {
    const link = tag('a', { href: '#', textContent: words });
    link.addEventListener('click', click => {
      click.preventDefault();
      this.app.choose(event, pane);
    });
    return link;
  }

  ofEvent(pane, event) {
    const run = pane.run, parts = [];
    parts.push(tag('p', { className: 'words', textContent: run.words(event) }));
    const epoch = run.epoch[event];
    const facts = [`event ${grouped(event + 1)} of ${grouped(run.count)}`,
      (run.steps ? 'step ' : '') + run.when(event)];
    if (epoch >= 0) facts.push(`epoch ${run.epochs[epoch >> 1]}${epoch & 1 ? ', leads' : ''}`);
    parts.push(tag('p', { className: 'meta', textContent: facts.join(' · ') }));
    const sender = run.message[event];
    if (sender >= 0) {
      const from = run.send_event[sender];
      parts.push(tag('h3', { textContent: 'Sent by' }),
        tag('ul', {}, tag('li', {}, this.link(pane, from, run.words(from)))));
    }
    parts.push(...this.sendings(pane, event));
    const effects = [['Tells the layer above', run.tells], ['Saves', run.saves],
      ['Alarms', run.alarms]];
    for (const [title, pairs] of effects) {
      if (!pairs.has(event)) continue;
      const list = tag('ul');
      for (const text of pairs.of(event)) {
        list.append(tag('li', { textContent: run.strings[text] }));
      }
      parts.push(tag('h3', { textContent: title }), list);
    }
    if (run.place[event] > 0) parts.push(...this.causes(run, event));
    return parts;
  }

  sendings(pane, event) {
    const run = pane.run, [from, to] = run.sends(event);
    if (from === to) return [];
    const list = tag('ul');
    for (let s = from; s < to; s++) {
      const words = `to ${run.lanes[run.send_lane[s]]}: ${run.strings[run.send_text[s]]}`;
      const item = tag('li');
      const ends = run.arrivals(s), end = ends.length ? ends[0] : run.loss[s];
      item.append(end >= 0 ? this.link(pane, end, words) : words);
      for (const again of ends.slice(1)) item.append(' ', this.link(pane, again, 'and again'));
      const fate = run.loss[s] >= 0 || run.send_fate[s] === FATE.lost ? ' lost'
        : run.send_fate[s] === FATE.doubled ? ' doubled' : ends.length ? '' : ' on its way';
      if (fate) item.append(tag('span', { className: 'fate', textContent: fate }));
      list.append(item);
    }
    return [tag('h3', { textContent: 'Sends' }), list];
  }

  causes(run, event) {
    const { past, future, concurrent } = run.relations(event);
    const ink = this.app.ink;
    const row = (words, count, colour, hollow) => {
      const swatch = tag('span', { className: 'swatch' });
      if (hollow) swatch.style.border = `1.5px solid ${colour}`;
      else swatch.style.background = colour;
      return tag('tr', {}, tag('th', { scope: 'row' }, swatch, words),
        tag('td', { textContent: grouped(count) }));
    };
    const table = tag('table', { id: 'causality' }, tag('tbody', {},
      row('happened before', past, ink.epochs[0], false),
      row('happened after', future, ink.epochs[1], true),
      row('concurrent', concurrent, ink.faint, false)));
    const known = run.lanes.map((lane, n) => `${lane} ${run.known[event * run.nodes + n]}`);
    return [tag('h3', { textContent: 'Of the other events' }), table,
      tag('h3', { textContent: 'Knows of, its own included' }),
      tag('p', { className: 'vector', textContent: known.join('  ') })];
  }

  ofRun(pane) {
    const run = pane.run;
    const hint = 'Choose an event to see what came of it, what caused it and what it caused.';
    const parts = [tag('p', { className: 'meta', textContent: hint })];
    if (run.violation !== null) {
      parts.push(tag('h3', { textContent: 'Violation' }));
      const is = run.violation;
      parts.push(tag('p', {}, run.broken >= 0 ? this.link(pane, run.broken, is) : is));
    }
    return parts;
  }

  legend(run) {
    const list = tag('div', { className: 'legend' });
    const row = (paint, words) => {
      const canvas = tag('canvas', { width: 68, height: 36 });
      const g = canvas.getContext('2d');
      g.scale(2, 2);
      g.translate(17, 9);
      paint(g);
      list.append(canvas, tag('span', { textContent: words }));
    };
    const ink = this.app.ink;
    const has = new Set(run.kind);
    this.app.kinds.forEach(([name, words], kind) => {
      if (has.has(kind)) row(g => stamp(g, ink, name, -(MIDDLE[name] || 0), 0), words);
    });
    if (run.tells.texts.length) row(g => stamp(g, ink, 'tells', 9, 0), 'told to the layer above');
    if (run.saves.texts.length) row(g => stamp(g, ink, 'saves', -10.5, 0), 'saved');
    const line = (colour, width, dash) => g => {
      g.strokeStyle = colour;
      g.lineWidth = width;
      if (dash) g.setLineDash(dash);
      g.beginPath();
      g.moveTo(-14, 0);
      g.lineTo(14, 0);
      g.stroke();
    };
    row(line(ink.message, 1.2), 'a message');
    row(line(ink.message, 1.2, [5, 3]), 'a message on its way when the run ends');
    const epochs = run.epochs.slice(0, COLOURS);
    epochs.forEach((number, rank) => row(line(ink.epochs[rank], 2), 'epoch ' + number));
    const more = run.epochs.length - COLOURS;
    if (more > 0) row(() => {}, `and ${more} more, in the same colours again`);
    if (run.epochs.length) row(line(ink.ink, 6), 'leads its epoch');
    return list;
  }
}
