//! One-line breakages of ABD, each of which the checker or the simulator must catch.

use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// A breakage. A sound node has none; the places that ask for one show what each rule is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Mutant {
    /// A read returns what it found without writing it back.
    NoWriteBack,
    /// An Ack leaves before the copy is on disk.
    EarlyAck,
    /// A Propagate leaves before its stamp is on disk at the writer.
    EarlyPropagate,
    /// A Value leaves before the copy that it shows is on disk.
    EarlyValue,
    /// A Query leaves before the number of this life is on disk.
    EarlyQuery,
    /// A query ends with one answer less than a majority.
    FewerValues,
    /// A propagation ends with one answer less than a majority.
    FewerAcks,
    /// A node takes any copy that it is given, however old.
    TakeOlder,
    /// What was not answered is not sent again.
    NeverRepeat,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 9] = [
        Mutant::NoWriteBack,
        Mutant::EarlyAck,
        Mutant::EarlyPropagate,
        Mutant::EarlyValue,
        Mutant::EarlyQuery,
        Mutant::FewerValues,
        Mutant::FewerAcks,
        Mutant::TakeOlder,
        Mutant::NeverRepeat,
    ];
}

impl Display for Mutant {
    /// The name on the command line: `no-write-back`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mutant::NoWriteBack => "no-write-back",
            Mutant::EarlyAck => "early-ack",
            Mutant::EarlyPropagate => "early-propagate",
            Mutant::EarlyValue => "early-value",
            Mutant::EarlyQuery => "early-query",
            Mutant::FewerValues => "fewer-values",
            Mutant::FewerAcks => "fewer-acks",
            Mutant::TakeOlder => "take-older",
            Mutant::NeverRepeat => "never-repeat",
        })
    }
}
