//! Judges what clients saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value as Json, json};
use spec::history::models::{Register, RegisterInput, RegisterOutput};
use spec::history::{Limits, Recorder, Verdict, check};
use spec::transactions::{self, IsolationModel, Workload as Kind};

use super::workload::{Done, End, Workload};
use super::{Test, Times, kafka};

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The property.
    pub property: String,
    /// The facts that contradict it.
    pub text: String,
}

/// How long judging a history may take.
const JUDGED_WITHIN: Duration = Duration::from_secs(60);

impl Finding {
    pub(super) fn new(property: &str, text: String) -> Finding {
        Finding { property: property.to_string(), text }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VIOLATED {}: {}", self.property, self.text)
    }
}

pub(super) fn judge(test: &Test, done: &[Done]) -> Vec<Finding> {
    let nodes = test.nodes;
    let mut findings = match test.workload {
        Workload::Echo => echo(done),
        Workload::UniqueIds => unique(done),
        Workload::Broadcast => set(nodes, done, "messages", "message"),
        Workload::GSet => set(nodes, done, "value", "element"),
        Workload::GCounter | Workload::PnCounter => counter(nodes, done),
        Workload::Kafka => kafka::judge(done),
        Workload::LinKv => linearizable(done),
        Workload::TxnListAppend => transactions(done, Kind::ListAppend, test.isolation),
        Workload::TxnRwRegister => transactions(done, Kind::RwRegister, test.isolation),
    };
    if !done.iter().any(|one| matches!(one.end, End::Ok(_))) {
        findings.push(Finding::new("availability", "no request has succeeded".into()));
    }
    findings
}

/// Whether a request failed, or nobody knows.
pub(super) fn total_availability(done: &[Done]) -> Option<Finding> {
    let without = |one: &&Done| !matches!(one.end, End::Ok(_));
    let first = done.iter().find(without)?;
    let count = done.iter().filter(without).count();
    let (node, body) = (first.act.node, &first.act.body);
    let text = format!("{node} did not do {body} ({count} such requests)");
    Some(Finding::new("total availability", text))
}

/// Of each element that was known to have been added: the time from then to the last read that
/// had not got it.
pub(super) fn stable(done: &[Done], field: &str, element: &str) -> Times {
    let reads: Vec<(&Done, BTreeSet<String>)> = answered(done, "read")
        .map(|(one, body)| {
            let elements = body[field].as_array().into_iter().flatten();
            (one, elements.map(Json::to_string).collect())
        })
        .collect();
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    let mut know = |name: &str, at: u64| {
        let first = known.entry(name.to_string()).or_insert(at);
        *first = at.min(*first);
    };
    for one in done.iter().filter(|one| matches!(one.end, End::Ok(_))) {
        if !one.act.body[element].is_null() {
            know(&one.act.body[element].to_string(), one.ended);
        }
    }
    for (one, elements) in &reads {
        elements.iter().for_each(|name| know(name, one.ended));
    }
    let span = |(name, at): (&String, &u64)| {
        let lacks = |(_, elements): &&(&Done, BTreeSet<String>)| !elements.contains(name);
        let last = reads.iter().filter(lacks).map(|(one, _)| one.began).max();
        last.map_or(0, |last| last.saturating_sub(*at))
    };
    Times::of(known.iter().map(span).collect())
}

/// The requests of a type that succeeded, with their answers.
pub(super) fn answered<'d>(
    done: &'d [Done],
    kind: &'d str,
) -> impl Iterator<Item = (&'d Done, &'d Json)> {
    done.iter().filter(move |one| one.act.body["type"] == kind).filter_map(|one| match &one.end {
        End::Ok(body) => Some((one, body)),
        _ => None,
    })
}

fn echo(done: &[Done]) -> Vec<Finding> {
    let wrong = answered(done, "echo").filter(|(one, body)| body["echo"] != one.act.body["echo"]);
    let text = |(one, body): (&Done, &Json)| {
        let (sent, back) = (&one.act.body["echo"], &body["echo"]);
        Finding::new("echo", format!("n{} was sent {sent} and echoed {back}", one.act.node.0))
    };
    wrong.map(text).collect()
}

fn unique(done: &[Done]) -> Vec<Finding> {
    let mut given: BTreeMap<String, &Done> = BTreeMap::new();
    let mut findings = Vec::new();
    for (one, body) in answered(done, "generate") {
        let id = body["id"].to_string();
        if let Some(other) = given.insert(id.clone(), one) {
            let (first, second) = (other.act.node, one.act.node);
            let text = format!("{id} was given by {first} and again by {second}");
            findings.push(Finding::new("uniqueness", text));
        }
    }
    findings
}

/// Elements that were added for certain are in every last read, and nothing else is.
fn set(nodes: usize, done: &[Done], field: &str, element: &str) -> Vec<Finding> {
    let adds = done.iter().filter(|one| !one.act.body[element].is_null());
    let mut added = BTreeSet::new();
    let mut possible = BTreeSet::new();
    for one in adds {
        let name = one.act.body[element].to_string();
        match one.end {
            End::Ok(_) => drop(added.insert(name.clone())),
            End::Failed(_) => continue,
            End::Unknown => {}
        }
        possible.insert(name);
    }
    let mut findings = Vec::new();
    let mut last = 0;
    for (one, body) in answered(done, "read") {
        let list = body[field].as_array().into_iter().flatten();
        let mut read: BTreeSet<String> = BTreeSet::new();
        for name in list.map(Json::to_string) {
            if let Some(twice) = read.replace(name) {
                let text = format!("{} read {twice} twice in one answer", one.act.node);
                findings.push(Finding::new("no duplication", text));
            }
        }
        if let Some(strange) = read.difference(&possible).next() {
            let text = format!("{} read {strange}, which nobody had added", one.act.node);
            findings.push(Finding::new("no creation", text));
        }
        if !one.act.is_last {
            continue;
        }
        last += 1;
        let lost: Vec<&String> = added.difference(&read).collect();
        if let Some(first) = lost.first() {
            let (node, count) = (one.act.node, lost.len());
            let text = format!(
                "{first} was added and acknowledged, but the last read at {node} has not got it \
                 ({count} such elements)"
            );
            findings.push(Finding::new("nothing is lost", text));
        }
    }
    if last < nodes {
        let text = format!("only {last} of {nodes} nodes answered the last read");
        findings.push(Finding::new("availability", text));
    }
    findings
}

/// Each last read lies between the least and the most that the additions can have come to.
fn counter(nodes: usize, done: &[Done]) -> Vec<Finding> {
    let (mut least, mut most) = (0i64, 0i64);
    for one in done.iter().filter(|one| one.act.body["type"] == "add") {
        let delta = one.act.body["delta"].as_i64().unwrap_or(0);
        match one.end {
            End::Ok(_) => (least, most) = (least + delta, most + delta),
            End::Unknown => (least, most) = (least + delta.min(0), most + delta.max(0)),
            End::Failed(_) => {}
        }
    }
    let mut findings = Vec::new();
    let last: Vec<_> = answered(done, "read").filter(|(one, _)| one.act.is_last).collect();
    for (one, body) in &last {
        let read = body["value"].as_i64();
        if !read.is_some_and(|read| (least..=most).contains(&read)) {
            let (node, value) = (one.act.node, &body["value"]);
            let text = format!(
                "the last read at {node} is {value}; what was added comes to {least} to {most}"
            );
            findings.push(Finding::new("the sum", text));
        }
    }
    if last.len() < nodes {
        let text = format!("only {} of {nodes} nodes answered the last read", last.len());
        findings.push(Finding::new("availability", text));
    }
    findings
}

/// Every key is a linearizable register.
fn linearizable(done: &[Done]) -> Vec<Finding> {
    let mut keys: BTreeMap<String, Vec<&Done>> = BTreeMap::new();
    for one in done {
        keys.entry(one.act.body["key"].to_string()).or_default().push(one);
    }
    let mut findings = Vec::new();
    for (key, list) in keys {
        let history = register(&list).finish();
        let limits = Limits { time: Some(JUDGED_WITHIN), ..Limits::default() };
        match check(&Register, &history, &limits, Instant::now()).verdict {
            Verdict::Linearizable { .. } => {}
            Verdict::NotLinearizable { explanation } => {
                let text = format!("key {key}: {}", explanation.join(" "));
                findings.push(Finding::new("linearizability", text));
            }
            Verdict::Unknown { covered, .. } => {
                let text = format!("key {key} could not be judged in time: {covered}");
                findings.push(Finding::new("unknown", text));
            }
        }
    }
    findings
}

/// Transactions are as isolated as is demanded.
fn transactions(done: &[Done], kind: Kind, demanded: IsolationModel) -> Vec<Finding> {
    if !done.iter().any(|one| matches!(one.end, End::Ok(_))) {
        // Nothing was answered, so nothing is wrong: that it is too little is said elsewhere.
        return Vec::new();
    }
    let mut events: Vec<(u64, bool, &Done)> = Vec::new();
    for one in done {
        events.push((one.began, false, one));
        events.push((one.ended, true, one));
    }
    events.sort_by_key(|(at, is_end, one)| (*at, *is_end, one.number));
    let mut text = String::new();
    for (at, is_end, one) in events {
        let (kind, value) = match (is_end, &one.end) {
            (false, _) => ("invoke", &one.act.body["txn"]),
            (true, End::Ok(answer)) => ("ok", &answer["txn"]),
            (true, End::Failed(_)) => ("fail", &one.act.body["txn"]),
            (true, End::Unknown) => ("info", &one.act.body["txn"]),
        };
        // Each transaction is a process of its own: a client's are one after the other anyway.
        let (f, process) = ("txn", one.number);
        let event = json!({ "type": kind, "f": f, "value": value, "process": process, "time": at });
        text.push_str(&format!("{event}\n"));
    }
    let limits = Limits { time: Some(JUDGED_WITHIN), ..Limits::default() };
    let name = demanded.to_string();
    match transactions::verify_against(&text, kind, demanded, &limits) {
        Ok(report) if report.exit_code() == 0 => Vec::new(),
        Ok(report) => vec![Finding::new(&name, report.to_string())],
        Err(error) => vec![Finding::new(&name, error.to_string())],
    }
}

/// The history of one key. Requests that failed have no part in it, but for a comparison that did
/// not hold and a read that found nothing: these are answers.
fn register(list: &[&Done]) -> Recorder<RegisterInput, RegisterOutput> {
    let mut events: Vec<(u64, bool, &Done)> = Vec::new();
    for one in list {
        events.push((one.began, false, one));
        events.push((one.ended, true, one));
    }
    events.sort_by_key(|(at, is_end, one)| (*at, *is_end, one.number));
    let mut recorder = Recorder::new();
    for (place, (_, is_end, one)) in events.into_iter().enumerate() {
        let at = place as u64;
        // Each request is a process of its own: a client's are one after the other anyway.
        let process = one.number;
        let number = |field: &str| one.act.body[field].as_i64();
        let body = &one.act.body;
        let noted = match (is_end, &one.end) {
            (false, _) => {
                let input = match body["type"].as_str().unwrap_or_default() {
                    "write" => RegisterInput::Write(number("value")),
                    "cas" => RegisterInput::Cas(number("from"), number("to")),
                    _ => RegisterInput::Read,
                };
                recorder.invoke(at, process, input)
            }
            (true, End::Ok(answer)) => {
                let output = match body["type"].as_str().unwrap_or_default() {
                    "write" => RegisterOutput::Written,
                    "cas" => RegisterOutput::Swapped(true),
                    _ => RegisterOutput::Value(answer["value"].as_i64()),
                };
                recorder.ok(at, process, output)
            }
            (true, End::Failed(20)) if body["type"] == "read" => {
                recorder.ok(at, process, RegisterOutput::Value(None))
            }
            (true, End::Failed(20 | 22)) if body["type"] == "cas" => {
                recorder.ok(at, process, RegisterOutput::Swapped(false))
            }
            (true, End::Failed(_)) => recorder.fail(at, process),
            (true, End::Unknown) => recorder.info(at, process),
        };
        noted.expect("Each request begins once, and ends after that.");
    }
    recorder
}

#[cfg(test)]
mod tests {
    use model::NodeId;

    use super::super::workload::Act;
    use super::*;

    fn one(body: Json, (began, ended): (u64, u64), end: End) -> Done {
        let act = Act { client: 1, node: NodeId(0), body, is_last: false };
        Done { client: 1, number: 0, act, began, ended, end }
    }

    fn read(at: u64, elements: &[u64]) -> Done {
        let answer = json!({ "messages": elements });
        one(json!({ "type": "read" }), (at, at + 1_000_000), End::Ok(answer))
    }

    /// Known from the acknowledgement or from a read, whichever is earlier, to the last read that
    /// lacks it; what is never lacked after that takes no time.
    #[test]
    fn an_element_is_stable_when_no_later_read_lacks_it() {
        let millis = |count: u64| count * 1_000_000;
        let broadcast = |message: u64, at: u64, end: End| {
            one(json!({ "type": "broadcast", "message": message }), (0, millis(at)), end)
        };
        let done = [
            broadcast(7, 10, End::Ok(json!({}))),
            broadcast(8, 10, End::Unknown),
            broadcast(9, 10, End::Ok(json!({}))),
            read(millis(5), &[]),
            read(millis(20), &[9]),
            read(millis(30), &[8, 9]),
            read(millis(45), &[7, 9]),
            read(millis(50), &[7, 8, 9]),
        ];
        let times = stable(&done, "messages", "message");
        // 7: from 10 to 30. 8: from 31, the end of the first read that had it, to 45. 9: never.
        assert_eq!((times.median, times.max), (14.0, 20.0), "{times}");
        assert_eq!(total_availability(&done[3..]), None);
        let finding = total_availability(&done).expect("One request has no answer.");
        assert!(finding.text.contains("\"message\":8") && finding.text.contains("(1 such"));
    }
}
