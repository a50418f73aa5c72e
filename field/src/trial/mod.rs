//! The parent of a trial: starts nodes, uses them, does faults to them, judges them.

mod faults;
mod user;

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use lab::{Entry, Heard, Runs, Settings};
use model::{NodeId, NodeSet};
use serde::Serialize;
use serde_json::Value as Json;
use sim::Plan;
use world::trace::{Clock, Happening, Trace, What};

use crate::clock::now;
use crate::process::{self, Process};
use crate::weather::Weather;
use crate::wire::{Command, Line};
pub use user::User;

/// What is tried.
pub struct Trial<'a> {
    /// The protocol.
    pub entry: &'a Entry,
    /// Its variant.
    pub settings: Settings,
    /// Decides what is left to chance.
    pub seed: u64,
    /// How nodes are used.
    pub user: User,
    /// The faults and operations of a simulated run, to be done to real processes.
    pub plan: Option<Plan>,
    /// Where the nodes' disks are.
    pub folder: PathBuf,
    /// The command line that starts a node, without its number, life and address.
    pub command: Vec<String>,
}

/// What came of a trial.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The protocol.
    pub subject: String,
    /// How many nodes, each a process.
    pub nodes: usize,
    /// Requests made.
    pub asked: u64,
    /// Indications heard.
    pub told: u64,
    /// Messages sent.
    pub messages: u64,
    /// Faults done.
    pub faults: u64,
    /// How long it took.
    pub seconds: f64,
    /// What was broken, as a sentence.
    pub violation: Option<String>,
    /// How far the judge came, if what users heard was too hard to judge.
    pub undecided: Option<String>,
    /// Everything that happened.
    #[serde(skip)]
    pub trace: Option<Trace>,
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { subject, nodes, asked, told, messages, faults, seconds, .. } = self;
        writeln!(f, "{subject}: {nodes} processes over TCP, {seconds:.1} s, {faults} faults")?;
        writeln!(f, "{asked} requests, {told} indications, {messages} messages")?;
        match (&self.violation, &self.undecided) {
            (None, None) => write!(f, "no violation"),
            (None, Some(covered)) => {
                write!(f, "unknown: what users heard is too hard to judge: {covered}")
            }
            (Some(what), _) => write!(f, "VIOLATED: {what}"),
        }
    }
}

/// How long the nodes may take to say where they listen: many times what starting one takes on a
/// busy machine.
const START: Duration = Duration::from_secs(20);

/// Nodes that tell their users nothing for so long have nothing more to tell, in nanoseconds: ten
/// election time-outs of the usual length would be longer, but then nobody asked for anything.
const REST: u64 = 2_000_000_000;

/// How the event begins that ends all faults.
const HEALED: &str = "faults heal";

/// The longest wait for that, in nanoseconds.
const LAST_WAIT: u64 = 10_000_000_000;

impl Trial<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// The nodes cannot be started, or one of them ended by itself.
    pub fn run(&self, stop: &AtomicBool) -> Result<Report, String> {
        let nodes = self.entry.card.size(self.settings.nodes)?;
        if let Some(plan) = self.plan.as_ref().filter(|plan| plan.nodes != nodes) {
            return Err(format!("the plan is for {} nodes, not for {nodes}", plan.nodes));
        }
        let (tell, hear) = mpsc::channel();
        let mut field = Field {
            trial: self,
            runs: self.entry.runs()?,
            began: now(),
            children: BTreeMap::new(),
            addresses: Vec::new(),
            weather: Weather::calm(nodes),
            events: Vec::new(),
            crashes: Vec::new(),
            damaged: NodeSet::EMPTY,
            faults: 0,
            turns: vec![0; nodes],
            last: now(),
            tell,
            hear,
        };
        field.start(nodes)?;
        field.began = now();
        match &self.plan {
            Some(plan) => field.follow(plan, stop)?,
            None => field.be_used(&self.user, stop)?,
        }
        field.rest(stop)?;
        field.children.clear();
        field.report(nodes)
    }
}

/// What is heard of a node.
enum Said {
    Line(NodeId, Line),
    /// It ended, in this life, and why.
    Ended(NodeId, u32, String),
}

/// Something that a node did, or that was done to it.
struct Event {
    happening: Happening,
    asked: Vec<Json>,
    told: Vec<Json>,
}

struct Field<'a> {
    trial: &'a Trial<'a>,
    runs: &'a Runs,
    began: u64,
    children: BTreeMap<NodeId, Process>,
    addresses: Vec<SocketAddr>,
    weather: Weather,
    events: Vec<Event>,
    /// The lives of each node so far.
    crashes: Vec<u32>,
    /// The nodes whose disks were damaged: they must not start.
    damaged: NodeSet,
    faults: u64,
    /// How often each node has told its user something.
    turns: Vec<u64>,
    /// When something was asked or told last.
    last: u64,
    tell: Sender<Said>,
    hear: Receiver<Said>,
}

impl Field<'_> {
    fn start(&mut self, nodes: usize) -> Result<(), String> {
        self.crashes = vec![0; nodes];
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        for node in NodeId::first(nodes) {
            self.spawn(node, any)?;
        }
        let mut known = BTreeMap::new();
        while known.len() < nodes {
            match self.hear.recv_timeout(START).map_err(|_| "the nodes did not start in time")? {
                Said::Line(node, Line::Listens(address)) => drop(known.insert(node, address)),
                other => self.heard(other)?,
            }
        }
        self.addresses = known.into_values().collect();
        for node in NodeId::first(nodes) {
            self.command(node, &Command::Start(self.addresses.clone()));
        }
        Ok(())
    }

    fn spawn(&mut self, node: NodeId, address: SocketAddr) -> Result<(), String> {
        let life = self.crashes[node.index()];
        let disk = self.disk(node);
        let mut arguments = self.trial.command.clone();
        let own = [
            format!("--node={}", node.0),
            format!("--life={life}"),
            format!("--listen={address}"),
            format!("--disk={}", disk.display()),
        ];
        arguments.extend(own);
        let fail = |error| format!("cannot start {node}: {error}");
        let program = std::env::current_exe().map_err(fail)?;
        let tell = self.tell.clone();
        let process = Process::spawn(&program, &arguments, move |said| {
            let said = match said {
                process::Said::Line(line) => match serde_json::from_str(&line) {
                    Ok(line) => Said::Line(node, line),
                    // What a killed process was writing may be cut off in the middle of a line.
                    Err(_) => return,
                },
                process::Said::Ended(ending) => Said::Ended(node, life, ending.to_string()),
            };
            let _ = tell.send(said);
        });
        self.children.insert(node, process.map_err(fail)?);
        Ok(())
    }

    /// The file that is a node's disk.
    fn disk(&self, node: NodeId) -> PathBuf {
        self.trial.folder.join(format!("{node}.disk"))
    }

    /// Tells a node, if it is up.
    fn command(&mut self, node: NodeId, command: &Command) {
        if let Some(child) = self.children.get_mut(&node) {
            child.write(serde_json::to_vec(command).expect("A command is JSON."));
        }
    }

    /// Listens until this time on the machine's clock. Returns whether anything was heard.
    fn listen(&mut self, until: u64) -> Result<bool, String> {
        let wait = Duration::from_nanos(until.saturating_sub(now()));
        match self.hear.recv_timeout(wait) {
            Ok(said) => self.heard(said).map(|()| true),
            Err(_) => Ok(false),
        }
    }

    fn heard(&mut self, said: Said) -> Result<(), String> {
        match said {
            Said::Line(_, Line::Happened { happening, asked, told }) => {
                if !asked.is_empty() || !told.is_empty() {
                    self.last = now();
                }
                if let Some(node) = happening.node.filter(|_| !told.is_empty()) {
                    self.turns[node.index()] += 1;
                }
                self.events.push(Event { happening: *happening, asked, told });
            }
            Said::Line(node, Line::Listens(_)) => {
                // A node that is back knows its peers again, and its links.
                self.command(node, &Command::Start(self.addresses.clone()));
                let qualities = self.weather.of(node);
                self.command(node, &Command::Links(qualities));
            }
            Said::Line(node, Line::Refuses(what)) => {
                if !self.damaged.contains(node) {
                    return Err(format!("{node} refuses to start: {what}"));
                }
                let event =
                    self.event(None, What::Fault, format!("{node} refuses to start: {what}"));
                self.events.push(event);
                self.crashes[node.index()] += 1;
                self.children.remove(&node);
            }
            Said::Ended(node, life, why) => {
                let is_expected = self.crashes[node.index()] != life;
                if !is_expected {
                    return Err(format!("{node} ended by itself: {why}"));
                }
            }
        }
        Ok(())
    }

    /// Waits until the nodes have come to rest.
    fn rest(&mut self, stop: &AtomicBool) -> Result<(), String> {
        let end = now() + LAST_WAIT;
        while now() < end && now() < self.last + REST && !stop.load(Ordering::Relaxed) {
            self.listen(self.last + REST)?;
        }
        Ok(())
    }

    /// A node is killed, as by `kill -9`.
    fn kill(&mut self, node: NodeId) -> Result<(), String> {
        let Some(child) = self.children.remove(&node) else {
            return Ok(());
        };
        self.crashes[node.index()] += 1;
        child.kill();
        let event = self.event(Some(node), What::Crash, String::new());
        self.events.push(event);
        Ok(())
    }

    fn event(&self, node: Option<NodeId>, what: What, text: String) -> Event {
        let happening = Happening::new(now(), node, what, text);
        Event { happening, asked: Vec::new(), told: Vec::new() }
    }

    /// What users asked and heard so far, in the order of the one clock.
    fn everything(&mut self) -> Vec<Heard> {
        self.events.sort_by_key(|event| event.happening.at);
        // Without a plan there are no faults, and promises count from the beginning.
        let healed = self.trial.plan.is_none().then_some(Heard::Healed);
        healed.into_iter().chain(self.events.iter().flat_map(Event::heard)).collect()
    }

    /// Whether all is well, and everything has come that was promised to the core.
    fn verdict(&mut self, core: NodeSet) -> Result<Option<String>, String> {
        let heard = self.everything();
        (self.runs.judge)(&self.trial.settings, &heard, Some(core))
    }

    /// Puts everything into the order of the one clock, and judges it.
    fn report(mut self, nodes: usize) -> Result<Report, String> {
        while let Ok(said) = self.hear.try_recv() {
            // All were ended, and the first to end took the folder along: whoever was stopped while
            // it still began finds nothing, and has nothing to tell.
            if matches!(&said, Said::Line(_, line) if !matches!(line, Line::Refuses(_))) {
                self.heard(said)?;
            }
        }
        let heard = self.everything();
        let core = match &self.trial.plan {
            Some(plan) => plan.core,
            None => NodeSet::first(nodes),
        };
        let verdict = self.verdict(core);
        let asked = heard.iter().filter(|one| matches!(one, Heard::Asked(..))).count();
        let told = heard.iter().filter(|one| matches!(one, Heard::Told(..))).count();
        let mut events: Vec<Happening> =
            self.events.into_iter().map(|event| event.happening).collect();
        for event in &mut events {
            event.at = event.at.saturating_sub(self.began);
        }
        let trace = Trace {
            subject: self.trial.entry.card.name.to_string(),
            nodes,
            clock: Clock::Nanoseconds,
            omitted: 0,
            violation: verdict.clone().err(),
            events: named(events),
        };
        Ok(Report {
            subject: trace.subject.clone(),
            nodes,
            asked: asked as u64,
            told: told as u64,
            messages: trace.messages(),
            faults: self.faults,
            seconds: (now() - self.began) as f64 / 1e9,
            undecided: verdict.as_ref().ok().cloned().flatten(),
            violation: verdict.err(),
            trace: Some(trace),
        })
    }
}

impl Event {
    fn heard(&self) -> Vec<Heard> {
        let Some(node) = self.happening.node else {
            let heals = self.happening.text.starts_with(HEALED);
            return heals.then_some(Heard::Healed).into_iter().collect();
        };
        if self.happening.what == What::Crash {
            return vec![Heard::Crashed(node)];
        }
        let asked = self.asked.iter().cloned().map(|asked| Heard::Asked(node, asked));
        asked.chain(self.told.iter().cloned().map(|told| Heard::Told(node, told))).collect()
    }
}

/// Deliveries tell messages in the words of their senders, not as JSON.
fn named(mut events: Vec<Happening>) -> Vec<Happening> {
    let mut words = BTreeMap::new();
    for event in &mut events {
        if let What::Deliver { message, .. } = event.what
            && let Some(text) = words.get(&message)
        {
            event.text = String::clone(text);
        }
        words.extend(event.sends.iter().map(|sending| (sending.message, sending.text.clone())));
    }
    events
}
