//! A run as columns of numbers, for the script of the page: a fifth of the size of a run as
//! objects, and read without making an object an event.

use std::collections::BTreeMap;

use serde::Serialize;
use world::trace::{Clock, Fate, Happening, Trace, What};

use crate::diagram::marks::{MARKS, kind};
use crate::scene::{epochs, lanes};
use crate::text::plain;

/// How many of the marks are kinds of events; the others are effects.
pub(super) const KINDS: usize = 11;

/// All texts of a page, each once.
#[derive(Default)]
pub(super) struct Strings {
    places: BTreeMap<String, u32>,
    texts: Vec<String>,
}

impl Strings {
    fn place(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = self.texts.len() as u32;
        self.places.insert(text.to_string(), place);
        self.texts.push(plain(text));
        place
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.texts
    }
}

/// One run. `-1` stands for nothing; texts are places in the list of strings.
#[derive(Serialize)]
pub(super) struct Columns {
    subject: String,
    steps: bool,
    omitted: u64,
    violation: Option<String>,
    lanes: Vec<String>,
    /// The numbers of the epochs, as texts: they may be larger than a script's numbers.
    epochs: Vec<String>,
    at: Vec<u64>,
    lane: Vec<i32>,
    kind: Vec<u8>,
    text: Vec<u32>,
    /// For what delivers or loses a message: its place among the sendings. If a message arrives
    /// whose sending was not kept: the lane of its sender, taken from -2 downwards.
    message: Vec<i32>,
    /// Twice the place of the epoch, and one more if the node leads it.
    epoch: Vec<i32>,
    /// Pairs of an event and a text.
    tells: Vec<u32>,
    saves: Vec<u32>,
    alarms: Vec<u32>,
    /// The event, lane, text and fate of each sending.
    send_event: Vec<u32>,
    send_lane: Vec<u32>,
    send_text: Vec<u32>,
    send_fate: Vec<u8>,
}

impl Columns {
    pub(super) fn of(trace: &Trace, strings: &mut Strings) -> Columns {
        let nodes = lanes(trace);
        let numbers = epochs(trace);
        let count = trace.events.len();
        let mut columns = Columns {
            subject: plain(&trace.subject),
            steps: trace.clock == Clock::Steps,
            omitted: trace.omitted,
            violation: trace.violation.as_deref().map(plain),
            lanes: nodes.iter().map(ToString::to_string).collect(),
            epochs: numbers.iter().map(ToString::to_string).collect(),
            at: Vec::with_capacity(count),
            lane: Vec::with_capacity(count),
            kind: Vec::with_capacity(count),
            text: Vec::with_capacity(count),
            message: Vec::with_capacity(count),
            epoch: Vec::with_capacity(count),
            tells: Vec::new(),
            saves: Vec::new(),
            alarms: Vec::new(),
            send_event: Vec::new(),
            send_lane: Vec::new(),
            send_text: Vec::new(),
            send_fate: Vec::new(),
        };
        let lane = |node| nodes.binary_search(&node).map_or(-1, |lane| lane as i32);
        let mut sendings: BTreeMap<u64, i32> = BTreeMap::new();
        for (index, event) in trace.events.iter().enumerate() {
            columns.at.push(event.at);
            columns.lane.push(event.node.map_or(-1, lane));
            let mark = MARKS.iter().position(|mark| mark.name == kind(event));
            columns.kind.push(mark.unwrap_or_default() as u8);
            columns.text.push(strings.place(&event.to_string()));
            columns.message.push(match event.what {
                What::Deliver { message, from } => {
                    sendings.get(&message).copied().unwrap_or_else(|| -2 - lane(from).max(0))
                }
                What::Lost { message } => sendings.get(&message).copied().unwrap_or(-1),
                _ => -1,
            });
            columns.epoch.push(event.epoch.map_or(-1, |epoch| {
                let rank = numbers.binary_search(&epoch.number).unwrap_or_default();
                2 * rank as i32 + i32::from(epoch.leads)
            }));
            columns.effects(index as u32, event, strings);
            for sending in &event.sends {
                sendings.insert(sending.message, columns.send_event.len() as i32);
                columns.send_event.push(index as u32);
                columns.send_lane.push(lane(sending.to).max(0) as u32);
                columns.send_text.push(strings.place(&sending.text));
                columns.send_fate.push(match sending.fate {
                    Fate::Travels => 0,
                    Fate::Lost => 1,
                    Fate::Doubled => 2,
                });
            }
        }
        columns
    }

    fn effects(&mut self, index: u32, event: &Happening, strings: &mut Strings) {
        let lists = [
            (&mut self.tells, &event.tells),
            (&mut self.saves, &event.saves),
            (&mut self.alarms, &event.alarms),
        ];
        for (column, texts) in lists {
            column.extend(texts.iter().flat_map(|text| [index, strings.place(text)]));
        }
    }
}
