//! Every level against its definition, by trying everything; and what each level lets through.

#[allow(dead_code, reason = "other tests use the rest")]
mod generate;

use std::collections::BTreeMap;
use std::time::Instant;

use generate::Rng;
use spec::history::models::{Kv, KvInput, KvOutput};
use spec::history::{History, Judgement, Level, Limits, Outcome, Recorder, Stop, certify, judge};

type Store = History<KvInput, KvOutput>;

/// One read or write, in the terms of the definitions.
#[derive(Clone, Debug)]
struct Op {
    process: u64,
    called: u64,
    answered: bool,
    key: String,
    /// What it writes, if it does.
    writes: Option<String>,
    /// What it reads; empty is the initial value.
    reads: String,
}

/// Clients that get and put, and are answered mostly something plausible: a value written lately.
fn random(rng: &mut Rng, clients: u64, operations: usize, unknown: u64) -> Store {
    let mut recorder = Recorder::new();
    let mut open: Vec<Option<KvInput>> = vec![None; clients as usize];
    let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut called, mut at) = (0, 0);
    while called < operations || open.iter().any(Option::is_some) {
        at += 1;
        let process = rng.below(clients);
        match open[process as usize].take() {
            None if called < operations => {
                let key = ["a", "b"][rng.below(2) as usize];
                called += 1;
                let input = match rng.below(2) {
                    0 => KvInput::Get(key.into()),
                    _ => {
                        let value = called.to_string();
                        written.entry(key.to_owned()).or_default().push(value.clone());
                        KvInput::Put(key.into(), value.into())
                    }
                };
                recorder.invoke(at, process, input.clone()).expect("the client is idle");
                open[process as usize] = Some(input);
            }
            None => {}
            Some(_) if rng.per_mille(unknown) => {
                recorder.info(at, process).expect("the client has called");
            }
            Some(KvInput::Get(key)) => {
                let values = written.get(&*key).map_or(&[][..], |values| values);
                let back = rng.below(3) as usize;
                let value = values.len().checked_sub(1 + back).map_or("", |place| &values[place]);
                let value = if rng.per_mille(15) { "never" } else { value };
                recorder.ok(at, process, KvOutput::Value(value.into())).expect("likewise");
            }
            Some(_) => recorder.ok(at, process, KvOutput::Done).expect("likewise"),
        }
    }
    recorder.finish()
}

/// Clients that get anything that another ever puts, as if time had no direction.
fn timeless(rng: &mut Rng, clients: u64, operations: u64) -> Store {
    let asked: Vec<(u64, &str, bool)> = (0..operations)
        .map(|_| (rng.below(clients), ["a", "b"][rng.below(2) as usize], rng.below(2) == 0))
        .collect();
    let lines = asked.iter().zip(1..).map(|(&(client, key, puts), number)| {
        let places = (1..).zip(&asked).filter(|&(place, other)| {
            other.1 == key && other.2 && (other.0 != client || place < number)
        });
        let values: Vec<u64> = places.map(|(place, _)| place).collect();
        match values.get(rng.below(values.len() as u64 + 1) as usize) {
            _ if puts => format!("{client} put {key} {number}"),
            Some(value) => format!("{client} get {key} {value}"),
            None => format!("{client} get {key}"),
        }
    });
    let lines: Vec<String> = lines.collect();
    story(&lines.iter().map(String::as_str).collect::<Vec<&str>>())
}

fn plain(history: &Store) -> Vec<Op> {
    let happened = history.operations().iter().filter(|o| o.outcome != Outcome::Failed);
    happened
        .map(|o| {
            let (key, writes) = match &o.input {
                KvInput::Get(key) => (key, None),
                KvInput::Put(key, value) | KvInput::Append(key, value) => {
                    (key, Some(value.to_string()))
                }
            };
            let reads = match o.output() {
                Some(KvOutput::Value(value)) => value.to_string(),
                _ => String::new(),
            };
            let (process, called, answered) = (o.process, o.called, o.output().is_some());
            Op { process, called, answered, key: key.to_string(), writes, reads }
        })
        .filter(|op| op.answered || op.writes.is_some())
        .collect()
}

fn in_session(a: &Op, b: &Op) -> bool {
    a.process == b.process && a.called < b.called && a.answered
}

fn sees(write: &Op, read: &Op) -> bool {
    read.writes.is_none() && write.key == read.key && write.writes.as_ref() == Some(&read.reads)
}

type Relation = Vec<Vec<bool>>;

fn relation(ops: &[Op], holds: impl Fn(&Op, &Op) -> bool) -> Relation {
    ops.iter().map(|a| ops.iter().map(|b| holds(a, b)).collect()).collect()
}

fn close(mut relation: Relation) -> Relation {
    for middle in 0..relation.len() {
        for a in 0..relation.len() {
            for b in 0..relation.len() {
                relation[a][b] |= relation[a][middle] && relation[middle][b];
            }
        }
    }
    relation
}

/// Whether those of the operations can be put in an order that respects the relation, in which
/// every read of `judged` returns the last write.
fn some_order(
    ops: &[Op],
    before: &Relation,
    left: &mut Vec<usize>,
    state: &BTreeMap<String, String>,
    judged: &dyn Fn(usize) -> bool,
) -> bool {
    if left.is_empty() {
        return true;
    }
    (0..left.len()).any(|place| {
        let next = left[place];
        if left.iter().any(|&other| before[other][next]) {
            return false;
        }
        let mut after = state.clone();
        match &ops[next].writes {
            Some(value) => drop(after.insert(ops[next].key.clone(), value.clone())),
            None => {
                let held = state.get(&ops[next].key).map_or("", |value| value);
                if judged(next) && held != ops[next].reads {
                    return false;
                }
            }
        }
        left.remove(place);
        let found = some_order(ops, before, left, &after, judged);
        left.insert(place, next);
        found
    })
}

fn has_order(ops: &[Op], before: &Relation, which: impl Fn(usize) -> bool) -> bool {
    let mut left: Vec<usize> = (0..ops.len()).filter(|&place| which(place)).collect();
    some_order(ops, before, &mut left, &BTreeMap::new(), &|_| true)
}

/// Whether every client's view exists: all writes and its reads, in the order that `first` says of
/// the client.
fn has_views(ops: &[Op], first: impl Fn(u64) -> Relation) -> bool {
    let mut clients: Vec<u64> = ops.iter().map(|op| op.process).collect();
    clients.dedup();
    clients.iter().all(|&client| {
        let own = |place: usize| ops[place].writes.is_some() || ops[place].process == client;
        has_order(ops, &close(first(client)), own)
    })
}

/// The level by its definition, for operations that all took effect.
fn allowed(level: Level, ops: &[Op]) -> bool {
    let written = |read: &Op| read.reads.is_empty() || ops.iter().any(|write| sees(write, read));
    let foreseen = |read: &Op| {
        let later = |write: &Op| write.process == read.process && write.called > read.called;
        ops.iter().any(|write| sees(write, read) && later(write))
    };
    let reads = || ops.iter().filter(|op| op.writes.is_none());
    if reads().any(|read| !written(read) || foreseen(read)) {
        return false;
    }
    let causes = close(relation(ops, |a, b| in_session(a, b) || sees(a, b)));
    let causal = (0..ops.len()).all(|place| !causes[place][place]);
    let writes = |op: &Op| op.writes.is_some();
    match level {
        Level::Sequential => has_order(ops, &relation(ops, in_session), |_| true),
        Level::Causal => causal && has_views(ops, |_| causes.clone()),
        Level::Pram => has_views(ops, |own| {
            let counts = |op: &Op| writes(op) || op.process == own;
            relation(ops, |a, b| counts(a) && counts(b) && in_session(a, b))
        }),
        Level::MonotonicReads => has_views(ops, |own| {
            let read = |op: &Op| !writes(op) && op.process == own;
            relation(ops, |a, b| read(a) && read(b) && in_session(a, b))
        }),
        Level::MonotonicWrites => {
            has_servers(ops, &relation(ops, |a, b| writes(a) && writes(b) && in_session(a, b)))
        }
        Level::WritesFollowReads => has_servers(
            ops,
            &relation(ops, |a, b| {
                ops.iter().any(|read| sees(a, read) && writes(b) && in_session(read, b))
            }),
        ),
        Level::ReadYourWrites => reads().all(|read| {
            let own = |op: &&Op| writes(op) && op.key == read.key && in_session(op, read);
            let own: Vec<&Op> = ops.iter().filter(own).collect();
            match own.iter().position(|write| sees(write, read)) {
                Some(place) => place + 1 == own.len(),
                None => own.is_empty() || !read.reads.is_empty(),
            }
        }),
        Level::WeakCausal => {
            let explained = |read: usize| {
                let past =
                    |place: usize| place == read || writes(&ops[place]) && causes[place][read];
                has_order(ops, &causes, past)
            };
            causal && (0..ops.len()).all(|read| writes(&ops[read]) || explained(read))
        }
        Level::CausalConvergence => {
            causal
                && some_write_order(ops, &causes, &mut Vec::new(), &|order| {
                    (0..ops.len()).filter(|&read| !writes(&ops[read])).all(|read| {
                        let seen = order.iter().filter(|&&write| causes[write][read]);
                        returns_last(ops, &ops[read], seen.copied())
                    })
                })
        }
        Level::Linearizable | Level::Convergence => true,
    }
}

/// Whether some order of all writes that respects the relation is as wished.
fn some_write_order(
    ops: &[Op],
    before: &Relation,
    order: &mut Vec<usize>,
    wished: &dyn Fn(&[usize]) -> bool,
) -> bool {
    let all: Vec<usize> = (0..ops.len()).filter(|&place| ops[place].writes.is_some()).collect();
    if order.len() == all.len() {
        return wished(order);
    }
    all.iter().any(|&next| {
        let ready = |other: &usize| !before[*other][next] || order.contains(other);
        if order.contains(&next) || !all.iter().all(ready) {
            return false;
        }
        order.push(next);
        let found = some_write_order(ops, before, order, wished);
        order.pop();
        found
    })
}

/// Whether a read returns the last of these writes to its register.
fn returns_last(ops: &[Op], read: &Op, held: impl DoubleEndedIterator<Item = usize>) -> bool {
    let last = held.rev().find(|&write| ops[write].key == read.key);
    last.map_or("", |write| ops[write].writes.as_deref().unwrap_or("")) == read.reads
}

/// Whether servers may have answered like that, in the words of Terry et al. 1994, sections 2 and
/// 3: all servers take writes in one order, `WriteOrder`; each read is answered by some server
/// from what it holds then, `DB(S, t)`. Where `follows` says that one write goes before another,
/// it does so in `WriteOrder`, and no server holds the other without it.
fn has_servers(ops: &[Op], follows: &Relation) -> bool {
    some_write_order(ops, follows, &mut Vec::new(), &|order| {
        ops.iter().filter(|op| op.writes.is_none()).all(|read| {
            (0..1_u32 << order.len()).any(|held| {
                let holds = |place: &usize| held & 1 << place != 0;
                let places = || (0..order.len()).filter(holds);
                let is_missed = |other: usize, place: usize| {
                    follows[order[other]][order[place]] && !holds(&other)
                };
                let closed =
                    places().all(|place| (0..order.len()).all(|other| !is_missed(other, place)));
                closed && returns_last(ops, read, places().map(|place| order[place]))
            })
        })
    })
}

/// The level by its definition: some of the unanswered writes took effect.
fn expected(level: Level, history: &Store) -> bool {
    let ops = plain(history);
    let unknown: Vec<usize> = (0..ops.len()).filter(|&place| !ops[place].answered).collect();
    (0..1_u32 << unknown.len()).any(|chosen| {
        let took = |place: usize| match unknown.iter().position(|&other| other == place) {
            Some(bit) => chosen & 1 << bit != 0,
            None => true,
        };
        let some: Vec<Op> =
            (0..ops.len()).filter(|&place| took(place)).map(|place| ops[place].clone()).collect();
        allowed(level, &some)
    })
}

fn holds(level: Level, history: &Store) -> Judgement {
    let judged = judge(&Kv, history, level, &Limits::default(), Instant::now());
    judged.expect("every value is written once").judgement
}

const JUDGED: [Level; 9] = [
    Level::Sequential,
    Level::Causal,
    Level::CausalConvergence,
    Level::WeakCausal,
    Level::Pram,
    Level::ReadYourWrites,
    Level::MonotonicReads,
    Level::MonotonicWrites,
    Level::WritesFollowReads,
];

#[test]
fn every_level_is_its_definition() {
    let mut rng = Rng(30);
    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for round in 0..1500 {
        let operations = 4 + rng.below(6) as usize;
        let clients = 2 + rng.below(2);
        let history = match [Some(0), Some(0), Some(150), None, None][round % 5] {
            Some(unknown) => random(&mut rng, clients, operations, unknown),
            None => timeless(&mut rng, clients, operations as u64),
        };
        for level in JUDGED {
            let legal = expected(level, &history);
            let count = tally.entry(level.name()).or_default();
            match holds(level, &history) {
                Judgement::Holds { witness } => {
                    assert!(legal, "{level} does not allow {:?}", plain(&history));
                    assert_eq!(witness.is_some(), level == Level::Sequential);
                    count.0 += 1;
                }
                Judgement::Violated { violation, .. } => {
                    assert!(!legal, "{level} allows {:?} {violation:?}", plain(&history));
                    assert_eq!(violation.facts.len(), 2);
                    let at = violation.fails_at.expect("a small history is searched to the end");
                    assert_place(level, &history, violation.holds_until.unwrap_or(0), at);
                    count.1 += 1;
                }
                Judgement::Unknown { reason, .. } => panic!("{level} is undecided: {reason:?}"),
            }
        }
    }
    println!("{tally:?}");
    assert!(tally.values().all(|(legal, not)| *legal > 150 && *not > 30), "{tally:?}");
}

/// All that breaks the guarantees about writes, but for reads of what nobody wrote, which these
/// histories have none of.
#[test]
fn writes_that_follow_each_other_in_a_circle() {
    let mut rng = Rng(33);
    let mut circles = 0;
    for _ in 0..3000 {
        let history = timeless(&mut rng, 2, 9);
        for level in [Level::MonotonicWrites, Level::WritesFollowReads] {
            let legal = matches!(holds(level, &history), Judgement::Holds { .. });
            assert_eq!(legal, expected(level, &history), "{level}: {:?}", plain(&history));
            circles += usize::from(!legal);
        }
    }
    assert!(circles > 50, "{circles}");
}

/// The history is allowed if answers after `good` never came, and not if those after `bad` did not.
fn assert_place(level: Level, history: &Store, good: u64, bad: u64) {
    let until = |at: u64| {
        let mut recorder = Recorder::new();
        let mut events: Vec<(u64, usize)> = Vec::new();
        for (index, operation) in history.operations().iter().enumerate() {
            events.push((operation.called, index));
            events.extend(operation.returned().filter(|&end| end <= at).map(|end| (end, index)));
        }
        events.sort_unstable();
        let mut open: BTreeMap<u64, u64> = BTreeMap::new();
        let mut last = 0;
        for (when, index) in events {
            let operation = &history.operations()[index];
            let process = operation.process;
            last = last.max(2 * when);
            match operation.output() {
                Some(output) if operation.returned() == Some(when) => {
                    recorder.ok(2 * when, process, output.clone()).expect("it is open");
                    open.remove(&process);
                }
                _ => {
                    if open.insert(process, when).is_some() {
                        recorder.info(2 * when - 1, process).expect("it is open");
                    }
                    recorder.invoke(2 * when, process, operation.input.clone()).expect("idle");
                }
            }
        }
        expected(level, &recorder.finish())
    };
    assert!(until(good), "{level} allows {:?} up to {good}", plain(history));
    assert!(!until(bad), "{level} does not allow {:?} up to {bad}", plain(history));
}

#[test]
fn stronger_levels_demand_what_weaker_ones_do() {
    let mut rng = Rng(31);
    let weaker = |level| match level {
        Level::Linearizable => &[Level::Sequential][..],
        Level::Sequential => &[Level::Causal, Level::CausalConvergence],
        Level::Causal => &[Level::Pram, Level::WeakCausal, Level::WritesFollowReads],
        Level::CausalConvergence => &[Level::WeakCausal],
        Level::Pram => &[Level::ReadYourWrites, Level::MonotonicReads, Level::MonotonicWrites],
        _ => &[],
    };
    let mut apart = 0;
    for _ in 0..800 {
        let history = random(&mut rng, 3, 24, 30);
        let is = |level| matches!(holds(level, &history), Judgement::Holds { .. });
        for level in Level::ALL {
            let strong = is(level);
            for &weak in weaker(level) {
                let weak_holds = is(weak);
                assert!(!strong || weak_holds, "{level} without {weak}: {history:#?}");
                apart += usize::from(!strong && weak_holds);
            }
        }
    }
    assert!(apart > 300, "levels differ: {apart}");
}

/// A history from lines like `1 put a 3` and `2 get a 3`, one after the other in real time.
fn story(lines: &[&str]) -> Store {
    let mut recorder = Recorder::new();
    for (number, line) in (0..).zip(lines) {
        let words: Vec<&str> = line.split(' ').collect();
        let process = words[0].parse().expect("a process");
        let (key, value) = (words[2].into(), words.get(3).map_or("", |word| word).into());
        let (input, output) = match words[1] {
            "put" => (KvInput::Put(key, value), KvOutput::Done),
            _ => (KvInput::Get(key), KvOutput::Value(value)),
        };
        recorder.invoke(2 * number + 1, process, input).expect("idle");
        recorder.ok(2 * number + 2, process, output).expect("open");
    }
    recorder.finish()
}

#[test]
fn each_level_has_its_anomaly() {
    let cases: [(&[&str], &[Level]); 7] = [
        (&["1 put a 1", "1 get a"], &[Level::ReadYourWrites]),
        (&["1 put a 1", "2 get a 1", "2 get a"], &[Level::MonotonicReads]),
        (&["1 put a 1", "1 put b 2", "2 get b 2", "2 get a"], &[Level::Pram]),
        (&["1 put a 1", "2 get a 1", "2 put b 2", "3 get b 2", "3 get a"], &[Level::Causal]),
        (
            &["1 get a 2", "1 put b 1", "2 get b 1", "2 put a 2"],
            &[Level::WritesFollowReads, Level::Causal],
        ),
        (&["1 put a 1", "2 put a 2", "1 get a 1", "2 get a 2"], &[Level::Convergence]),
        (&["1 put a 1", "2 get a"], &[Level::Linearizable]),
    ];
    for (lines, broken) in cases {
        let history = story(lines);
        for &level in broken {
            let Judgement::Violated { explanation, .. } = holds(level, &history) else {
                panic!("{level} does not allow {lines:?}");
            };
            println!("{level}: {}\n", explanation.join("\n"));
        }
    }
    let concurrent = story(&["1 put a 1", "2 put a 2", "1 get a 1", "2 get a 2"]);
    assert!(matches!(holds(Level::Sequential, &concurrent), Judgement::Holds { .. }));
    let lines = ["1 put a 1", "2 get a 1", "2 put b 2", "3 get b 2", "3 get a"];
    assert!(matches!(holds(Level::Pram, &story(&lines)), Judgement::Holds { .. }));
}

/// What servers may do that keep one guarantee and no other: answer each read from another server.
#[test]
fn session_guarantees_alone_do_not_ask_for_each_other() {
    let cases: [(&[&str], &[Level], &[Level]); 4] = [
        (
            // The servers hold both writes, and the first.
            &["0 put a 1", "0 put a 2", "1 get a 2", "1 get a 1"],
            &[Level::MonotonicWrites, Level::MonotonicReads],
            &[Level::Pram],
        ),
        (
            &["0 put a 1", "0 put b 2", "1 get b 2", "1 get a"],
            &[Level::MonotonicWrites, Level::MonotonicReads],
            &[Level::Pram],
        ),
        (
            // Nobody writes after reading.
            &["0 put a 1", "1 put a 2", "2 get a 1", "2 get a 2", "2 get a 1"],
            &[Level::WritesFollowReads, Level::MonotonicWrites],
            &[Level::MonotonicReads, Level::Causal],
        ),
        (
            // The servers of client 2 hold all, and nothing.
            &["0 put a 1", "1 get a 1", "1 put b 2", "2 get b 2", "2 get a"],
            &[Level::WritesFollowReads, Level::Pram],
            &[Level::Causal, Level::WeakCausal],
        ),
    ];
    for (lines, kept, broken) in cases {
        for (levels, is_kept) in [(kept, true), (broken, false)] {
            for &level in levels {
                let judgement = holds(level, &story(lines));
                let holds = matches!(judgement, Judgement::Holds { .. });
                assert_eq!(holds, is_kept, "{level}, {lines:?}: {judgement:?}");
            }
        }
    }
}

#[test]
fn values_written_twice_are_refused_with_their_line() {
    let history = story(&["1 put a 1", "2 put a 1"]);
    let judged = judge(&Kv, &history, Level::Pram, &Limits::default(), Instant::now());
    assert_eq!(
        judged.map_err(|error| error.to_string()).err().as_deref(),
        Some(
            "line 3: the level pram needs every value to be written once, and put \"a\" = \"1\" \
             writes what was written in line 1 already"
        )
    );
    let linearizable =
        judge(&Kv, &history, Level::Linearizable, &Limits::default(), Instant::now());
    let Ok(Judgement::Holds { witness: Some(witness) }) =
        linearizable.map(|judged| judged.judgement)
    else {
        panic!("nothing was read");
    };
    assert_eq!(certify(&Kv, &history, &witness), Ok(()));
}

#[test]
fn limits_are_kept_at_every_level() {
    let history = random(&mut Rng(32), 4, 300, 30);
    let spare = Limits { memory: 0, ..Limits::default() };
    let hurried = Limits { time: Some(std::time::Duration::ZERO), ..Limits::default() };
    let idle = Limits { work: Some(0), ..Limits::default() };
    for level in Level::ALL {
        for (limits, stop) in [(spare, Stop::Memory), (hurried, Stop::Deadline), (idle, Stop::Work)]
        {
            let judged = judge(&Kv, &history, level, &limits, Instant::now());
            let judged = judged.expect("every value is written once");
            let Judgement::Unknown { reason, .. } = judged.judgement else {
                panic!("{level} is judged with nothing: {:?}", judged.judgement);
            };
            assert_eq!(reason, stop, "{level}");
            assert!(judged.bytes <= limits.memory, "{level} holds no more than it may");
        }
    }
}
