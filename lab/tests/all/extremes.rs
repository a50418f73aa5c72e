//! Whatever number a peer says, in whatever field of whatever message of whatever protocol: no node
//! panics. Real messages of random runs are sent with one of their numbers replaced by one at the
//! edge of what its type holds, in any state that the run is in.

use std::collections::{BTreeMap, BTreeSet};

use lab::bare::{Bare, Deed};
use lab::{Entry, REGISTRY, Settings};
use model::{Moment, NodeId, Random};
use serde_json::{Value, json};
use world::caught;
use world::trace::Epoch;

/// Runs of each protocol, of so many steps: what is rare, as a conflict of logs, has its turn
/// several times.
const RUNS: u64 = 250;
const STEPS: usize = 400;

/// The messages that a run keeps to send again with another number.
const KEPT: usize = 64;

/// The edges of the types that messages are made of.
fn extremes() -> [Value; 12] {
    [
        json!(0),
        json!(1),
        json!(-1),
        json!(u8::MAX),
        json!(u16::MAX),
        json!(u32::MAX - 1),
        json!(u32::MAX),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX - 2),
        json!(u64::MAX - 1),
        json!(u64::MAX),
    ]
}

/// A message on its way: from, to, what.
type Packet = (NodeId, NodeId, Value);

/// The nodes of a protocol, what is under way, and what was.
struct Country {
    nodes: Vec<Box<dyn Bare>>,
    flying: Vec<Packet>,
    kept: Vec<Packet>,
    alarms: BTreeSet<(NodeId, String)>,
    unsaved: Vec<usize>,
    random: Random,
    seed: u64,
    asked: u64,
}

impl Country {
    fn new(nodes: Vec<Box<dyn Bare>>, seed: u64) -> Country {
        let mut country = Country {
            unsaved: vec![0; nodes.len()],
            nodes,
            flying: Vec::new(),
            kept: Vec::new(),
            alarms: BTreeSet::new(),
            random: Random::new(seed),
            seed,
            asked: 0,
        };
        for node in NodeId::first(country.nodes.len()) {
            let deeds = country.nodes[node.index()].start(Moment::ZERO);
            country.carry_out(node, deeds);
        }
        country
    }

    fn carry_out(&mut self, node: NodeId, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                // A wild message may name nodes that there are not.
                Deed::Send { to, message, .. } if to.index() < self.nodes.len() => {
                    let packet = (node, to, message);
                    if self.kept.len() < KEPT {
                        self.kept.push(packet.clone());
                    } else {
                        let place = self.random.below(KEPT as u64) as usize;
                        self.kept[place] = packet.clone();
                    }
                    self.flying.push(packet);
                }
                Deed::Send { .. } | Deed::Tell { .. } => {}
                Deed::Save(_) => self.unsaved[node.index()] += 1,
                Deed::Set { timer, .. } => {
                    self.alarms.insert((node, timer));
                }
                Deed::Cancel { timer } => {
                    self.alarms.remove(&(node, timer));
                }
            }
        }
    }

    /// One of so many, unless there is none.
    fn one_of(&mut self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.random.below(count as u64) as usize)
    }

    /// Anything that may happen to sound nodes.
    fn step(&mut self) {
        let node = NodeId(self.random.below(self.nodes.len() as u64) as u16);
        let at = node.index();
        let deeds = match self.random.below(8) {
            0..3 => {
                let Some(place) = self.one_of(self.flying.len()) else { return };
                let (from, to, message) = self.flying.swap_remove(place);
                let taken = self.nodes[to.index()].message(Moment::ZERO, from, message);
                self.carry_out(to, taken.expect("It is a message of the protocol."));
                let settled = self.nodes[to.index()].settle(Moment::ZERO);
                return self.carry_out(to, settled);
            }
            3 => {
                let Some(place) = self.one_of(self.alarms.len()) else { return };
                let Some((node, alarm)) = self.alarms.iter().nth(place).cloned() else { return };
                self.alarms.remove(&(node, alarm.clone()));
                let deeds = self.nodes[node.index()].timer(Moment::ZERO, &alarm);
                return self.carry_out(node, deeds);
            }
            4 => {
                self.asked += 1;
                let asked = self.nodes[at].draw(self.seed, self.asked, self.asked);
                let Some((request, _)) = asked else { return };
                let deeds = self.nodes[at].request(Moment::ZERO, request);
                deeds.expect("It is a request of the protocol.")
            }
            5..7 if self.unsaved[at] > 0 => {
                self.unsaved[at] -= 1;
                self.nodes[at].synced(Moment::ZERO)
            }
            _ => self.nodes[at].settle(Moment::ZERO),
        };
        self.carry_out(node, deeds);
    }

    /// A message of before comes with one of its numbers at an edge. Says which number of which
    /// message it is, with what it is; whether it was a message, `heard` tells.
    fn wild(&mut self, heard: &mut Edges, last: &mut String) {
        let Some(place) = self.one_of(self.kept.len()) else { return };
        let (from, to, mut message) = self.kept[place].clone();
        let mut fields = Vec::new();
        numbers(&message, "", "", &mut fields);
        let Some(field) = self.one_of(fields.len()) else { return };
        let (pointer, path) = fields.swap_remove(field);
        let extremes = extremes();
        let extreme = &extremes[self.random.below(extremes.len() as u64) as usize];
        replace(&mut message, &pointer, extreme);
        let known = heard.entry(path).or_default();
        *last = format!("{from} to {to}: {message}");
        let node = &mut self.nodes[to.index()];
        let Ok(deeds) = node.message(Moment::ZERO, from, message.clone()) else {
            return; // Its type does not hold this one.
        };
        known.insert(extreme.to_string());
        assert_eq!(node.print(message).map(|text| text.lines().count()), Ok(1));
        let _ = (node.epoch(), node.show());
        self.carry_out(to, deeds);
    }
}

/// The numbers in a value, keys of maps too: where each is, and the name of that place, in which
/// all items of a list and all keys of a map are one.
fn numbers(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Number(_) => found.push((pointer.to_string(), path.to_string())),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                numbers(item, &format!("{pointer}/{place}"), &format!("{path}[]"), found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let name = match key.parse::<u64>() {
                    Ok(_) => "{}",
                    Err(_) => key,
                };
                let (pointer, path) = (format!("{pointer}/{key}"), format!("{path}.{name}"));
                if name == "{}" {
                    found.push((format!("{pointer}/"), format!("{path} key")));
                }
                numbers(field, &pointer, &path, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Puts a number where [`numbers`] has found one; behind a last slash it is the key of a map.
fn replace(message: &mut Value, pointer: &str, number: &Value) {
    let Some(key) = pointer.strip_suffix('/') else {
        let place = message.pointer_mut(pointer).expect("It was found there.");
        *place = number.clone();
        return;
    };
    let (map, key) = key.rsplit_once('/').expect("It is a pointer.");
    let map = message.pointer_mut(map).and_then(Value::as_object_mut).expect("It was found there.");
    let field = map.remove(key).expect("It was found there.");
    map.insert(number.to_string(), field);
}

/// Which edges were heard of each number.
type Edges = BTreeMap<String, BTreeSet<String>>;

/// Runs with wild messages between the sound ones, of nodes that are made with a seed.
///
/// # Errors
/// The message after which a node panicked, and why; and the seed of the run.
fn ravaged(nodes: impl Fn(u64) -> Vec<Box<dyn Bare>>) -> Result<Edges, String> {
    let mut heard = Edges::new();
    for seed in 1..=RUNS {
        let mut last = String::new();
        let run = caught(|| {
            let mut country = Country::new(nodes(seed), seed);
            for _ in 0..STEPS {
                country.step();
                if country.random.chance(1, 8) {
                    country.wild(&mut heard, &mut last);
                }
            }
        });
        run.map_err(|why| format!("run {seed}, after {last}: {why}"))?;
    }
    Ok(heard)
}

fn nodes_of(entry: &Entry, seed: u64) -> Vec<Box<dyn Bare>> {
    let runs = entry.runs().expect("It has runs.");
    let node = |node| (runs.bare)(&Settings::default(), node, seed).expect("There is such a node.");
    (0..entry.card.nodes as u16).map(node).collect()
}

#[test]
fn no_number_of_a_peer_ends_a_node() {
    let (mut ended, mut fields) = (Vec::new(), 0);
    for entry in REGISTRY.iter().filter(|entry| entry.runs.is_some()) {
        let name = entry.card.name;
        match ravaged(|seed| nodes_of(entry, seed)) {
            Err(why) => ended.push(format!("{name}, {why}")),
            Ok(heard) => {
                fields += heard.len();
                let missed = heard.iter().find(|(_, edges)| edges.is_empty());
                assert_eq!(missed, None, "{name}: no edge was heard of this number");
            }
        }
    }
    assert!(ended.is_empty(), "{}", ended.join("\n"));
    assert!(fields > 60, "{fields} numbers");
}

/// A node that counts on from what it is told, or looks up what a key names, and nothing else.
struct Gullible;

impl Bare for Gullible {
    fn recover(&mut self, _: Value) -> Result<(), String> {
        Err("it saves nothing".into())
    }

    fn start(&mut self, _: Moment) -> Vec<Deed> {
        let message = json!({ "counts": { "0": [3] } });
        vec![Deed::Send { to: NodeId(0), text: message.to_string(), message }]
    }

    fn request(&mut self, _: Moment, _: Value) -> Result<Vec<Deed>, String> {
        Err("it takes no requests".into())
    }

    fn message(&mut self, _: Moment, _: NodeId, message: Value) -> Result<Vec<Deed>, String> {
        let counts = message["counts"].as_object().ok_or("no counts")?;
        for (key, count) in counts {
            let count = count[0].as_u64().ok_or("no number")?;
            let key: u64 = key.parse().map_err(|_| "no key")?;
            assert!(key < 1 << 32, "There is no such node.");
            count.checked_add(1).expect("It counts on.");
        }
        Ok(Vec::new())
    }

    fn timer(&mut self, _: Moment, _: &str) -> Vec<Deed> {
        Vec::new()
    }

    fn synced(&mut self, _: Moment) -> Vec<Deed> {
        Vec::new()
    }

    fn settle(&mut self, _: Moment) -> Vec<Deed> {
        Vec::new()
    }

    fn draw(&self, _: u64, _: u64, _: u64) -> Option<(Value, String)> {
        None
    }

    fn offers(&self) -> Vec<(Value, String)> {
        Vec::new()
    }

    fn print(&self, message: Value) -> Result<String, String> {
        Ok(message.to_string())
    }

    fn epoch(&self) -> Option<Epoch> {
        None
    }

    fn show(&self) -> String {
        String::new()
    }
}

/// The test is not blind: both ways to end such a node are found.
#[test]
fn a_node_that_counts_on_from_what_it_is_told_is_ended() {
    let ends = |seed| {
        let mut heard = Edges::new();
        let run = caught(|| {
            let mut country = Country::new(vec![Box::new(Gullible)], seed);
            (0..STEPS).for_each(|_| country.wild(&mut heard, &mut String::new()));
        });
        run.expect_err("It is ended.")
    };
    let whys: Vec<String> = (1..=20).map(ends).collect();
    for why in ["There is no such node.", "It counts on."] {
        assert!(whys.iter().any(|one| one.starts_with(why)), "{whys:?}");
    }
}
