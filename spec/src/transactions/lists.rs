//! Dependencies between transactions over lists: a list that was read is the order of its writes.

use super::anomaly::Phenomenon;
use super::evidence::{Evidence, Findings, Origin, Witness, judge_element, judge_version};
use super::graph::{Edges, Kind};
use super::history::{NONE, Op};
use super::level::Strength;
use crate::history::{Budget, Stop};

const WW: (Kind, Strength) = (Kind::Ww, Strength::Plain);
const WR: (Kind, Strength) = (Kind::Wr, Strength::Plain);
const RW: (Kind, Strength) = (Kind::Rw, Strength::Plain);

/// Everything that the lists say.
///
/// A key's order is the longest list read of it. A write that certainly took place and is in no
/// list comes after it: elements never leave a list. Where lists contradict each other, nothing is
/// said of the order of writes, for any of them may be the one that was.
pub(super) fn infer(
    evidence: &Evidence,
    edges: &mut Edges,
    findings: &mut Findings,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let mut lists = Lists {
        evidence,
        order: &[],
        key: 0,
        next: Vec::new(),
        updaters: Vec::new(),
        readers: Vec::new(),
        unread: Vec::new(),
        first_bad: NONE,
    };
    for (key, order) in (0..).zip(&evidence.history.orders) {
        lists.key = key;
        lists.order = order;
        lists.along_order(edges, findings, budget)?;
        lists.reads(edges, findings, budget)?;
        lists.updates(findings, budget)?;
        lists.program_order(findings, budget)?;
        lists.beyond_order(edges, budget)?;
    }
    Ok(())
}

/// The key at hand; the vectors are reused from key to key.
struct Lists<'a> {
    evidence: &'a Evidence<'a>,
    key: u32,
    order: &'a [u32],
    /// For each position and the end: the first position from there whose writer counts.
    next: Vec<u32>,
    /// For each length: who read that much and wrote the key.
    updaters: Vec<u32>,
    /// Who saw all of the order, and how.
    readers: Vec<(u32, Kind)>,
    /// Who wrote what nobody read.
    unread: Vec<u32>,
    /// The first position whose element is from an aborted transaction or from nowhere.
    first_bad: u32,
}

impl Lists<'_> {
    fn writer(&self, position: usize) -> Option<u32> {
        self.evidence.writer(self.order[position])
    }

    /// Writes follow each other as in the order.
    fn along_order(
        &mut self,
        edges: &mut Edges,
        findings: &mut Findings,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let length = self.order.len();
        budget.work(length as u64 + 1)?;
        self.next.clear();
        budget.room(&mut self.next, length + 1)?;
        self.next.resize(length + 1, NONE);
        self.readers.clear();
        self.first_bad = NONE;
        for position in (0..length).rev() {
            let counts = self.writer(position).is_some();
            self.next[position] = if counts { position as u32 } else { self.next[position + 1] };
        }
        let touches = self.evidence.touches(self.key);
        let contested = touches.iter().any(|touch| matches!(touch.op, Op::Odd { .. }));
        let (mut before, mut aborted) = (None, None);
        for (position, &element) in self.order.iter().enumerate() {
            match self.evidence.origin(element) {
                Origin::Written(writer) => {
                    if let (Some(before), false) = (before.replace(writer), contested) {
                        edges.add((before, writer), WW, self.key, budget)?;
                    }
                    if let Some((aborted, below)) = aborted.take() {
                        let (by, above) = (writer, element);
                        let witness = || Witness::Update { aborted, below, by, above };
                        findings.plain(Phenomenon::DirtyUpdate, witness);
                    }
                }
                Origin::Aborted(writer) => {
                    aborted = Some((writer, element));
                    self.first_bad = self.first_bad.min(position as u32);
                }
                Origin::Nowhere => self.first_bad = self.first_bad.min(position as u32),
            }
        }
        if let Some(last) = before {
            budget.push(&mut self.readers, (last, Kind::Ww))?;
        }
        Ok(())
    }

    fn reads(
        &mut self,
        edges: &mut Edges,
        findings: &mut Findings,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        for touch in self.evidence.touches(self.key) {
            budget.work(1)?;
            let by = touch.by;
            match touch.op {
                Op::Prefix { length, .. } => {
                    let seen = &self.order[..length as usize];
                    for &element in seen.get(self.first_bad as usize..).unwrap_or(&[]) {
                        budget.work(1)?;
                        judge_element(self.evidence, (by, self.key, element), findings);
                    }
                    self.read(by, seen, edges, findings, budget)?;
                    self.overwritten(by, seen, edges, budget)?;
                }
                Op::Odd { list, .. } => {
                    let seen = &self.evidence.history.odd[list as usize];
                    budget.work(seen.len() as u64)?;
                    for &element in seen {
                        judge_element(self.evidence, (by, self.key, element), findings);
                    }
                    let mut sorted = seen.clone();
                    sorted.sort_unstable();
                    let twice = sorted.windows(2).find(|pair| pair[0] == pair[1]);
                    let (phenomenon, witness) = match twice {
                        Some(&[element, _]) => {
                            let witness = Witness::Read { by, key: self.key, element };
                            (Phenomenon::DuplicateElements, witness)
                        }
                        _ => (Phenomenon::IncompatibleOrder, Witness::Order { by, op: touch.op }),
                    };
                    findings.plain(phenomenon, || witness);
                    self.read(by, seen, edges, findings, budget)?;
                }
                Op::Write { .. } | Op::Version { .. } | Op::Unanswered { .. } => {}
            }
        }
        Ok(())
    }

    /// Whoever reads a list follows the last who wrote to it.
    fn read(
        &self,
        by: u32,
        seen: &[u32],
        edges: &mut Edges,
        findings: &mut Findings,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if let Some(&last) = seen.last() {
            judge_version(self.evidence, (by, self.key, last), findings);
        }
        for &element in seen.iter().rev() {
            budget.work(1)?;
            match self.evidence.writer(element) {
                Some(writer) if writer != by => {
                    return edges.add((writer, by), WR, self.key, budget);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whoever reads a list precedes the next who wrote to it. What follows a transaction's own
    /// write follows the transaction already.
    fn overwritten(
        &mut self,
        by: u32,
        seen: &[u32],
        edges: &mut Edges,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let own = |&element: &u32| self.evidence.writer(element) == Some(by);
        if seen.last().is_some_and(own) {
            return Ok(());
        }
        match self.next[seen.len()] {
            NONE => budget.push(&mut self.readers, (by, Kind::Rw)),
            next => {
                let writer = self.writer(next as usize).expect("the next writer counts");
                edges.add((by, writer), RW, self.key, budget)
            }
        }
    }

    /// Two that read one version and wrote its successor.
    fn updates(&mut self, findings: &mut Findings, budget: &mut Budget) -> Result<(), Stop> {
        self.updaters.clear();
        budget.room(&mut self.updaters, self.order.len() + 1)?;
        self.updaters.resize(self.order.len() + 1, NONE);
        let (mut by, mut version) = (NONE, None);
        for touch in self.evidence.touches(self.key) {
            if by != touch.by {
                (by, version) = (touch.by, None);
                if let Op::Prefix { length, .. } = touch.op {
                    version = Some(length);
                }
            } else if let (Op::Write { .. }, Some(length)) = (touch.op, version.take()) {
                match std::mem::replace(&mut self.updaters[length as usize], by) {
                    NONE => {}
                    first => {
                        let witness = || Witness::Lost { key: self.key, first, second: by };
                        findings.plain(Phenomenon::LostUpdate, witness);
                    }
                }
            }
        }
        Ok(())
    }

    /// What one transaction wrote to the key must stand in that order, and without gaps: only the
    /// last may be in no list.
    fn program_order(&self, findings: &mut Findings, budget: &mut Budget) -> Result<(), Stop> {
        let touches = self.evidence.touches(self.key);
        budget.work(touches.len() as u64)?;
        let mut before: Option<(u32, u32)> = None;
        for touch in touches {
            let Op::Write { element: second, .. } = touch.op else {
                continue;
            };
            let by = touch.by;
            let first = before.replace((by, second)).filter(|before| before.0 == by);
            let position = |element: u32| self.evidence.history.elements[element as usize].position;
            if let Some((_, first)) = first
                && position(first) > position(second)
            {
                let witness = || Witness::Program { by, first, second };
                findings.plain(Phenomenon::IncompatibleOrder, witness);
            }
        }
        Ok(())
    }

    /// What was written and never read follows all that was read, unless the key's lists
    /// contradict each other, so that none is the last.
    fn beyond_order(&mut self, edges: &mut Edges, budget: &mut Budget) -> Result<(), Stop> {
        self.unread.clear();
        for touch in self.evidence.touches(self.key) {
            match touch.op {
                Op::Odd { .. } => return Ok(()),
                Op::Write { element, .. }
                    if self.evidence.history.elements[element as usize].position == NONE
                        && self.evidence.counts(touch.by)
                        && self.unread.last() != Some(&touch.by) =>
                {
                    budget.push(&mut self.unread, touch.by)?;
                }
                _ => {}
            }
        }
        edges.fan(&self.readers, &self.unread, self.key, budget)
    }
}
