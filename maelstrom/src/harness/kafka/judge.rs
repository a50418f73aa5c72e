//! What is wrong with the logs that clients saw.
//!
//! The properties are those of Jepsen's Kafka test, as Maelstrom uses it. A log maps offsets to
//! messages, and offsets may be sparse, so an offset exists if somebody was told of it: who sent
//! the message, or who polled it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde_json::Value as Json;

use super::super::check::{Finding, answered};
use super::super::workload::{Done, End};

/// What is known of one log.
#[derive(Default)]
struct Log {
    /// The messages told at each offset: one, if all is well.
    at: BTreeMap<u64, BTreeSet<String>>,
    /// Offsets told in answer to a send.
    sent: BTreeSet<u64>,
    /// Offsets polled by anybody.
    polled: BTreeSet<u64>,
    /// What was asked to be sent: whether it may be in the log.
    asked: BTreeMap<String, bool>,
}

impl Log {
    /// An offset that exists strictly between these two.
    fn between(&self, low: u64, high: u64) -> Option<u64> {
        let within = (Bound::Excluded(low), Bound::Excluded(high));
        if low < high { self.at.range(within).next().map(|(&offset, _)| offset) } else { None }
    }
}

type Logs = BTreeMap<String, Log>;

/// Violations, the first of each property with a count.
#[derive(Default)]
struct Violations(BTreeMap<&'static str, (String, u64)>);

impl Violations {
    fn add(&mut self, property: &'static str, text: impl FnOnce() -> String) {
        self.0.entry(property).or_insert_with(|| (text(), 0)).1 += 1;
    }
}

/// Judges all logs.
pub(in crate::harness) fn judge(done: &[Done]) -> Vec<Finding> {
    let mut violations = Violations::default();
    let logs = read(done, &mut violations);
    for (key, log) in &logs {
        judge_log(key, log, &mut violations);
    }
    judge_clients(done, &logs, &mut violations);
    let finding = |(property, (text, count)): (&str, (String, u64))| {
        Finding::new(property, format!("{text} ({count} such cases)"))
    };
    violations.0.into_iter().map(finding).collect()
}

/// The pairs of offset and message that a poll brought of one log, in order.
fn pairs(log: &Json) -> Option<Vec<(u64, String)>> {
    let pair = |pair: &Json| {
        let [offset, message] = &pair.as_array()?[..] else { return None };
        Some((offset.as_u64()?, message.to_string()))
    };
    log.as_array()?.iter().map(pair).collect()
}

fn read(done: &[Done], violations: &mut Violations) -> Logs {
    let mut logs = Logs::new();
    for one in done.iter().filter(|one| one.act.body["type"] == "send") {
        let body = &one.act.body;
        let log = logs.entry(body["key"].as_str().unwrap_or_default().to_string()).or_default();
        let message = body["msg"].to_string();
        log.asked.insert(message.clone(), !matches!(one.end, End::Failed(_)));
        if let End::Ok(answer) = &one.end {
            let Some(offset) = answer["offset"].as_u64() else {
                let node = one.act.node;
                violations.add("whole offsets", || format!("{node} answered {body} with {answer}"));
                continue;
            };
            log.sent.insert(offset);
            log.at.entry(offset).or_default().insert(message);
        }
    }
    for (one, answer) in answered(done, "poll") {
        for (key, list) in answer["msgs"].as_object().into_iter().flatten() {
            let Some(pairs) = pairs(list) else {
                let node = one.act.node;
                violations.add("whole offsets", || format!("{node} answered a poll with {list}"));
                continue;
            };
            let log = logs.entry(key.clone()).or_default();
            for (offset, message) in pairs {
                log.polled.insert(offset);
                log.at.entry(offset).or_default().insert(message);
            }
        }
    }
    logs
}

/// What is wrong with a log, whoever saw it.
fn judge_log(key: &str, log: &Log, violations: &mut Violations) {
    let mut places: BTreeMap<&String, u64> = BTreeMap::new();
    for (&offset, messages) in &log.at {
        if messages.len() > 1 {
            let list: Vec<&str> = messages.iter().map(String::as_str).collect();
            let list = list.join(" and ");
            violations.add("one message an offset", || {
                format!("offset {offset} of {key} was told to hold {list}")
            });
        }
        for message in messages {
            if let Some(first) = places.insert(message, offset) {
                violations.add("no duplicates", || {
                    format!("{message} is at offset {first} of {key} and again at {offset}")
                });
            }
            let property = match log.asked.get(message) {
                Some(true) => continue,
                Some(false) => "no refused message",
                None => "no creation",
            };
            violations.add(property, || format!("{message} at offset {offset} of {key}"));
        }
    }
    let highest = log.polled.last().copied();
    for &offset in log.sent.difference(&log.polled) {
        let message = log.at[&offset].first().cloned().unwrap_or_default();
        match highest.filter(|&highest| highest > offset) {
            Some(highest) => violations.add("no lost write", || {
                format!(
                    "{message} was sent to offset {offset} of {key}, and nobody polled it, though \
                     offset {highest} was polled"
                )
            }),
            None => violations.add("everything is observed", || {
                format!("{message} was sent to offset {offset} of {key}, and nobody polled it")
            }),
        }
    }
}

/// What is wrong with the order in which each client saw offsets.
fn judge_clients(done: &[Done], logs: &Logs, violations: &mut Violations) {
    // By client and log: the last offset polled since the log was assigned, and the last one sent.
    let mut polled: BTreeMap<(u64, String), u64> = BTreeMap::new();
    let mut sent: BTreeMap<(u64, String), u64> = BTreeMap::new();
    for one in done {
        let End::Ok(answer) = &one.end else { continue };
        let (client, body) = (one.client, &one.act.body);
        match body["type"].as_str().unwrap_or_default() {
            // Another assignment: of logs that are new to it the client may begin anywhere.
            "list_committed_offsets" => {
                let kept = |key: &String| {
                    body["keys"].as_array().is_some_and(|keys| keys.iter().any(|one| one == key))
                };
                polled.retain(|(whose, key), _| *whose != client || kept(key));
            }
            "send" => {
                let key = body["key"].as_str().unwrap_or_default().to_string();
                let Some(offset) = answer["offset"].as_u64() else { continue };
                if let Some(last) = sent.insert((client, key.clone()), offset)
                    && offset <= last
                {
                    violations.add("sends move forward", || {
                        format!("c{client} sent to {key} at offset {last} and then at {offset}")
                    });
                }
            }
            "poll" => {
                for (key, list) in answer["msgs"].as_object().into_iter().flatten() {
                    let Some(log) = logs.get(key) else { continue };
                    let offsets = pairs(list).unwrap_or_default();
                    let offsets: Vec<u64> = offsets.iter().map(|(offset, _)| *offset).collect();
                    judge_poll(client, key, log, &offsets, violations);
                    let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
                        continue;
                    };
                    if let Some(before) = polled.insert((client, key.clone()), last) {
                        judge_between(client, key, log, (before, first), violations);
                    }
                }
            }
            _ => {}
        }
    }
}

/// One poll of one log.
fn judge_poll(client: u64, key: &str, log: &Log, offsets: &[u64], violations: &mut Violations) {
    for pair in offsets.windows(2) {
        let (one, next) = (pair[0], pair[1]);
        if next <= one {
            violations.add("a poll moves forward", || {
                format!("c{client} got offset {next} of {key} after {one} in one poll")
            });
        }
        if let Some(between) = log.between(one, next) {
            violations.add("a poll skips nothing", || {
                format!(
                    "c{client} got offsets {one} and {next} of {key} in one poll, and not \
                     {between}, which exists"
                )
            });
        }
    }
}

/// Two polls of one log by one client: the last offset of the one, and the first of the other.
fn judge_between(
    client: u64,
    key: &str,
    log: &Log,
    (before, first): (u64, u64),
    violations: &mut Violations,
) {
    if first <= before {
        violations.add("polls move forward", || {
            format!("c{client} got offset {first} of {key} in a poll after one that got {before}")
        });
    }
    if let Some(between) = log.between(before, first) {
        violations.add("polls skip nothing", || {
            format!(
                "c{client} got {key} up to offset {before} and then from {first}, and not \
                 {between}, which exists"
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use model::NodeId;
    use serde_json::json;

    use super::super::super::workload::Act;
    use super::*;

    /// A request of a client at `n0`, and its end.
    fn one(client: u64, body: Json, end: End) -> Done {
        let act = Act { client, node: NodeId(0), body, is_last: false };
        Done { client, number: 0, act, began: 0, ended: 0, end }
    }

    fn send(client: u64, message: u64, offset: u64) -> Done {
        let body = json!({ "type": "send", "key": "k", "msg": message });
        one(client, body, End::Ok(json!({ "offset": offset })))
    }

    fn poll(client: u64, pairs: &[(u64, u64)]) -> Done {
        let pairs: Vec<Json> = pairs.iter().map(|pair| json!(pair)).collect();
        let body = json!({ "type": "poll", "offsets": { "k": 0 } });
        one(client, body, End::Ok(json!({ "msgs": { "k": pairs } })))
    }

    fn assign(client: u64) -> Done {
        let body = json!({ "type": "list_committed_offsets", "keys": [] });
        one(client, body, End::Ok(json!({ "offsets": {} })))
    }

    fn found(done: &[Done]) -> Vec<String> {
        judge(done).into_iter().map(|finding| finding.property).collect()
    }

    /// Three messages, sparse, that somebody has polled: the history that each test spoils.
    fn sound() -> Vec<Done> {
        vec![send(1, 11, 0), send(1, 12, 2), send(1, 13, 5), poll(9, &[(0, 11), (2, 12), (5, 13)])]
    }

    #[test]
    fn a_sound_history_has_no_findings() {
        let mut done = sound();
        done.extend([poll(2, &[(0, 11)]), poll(2, &[]), poll(2, &[(2, 12), (5, 13)])]);
        // What nobody knows of may be there, or not.
        done.push(one(3, json!({ "type": "send", "key": "k", "msg": 14 }), End::Unknown));
        done.push(one(3, json!({ "type": "send", "key": "k", "msg": 15 }), End::Unknown));
        done.push(poll(2, &[(7, 15)]));
        // Another assignment may begin anywhere.
        done.extend([assign(2), poll(2, &[(0, 11), (2, 12)])]);
        assert_eq!(found(&done), Vec::<String>::new());
    }

    #[test]
    fn every_anomaly_is_found_by_its_name() {
        let refused = one(3, json!({ "type": "send", "key": "k", "msg": 14 }), End::Failed(11));
        let cases: Vec<(&str, Vec<Done>)> = vec![
            ("no lost write", vec![send(3, 14, 3)]),
            ("everything is observed", vec![send(3, 14, 6)]),
            ("a poll moves forward", vec![poll(2, &[(5, 13), (2, 12)])]),
            ("a poll moves forward", vec![poll(2, &[(5, 13), (5, 13)])]),
            ("a poll skips nothing", vec![poll(2, &[(0, 11), (5, 13)])]),
            ("polls move forward", vec![poll(2, &[(0, 11), (2, 12)]), poll(2, &[(2, 12)])]),
            ("polls skip nothing", vec![poll(2, &[(0, 11)]), poll(2, &[(5, 13)])]),
            ("no duplicates", vec![poll(2, &[(5, 13), (6, 11)])]),
            ("one message an offset", vec![poll(2, &[(5, 12)])]),
            ("no creation", vec![poll(2, &[(6, 99)])]),
            ("no refused message", vec![refused, poll(2, &[(6, 14)])]),
            ("sends move forward", vec![send(1, 14, 4), poll(2, &[(4, 14)])]),
            (
                "whole offsets",
                vec![one(
                    2,
                    json!({ "type": "send", "key": "k", "msg": 14 }),
                    End::Ok(json!({ "offset": "1" })),
                )],
            ),
        ];
        for (property, spoilt) in cases {
            let done: Vec<Done> = sound().into_iter().chain(spoilt).collect();
            let found = found(&done);
            assert!(found.iter().any(|one| one == property), "{property}: {found:?}");
        }
    }
}
