//! What each verb does, written once for every protocol.

use check::systems::{Asked, Listed};
use check::{Exploration, Explore, Flushing, Limits, Network};
use model::{Named, NodeId, NodeSet, Process, Random};
use serde::{Deserialize, Serialize};
use sim::{Judgement, Options, Outcome, Plan, Variant, Workload, campaign, draw, perform};
use spec::monitor::Monitor;
use world::explain::{self, Explanation};
use world::story;
use world::timed::{Climate, SECONDS};
use world::trace::Trace;

use crate::bare::{Bare, BareNode};
use crate::exhibit::{Exhibit, Knob};
use crate::registry::{Check, Settings, Sim, Source, Watch};
use crate::walk::{self, View};

/// The subject that the settings ask for.
fn subject<E: Exhibit>(settings: &Settings) -> Result<E, String> {
    let sound = E::sized(E::CARD.size(settings.nodes)?);
    dressed(sound, settings)
}

/// Knobs turned, and the breakage built in.
fn dressed<E: Exhibit>(mut subject: E, settings: &Settings) -> Result<E, String> {
    for (knob, value) in &settings.knobs {
        subject.turn(knob, value)?;
    }
    let Some(mutant) = &settings.mutant else {
        return Ok(subject);
    };
    if let Some(mutant) = E::Mutant::named(mutant) {
        return Ok(subject.broken(mutant));
    }
    let (name, mutants) = (E::CARD.name, mutants::<E>());
    Err(match mutants.is_empty() {
        true => format!("{name} has no mutants, so none is called {mutant:?}"),
        false => format!("{name} has no mutant {mutant:?}; there are: {}", mutants.join(", ")),
    })
}

/// The names of its breakages.
pub(crate) fn mutants<E: Exhibit>() -> Vec<String> {
    E::Mutant::ALL.iter().map(E::Mutant::to_string).collect()
}

pub(crate) fn model<E: Exhibit>(nodes: usize) -> String {
    E::sized(nodes).model().to_string()
}

pub(crate) fn knobs<E: Exhibit>() -> Vec<Knob> {
    let mut usual = E::sized(E::CARD.nodes);
    usual.dials().into_iter().map(|dial| dial.knob).collect()
}

pub(crate) fn check<E: Exhibit>(
    check: &Check,
    watch: Watch<'_, check::Progress>,
) -> Result<check::Report, String> {
    let (mut subject, mut bounds) = if check.quick {
        let (quick, bounds) = E::quick();
        (dressed(quick, &check.settings)?, bounds)
    } else {
        let subject = subject::<E>(&check.settings)?;
        let bounds = subject.bounds();
        (subject, bounds)
    };
    bounds.crashes = check.crashes.unwrap_or(bounds.crashes);
    bounds.fires = check.alarms.or(bounds.fires);
    if check.free_flush {
        bounds.flushing = Flushing::Free;
    }
    // Fair runs are looked for among worlds as they are.
    bounds.symmetry &= check.symmetry && !check.liveness && !check.reduction;
    bounds.reduction |= check.reduction;
    let loses = matches!(bounds.network, Network::Lossy { .. } | Network::Duplicating);
    if check.liveness && loses {
        // Where everything may be lost, nothing need come.
        bounds.network = Network::Reliable { copies: 1 };
    }
    bounds.network = check.network.unwrap_or(bounds.network);
    bounds.timing = check.timing.unwrap_or(bounds.timing);
    bounds.recovery &= !check.no_recovery;
    bounds.forgeries = check.forgeries.or(bounds.forgeries);
    let mut variant: Vec<String> = subject.dials().iter().map(|d| d.knob.to_string()).collect();
    variant.extend(check.settings.mutant.iter().map(|mutant| format!("the breakage {mutant}")));
    let system = Explore::new(&subject, bounds).of_variant(variant);
    let mut report = Exploration::new(&system).within(limits(check, watch)).run();
    drop(system);
    report.story = recast(subject, &check.settings, &report.story);
    Ok(report)
}

pub(crate) fn check_abstract(
    listed: &Listed,
    check: &Check,
    watch: Watch<'_, check::Progress>,
) -> Result<check::Report, String> {
    let Settings { nodes, mutant, knobs, without } = &check.settings;
    if !knobs.is_empty() || without.is_some() {
        return Err(format!("{} is an abstract specification: it has no knobs", listed.card.name));
    }
    let limits = limits(check, watch);
    (listed.explore)(Asked { size: *nodes, mutant: mutant.as_deref(), limits })
}

/// How far an exploration goes, of whatever.
fn limits<'a>(check: &Check, watch: Watch<'a, check::Progress>) -> Limits<'a> {
    let Watch { stop, progress } = watch;
    Limits {
        threads: check.threads,
        memory: check.memory,
        time: check.time,
        interrupt: Some(stop),
        progress: Some(Box::new(|now| progress(*now))),
        liveness: check.liveness,
        checkpoint: check.checkpoint.clone(),
        resume: check.resume.clone(),
        ..Limits::default()
    }
}

/// How the runs of a protocol are made.
fn options<E: Exhibit>(subject: &E, settings: &Settings) -> Result<Options, String> {
    let model = match &settings.without {
        Some(assumption) => Some(subject.model().without(subject.nodes(), assumption)?),
        None => None,
    };
    Ok(Options { scale: E::scale(), model, ..Options::default() })
}

pub(crate) fn sim<E: Exhibit>(
    sim: &Sim,
    watch: Watch<'_, sim::Progress>,
) -> Result<sim::Report, String> {
    let subject = subject::<E>(&sim.settings)?;
    let mut runs = sim.campaign.clone();
    let own = options(&subject, &sim.settings)?;
    runs.options = Options { scale: own.scale, model: own.model, ..runs.options };
    let mut report = campaign(&subject, &E::Workload::default(), &runs, watch.stop, watch.progress);
    if let Some(failure) = &mut report.first_failure {
        inscribe(subject, &sim.settings, failure);
    }
    Ok(report)
}

/// Writes into a failure of which variant it is, so that [`Settings::of`] makes it again.
fn inscribe<E: Exhibit>(subject: E, settings: &Settings, failure: &mut sim::Failure) {
    let nodes = failure.plan.nodes;
    let smaller = (nodes != subject.nodes()).then(|| subject.resized(nodes)).flatten();
    let mut subject = smaller.unwrap_or(subject);
    failure.variant = Variant {
        mutant: settings.mutant.clone(),
        knobs: turned(&mut subject),
        without: settings.without.clone(),
    };
    if let Some(story) = &mut failure.story {
        *story = recast(subject, settings, story);
    }
}

/// The knobs that do not stand as usual in this size, and where they stand.
fn turned<E: Exhibit>(subject: &mut E) -> Vec<(String, String)> {
    let mut usual = E::sized(subject.nodes());
    let usual: Vec<String> = usual.dials().into_iter().map(|dial| dial.knob.value).collect();
    let knobs = subject.dials().into_iter().map(|dial| dial.knob);
    let turned = knobs.zip(usual).filter(|(knob, usual)| knob.value != *usual);
    turned.map(|(knob, _)| (knob.name.to_string(), knob.value)).collect()
}

pub(crate) fn plan<E: Exhibit>(settings: &Settings, seed: u64) -> Result<Plan, String> {
    let subject = subject::<E>(settings)?;
    Ok(draw(&subject, seed, &options(&subject, settings)?))
}

pub(crate) fn follow<E: Exhibit>(
    settings: &Settings,
    plan: &Plan,
    judge_every: u32,
    trace: usize,
) -> Result<Outcome, String> {
    plan.check()?;
    let settings = Settings { nodes: Some(plan.nodes), ..settings.clone() };
    let subject = subject::<E>(&settings)?;
    Ok(perform(&subject, &E::Workload::default(), plan, judge_every, trace))
}

pub(crate) fn trace<E: Exhibit>(settings: &Settings, source: &Source) -> Result<Trace, String> {
    let recorded = |outcome: Outcome| outcome.trace.expect("a record was asked for");
    let workload = E::Workload::default();
    match source {
        Source::Seed(seed, events) => {
            let subject = subject::<E>(settings)?;
            let plan = draw(&subject, *seed, &options(&subject, settings)?);
            Ok(recorded(perform(&subject, &workload, &plan, 1, *events)))
        }
        Source::Calm(seed, seconds) => {
            let subject = subject::<E>(settings)?;
            let plan = calm(draw(&subject, *seed, &options(&subject, settings)?), *seconds);
            Ok(recorded(perform(&subject, &workload, &plan, 1, usize::MAX)))
        }
        Source::Story(text) => {
            let (subject, text) = staged::<E>(settings, text)?;
            story::trace(&subject, &text).map_err(|error| error.to_string())
        }
        Source::Plan(plan, judge_every, events) => {
            Ok(recorded(follow::<E>(settings, plan, *judge_every, *events)?))
        }
    }
}

/// The plan without its faults and its weather, cut off after some seconds.
fn calm(plan: Plan, seconds: u64) -> Plan {
    let end = seconds * SECONDS;
    let mut plan = Plan {
        climate: Climate::calm(),
        traitors: NodeSet::EMPTY,
        faults: Vec::new(),
        heal: end,
        core: NodeSet::first(plan.nodes),
        settle: 0,
        ..plan
    };
    plan.operations.retain(|operation| operation.at < end);
    plan
}

/// The subject of a story, which says how many nodes it has.
fn staged<E: Exhibit>(settings: &Settings, text: &str) -> Result<(E, String), String> {
    let text = match text.trim().is_empty() {
        true => {
            let subject = subject::<E>(settings)?;
            let empty = format!("nodes {} {}\n", E::CARD.name, subject.nodes());
            recast(subject, settings, &empty)
        }
        false => text.to_string(),
    };
    let cast = story::cast(&text).map_err(|error| error.to_string())?;
    if cast.subject != E::CARD.name {
        return Err(format!("this is a story of {}, not of {}", cast.subject, E::CARD.name));
    }
    // The story's own variant comes first, so that what is asked for here goes before it.
    let (breakage, mut knobs): (Vec<_>, Vec<_>) =
        cast.variant.into_iter().partition(|(name, _)| name == MUTANT);
    knobs.extend(settings.knobs.iter().cloned());
    let mutant = settings.mutant.clone().or(breakage.into_iter().next().map(|(_, name)| name));
    let nodes = Some(cast.nodes);
    Ok((subject::<E>(&Settings { nodes, mutant, knobs, ..settings.clone() })?, text))
}

/// How a story names the breakage among the knobs of its variant.
const MUTANT: &str = "mutant";

/// The story of this subject, which then says of which variant it is told.
fn recast<E: Exhibit>(mut subject: E, settings: &Settings, text: &str) -> String {
    let Ok(mut cast) = story::cast(text) else {
        return text.to_string();
    };
    cast.variant = settings.mutant.iter().map(|name| (MUTANT.to_string(), name.clone())).collect();
    cast.variant.extend(turned(&mut subject));
    story::recast(text, &cast)
}

pub(crate) fn story<E: Exhibit>(settings: &Settings, text: &str) -> Result<String, String> {
    let (subject, text) = staged::<E>(settings, text)?;
    story::replay(&subject, &text).map_err(|error| error.to_string())
}

pub(crate) fn explain<E: Exhibit>(
    settings: &Settings,
    text: &str,
) -> Result<Option<Explanation>, String> {
    let (subject, text) = staged::<E>(settings, text)?;
    explain::story(&subject, &text).map_err(|error| error.to_string())
}

pub(crate) fn walk<E: Exhibit>(settings: &Settings, text: &str) -> Result<View, String> {
    let (subject, text) = staged::<E>(settings, text)?;
    walk::look(&subject, &text)
}

pub(crate) fn bare<E: Exhibit>(
    settings: &Settings,
    node: u16,
    seed: u64,
) -> Result<Box<dyn Bare>, String> {
    let subject = subject::<E>(settings)?;
    if usize::from(node) >= subject.nodes() {
        return Err(format!("there is no n{node} among {} nodes", subject.nodes()));
    }
    let random = Random::child(seed, &format!("choices n{node}"));
    Ok(Box::new(BareNode::new(subject, NodeId(node), random)))
}

/// Something that the layer above a node did or heard, its values as JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Heard {
    /// It asked.
    Asked(NodeId, serde_json::Value),
    /// It was told.
    Told(NodeId, serde_json::Value),
    /// The node crashed.
    Crashed(NodeId),
    /// Faults have healed.
    Healed,
}

/// Judges what was heard, in this order, as its monitor and its clients do; with a core, also
/// whether everything came that was promised to its nodes. Of a history that is too hard to judge,
/// how far the judge came.
pub(crate) fn judge<E: Exhibit>(
    settings: &Settings,
    heard: &[Heard],
    core: Option<NodeSet>,
) -> Result<Option<String>, String> {
    let subject = subject::<E>(settings)?;
    let heard = heard.iter().map(read::<E::Process>).collect::<Result<Vec<_>, _>>();
    let heard = heard.map_err(|error| format!("this is no value of the protocol: {error}"))?;
    let mut monitor = subject.monitor();
    heard.iter().try_for_each(|one| one.tell(&mut monitor))?;
    let heard: Vec<_> = (0..).zip(heard).collect();
    // A history that is wrong matters more than one that is unfinished.
    let undecided = match E::Workload::default().judge(&subject, &heard) {
        Judgement::Holds => None,
        Judgement::Violated(what) => return Err(what),
        Judgement::Undecided(covered) => Some(covered),
    };
    core.map_or(Ok(()), |core| monitor.settled(core)).map(|()| undecided)
}

/// The same with its own types.
fn read<P: Process>(heard: &Heard) -> Result<story::Heard<P>, serde_json::Error> {
    Ok(match heard {
        Heard::Asked(node, request) => {
            story::Heard::Asked(*node, serde_json::from_value(request.clone())?)
        }
        Heard::Told(node, told) => story::Heard::Told(*node, serde_json::from_value(told.clone())?),
        Heard::Crashed(node) => story::Heard::Crashed(*node),
        Heard::Healed => story::Heard::Healed,
    })
}
