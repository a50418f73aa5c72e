//! What the lab's lists say of each specification, and one way to explore any of them.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{
    AlternatingBit, BlockingCommit, ByzantineBroadcast, ChangRoberts, Echo, Ewd840, LamportMutex,
    NonBlockingCommit, Paxos, PaxosCommit, TerminationDetection, TokenRing, TransactionCommit,
    TwoPhase, Voting,
};
use crate::{Exploration, Progress, Report, System};

/// An abstract system that the lab lists.
pub trait Specification: System + Sized {
    /// A breakage that an exploration at the usual size must catch.
    type Mutant: Copy + Display + 'static;

    /// The name on the command line.
    const NAME: &'static str;
    /// What it is, in a sentence without its full stop.
    const WHAT: &'static str;
    /// Where in the canon it stands.
    const FAMILY: &'static str;
    /// Its file, from the root.
    const FILE: &'static str;
    /// The paper, and the module that is reproduced.
    const SOURCE: &'static str;
    /// The system model.
    const MODEL: &'static str;
    /// What the size counts.
    const COUNTED: &'static str;
    /// The size whose numbers of states TLC records.
    const USUAL: usize;
    /// The sizes that fit a state.
    const SIZES: RangeInclusive<usize>;
    /// Its breakages.
    const MUTANTS: &'static [Self::Mutant];

    /// The system of a size within [`SIZES`](Specification::SIZES), sound or broken.
    fn sized(size: usize, mutant: Option<Self::Mutant>) -> Self;
}

/// What to explore, and how far.
pub struct Asked<'a> {
    /// The size, if not the usual one.
    pub size: Option<usize>,
    /// A breakage to explore instead of the sound system.
    pub mutant: Option<&'a str>,
    /// How many threads work.
    pub threads: usize,
    /// Bytes to keep at most.
    pub memory: usize,
    /// About how many distinct states to visit at most.
    pub states: Option<usize>,
    /// The longest that it takes.
    pub time: Option<Duration>,
    /// Set to end it soon.
    pub interrupt: Option<&'a AtomicBool>,
    /// Called about once a second.
    pub progress: Option<&'a mut dyn FnMut(&Progress)>,
}

impl Default for Asked<'_> {
    /// The sound system of the usual size; one thread, 4 GiB, no limit of states or time.
    fn default() -> Self {
        Asked {
            size: None,
            mutant: None,
            threads: 1,
            memory: 4 << 30,
            states: None,
            time: None,
            interrupt: None,
            progress: None,
        }
    }
}

/// A specification as a row of a list.
#[derive(Clone)]
pub struct Listed {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence without its full stop.
    pub what: &'static str,
    /// Where in the canon it stands.
    pub family: &'static str,
    /// Its file, from the root.
    pub file: &'static str,
    /// The paper, and the module that is reproduced.
    pub source: &'static str,
    /// The system model.
    pub model: &'static str,
    /// What the size counts.
    pub counted: &'static str,
    /// The size unless told otherwise.
    pub usual: usize,
    /// The sizes that it takes.
    pub sizes: RangeInclusive<usize>,
    /// The names of its breakages.
    pub mutants: fn() -> Vec<String>,
    /// Explores it.
    ///
    /// # Errors
    /// A sentence, if it has no such size or mutant.
    pub explore: fn(Asked<'_>) -> Result<Report, String>,
}

/// Every specification, by family.
pub static ALL: &[Listed] = &[
    listed::<AlternatingBit>(),
    listed::<ByzantineBroadcast>(),
    listed::<LamportMutex>(),
    listed::<TokenRing>(),
    listed::<TerminationDetection>(),
    listed::<Ewd840>(),
    listed::<ChangRoberts>(),
    listed::<Echo>(),
    listed::<Voting>(),
    listed::<Paxos>(),
    listed::<TransactionCommit>(),
    listed::<TwoPhase>(),
    listed::<BlockingCommit>(),
    listed::<NonBlockingCommit>(),
    listed::<PaxosCommit>(),
];

const fn listed<S: Specification>() -> Listed {
    Listed {
        name: S::NAME,
        what: S::WHAT,
        family: S::FAMILY,
        file: S::FILE,
        source: S::SOURCE,
        model: S::MODEL,
        counted: S::COUNTED,
        usual: S::USUAL,
        sizes: S::SIZES,
        mutants: mutants::<S>,
        explore: explore::<S>,
    }
}

fn mutants<S: Specification>() -> Vec<String> {
    S::MUTANTS.iter().map(S::Mutant::to_string).collect()
}

fn explore<S: Specification>(asked: Asked<'_>) -> Result<Report, String> {
    let size = asked.size.unwrap_or(S::USUAL);
    let (least, most) = (S::SIZES.start(), S::SIZES.end());
    if !S::SIZES.contains(&size) {
        let counted = S::COUNTED;
        return Err(format!("{size} {counted} are not a size here: it takes {least} to {most}"));
    }
    let system = S::sized(size, asked.mutant.map(mutant::<S>).transpose()?);
    let mut exploration = Exploration::new(&system).threads(asked.threads).memory(asked.memory);
    if let Some(count) = asked.states {
        exploration = exploration.states(count);
    }
    if let Some(time) = asked.time {
        exploration = exploration.time(time);
    }
    if let Some(flag) = asked.interrupt {
        exploration = exploration.interrupt(flag);
    }
    if let Some(progress) = asked.progress {
        exploration = exploration.progress(progress);
    }
    Ok(exploration.run())
}

/// The breakage of this name.
fn mutant<S: Specification>(name: &str) -> Result<S::Mutant, String> {
    let found = S::MUTANTS.iter().find(|mutant| mutant.to_string() == name);
    found.copied().ok_or_else(|| {
        format!("there is no mutant {name:?}; the mutants are: {}", mutants::<S>().join(", "))
    })
}
