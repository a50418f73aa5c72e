//! One-line breakages of ABD, each of which the checker or the simulator must catch.

use model::named;

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
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
}
