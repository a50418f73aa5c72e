//! What every verb of the program knows of each protocol.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use canon::order::raft::Mutant;
use check::systems::TwoPhase;
use check::{Bounds, Exploration, Explore, Flushing};
use sim::{Campaign, Failure, OpenLoop, campaign};

use crate::{Judged, OmegaLab, RaftLab, StoreClients, StoreLab};

/// One protocol, or one abstract specification.
pub struct Entry {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence without its full stop.
    pub what: &'static str,
    /// Where in the canon it stands.
    pub family: &'static str,
    /// Its file.
    pub file: &'static str,
    /// The paper.
    pub source: &'static str,
    /// The system model that it claims.
    pub model: &'static str,
    /// How many nodes it has unless told otherwise.
    pub nodes: usize,
    /// The names of its breakages, which the tools must catch.
    pub mutants: fn() -> Vec<String>,
    /// Explores it, if it can be explored.
    pub check: Option<CheckFn>,
    /// Simulates it, if it can be simulated.
    pub sim: Option<SimFn>,
    /// Runs a saved failure again.
    pub replay: Option<ReplayFn>,
}

type CheckFn = fn(&Check, Watch<'_, check::Progress>) -> Result<check::Report, String>;
type SimFn = fn(&Sim, Watch<'_, sim::Progress>) -> Result<sim::Report, String>;
type ReplayFn = fn(&Failure, Option<&str>, usize) -> Result<sim::Outcome, String>;

/// How a long run is watched and interrupted.
pub struct Watch<'a, P> {
    /// Set to end it soon.
    pub stop: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a mut dyn FnMut(P),
}

/// What to explore.
#[derive(Clone, Debug)]
pub struct Check {
    /// How many nodes, or what the size of an abstract specification counts.
    pub nodes: Option<usize>,
    /// A breakage to explore instead of the sound protocol.
    pub mutant: Option<String>,
    /// Crashes in a run, if not the protocol's own bound.
    pub crashes: Option<u16>,
    /// Alarms that ring in a run, if not the protocol's own bound.
    pub alarms: Option<u16>,
    /// The highest term to go on from, if not the protocol's own bound.
    pub terms: Option<u64>,
    /// The longest log to go on from, if not the protocol's own bound.
    pub entries: Option<u64>,
    /// The highest heartbeat round to go on from, if it is bounded.
    pub rounds: Option<u64>,
    /// How many commands may be proposed, if not the protocol's own bound.
    pub proposals: Option<u64>,
    /// Which properties are judged: `all`, `interface`, or one that the protocol names.
    pub judged: Option<String>,
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
    /// How many nodes.
    pub nodes: Option<usize>,
    /// A breakage to simulate instead of the sound protocol.
    pub mutant: Option<String>,
    /// Which runs.
    pub campaign: Campaign,
}

/// Everything in the lab.
pub static REGISTRY: &[Entry] = &[
    Entry {
        name: "omega",
        what: "the eventual leader detector, on a failure detector, on perfect links",
        family: "election",
        file: "canon/src/election/omega.rs",
        source: "Cachin, Guerraoui, Rodrigues 2011, algorithms 2.1, 2.2, 2.7, 2.8",
        model: "crash-stop, fair-loss links, partial synchrony",
        nodes: 3,
        mutants: Vec::new,
        check: None,
        sim: Some(sim_omega),
        replay: Some(replay_omega),
    },
    Entry {
        name: "raft",
        what: "a strong leader puts commands into one order",
        family: "order",
        file: "canon/src/order/raft/mod.rs",
        source: "Ongaro, Ousterhout 2014",
        model: "crash-recovery, fair-loss links, asynchronous; majority",
        nodes: 3,
        mutants,
        check: Some(check_raft),
        sim: Some(sim_raft),
        replay: Some(replay_raft),
    },
    Entry {
        name: "store",
        what: "the served store: etcd's machine on Raft, with clients whose history is judged",
        family: "machine",
        file: "machine/src/replica/mod.rs",
        source: "Schneider 1990; etcd v3",
        model: "that of raft",
        nodes: 3,
        mutants,
        check: None,
        sim: Some(sim_store),
        replay: Some(replay_store),
    },
    Entry {
        name: "two-phase-spec",
        what: "two-phase commit as an abstract specification; --size counts resource managers",
        family: "commit",
        file: "check/src/systems/two_phase.rs",
        source: "Gray, Lamport 2006, TwoPhase",
        model: "no faults; messages are never lost",
        nodes: 3,
        mutants: Vec::new,
        check: Some(check_two_phase),
        sim: None,
        replay: None,
    },
];

/// The entry of this name.
///
/// # Errors
/// A sentence that names what there is.
pub fn find(name: &str) -> Result<&'static Entry, String> {
    REGISTRY.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let known: Vec<&str> = REGISTRY.iter().map(|entry| entry.name).collect();
        format!("there is no protocol {name:?}; the protocols are: {}", known.join(", "))
    })
}

fn mutants() -> Vec<String> {
    Mutant::ALL.iter().map(Mutant::to_string).collect()
}

/// The Raft breakage of this name.
fn mutant(name: &Option<String>) -> Result<Option<Mutant>, String> {
    let Some(name) = name else {
        return Ok(None);
    };
    let found = Mutant::ALL.into_iter().find(|mutant| mutant.to_string() == *name);
    found.map(Some).ok_or_else(|| {
        format!("there is no mutant {name:?}; the mutants are: {}", mutants().join(", "))
    })
}

/// Which of Raft's properties to judge.
fn judged(name: Option<&str>) -> Result<Judged, String> {
    match name {
        None | Some("all") => Ok(Judged::All),
        Some("interface") => Ok(Judged::Interface),
        Some("log-matching") => Ok(Judged::LogMatching),
        Some(other) => {
            Err(format!("{other:?} cannot be judged alone; it takes all, interface, log-matching"))
        }
    }
}

/// A size that protocols can have: sets of nodes hold so many.
fn size(nodes: Option<usize>, usual: usize) -> Result<usize, String> {
    match nodes.unwrap_or(usual) {
        nodes @ 1..=9 => Ok(nodes),
        nodes => Err(format!("{nodes} nodes are not a size of the lab: it takes 1 to 9")),
    }
}

fn no_mutants(name: &str, mutant: &Option<String>) -> Result<(), String> {
    match mutant {
        None => Ok(()),
        Some(mutant) => Err(format!("{name} has no mutants, so none is called {mutant:?}")),
    }
}

fn check_two_phase(
    check: &Check,
    watch: Watch<'_, check::Progress>,
) -> Result<check::Report, String> {
    no_mutants("two-phase-spec", &check.mutant)?;
    let managers = check.nodes.unwrap_or(3);
    if !(1..=12).contains(&managers) {
        return Err(format!("{managers} resource managers are not a size here: it takes 1 to 12"));
    }
    let system = TwoPhase::new(managers as u32);
    Ok(explore(&system, check, watch))
}

fn check_raft(check: &Check, watch: Watch<'_, check::Progress>) -> Result<check::Report, String> {
    let usual = RaftLab::new(size(check.nodes, 3)?);
    let lab = RaftLab {
        mutant: mutant(&check.mutant)?,
        terms: check.terms.unwrap_or(usual.terms),
        entries: check.entries.unwrap_or(usual.entries),
        rounds: check.rounds.unwrap_or(usual.rounds),
        proposals: check.proposals.unwrap_or(usual.proposals),
        judged: judged(check.judged.as_deref())?,
        ..usual
    };
    let bounds = Bounds {
        crashes: check.crashes.unwrap_or(1),
        fires: Some(check.alarms.unwrap_or(2)),
        flushing: if check.free_flush { Flushing::Free } else { Flushing::Eager },
        ..Bounds::default()
    };
    let mut report = explore(&Explore::new(&lab, bounds), check, watch);
    report.bounds.push(format!("worlds beyond term {} were not left", lab.terms));
    report.bounds.push(format!("worlds with logs beyond {} entries were not left", lab.entries));
    if lab.rounds < u64::MAX {
        let rounds = lab.rounds;
        report.bounds.push(format!("worlds beyond {rounds} heartbeat rounds were not left"));
    }
    Ok(report)
}

fn explore<S: check::System>(
    system: &S,
    check: &Check,
    watch: Watch<'_, check::Progress>,
) -> check::Report {
    let exploration = Exploration::new(system)
        .threads(check.threads)
        .memory(check.memory)
        .interrupt(watch.stop)
        .progress(|progress| (watch.progress)(*progress));
    match check.time {
        Some(time) => exploration.time(time).run(),
        None => exploration.run(),
    }
}

fn sim_raft(sim: &Sim, watch: Watch<'_, sim::Progress>) -> Result<sim::Report, String> {
    let lab = RaftLab { mutant: mutant(&sim.mutant)?, ..RaftLab::new(size(sim.nodes, 3)?) };
    Ok(campaign(&lab, &OpenLoop, &sim.campaign, watch.stop, watch.progress))
}

fn sim_omega(sim: &Sim, watch: Watch<'_, sim::Progress>) -> Result<sim::Report, String> {
    no_mutants("omega", &sim.mutant)?;
    let lab = OmegaLab { nodes: size(sim.nodes, 3)? };
    Ok(campaign(&lab, &OpenLoop, &sim.campaign, watch.stop, watch.progress))
}

fn sim_store(sim: &Sim, watch: Watch<'_, sim::Progress>) -> Result<sim::Report, String> {
    let lab = StoreLab { nodes: size(sim.nodes, 3)?, mutant: mutant(&sim.mutant)? };
    Ok(campaign(&lab, &StoreClients, &sim.campaign, watch.stop, watch.progress))
}

fn replay_raft(
    failure: &Failure,
    broken: Option<&str>,
    trace: usize,
) -> Result<sim::Outcome, String> {
    let mutant = mutant(&broken.map(str::to_string))?;
    let lab = RaftLab { mutant, ..RaftLab::new(failure.plan.nodes) };
    Ok(failure.replay(&lab, &OpenLoop, trace))
}

fn replay_omega(failure: &Failure, _: Option<&str>, trace: usize) -> Result<sim::Outcome, String> {
    Ok(failure.replay(&OmegaLab { nodes: failure.plan.nodes }, &OpenLoop, trace))
}

fn replay_store(
    failure: &Failure,
    broken: Option<&str>,
    trace: usize,
) -> Result<sim::Outcome, String> {
    let mutant = mutant(&broken.map(str::to_string))?;
    let lab = StoreLab { nodes: failure.plan.nodes, mutant };
    Ok(failure.replay(&lab, &StoreClients, trace))
}

/// CANON.md: a row for each entry of the registry.
pub fn canon() -> String {
    let mut page = String::from(
        "# The canon so far\n\nGenerated by `synod list --markdown`; a test keeps it current.\n\n\
         | protocol | what it is | family | source | system model | explored | simulated \
         | mutants |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for entry in REGISTRY {
        let yes = |is: bool| if is { "yes" } else { "" };
        page.push_str(&format!(
            "| [`{}`]({}) | {} | {} | {} | {} | {} | {} | {} |\n",
            entry.name,
            entry.file,
            entry.what,
            entry.family,
            entry.source,
            entry.model,
            yes(entry.check.is_some()),
            yes(entry.sim.is_some()),
            (entry.mutants)().len(),
        ));
    }
    page
}
