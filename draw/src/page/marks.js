// Colours as the style sheet has them, and the marks of events.

const LETTERS = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const COLOURS = 6;

function inks() {
  const style = getComputedStyle(document.documentElement);
  const ink = {};
  for (const name of ['paper', 'ink', 'muted', 'faint', 'band', 'message', 'wrong']) {
    ink[name] = style.getPropertyValue('--' + name).trim();
  }
  ink.epochs = [];
  for (let i = 0; i < COLOURS; i++) ink.epochs.push(style.getPropertyValue('--e' + i).trim());
  return ink;
}

/** Marks around the origin, as in the static diagram: how each is painted, and its paths. */
const SHAPES = {
  start: ['hollow', 'M4.5 0a4.5 4.5 0 1 1-9 0a4.5 4.5 0 1 1 9 0Z'],
  request: ['full', 'M-14-5L-4 0L-14 5Z'],
  deliver: ['full', 'M3.8 0a3.8 3.8 0 1 1-7.6 0a3.8 3.8 0 1 1 7.6 0Z'],
  own: ['full', 'M3.8 0a3.8 3.8 0 1 1-7.6 0a3.8 3.8 0 1 1 7.6 0Z', 'M2-3a4.6 4.6 0 1 1 0 6'],
  timer: ['hollow', 'M5.4 0a5.4 5.4 0 1 1-10.8 0a5.4 5.4 0 1 1 10.8 0Z', 'M0-3.2V0H2.6'],
  flush: ['ring', 'M-6 0H6'],
  sync: ['full', 'M0-5.4L5.4 0L0 5.4L-5.4 0Z'],
  crash: ['cross', 'M-5-5L5 5M5-5L-5 5'],
  lost: ['cross', 'M-3.6-3.6L3.6 3.6M3.6-3.6L-3.6 3.6'],
  fault: ['wrong', 'M1.6-7L-4 1H-.6L-1.6 7L4-1H.6Z'],
  violation: ['wrong', 'M-3-7H3L7-3V3L3 7H-3L-7 3V-3Z'],
  tells: ['hollow', 'M-5-4L-13 0L-5 4Z'],
  saves: ['full', 'M7-3.5H14V3.5H7Z'],
};
for (const shape of Object.values(SHAPES)) {
  for (let i = 1; i < shape.length; i++) shape[i] = new Path2D(shape[i]);
}

/** How far the middle of a mark is from the line it stands on. */
const MIDDLE = { request: -9, tells: -9, saves: 10.5 };

function stamp(g, ink, name, x, y, size = 1) {
  const [style, path, more] = SHAPES[name];
  g.translate(x, y);
  g.scale(size, size);
  g.lineWidth = style === 'cross' ? 2 : 1.4;
  if (style === 'full' || style === 'wrong') {
    g.strokeStyle = ink.paper;
    g.stroke(path);
    g.fillStyle = style === 'wrong' ? ink.wrong : ink.ink;
    g.fill(path);
  } else {
    g.fillStyle = ink.paper;
    g.strokeStyle = style === 'cross' ? ink.wrong : ink.ink;
    if (style === 'hollow') g.fill(path);
    g.stroke(path);
  }
  if (more) {
    g.strokeStyle = ink.ink;
    g.stroke(more);
  }
  g.scale(1 / size, 1 / size);
  g.translate(-x, -y);
}
