//! A failing run told as a story, and the story made short.
//!
//! A plan fixes times, so whatever alarms ring and packets arrive meanwhile belong to its run. A
//! story has no times: taking a step out of it delays what the step did, for ever if need be, and
//! the rest goes on without. What is left in the end are the events that matter.
//!
//! That a step may be delayed for ever is what asynchrony means. In a synchronous model such a
//! story would prove nothing, so none is told; nor of traitors and garbled words, whose lines are
//! not the protocol's.

use std::time::Instant;

use model::NodeId;
use world::story::{self, Cast, Packet, Stage, Step, Trouble};
use world::{Failures, Subject, Violation, operation_random};

use crate::plan::Plan;
use crate::workload::{Judgement, Probes, Workload};

/// Requests after healing that a story may name: twenty rounds of nine nodes, five times over, are
/// 900.
const PROBES_NAMED: u64 = 1_000;

/// A run as a story.
pub(crate) struct Retold {
    /// The story, ready to be replayed.
    pub(crate) text: String,
    /// How many of its steps are events.
    pub(crate) events: u64,
    /// How many stories were tried.
    pub(crate) runs: u64,
}

/// How many of these steps are events: requests, deliveries, alarms and faults. What a node does by
/// itself, to flush and to sync, is none.
pub(crate) fn events<P: model::Process>(steps: &[Step<P>]) -> u64 {
    let is_event = |step: &&Step<P>| !matches!(step, Step::Flush { .. } | Step::Sync { .. });
    steps.iter().filter(is_event).count() as u64
}

/// What a story shall show, and how long it may be looked for.
pub(crate) struct Telling<'a, S, W> {
    pub(crate) subject: &'a S,
    pub(crate) workload: &'a W,
    pub(crate) wanted: &'a Violation,
    /// What may go wrong in the model.
    pub(crate) failures: Failures,
    /// The most stories that are tried.
    pub(crate) runs_limit: u64,
    pub(crate) deadline: Instant,
}

/// One search for a short story.
struct Search<'t, 'a, S, W> {
    telling: &'t Telling<'a, S, W>,
    /// Whether every node flushes after every step.
    auto_flush: bool,
    runs: u64,
}

impl<S: Subject, W: Workload<S>> Telling<'_, S, W> {
    /// The shortest story found that shows what the run of this plan, noted as these steps, breaks;
    /// nothing if there is none.
    pub(crate) fn tell(&self, plan: &Plan, steps: &[Step<S::Process>]) -> Option<Retold> {
        let mut search = Search { telling: self, auto_flush: true, runs: 0 };
        let eager: Vec<Step<S::Process>> =
            steps.iter().filter(|step| !matches!(step, Step::Flush { .. })).cloned().collect();
        let mut story = search.attempt(&eager).or_else(|| {
            search.auto_flush = false;
            search.attempt(steps)
        })?;
        loop {
            let before = story.len();
            story = search.thin(story);
            if story.len() == before {
                break;
            }
        }
        search.plain_requests(&mut story);
        self.written(plan, &search, &story)
    }

    /// The story as a text, if the text leads to the same end.
    fn written(
        &self,
        plan: &Plan,
        search: &Search<'_, '_, S, W>,
        story: &[Step<S::Process>],
    ) -> Option<Retold> {
        let (subject, nodes) = (self.subject.name().to_string(), self.subject.nodes());
        let cast = Cast { subject, nodes, auto_flush: search.auto_flush, variant: Vec::new() };
        let comment = format!("Found by seed {}: {}", plan.seed, self.wanted);
        let mut text = story::text(&cast, &comment, story);
        let drawn = self.drawn(plan, story);
        if !drawn.is_empty() {
            let end = text.find("\nnodes ").map_or(0, |at| at + 1);
            let end = text[end..].find('\n').map_or(text.len(), |length| end + length + 1);
            let counts: Vec<String> = drawn.iter().map(u64::to_string).collect();
            text.insert_str(end, &format!("draw {} {}\n", plan.seed, counts.join(" ")));
        }
        let (stage, _) = story::perform(self.subject, &text).ok()?;
        let shows = self.shows(&stage);
        shows.then_some(Retold { text, events: events(story), runs: search.runs })
    }

    /// The numbers of the plan's operations whose requests the story names, and nobody offers.
    fn drawn(&self, plan: &Plan, story: &[Step<S::Process>]) -> Vec<u64> {
        let mut drawn = Vec::new();
        for step in story {
            let Step::Request { node, request } = step else { continue };
            if self.subject.requests(*node).contains(request) {
                continue;
            }
            let is_it = |count: &u64| {
                let random = &mut operation_random(plan.seed, *count);
                self.subject.request(*node, *count, random).as_ref() == Some(request)
            };
            let planned = plan.operations.iter().map(|operation| operation.count);
            let mut counts = planned.chain(Probes::FIRST..Probes::FIRST + PROBES_NAMED);
            drawn.extend(counts.find(is_it).filter(|count| !drawn.contains(count)));
        }
        drawn
    }

    /// Whether what is wanted is broken on this stage, as it now is.
    fn shows(&self, stage: &Stage<'_, S>) -> bool {
        match (stage.violation(), self.wanted) {
            (Some(violation), wanted) => violation.is_like(wanted),
            // Clients judge at the end.
            (None, Violation::Safety(_)) => {
                let judgement = self.workload.judge(self.subject, stage.heard());
                matches!(judgement, Judgement::Violated(_))
            }
            (None, _) => false,
        }
    }
}

impl<S: Subject, W: Workload<S>> Search<'_, '_, S, W> {
    fn is_spent(&self) -> bool {
        self.runs >= self.telling.runs_limit || Instant::now() >= self.telling.deadline
    }

    /// Takes those of the steps that are possible; returns them if they show what is wanted.
    fn attempt(&mut self, steps: &[Step<S::Process>]) -> Option<Vec<Step<S::Process>>> {
        if self.is_spent() {
            return None;
        }
        self.runs += 1;
        let mut stage = Stage::silent(self.telling.subject, self.auto_flush).ok()?;
        let mut taken = Vec::with_capacity(steps.len());
        for step in steps {
            for step in self.possible(&stage, step) {
                match stage.apply(&step) {
                    Ok(_) => taken.push(step),
                    Err(Trouble::Impossible(_)) => {}
                    Err(Trouble::Violation(_)) => {
                        taken.push(step);
                        return self.telling.shows(&stage).then_some(taken);
                    }
                }
            }
        }
        self.telling.shows(&stage).then_some(taken)
    }

    /// The step as it can happen now: words may differ when something before it was left out, so
    /// the same kind of message or alarm will do. Nothing if the model rules it out.
    fn possible(&self, stage: &Stage<'_, S>, step: &Step<S::Process>) -> Vec<Step<S::Process>> {
        let failures = &self.telling.failures;
        match step {
            Step::Deliver { from, to, message } => {
                let all = stage.packets().iter();
                let line: Vec<&Packet<S::Process>> =
                    all.filter(|packet| (packet.from, packet.to) == (*from, *to)).collect();
                let words = message.to_string();
                let same = line.iter().position(|packet| packet.message == *message);
                let alike = || line.iter().position(|p| is_alike(&p.message.to_string(), &words));
                let Some(place) = same.or_else(alike) else { return Vec::new() };
                let overtaken = if failures.reordering { &[] } else { &line[..place] };
                if !overtaken.is_empty() && !failures.loss {
                    return Vec::new();
                }
                let of = |packet: &&Packet<S::Process>| packet.message.clone();
                let (from, to) = (*from, *to);
                let lost = overtaken.iter().map(|p| Step::Drop { from, to, message: of(p) });
                let arrives = Step::Deliver { from, to, message: of(&line[place]) };
                lost.chain([arrives]).collect()
            }
            Step::Fire { node, timer } => {
                let words = timer.to_string();
                let same = stage.timers(*node).find(|armed| *armed == timer);
                let alike = || stage.timers(*node).find(|a| is_alike(&a.to_string(), &words));
                let armed = same.or_else(alike).cloned();
                armed.map(|timer| Step::Fire { node: *node, timer }).into_iter().collect()
            }
            Step::Crash { .. } => {
                let nodes = NodeId::first(self.telling.subject.nodes());
                let down = nodes.filter(|node| !stage.is_up(*node)).count();
                if down < failures.crashes { vec![step.clone()] } else { Vec::new() }
            }
            _ => vec![step.clone()],
        }
    }

    /// Takes away as many steps as it can, by halves, quarters and so on down to single ones.
    /// What a step left out makes impossible goes with it.
    fn thin(&mut self, mut story: Vec<Step<S::Process>>) -> Vec<Step<S::Process>> {
        let mut chunk = story.len().div_ceil(2);
        while chunk > 0 {
            let mut at = 0;
            while at < story.len() {
                let end = (at + chunk).min(story.len());
                let fewer: Vec<Step<S::Process>> =
                    story[..at].iter().chain(&story[end..]).cloned().collect();
                match self.attempt(&fewer) {
                    Some(shorter) => story = shorter,
                    None => at = end,
                }
            }
            chunk /= 2;
        }
        story
    }

    /// Requests that the subject offers say the same with plainer words.
    fn plain_requests(&mut self, story: &mut Vec<Step<S::Process>>) {
        for place in 0..story.len() {
            let Some(Step::Request { node, request }) = story.get(place) else { continue };
            let offered = self.telling.subject.requests(*node);
            if offered.contains(request) {
                continue;
            }
            let node = *node;
            for request in offered {
                let mut plainer = story.clone();
                plainer[place] = Step::Request { node, request };
                if let Some(same) = self.attempt(&plainer)
                    && same.len() <= story.len()
                {
                    *story = same;
                    break;
                }
            }
        }
    }
}

/// Whether two messages, or two alarms, have the same name.
fn is_alike(one: &str, other: &str) -> bool {
    let name = |words: &str| words.split([' ', '(']).next().map(str::to_string);
    name(one) == name(other)
}
