//! Ω, the eventual leader detector, from ◇P (Cachin, Guerraoui and Rodrigues, algorithm 2.8,
//! "monarchical eventual leader detection").
//!
//! Each node trusts the highest-ranked node that its failure detector does not suspect. From some
//! time on, detectors suspect exactly the crashed nodes, so all trust the same correct one. Rank
//! falls with the number: `n0` ranks highest.
//!
//! Model: that of the detector below, [`IncreasingTimeout`]. No messages of its own, no quorum.
//! Left out: Ω for nodes that come back (algorithm 2.9).

use core::time::Duration;

use model::{Never, NodeId, NodeSet, Out, Process, named};
use serde::{Deserialize, Serialize};

use super::Trust;
use crate::detector::Suspicion;
use crate::detector::increasing_timeout::{IncreasingTimeout, Timer};

/// Ω at one node.
///
/// Invariant: once started, `leader` is the first node that is not in `suspected`; a node does not
/// suspect itself, so there is one.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Omega {
    mutant: Option<Mutant>,
    members: NodeSet,
    suspected: NodeSet,
    leader: Option<NodeId>,
    detector: IncreasingTimeout,
}

impl Process for Omega {
    type Request = Never;
    type Indication = Trust;
    type Message = <IncreasingTimeout as Process>::Message;
    type Timer = Timer;
    type Record = Never;

    fn start(&mut self, out: &mut Out<Self>) {
        self.with_detector(out, |detector, below| detector.start(below));
    }

    fn message(&mut self, from: NodeId, message: Self::Message, out: &mut Out<Self>) {
        self.with_detector(out, |detector, below| detector.message(from, message, below));
    }

    fn timer(&mut self, timer: Timer, out: &mut Out<Self>) {
        self.with_detector(out, |detector, below| detector.timer(timer, below));
    }
}

impl Omega {
    /// Ω over the nodes that the detector watches, `n0` to `n(nodes-1)`; with a breakage, if one is
    /// named.
    pub fn new(nodes: usize, detector: IncreasingTimeout, mutant: Option<Mutant>) -> Omega {
        let members = NodeSet::first(nodes);
        Omega { mutant, members, suspected: NodeSet::EMPTY, leader: None, detector }
    }

    /// Whom this node trusts now.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// How long the detector's period is now.
    pub fn period(&self) -> Duration {
        self.detector.period()
    }

    /// The seam to the detector: runs one of its handlers and takes what it tells.
    fn with_detector(
        &mut self,
        out: &mut Out<Self>,
        run: impl FnOnce(&mut IncreasingTimeout, &mut Out<IncreasingTimeout>),
    ) {
        let lift = (|message| message, |timer| timer, |record| record);
        for suspicion in out.below(lift, |below| run(&mut self.detector, below)) {
            match suspicion {
                Suspicion::Suspect(node) => self.suspected.insert(node),
                Suspicion::Restore(_) if self.mutant == Some(Mutant::NeverForgive) => false,
                Suspicion::Restore(node) => self.suspected.remove(node),
            };
        }
        self.trust(out);
    }

    /// CGR algorithm 2.8: the highest rank among those not suspected.
    fn trust(&mut self, out: &mut Out<Self>) {
        let is_trusted = |node: NodeId| {
            !self.suspected.contains(node) || self.mutant == Some(Mutant::TrustAnyway)
        };
        let leader = self.members.iter().find(|&node| is_trusted(node));
        if self.leader != leader {
            self.leader = leader;
            if let Some(leader) = leader {
                out.indicate(Trust(leader));
            }
        }
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// Who was suspected once is never trusted again.
        NeverForgive,
        /// The highest rank is trusted, suspected or not.
        TrustAnyway,
    }
}
