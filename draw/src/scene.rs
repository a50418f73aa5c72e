//! Where everything goes: a trace laid out along time and across lanes, before it is painted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::NodeId;
use world::trace::{Clock, Fate, Trace, What};

use crate::look::{Look, Spacing};

/// The most events of one picture: at 22 units a row it is 44,000 units long, and beyond 65,535
/// browsers stop painting. A longer run has a page instead.
const MOST_EVENTS: usize = 2_000;

/// The most lanes that are drawn for nodes that did nothing: a set of nodes has at most 64.
const MOST_IDLE_LANES: usize = 64;

/// A trace laid out. Along is time, in units of one row; across is lanes, in units of one lane.
pub(crate) struct Scene {
    /// The nodes, in the order of their lanes.
    pub lanes: Vec<NodeId>,
    /// Which events are drawn.
    pub window: Range<usize>,
    /// Events before and after the window.
    pub left_out: (u64, usize),
    /// Where along each event of the window is.
    pub along: Vec<f64>,
    /// The length of the picture.
    pub length: f64,
    pub lines: Vec<Line>,
    pub arrows: Vec<Arrow>,
    pub silences: Vec<Silence>,
}

/// A stretch of one node's line.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Line {
    pub lane: usize,
    pub from: f64,
    pub to: f64,
    /// Which of the run's epochs, in ascending order, and whether the node leads it.
    pub epoch: Option<(usize, bool)>,
}

/// A message.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Arrow {
    /// Its number in the run.
    pub message: u64,
    /// Its lane and place along when it was sent.
    pub from: (usize, f64),
    /// Its lane and place along when it arrived, or would have.
    pub to: (usize, f64),
    pub course: Course,
    pub text: String,
}

/// What became of a message, as far as the window shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Course {
    /// It arrives.
    Arrives,
    /// It arrives, and was sent before the window.
    Enters,
    /// It was sent, and neither arrives nor is lost within the window.
    Flies,
    /// It is lost.
    Lost,
}

/// A silence that was cut short.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Silence {
    /// The row that it comes before.
    pub row: usize,
    pub at: f64,
    pub nanoseconds: u64,
}

/// How far a message without an arrival is drawn along.
const STUB: f64 = 0.9;

impl Scene {
    pub(crate) fn of(trace: &Trace, look: &Look) -> Scene {
        let window = window(trace, look);
        let lanes = lanes(trace);
        let (along, silences) = spread(trace, &window, look.spacing);
        let length = along.last().map_or(1.0, |last| last + 1.0);
        let mut scene = Scene {
            lanes,
            left_out: (trace.omitted + window.start as u64, trace.events.len() - window.end),
            along,
            length,
            lines: Vec::new(),
            arrows: Vec::new(),
            silences,
            window,
        };
        scene.lines = scene.draw_lines(trace);
        scene.arrows = scene.draw_arrows(trace);
        scene
    }

    pub(crate) fn lane(&self, node: NodeId) -> Option<usize> {
        self.lanes.binary_search(&node).ok()
    }

    /// Where along an event is, if it is drawn.
    pub(crate) fn along(&self, event: usize) -> Option<f64> {
        event.checked_sub(self.window.start).and_then(|row| self.along.get(row).copied())
    }

    /// Lines end where a node crashes and begin again where it starts; their epochs change with
    /// the events that change them.
    fn draw_lines(&self, trace: &Trace) -> Vec<Line> {
        let ranks = epochs(trace);
        let ranked = |epoch: &world::trace::Epoch| {
            (ranks.binary_search(&epoch.number).unwrap_or_default(), epoch.leads)
        };
        // A node whose first event is a start was not there before it.
        let mut up: Vec<bool> = self.lanes.iter().map(|_| true).collect();
        let mut seen = vec![false; self.lanes.len()];
        let mut epoch = vec![None; self.lanes.len()];
        let mut begun = vec![0.0; self.lanes.len()];
        for event in &trace.events {
            let Some(lane) = event.node.and_then(|node| self.lane(node)) else { continue };
            if !seen[lane] {
                seen[lane] = true;
                up[lane] = event.what != What::Start;
            }
        }
        let mut lines = Vec::new();
        for (index, event) in trace.events[..self.window.end].iter().enumerate() {
            let Some(lane) = event.node.and_then(|node| self.lane(node)) else { continue };
            if matches!(event.what, What::Lost { .. }) {
                continue;
            }
            let at = self.along(index).unwrap_or(0.0);
            let now = event.epoch.as_ref().map(ranked);
            let stops = event.what == What::Crash;
            let strikes = matches!(event.what, What::Fault | What::Violation);
            let starts = event.what == What::Start || (!up[lane] && !stops && !strikes);
            let changes = now.is_some() && now != epoch[lane];
            if up[lane] && (stops || starts || changes) && at > begun[lane] {
                lines.push(Line { lane, from: begun[lane], to: at, epoch: epoch[lane] });
            }
            if stops || starts || changes {
                begun[lane] = at;
                epoch[lane] = if stops || starts { now } else { now.or(epoch[lane]) };
                up[lane] = !stops;
            }
        }
        for lane in (0..self.lanes.len()).filter(|&lane| up[lane]) {
            let (from, to) = (begun[lane], self.length);
            lines.push(Line { lane, from, to, epoch: epoch[lane] });
        }
        lines
    }

    fn draw_arrows(&self, trace: &Trace) -> Vec<Arrow> {
        let ends = Ends::of(trace);
        let mut arrows = Vec::new();
        for (index, event) in trace.events.iter().enumerate() {
            let Some(from_lane) = event.node.and_then(|node| self.lane(node)) else { continue };
            let sent = self.along(index);
            for sending in &event.sends {
                let Some(to_lane) = self.lane(sending.to) else { continue };
                let mut add = |sent: Option<f64>, came: Option<f64>, course| {
                    let from = sent.or(came.map(|came| came - STUB));
                    let to = came.or(sent.map(|sent| sent + STUB));
                    if let (Some(from), Some(to)) = (from, to) {
                        arrows.push(Arrow {
                            message: sending.message,
                            from: (from_lane, from),
                            to: (to_lane, to),
                            course,
                            text: sending.text.clone(),
                        });
                    }
                };
                let copies = if sending.fate == Fate::Doubled { 2 } else { 1 };
                let mut left = copies;
                for &arrival in ends.arrivals(sending.message) {
                    left = usize::saturating_sub(left, 1);
                    match (sent, self.along(arrival)) {
                        (None, came) => add(None, came, Course::Enters),
                        (sent, None) => add(sent, None, Course::Flies),
                        (sent, came) => add(sent, came, Course::Arrives),
                    }
                }
                if let Some(&lost) = ends.losses.get(&sending.message) {
                    left = left.saturating_sub(1);
                    add(sent, self.along(lost), Course::Lost);
                } else if sending.fate == Fate::Lost {
                    left = left.saturating_sub(1);
                    add(sent, None, Course::Lost);
                }
                (0..left).for_each(|_| add(sent, None, Course::Flies));
            }
        }
        arrows.extend(self.unsent(trace, &ends));
        arrows
    }

    /// Messages that arrive and whose sending was not kept.
    fn unsent(&self, trace: &Trace, ends: &Ends) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for index in self.window.clone() {
            let event = &trace.events[index];
            let What::Deliver { message, from } = event.what else { continue };
            let lanes = (self.lane(from), event.node.and_then(|node| self.lane(node)));
            if let (false, (Some(from), Some(to)), Some(came)) =
                (ends.sent.contains(&message), lanes, self.along(index))
            {
                arrows.push(Arrow {
                    message,
                    from: (from, came - STUB),
                    to: (to, came),
                    course: Course::Enters,
                    text: event.text.clone(),
                });
            }
        }
        arrows
    }
}

/// Which messages were sent, and where each ends.
struct Ends {
    sent: BTreeSet<u64>,
    arrivals: BTreeMap<u64, Vec<usize>>,
    losses: BTreeMap<u64, usize>,
}

impl Ends {
    fn of(trace: &Trace) -> Ends {
        let mut ends =
            Ends { sent: BTreeSet::new(), arrivals: BTreeMap::new(), losses: BTreeMap::new() };
        for (index, event) in trace.events.iter().enumerate() {
            ends.sent.extend(event.sends.iter().map(|sending| sending.message));
            match event.what {
                What::Deliver { message, .. } if ends.sent.contains(&message) => {
                    ends.arrivals.entry(message).or_default().push(index);
                }
                What::Lost { message } => {
                    ends.losses.insert(message, index);
                }
                _ => {}
            }
        }
        ends
    }

    fn arrivals(&self, message: u64) -> &[usize] {
        self.arrivals.get(&message).map_or(&[], Vec::as_slice)
    }
}

/// The numbers of all epochs of a run, ascending: an epoch's colour is its place here, so that
/// neighbours differ even where numbers are packed pairs.
pub(crate) fn epochs(trace: &Trace) -> Vec<u64> {
    let numbers: BTreeSet<u64> =
        trace.events.iter().filter_map(|event| event.epoch).map(|epoch| epoch.number).collect();
    numbers.into_iter().collect()
}

/// The nodes of a trace: those it says it has, and others that its events name.
pub(crate) fn lanes(trace: &Trace) -> Vec<NodeId> {
    let mut nodes: BTreeSet<NodeId> = NodeId::first(trace.nodes.min(MOST_IDLE_LANES)).collect();
    for event in &trace.events {
        nodes.extend(event.node);
        nodes.extend(event.sends.iter().map(|sending| sending.to));
        if let What::Deliver { from, .. } = event.what {
            nodes.insert(from);
        }
    }
    nodes.into_iter().collect()
}

/// The events that are drawn: those asked for; else all; else, of a long run, what surrounds its
/// violation or its end.
fn window(trace: &Trace, look: &Look) -> Range<usize> {
    let count = trace.events.len();
    let broken = trace.events.iter().rposition(|event| event.what == What::Violation);
    let (from, to) = match &look.window {
        Some(window) => (window.start.min(count), window.end.min(count)),
        None => (0, count),
    };
    let to = to.max(from);
    if to - from <= MOST_EVENTS {
        return from..to;
    }
    let last = broken.map_or(to, |event| (event + MOST_EVENTS / 10).clamp(from + MOST_EVENTS, to));
    last - MOST_EVENTS..last
}

/// A silence is cut short if it is longer than so many mean gaps of those that are not.
const SILENCE: u64 = 8;

/// How long a silence that was cut short is drawn, in rows.
const CUT: f64 = 2.0;

/// How many rows events have on average if they are drawn to scale: their words need one each.
const ROOM: f64 = 1.3;

fn spread(trace: &Trace, window: &Range<usize>, spacing: Spacing) -> (Vec<f64>, Vec<Silence>) {
    let events = &trace.events[window.clone()];
    if spacing == Spacing::Order || trace.clock == Clock::Steps || events.len() < 2 {
        return ((0..events.len()).map(|row| row as f64 + 0.5).collect(), Vec::new());
    }
    let gaps: Vec<u64> =
        events.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at)).collect();
    let limit = silence(&gaps);
    let kept: u64 = gaps.iter().filter(|gap| **gap <= limit).sum();
    if kept == 0 {
        return ((0..events.len()).map(|row| row as f64 + 0.5).collect(), Vec::new());
    }
    let rows_each = gaps.len() as f64 * ROOM / kept as f64;
    let mut at = 0.5;
    let mut along = vec![at];
    let mut silences = Vec::new();
    for (row, &gap) in (1..).zip(&gaps) {
        if gap > limit {
            silences.push(Silence { row, at: at + CUT / 2.0, nanoseconds: gap });
            at += CUT;
        } else {
            at += gap as f64 * rows_each;
        }
        along.push(at);
    }
    (along, silences)
}

/// The longest gap that is drawn to scale: the first one, from half of them on, that is followed by
/// one longer than `SILENCE` times the mean of all up to it. Events at the same time do not count.
fn silence(gaps: &[u64]) -> u64 {
    let mut sorted: Vec<u64> = gaps.iter().copied().filter(|gap| *gap > 0).collect();
    sorted.sort_unstable();
    let mut sum = 0u64;
    for (count, &gap) in sorted.iter().enumerate() {
        let mean = sum / (count as u64).max(1);
        if 2 * count >= sorted.len() && count > 0 && gap > mean.saturating_mul(SILENCE) {
            return sorted[count - 1];
        }
        sum = sum.saturating_add(gap);
    }
    u64::MAX
}
