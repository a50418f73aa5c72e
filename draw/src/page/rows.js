// Which events have a row, and where it is. A folded stretch of quiet events shares one row.

/** Fewer quiet events in a row are not worth folding. */
const FOLD = 5;
/** A silence longer than so many mean gaps is cut short when times are drawn to scale. */
const SILENCE = 8;
/** How many rows a silence takes that was cut short, and how many an event has on average. */
const CUT = 2, ROOM = 1.3;
/** The least distance of two lines of words, in rows. */
const APART = 0.95;

class Rows {
  /**
   * choice: { lanes: hidden lanes, kinds: hidden kinds, fold, open: events whose stretch is not
   * folded, scale }.
   */
  constructor(run, choice) {
    this.run = run;
    this.first = [];
    this.size = [];
    this.of = new Int32Array(run.count).fill(-1);
    const shown = new Uint8Array(run.count);
    for (let e = 0; e < run.count; e++) {
      const lane = run.lane[e];
      shown[e] = choice.kinds.has(run.kind[e]) || (lane >= 0 && choice.lanes.has(lane)) ? 0 : 1;
    }
    for (let e = 0; e < run.count;) {
      if (!shown[e]) { e++; continue; }
      let end = e, quiet = 0, open = false;
      while (choice.fold && end < run.count && (!shown[end] || run.quiet[end])) {
        if (shown[end]) quiet++;
        open = open || choice.open.has(end);
        end++;
      }
      if (quiet >= FOLD && !open) {
        this.add(e, end, shown, quiet);
        e = end;
      } else {
        do {
          if (shown[e]) this.add(e, e + 1, shown, 1);
          e++;
        } while (e < end);
      }
    }
    this.count = this.first.length;
    this.nearest = new Int32Array(run.count);
    for (let e = run.count - 1, near = this.count - 1; e >= 0; e--) {
      if (this.of[e] >= 0) near = this.of[e];
      this.nearest[e] = near;
    }
    this.silences = [];
    this.scaled = choice.scale && !run.steps ? this.spread() : null;
    this.findCrossings();
  }

  add(from, to, shown, size) {
    for (let e = from; e < to; e++) if (shown[e]) this.of[e] = this.first.length;
    this.first.push(from);
    this.size.push(size);
  }

  /** Where rows are if times are drawn to scale, in units of one row; words are nudged apart. */
  spread() {
    const at = this.run.at, n = this.count;
    if (n < 2) return null;
    const gaps = new Float64Array(n - 1);
    for (let r = 0; r + 1 < n; r++) gaps[r] = at[this.first[r + 1]] - at[this.first[r]];
    const sorted = gaps.filter(gap => gap > 0).sort();
    let limit = Infinity;
    for (let i = 0, sum = 0; i < sorted.length; i++) {
      if (i > 0 && 2 * i >= sorted.length && sorted[i] > (sum / i) * SILENCE) {
        limit = sorted[i - 1];
        break;
      }
      sum += sorted[i];
    }
    let kept = 0;
    for (const gap of gaps) if (gap <= limit) kept += gap;
    if (kept === 0) return null;
    const each = (gaps.length * ROOM) / kept;
    const marks = new Float64Array(n), words = new Float64Array(n);
    marks[0] = words[0] = 0.5;
    let free = 0.5 + APART;
    for (let r = 1; r < n; r++) {
      const gap = gaps[r - 1];
      if (gap > limit) {
        const at = marks[r - 1] + CUT / 2;
        this.silences.push({ at, words: Math.max(free, at), gap });
        free = Math.max(free, at) + APART;
      }
      marks[r] = marks[r - 1] + (gap > limit ? CUT : gap * each);
      words[r] = Math.max(marks[r], free);
      free = words[r] + APART;
    }
    return { marks, words };
  }

  /** Where a row's mark and its words are, in rows from the top. */
  mark(row) { return this.scaled ? this.scaled.marks[row] : row + 0.5; }
  words(row) { return this.scaled ? this.scaled.words[row] : row + 0.5; }
  get length() {
    const last = this.count - 1;
    return last < 0 ? 1 : Math.max(this.mark(last), this.words(last)) + 1;
  }

  /** The first row whose mark or words are at or below a place. */
  at(place) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words(middle) < place) low = middle + 1; else high = middle;
    }
    return low;
  }

  /**
   * For each block of rows, the sendings that are under way where it begins: they may cross what is
   * in sight without beginning or ending there.
   */
  findCrossings() {
    const run = this.run, block = Rows.BLOCK;
    this.crossings = Array.from({ length: Math.ceil(this.count / block) + 1 }, () => []);
    for (let s = 0; s < run.send_event.length; s++) {
      const from = this.nearest[run.send_event[s]];
      if (run.arrival[s] < 0 && run.loss[s] < 0) continue;
      const ends = run.arrivals(s);
      if (run.loss[s] >= 0) ends.push(run.loss[s]);
      for (const end of ends) {
        const to = Math.floor(this.nearest[end] / block);
        for (let b = Math.floor(from / block) + 1; b <= to; b++) this.crossings[b].push(s);
      }
    }
  }

  /** The row before or after one of which `wanted` is true of its first event; -1 if none is. */
  step(row, by, wanted) {
    for (let r = row + by; r >= 0 && r < this.count; r += by) {
      if (!wanted || wanted(this.first[r])) return r;
    }
    return -1;
  }
}
Rows.BLOCK = 128;
