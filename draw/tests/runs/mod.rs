//! Runs to draw: a small one by hand, and long ones by a make-believe Raft.

#![allow(dead_code)]

use std::collections::BTreeMap;

use model::{NodeId, Random};
use world::trace::{Clock, Epoch, Fate, Recorder, Trace, What};

pub const N0: NodeId = NodeId(0);
pub const N1: NodeId = NodeId(1);
pub const N2: NodeId = NodeId(2);

/// An election, a commit, a loss, a doubled message, a crash, a restart and a violation.
pub fn small() -> Trace {
    let mut r = Recorder::new(usize::MAX);
    let begin = |r: &mut Recorder, at, node, what, text: &str, number, leads| {
        r.begin(at, Some(node), what, text.to_string());
        r.epoch(Some(Epoch { number, leads }));
    };
    let send = |r: &mut Recorder, message, to, text: &str, fate| {
        r.send(message, to, text.to_string(), fate);
    };
    for node in [N0, N1, N2] {
        begin(&mut r, 1, node, What::Start, "", 0, false);
        r.alarm("sets election in 150-300 ms".to_string());
    }
    begin(&mut r, 2, N0, What::Timer, "election", 1, false);
    r.save("Vote term=1 for=n0".to_string());
    r.save("Term 1".to_string());
    begin(&mut r, 3, N0, What::Sync, "", 1, false);
    send(&mut r, 1, N1, "RequestVote term=1 last=0@0", Fate::Travels);
    send(&mut r, 2, N2, "RequestVote term=1 last=0@0", Fate::Lost);
    let ask = What::Deliver { message: 1, from: N0 };
    begin(&mut r, 4, N1, ask, "RequestVote term=1 last=0@0", 1, false);
    r.save("Vote term=1 for=n0".to_string());
    begin(&mut r, 5, N1, What::Sync, "", 1, false);
    send(&mut r, 3, N0, "Vote term=1 granted", Fate::Travels);
    let vote = What::Deliver { message: 3, from: N1 };
    begin(&mut r, 6, N0, vote, "Vote term=1 granted", 1, true);
    send(&mut r, 4, N1, "Append term=1 base=0@0 [] commit=0", Fate::Doubled);
    send(&mut r, 5, N2, "Append term=1 base=0@0 [] commit=0", Fate::Travels);
    begin(&mut r, 7, N0, What::Request, "Put x=1", 1, true);
    r.save("Entry 1@1 Put x=1".to_string());
    send(&mut r, 6, N1, "Append term=1 base=0@0 [1@1] commit=0", Fate::Travels);
    send(&mut r, 7, N2, "Append term=1 base=0@0 [1@1] commit=0", Fate::Travels);
    for at in [8, 9] {
        let beat = What::Deliver { message: 4, from: N0 };
        begin(&mut r, at, N1, beat, "Append term=1 base=0@0 [] commit=0", 1, false);
    }
    let first = What::Deliver { message: 6, from: N0 };
    begin(&mut r, 10, N1, first, "Append term=1 base=0@0 [1@1] commit=0", 1, false);
    r.save("Entry 1@1 Put x=1".to_string());
    begin(&mut r, 11, N1, What::Sync, "", 1, false);
    send(&mut r, 8, N0, "AppendReply term=1 match=1", Fate::Travels);
    r.begin(12, Some(N2), What::Lost { message: 7 }, "Append [1@1]".to_string());
    begin(&mut r, 13, N0, What::Own, "AppendReply term=1 match=1", 1, true);
    let reply = What::Deliver { message: 8, from: N1 };
    begin(&mut r, 14, N0, reply, "AppendReply term=1 match=1", 1, true);
    r.tell("Deliver 1@1 Put x=1".to_string());
    r.begin(15, None, What::Fault, "n0 is cut off from n1 and n2".to_string());
    begin(&mut r, 16, N0, What::Crash, "", 1, true);
    begin(&mut r, 17, N2, What::Timer, "election", 2, false);
    r.save("Vote term=2 for=n2".to_string());
    begin(&mut r, 18, N2, What::Sync, "", 2, false);
    send(&mut r, 9, N1, "RequestVote term=2 last=0@0", Fate::Travels);
    let again = What::Deliver { message: 9, from: N2 };
    begin(&mut r, 19, N1, again, "RequestVote term=2 last=0@0", 2, false);
    send(&mut r, 10, N2, "Vote term=2 granted", Fate::Travels);
    let won = What::Deliver { message: 10, from: N1 };
    begin(&mut r, 20, N2, won, "Vote term=2 granted", 2, true);
    send(&mut r, 11, N1, "Append term=2 base=0@0 [1@2] commit=1", Fate::Travels);
    begin(&mut r, 21, N2, What::Flush, "", 2, true);
    r.tell("Deliver 1@2 Put y=2".to_string());
    begin(&mut r, 22, N0, What::Start, "starts again, with 2 records", 1, false);
    let broken = "n0 delivered Put x=1 at index 1, and n2 delivered Put y=2 there.";
    r.begin(23, None, What::Violation, broken.to_string());
    r.trace("raft", 3, Clock::Steps)
}

/// A run whose every text tries to break out.
pub fn hostile() -> Trace {
    let bad = "</script></text><!--]]>\"'&amp;\u{0}\u{7}\n\u{202e}\u{2028}日本語😀@{RUNS}";
    let mut recorder = Recorder::new(usize::MAX);
    for (at, what) in [What::Start, What::Request, What::Crash].into_iter().enumerate() {
        recorder.begin(at as u64, Some(N0), what, bad.to_string());
        recorder.send(at as u64 + 1, NodeId(u16::MAX), bad.to_string(), Fate::Doubled);
        recorder.tell(bad.repeat(20));
        recorder.save(bad.to_string());
        recorder.alarm(bad.to_string());
    }
    recorder.begin(9, Some(N1), What::Deliver { message: 77, from: N2 }, bad.into());
    recorder.begin(9, None, What::Violation, bad.to_string());
    recorder.trace(bad, 2, Clock::Steps)
}

/// What will happen.
#[derive(Clone)]
enum Due {
    Message { number: u64, from: NodeId, to: NodeId, text: String, term: u64 },
    Beat(NodeId, u64),
    Election(NodeId, u64),
    Request,
    Synced(NodeId),
    Crash,
    Restart(NodeId),
}

#[derive(Clone, Default)]
struct Node {
    up: bool,
    term: u64,
    leads: bool,
    votes: u32,
    /// Alarms of an earlier number have been set anew.
    alarm: u64,
}

struct Play {
    recorder: Recorder,
    random: Random,
    nodes: Vec<Node>,
    due: BTreeMap<(u64, u64), Due>,
    now: u64,
    number: u64,
    messages: u64,
    index: u64,
    events: usize,
}

const MILLISECOND: u64 = 1_000_000;

/// A run of `nodes` nodes and `events` events: elections, heartbeats, commits, losses, crashes.
pub fn long(seed: u64, nodes: usize, events: usize) -> Trace {
    let mut play = Play {
        recorder: Recorder::new(usize::MAX),
        random: Random::new(seed),
        nodes: vec![Node::default(); nodes],
        due: BTreeMap::new(),
        now: 0,
        number: 0,
        messages: 0,
        index: 0,
        events: 0,
    };
    for node in NodeId::first(nodes) {
        play.wake(node, "starts");
    }
    play.later(40 * MILLISECOND, Due::Request);
    play.later(900 * MILLISECOND, Due::Crash);
    while play.events < events {
        let Some(((now, _), due)) = play.due.pop_first() else { break };
        play.now = now;
        play.happen(due);
    }
    play.recorder.trace("raft, make-believe", nodes, Clock::Nanoseconds)
}

impl Play {
    fn later(&mut self, span: u64, due: Due) {
        self.number += 1;
        self.due.insert((self.now + span, self.number), due);
    }

    fn begin(&mut self, node: NodeId, what: What, text: String) {
        self.events += 1;
        self.recorder.begin(self.now, Some(node), what, text);
        self.mark(node);
    }

    fn mark(&mut self, node: NodeId) {
        let Node { term: number, leads, .. } = self.nodes[node.index()];
        self.recorder.epoch(Some(Epoch { number, leads }));
    }

    fn wake(&mut self, node: NodeId, text: &str) {
        self.nodes[node.index()].up = true;
        self.begin(node, What::Start, text.to_string());
        self.arm(node);
    }

    fn arm(&mut self, node: NodeId) {
        self.nodes[node.index()].alarm += 1;
        let alarm = self.nodes[node.index()].alarm;
        let span = (150 + self.random.below(150)) * MILLISECOND;
        self.later(span, Due::Election(node, alarm));
    }

    fn send(&mut self, from: NodeId, to: NodeId, text: String) {
        self.messages += 1;
        let number = self.messages;
        let fate = match self.random.below(100) {
            0 => Fate::Lost,
            1 => Fate::Doubled,
            _ => Fate::Travels,
        };
        self.recorder.send(number, to, text.clone(), fate);
        let term = self.nodes[from.index()].term;
        let copies = match fate {
            Fate::Travels => 1,
            Fate::Lost => 0,
            Fate::Doubled => 2,
        };
        for _ in 0..copies {
            let slow = if self.random.chance(1, 50) { 40 * MILLISECOND } else { 0 };
            let span = slow + 300_000 + self.random.below(2 * MILLISECOND);
            self.later(span, Due::Message { number, from, to, text: text.clone(), term });
        }
    }

    fn others(&self, node: NodeId) -> Vec<NodeId> {
        NodeId::first(self.nodes.len()).filter(|other| *other != node).collect()
    }

    fn tell_all(&mut self, node: NodeId, text: &str) {
        for to in self.others(node) {
            self.send(node, to, text.to_string());
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Message { number, from, to, text, term } => {
                self.arrive(number, from, to, text, term);
            }
            Due::Beat(node, term) => {
                let Node { up, leads, term: now, .. } = self.nodes[node.index()];
                if up && leads && now == term {
                    self.begin(node, What::Timer, "heartbeat".to_string());
                    self.tell_all(node, &format!("Heartbeat term={term}"));
                    self.later(50 * MILLISECOND, Due::Beat(node, term));
                }
            }
            Due::Election(node, alarm) => {
                let state = &mut self.nodes[node.index()];
                if state.up && !state.leads && state.alarm == alarm {
                    state.term += 1;
                    state.votes = 1;
                    let term = state.term;
                    self.begin(node, What::Timer, "election".to_string());
                    self.recorder.save(format!("Vote term={term} for={node}"));
                    self.tell_all(node, &format!("RequestVote term={term}"));
                    self.arm(node);
                }
            }
            Due::Request => {
                let span = (5 + self.random.below(60)) * MILLISECOND;
                self.later(span, Due::Request);
                if let Some(at) = self.nodes.iter().position(|node| node.up && node.leads) {
                    let (node, index) = (NodeId(at as u16), self.index + 1);
                    self.index = index;
                    let key = self.random.below(20);
                    self.begin(node, What::Request, format!("Put k{key}={index}"));
                    self.recorder.save(format!("Entry {index} Put k{key}={index}"));
                    self.tell_all(node, &format!("Append [{index}]"));
                    self.later(400_000, Due::Synced(node));
                }
            }
            Due::Synced(node) if self.nodes[node.index()].up => {
                self.begin(node, What::Sync, String::new());
            }
            Due::Synced(_) => {}
            Due::Crash => {
                let node = NodeId(self.random.below(self.nodes.len() as u64) as u16);
                self.later(3_000 * MILLISECOND, Due::Crash);
                if self.nodes[node.index()].up {
                    self.begin(node, What::Crash, String::new());
                    self.nodes[node.index()].up = false;
                    self.nodes[node.index()].leads = false;
                    self.later(700 * MILLISECOND, Due::Restart(node));
                }
            }
            Due::Restart(node) => self.wake(node, "starts again"),
        }
    }

    fn arrive(&mut self, message: u64, from: NodeId, to: NodeId, text: String, term: u64) {
        let node = &mut self.nodes[to.index()];
        if !node.up {
            self.events += 1;
            self.recorder.begin(self.now, Some(to), What::Lost { message }, text);
            return;
        }
        if term > node.term {
            (node.term, node.leads, node.votes) = (term, false, 0);
        }
        let current = node.term == term;
        let word = text.split(' ').next().unwrap_or_default().to_string();
        if word == "Vote" && current && !node.leads {
            node.votes += 1;
            if node.votes as usize == self.nodes.len() / 2 + 1 {
                self.nodes[to.index()].leads = true;
                self.begin(to, What::Deliver { message, from }, text);
                self.tell_all(to, &format!("Heartbeat term={term}"));
                self.later(50 * MILLISECOND, Due::Beat(to, term));
                return;
            }
        }
        self.begin(to, What::Deliver { message, from }, text.clone());
        match word.as_str() {
            "RequestVote" if current => {
                self.recorder.save(format!("Vote term={term} for={from}"));
                self.send(to, from, format!("Vote term={term}"));
                self.arm(to);
            }
            "Heartbeat" if current => {
                self.send(to, from, format!("Alive term={term}"));
                self.arm(to);
            }
            "Append" if current => {
                self.recorder.save(text.replace("Append", "Entry"));
                self.send(to, from, text.replace("Append", "AppendReply"));
                self.arm(to);
            }
            "AppendReply" if current && self.nodes.len() == 3 => {
                self.recorder.tell(text.replace("AppendReply", "Deliver"));
            }
            _ => {}
        }
    }
}
