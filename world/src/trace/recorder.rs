//! Writing a trace while a run happens.

use std::collections::VecDeque;

use model::NodeId;

use super::{Clock, Epoch, Fate, Happening, Sending, Trace, What};

/// Keeps the last events of a run.
#[derive(Clone, Debug)]
pub struct Recorder {
    events: VecDeque<Happening>,
    limit: usize,
    omitted: u64,
}

impl Recorder {
    /// Keeps at most `limit` events, the last ones.
    pub fn new(limit: usize) -> Recorder {
        Recorder { events: VecDeque::new(), limit: limit.max(1), omitted: 0 }
    }

    /// How many events are kept.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Begins an event; what follows is added to it.
    pub fn begin(&mut self, at: u64, node: Option<NodeId>, what: What, text: String) {
        if self.events.len() >= self.limit {
            self.events.pop_front();
            self.omitted += 1;
        }
        self.events.push_back(Happening::new(at, node, what, text));
    }

    /// The event that was begun last has sent a message.
    pub fn send(&mut self, message: u64, to: NodeId, text: String, fate: Fate) {
        self.last(|event| event.sends.push(Sending { message, to, text, fate }));
    }

    /// The event that was begun last has told something to the layer above.
    pub fn tell(&mut self, text: String) {
        self.last(|event| event.tells.push(text));
    }

    /// The event that was begun last has saved something.
    pub fn save(&mut self, text: String) {
        self.last(|event| event.saves.push(text));
    }

    /// The event that was begun last has set or cancelled an alarm.
    pub fn alarm(&mut self, text: String) {
        self.last(|event| event.alarms.push(text));
    }

    /// The event that was begun last leaves its node in this epoch.
    pub fn epoch(&mut self, epoch: Option<Epoch>) {
        self.last(|event| event.epoch = epoch);
    }

    /// Takes back the event that was begun last, if nothing came of it: a flush that did nothing
    /// is not worth a line.
    pub fn drop_if_idle(&mut self) {
        let is_idle = |event: &mut Happening| {
            event.sends.is_empty()
                && event.tells.is_empty()
                && event.saves.is_empty()
                && event.alarms.is_empty()
        };
        self.events.pop_back_if(is_idle);
    }

    /// The trace so far.
    pub fn trace(&self, subject: &str, nodes: usize, clock: Clock) -> Trace {
        let violation = self.events.iter().rev().find(|event| event.what == What::Violation);
        Trace {
            subject: subject.to_string(),
            nodes,
            clock,
            omitted: self.omitted,
            violation: violation.map(|event| event.text.clone()),
            events: self.events.iter().cloned().collect(),
        }
    }

    fn last(&mut self, change: impl FnOnce(&mut Happening)) {
        if let Some(event) = self.events.back_mut() {
            change(event);
        }
    }
}
