//! Stamps that tell what happened before what.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use model::{NodeId, NodeSet, Process, Value};

use super::Monitor;

/// An event: where, and its number there, from 1.
type Place = (NodeId, u32);

/// The strong clock condition: of any two events, the stamp of the one is less than that of the
/// other exactly if it happened before it (Lamport 1978; Mattern 1989); what is received was sent,
/// and each event that was asked for is stamped once.
///
/// It keeps the past of every event as the set that the definition says it is, and knows nothing
/// of how stamps are made. Whatever is sent must be told from whatever else is sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CausalStamps<V: Value + Ord, S: Value + PartialOrd> {
    events: BTreeMap<Place, Known<S>>,
    /// How many events each node has had.
    counts: BTreeMap<NodeId, u32>,
    /// Which event sent what.
    sent: BTreeMap<V, Place>,
    /// How many events were asked for and not stamped yet.
    owed: BTreeMap<NodeId, u32>,
}

/// What is known of an event.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Known<S> {
    stamp: S,
    /// Everything that happened before it.
    past: BTreeSet<Place>,
}

impl<V: Value + Ord, S: Value + PartialOrd> CausalStamps<V, S> {
    /// A monitor that has seen nothing yet.
    pub fn new() -> Self {
        CausalStamps {
            events: BTreeMap::new(),
            counts: BTreeMap::new(),
            sent: BTreeMap::new(),
            owed: BTreeMap::new(),
        }
    }

    /// The event that sent this, if it was received; nothing if the event was asked for.
    fn cause(&mut self, node: NodeId, received: Option<&V>) -> Result<Option<Place>, String> {
        if let Some(payload) = received {
            let sender = self.sent.get(payload).copied();
            let sender = sender.ok_or_else(|| {
                format!("{node} stamps the receipt of {payload}, which nobody has sent.")
            })?;
            return Ok(Some(sender));
        }
        match self.owed.get_mut(&node) {
            Some(owed) if *owed > 0 => {
                *owed -= 1;
                Ok(None)
            }
            _ => Err(format!("{node} stamps an event that nobody asked for.")),
        }
    }

    /// An event and everything that happened before it.
    fn closed_past(&self, event: Place) -> BTreeSet<Place> {
        let mut past = self.events.get(&event).map(|known| known.past.clone()).unwrap_or_default();
        past.insert(event);
        past
    }

    /// Compares a new event with all earlier ones, none of which it can have happened before.
    fn compare(&self, (node, number): Place, new: &Known<S>) -> Result<(), String> {
        for (place, known) in &self.events {
            let is_past = new.past.contains(place);
            let order = known.stamp.partial_cmp(&new.stamp);
            if order == is_past.then_some(Ordering::Less) {
                continue;
            }
            let (at, other) = place;
            let happened = if is_past { "happened" } else { "did not happen" };
            let sign = match order {
                Some(Ordering::Less) => "less than",
                Some(Ordering::Equal) => "the same as",
                Some(Ordering::Greater) => "greater than",
                None => "not comparable to",
            };
            return Err(format!(
                "Event {other} of {at} {happened} before event {number} of {node}, but its stamp \
                 {} is {sign} {}.",
                known.stamp, new.stamp
            ));
        }
        Ok(())
    }
}

impl<V: Value + Ord, S: Value + PartialOrd> Default for CausalStamps<V, S> {
    fn default() -> Self {
        CausalStamps::new()
    }
}

/// Judges every protocol that tells of each event what it sent, what it received and its stamp.
impl<V, S, P> Monitor<P> for CausalStamps<V, S>
where
    V: Value + Ord,
    S: Value + PartialOrd,
    P: Process<Indication: Into<(Option<V>, Option<V>, S)>>,
{
    fn requested(&mut self, node: NodeId, _: &P::Request) {
        *self.owed.entry(node).or_default() += 1;
    }

    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        let (sent, received, stamp) = indication.clone().into();
        let cause = self.cause(node, received.as_ref())?;
        let count = self.counts.entry(node).or_default();
        let before = (node, *count);
        *count += 1;
        let place = (node, *count);
        let mut past = BTreeSet::new();
        if before.1 > 0 {
            past = self.closed_past(before);
        }
        if let Some(sender) = cause {
            past.append(&mut self.closed_past(sender));
        }
        if let Some(payload) = sent {
            self.sent.insert(payload, place);
        }
        let known = Known { stamp, past };
        self.compare(place, &known)?;
        self.events.insert(place, known);
        Ok(())
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let owes = |node: &NodeId| self.owed.get(node).is_some_and(|&owed| owed > 0);
        match correct.iter().find(owes) {
            Some(node) => Err(format!("{node} was asked for a stamp, but gave none.")),
            None => Ok(()),
        }
    }
}
