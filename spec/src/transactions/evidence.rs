//! What a history says before any order is inferred: which transactions took place, who touched
//! which key, and what single reads prove.

use super::anomaly::{Anomaly, Phenomenon};
use super::graph::{Edge, filled};
use super::history::{Fate, NONE, Op, Transactions, Workload};
use crate::history::{Budget, Stop};

/// The history, and who counts.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub history: &'a Transactions,
    /// Whether each transaction certainly took place: it committed, or what it wrote was read.
    counts: Vec<bool>,
    /// The operations by key, those of one key in the order of the history.
    touches: Vec<Touch>,
    starts: Vec<u32>,
}

/// An operation on a key, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub by: u32,
    pub op: Op,
}

/// What became of an element's writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// It took place, or may have.
    Written(u32),
    /// It was aborted.
    Aborted(u32),
    /// There is none.
    Nowhere,
}

impl<'a> Evidence<'a> {
    pub fn new(history: &'a Transactions, budget: &mut Budget) -> Result<Self, Stop> {
        let mut counts = filled(false, history.len(), budget)?;
        for (transaction, counts) in history.transactions.iter().zip(&mut counts) {
            *counts = transaction.fate == Fate::Committed;
        }
        let mut shown = |number: u32| {
            let writer = history.elements[number as usize].writer;
            if writer != NONE && history.fate(writer) == Fate::Unknown {
                counts[writer as usize] = true;
            }
        };
        for (number, element) in (0..).zip(&history.elements) {
            if element.position != NONE {
                shown(number);
            }
        }
        for list in &history.odd {
            budget.work(list.len() as u64)?;
            list.iter().copied().for_each(&mut shown);
        }
        let (touches, starts) = by_key(history, budget)?;
        Ok(Evidence { history, counts, touches, starts })
    }

    /// Whether a transaction certainly took place.
    pub fn counts(&self, transaction: u32) -> bool {
        self.counts[transaction as usize]
    }

    pub fn touches(&self, key: u32) -> &[Touch] {
        let key = key as usize;
        &self.touches[self.starts[key] as usize..self.starts[key + 1] as usize]
    }

    pub fn origin(&self, element: u32) -> Origin {
        match self.history.elements[element as usize].writer {
            NONE => Origin::Nowhere,
            writer if self.history.fate(writer) == Fate::Aborted => Origin::Aborted(writer),
            writer => Origin::Written(writer),
        }
    }

    /// The writer of an element, if it certainly took place.
    pub fn writer(&self, element: u32) -> Option<u32> {
        match self.origin(element) {
            Origin::Written(writer) if self.counts(writer) => Some(writer),
            _ => None,
        }
    }
}

/// The operations grouped by key, in two passes.
fn by_key(history: &Transactions, budget: &mut Budget) -> Result<(Vec<Touch>, Vec<u32>), Stop> {
    let mut starts: Vec<u32> = filled(0, history.keys.len() + 2, budget)?;
    for op in &history.ops {
        starts[op.key() as usize + 2] += 1;
    }
    budget.work(history.ops.len() as u64)?;
    for key in 2..starts.len() {
        starts[key] += starts[key - 1];
    }
    let nothing = Touch { by: NONE, op: Op::Unanswered { key: NONE } };
    let mut touches = filled(nothing, history.ops.len(), budget)?;
    for by in 0..history.len() as u32 {
        for &op in history.ops_of(by) {
            let place = &mut starts[op.key() as usize + 1];
            touches[*place as usize] = Touch { by, op };
            *place += 1;
        }
    }
    budget.work(history.ops.len() as u64)?;
    Ok((touches, starts))
}

/// The proof of an anomaly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Witness {
    /// A transaction read an element that it should not have.
    Read { by: u32, key: u32, element: u32 },
    /// A read that does not follow from the transaction's own earlier operations.
    Contradiction { by: u32, op: usize },
    /// A read that does not fit the key's order.
    Order { by: u32, op: Op },
    /// A transaction appended one element before another, and a list has it otherwise.
    Program { by: u32, first: u32, second: u32 },
    /// One transaction wrote upon what another, aborted, had written.
    Update { aborted: u32, below: u32, by: u32, above: u32 },
    /// Two transactions read one version, and both wrote the next.
    Lost { key: u32, first: u32, second: u32 },
    /// A cycle, each edge from where the last one led.
    Cycle(Vec<Edge>),
}

/// An anomaly, how often it was met, and the first or shortest proof.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub anomaly: Anomaly,
    pub count: u64,
    pub witness: Witness,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub list: Vec<Finding>,
}

impl Findings {
    /// Counts a phenomenon that the data alone proves.
    pub fn plain(&mut self, phenomenon: Phenomenon, witness: impl FnOnce() -> Witness) {
        let anomaly = Anomaly::plain(phenomenon);
        match self.list.iter_mut().find(|finding| finding.anomaly == anomaly) {
            Some(finding) => finding.count += 1,
            None => self.list.push(Finding { anomaly, count: 1, witness: witness() }),
        }
    }

    /// Whether a phenomenon was found at no more than a strength.
    pub fn has(&self, phenomenon: Phenomenon, strength: super::level::Strength) -> bool {
        let found = |finding: &Finding| {
            finding.anomaly.phenomenon == phenomenon && finding.anomaly.strength <= strength
        };
        self.list.iter().any(found)
    }
}

/// Looks at one element that was read, whose writer may not have been allowed to show it.
pub(super) fn judge_element(
    evidence: &Evidence,
    (by, key, element): (u32, u32, u32),
    findings: &mut Findings,
) {
    let phenomenon = match evidence.origin(element) {
        Origin::Nowhere => Phenomenon::GarbageRead,
        Origin::Aborted(_) => Phenomenon::G1a,
        Origin::Written(_) => return,
    };
    findings.plain(phenomenon, || Witness::Read { by, key, element });
}

/// Looks at the version that was read, which its own writer may have overwritten.
pub(super) fn judge_version(
    evidence: &Evidence,
    (by, key, element): (u32, u32, u32),
    findings: &mut Findings,
) {
    let last = &evidence.history.elements[element as usize];
    if last.intermediate && last.writer != by && last.writer != NONE {
        findings.plain(Phenomenon::G1b, || Witness::Read { by, key, element });
    }
}

/// What a transaction knows of a key by its own operations.
#[derive(Clone, Copy)]
struct Own {
    by: u32,
    /// The last read, as an index of an operation, or [`NONE`].
    read: u32,
    /// How many writes came after it.
    writes: u32,
}

/// Finds reads that do not follow from what the same transaction read and wrote before, and
/// those of what it was yet to write.
pub(super) fn within_transactions(
    evidence: &Evidence,
    findings: &mut Findings,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let history = evidence.history;
    let fresh = Own { by: NONE, read: NONE, writes: 0 };
    let mut own = filled(fresh, history.keys.len(), budget)?;
    for by in 0..history.len() as u32 {
        let range = history.range(by);
        budget.work(range.len() as u64)?;
        for op in range.clone() {
            let own = &mut own[history.ops[op].key() as usize];
            if own.by != by {
                *own = Own { by, ..fresh };
            }
            match history.ops[op] {
                Op::Unanswered { .. } => continue,
                Op::Write { .. } => own.writes += 1,
                Op::Prefix { .. } | Op::Odd { .. } | Op::Version { .. } => {
                    if own.writes > 0 {
                        budget.work((op - range.start) as u64)?;
                    }
                    if !follows(history, *own, op, range.start) {
                        let witness = || Witness::Contradiction { by, op };
                        findings.plain(Phenomenon::Internal, witness);
                    }
                    judge_future(history, by, op, findings, budget)?;
                    *own = Own { by, read: op as u32, writes: 0 };
                }
            }
        }
    }
    budget.give(own.capacity() * size_of::<Own>());
    Ok(())
}

/// Whether a read is what the transaction's last read of the key and its writes since make it.
fn follows(history: &Transactions, own: Own, op: usize, first: usize) -> bool {
    let now = history.ops[op];
    let before = (own.read != NONE).then(|| history.ops[own.read as usize]);
    if own.writes == 0 {
        return match (before, now) {
            (Some(Op::Odd { list: old, .. }), Op::Odd { list: new, .. }) => {
                history.odd[old as usize] == history.odd[new as usize]
            }
            (before, now) => before.is_none_or(|before| before == now),
        };
    }
    let since = if own.read == NONE { first } else { own.read as usize };
    let mut written = history.ops[since..op].iter().filter_map(|written| match *written {
        Op::Write { key, element } if key == now.key() => Some(element),
        _ => None,
    });
    if history.workload == Workload::RwRegister {
        let last = written.next_back();
        return matches!(now, Op::Version { element, .. } if Some(element) == last);
    }
    let seen = history.seen(now);
    let Some(base) = seen.len().checked_sub(own.writes as usize) else {
        return false;
    };
    seen[base..].iter().copied().eq(written)
        && before.is_none_or(|before| history.seen(before) == &seen[..base])
}

/// Whether a read saw what its own transaction wrote only later.
fn judge_future(
    history: &Transactions,
    by: u32,
    op: usize,
    findings: &mut Findings,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let now = history.ops[op];
    let later = &history.ops[op + 1..history.range(by).end];
    for written in later {
        let Op::Write { key, element } = *written else {
            continue;
        };
        if key != now.key() {
            continue;
        }
        let future = match now {
            Op::Prefix { length, .. } => history.elements[element as usize].position < length,
            Op::Odd { list, .. } => {
                budget.work(history.odd[list as usize].len() as u64)?;
                history.odd[list as usize].contains(&element)
            }
            Op::Version { element: seen, .. } => seen == element,
            Op::Write { .. } | Op::Unanswered { .. } => false,
        };
        if future {
            findings.plain(Phenomenon::FutureRead, || Witness::Read { by, key, element });
            break;
        }
    }
    budget.work(later.len() as u64)
}
