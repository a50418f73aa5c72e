//! Linearizability: operations look as if each took effect at one moment.

use core::fmt::Debug;
use core::hash::Hash;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{NodeId, NodeSet, Process, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Monitor;

/// A sequential object: what is as if there were one of it, used by one client after another.
pub trait Object: Clone + Ord + Hash + Debug {
    /// What is asked.
    type Operation: Value + Ord;
    /// What is told.
    type Answer: Value + Ord;

    /// Takes an operation.
    fn apply(&mut self, operation: &Self::Operation) -> Self::Answer;

    /// Whether the operation can change the object at all; one that cannot, and whose answer
    /// nobody will hear, is forgotten.
    fn changes(operation: &Self::Operation) -> bool;
}

/// Linearizability (Herlihy and Wing, 1990) of an object whose users do one operation at a time a
/// node, and termination: operations at correct nodes return. What is asked while another
/// operation of the node is under way is not heard, by protocol and monitor alike.
///
/// The order is found as runs go on, by just-in-time linearization (Lowe, "Testing for
/// linearizability", 2017): the monitor keeps every way in which things can stand. An operation
/// is put into the order no sooner than its return, or the return of one that comes after it,
/// demands it; so few ways are kept. What a crash cut off may take effect at any later time.
///
/// A run with too many ways is not judged to its end: the monitor goes [blind](Self::is_blind), and
/// from then on judges termination alone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "O: Serialize + DeserializeOwned")]
pub struct Linearizable<O: Object> {
    /// What each node waits for.
    open: BTreeMap<NodeId, O::Operation>,
    /// How things can stand; empty when there are too many ways to keep.
    ways: BTreeSet<Way<O>>,
    faulty: NodeSet,
}

/// Ways that are kept at most. Three nodes whose users write and read need some dozens, five nodes
/// with many operations cut off by crashes tens of thousands, each examined at every return: runs
/// would take minutes for seconds. A monitor that meets more goes blind.
const WAYS: usize = 2_000;

/// One way in which things can stand.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "O: Serialize + DeserializeOwned")]
struct Way<O: Object> {
    object: O,
    /// Open operations that have taken effect, with the answers that they must return.
    took: BTreeMap<NodeId, O::Answer>,
    /// Operations cut off by crashes that have not taken effect, in order.
    lost: Vec<O::Operation>,
}

impl<O: Object> Way<O> {
    fn take(&mut self, node: NodeId, operation: &O::Operation) {
        let answer = self.object.apply(operation);
        self.took.insert(node, answer);
    }
}

/// Adds a way, unless one is there that can do all that it can: an equal one with more operations
/// that were lost but may still take effect, for they need not. Those that the new one makes
/// idle go. Returns whether it was added.
fn add<O: Object>(ways: &mut BTreeSet<Way<O>>, way: Way<O>) -> bool {
    let first = Way { lost: Vec::new(), ..way.clone() };
    let alike = || {
        let equals = |other: &&Way<O>| other.object == way.object && other.took == way.took;
        ways.range(first.clone()..).take_while(equals)
    };
    if alike().any(|other| holds_all(&other.lost, &way.lost)) {
        return false;
    }
    let idle = alike().filter(|other| holds_all(&way.lost, &other.lost));
    let idle: Vec<Way<O>> = idle.cloned().collect();
    idle.iter().for_each(|other| {
        ways.remove(other);
    });
    ways.insert(way)
}

/// Whether each of the few is among the many, as often as it is there; both are in order.
fn holds_all<T: Ord>(many: &[T], few: &[T]) -> bool {
    let mut many = many.iter();
    few.iter().all(|one| many.any(|other| other == one))
}

impl<O: Object> Linearizable<O> {
    /// An object that nobody has used.
    pub fn new(object: O) -> Linearizable<O> {
        let way = Way { object, took: BTreeMap::new(), lost: Vec::new() };
        let (open, faulty) = (BTreeMap::new(), NodeSet::EMPTY);
        Linearizable { open, ways: BTreeSet::from([way]), faulty }
    }

    /// In how many ways things can stand now.
    pub fn ways(&self) -> usize {
        self.ways.len()
    }

    /// Whether there were too many ways to keep: from then on no order is looked for.
    pub fn is_blind(&self) -> bool {
        self.ways.is_empty()
    }

    /// Every way in which things can stand with the operation of `node` in effect; nothing if they
    /// are too many.
    fn with(&self, node: NodeId) -> Option<BTreeSet<Way<O>>> {
        let operation = &self.open[&node];
        let mut done = BTreeSet::new();
        let mut seen = self.ways.clone();
        // First in, first out: what needs fewer lost operations is met before what needs more.
        let mut left: VecDeque<Way<O>> = self.ways.iter().cloned().collect();
        while let Some(way) = left.pop_front() {
            if way.took.contains_key(&node) {
                add(&mut done, way);
                continue;
            }
            // The operation takes effect now, or another one does so before it.
            let mut now = way.clone();
            now.take(node, operation);
            add(&mut done, now);
            for next in self.others(&way, node) {
                if add(&mut seen, next.clone()) {
                    left.push_back(next);
                }
            }
            if seen.len() > WAYS {
                return None;
            }
        }
        Some(done)
    }

    /// The ways that come of this one when one operation takes effect, of another node or lost.
    fn others(&self, way: &Way<O>, node: NodeId) -> Vec<Way<O>> {
        let mut ways = Vec::new();
        for (&other, operation) in &self.open {
            if other != node && !way.took.contains_key(&other) {
                let mut next = way.clone();
                next.take(other, operation);
                ways.push(next);
            }
        }
        for place in 0..way.lost.len() {
            let mut next = way.clone();
            let operation = next.lost.remove(place);
            next.object.apply(&operation);
            ways.push(next);
        }
        ways
    }

    fn returned(&mut self, node: NodeId, answer: &O::Answer) -> Result<(), String> {
        if !self.open.contains_key(&node) {
            return Err(format!("{node} is told: {answer}, but it waits for no operation."));
        }
        let Some(with) = self.with(node).filter(|_| !self.is_blind()) else {
            self.ways.clear();
            self.open.remove(&node);
            return Ok(());
        };
        let fits = |way: &Way<O>| way.took.get(&node) == Some(answer);
        let ways: BTreeSet<Way<O>> = with.iter().filter(|way| fits(way)).cloned().collect();
        let operation = self.open.remove(&node).expect("it was there a moment ago");
        if ways.is_empty() {
            let could: BTreeSet<&O::Answer> = with.iter().map(|way| &way.took[&node]).collect();
            let could: Vec<String> = could.into_iter().map(O::Answer::to_string).collect();
            return Err(format!(
                "{node} asked: {operation}, and is told: {answer}; but after what others were \
                 told before, in whatever order operations took effect, it can only be: {}.",
                could.join(", or: ")
            ));
        }
        let forget = |mut way: Way<O>| {
            way.took.remove(&node);
            way
        };
        self.ways = BTreeSet::new();
        for way in ways.into_iter().map(forget) {
            add(&mut self.ways, way);
        }
        Ok(())
    }
}

impl<O, P> Monitor<P> for Linearizable<O>
where
    O: Object,
    P: Process<Request = O::Operation, Indication = O::Answer>,
{
    fn requested(&mut self, node: NodeId, request: &O::Operation) {
        self.open.entry(node).or_insert_with(|| request.clone());
    }

    fn indicated(&mut self, node: NodeId, indication: &O::Answer) -> Result<(), String> {
        match self.faulty.contains(node) {
            true => Ok(()),
            false => self.returned(node, indication),
        }
    }

    fn promise(&self, node: NodeId, _: &O::Answer) -> Option<&'static str> {
        Some(match self.open.contains_key(&node) {
            true => {
                "linearizability: operations look as if each took effect at one moment between \
                 its call and its return"
            }
            false => "integrity: only what was asked is answered, once",
        })
    }

    fn crashed(&mut self, node: NodeId) {
        let Some(operation) = self.open.remove(&node) else {
            return;
        };
        let lose = |mut way: Way<O>| {
            if way.took.remove(&node).is_none() && O::changes(&operation) {
                way.lost.push(operation.clone());
                way.lost.sort();
            }
            way
        };
        for way in std::mem::take(&mut self.ways).into_iter().map(lose) {
            add(&mut self.ways, way);
        }
    }

    fn faulty(&mut self, node: NodeId) {
        self.faulty.insert(node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let waits = self.open.iter().find(|(node, _)| correct.contains(**node));
        waits.map_or(Ok(()), |(node, operation)| {
            Err(format!("{node} is correct, but was never told what came of: {operation}."))
        })
    }
}
