//! A node of Maelstrom's: a protocol of the canon behind Maelstrom's workloads.
//!
//! A protocol joins by a [`Job`], in a file of its own: it turns what Maelstrom's clients ask into
//! requests of the protocol, and what the protocol tells into answers. Between nodes travel bodies
//! of type `synod`. A protocol that claims perfect links gets them: under it runs the canon's own
//! perfect link, whose bodies are of type `link`, for Maelstrom's network loses messages.

mod alone;
mod instance;
mod register;
mod spread;
mod store;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use canon::broadcast::batched::Batched;
use canon::broadcast::causal::Causal;
use canon::broadcast::eager::Eager;
use canon::broadcast::majority::Majority;
use canon::link;
use canon::link::perfect::PerfectLink;
use model::{Event, Named, NodeId, NodeSet, Process};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::harness::Workload;
use crate::message::{Code, Envelope};
use instance::{Effects, Instance};
use spread::{Said, Spread};

/// A protocol that can be a node, and what it serves.
#[derive(Clone, Copy)]
pub struct Protocol {
    /// Its name in the lab.
    pub name: &'static str,
    /// What it does for clients, in a sentence without its full stop.
    pub what: &'static str,
    /// The workloads that it serves.
    pub workloads: &'static [Workload],
    live: fn(&Envelope, Place, &Receiver<Envelope>) -> io::Result<()>,
}

/// What everybody serves: it needs nobody else.
const ALONE: &[Workload] = &[Workload::Echo, Workload::UniqueIds];

/// What a broadcast serves.
const SPREAD: &[Workload] = &[
    Workload::Echo,
    Workload::UniqueIds,
    Workload::Broadcast,
    Workload::GSet,
    Workload::GCounter,
    Workload::PnCounter,
    Workload::TxnRwRegister,
];

/// What a register serves: of lin-kv, reads and writes.
const REGISTER: &[Workload] = &[Workload::Echo, Workload::UniqueIds, Workload::LinKv];

/// A protocol joins by a line here.
pub static PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "store",
        what: "the served store, an etcd machine on Raft: everything is linearizable, while a \
               majority is connected",
        workloads: Workload::ALL,
        live: live::<store::Keeper>,
    },
    Protocol {
        name: "abd",
        what: "an atomic register a key on a majority; it cannot compare and set (error 10)",
        workloads: REGISTER,
        live: live::<register::Registers>,
    },
    Protocol {
        name: "eager-broadcast",
        what: "each node answers from what it has delivered; transactions are read-committed",
        workloads: SPREAD,
        live: live::<Spread<Eager<Said>>>,
    },
    Protocol {
        name: "uniform-broadcast",
        what: "as eager-broadcast, but what is added is acknowledged when a majority has it",
        workloads: SPREAD,
        live: live::<Spread<Majority<Said>>>,
    },
    Protocol {
        name: "causal-broadcast",
        what: "as eager-broadcast, but nothing is delivered before what it follows upon",
        workloads: SPREAD,
        live: live::<Spread<Causal<Said>>>,
    },
    Protocol {
        name: "batched-broadcast",
        what: "as eager-broadcast, but in batches through one node: few messages, some delay",
        workloads: SPREAD,
        live: live::<Spread<Batched<Said>>>,
    },
    Protocol {
        name: "alone",
        what: "nodes that never speak to each other",
        workloads: ALONE,
        live: live::<alone::Alone>,
    },
];

/// The protocol of this name.
///
/// # Errors
/// A sentence that names what there is.
pub fn find(name: &str) -> Result<&'static Protocol, String> {
    PROTOCOLS.iter().find(|protocol| protocol.name == name).ok_or_else(|| {
        let names: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.name).collect();
        format!("no protocol {name:?} is a node here; there are: {}", names.join(", "))
    })
}

/// Who a node is, and how it is to be.
#[derive(Clone, Debug)]
struct Place {
    me: NodeId,
    /// All nodes, by number.
    names: Vec<String>,
    /// Tells this life's identifiers from those of any other.
    life: u64,
    /// What clients add is a counter's, not a set's: Maelstrom does not tell its nodes which.
    is_counter: bool,
}

impl Protocol {
    /// Is a node of this protocol on standard input and output, until the input ends. What clients
    /// add is a counter's or a set's: Maelstrom does not tell its nodes which.
    ///
    /// # Errors
    /// Standard output is gone, or the first message is no `init`.
    pub fn run(&self, is_counter: bool) -> io::Result<()> {
        let (tell, inputs) = mpsc::channel();
        thread::spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                match serde_json::from_str::<Envelope>(&line) {
                    Ok(envelope) => {
                        if tell.send(envelope).is_err() {
                            return;
                        }
                    }
                    Err(error) => eprintln!("this is no message ({error}): {line}"),
                }
            }
        });
        let Ok(init) = inputs.recv() else {
            return Ok(());
        };
        let place = Place::of(&init, is_counter).map_err(io::Error::other)?;
        (self.live)(&init, place, &inputs)
    }

    /// The arguments with which this program is a node of this protocol, for this workload.
    pub fn arguments(&self, workload: Workload) -> Vec<String> {
        let mut arguments = vec!["maelstrom", "node", "--protocol", self.name];
        arguments.extend(workload.is_counter().then_some("--counter"));
        arguments.into_iter().map(str::to_string).collect()
    }

    /// Whether it serves this workload.
    pub fn serves(&self, workload: Workload) -> bool {
        self.workloads.contains(&workload)
    }
}

impl Place {
    fn of(init: &Envelope, is_counter: bool) -> Result<Place, String> {
        let names = init.body["node_ids"].as_array().into_iter().flatten();
        let names: Vec<String> = names.filter_map(Json::as_str).map(str::to_string).collect();
        let me = init.body["node_id"].as_str().unwrap_or_default();
        let Some(place) = names.iter().position(|name| name == me) else {
            return Err("the first message must be an init that names this node".into());
        };
        let most = NodeSet::CAPACITY;
        if names.len() > most {
            return Err(format!("{} nodes are too many: {most} at most", names.len()));
        }
        let life = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let life = life.as_nanos() as u64;
        Ok(Place { me: NodeId(place as u16), names, life, is_counter })
    }

    fn node(&self, name: &str) -> Option<NodeId> {
        self.names.iter().position(|one| one == name).map(|place| NodeId(place as u16))
    }
}

/// What a protocol does for Maelstrom's clients.
trait Job: Sized {
    /// The protocol.
    type Process: Process;

    /// Whether the protocol claims that what it sends arrives, once.
    const NEEDS_PERFECT_LINKS: bool = false;

    /// A node that knows nothing yet.
    fn new(place: &Place) -> Self;

    /// The protocol at this node. A job may use many instances of it, told apart by their names.
    fn process(place: &Place) -> Self::Process;

    /// The workload is broadcast: of its nodes alone `messages` are read, of others a `value`, and
    /// Maelstrom takes no answer that has more than it asks for.
    fn told_topology(&mut self) {}

    /// A client asks.
    fn asked(&mut self, request: Envelope) -> Vec<Wish<Self::Process>>;

    /// An instance of the protocol tells something.
    fn told(
        &mut self,
        instance: &str,
        told: <Self::Process as Process>::Indication,
    ) -> Vec<Wish<Self::Process>>;
}

/// What a job wants done.
enum Wish<P: Process> {
    /// Ask the instance of this name.
    Ask(String, P::Request),
    /// Answer a client.
    Answer(Envelope),
}

impl<P: Process> Wish<P> {
    /// A request that the protocol does not know is refused.
    fn not_supported(request: &Envelope) -> Wish<P> {
        let why = format!("there is no request {:?} here", request.kind());
        Wish::Answer(request.refuse(Code::NotSupported, &why))
    }
}

/// After how long a perfect link sends again what was not acknowledged: a round trip of
/// Maelstrom's usual latency of 100 ms, and as much again for a busy machine.
const REPEAT: Duration = Duration::from_millis(400);

struct Node<J: Job> {
    place: Place,
    job: J,
    instances: BTreeMap<String, Instance<J::Process>>,
    links: Option<Instance<PerfectLink<Json>>>,
    /// How many identifiers were given.
    given: u64,
}

fn live<J: Job>(init: &Envelope, place: Place, inputs: &Receiver<Envelope>) -> io::Result<()> {
    let links = || Instance::new(place.me, PerfectLink::new(REPEAT, None), place.life);
    let mut node = Node {
        job: J::new(&place),
        instances: BTreeMap::new(),
        links: J::NEEDS_PERFECT_LINKS.then(links),
        given: 0,
        place,
    };
    write(&init.answer(json!({ "type": "init_ok" })))?;
    node.live(inputs)
}

impl<J: Job> Node<J> {
    fn live(&mut self, inputs: &Receiver<Envelope>) -> io::Result<()> {
        // Most jobs have one instance, without a name, and it may have something to do already.
        self.wake("")?;
        loop {
            let alarms = self.instances.values().filter_map(Instance::next);
            let next = alarms.chain(self.links.as_ref().and_then(Instance::next)).min();
            let wait =
                next.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            match inputs.recv_timeout(wait) {
                Ok(envelope) => self.take(envelope)?,
                Err(RecvTimeoutError::Timeout) => self.ring()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn ring(&mut self) -> io::Result<()> {
        if let Some(effects) = self.links.as_mut().and_then(Instance::ring) {
            self.carry(effects)?;
        }
        let mut rung = Vec::new();
        for (name, instance) in &mut self.instances {
            rung.extend(instance.ring().map(|effects| (name.clone(), effects)));
        }
        rung.into_iter().try_for_each(|(name, effects)| self.carry_out(&name, effects))
    }

    fn take(&mut self, envelope: Envelope) -> io::Result<()> {
        match envelope.kind() {
            "synod" => {
                let Some(from) = self.place.node(&envelope.src) else { return Ok(()) };
                self.deliver(from, &envelope.body)
            }
            "link" => {
                let Some(from) = self.place.node(&envelope.src) else { return Ok(()) };
                let (Some(links), Some(message)) =
                    (&mut self.links, read(&envelope.body["message"]))
                else {
                    return Ok(());
                };
                let effects = links.take(Event::Message(from, message));
                self.carry(effects)
            }
            "topology" => {
                self.job.told_topology();
                write(&envelope.answer(json!({ "type": "topology_ok" })))
            }
            "echo" => {
                let body = json!({ "type": "echo_ok", "echo": envelope.body["echo"] });
                write(&envelope.answer(body))
            }
            "generate" => {
                // Unique: no two nodes share a number, no two lives a beginning, no two answers a
                // count.
                self.given += 1;
                let id = format!("{}-{}-{}", self.place.me.0, self.place.life, self.given);
                write(&envelope.answer(json!({ "type": "generate_ok", "id": id })))
            }
            _ => {
                let wishes = self.job.asked(envelope);
                self.grant(wishes)
            }
        }
    }

    /// A body of a peer reaches the instance that it is for.
    fn deliver(&mut self, from: NodeId, body: &Json) -> io::Result<()> {
        let Some(message) = read(&body["message"]) else {
            eprintln!("{from}: this is no message of the protocol: {body}");
            return Ok(());
        };
        let name = body["instance"].as_str().unwrap_or_default().to_string();
        let effects = self.wake(&name)?.take(Event::Message(from, message));
        self.carry_out(&name, effects)
    }

    /// The instance of this name, which starts now if it has not.
    fn wake(&mut self, name: &str) -> io::Result<&mut Instance<J::Process>> {
        if !self.instances.contains_key(name) {
            let process = J::process(&self.place);
            let mut instance = Instance::new(self.place.me, process, self.place.life);
            let effects = instance.take(Event::Start);
            self.instances.insert(name.to_string(), instance);
            self.carry_out(name, effects)?;
        }
        Ok(self.instances.get_mut(name).expect("It has just been put there."))
    }

    fn grant(&mut self, wishes: Vec<Wish<J::Process>>) -> io::Result<()> {
        for wish in wishes {
            match wish {
                Wish::Answer(envelope) => write(&envelope)?,
                Wish::Ask(name, request) => {
                    let effects = self.wake(&name)?.take(Event::Request(request));
                    self.carry_out(&name, effects)?;
                }
            }
        }
        Ok(())
    }

    /// What an instance of the protocol wants done.
    fn carry_out(&mut self, name: &str, effects: Effects<J::Process>) -> io::Result<()> {
        for (to, message) in effects.sends {
            let mut body = json!({ "type": "synod", "message": message });
            if !name.is_empty() {
                body["instance"] = json!(name);
            }
            match &mut self.links {
                None => self.send(to, body)?,
                Some(links) => {
                    let effects = links.take(Event::Request(link::Send { to, payload: body }));
                    self.carry(effects)?;
                }
            }
        }
        for told in effects.told {
            let wishes = self.job.told(name, told);
            self.grant(wishes)?;
        }
        Ok(())
    }

    /// What the perfect links want done.
    fn carry(&mut self, effects: Effects<PerfectLink<Json>>) -> io::Result<()> {
        for (to, message) in effects.sends {
            self.send(to, json!({ "type": "link", "message": message }))?;
        }
        for link::Deliver { from, payload } in effects.told {
            self.deliver(from, &payload)?;
        }
        Ok(())
    }

    fn send(&self, to: NodeId, body: Json) -> io::Result<()> {
        let src = self.place.names[self.place.me.index()].clone();
        let dest = self.place.names[to.index()].clone();
        write(&Envelope { src, dest, body })
    }
}

fn read<T: for<'d> Deserialize<'d>>(value: &Json) -> Option<T> {
    T::deserialize(value).ok()
}

fn write(envelope: &Envelope) -> io::Result<()> {
    let mut line = serde_json::to_vec(envelope)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}
