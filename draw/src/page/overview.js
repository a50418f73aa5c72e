// The whole run beside its window: how busy it is, and what went wrong where.

class Overview {
  constructor(canvas) {
    this.canvas = canvas;
    this.back = document.createElement('canvas');
    this.drawn = [];
  }

  draw(pane) {
    const wide = this.canvas.clientWidth, high = this.canvas.clientHeight, ratio = pane.ratio;
    if (high === 0) return;
    this.size = { wide, high, ratio };
    this.scale = high / pane.height;
    const { app, ink, rows } = pane;
    const state = [wide, high, ratio, pane.height, ink, rows, app.found, app.differs];
    if (state.some((part, i) => part !== this.drawn[i])) {
      this.drawn = state;
      this.drawBack(pane);
    }
    this.canvas.width = wide * ratio;
    this.canvas.height = high * ratio;
    const g = this.canvas.getContext('2d');
    g.drawImage(this.back, 0, 0);
    g.scale(ratio, ratio);
    if (pane.chosen >= 0) {
      g.fillStyle = ink.epochs[0];
      g.fillRect(0, this.place(pane, pane.chosen) - 1, wide, 3);
    }
    g.strokeStyle = ink.muted;
    g.lineWidth = 1;
    const tall = Math.max(6, pane.high * this.scale);
    g.strokeRect(0.5, pane.top * this.scale + 0.5, wide - 1, tall - 1);
  }

  place(pane, event) {
    const { rows } = pane;
    return (HEAD + rows.mark(Math.max(0, rows.nearest[event])) * pane.step) * this.scale;
  }

  drawBack(pane) {
    const { wide, high, ratio } = this.size, { app, ink, run, rows } = pane;
    this.back.width = wide * ratio;
    this.back.height = high * ratio;
    const g = this.back.getContext('2d');
    g.scale(ratio, ratio);
    g.fillStyle = ink.band;
    g.fillRect(0, 0, wide, high);
    if (rows.count === 0) return;
    const busy = new Float64Array(Math.ceil(high / 2) + 1), wrong = new Set();
    for (let e = 0; e < run.count; e++) {
      const slot = Math.floor(this.place(pane, e) / 2);
      if (!run.quiet[e]) busy[slot]++;
      if (run.kind[e] === KIND.crash || run.kind[e] === KIND.fault) wrong.add(slot);
    }
    const most = busy.reduce((a, b) => Math.max(a, b), 1);
    g.fillStyle = ink.message;
    busy.forEach((count, slot) => {
      if (count) g.fillRect(4, slot * 2, Math.max(2, ((wide - 10) * count) / most), 2);
    });
    g.fillStyle = ink.wrong;
    wrong.forEach(slot => g.fillRect(wide - 5, slot * 2, 5, 2));
    g.fillStyle = ink.epochs[1];
    if (app.foundIn === pane) {
      app.found.forEach(event => g.fillRect(0, this.place(pane, event) - 1, 7, 2));
    }
    g.fillStyle = ink.wrong;
    for (const event of [run.broken, Math.min(app.differs, run.count - 1)]) {
      if (event >= 0) g.fillRect(0, this.place(pane, event) - 1, wide, 2.5);
    }
  }
}
