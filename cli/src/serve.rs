//! `synod serve`: one node of a cluster, in this process.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use clap::Args;
use model::NodeId;
use node::log::LogError;
use node::{Config, Member, News};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::Failure;

/// What one node has to be told; `synod up` tells it to each of its nodes.
#[derive(Args)]
pub struct Serve {
    /// This node's number in the list of members, from 0
    #[arg(long)]
    node: u16,
    /// The cluster's number, 16 hexadecimal digits; the same at all of its nodes, and at no others
    #[arg(long, value_parser = cluster)]
    cluster: u64,
    /// All nodes in order, each as CLIENTS/PEERS: 127.0.0.1:2379/127.0.0.1:2380,...
    #[arg(long, value_delimiter = ',', required = true, value_parser = member)]
    members: Vec<Member>,
    /// The folder of this node's log; made if it is not there
    #[arg(long)]
    data: PathBuf,
    /// Print what happens as JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Stop when standard input ends: the parent has gone
    #[arg(long, hide = true)]
    with_parent: bool,
}

impl Serve {
    /// Runs the node until it is told to stop.
    pub fn run(self) -> Result<(), Failure> {
        let (news, heard) = mpsc::channel();
        let (me, json) = (NodeId(self.node), self.json);
        let printer = thread::spawn(move || {
            for news in heard {
                print(me, &news, json);
            }
        });
        let stop = stop_request(self.with_parent)?;
        let config = Config { me, cluster: self.cluster, members: self.members, data: self.data };
        let served = node::serve(config, news, async {
            // A sender that is gone means stop, too.
            let _ = stop.await;
        });
        let _ = printer.join();
        served.map_err(|error| match &error {
            node::Error::Log(LogError::Damaged { .. } | LogError::Missing { .. }) => {
                Failure::damaged(format!("{me}: {error}"))
            }
            _ => Failure::new(format!("{me}: {error}")),
        })
    }
}

/// Resolves at SIGINT, SIGTERM or, with a parent, at the end of standard input.
fn stop_request(with_parent: bool) -> Result<oneshot::Receiver<()>, Failure> {
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime for signals: {error}")))?;
    let (parent_gone, parent) = oneshot::channel();
    if with_parent {
        thread::spawn(move || {
            // Whatever ends the input, an error too, the parent can no longer reach us.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = parent_gone.send(());
        });
    } else {
        std::mem::forget(parent_gone);
    }
    thread::spawn(move || {
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = parent => {}
            }
            let _ = stop.send(());
            // A disk that hangs must not keep a person from ending the program.
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(130);
        });
    });
    Ok(stopped)
}

fn print(me: NodeId, news: &News, json: bool) {
    let line = if json { as_json(me, news).to_string() } else { as_text(me, news) };
    let mut out = std::io::stdout().lock();
    // A reader that has gone is no reason to stop serving.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn as_json(me: NodeId, news: &News) -> serde_json::Value {
    let node = me.0;
    match news {
        News::Recovered(opened) => json!({
            "event": "recovered", "node": node, "frames": opened.frames, "bytes": opened.bytes,
            "cut": opened.cut.as_ref().map(|cut| cut.bytes), "text": opened.to_string(),
        }),
        News::Listening { clients, peers } => json!({
            "event": "listening", "node": node, "pid": std::process::id(),
            "clients": clients.to_string(), "peers": peers.to_string(),
        }),
        News::Leader { term, leader } => json!({
            "event": "leader", "node": node, "term": term, "leader": leader.map(|l| l.0),
        }),
        News::Peers(note) => {
            json!({ "event": "peers", "node": node, "text": note.to_string() })
        }
        News::Unreadable(peer) => json!({ "event": "unreadable", "node": node, "peer": peer.0 }),
    }
}

fn as_text(me: NodeId, news: &News) -> String {
    match news {
        News::Recovered(opened) => format!("{me}: the log holds {opened}"),
        News::Listening { clients, peers } => {
            format!("{me}: listens for clients on {clients} and for peers on {peers}")
        }
        News::Leader { term, leader: Some(leader) } => format!("{me}: {leader} leads term {term}"),
        News::Leader { term, leader: None } => format!("{me}: nobody leads term {term} yet"),
        News::Peers(note) => format!("{me}: {note}"),
        News::Unreadable(peer) => {
            format!("{me}: a message of {peer} cannot be read; does it run another version?")
        }
    }
}

/// Reads a cluster's number.
fn cluster(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16).map_err(|_| "it takes up to 16 hexadecimal digits".to_string())
}

/// Reads a member's two addresses.
fn member(text: &str) -> Result<Member, String> {
    let addresses = text.split_once('/').ok_or("it takes CLIENTS/PEERS, two addresses")?;
    let address = |text: &str| -> Result<SocketAddr, String> {
        text.parse().map_err(|_| format!("{text} is not an address like 127.0.0.1:2379"))
    };
    Ok(Member { clients: address(addresses.0)?, peers: address(addresses.1)? })
}
