//! The configurations that the search has seen, and the question whether a new one can add
//! anything.

use super::budget::{Budget, Stop};
use super::index::{Index, mix};

/// The end of a chain.
const END: u32 = u32::MAX;

/// What the search has placed so far, and the state that led to.
///
/// `rank` operations have been placed in the order of their returns without a gap. A bit of
/// `placed` is an answered operation that is open at the next return and has been placed before it:
/// each such operation has a slot of its own there, so rank and bits name the same set whenever
/// they are the same numbers. The remaining words are the unknown operations that have been made to
/// happen.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) rank: u32,
    pub(crate) state: u32,
    pub(crate) words: Vec<u64>,
}

/// Seen configurations, compared in full.
///
/// A configuration is *covered* by a seen one that agrees with it but has used no unknown operation
/// that it has not: whatever completes the configuration also completes that one, because an
/// unknown operation need not happen. So only the seen one needs to be searched. (That it will have
/// been is argued in `search`.)
#[derive(Debug)]
pub(crate) struct Visited {
    /// The words of a configuration that are compared for equality; the rest are compared as sets.
    exact: usize,
    /// The words of a record: rank with state, then the configuration's words.
    stride: usize,
    records: Vec<u64>,
    /// With unknown operations: the record before this one that agrees with it.
    next: Vec<u32>,
    index: Index,
    count: u32,
}

impl Visited {
    pub(crate) fn new(exact: usize, words: usize) -> Self {
        Visited {
            exact,
            stride: words + 1,
            records: Vec::new(),
            next: Vec::new(),
            index: Index::default(),
            count: 0,
        }
    }

    /// Adds a configuration and says whether it was new, not covered by one already seen.
    pub(crate) fn insert(
        &mut self,
        configuration: &Configuration,
        budget: &mut Budget,
    ) -> Result<bool, Stop> {
        let head = u64::from(configuration.rank) << 32 | u64::from(configuration.state);
        let (exact, optional) = configuration.words.split_at(self.exact);
        let hash = exact.iter().fold(mix(0, head), |hash, word| mix(hash, *word));
        let chain = self.index.find(hash, |record| {
            let words = self.record(record);
            words[0] == head && words[1..=self.exact] == *exact
        });
        let mut seen = chain.unwrap_or(END);
        while seen != END {
            budget.work(1)?;
            let used = &self.record(seen)[1 + self.exact..];
            if used.iter().zip(optional).all(|(used, now)| used & !now == 0) {
                return Ok(false);
            }
            seen = self.next[seen as usize];
        }
        let record = self.count;
        budget.room(&mut self.records, self.stride)?;
        if !optional.is_empty() {
            budget.push(&mut self.next, chain.unwrap_or(END))?;
        }
        match chain {
            Some(first) => self.index.replace(hash, first, record),
            None => self.index.insert(hash, record, budget)?,
        }
        self.records.push(head);
        self.records.extend_from_slice(&configuration.words);
        self.count += 1;
        Ok(true)
    }

    /// How many configurations have been seen.
    pub(crate) fn len(&self) -> u64 {
        u64::from(self.count)
    }

    fn record(&self, number: u32) -> &[u64] {
        let start = number as usize * self.stride;
        &self.records[start..start + self.stride]
    }
}
