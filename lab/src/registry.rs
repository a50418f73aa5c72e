//! One list of everything in the lab, and what every verb of the program does with it.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use check::systems::TwoPhase;
use model::NodeSet;
use sim::{Campaign, Outcome, Plan};
use world::trace::Trace;

use crate::bare::Bare;
use crate::exhibit::{Abstract, Card, Exhibit, Knob};
use crate::theory::Measure;
use crate::verbs::{self, Heard};
use crate::walk::View;
use crate::{AbdLab, IncreasingTimeoutLab, OmegaLab, PerfectLinkLab, RaftLab, StoreLab};

/// Everything in the lab. A protocol joins by a line here.
pub static REGISTRY: &[Entry] = &[
    // link
    Entry::of::<PerfectLinkLab>(),
    // detector
    Entry::of::<IncreasingTimeoutLab>(),
    // election
    Entry::of::<OmegaLab>(),
    // order
    Entry::of::<RaftLab>(),
    // register
    Entry::of::<AbdLab>(),
    // machine
    Entry::of::<StoreLab>(),
    // abstract specifications
    Entry::abstractly::<TwoPhase>(),
];

/// One protocol, or one abstract specification, as the verbs take it.
pub struct Entry {
    /// Its page.
    pub card: Card,
    /// The system model that it claims at its usual size, in words.
    pub model: fn(usize) -> String,
    /// The names of its breakages, which the tools must catch.
    pub mutants: fn() -> Vec<String>,
    /// What can be set.
    pub knobs: fn() -> Vec<Knob>,
    /// The assumptions without which it is seen to break.
    pub needs: &'static [&'static str],
    /// Explores it, if it can be explored.
    pub check: Option<CheckFn>,
    /// What can be done with a protocol, but not with an abstract specification.
    pub runs: Option<Runs>,
}

/// What can be done with a protocol whose runs are real.
pub struct Runs {
    /// Makes many random runs.
    pub sim: fn(&Sim, Watch<'_, sim::Progress>) -> Result<sim::Report, String>,
    /// The plan that a seed draws.
    pub plan: fn(&Settings, u64) -> Result<Plan, String>,
    /// Makes the run of a plan: judged after so many wakes, the last so many events recorded.
    pub follow: fn(&Settings, &Plan, u32, usize) -> Result<Outcome, String>,
    /// Makes one run and records it.
    pub trace: fn(&Settings, &Source) -> Result<Trace, String>,
    /// Goes the way of a story and looks around.
    pub walk: fn(&Settings, &str) -> Result<View, String>,
    /// Measured costs beside formulas, at one size.
    pub theory: fn(usize) -> Vec<Measure>,
    /// The sizes at which theory is shown.
    pub theory_sizes: &'static [usize],
    /// One node, to be driven by something that knows nothing of its types.
    pub bare: BareFn,
    /// Judges what nodes were asked and told, in this order.
    pub judge: JudgeFn,
}

type BareFn = fn(&Settings, u16, u64) -> Result<Box<dyn Bare>, String>;
type JudgeFn = fn(&Settings, &[Heard], Option<NodeSet>) -> Result<(), String>;
type CheckFn = fn(&Check, Watch<'_, check::Progress>) -> Result<check::Report, String>;

impl Entry {
    /// The entry of a protocol.
    const fn of<E: Exhibit>() -> Entry {
        Entry {
            card: E::CARD,
            model: verbs::model::<E>,
            mutants: E::mutants,
            knobs: verbs::knobs::<E>,
            needs: E::NEEDS,
            check: if E::EXPLORED { Some(verbs::check::<E>) } else { None },
            runs: Some(Runs {
                sim: verbs::sim::<E>,
                plan: verbs::plan::<E>,
                follow: verbs::follow::<E>,
                trace: verbs::trace::<E>,
                walk: verbs::walk::<E>,
                theory: E::theory,
                theory_sizes: E::THEORY_SIZES,
                bare: verbs::bare::<E>,
                judge: verbs::judge::<E>,
            }),
        }
    }

    /// The entry of an abstract specification.
    const fn abstractly<A: Abstract>() -> Entry {
        Entry {
            card: A::CARD,
            model: |_| String::from("an abstract specification"),
            mutants: Vec::new,
            knobs: Vec::new,
            needs: &[],
            check: Some(verbs::check_abstract::<A>),
            runs: None,
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
    /// Bytes to keep at most.
    pub memory: usize,
    /// The longest that it takes.
    pub time: Option<Duration>,
    /// How many threads work.
    pub threads: usize,
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
    for entry in REGISTRY {
        let yes = |is: bool| if is { "yes" } else { "" };
        let Card { name, what, family, file, source, nodes, .. } = entry.card;
        page.push_str(&format!(
            "| [`{name}`]({file}) | {what} | {family} | {source} | {} | {} | {} | {} | {} |\n",
            (entry.model)(nodes),
            yes(entry.check.is_some()),
            yes(entry.runs.is_some()),
            entry.needs.join(", "),
            (entry.mutants)().len(),
        ));
    }
    page
}
