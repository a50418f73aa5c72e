//! Clients of a simulated store, each with one operation at a time, and the judgement of what
//! they saw.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ::model::{NodeId, NodeSet, Random};
use bytes::Bytes;
use machine::etcd::{
    self, Compare, DeleteRange, Keys, Operand, OperationReply, Put, Query, Range, Relation, Reply,
    Txn,
};
use machine::{Indication, Operation, Request};
use sim::{Clients, Judgement, Plan, Probes, Workload};
use spec::history::{Model, Recorder};
use world::story::Heard;
use world::timed::News;

use super::model::{Answer, Ask, KEYS, StoreModel};
use super::{Store, StoreLab};
use crate::register_users::{JUDGED_WITHIN, linearizable};

/// How long a client waits for an answer, in virtual nanoseconds: as long as a server does.
const PATIENCE: u64 = 7_000_000_000;

/// Clients that put, get, compare and swap, and delete.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreClients;

impl Workload<StoreLab> for StoreClients {
    type Clients<'s> = Town;

    fn clients(&self, _: &StoreLab, plan: &Plan) -> Town {
        Town {
            seed: plan.seed,
            nodes: plan.nodes,
            operations: plan.operations.iter().copied().collect(),
            settle: plan.settle,
            at: 0,
            next_id: 1,
            open: BTreeMap::new(),
            busy: BTreeSet::new(),
            fresh: 1 << 32,
            people: BTreeMap::new(),
            recorder: Recorder::new(),
            revisions: Vec::new(),
            seen: BTreeMap::new(),
            probes: None,
            answered: NodeSet::EMPTY,
            healed_at: None,
            silent: None,
        }
    }

    fn judge(&self, _: &StoreLab, heard: &[(u64, Heard<Store>)]) -> Judgement {
        let (mut recorder, mut revisions) = (Recorder::new(), Vec::new());
        let mut open = BTreeMap::new();
        for (at, (_, one)) in (1..).zip(heard) {
            match one {
                Heard::Asked(node, Request::Ask { id, operation }) => {
                    let Some(ask) = asked(operation) else { continue };
                    recorder.invoke(at, at, ask.clone()).expect("Nobody asks twice.");
                    open.insert((*node, *id), (at, ask));
                }
                Heard::Told(node, Indication::Answer { id, reply }) => {
                    let Some((called, ask)) = open.remove(&(*node, *id)) else { continue };
                    let (answer, revision) = answer(&ask, reply);
                    let is_write = matches!(answer, Answer::Wrote(_));
                    revisions.push(Revision { called, returned: at, revision, is_write });
                    recorder.ok(at, called, answer).expect("Who is answered had asked.");
                }
                // What a crash cuts off may take effect at any time, or never.
                Heard::Crashed(crashed) => open.retain(|(node, _), _| node != crashed),
                Heard::Asked(..) | Heard::Told(..) | Heard::Faulty(_) | Heard::Healed => {}
            }
        }
        judge(&recorder, &revisions)
    }
}

/// All clients of one run.
pub struct Town {
    seed: u64,
    nodes: usize,
    operations: VecDeque<sim::Operation>,
    settle: u64,
    /// Positions of the history.
    at: u64,
    next_id: u64,
    /// Requests that wait for their answer, by id.
    open: BTreeMap<u64, Open>,
    /// Clients that wait.
    busy: BTreeSet<u16>,
    /// Who speaks for a client in the history: a new name after each answer that never came.
    people: BTreeMap<u16, u64>,
    fresh: u64,
    recorder: Recorder<Ask, Answer>,
    /// The store's revision in each answer, with the positions of its call and return.
    revisions: Vec<Revision>,
    /// The revision at which each key was last seen written.
    seen: BTreeMap<u8, i64>,
    /// Once faults have healed: a write at every node of the core, again and again.
    probes: Option<Probes>,
    /// Who has answered such a write.
    answered: NodeSet,
    /// When faults healed.
    healed_at: Option<u64>,
    /// A node of the core that did not answer in time, though faults had healed, and what it was
    /// asked.
    silent: Option<(NodeId, Ask)>,
}

struct Open {
    client: u16,
    node: NodeId,
    called: u64,
    ask: Ask,
    deadline: u64,
}

struct Revision {
    called: u64,
    returned: u64,
    revision: i64,
    is_write: bool,
}

/// How long after healing a node may be silent, in nanoseconds: several elections, of a second each
/// at the most.
const GRACE: u64 = 5_000_000_000;

/// Clients that probe are numbered from here, apart from those of the plan.
const PROBERS: u16 = 1 << 12;

impl Town {
    fn person(&mut self, client: u16) -> u64 {
        *self.people.entry(client).or_insert(u64::from(client))
    }

    /// Sends one operation, unless the client still waits for another.
    fn send(
        &mut self,
        now: u64,
        client: u16,
        node: NodeId,
        ask: Ask,
    ) -> Option<(NodeId, Request<etcd::Command, Query>)> {
        if !self.busy.insert(client) {
            return None;
        }
        let person = self.person(client);
        self.at += 1;
        self.recorder.invoke(self.at, person, ask.clone()).expect("A client asks one at a time.");
        let id = self.next_id;
        self.next_id += 1;
        let operation = operation(&ask);
        let (called, deadline) = (self.at, now + PATIENCE);
        self.open.insert(id, Open { client, node, called, ask, deadline });
        Some((node, Request::Ask { id, operation }))
    }

    /// An answer will not come: the operation may take effect at any time, or never.
    fn give_up(&mut self, id: u64) {
        let Some(open) = self.open.remove(&id) else {
            return;
        };
        let person = self.person(open.client);
        self.at += 1;
        self.recorder.info(self.at, person).expect("A client that gives up had asked.");
        self.busy.remove(&open.client);
        self.fresh += 1;
        self.people.insert(open.client, self.fresh);
    }

    fn give_up_if(&mut self, given: impl Fn(&Open) -> bool) {
        let ids: Vec<u64> =
            self.open.iter().filter(|(_, open)| given(open)).map(|(&id, _)| id).collect();
        ids.into_iter().for_each(|id| self.give_up(id));
    }

    /// What nodes of the core were asked is due, if they had long enough since faults healed. Who
    /// crashed since it was asked is not asked any more.
    fn notice_silence(&mut self, now: u64) {
        let (Some(healed), Some(probes)) = (self.healed_at, &self.probes) else {
            return;
        };
        let is_due = |open: &&Open| {
            let in_time = open.deadline >= healed + GRACE && open.deadline <= now;
            in_time && probes.core().contains(open.node)
        };
        let silent = self.open.values().find(is_due);
        self.silent = self.silent.take().or(silent.map(|open| (open.node, open.ask.clone())));
    }

    fn answered(&mut self, id: u64, reply: &Reply) {
        let Some(open) = self.open.remove(&id) else {
            return; // It came after the client gave up.
        };
        let (answer, revision) = answer(&open.ask, reply);
        self.at += 1;
        let person = self.person(open.client);
        match &answer {
            Answer::Read(Some((_, written))) => self.seen.insert(open.ask.key(), *written),
            Answer::Wrote(written) => self.seen.insert(open.ask.key(), *written),
            _ => None,
        };
        let is_write = matches!(answer, Answer::Wrote(_));
        let called = open.called;
        self.revisions.push(Revision { called, returned: self.at, revision, is_write });
        self.recorder.ok(self.at, person, answer).expect("A client that is answered had asked.");
        self.busy.remove(&open.client);
        if open.client >= PROBERS {
            self.answered.insert(open.node);
        }
    }

    fn draw(&self, count: u64) -> Ask {
        let mut random = Random::child(self.seed ^ count.rotate_left(32), "operation");
        drawn(&mut random, count, |key| self.seen.get(&key).copied().unwrap_or(0))
    }

    fn probe(&mut self, now: u64) -> Option<(NodeId, Request<etcd::Command, Query>)> {
        while let Some((node, value)) = self.probes.as_mut()?.due(now) {
            let ask = Ask::Put { key: (value % u64::from(KEYS)) as u8, value };
            if let Some(sent) = self.send(now, PROBERS + node.0, node, ask) {
                return Some(sent);
            }
        }
        None
    }
}

impl Clients<Store> for Town {
    fn next(&self) -> Option<u64> {
        let operation = self.operations.front().map(|operation| operation.at);
        let probe = self.probes.as_ref().map(Probes::next);
        let overdue = self.open.values().next().map(|open| open.deadline);
        operation.into_iter().chain(probe).chain(overdue).min()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, Request<etcd::Command, Query>)> {
        self.notice_silence(now);
        self.give_up_if(|open| open.deadline <= now);
        while let Some(operation) = self.operations.pop_front_if(|next| next.at <= now) {
            let node = NodeId(operation.client % self.nodes as u16);
            let ask = self.draw(operation.count);
            if up.contains(node)
                && let Some(sent) = self.send(now, operation.client % PROBERS, node, ask)
            {
                return Some(sent);
            }
        }
        self.probe(now)
    }

    fn listens(&self) -> bool {
        true
    }

    fn hear(&mut self, _: u64, news: News<Store>) {
        match news {
            News::Told(_, Indication::Answer { id, reply }) => self.answered(id, &reply),
            News::Told(_, Indication::Leader { .. }) | News::Restarted(_) => {}
            News::Crashed(node) => self.give_up_if(|open| open.node == node),
        }
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        self.healed_at = Some(now);
        self.probes = Some(Probes::new(now, core, self.settle));
    }

    fn judge(&self) -> Judgement {
        judge(&self.recorder, &self.revisions)
    }

    fn settled(&self) -> Result<(), String> {
        let core = self.probes.as_ref().map_or(NodeSet::EMPTY, Probes::core);
        if let Some(node) = core.iter().find(|&node| !self.answered.contains(node)) {
            return Err(format!("{node} answered no write since faults healed."));
        }
        // Nobody has asked for a while, so there is nothing left to wait for.
        let open = self.open.values().find(|open| core.contains(open.node));
        let silent = open.map(|open| (open.node, open.ask.clone())).or(self.silent.clone());
        match silent {
            None => Ok(()),
            Some((node, ask)) => {
                let asked = StoreModel.describe_input(&ask);
                Err(format!("{node} never answered after faults had healed: {asked}."))
            }
        }
    }
}

/// An operation by chance; `written` is when a key was last seen written.
pub(super) fn drawn(random: &mut Random, value: u64, written: impl Fn(u8) -> i64) -> Ask {
    let key = random.below(u64::from(KEYS)) as u8;
    match random.below(10) {
        0..4 => Ask::Put { key, value },
        4..7 => Ask::Get { key },
        7..9 => Ask::Swap { key, expected: written(key), value },
        _ => Ask::Delete { key },
    }
}

/// Judges what clients saw: the store's revisions, and the history of each key.
fn judge(recorder: &Recorder<Ask, Answer>, revisions: &[Revision]) -> Judgement {
    match judge_revisions(revisions) {
        Err(what) => Judgement::Violated(what),
        Ok(()) => linearizable(&StoreModel, recorder, JUDGED_WITHIN),
    }
}

/// The store has one revision: it never falls from an answer to a later call, and no two writes
/// have the same.
fn judge_revisions(revisions: &[Revision]) -> Result<(), String> {
    let mut writes = BTreeSet::new();
    if let Some(twice) = revisions.iter().find(|r| r.is_write && !writes.insert(r.revision)) {
        return Err(format!("Two writes took place at revision {}.", twice.revision));
    }
    let mut calls: Vec<&Revision> = revisions.iter().collect();
    calls.sort_unstable_by_key(|revision| revision.called);
    let mut returns = revisions.iter().peekable(); // They were recorded as they returned.
    let mut highest = 0;
    for call in calls {
        while let Some(earlier) = returns.next_if(|earlier| earlier.returned < call.called) {
            highest = highest.max(earlier.revision);
        }
        if call.revision < highest {
            return Err(format!(
                "An answer came from revision {}, though revision {highest} had been answered \
                 before it was asked.",
                call.revision
            ));
        }
    }
    Ok(())
}

fn key_of(key: u8) -> Bytes {
    Bytes::from(vec![b'k', b'0' + key])
}

fn bytes_of(value: u64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

/// What a request of these clients asks: the inverse of [`operation`].
fn asked(operation: &Operation<etcd::Command, Query>) -> Option<Ask> {
    let key = |keys: &Keys| match keys {
        Keys::One(key) => key.get(1).map(|digit| digit.wrapping_sub(b'0')),
        _ => None,
    };
    let one = |put: &Put| Some((*put.key.get(1)? - b'0', value_of(&put.value)));
    match operation {
        Operation::Read(Query::Range(range)) => Some(Ask::Get { key: key(&range.keys)? }),
        Operation::Update(etcd::Command::Put(put)) => {
            one(put).map(|(key, value)| Ask::Put { key, value })
        }
        Operation::Update(etcd::Command::DeleteRange(delete)) => {
            Some(Ask::Delete { key: key(&delete.keys)? })
        }
        Operation::Update(etcd::Command::Txn(txn)) => {
            let expected = match txn.compare.first()?.operand {
                Operand::Mod(expected) => expected,
                _ => return None,
            };
            match txn.success.first()? {
                etcd::Operation::Put(put) => {
                    one(put).map(|(key, value)| Ask::Swap { key, expected, value })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The request that a client library would make of it.
pub(super) fn operation(ask: &Ask) -> Operation<etcd::Command, Query> {
    let key = key_of(ask.key());
    let keys = Keys::One(key.clone());
    match ask {
        Ask::Get { .. } => Operation::Read(Query::Range(Range::new(keys))),
        Ask::Put { value, .. } => {
            Operation::Update(etcd::Command::Put(Put::new(key, bytes_of(*value))))
        }
        Ask::Delete { .. } => {
            Operation::Update(etcd::Command::DeleteRange(DeleteRange { keys, prev_kv: false }))
        }
        Ask::Swap { expected, value, .. } => {
            let operand = Operand::Mod(*expected);
            let compare = vec![Compare { keys, relation: Relation::Equal, operand }];
            let success = vec![etcd::Operation::Put(Put::new(key, bytes_of(*value)))];
            Operation::Update(etcd::Command::Txn(Txn { compare, success, failure: Vec::new() }))
        }
    }
}

/// What the reply says, and the store's revision in it.
fn answer(ask: &Ask, reply: &Reply) -> (Answer, i64) {
    match (ask, reply) {
        (Ask::Get { .. }, Reply::Range(range)) => {
            let read = range.kvs.first().map(|kv| (value_of(&kv.value), kv.mod_revision));
            (Answer::Read(read), range.revision)
        }
        (Ask::Put { .. }, Reply::Put(put)) => (Answer::Wrote(put.revision), put.revision),
        (Ask::Delete { .. }, Reply::DeleteRange(deleted)) => match deleted.deleted {
            0 => (Answer::Missing, deleted.revision),
            _ => (Answer::Wrote(deleted.revision), deleted.revision),
        },
        (Ask::Swap { .. }, Reply::Txn(txn)) => {
            debug_assert!(txn.responses.iter().all(|r| matches!(r, OperationReply::Put(_))));
            match txn.succeeded {
                true => (Answer::Wrote(txn.revision), txn.revision),
                false => (Answer::Differs, txn.revision),
            }
        }
        // No model allows it, so the judge names the operation.
        _ => (Answer::Missing, i64::MAX),
    }
}

fn value_of(bytes: &Bytes) -> u64 {
    bytes.as_ref().try_into().map_or(u64::MAX, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use sim::{Options, draw};

    use super::*;
    use crate::exhibit::Exhibit;

    /// Every probe is answered but one: that is enough.
    #[test]
    fn a_single_lost_request_is_noticed() {
        let lab = StoreLab::sized(3);
        let plan = Plan { operations: Vec::new(), ..draw(&lab, 1, &Options::default()) };
        for lost in [None, Some(7)] {
            let (mut town, core) = (StoreClients.clients(&lab, &plan), NodeSet::first(3));
            town.healed(0, core);
            let mut now = 0;
            for _ in 0..19 {
                now += plan.settle / 20;
                while let Some((node, request)) = town.act(now, core) {
                    let Request::Ask { id, .. } = request else { continue };
                    let reply = etcd::PutReply { revision: id as i64 + 1, prev_kv: None };
                    let told = Indication::Answer { id, reply: Reply::Put(reply) };
                    if lost != Some(id) {
                        town.hear(now, News::Told(node, told));
                    }
                }
            }
            assert_eq!(town.settled().is_err(), lost.is_some(), "{:?}", town.settled());
        }
    }
}
