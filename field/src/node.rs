//! One node of a trial: a process of its own.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use lab::bare::{Bare, Deed};
use model::{NodeId, Random};
use serde_json::Value as Json;
use world::trace::{Happening, Sending, What};

use crate::clock::{Clock, now};
use crate::disk::Disk;
use crate::mesh::{Mesh, listen};
use crate::wire::{Command, Line, Packet};

/// Which node this is, and where it lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its number.
    pub me: NodeId,
    /// Where it listens; port 0 for any.
    pub address: SocketAddr,
    /// The file that is its disk.
    pub disk: PathBuf,
    /// Decides alarms, losses and choices.
    pub seed: u64,
    /// How often it has been started: its lives must not number their messages alike.
    pub life: u32,
}

/// What reaches a node.
enum Input {
    Packet(Packet),
    Command(Command),
    /// The parent is gone.
    End,
}

/// Runs a node until its standard input ends.
///
/// # Errors
/// It cannot listen, or its disk fails.
pub fn run(place: &Place, bare: Box<dyn Bare>) -> io::Result<()> {
    let (tell, inputs) = mpsc::channel();
    let listener = TcpListener::bind(place.address)?;
    print(&Line::Listens(listener.local_addr()?))?;
    listen(listener, tell.clone(), Input::Packet);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            // The parent is this very program, so a line that cannot be read is a mistake of ours.
            let command = serde_json::from_str(&line).map(Input::Command);
            if tell.send(command.unwrap_or(Input::End)).is_err() {
                return;
            }
        }
        let _ = tell.send(Input::End);
    });
    let Some((mesh, early)) = wait_for_peers(place, &inputs) else {
        return Ok(());
    };
    let opened = Disk::open(&place.disk);
    if let Err(error) = &opened {
        print(&Line::Refuses(error.to_string()))?;
    }
    let (disk, records) = opened?;
    let mut node = Node {
        me: place.me,
        bare,
        mesh,
        disk,
        clock: Clock::new(Random::child(place.seed, &format!("clock {}", place.me))),
        alarms: BTreeMap::new(),
        stalled_until: 0,
        unsynced: VecDeque::new(),
        number: u64::from(place.life) << 32,
    };
    for record in records {
        node.bare.recover(record).map_err(io::Error::other)?;
    }
    let moment = node.clock.moment();
    let deeds = node.bare.start(moment);
    node.happen(What::Start, String::new(), None, deeds)?;
    for packet in early {
        node.take(packet)?;
    }
    node.live(&inputs)
}

/// Waits until the parent says where the peers are. They may have been told before, and have
/// written: what has come by then waits, since links that are perfect lose nothing.
fn wait_for_peers(place: &Place, inputs: &Receiver<Input>) -> Option<(Mesh, Vec<Packet>)> {
    let mut early = Vec::new();
    loop {
        match inputs.recv() {
            Ok(Input::Command(Command::Start(addresses))) => {
                let random = Random::child(place.seed, &format!("links {}", place.me));
                return Some((Mesh::new(&addresses, random), early));
            }
            Ok(Input::Packet(packet)) => early.push(packet),
            // A parent says nothing else before the start.
            Ok(Input::Command(_)) => {}
            Ok(Input::End) | Err(_) => return None,
        }
    }
}

struct Node {
    me: NodeId,
    bare: Box<dyn Bare>,
    mesh: Mesh,
    disk: Disk,
    clock: Clock,
    /// When each alarm rings, on the machine's clock.
    alarms: BTreeMap<String, u64>,
    stalled_until: u64,
    /// Frames that wait for the disk.
    unsynced: VecDeque<Vec<Json>>,
    /// The number of the last message.
    number: u64,
}

impl Node {
    fn live(&mut self, inputs: &Receiver<Input>) -> io::Result<()> {
        loop {
            self.settle()?;
            let next = self.alarms.values().copied().chain(self.stall_ends()).min();
            let wait =
                next.map_or(Duration::MAX, |at| Duration::from_nanos(at.saturating_sub(now())));
            match inputs.recv_timeout(wait) {
                Ok(Input::Packet(packet)) => self.take(packet)?,
                Ok(Input::Command(command)) => self.obey(command)?,
                Err(RecvTimeoutError::Timeout) => self.ring()?,
                Ok(Input::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn stall_ends(&self) -> Option<u64> {
        (!self.unsynced.is_empty()).then_some(self.stalled_until)
    }

    /// What the node owes itself, flushes, and the disk, until nothing is left to do.
    fn settle(&mut self) -> io::Result<()> {
        loop {
            let moment = self.clock.moment();
            let deeds = self.bare.settle(moment);
            if !deeds.is_empty() {
                self.happen(What::Flush, String::new(), None, deeds)?;
            }
            if now() < self.stalled_until {
                return Ok(());
            }
            let Some(frame) = self.unsynced.pop_front() else {
                return Ok(());
            };
            self.disk.save(&frame)?;
            let moment = self.clock.moment();
            let deeds = self.bare.synced(moment);
            self.happen(What::Sync, String::new(), None, deeds)?;
        }
    }

    fn take(&mut self, packet: Packet) -> io::Result<()> {
        let Packet { from, number, message } = packet;
        let (moment, text) = (self.clock.moment(), message.to_string());
        // A stranger's message that is none of the protocol's is left alone.
        let Ok(deeds) = self.bare.message(moment, from, message) else {
            return Ok(());
        };
        self.happen(What::Deliver { message: number, from }, text, None, deeds)
    }

    fn obey(&mut self, command: Command) -> io::Result<()> {
        match command {
            Command::Ask(request, text) => {
                let moment = self.clock.moment();
                let deeds = self.bare.request(moment, request.clone()).map_err(io::Error::other)?;
                self.happen(What::Request, text, Some(request), deeds)?;
            }
            Command::Links(qualities) => self.mesh.become_like(&qualities),
            Command::Stall(until) => self.stalled_until = self.stalled_until.max(until),
            Command::Skew(ppm) => self.clock.skew(ppm),
            Command::Leap(by) => self.clock.leap(by),
            Command::Start(_) => {}
        }
        Ok(())
    }

    fn ring(&mut self) -> io::Result<()> {
        let time = now();
        let due: Vec<(u64, String)> = self
            .alarms
            .iter()
            .filter(|(_, at)| **at <= time)
            .map(|(name, at)| (*at, name.clone()))
            .collect();
        let Some((_, timer)) = due.into_iter().min() else {
            return Ok(());
        };
        self.alarms.remove(&timer);
        let moment = self.clock.moment();
        let deeds = self.bare.timer(moment, &timer);
        self.happen(What::Timer, timer, None, deeds)
    }

    /// Writes down what happened, then does it: what the world can see of this node, the parent
    /// has seen before.
    fn happen(
        &mut self,
        what: What,
        text: String,
        asked: Option<Json>,
        deeds: Vec<Deed>,
    ) -> io::Result<()> {
        let mut happening = Happening::new(now(), Some(self.me), what, text);
        happening.epoch = self.bare.epoch();
        let mut told_values = Vec::new();
        let mut packets = Vec::new();
        for deed in deeds {
            match deed {
                Deed::Send { to, message, text } => {
                    self.number += 1;
                    let number = self.number << 8 | u64::from(self.me.0);
                    let fate = self.mesh.fate(to);
                    happening.sends.push(Sending { message: number, to, text, fate });
                    packets.push((to, Packet { from: self.me, number, message }, fate));
                }
                Deed::Save(records) => {
                    let (records, texts): (Vec<Json>, Vec<String>) = records.into_iter().unzip();
                    happening.saves.extend(texts);
                    self.unsynced.push_back(records);
                }
                Deed::Tell { told, text } => {
                    happening.tells.push(text);
                    told_values.push(told);
                }
                Deed::Set { timer, range } => {
                    happening.alarms.push(format!("sets {timer} {range:?}"));
                    self.alarms.insert(timer, self.clock.due(&range));
                }
                Deed::Cancel { timer } => {
                    happening.alarms.push(format!("cancels {timer}"));
                    self.alarms.remove(&timer);
                }
            }
        }
        let happening = Box::new(happening);
        let asked = asked.into_iter().collect();
        print(&Line::Happened { happening, asked, told: told_values })?;
        packets.iter().for_each(|(to, packet, fate)| self.mesh.send(*to, packet, *fate));
        Ok(())
    }
}

fn print(line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&text)?;
    output.flush()
}
