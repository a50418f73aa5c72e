//! The system model that a protocol claims: what links, processes and time may do to it (Cachin,
//! Guerraoui, Rodrigues 2011, chapter 2).

use std::fmt::{self, Display};

use model::{NodeSet, named};

use crate::failures::Failures;

/// What a protocol assumes. It is simulated in exactly this model; one assumption less is a
/// [`weaker`](SystemModel::weaker) model, in which it may break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SystemModel {
    /// What links promise.
    pub links: Links,
    /// Whether messages from one node to another arrive in the order in which they were sent.
    pub ordered: bool,
    /// What faulty nodes do.
    pub faults: Faults,
    /// How many nodes may be faulty; with recovery, at one time.
    pub most: usize,
    /// How many nodes must be up, and able to reach each other, for promises to come true.
    pub core: usize,
    /// What is known of time.
    pub timing: Timing,
}

named! {
    /// What links promise, each less than the one before.
    pub enum Links {
        /// What is sent arrives, exactly once, if both ends stay up.
        Perfect,
        /// What is sent arrives, any number of times.
        Stubborn,
        /// What is sent may be lost or doubled; what is sent again and again arrives.
        FairLoss,
        /// In addition, a message may arrive with the words of another.
        Arbitrary,
    }
}

/// What faulty nodes do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Faults {
    /// Nothing: no node is faulty.
    None,
    /// They stop for good.
    CrashStop,
    /// They stop, and may come back with what is on their disks.
    CrashRecovery,
    /// They stop, and may come back with what was on their disks earlier: a disk that said that
    /// something was durable may have forgotten it.
    Amnesia,
    /// They stop, and lose some of what they send or are sent.
    Omission,
    /// Anything; links tell truly who sent a message, so they cannot speak in the name of others.
    Byzantine,
}

/// What is known of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timing {
    /// A message is taken within [`DELTA`] of its sending, nodes start within it, and clocks run
    /// alike: rounds longer than that are in lock-step.
    Synchronous,
    /// Some such bound holds from some time on; clocks drift.
    PartiallySynchronous,
    /// Nothing. Whatever is promised comes true however slow anything is.
    Asynchronous,
}

/// The bound of the synchronous model, in nanoseconds: 1 ms of start, 1 ms on the way, and a
/// hundred wakes of 10 µs at the most come to 3 ms.
pub const DELTA: u64 = 3_000_000;

impl SystemModel {
    /// Crash-recovery with disks, fair-loss links, progress for a majority in partial synchrony:
    /// what consensus among nodes with disks promises to bear.
    pub fn consensus(nodes: usize) -> SystemModel {
        SystemModel {
            links: Links::FairLoss,
            ordered: false,
            faults: Faults::CrashRecovery,
            most: nodes,
            core: NodeSet::first(nodes).majority(),
            timing: Timing::PartiallySynchronous,
        }
    }

    /// Perfect links, any order, no faults, no bounds on time: the model of most algorithms on
    /// graphs, snapshots and clocks.
    pub fn faultless(nodes: usize) -> SystemModel {
        SystemModel {
            links: Links::Perfect,
            ordered: false,
            faults: Faults::None,
            most: 0,
            core: nodes,
            timing: Timing::Asynchronous,
        }
    }

    /// Perfect links, `most` nodes may stop for good, no bounds on time.
    pub fn crash_stop(nodes: usize, most: usize) -> SystemModel {
        let core = nodes.saturating_sub(most).max(1);
        SystemModel { faults: Faults::CrashStop, most, core, ..SystemModel::faultless(nodes) }
    }

    /// The models with one assumption less, each with the name of what was dropped: `links`,
    /// `order`, `faults`, `disk`, `count` or `timing`.
    pub fn weaker(&self, nodes: usize) -> Vec<(&'static str, SystemModel)> {
        let mut list = Vec::new();
        match self.links {
            Links::Perfect | Links::Stubborn => {
                list.push(("links", SystemModel { links: Links::FairLoss, ..*self }));
            }
            Links::FairLoss => {
                list.push(("links", SystemModel { links: Links::Arbitrary, ..*self }));
            }
            Links::Arbitrary => {}
        }
        if self.ordered {
            list.push(("order", SystemModel { ordered: false, ..*self }));
        }
        let worse = |faults, most: usize| {
            let core = self.core.min(nodes - most.min(nodes - 1));
            SystemModel { faults, most, core, ..*self }
        };
        match self.faults {
            Faults::None => list.push(("faults", worse(Faults::CrashStop, 1))),
            Faults::CrashStop => {
                list.push(("faults", worse(Faults::CrashRecovery, self.most.max(1))));
            }
            Faults::CrashRecovery | Faults::Amnesia | Faults::Omission => {
                list.push(("faults", worse(Faults::Byzantine, 1)));
            }
            Faults::Byzantine => {}
        }
        if self.faults == Faults::CrashRecovery {
            list.push(("disk", SystemModel { faults: Faults::Amnesia, ..*self }));
        }
        if self.faults != Faults::None && self.most < nodes {
            list.push(("count", worse(self.faults, self.most + 1)));
        } else if self.faults != Faults::None && self.core > 1 {
            // Any number may be faulty already: what is left to drop is how many are not for good.
            list.push(("count", SystemModel { core: self.core - 1, ..*self }));
        }
        match self.timing {
            Timing::Synchronous => {
                let timing = Timing::PartiallySynchronous;
                list.push(("timing", SystemModel { timing, ..*self }));
            }
            Timing::PartiallySynchronous | Timing::Asynchronous => {}
        }
        list
    }

    /// The model without this assumption.
    ///
    /// # Errors
    /// A sentence that names what can be dropped.
    pub fn without(&self, nodes: usize, assumption: &str) -> Result<SystemModel, String> {
        let weaker = self.weaker(nodes);
        let found = weaker.iter().find(|(name, _)| *name == assumption);
        found.map(|(_, model)| *model).ok_or_else(|| {
            let names: Vec<&str> = weaker.iter().map(|(name, _)| *name).collect();
            format!(
                "{assumption:?} is no assumption of this model; one of these can be dropped: {}",
                names.join(", ")
            )
        })
    }

    /// What may go wrong in a random run.
    pub fn failures(&self) -> Failures {
        let crashes = if self.faults == Faults::Byzantine { 0 } else { self.most };
        Failures {
            crashes: if self.faults == Faults::None { 0 } else { crashes },
            recovery: matches!(self.faults, Faults::CrashRecovery | Faults::Amnesia),
            amnesia: self.faults == Faults::Amnesia,
            omission: self.faults == Faults::Omission,
            traitors: if self.faults == Faults::Byzantine { self.most } else { 0 },
            core: self.core,
            loss: self.links >= Links::FairLoss,
            duplication: self.links >= Links::Stubborn,
            corruption: self.links == Links::Arbitrary,
            reordering: !self.ordered,
            asynchrony: self.timing != Timing::Synchronous,
            drift: self.timing != Timing::Synchronous,
        }
    }
}

impl Display for SystemModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most;
        match self.faults {
            Faults::None => write!(f, "no faults")?,
            Faults::CrashStop => write!(f, "crash-stop of {most}")?,
            Faults::CrashRecovery => write!(f, "crash-recovery of {most}")?,
            Faults::Amnesia => write!(f, "crash-recovery of {most} with disks that forget")?,
            Faults::Omission => write!(f, "omission of {most}")?,
            Faults::Byzantine => write!(f, "Byzantine faults of {most}")?,
        }
        let links = self.links;
        let ordered = if self.ordered { " first-in-first-out" } else { "" };
        let timing = match self.timing {
            Timing::Synchronous => "synchronous",
            Timing::PartiallySynchronous => "partially synchronous",
            Timing::Asynchronous => "asynchronous",
        };
        write!(f, ", {links}{ordered} links, {timing}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_trusts_its_disk_can_be_tried_without() {
        let weaker = SystemModel::consensus(3).without(3, "disk").expect("it can be dropped");
        assert!(weaker.failures().amnesia && weaker.failures().recovery);
        assert!(
            weaker.without(3, "disk").is_err()
                && SystemModel::crash_stop(3, 1).without(3, "disk").is_err()
        );
    }

    #[test]
    fn each_weaker_model_differs_in_one_assumption() {
        let model = SystemModel::crash_stop(5, 2);
        let names: Vec<&str> = model.weaker(5).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["links", "faults", "count"]);
        assert_eq!(model.without(5, "count").expect("it can be dropped").core, 2);
        // Of many that may fail and come back, some must not fail for good.
        let recovering = SystemModel::consensus(5);
        assert_eq!(recovering.without(5, "count").expect("it can be dropped").core, 2);
        let refusal = model.without(5, "order").expect_err("there is no order to drop");
        assert!(refusal.ends_with("links, faults, count"), "{refusal}");
        assert_eq!(
            SystemModel::consensus(3).to_string(),
            "crash-recovery of 3, fair-loss links, partially synchronous"
        );
    }
}
