//! A town: a whole cluster of real processes, started by `synod up`, and the faults that strike it.
//!
//! Every wait is for an event with a generous deadline. Whatever was started ends with the town.

#![allow(dead_code, unused_imports, reason = "each of the tests uses a part")]

mod process;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use etcd_client::{Client, ConnectOptions};
use serde_json::Value;
use tempfile::TempDir;

pub use chaos::free_ports;
use process::Process;
pub use process::{Ending, Heard, Source};

/// How long an event may take that is certain to come: a hundred times what it takes a machine at
/// rest, for machines that are not.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Above the seven seconds that a node itself gives a request.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Who leads, in which term.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Leader {
    pub term: u64,
    pub node: u16,
}

/// A cluster of real processes in a temporary folder.
pub struct Town {
    nodes: u16,
    base_port: u16,
    folder: TempDir,
    up: Option<Process>,
    /// Nodes that were started again one by one.
    alone: BTreeMap<u16, Process>,
    /// The process of every node that runs.
    pids: BTreeMap<u16, u32>,
    /// The leader as each running node knows it.
    leaders: BTreeMap<u16, Leader>,
    tell: Sender<Heard>,
    heard: Receiver<Heard>,
    /// What has happened, for whoever has to find out why a test failed.
    annals: Vec<String>,
}

impl Town {
    /// A new cluster, ready to serve.
    pub fn new(nodes: u16) -> Town {
        let folder = tempfile::tempdir().expect("There is room for temporary files.");
        let (tell, heard) = mpsc::channel();
        let mut town = Town {
            nodes,
            base_port: 0,
            folder,
            up: None,
            alone: BTreeMap::new(),
            pids: BTreeMap::new(),
            leaders: BTreeMap::new(),
            tell,
            heard,
            annals: Vec::new(),
        };
        town.up().unwrap_or_else(|ending| panic!("The town does not start: {ending}"));
        town
    }

    /// Starts all nodes on the town's folder, and waits until most of them agree on a leader; or
    /// tells how it ended if it does not come that far.
    pub fn up(&mut self) -> Result<(), Ending> {
        loop {
            self.base_port = free_ports(self.nodes);
            let arguments = self.up_arguments(self.nodes, self.base_port);
            let up = process::spawn(Source::Up, &arguments, self.tell.clone());
            self.up = Some(up);
            match self.wait_until_ready() {
                // Somebody else was faster: it is only now that the port is certain.
                Err(ending) if ending.said.contains("is in use") => {}
                other => return other,
            }
        }
    }

    /// The arguments with which `synod` starts a cluster on this town's folder.
    pub fn up_arguments(&self, nodes: u16, base_port: u16) -> Vec<String> {
        vec![
            "up".to_string(),
            "--json".to_string(),
            "--with-parent".to_string(),
            format!("--nodes={nodes}"),
            format!("--base-port={base_port}"),
            format!("--data={}", self.data().display()),
        ]
    }

    fn wait_until_ready(&mut self) -> Result<(), Ending> {
        self.wait("a ready town", |_, heard| match heard {
            Heard::Line(Source::Up, event) if event["event"] == "ready" => Some(Ok(())),
            Heard::Ended(Source::Up, ending) => Some(Err(ending.clone())),
            _ => None,
        })
    }

    /// Stops all nodes as a user would, and waits until they have.
    pub fn stop(&mut self) {
        for process in self.alone.values().chain(&self.up) {
            process.terminate();
        }
        while self.up.is_some() || !self.alone.is_empty() {
            self.wait("the end of the town", |_, heard| {
                matches!(heard, Heard::Ended(..)).then_some(())
            });
        }
    }

    /// Ends a node's process as a crash would, and waits until it is gone.
    pub fn kill(&mut self, node: u16) {
        let pid = self.pids[&node];
        process::kill(pid);
        self.wait("the end of a killed node", |town, _| {
            (!town.pids.contains_key(&node)).then_some(())
        });
    }

    /// Ends all processes that run, first all of them, then waits.
    pub fn kill_all(&mut self) {
        self.pids.values().for_each(|pid| process::kill(*pid));
        while self.up.is_some() || !self.alone.is_empty() {
            self.wait("the end of a killed town", |_, heard| {
                matches!(heard, Heard::Ended(..)).then_some(())
            });
        }
    }

    /// Starts one node again, by the command that `up` gives for it, and waits until it listens; or
    /// tells how it ended if it does not come that far.
    pub fn restart(&mut self, node: u16) -> Result<(), Ending> {
        let process = process::spawn(Source::Node(node), &self.serve(node), self.tell.clone());
        self.alone.insert(node, process);
        self.wait("a node that listens again", |_, heard| match heard {
            Heard::Line(Source::Node(n), event) if *n == node => {
                (event["event"] == "listening").then_some(Ok(()))
            }
            Heard::Ended(Source::Node(n), ending) if *n == node => Some(Err(ending.clone())),
            _ => None,
        })
    }

    fn serve(&self, node: u16) -> Vec<String> {
        let said = fs::read_to_string(self.data().join("cluster.json"));
        let said = said.expect("A town that was up says which cluster it is.");
        let said: Value = serde_json::from_str(&said).expect("It says so in JSON.");
        let members: Vec<String> = (0..self.nodes)
            .map(|n| format!("{}/{}", self.endpoint(n), self.peer_endpoint(n)))
            .collect();
        vec![
            "serve".to_string(),
            "--json".to_string(),
            "--with-parent".to_string(),
            format!("--node={node}"),
            format!("--cluster={}", said["cluster"].as_str().unwrap_or_default()),
            format!("--members={}", members.join(",")),
            format!("--data={}", self.node_data(node).display()),
        ]
    }

    /// Waits for a leader of a term above this one.
    pub fn leader_after(&mut self, term: u64) -> Leader {
        let newest = |town: &Town| {
            let own = town.leaders.iter().filter(|(node, leader)| **node == leader.node);
            own.map(|(_, leader)| *leader).max().filter(|leader| leader.term > term)
        };
        match newest(self) {
            Some(leader) => leader,
            None => self.wait("a new leader", |town, _| newest(town)),
        }
    }

    /// Waits until something is heard that `seen` makes something of.
    pub fn wait<T>(&mut self, what: &str, seen: impl Fn(&Town, &Heard) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let heard = match self.heard.recv_timeout(left) {
                Ok(heard) => heard,
                Err(RecvTimeoutError::Timeout) => self.give_up(what),
                Err(RecvTimeoutError::Disconnected) => unreachable!("The town itself could tell."),
            };
            self.note(&heard);
            if let Some(found) = seen(self, &heard) {
                return found;
            }
        }
    }

    /// Takes in what has been heard so far, without waiting.
    pub fn catch_up(&mut self) {
        while let Ok(heard) = self.heard.try_recv() {
            self.note(&heard);
        }
    }

    fn give_up(&self, what: &str) -> ! {
        panic!("{DEADLINE:?} went by without {what}. What happened:\n{}", self.annals.join("\n"))
    }

    fn note(&mut self, heard: &Heard) {
        self.annals.push(format!("{heard}"));
        match heard {
            Heard::Line(_, event) => self.note_event(event),
            Heard::Ended(Source::Up, _) => {
                self.up = None;
                // Its nodes have ended, too, unless they were started again by themselves.
                self.pids.retain(|node, _| self.alone.contains_key(node));
                self.leaders.retain(|node, _| self.alone.contains_key(node));
            }
            Heard::Ended(Source::Node(node), _) => {
                self.alone.remove(node);
                self.forget(*node);
            }
        }
    }

    fn note_event(&mut self, event: &Value) {
        let number = |name: &str| event[name].as_u64();
        let Some(node) = number("node").map(|node| node as u16) else {
            return;
        };
        match event["event"].as_str() {
            Some("listening") => {
                let pid = number("pid").expect("A node that listens says which process it is.");
                self.pids.insert(node, pid as u32);
            }
            Some("leader") => match (number("term"), number("leader")) {
                (Some(term), Some(leader)) => {
                    self.leaders.insert(node, Leader { term, node: leader as u16 });
                }
                _ => _ = self.leaders.remove(&node),
            },
            Some("ended") => self.forget(node),
            _ => {}
        }
    }

    fn forget(&mut self, node: u16) {
        self.pids.remove(&node);
        self.leaders.remove(&node);
    }

    /// The folder that holds all nodes' folders.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of a node's log.
    pub fn node_data(&self, node: u16) -> PathBuf {
        self.data().join(format!("n{node}"))
    }

    /// The newest segment of a node's log.
    pub fn newest_segment(&self, node: u16) -> PathBuf {
        let files = fs::read_dir(self.node_data(node)).expect("A node that ran has a folder.");
        let paths = files.map(|file| file.expect("It can be listed.").path());
        let segments = paths.filter(|path| path.extension() == Some("log".as_ref()));
        segments.max().expect("A node that ran has a segment.")
    }

    /// The processes of all nodes that run, by node.
    pub fn pids(&self) -> &BTreeMap<u16, u32> {
        &self.pids
    }

    /// All nodes.
    pub fn nodes(&self) -> std::ops::Range<u16> {
        0..self.nodes
    }

    /// The port from which the town's ports are counted.
    pub fn base_port(&self) -> u16 {
        self.base_port
    }

    /// Where a node's clients connect.
    pub fn endpoint(&self, node: u16) -> String {
        format!("127.0.0.1:{}", self.base_port + 10 * node)
    }

    /// Where a node's peers connect.
    pub fn peer_endpoint(&self, node: u16) -> String {
        format!("127.0.0.1:{}", self.base_port + 10 * node + 1)
    }

    /// A client of one node. It connects with its first request, and again after every failure.
    pub async fn client(&self, node: u16) -> Client {
        connect(&self.endpoint(node)).await
    }

    /// A client for each node.
    pub async fn clients(&self) -> Vec<Client> {
        let mut clients = Vec::new();
        for node in self.nodes() {
            clients.push(self.client(node).await);
        }
        clients
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.catch_up();
        self.pids.values().for_each(|pid| process::kill(*pid));
        for process in self.alone.values().chain(&self.up) {
            process.terminate();
        }
        // Each is waited for as it is dropped; only then the folder goes.
        self.alone.clear();
        self.up = None;
    }
}

/// A client of the node that listens there.
pub async fn connect(endpoint: &str) -> Client {
    let options = ConnectOptions::new().with_timeout(PATIENCE);
    Client::connect([endpoint], Some(options)).await.expect("Connecting waits for a request.")
}

/// What ends a command that is expected to end by itself.
pub fn run_to_its_end(arguments: &[String]) -> Ending {
    let (tell, heard) = mpsc::channel();
    let process = process::spawn(Source::Up, arguments, tell);
    let deadline = Instant::now() + DEADLINE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match heard.recv_timeout(left) {
            Ok(Heard::Ended(_, ending)) => return ending,
            Ok(Heard::Line(..)) => {}
            Err(_) => {
                process.terminate();
                panic!("{arguments:?} goes on and should not.")
            }
        }
    }
}

/// Moves a file or a folder to where none is.
pub fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).expect("Both are in temporary folders.");
}
