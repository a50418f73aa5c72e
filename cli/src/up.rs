//! `synod up`: a whole cluster on this machine, each node a child process of this program.

mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use ::chaos::{MOST_NODES, PORTS_A_NODE};
use clap::Args;
use field::process::{Process, Said};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::{DAMAGED, Failure};
use crate::print::tell;

/// The same, as the flags count.
const MOST: i64 = MOST_NODES as i64;

/// A cluster on this machine.
#[derive(Args)]
pub struct Up {
    /// How many nodes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=MOST))]
    nodes: u16,
    /// The folder that holds a folder for each node; made if it is not there
    #[arg(long, default_value = "synod-data")]
    data: PathBuf,
    /// Node i serves clients on this port + 10 i, and its peers on the port after that
    #[arg(long, default_value_t = 2379)]
    base_port: u16,
    /// Print what happens as JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Stop when standard input ends: the parent has gone
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// What the cluster hears.
pub enum Heard {
    /// A line that a node printed.
    Line(u16, String),
    /// A node's process ended; with its exit code, and what it said on standard error.
    Ended(u16, Option<i32>, String),
    /// The user wants it to stop.
    Stop,
}

impl Up {
    /// Runs the cluster until it is told to stop.
    pub fn run(self) -> Result<(), Failure> {
        let last = u32::from(self.base_port) + u32::from(PORTS_A_NODE) * u32::from(self.nodes);
        if last > u32::from(u16::MAX) {
            return Err(Failure::new(format!(
                "{} nodes from port {} on need ports up to {last}; the highest is 65535",
                self.nodes, self.base_port
            )));
        }
        let cluster = folder::open(&self.data, self.nodes)?;
        let (tell, heard) = mpsc::channel();
        watch_signals(tell.clone())?;
        if self.with_parent {
            let tell = tell.clone();
            thread::spawn(move || {
                // Whatever ends the input, an error too, the parent can no longer reach us.
                let _ = std::io::stdin().read_to_end(&mut Vec::new());
                let _ = tell.send(Heard::Stop);
            });
        }
        let mut town = Town::new(&self, cluster);
        for node in 0..self.nodes {
            town.nodes.push(self.spawn(node, cluster, &tell)?);
        }
        let ended = town.run(&heard);
        town.stop(&heard);
        ended
    }

    fn spawn(&self, node: u16, cluster: u64, tell: &Sender<Heard>) -> Result<Process, Failure> {
        let fail = |error| Failure::new(format!("cannot start n{node}: {error}"));
        let program = std::env::current_exe().map_err(fail)?;
        let mut arguments = self.arguments(node, cluster);
        arguments.extend(["--json", "--with-parent"].map(String::from));
        let tell = tell.clone();
        let process = Process::spawn(&program, &arguments, move |said| {
            // The parent listens as long as it runs.
            let _ = tell.send(match said {
                Said::Line(line) => Heard::Line(node, line),
                Said::Ended(ending) => Heard::Ended(node, ending.code, ending.to_string()),
            });
        });
        process.map_err(fail)
    }

    /// What starts a node alone.
    fn arguments(&self, node: u16, cluster: u64) -> Vec<String> {
        let members: Vec<String> = (0..self.nodes)
            .map(|node| format!("{}/{}", self.clients(node), self.peers(node)))
            .collect();
        vec![
            "serve".to_string(),
            format!("--node={node}"),
            format!("--cluster={cluster:016x}"),
            format!("--members={}", members.join(",")),
            format!("--data={}", self.data.join(format!("n{node}")).display()),
        ]
    }

    fn clients(&self, node: u16) -> SocketAddr {
        let port = self.base_port + PORTS_A_NODE * node;
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
    }

    fn peers(&self, node: u16) -> SocketAddr {
        let clients = self.clients(node);
        SocketAddr::new(clients.ip(), clients.port() + 1)
    }
}

/// The running cluster, as its nodes tell of it.
struct Town<'a> {
    up: &'a Up,
    cluster: u64,
    nodes: Vec<Process>,
    /// The nodes that have listened.
    listening: BTreeSet<u16>,
    has_introduced: bool,
    /// Whom each node takes for the leader, with the term.
    leaders: BTreeMap<u16, (u64, u64)>,
    /// The leader that a majority last agreed on.
    leader: Option<(u64, u64)>,
    running: usize,
    has_greeted: bool,
}

impl<'a> Town<'a> {
    fn new(up: &'a Up, cluster: u64) -> Town<'a> {
        Town {
            up,
            cluster,
            nodes: Vec::new(),
            listening: BTreeSet::new(),
            has_introduced: false,
            leaders: BTreeMap::new(),
            leader: None,
            running: usize::from(up.nodes),
            has_greeted: false,
        }
    }

    /// Takes what is heard until the user wants a stop or no node is left.
    fn run(&mut self, heard: &Receiver<Heard>) -> Result<(), Failure> {
        for heard in heard {
            match heard {
                Heard::Stop => break,
                Heard::Line(node, line) => self.take(node, &line),
                Heard::Ended(node, code, why) => self.lose(node, code, &why)?,
            }
        }
        Ok(())
    }

    fn take(&mut self, node: u16, line: &str) {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            return self.say(json!({ "event": "output", "node": node, "text": line }), line);
        };
        if self.up.json {
            tell(line);
        }
        match event["event"].as_str() {
            Some("listening") => {
                self.listening.insert(node);
                self.introduce_once();
            }
            Some("recovered") if event["cut"].is_u64() && !self.up.json => {
                tell(format_args!(
                    "n{node}: the log holds {}",
                    event["text"].as_str().unwrap_or_default()
                ));
            }
            Some("leader") => self.note_leader(node, &event),
            _ => {}
        }
    }

    /// Once every node that runs listens, says where.
    fn introduce_once(&mut self) {
        let up = self.up;
        if up.json || self.has_introduced || self.listening.len() < self.running {
            return;
        }
        self.has_introduced = true;
        let s = if up.nodes == 1 { "" } else { "s" };
        tell(format_args!("Synod: {} node{s}, data in {}", up.nodes, up.data.display()));
        for (node, child) in (0..up.nodes).zip(&self.nodes) {
            tell(format_args!(
                "  n{node}  clients {}  peers {}  pid {}",
                up.clients(node),
                up.peers(node),
                child.pid()
            ));
        }
    }

    /// A leader is news when a majority of the nodes agree on it.
    fn note_leader(&mut self, node: u16, event: &Value) {
        match (event["term"].as_u64(), event["leader"].as_u64()) {
            (Some(term), Some(leader)) => self.leaders.insert(node, (term, leader)),
            _ => self.leaders.remove(&node),
        };
        let majority = usize::from(self.up.nodes) / 2 + 1;
        let agreed = self.leaders.values().find(|leader| {
            self.leaders.values().filter(|other| other == leader).count() >= majority
        });
        let Some(&(term, leader)) = agreed.filter(|&&leader| self.leader != Some(leader)) else {
            return;
        };
        self.leader = Some((term, leader));
        let event = json!({ "event": "ready", "leader": leader, "term": term });
        self.say(event, &format!("n{leader} leads term {term}."));
        if !self.has_greeted && !self.up.json {
            self.has_greeted = true;
            let clients = self.up.clients(0);
            tell(format_args!("Try   etcdctl --endpoints={clients} put greeting hello"));
            tell(format_args!("      etcdctl --endpoints={clients} get greeting"));
            tell("Ctrl-C stops all nodes; starting again finds the data.");
        }
    }

    /// A node's process has ended. If it never listened, that is the end, but for a damaged log;
    /// otherwise the others go on.
    fn lose(&mut self, node: u16, code: Option<i32>, why: &str) -> Result<(), Failure> {
        self.running -= 1;
        self.leaders.remove(&node);
        let has_started = self.listening.contains(&node);
        let is_damaged = code == Some(i32::from(DAMAGED));
        if self.running == 0 || !(has_started || is_damaged) {
            return Err(Failure::new(why.trim_start_matches("synod: ").to_string()));
        }
        let program = std::env::current_exe().unwrap_or_else(|_| "synod".into());
        let arguments = self.up.arguments(node, self.cluster).join(" ");
        let command = format!("{} {arguments}", program.display());
        let event = json!({
            "event": "ended", "node": node, "why": why, "left": self.running, "command": command,
        });
        let why = why.trim_start_matches("synod: ");
        let text = format!(
            "n{node} has stopped: {why}\n  {} of {} nodes go on. To start it again:\n  {command}",
            self.running, self.up.nodes,
        );
        self.say(event, &text);
        self.introduce_once();
        Ok(())
    }

    /// Lets every node stop by itself, and waits for it.
    fn stop(&mut self, heard: &Receiver<Heard>) {
        for child in &mut self.nodes {
            child.close();
        }
        while self.running > 0 {
            match heard.recv() {
                Ok(Heard::Ended(..)) => self.running -= 1,
                Ok(Heard::Stop) => std::process::exit(130), // Asked twice: at once, then.
                Ok(Heard::Line(..)) => {}
                Err(_) => break,
            }
        }
        self.say(json!({ "event": "stopped" }), "All nodes have stopped.");
    }

    fn say(&self, event: Value, text: &str) {
        match self.up.json {
            true => tell(event),
            false => tell(text),
        }
    }
}

fn watch_signals(tell: Sender<Heard>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime for signals: {error}")))?;
    thread::spawn(move || {
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if tell.send(Heard::Stop).is_err() {
                    return;
                }
            }
        });
    });
    Ok(())
}
