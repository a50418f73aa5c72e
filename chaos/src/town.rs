//! The processes of a cluster, each a `synod serve`, with the network between them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use field::process::{Ending, Process, Said};
use model::{NodeId, NodeSet};
use serde_json::Value as Json;

use crate::network::Network;
use crate::ports::{self, PORTS_A_NODE};

/// How long nodes may take to listen: many times what starting one takes on a busy machine.
const START: Duration = Duration::from_secs(20);

/// How often other ports are tried when somebody else was faster.
const TRIES: usize = 5;

/// What is heard of a node.
pub(crate) enum News {
    /// It listens, and so serves.
    Listens(NodeId),
    /// It ended in this life, and how.
    Ended(NodeId, Ending),
}

/// A cluster of real processes.
pub(crate) struct Town {
    program: PathBuf,
    folder: PathBuf,
    cluster: u64,
    clients: Vec<SocketAddr>,
    peers: Vec<SocketAddr>,
    pub network: Network,
    processes: BTreeMap<NodeId, Process>,
    /// How often each node was started before.
    lives: Vec<u32>,
    tell: Sender<(NodeId, u32, Said)>,
    heard: Receiver<(NodeId, u32, Said)>,
}

impl Town {
    /// Starts a cluster in this folder, and waits until all its nodes listen.
    pub fn start(program: &Path, folder: &Path, nodes: usize, seed: u64) -> Result<Town, String> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut town = Town::new(program, folder, nodes, seed)?;
            for node in NodeId::first(nodes) {
                town.spawn(node)?;
            }
            match town.wait_until_all_listen() {
                // It is only now that the ports are certain.
                Err(why) if why.contains("is in use") && tries < TRIES => {}
                Err(why) => return Err(why),
                Ok(()) => return Ok(town),
            }
        }
    }

    fn new(program: &Path, folder: &Path, nodes: usize, seed: u64) -> Result<Town, String> {
        let count = u16::try_from(nodes).expect("A plan's nodes were counted.");
        let base = ports::free(count);
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let clients = (0..count).map(|node| address(base + PORTS_A_NODE * node)).collect();
        let peers: Vec<SocketAddr> =
            (0..count).map(|node| address(base + PORTS_A_NODE * node + 1)).collect();
        let fail = |error| format!("the network between the nodes cannot be made: {error}");
        let network = Network::new(&peers, seed).map_err(fail)?;
        let (tell, heard) = mpsc::channel();
        Ok(Town {
            program: program.to_path_buf(),
            folder: folder.to_path_buf(),
            cluster: seed | 1 << 63,
            clients,
            peers,
            network,
            processes: BTreeMap::new(),
            lives: vec![0; nodes],
            tell,
            heard,
        })
    }

    fn wait_until_all_listen(&mut self) -> Result<(), String> {
        let end = Instant::now() + START;
        let mut missing = NodeSet::first(self.lives.len());
        while !missing.is_empty() {
            match self.listen(end).ok_or("the nodes did not start in time")? {
                News::Listens(node) => drop(missing.remove(node)),
                News::Ended(node, ending) => return Err(format!("{node} did not start: {ending}")),
            }
        }
        Ok(())
    }

    /// Where clients reach the nodes.
    pub fn clients(&self) -> &[SocketAddr] {
        &self.clients
    }

    /// The folder of a node's log.
    pub fn log(&self, node: NodeId) -> PathBuf {
        self.folder.join(node.to_string())
    }

    /// The next that is heard of a node in its present life until then. A node that ended is not
    /// held any longer.
    pub fn listen(&mut self, until: Instant) -> Option<News> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (node, life, said) = self.heard.recv_timeout(left).ok()?;
            if self.lives[node.index()] != life {
                continue; // The last words of one that was killed.
            }
            match said {
                Said::Ended(ending) => {
                    self.lives[node.index()] += 1;
                    self.processes.remove(&node);
                    return Some(News::Ended(node, ending));
                }
                Said::Line(line) => {
                    let event: Json = serde_json::from_str(&line).unwrap_or_default();
                    if event["event"] == "listening" {
                        return Some(News::Listens(node));
                    }
                }
            }
        }
    }

    /// Starts a node, unless it runs.
    pub fn revive(&mut self, node: NodeId) -> Result<(), String> {
        if self.processes.contains_key(&node) { Ok(()) } else { self.spawn(node) }
    }

    /// Kills a node, as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self, node: NodeId) {
        if let Some(process) = self.processes.remove(&node) {
            self.lives[node.index()] += 1;
            process.kill();
        }
    }

    /// Stops a node, as `kill -STOP` does, or lets it go on, if it runs.
    pub fn pause(&self, node: NodeId, pause: bool) {
        if let Some(process) = self.processes.get(&node) {
            process.pause(pause);
        }
    }

    fn spawn(&mut self, node: NodeId) -> Result<(), String> {
        let member = |to: NodeId| {
            let own = self.peers[to.index()];
            let peers = if to == node { own } else { self.network.address(node, to) };
            format!("{}/{peers}", self.clients[to.index()])
        };
        let members: Vec<String> = NodeId::first(self.lives.len()).map(member).collect();
        let arguments = [
            "serve".to_string(),
            "--json".to_string(),
            "--with-parent".to_string(),
            format!("--node={}", node.0),
            format!("--cluster={:016x}", self.cluster),
            format!("--members={}", members.join(",")),
            format!("--data={}", self.log(node).display()),
        ];
        let (tell, life) = (self.tell.clone(), self.lives[node.index()]);
        let process = Process::spawn(&self.program, &arguments, move |said| {
            // A town that has been left hears nothing any more.
            let _ = tell.send((node, life, said));
        });
        let process = process.map_err(|error| format!("cannot start {node}: {error}"))?;
        self.processes.insert(node, process);
        Ok(())
    }
}
