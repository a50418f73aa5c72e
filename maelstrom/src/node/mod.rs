//! A node of Maelstrom's: the replicated store behind Maelstrom's workloads.
//!
//! Every workload is served by the store that `synod up` serves, an etcd machine on Raft, so what
//! Maelstrom judges is what clients get. Between nodes travel bodies of type `synod`.

mod job;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lab::Settings;
use lab::bare::{Bare, Deed};
use machine::etcd::Reply;
use machine::{Indication, Operation, Request};
use model::{Moment, NodeId, Random};
use serde_json::{Value as Json, json};

use crate::message::Envelope;
use job::{Job, Next};

/// Runs a node on standard input and output until the input ends. What clients add is a counter's
/// or a set's: Maelstrom does not tell its nodes which.
///
/// # Errors
/// Standard output is gone, or the first message is no `init`.
pub fn run(is_counter: bool) -> io::Result<()> {
    let (tell, inputs) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            match serde_json::from_str::<Envelope>(&line) {
                Ok(envelope) => {
                    if tell.send(envelope).is_err() {
                        return;
                    }
                }
                Err(error) => eprintln!("this is no message ({error}): {line}"),
            }
        }
    });
    let Ok(init) = inputs.recv() else {
        return Ok(());
    };
    let mut node = Node::begin(&init, is_counter)?;
    node.write(&init.answer(json!({ "type": "init_ok" })))?;
    node.live(&inputs)
}

struct Node {
    is_counter: bool,
    names: Vec<String>,
    me: NodeId,
    bare: Box<dyn Bare>,
    began: Instant,
    /// Tells this life's identifiers from those of any other.
    life: u64,
    alarms: BTreeMap<String, Instant>,
    random: Random,
    /// Frames that wait to be called durable; Maelstrom's nodes keep what they know in memory.
    unsynced: usize,
    /// The number of the last operation of the store.
    last: u64,
    /// What clients wait for, by the store's operation that is under way for it.
    jobs: BTreeMap<u64, (Envelope, Job)>,
}

impl Node {
    fn begin(init: &Envelope, is_counter: bool) -> io::Result<Node> {
        let names = init.body["node_ids"].as_array().into_iter().flatten();
        let names: Vec<String> = names.filter_map(Json::as_str).map(str::to_string).collect();
        let me = init.body["node_id"].as_str().unwrap_or_default();
        let Some(place) = names.iter().position(|name| name == me) else {
            return Err(io::Error::other("the first message must be an init that names this node"));
        };
        let entry = lab::find("store").map_err(io::Error::other)?;
        let settings = Settings { nodes: Some(names.len()), ..Settings::default() };
        let life = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let life = life.as_nanos() as u64;
        let bare = entry.runs().map_err(io::Error::other)?.bare;
        let bare = bare(&settings, place as u16, life).map_err(io::Error::other)?;
        Ok(Node {
            is_counter,
            names,
            me: NodeId(place as u16),
            bare,
            began: Instant::now(),
            life,
            alarms: BTreeMap::new(),
            random: Random::child(life, "alarms"),
            unsynced: 0,
            last: 0,
            jobs: BTreeMap::new(),
        })
    }

    fn live(&mut self, inputs: &Receiver<Envelope>) -> io::Result<()> {
        let deeds = self.bare.start(self.now());
        self.carry_out(deeds)?;
        loop {
            self.settle()?;
            let next = self.alarms.values().min();
            let wait =
                next.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            match inputs.recv_timeout(wait) {
                Ok(envelope) => self.take(envelope)?,
                Err(RecvTimeoutError::Timeout) => self.ring()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn now(&self) -> Moment {
        Moment(self.began.elapsed().as_nanos() as u64)
    }

    fn settle(&mut self) -> io::Result<()> {
        loop {
            let deeds = self.bare.settle(self.now());
            self.carry_out(deeds)?;
            if self.unsynced == 0 {
                return Ok(());
            }
            self.unsynced -= 1;
            let deeds = self.bare.synced(self.now());
            self.carry_out(deeds)?;
        }
    }

    fn ring(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let due = self.alarms.iter().filter(|(_, at)| **at <= now).min_by_key(|(_, at)| **at);
        let Some(timer) = due.map(|(name, _)| name.clone()) else {
            return Ok(());
        };
        self.alarms.remove(&timer);
        let deeds = self.bare.timer(self.now(), &timer);
        self.carry_out(deeds)
    }

    fn take(&mut self, envelope: Envelope) -> io::Result<()> {
        if envelope.kind() == "synod" {
            let from = self.names.iter().position(|name| *name == envelope.src);
            let Some(from) = from.map(|place| NodeId(place as u16)) else {
                return Ok(());
            };
            let message = envelope.body["message"].clone();
            match self.bare.message(self.now(), from, message) {
                Ok(deeds) => return self.carry_out(deeds),
                Err(why) => eprintln!("{}: {why}", envelope.src),
            }
            return Ok(());
        }
        match envelope.kind() {
            "topology" => self.write(&envelope.answer(json!({ "type": "topology_ok" }))),
            "echo" => {
                let body = json!({ "type": "echo_ok", "echo": envelope.body["echo"] });
                self.write(&envelope.answer(body))
            }
            "generate" => {
                // Unique: no two nodes share a number, no two lives a beginning, no two answers a
                // count.
                self.last += 1;
                let id = format!("{}-{}-{}", self.me.0, self.life, self.last);
                self.write(&envelope.answer(json!({ "type": "generate_ok", "id": id })))
            }
            _ => match Job::of(&envelope, self.is_counter, self.me, self.life) {
                Ok((job, first)) => self.ask(envelope, job, first),
                Err((code, why)) => self.write(&envelope.refuse(code, &why)),
            },
        }
    }

    /// Asks the store for a client.
    fn ask(&mut self, envelope: Envelope, job: Job, operation: job::Store) -> io::Result<()> {
        self.last += 1;
        let id = self.last;
        self.jobs.insert(id, (envelope, job));
        let request = Request::Ask { id, operation };
        let request = serde_json::to_value(&request).map_err(io::Error::other)?;
        let deeds = self.bare.request(self.now(), request).map_err(io::Error::other)?;
        self.carry_out(deeds)
    }

    /// The store has answered.
    fn told(&mut self, told: Json) -> io::Result<()> {
        let told: Indication<Reply> = serde_json::from_value(told).map_err(io::Error::other)?;
        let Indication::Answer { id, reply } = told else {
            return Ok(());
        };
        let Some((envelope, mut job)) = self.jobs.remove(&id) else {
            return Ok(());
        };
        match job.next(&reply) {
            Next::Done(body) => self.write(&envelope.answer(body)),
            Next::Refused(code, why) => self.write(&envelope.refuse(code, &why)),
            Next::Ask(operation) => self.ask(envelope, job, operation),
        }
    }

    fn carry_out(&mut self, deeds: Vec<Deed>) -> io::Result<()> {
        for deed in deeds {
            match deed {
                Deed::Send { to, message, .. } => {
                    let body = json!({ "type": "synod", "message": message });
                    let src = self.names[self.me.index()].clone();
                    let dest = self.names[to.index()].clone();
                    self.write(&Envelope { src, dest, body })?;
                }
                Deed::Save(_) => self.unsynced += 1,
                Deed::Tell { told, .. } => self.told(told)?,
                Deed::Set { timer, range } => {
                    let span = self.random.span(&range);
                    self.alarms.insert(timer, Instant::now() + span);
                }
                Deed::Cancel { timer } => drop(self.alarms.remove(&timer)),
            }
        }
        Ok(())
    }

    fn write(&self, envelope: &Envelope) -> io::Result<()> {
        let mut line = serde_json::to_vec(envelope)?;
        line.push(b'\n');
        let mut output = io::stdout().lock();
        output.write_all(&line)?;
        output.flush()
    }
}

/// Reads are linearizable: they ask the leader of the order.
fn read(query: machine::etcd::Query) -> job::Store {
    Operation::Read(query)
}
