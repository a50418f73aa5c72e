// A run as the page reads it: columns of numbers, what belongs to what, and happened-before.

const KIND = { start: 0, request: 1, deliver: 2, own: 3, timer: 4, flush: 5, sync: 6, crash: 7,
  lost: 8, fault: 9, violation: 10 };
const FATE = { travels: 0, lost: 1, doubled: 2 };

/** The pairs of an event and a text, by event: where each event's pairs begin. */
class Pairs {
  constructor(flat, count) {
    this.texts = new Uint32Array(flat.length / 2);
    this.begin = new Uint32Array(count + 1);
    for (let i = 0; i < flat.length; i += 2) {
      this.texts[i / 2] = flat[i + 1];
      this.begin[flat[i] + 1]++;
    }
    for (let e = 0; e < count; e++) this.begin[e + 1] += this.begin[e];
  }
  has(event) { return this.begin[event + 1] > this.begin[event]; }
  of(event) { return this.texts.subarray(this.begin[event], this.begin[event + 1]); }
}

class Run {
  constructor(columns, strings) {
    Object.assign(this, columns);
    this.strings = strings;
    this.count = columns.at.length;
    for (const name of ['lane', 'kind', 'text', 'message', 'epoch']) {
      this[name] = Int32Array.from(columns[name]);
    }
    for (const name of ['tells', 'saves', 'alarms']) {
      this[name] = new Pairs(columns[name], this.count);
    }
    for (const name of ['send_event', 'send_lane', 'send_text', 'send_fate']) {
      this[name] = Uint32Array.from(columns[name]);
    }
    this.findEnds();
    this.findClocks();
    this.findLines();
    this.broken = this.kind.lastIndexOf(KIND.violation);
  }

  words(event) {
    const lane = this.lane[event];
    const where = lane < 0 ? '' : this.lanes[lane] + ' ';
    return where + this.strings[this.text[event]];
  }
  /** The time of an event as pictures show it: a step, or seconds to the microsecond. */
  when(event) {
    const at = this.at[event];
    if (this.steps) return String(at);
    return Math.floor(at / 1e9) + '.' + String(Math.floor(at / 1e3) % 1e6).padStart(6, '0') + 's';
  }
  /** Where an event's sendings begin and end. */
  sends(event) { return [this.sendBegin[event], this.sendBegin[event + 1]]; }

  /** Where each sending ends: its arrivals, as a chain of events, and where it is lost. */
  findEnds() {
    const sends = this.send_event.length;
    this.sendBegin = new Uint32Array(this.count + 1);
    for (let s = 0; s < sends; s++) this.sendBegin[this.send_event[s] + 1]++;
    for (let e = 0; e < this.count; e++) this.sendBegin[e + 1] += this.sendBegin[e];
    this.arrival = new Int32Array(sends).fill(-1);
    this.nextArrival = new Int32Array(this.count).fill(-1);
    const last = new Int32Array(sends);
    this.loss = new Int32Array(sends).fill(-1);
    for (let e = 0; e < this.count; e++) {
      const s = this.message[e];
      if (s < 0) continue;
      if (this.kind[e] === KIND.lost) this.loss[s] = e;
      else if (this.arrival[s] < 0) this.arrival[s] = last[s] = e;
      else last[s] = this.nextArrival[last[s]] = e;
    }
  }

  /** The events at which a message arrives. */
  arrivals(s) {
    const all = [];
    for (let e = this.arrival[s]; e >= 0; e = this.nextArrival[e]) all.push(e);
    return all;
  }

  /** Vector clocks (Fidge 1988, Mattern 1989): how many events of each node each event knows of. */
  findClocks() {
    const nodes = this.lanes.length;
    this.nodes = nodes;
    this.known = new Uint32Array(this.count * nodes);
    this.place = new Uint32Array(this.count);
    const now = Array.from({ length: nodes }, () => new Uint32Array(nodes));
    for (let e = 0; e < this.count; e++) {
      if (!this.happens(e)) continue;
      const mine = now[this.lane[e]];
      const s = this.kind[e] === KIND.deliver ? this.message[e] : -1;
      if (s >= 0) {
        const from = this.send_event[s] * nodes;
        for (let n = 0; n < nodes; n++) mine[n] = Math.max(mine[n], this.known[from + n]);
      }
      this.place[e] = ++mine[this.lane[e]];
      this.known.set(mine, e * nodes);
    }
  }

  /** Whether an event is one of a node: a loss is nobody's. */
  happens(event) { return this.lane[event] >= 0 && this.kind[event] !== KIND.lost; }

  precedes(a, b) {
    return a !== b && this.place[a] > 0 && this.place[b] > 0
      && this.known[b * this.nodes + this.lane[a]] >= this.place[a];
  }

  /** How many events happened before one, after it, and concurrently with it. */
  relations(event) {
    let past = 0, future = 0, concurrent = 0;
    for (let e = 0; e < this.count; e++) {
      if (e === event || this.place[e] === 0) continue;
      if (this.precedes(e, event)) past++;
      else if (this.precedes(event, e)) future++;
      else concurrent++;
    }
    return { past, future, concurrent };
  }

  /** Where each node's line changes: events, and the epoch from there on; -2 while it is down. */
  findLines() {
    this.turns = this.lanes.map(() => ({ event: [], epoch: [] }));
    const seen = this.lanes.map(() => null);
    this.quiet = new Uint8Array(this.count);
    this.news = new Uint8Array(this.count);
    const epochs = this.lanes.map(() => -1);
    for (let e = 0; e < this.count; e++) {
      const lane = this.lane[e], kind = this.kind[e];
      const strange = kind === KIND.fault || kind === KIND.violation || kind === KIND.lost;
      const said = this.tells.has(e) || this.saves.has(e);
      let changed = false;
      if (lane >= 0 && !strange) {
        const turns = this.turns[lane];
        if (seen[lane] === null && kind === KIND.start) {
          turns.event.push(-1);
          turns.epoch.push(-2);
          seen[lane] = -2;
        } else if (seen[lane] === null) {
          turns.event.push(-1);
          turns.epoch.push(-1);
          seen[lane] = -1;
        }
        let now = this.epoch[e] >= 0 ? this.epoch[e] : Math.max(seen[lane], -1);
        if (kind === KIND.crash) now = -2;
        if (kind === KIND.start) now = this.epoch[e];
        changed = now !== seen[lane];
        // The epoch that a node begins in is nothing that came of an event.
        const is = this.epoch[e], was = epochs[lane];
        if (is >= 0 && is !== was && (was >= 0 || is & 1)) this.news[e] = 1;
        if (is >= 0) epochs[lane] = is;
        if (changed) {
          turns.event.push(e);
          turns.epoch.push(now);
          seen[lane] = now;
        }
      }
      // A loss is nothing unusual: while a node is down, every heartbeat to it is one.
      const { start, request, crash, fault, violation } = KIND;
      const loud = [start, request, crash, fault, violation].includes(kind);
      this.quiet[e] = loud || said || changed ? 0 : 1;
    }
  }

  /** The event at the other end of a message: of an arrival its sending, or the reverse. */
  across(event, back) {
    const s = this.message[event];
    if (back) return s >= 0 ? this.send_event[s] : -1;
    const [from, to] = this.sends(event);
    for (let i = from; i < to; i++) if (this.arrival[i] >= 0) return this.arrival[i];
    for (let i = from; i < to; i++) if (this.loss[i] >= 0) return this.loss[i];
    return -1;
  }
}

/** A span of nanoseconds in words. */
function span(nanoseconds) {
  for (const [size, unit] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']]) {
    if (nanoseconds >= size) {
      const value = nanoseconds / size;
      return (value >= 100 ? Math.floor(value) : Math.floor(value * 10) / 10) + ' ' + unit;
    }
  }
  return nanoseconds + ' ns';
}
