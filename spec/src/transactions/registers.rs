//! Dependencies between transactions over registers: values say who wrote what was read, and in
//! part which version came first.
//!
//! The version order is inferred only as far as its contrary would itself be an anomaly:
//!
//! - Unwritten precedes all that was written.
//! - A transaction that read a version and wrote another wrote the later one (Elle's `wfr-keys`);
//!   else there is a G1c.
//! - What a transaction saw or wrote is no later than what a later one of the same process, or
//!   one called after it ended, saw or wrote; else there is a G-single-process or -realtime. Edges
//!   from this carry that strength, and those between two versions count as anti-dependencies
//!   ([`Kind::Before`]), so that no cycle is called worse than it certainly is.

use std::collections::HashMap;

use super::anomaly::Phenomenon;
use super::evidence::{Evidence, Findings, Touch, Witness, judge_element, judge_version};
use super::graph::{Edges, Kind};
use super::history::{Fate, NONE, Op};
use super::level::Strength;
use crate::history::{Budget, Stop};

/// Everything that the registers say.
pub(super) fn infer(
    evidence: &Evidence,
    edges: &mut Edges,
    findings: &mut Findings,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let mut register = Register {
        evidence,
        key: 0,
        visits: Vec::new(),
        reads: Vec::new(),
        writers: Vec::new(),
        after: HashMap::new(),
    };
    for key in 0..evidence.history.keys.len() as u32 {
        register.key = key;
        register.gather(edges, findings, budget)?;
        register.successors(edges, findings, budget)?;
        register.in_sessions(edges, budget)?;
        register.in_time(edges, budget)?;
    }
    Ok(())
}

/// No version: the register was never written. It sorts after every element.
const UNWRITTEN: u32 = NONE;

/// A transaction's dealings with the key at hand.
#[derive(Clone, Copy)]
struct Visit {
    by: u32,
    /// What it read first, before writing.
    first: Option<u32>,
    /// What it left or saw last, unless that is unwritten.
    last: Option<u32>,
    writes: bool,
}

/// A read before the reader's own first write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    version: u32,
    by: u32,
    updates: bool,
}

/// The key at hand; the vectors are reused from key to key.
struct Register<'a> {
    evidence: &'a Evidence<'a>,
    key: u32,
    /// In the order of the calls.
    visits: Vec<Visit>,
    /// By version.
    reads: Vec<Read>,
    writers: Vec<u32>,
    /// For a version and a strength: the node for what is after it, and where it led to last.
    after: HashMap<(u32, Strength), (u32, u32)>,
}

impl Register<'_> {
    /// Who read and wrote what. Whoever reads a value follows its writer.
    fn gather(
        &mut self,
        edges: &mut Edges,
        findings: &mut Findings,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        self.visits.clear();
        self.reads.clear();
        self.writers.clear();
        self.after.clear();
        let evidence = self.evidence;
        for group in evidence.touches(self.key).chunk_by(|a, b| a.by == b.by) {
            budget.work(group.len() as u64)?;
            let by = group[0].by;
            if !evidence.counts(by) {
                continue;
            }
            let mut visit = Visit { by, first: None, last: None, writes: false };
            let updates = group.iter().any(|touch| matches!(touch.op, Op::Write { .. }));
            for &Touch { op, .. } in group {
                let version = match op {
                    Op::Write { element, .. } => {
                        visit.writes = true;
                        visit.last = Some(element);
                        continue;
                    }
                    Op::Version { element, .. } => element,
                    Op::Prefix { .. } => UNWRITTEN,
                    Op::Odd { .. } | Op::Unanswered { .. } => continue,
                };
                if version != UNWRITTEN {
                    judge_element(evidence, (by, self.key, version), findings);
                    judge_version(evidence, (by, self.key, version), findings);
                    if let Some(writer) = evidence.writer(version) {
                        let kind = (Kind::Wr, Strength::Plain);
                        edges.add((writer, by), kind, self.key, budget)?;
                    }
                }
                if !visit.writes {
                    visit.first.get_or_insert(version);
                    visit.last = (version != UNWRITTEN).then_some(version);
                    budget.push(&mut self.reads, Read { version, by, updates })?;
                }
            }
            if visit.writes {
                budget.push(&mut self.writers, by)?;
            }
            budget.push(&mut self.visits, visit)?;
        }
        self.reads.sort_unstable();
        self.reads.dedup();
        Ok(())
    }

    /// Whoever read a version precedes all who read it and wrote another; whoever read none
    /// precedes all who wrote.
    fn successors(
        &self,
        edges: &mut Edges,
        findings: &mut Findings,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        for group in self.reads.chunk_by(|a, b| a.version == b.version) {
            budget.work(group.len() as u64)?;
            let readers: Vec<(u32, Kind)> = group.iter().map(|read| (read.by, Kind::Rw)).collect();
            let updaters: Vec<u32> =
                group.iter().filter(|read| read.updates).map(|read| read.by).collect();
            for pair in updaters.windows(2) {
                let witness = || Witness::Lost { key: self.key, first: pair[0], second: pair[1] };
                findings.plain(Phenomenon::LostUpdate, witness);
            }
            let later = if group[0].version == UNWRITTEN { &self.writers } else { &updaters };
            edges.fan(&readers, later, self.key, budget)?;
        }
        Ok(())
    }

    /// What a process dealt with is no later than what it deals with next.
    fn in_sessions(&mut self, edges: &mut Edges, budget: &mut Budget) -> Result<(), Stop> {
        let mut last: HashMap<u64, u32> = HashMap::new();
        for index in 0..self.visits.len() {
            let visit = self.visits[index];
            let transaction = &self.evidence.history.transactions[visit.by as usize];
            if let Some(&version) = last.get(&transaction.process) {
                self.precedes(version, visit, Strength::Session, edges, budget)?;
            }
            if let (Fate::Committed, Some(version)) = (transaction.fate, visit.last) {
                last.insert(transaction.process, version);
            }
        }
        Ok(())
    }

    /// What a transaction dealt with is no later than what one called after its end deals with.
    ///
    /// Only ends that precede no other end's call are compared with: the rest follows. There are
    /// no more of those than transactions at once.
    fn in_time(&mut self, edges: &mut Edges, budget: &mut Budget) -> Result<(), Stop> {
        let history = self.evidence.history;
        let mut open: Vec<(u64, Visit)> = Vec::new();
        let mut latest: Vec<(u64, Visit)> = Vec::new();
        for index in 0..self.visits.len() {
            let visit = self.visits[index];
            let transaction = &history.transactions[visit.by as usize];
            open.sort_unstable_by_key(|&(ended, _)| ended);
            let done = open.partition_point(|&(ended, _)| ended < transaction.called);
            for (ended, before) in open.drain(..done) {
                let called = history.transactions[before.by as usize].called;
                latest.retain(|&(earlier, _)| earlier > called);
                latest.push((ended, before));
            }
            budget.work((open.len() + latest.len()) as u64)?;
            for (_, before) in &latest {
                if let Some(version) = before.last {
                    self.precedes(version, visit, Strength::Strong, edges, budget)?;
                }
            }
            if let (Fate::Committed, Some(ended)) = (transaction.fate, transaction.ended) {
                open.push((ended, visit));
            }
        }
        Ok(())
    }

    /// A version is no later than what a visit deals with first: so whoever read or wrote the
    /// one precedes whoever wrote the other.
    fn precedes(
        &mut self,
        version: u32,
        visit: Visit,
        strength: Strength,
        edges: &mut Edges,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let later = match visit.first {
            Some(UNWRITTEN) => return Ok(()),
            Some(same) if same == version => return Ok(()),
            Some(other) => self.evidence.writer(other),
            None if visit.writes => Some(visit.by),
            None => None,
        };
        let (Some(later), Some(writer)) = (later, self.evidence.writer(version)) else {
            return Ok(());
        };
        let reads = |by| {
            let found =
                self.reads.binary_search_by_key(&(version, by), |read| (read.version, read.by));
            found.is_ok()
        };
        if later == writer || reads(later) {
            return Ok(());
        }
        let middle = match self.after.get_mut(&(version, strength)) {
            // Many readers of one version say the same, mostly one after the other.
            Some((_, last)) if *last == later => return Ok(()),
            Some((middle, last)) => {
                *last = later;
                *middle
            }
            None => {
                let middle = self.after_version(version, writer, strength, edges, budget)?;
                self.after.insert((version, strength), (middle, later));
                middle
            }
        };
        edges.add((middle, later), (Kind::Through, strength), self.key, budget)
    }

    /// A node that all who read or wrote a version lead to.
    fn after_version(
        &self,
        version: u32,
        writer: u32,
        strength: Strength,
        edges: &mut Edges,
        budget: &mut Budget,
    ) -> Result<u32, Stop> {
        let middle = edges.node();
        edges.add((writer, middle), (Kind::Before, strength), self.key, budget)?;
        let start = self.reads.partition_point(|read| read.version < version);
        let readers = self.reads[start..].iter().take_while(|read| read.version == version);
        for read in readers {
            edges.add((read.by, middle), (Kind::Rw, strength), self.key, budget)?;
        }
        Ok(middle)
    }
}
