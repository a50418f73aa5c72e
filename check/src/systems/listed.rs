//! The specifications as one list, and one way to explore any of them.

use model::Named;

use super::{
    AlternatingBit, BlockingCommit, ByzantineBroadcast, Card, ChangRoberts, Echo, Ewd840,
    LamportMutex, NonBlockingCommit, Paxos, PaxosCommit, Specification, TerminationDetection,
    TokenRing, TransactionCommit, TwoPhase, Voting,
};
use crate::{Exploration, Limits, Report};

/// Which variant to explore, and how far.
#[derive(Default)]
pub struct Asked<'a> {
    /// The size, if not the usual one.
    pub size: Option<usize>,
    /// A breakage to explore instead of the sound system.
    pub mutant: Option<&'a str>,
    /// How far, and how.
    pub limits: Limits<'a>,
}

/// A specification as a row of a list.
#[derive(Clone)]
pub struct Listed {
    /// What there is to know of it.
    pub card: Card,
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
    Listed { card: S::CARD, mutants: mutants::<S>, explore: explore::<S> }
}

fn mutants<S: Specification>() -> Vec<String> {
    S::MUTANTS.iter().map(S::Mutant::to_string).collect()
}

fn explore<S: Specification>(asked: Asked<'_>) -> Result<Report, String> {
    let Card { sizes, counted, usual, .. } = S::CARD;
    let size = asked.size.unwrap_or(usual);
    if !sizes.contains(&size) {
        let (least, most) = (sizes.start(), sizes.end());
        return Err(format!("{size} {counted} are not a size here: it takes {least} to {most}"));
    }
    let system = S::sized(size, asked.mutant.map(mutant::<S>).transpose()?);
    Ok(Exploration::new(&system).within(asked.limits).run())
}

/// The breakage of this name.
fn mutant<S: Specification>(name: &str) -> Result<S::Mutant, String> {
    let found = S::Mutant::named(name).filter(|mutant| S::MUTANTS.contains(mutant));
    found.ok_or_else(|| {
        format!("there is no mutant {name:?}; the mutants are: {}", mutants::<S>().join(", "))
    })
}
