//! The cut that a snapshot makes through a run, from the run's trace alone: what the nodes told is
//! judged without believing them.

use std::collections::BTreeMap;

use model::NodeId;
use world::trace::{Causality, Cut, Happening, Trace, What};

/// A snapshot as a trace shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Its number.
    pub snapshot: u64,
    /// What lies before the recording of each node's state.
    pub cut: Cut,
    /// What each node told of it, by node.
    pub told: Vec<String>,
    /// What is under way at the cut: sent inside, and arriving outside or not at all. By sender and
    /// addressee, oldest first.
    pub under_way: BTreeMap<(NodeId, NodeId), Vec<String>>,
    /// What has arrived inside, and what has been sent inside, by node.
    pub passed: Vec<(Vec<String>, Vec<String>)>,
}

/// The snapshots that every node of a trace has told. `recorded` reads from an event which
/// snapshot's state a node records in it; that event is the first outside of the cut. `is_control`
/// tells the messages of the snapshot layer from those of the application.
///
/// # Errors
/// A cut that is not consistent: somebody knows, inside, of what lies outside.
pub fn cuts(
    trace: &Trace,
    recorded: impl Fn(&Happening) -> Vec<u64>,
    is_control: impl Fn(&str) -> bool,
) -> Result<Vec<Recorded>, String> {
    let order = Causality::of(trace);
    let places = places(trace);
    let mut begins: BTreeMap<u64, Vec<Option<u32>>> = BTreeMap::new();
    for (event, place) in trace.events.iter().zip(&places) {
        let Some((node, number)) = *place else { continue };
        for snapshot in recorded(event) {
            let cut = begins.entry(snapshot).or_insert_with(|| vec![None; trace.nodes]);
            cut[node.index()].get_or_insert(number - 1);
        }
    }
    let mut found = Vec::new();
    for (snapshot, begins) in begins {
        let told: Vec<String> = told(trace, snapshot);
        let Some(inside) = begins.into_iter().collect::<Option<Vec<u32>>>() else { continue };
        if told.len() < trace.nodes {
            continue;
        }
        let cut = Cut(inside);
        order.check(&cut).map_err(|(event, sender)| {
            let (event, sender) = (&trace.events[event], &trace.events[sender]);
            format!("Snapshot #{snapshot}: {event} lies inside, but it comes of {sender}.")
        })?;
        let (under_way, passed) = sides(trace, &places, &cut, &is_control);
        found.push(Recorded { snapshot, cut, told, under_way, passed });
    }
    Ok(found)
}

/// For each event, its node and its number there, counted from 1; nothing for what happens at none.
fn places(trace: &Trace) -> Vec<Option<(NodeId, u32)>> {
    let mut counts = vec![0; trace.nodes];
    let place = |event: &Happening| {
        let node = event.node.filter(|_| !matches!(event.what, What::Lost { .. }))?;
        counts[node.index()] += 1;
        Some((node, counts[node.index()]))
    };
    trace.events.iter().map(place).collect()
}

/// What each node told of a snapshot, in the order of nodes.
fn told(trace: &Trace, snapshot: u64) -> Vec<String> {
    let begin = format!("recorded #{snapshot}: ");
    let mut told: Vec<(Option<NodeId>, String)> = Vec::new();
    for event in &trace.events {
        let parts = event.tells.iter().filter_map(|told| told.strip_prefix(&begin));
        told.extend(parts.map(|part| (event.node, part.to_string())));
    }
    told.sort();
    told.into_iter().map(|(_, part)| part).collect()
}

type Sides = (BTreeMap<(NodeId, NodeId), Vec<String>>, Vec<(Vec<String>, Vec<String>)>);

/// What crosses the cut, and what has arrived and been sent inside of it at each node.
fn sides(
    trace: &Trace,
    places: &[Option<(NodeId, u32)>],
    Cut(inside): &Cut,
    is_control: &impl Fn(&str) -> bool,
) -> Sides {
    let mut under_way: BTreeMap<(NodeId, NodeId), Vec<(u64, String)>> = BTreeMap::new();
    let mut passed = vec![(Vec::new(), Vec::new()); trace.nodes];
    for (event, place) in trace.events.iter().zip(places) {
        let Some((node, number)) = *place else { continue };
        if number > inside[node.index()] {
            continue;
        }
        let own = event.sends.iter().filter(|sending| !is_control(&sending.text));
        for sending in own {
            let channel = under_way.entry((node, sending.to)).or_default();
            channel.push((sending.message, sending.text.clone()));
            passed[node.index()].1.push(sending.text.clone());
        }
        if let What::Deliver { message, from } = event.what
            && !is_control(&event.text)
        {
            let channel = under_way.entry((from, node)).or_default();
            channel.retain(|(sent, _)| *sent != message);
            passed[node.index()].0.push(event.text.clone());
        }
    }
    let texts = |list: Vec<(u64, String)>| list.into_iter().map(|(_, text)| text).collect();
    let under_way = under_way.into_iter().map(|(channel, list)| (channel, texts(list)));
    (under_way.collect(), passed)
}
