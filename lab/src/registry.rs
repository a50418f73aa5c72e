//! One list of everything in the lab, and what every verb of the program does with it.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use check::systems::{self, Listed};
use check::{Network, Timing};
use model::NodeSet;
use sim::{Campaign, Outcome, Plan, Variant};
use world::explain::Explanation;
use world::trace::Trace;

use crate::bare::Bare;
use crate::exhibit::{Card, Exhibit, Knob};
use crate::theory::Measure;
use crate::verbs::{self, Heard};
use crate::walk::View;
use crate::{
    AbdLab, BatchedLab, BenOrLab, CausalLab, CausalLinkLab, CentralLab, ChandyLamportLab,
    ChandyMisraHaasAndLab, DeterministicLab, EagerLab, IncreasingTimeoutLab, OmegaLab, PaxosLab,
    PerfectLinkLab, PhaseKingLab, RaftLab, RicartAgrawalaLab, StoreLab, TwoGeneralsLab, UniformLab,
    VectorLab,
};

/// Everything in the lab: the protocols, then the abstract specifications.
pub static REGISTRY: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let specifications = systems::ALL.iter().map(Entry::abstractly);
    PROTOCOLS.iter().copied().chain(specifications).collect()
});

/// A protocol joins by a line here.
static PROTOCOLS: &[Entry] = &[
    // link
    Entry::of::<PerfectLinkLab>(),
    Entry::of::<CausalLinkLab>(),
    // clock
    Entry::of::<VectorLab>(),
    // detector
    Entry::of::<IncreasingTimeoutLab>(),
    // broadcast
    Entry::of::<EagerLab>(),
    Entry::of::<UniformLab>(),
    Entry::of::<CausalLab>(),
    Entry::of::<BatchedLab>(),
    // snapshot
    Entry::of::<ChandyLamportLab>(),
    // mutex
    Entry::of::<CentralLab>(),
    Entry::of::<RicartAgrawalaLab>(),
    // deadlock
    Entry::of::<ChandyMisraHaasAndLab>(),
    // election
    Entry::of::<OmegaLab>(),
    // consensus
    Entry::of::<PaxosLab>(),
    Entry::of::<BenOrLab>(),
    Entry::of::<DeterministicLab>(),
    Entry::of::<TwoGeneralsLab>(),
    // byzantine
    Entry::of::<PhaseKingLab>(),
    // register
    Entry::of::<AbdLab>(),
    // order
    Entry::of::<RaftLab>(),
    // machine
    Entry::of::<StoreLab>(),
];

/// One protocol, or one abstract specification, as the verbs take it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its page.
    pub card: Card,
    /// What its size counts, as a plural.
    pub counted: &'static str,
    model: Model,
    /// The names of its breakages, which the tools must catch.
    pub mutants: fn() -> Vec<String>,
    /// What can be set.
    pub knobs: fn() -> Vec<Knob>,
    /// The assumptions without which it is seen to break.
    pub needs: &'static [&'static str],
    check: Checked,
    /// What can be done with a protocol, but not with an abstract specification.
    pub runs: Option<Runs>,
}

/// Where the words for a system model come from.
#[derive(Clone, Copy)]
enum Model {
    Claimed(fn(usize) -> String),
    Said(&'static str),
}

/// How something is explored.
#[derive(Clone, Copy)]
enum Checked {
    Never,
    Runs(CheckFn),
    States(&'static Listed),
}

/// What can be done with a protocol whose runs are real.
#[derive(Clone, Copy)]
pub struct Runs {
    /// Makes many random runs.
    pub sim: fn(&Sim, Watch<'_, sim::Progress>) -> Result<sim::Report, String>,
    /// The plan that a seed draws.
    pub plan: fn(&Settings, u64) -> Result<Plan, String>,
    /// Makes the run of a plan: judged after so many wakes, the last so many events recorded.
    pub follow: fn(&Settings, &Plan, u32, usize) -> Result<Outcome, String>,
    /// Makes one run and records it.
    pub trace: fn(&Settings, &Source) -> Result<Trace, String>,
    /// Tells a story with what comes of it now.
    pub story: fn(&Settings, &str) -> Result<String, String>,
    /// Goes the way of a story and looks around.
    pub walk: fn(&Settings, &str) -> Result<View, String>,
    /// Explains what a story breaks; nothing if it breaks nothing.
    pub explain: fn(&Settings, &str) -> Result<Option<Explanation>, String>,
    /// Measured costs beside formulas, at one size.
    pub theory: fn(usize) -> Vec<Measure>,
    /// The sizes at which theory is shown.
    pub theory_sizes: &'static [usize],
    /// One node, to be driven by something that knows nothing of its types.
    pub bare: BareFn,
    /// Judges what nodes were asked and told, in this order; says how far it came if that was too
    /// hard.
    pub judge: JudgeFn,
}

type BareFn = fn(&Settings, u16, u64) -> Result<Box<dyn Bare>, String>;
type JudgeFn = fn(&Settings, &[Heard], Option<NodeSet>) -> Result<Option<String>, String>;
type CheckFn = fn(&Check, Watch<'_, check::Progress>) -> Result<check::Report, String>;

impl Entry {
    /// The entry of a protocol.
    const fn of<E: Exhibit>() -> Entry {
        Entry {
            card: E::CARD,
            counted: "nodes",
            model: Model::Claimed(verbs::model::<E>),
            mutants: verbs::mutants::<E>,
            knobs: verbs::knobs::<E>,
            needs: E::NEEDS,
            check: if E::EXPLORED { Checked::Runs(verbs::check::<E>) } else { Checked::Never },
            runs: Some(Runs {
                sim: verbs::sim::<E>,
                plan: verbs::plan::<E>,
                follow: verbs::follow::<E>,
                trace: verbs::trace::<E>,
                story: verbs::story::<E>,
                walk: verbs::walk::<E>,
                explain: verbs::explain::<E>,
                theory: E::theory,
                theory_sizes: E::THEORY_SIZES,
                bare: verbs::bare::<E>,
                judge: verbs::judge::<E>,
            }),
        }
    }

    /// The entry of an abstract specification.
    fn abstractly(listed: &'static Listed) -> Entry {
        let systems::Card { name, what, family, file, source, usual, ref sizes, .. } = listed.card;
        let sizes = (*sizes.start(), *sizes.end());
        Entry {
            card: Card { name, what, family, file, source, nodes: usual, sizes },
            counted: listed.card.counted,
            model: Model::Said(listed.card.model),
            mutants: listed.mutants,
            knobs: Vec::new,
            needs: &[],
            check: Checked::States(listed),
            runs: None,
        }
    }

    /// The system model that it claims at this size, in words.
    pub fn model(&self, nodes: usize) -> String {
        match self.model {
            Model::Claimed(model) => model(nodes),
            Model::Said(words) => words.to_string(),
        }
    }

    /// Whether it can be explored.
    pub fn is_explored(&self) -> bool {
        !matches!(self.check, Checked::Never)
    }

    /// Explores it.
    ///
    /// # Errors
    /// It cannot be explored, or not in this variant.
    pub fn check(
        &self,
        check: &Check,
        watch: Watch<'_, check::Progress>,
    ) -> Result<check::Report, String> {
        match self.check {
            Checked::Never => Err(format!("{} cannot be explored; try synod sim", self.card.name)),
            Checked::Runs(explore) => explore(check, watch),
            Checked::States(listed) => verbs::check_abstract(listed, check, watch),
        }
    }

    /// What can be done with its runs.
    ///
    /// # Errors
    /// It is an abstract specification, which has none.
    pub fn runs(&self) -> Result<&Runs, String> {
        let name = self.card.name;
        self.runs.as_ref().ok_or_else(|| {
            format!(
                "{name} is an abstract specification: it has states, but no runs; try synod check"
            )
        })
    }
}

/// How a long run is watched and interrupted.
pub struct Watch<'a, P> {
    /// Set to end it soon.
    pub stop: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a mut dyn FnMut(P),
}

/// Which variant of a protocol.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How many nodes, if not the usual number; or what an abstract specification counts.
    pub nodes: Option<usize>,
    /// A breakage instead of the sound protocol.
    pub mutant: Option<String>,
    /// Knobs and their values.
    pub knobs: Vec<(String, String)>,
    /// An assumption of its model to do without.
    pub without: Option<String>,
}

impl Settings {
    /// The variant that a failing run is of.
    pub fn of(failure: &sim::Failure) -> Settings {
        let Variant { mutant, knobs, without } = failure.variant.clone();
        Settings { nodes: Some(failure.plan.nodes), mutant, knobs, without }
    }
}

/// What to explore.
#[derive(Clone, Debug)]
pub struct Check {
    /// Of which variant.
    pub settings: Settings,
    /// Whether to explore no more than takes seconds.
    pub quick: bool,
    /// Crashes in a run, if not the protocol's own bound.
    pub crashes: Option<u16>,
    /// Alarms that ring in a run, if not the protocol's own bound.
    pub alarms: Option<u16>,
    /// Whether nodes flush at any time, not only right after each event.
    pub free_flush: bool,
    /// What the network does to packets, if not the protocol's own bound.
    pub network: Option<Network>,
    /// When alarms ring, if not the protocol's own bound.
    pub timing: Option<Timing>,
    /// Whether a crash is for ever.
    pub no_recovery: bool,
    /// Forged messages that arrive in a run, if not the protocol's own bound.
    pub forgeries: Option<u16>,
    /// Where an exploration that ends early is saved.
    pub checkpoint: Option<PathBuf>,
    /// A saved exploration to go on from.
    pub resume: Option<PathBuf>,
    /// Whether it is also judged that what is promised comes, under weak fairness.
    pub liveness: bool,
    /// Whether worlds that differ by a renaming of interchangeable nodes count as one.
    pub symmetry: bool,
    /// Whether steps that commute are taken in one order only; it excludes symmetry.
    pub reduction: bool,
    /// Bytes to keep at most.
    pub memory: usize,
    /// The longest that it takes.
    pub time: Option<Duration>,
    /// How many threads work.
    pub threads: usize,
}

impl Default for Check {
    /// The sound protocol of the usual size within its own bounds; one thread, 4 GiB.
    fn default() -> Check {
        Check {
            settings: Settings::default(),
            quick: false,
            crashes: None,
            alarms: None,
            free_flush: false,
            network: None,
            timing: None,
            no_recovery: false,
            forgeries: None,
            checkpoint: None,
            resume: None,
            liveness: false,
            symmetry: true,
            reduction: false,
            memory: 4 << 30,
            time: None,
            threads: 1,
        }
    }
}

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Sim {
    /// Of which variant.
    pub settings: Settings,
    /// Which runs.
    pub campaign: Campaign,
}

/// Which run to record.
#[derive(Clone, Debug)]
pub enum Source {
    /// The run of a seed, with the faults that it draws; the last so many events.
    Seed(u64, usize),
    /// The run of a seed in calm weather without faults, up to so many virtual seconds.
    Calm(u64, u64),
    /// A story.
    Story(String),
    /// The run of a plan, judged after so many wakes; the last so many events.
    Plan(Box<Plan>, u32, usize),
}

/// The entry of this name.
///
/// # Errors
/// A sentence that names what there is.
pub fn find(name: &str) -> Result<&'static Entry, String> {
    REGISTRY.iter().find(|entry| entry.card.name == name).ok_or_else(|| {
        let known: Vec<&str> = REGISTRY.iter().map(|entry| entry.card.name).collect();
        format!("there is no protocol {name:?}; the protocols are: {}", known.join(", "))
    })
}

/// CANON.md: a row for each entry of the registry.
pub fn canon() -> String {
    let mut page = String::from(
        "# The canon so far\n\nGenerated by `synod list --markdown`; a test keeps it current.\n\n\
         | protocol | what it is | family | source | system model | explored | simulated \
         | needs | mutants |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for entry in REGISTRY.iter() {
        let yes = |is: bool| if is { "yes" } else { "" };
        let Card { name, what, family, file, source, nodes, .. } = entry.card;
        page.push_str(&format!(
            "| [`{name}`]({file}) | {what} | {family} | {source} | {} | {} | {} | {} | {} |\n",
            entry.model(nodes),
            yes(entry.is_explored()),
            yes(entry.runs.is_some()),
            entry.needs.join(", "),
            (entry.mutants)().len(),
        ));
    }
    page
}
