//! Transactions as the tests write them, and executors of known isolation that make them.

use model::Random;
use spec::transactions::{Answer, Key, Recorder, Step, Transactions, Workload};

/// One operation. A read of a register sees no more than one value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    Write(usize, i64),
    Read(usize, Vec<i64>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Ok,
    Fail,
    Info,
}

/// A transaction with the positions of its call and end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Txn {
    pub process: u64,
    pub called: u64,
    pub ended: u64,
    pub fate: Fate,
    pub ops: Vec<Op>,
}

/// The history of transactions.
pub fn record(workload: Workload, txns: &[Txn]) -> Transactions {
    let mut recorder = Recorder::new(workload);
    let keys: Vec<Key> = (0..8).map(|key| recorder.key(&key.to_string())).collect();
    let mut events: Vec<(u64, usize)> = Vec::new();
    for (index, txn) in txns.iter().enumerate() {
        events.extend([(txn.called, index), (txn.ended, index)]);
    }
    events.sort_unstable();
    for (at, index) in events {
        let Txn { process, called, fate, ops, .. } = &txns[index];
        let done = match (at == *called, fate) {
            (true, _) => {
                let steps = ops.iter().map(|op| match op {
                    Op::Write(key, value) => Step::Write(keys[*key], *value),
                    Op::Read(key, _) => Step::Read(keys[*key]),
                });
                recorder.invoke(at, *process, &steps.collect::<Vec<_>>())
            }
            (false, Fate::Ok) => {
                let answers = ops.iter().filter_map(|op| match (op, workload) {
                    (Op::Write(..), _) => None,
                    (Op::Read(_, list), Workload::ListAppend) => Some(Answer::List(list)),
                    (Op::Read(_, list), Workload::RwRegister) => {
                        Some(Answer::Value(list.last().copied()))
                    }
                });
                recorder.ok(at, *process, &answers.collect::<Vec<_>>())
            }
            (false, Fate::Fail) => recorder.fail(at, *process),
            (false, Fate::Info) => recorder.info(at, *process),
        };
        done.expect("the events are in order");
    }
    recorder.finish()
}

/// How transactions are kept apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// Each runs at one instant.
    Serial,
    /// Reads from a snapshot; of two concurrent writers of a key, the first to commit wins.
    Snapshot,
    /// The same at two sites, whose commits reach each other later, in causal order.
    ParallelSnapshot,
    /// Reads what is committed; writes hold locks.
    ReadCommitted,
    /// Reads whatever there is; writes hold locks, and are undone by aborts.
    ReadUncommitted,
    /// As before, without locks.
    Chaos,
}

/// What to run.
pub struct Shape {
    pub workload: Workload,
    pub isolation: Isolation,
    pub clients: usize,
    pub keys: u64,
    pub transactions: usize,
    pub length: u64,
    /// Of a hundred transactions, how many leave their client without an answer.
    pub unknown: u64,
}

/// A client's transaction under way.
#[derive(Clone)]
struct Running {
    txn: Txn,
    next: usize,
    ended: bool,
    /// What it sees, of snapshots: the commits, by index.
    snapshot: Vec<usize>,
}

struct Commit {
    site: usize,
    needs: Vec<usize>,
    writes: Vec<(usize, i64)>,
}

/// A store that runs several clients' transactions step by step.
pub struct Executor {
    shape: Shape,
    random: Random,
    now: u64,
    next_value: i64,
    /// Without snapshots: what is in the store, in place.
    lists: Vec<Vec<i64>>,
    /// With snapshots: all commits, and which each site has.
    commits: Vec<Commit>,
    sites: [Vec<usize>; 2],
    /// Which client may write each key.
    locks: Vec<Option<usize>>,
    running: Vec<Option<Running>>,
    done: Vec<Txn>,
}

impl Executor {
    pub fn run(shape: Shape, seed: u64) -> Vec<Txn> {
        let (keys, clients) = (shape.keys as usize, shape.clients);
        let mut executor = Executor {
            shape,
            random: Random::new(seed),
            now: 0,
            next_value: 0,
            lists: vec![Vec::new(); keys],
            commits: Vec::new(),
            sites: [Vec::new(), Vec::new()],
            locks: vec![None; keys],
            running: vec![None; clients],
            done: Vec::new(),
        };
        let mut started = 0;
        while started < executor.shape.transactions || executor.running.iter().any(Option::is_some)
        {
            let client = executor.random.below(clients as u64) as usize;
            if executor.random.chance(1, 4) {
                executor.replicate();
            }
            match executor.running[client].take() {
                Some(running) => executor.running[client] = executor.step(client, running),
                None if started < executor.shape.transactions => {
                    started += 1;
                    executor.running[client] = Some(executor.call(client));
                }
                None => {}
            }
        }
        executor.done.sort_by_key(|txn| txn.called);
        executor.done
    }

    fn call(&mut self, client: usize) -> Running {
        let ops = (0..=self.random.below(self.shape.length)).map(|_| {
            let key = self.random.below(self.shape.keys) as usize;
            if self.random.chance(1, 2) {
                self.next_value += 1;
                Op::Write(key, self.next_value)
            } else {
                Op::Read(key, Vec::new())
            }
        });
        let ops = ops.collect();
        self.now += 1;
        let called = self.now;
        let process = client as u64;
        let txn = Txn { process, called, ended: 0, fate: Fate::Ok, ops };
        Running { txn, next: 0, ended: false, snapshot: Vec::new() }
    }

    /// One step of a client: begin and one operation, or the end, or the answer.
    fn step(&mut self, client: usize, mut running: Running) -> Option<Running> {
        if running.ended {
            self.now += 1;
            running.txn.ended = self.now;
            self.done.push(running.txn);
            return None;
        }
        if running.next == 0 {
            running.snapshot = self.sites[self.site(client)].clone();
        }
        let serial = self.shape.isolation == Isolation::Serial;
        while running.next < running.txn.ops.len() {
            if !self.operate(client, &mut running) {
                self.abort(client, &mut running);
                return Some(running);
            }
            if !serial {
                return Some(running);
            }
        }
        match self.random.below(20) {
            0 => self.abort(client, &mut running),
            _ => self.commit(client, &mut running),
        }
        if self.random.chance(self.shape.unknown, 100) {
            running.txn.fate = Fate::Info;
        }
        Some(running)
    }

    fn site(&self, client: usize) -> usize {
        if self.shape.isolation == Isolation::ParallelSnapshot { client % 2 } else { 0 }
    }

    fn in_place(&self) -> bool {
        matches!(self.shape.isolation, Isolation::ReadUncommitted | Isolation::Chaos)
    }

    /// Runs one operation; false if it would have to wait for a lock.
    fn operate(&mut self, client: usize, running: &mut Running) -> bool {
        let (before, rest) = running.txn.ops.split_at_mut(running.next);
        running.next += 1;
        let own = |key: usize| {
            before.iter().filter_map(move |op| match op {
                Op::Write(written, value) if *written == key => Some(*value),
                _ => None,
            })
        };
        let locking =
            matches!(self.shape.isolation, Isolation::ReadCommitted | Isolation::ReadUncommitted);
        let in_place =
            matches!(self.shape.isolation, Isolation::ReadUncommitted | Isolation::Chaos);
        match &mut rest[0] {
            Op::Write(key, value) => {
                if locking {
                    if self.locks[*key].is_some_and(|holder| holder != client) {
                        return false;
                    }
                    self.locks[*key] = Some(client);
                }
                if in_place {
                    self.lists[*key].push(*value);
                }
            }
            Op::Read(key, seen) => {
                *seen = match self.shape.isolation {
                    Isolation::ReadUncommitted | Isolation::Chaos => self.lists[*key].clone(),
                    Isolation::ReadCommitted => {
                        self.lists[*key].iter().copied().chain(own(*key)).collect()
                    }
                    _ => {
                        let commits = running.snapshot.iter().map(|&commit| &self.commits[commit]);
                        let writes = commits.flat_map(|commit| &commit.writes);
                        let writes = writes.filter(|(written, _)| written == key);
                        writes.map(|&(_, value)| value).chain(own(*key)).collect()
                    }
                };
                if self.shape.workload == Workload::RwRegister {
                    *seen = seen.last().copied().into_iter().collect();
                }
            }
        }
        true
    }

    fn abort(&mut self, client: usize, running: &mut Running) {
        if self.in_place() {
            for op in &running.txn.ops[..running.next] {
                if let Op::Write(key, value) = op {
                    self.lists[*key].retain(|kept| kept != value);
                }
            }
        }
        running.ended = true;
        running.txn.fate = Fate::Fail;
        self.unlock(client);
    }

    fn unlock(&mut self, client: usize) {
        self.locks.iter_mut().filter(|lock| **lock == Some(client)).for_each(|lock| *lock = None);
    }

    fn commit(&mut self, client: usize, running: &mut Running) {
        let writes: Vec<(usize, i64)> = running
            .txn
            .ops
            .iter()
            .filter_map(|op| match op {
                Op::Write(key, value) => Some((*key, *value)),
                Op::Read(..) => None,
            })
            .collect();
        match self.shape.isolation {
            Isolation::ReadUncommitted | Isolation::Chaos => {}
            Isolation::ReadCommitted => {
                writes.iter().for_each(|&(key, value)| self.lists[key].push(value));
            }
            _ => {
                let unseen =
                    (0..self.commits.len()).filter(|commit| !running.snapshot.contains(commit));
                let theirs = unseen.flat_map(|commit| &self.commits[commit].writes);
                let mut theirs = theirs.map(|(key, _)| key);
                if theirs.any(|key| writes.iter().any(|(written, _)| written == key)) {
                    return self.abort(client, running);
                }
                let site = self.site(client);
                let commit = self.commits.len();
                self.commits.push(Commit { site, needs: running.snapshot.clone(), writes });
                self.sites[site].push(commit);
            }
        }
        running.ended = true;
        self.unlock(client);
    }

    /// Brings one commit to the other site, if what it depends on is there.
    fn replicate(&mut self) {
        if self.commits.is_empty() {
            return;
        }
        let commit = self.random.below(self.commits.len() as u64) as usize;
        let Commit { site, needs, .. } = &self.commits[commit];
        let there = &mut self.sites[1 - site];
        let ready = needs.iter().all(|needed| there.contains(needed));
        if ready && !there.contains(&commit) {
            there.push(commit);
        }
    }
}
