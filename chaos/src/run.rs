//! One run: a town, its clients, the faults of a plan, and the end of them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use field::process::Ending;
use field::schedule::{Act, schedule};
use model::{NodeId, NodeSet};
use sim::Plan;

use crate::faults::Harm;
use crate::judge::{acknowledged, judge};
use crate::last::{read_everything, write_everywhere};
use crate::load::{Habits, Load};
use crate::omitted::omitted;
use crate::record::{Event, Recording};
use crate::report::{Class, Report, Violation};
use crate::town::{News, Town};

/// Nodes that one machine may be asked to run.
pub const MOST_NODES: usize = 9;

/// The exit code of a node that refuses its damaged log.
const DAMAGED: i32 = 3;

/// What is promised once faults have healed is called broken after so many times the span that the
/// plan gives: as in a simulation.
const GRACE: u32 = 5;

/// How often it is looked whether the user wants an end.
const GLANCE: Duration = Duration::from_millis(200);

/// How long a town that nothing was done to yet may take to serve at every node.
const START: Duration = Duration::from_secs(30);

/// How long damaged nodes may take to refuse: many times what starting one takes on a busy machine.
const REFUSES_WITHIN: Duration = Duration::from_secs(20);

/// What is tried.
#[derive(Debug)]
pub struct Chaos {
    /// The faults, and when. Its operations are not used.
    pub plan: Plan,
    /// How the store is used.
    pub habits: Habits,
    /// The program whose verb `serve` is a node.
    pub program: PathBuf,
    /// Where the nodes' logs are made.
    pub folder: PathBuf,
}

impl Chaos {
    /// Runs it, and judges it. Returns what came of it, and the history as JSON lines. `tell` is
    /// told of every fault when it is done; once `stop` is set, faults heal at once.
    ///
    /// # Errors
    /// The nodes cannot be started, or the disk cannot be damaged as it should be.
    pub fn run(
        &self,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(Duration, &str),
    ) -> Result<(Report, String), String> {
        let (plan, nodes) = (&self.plan, self.plan.nodes);
        if nodes > MOST_NODES {
            return Err(format!("the plan is for {nodes} nodes; one machine runs {MOST_NODES}"));
        }
        let town = Town::start(&self.program, &self.folder, nodes, plan.seed)?;
        let recording = Recording::default();
        let load = Load::start(town.clients(), &recording, &self.habits, 0);
        let load = load.map_err(no_threads)?;
        load.wait_for_writes(NodeSet::first(nodes), nodes, START)
            .map_err(|why| format!("before any fault: {why}"))?;
        let mut run = Run {
            chaos: self,
            town,
            recording,
            harm: Harm::none(nodes),
            refusals: Vec::new(),
            violations: Vec::new(),
            began: Instant::now(),
            tell,
        };
        run.follow(stop)?;
        let recovered_in = run.recover()?;
        load.finish();
        if recovered_in.is_some() {
            let (nodes, core) = (run.town.clients(), plan.core);
            let wrong =
                read_everything(nodes, core, &run.recording, &self.habits).map_err(no_threads)?;
            run.violations.extend(wrong);
        }
        Ok(run.report(recovered_in))
    }
}

struct Run<'a> {
    chaos: &'a Chaos,
    town: Town,
    recording: Recording,
    harm: Harm,
    refusals: Vec<String>,
    violations: Vec<Violation>,
    began: Instant,
    tell: &'a mut dyn FnMut(Duration, &str),
}

impl Run<'_> {
    /// Does what the plan says, at the plan's times, until faults heal or a node ends by itself.
    fn follow(&mut self, stop: &AtomicBool) -> Result<(), String> {
        let plan = &self.chaos.plan;
        self.harm.lose(&self.town, plan.climate.loss_ppm);
        for (at, act) in schedule(plan, plan.heal) {
            let due = self.began + Duration::from_nanos(at);
            while Instant::now() < due && !stop.load(Ordering::Relaxed) {
                self.listen(due.min(Instant::now() + GLANCE));
            }
            let (fault, begins) = match act {
                _ if stop.load(Ordering::Relaxed) || !self.violations.is_empty() => break,
                Act::Begin(fault) => (fault, true),
                Act::End(fault) => (fault, false),
                Act::Ask(_) | Act::Heal => continue,
            };
            if let Some(what) = self.harm.suffer(&mut self.town, &fault, begins)? {
                (self.tell)(self.began.elapsed(), &what);
                self.recording.note(Event::Fault(what));
            }
        }
        Ok(())
    }

    /// Heals all faults, and waits until every node of the core has acknowledged a write. Returns
    /// how long that took.
    fn recover(&mut self) -> Result<Option<f64>, String> {
        let plan = &self.chaos.plan;
        // Damaged nodes are not of the core, but must be seen to refuse.
        let refusing = self.harm.damaged;
        for node in refusing.iter() {
            self.town.revive(node)?;
        }
        let end = Instant::now() + REFUSES_WITHIN;
        while self.refusals.len() < refusing.len() && self.violations.is_empty() {
            if Instant::now() >= end {
                let text = format!("of {refusing}, whose logs are damaged, not all refuse them");
                self.violate(Class::Safety, text);
            }
            self.listen(end);
        }
        self.harm.heal(&mut self.town, plan.core)?;
        let what = format!("faults heal; {} shall make progress", plan.core);
        (self.tell)(self.began.elapsed(), &what);
        self.recording.note(Event::Fault(what));
        let within = GRACE * Duration::from_nanos(plan.settle);
        if within.is_zero() {
            return Ok(None);
        }
        let (nodes, patience) = (self.town.clients(), self.chaos.habits.patience);
        let written = write_everywhere(nodes, plan.core, &self.recording, patience, within)
            .map_err(no_threads)?;
        while self.listen(Instant::now()) {}
        match written {
            Ok(took) => Ok(Some(took.as_secs_f64())),
            Err(nodes) => {
                self.violate(
                    Class::Liveness,
                    format!("after faults had healed, {nodes} took no write within {within:?}"),
                );
                Ok(None)
            }
        }
    }

    /// Listens to the nodes until then, or until one says something. Returns whether it did.
    fn listen(&mut self, until: Instant) -> bool {
        let Some(news) = self.town.listen(until) else { return false };
        match news {
            News::Listens(node) if self.harm.damaged.contains(node) => {
                self.violate(Class::Safety, format!("{node} serves from a damaged log"));
            }
            News::Listens(_) => {}
            News::Ended(node, ending) => self.note_end(node, &ending),
        }
        true
    }

    fn note_end(&mut self, node: NodeId, ending: &Ending) {
        let words = ending.to_string();
        let words = words.trim_start_matches("synod: ");
        if ending.code == Some(DAMAGED) && self.harm.damaged.contains(node) {
            self.recording.note(Event::Fault(format!("{node} refuses its damaged log")));
            if !self.refusals.iter().any(|told| told == words) {
                self.refusals.push(words.to_string());
            }
            return;
        }
        self.violate(Class::Panic, format!("{node} ended by itself: {words}"));
    }

    fn violate(&mut self, class: Class, text: String) {
        (self.tell)(self.began.elapsed(), &text);
        self.recording.note(Event::Fault(text.clone()));
        self.violations.push(Violation { class, text: vec![text] });
    }

    fn report(mut self, recovered_in: Option<f64>) -> (Report, String) {
        let events = self.recording.events();
        let judged = judge(&events);
        self.violations.extend(judged.violation);
        let Chaos { plan, habits, .. } = self.chaos;
        let count =
            |of: fn(&Event) -> bool| events.iter().filter(|(_, event)| of(event)).count() as u64;
        let asked = count(|event| matches!(event, Event::Asked { .. }));
        let report = Report {
            nodes: plan.nodes,
            clients: habits.clients,
            seconds: self.began.elapsed().as_secs_f64(),
            faults: self.harm.count,
            resets: self.town.network.resets(),
            asked,
            unanswered: asked - count(|event| matches!(event, Event::Answered { .. })),
            writes: acknowledged(&events).len() as u64,
            longest_pause: longest_pause(&events),
            recovered_in,
            refusals: self.refusals,
            not_done: omitted(plan),
            history: judged.verdict,
            file: None,
            // Of those that are equally grave, the first.
            violation: self.violations.into_iter().min_by_key(|violation| violation.class),
        };
        (report, judged.text)
    }
}

fn no_threads(error: std::io::Error) -> String {
    format!("clients cannot be started: {error}")
}

/// The longest time between two acknowledged writes, in seconds.
fn longest_pause(events: &[(u64, Event)]) -> f64 {
    use spec::history::models::RevisionsOutput::Written;
    let is_write = |event: &Event| matches!(event, Event::Answered { output: Written(_), .. });
    let times: Vec<u64> =
        events.iter().filter(|(_, event)| is_write(event)).map(|(at, _)| *at).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
    longest as f64 / 1e9
}
