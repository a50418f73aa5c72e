//! The models and levels by the names that users write.

use std::fmt;
use std::str::FromStr;

/// The models that come with the checker, by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelName {
    /// `register`: [`Register`](super::models::Register), only read and written.
    Register,
    /// `cas-register`: [`Register`](super::models::Register).
    CasRegister,
    /// `multi-register`: [`MultiRegister`](super::models::MultiRegister).
    MultiRegister,
    /// `kv`: [`Kv`](super::models::Kv).
    Kv,
    /// `queue`: [`Queue`](super::models::Queue).
    Queue,
    /// `stack`: [`Stack`](super::models::Stack).
    Stack,
    /// `set`: [`Set`](super::models::Set).
    Set,
    /// `counter`: [`Counter`](super::models::Counter).
    Counter,
    /// `lock`: [`Lock`](super::models::Lock).
    Lock,
    /// `revisions`: [`Revisions`](super::models::Revisions).
    Revisions,
}

impl ModelName {
    /// Every model there is.
    pub const ALL: [ModelName; 10] = [
        ModelName::Register,
        ModelName::CasRegister,
        ModelName::MultiRegister,
        ModelName::Kv,
        ModelName::Queue,
        ModelName::Stack,
        ModelName::Set,
        ModelName::Counter,
        ModelName::Lock,
        ModelName::Revisions,
    ];

    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            ModelName::Register => "register",
            ModelName::CasRegister => "cas-register",
            ModelName::MultiRegister => "multi-register",
            ModelName::Kv => "kv",
            ModelName::Queue => "queue",
            ModelName::Stack => "stack",
            ModelName::Set => "set",
            ModelName::Counter => "counter",
            ModelName::Lock => "lock",
            ModelName::Revisions => "revisions",
        }
    }
}

/// What a history may be held against, the strongest first.
///
/// Linearizability demands all that follows but convergence; sequential consistency demands causal
/// memory and causal convergence; causal memory demands PRAM and the four session guarantees; PRAM
/// demands the session guarantees but `writes-follow-reads`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Level {
    /// One order, which respects real time (Herlihy & Wing 1990).
    #[default]
    Linearizable,
    /// One order, which respects each client's (Lamport 1979).
    Sequential,
    /// For each client an order of all writes and its reads, which respects causality: causal
    /// memory (Ahamad, Neiger, Burns, Kohli & Hutto 1995).
    Causal,
    /// One order of all writes, which respects causality; a read returns the last of those that
    /// caused it (Bouajjani, Enea, Guerraoui & Hamza 2017, CCv).
    CausalConvergence,
    /// Each read by itself can be explained by what caused it (the same, CC).
    WeakCausal,
    /// For each client an order of all writes and its reads, which respects each client's (Lipton &
    /// Sandberg 1988).
    Pram,
    /// A client's read sees its latest write, or one that it did not make (Terry et al. 1994, as
    /// the three that follow). Its own writes come in its order here, so that a client which reads
    /// back the first of two breaks this. (The paper leaves that order to monotonic writes.)
    ReadYourWrites,
    /// Whichever server answers a client's read holds all writes that its earlier reads returned.
    /// The order in which servers take writes is open, but it is one for all reads of a client. So
    /// if somebody writes 1 and then 2, a client may read 2 and then 1: to exclude that, ask for
    /// [`Pram`](Level::Pram).
    MonotonicReads,
    /// Whichever server holds a client's write holds all that the client wrote before, and takes
    /// them in that order. Two reads, of one client even, may be answered by two servers, the
    /// second of which has received less. So reads of single registers cannot break this guarantee
    /// alone, unless they return what nobody wrote, or what their own client only writes later:
    /// what they can break is [`Pram`](Level::Pram), which is this with the two above.
    MonotonicWrites,
    /// Whichever server holds a client's write holds what the client had read before it, and takes
    /// it after that. This constrains writes that come after reads, not reads; reads of single
    /// registers break it alone only if writes follow each other in a circle. Whoever reads an
    /// effect and then not its cause breaks [`Causal`](Level::Causal), which is this with the three
    /// above.
    WritesFollowReads,
    /// After the last change all clients come to read the same.
    Convergence,
}

impl Level {
    /// Every level there is, the strongest first.
    pub const ALL: [Level; 11] = [
        Level::Linearizable,
        Level::Sequential,
        Level::Causal,
        Level::CausalConvergence,
        Level::WeakCausal,
        Level::Pram,
        Level::ReadYourWrites,
        Level::MonotonicReads,
        Level::MonotonicWrites,
        Level::WritesFollowReads,
        Level::Convergence,
    ];

    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Linearizable => "linearizable",
            Level::Sequential => "sequential",
            Level::Causal => "causal",
            Level::CausalConvergence => "causal-convergence",
            Level::WeakCausal => "weak-causal",
            Level::Pram => "pram",
            Level::ReadYourWrites => "read-your-writes",
            Level::MonotonicReads => "monotonic-reads",
            Level::MonotonicWrites => "monotonic-writes",
            Level::WritesFollowReads => "writes-follow-reads",
            Level::Convergence => "convergence",
        }
    }

    /// What to know about a history that has this level, where that says less than one might
    /// think.
    pub fn caution(self) -> Option<&'static str> {
        match self {
            Level::MonotonicReads => Some(
                "This says nothing of the order in which one client's writes are seen: pram asks \
                 for that as well.",
            ),
            Level::MonotonicWrites => Some(
                "Reads of single registers cannot break this guarantee alone, as any two may come \
                 from different servers: pram asks for it together with monotonic-reads and \
                 read-your-writes.",
            ),
            Level::WritesFollowReads => Some(
                "Only writes that follow each other in a circle break this guarantee alone, as any \
                 two reads may come from different servers: causal asks for it together with the \
                 other three.",
            ),
            _ => None,
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no model has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownModel(String);

impl fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ModelName::ALL.map(ModelName::name).join(", ");
        write!(f, "there is no model {:?}; the models are: {known}", self.0)
    }
}

impl std::error::Error for UnknownModel {}

impl FromStr for ModelName {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        let known = ModelName::ALL.into_iter().find(|model| model.name() == name);
        known.ok_or_else(|| UnknownModel(name.to_owned()))
    }
}

/// A name that no level has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownLevel(String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Level::ALL.map(Level::name).join(", ");
        write!(f, "there is no level {:?}; the levels are: {known}", self.0)
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        let known = Level::ALL.into_iter().find(|level| level.name() == name);
        known.ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}
