//! TCP between the nodes of a trial.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use model::{NodeId, Random};
use world::trace::Fate;

use crate::wire::{MAX_PACKET, Packet, Quality};

/// The wait before dialling a peer again that cannot be reached: short beside any alarm.
const REDIAL: Duration = Duration::from_millis(20);

/// Packets that wait for a peer which cannot be reached; those beyond are lost. A thousand are
/// more than any protocol of the lab sends before it waits for an answer.
const WAITING: usize = 1 << 10;

/// Takes connections, and hands over what arrives, until the process ends.
pub fn listen<T: Send + 'static>(listener: TcpListener, tell: Sender<T>, wrap: fn(Packet) -> T) {
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            thread::spawn(move || {
                // A connection that breaks, or speaks nonsense, ends; its peer dials again.
                let mut stream = stream;
                while let Ok(packet) = read(&mut stream) {
                    if tell.send(wrap(packet)).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

fn read(stream: &mut TcpStream) -> io::Result<Packet> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_PACKET {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// The links from one node to all others.
pub struct Mesh {
    links: Vec<Link>,
    random: Random,
}

struct Link {
    quality: Quality,
    /// What was sent while the link was clogged.
    held: Vec<Vec<u8>>,
    sender: Sender<Vec<u8>>,
}

impl Mesh {
    /// Links to these nodes, which are dialled when there is something to send.
    pub fn new(addresses: &[SocketAddr], random: Random) -> Mesh {
        let link = |&address: &SocketAddr| {
            let (sender, receiver) = mpsc::channel();
            thread::spawn(move || carry(address, &receiver));
            Link { quality: Quality::default(), held: Vec::new(), sender }
        };
        Mesh { links: addresses.iter().map(link).collect(), random }
    }

    /// What becomes of the next packet on this link: the network decides when it is sent.
    pub fn fate(&mut self, to: NodeId) -> Fate {
        let Some(link) = self.links.get(to.index()) else {
            return Fate::Lost;
        };
        let Quality { cut, loss_ppm, duplicate_ppm, .. } = link.quality;
        if cut || self.random.chance(u64::from(loss_ppm), 1_000_000) {
            return Fate::Lost;
        }
        match self.random.chance(u64::from(duplicate_ppm), 1_000_000) {
            true => Fate::Doubled,
            false => Fate::Travels,
        }
    }

    /// Sends a packet that has this fate.
    pub fn send(&mut self, to: NodeId, packet: &Packet, fate: Fate) {
        let times = match fate {
            Fate::Lost => return,
            Fate::Travels => 1,
            Fate::Doubled => 2,
        };
        let link = &mut self.links[to.index()];
        let json = serde_json::to_vec(packet).expect("A packet holds nothing that JSON has not.");
        let mut bytes = (json.len() as u32).to_le_bytes().to_vec();
        bytes.extend(json);
        for _ in 0..times {
            if link.quality.clogged {
                link.held.push(bytes.clone());
            } else {
                // The thread that carries lives as long as the process.
                let _ = link.sender.send(bytes.clone());
            }
        }
    }

    /// From now on the links are like this, by number.
    pub fn become_like(&mut self, qualities: &[Quality]) {
        for (link, quality) in self.links.iter_mut().zip(qualities) {
            link.quality = *quality;
            if quality.cut {
                link.held.clear();
            }
            if !quality.clogged {
                for bytes in link.held.drain(..) {
                    let _ = link.sender.send(bytes);
                }
            }
        }
    }
}

/// Carries packets to one peer in order. What is being written when the connection breaks is lost.
fn carry(address: SocketAddr, packets: &Receiver<Vec<u8>>) {
    let mut stream: Option<TcpStream> = None;
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    loop {
        let wait = if waiting.is_empty() { Duration::MAX } else { REDIAL };
        match packets.recv_timeout(wait) {
            Ok(packet) if waiting.len() < WAITING => waiting.push(packet),
            Ok(_) | Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        if stream.is_none() {
            stream = TcpStream::connect(address).ok();
            if let Some(stream) = &stream {
                // Without it small packets would wait for each other; if it fails, they do.
                let _ = stream.set_nodelay(true);
            }
        }
        if let Some(open) = &mut stream {
            for packet in waiting.drain(..) {
                if open.write_all(&packet).is_err() {
                    stream = None;
                    break;
                }
            }
        }
    }
}
