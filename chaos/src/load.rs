//! Clients at work while faults strike.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use model::{NodeId, NodeSet, Random};
use spec::history::models::{Ask, RevisionsInput, RevisionsOutput};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::client::{Client, Trouble};
use crate::record::{Event, Recording};

/// Keys in use: so few that clients meet at each; the first ones are also swapped.
pub(crate) const KEYS: u64 = 20;
const SWAPPED: u64 = 4;

/// Requests of a client to one node before it turns to the next.
const STAY: u64 = 30;

/// The wait after a failure: a node that is down refuses at once, and asking it a thousand times a
/// second tells nothing new.
pub(crate) const AFTER_FAILURE: Duration = Duration::from_millis(20);

/// How clients go about it.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// How many there are.
    pub clients: u64,
    /// The wait between an answer and the next request.
    pub pause: Duration,
    /// The longest wait for an answer.
    pub patience: Duration,
    /// Decides what they ask.
    pub seed: u64,
}

/// A write that was acknowledged.
struct Acknowledged {
    node: NodeId,
    called: Instant,
    returned: Instant,
}

/// Clients at work. They go on whatever fails.
#[derive(Debug)]
pub struct Load {
    runtime: Runtime,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
    acknowledged: Receiver<Acknowledged>,
}

impl Load {
    /// Sets clients to work at all these nodes. Loads of one recording have different numbers, and
    /// so write different values.
    ///
    /// # Errors
    /// The system has no threads left.
    pub fn start(
        nodes: &[SocketAddr],
        recording: &Recording,
        habits: &Habits,
        number: u64,
    ) -> io::Result<Load> {
        let runtime = runtime()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, acknowledged) = mpsc::channel();
        let clients = (0..habits.clients).map(|client| {
            let process = number * habits.clients + client;
            let worker = Worker {
                process,
                habits: *habits,
                random: Random::child(habits.seed, &format!("client {process}")),
                value: (process << 32) as i64,
                found: [0; KEYS as usize],
                tell: tell.clone(),
                recording: recording.clone(),
            };
            runtime.spawn(worker.run(nodes.to_vec(), stop.clone()))
        });
        let clients = clients.collect();
        Ok(Load { runtime, stop, clients, acknowledged })
    }

    /// Waits until `count` writes that were called from now on, and one at least at each of these
    /// nodes, have been acknowledged.
    ///
    /// # Errors
    /// Who acknowledged none, or how few there were, when the time was up.
    pub fn wait_for_writes(
        &self,
        nodes: NodeSet,
        count: usize,
        within: Duration,
    ) -> Result<(), String> {
        let now = Instant::now();
        let (mut missing, mut writes) = (nodes, 0);
        while !missing.is_empty() || writes < count {
            let left = within.saturating_sub(now.elapsed());
            let Ok(write) = self.write_after(now, left) else {
                let who = if missing.is_empty() { "all nodes" } else { &missing.to_string() };
                return Err(format!(
                    "within {within:?} {writes} writes were acknowledged and {who} asked in vain"
                ));
            };
            writes += 1;
            missing.remove(write.node);
        }
        Ok(())
    }

    /// How long after `then` the first write was acknowledged that was called after it.
    ///
    /// # Errors
    /// There was none within this time.
    pub fn next_write_after(&self, then: Instant, within: Duration) -> Result<Duration, String> {
        Ok(self.write_after(then, within)?.returned - then)
    }

    fn write_after(&self, then: Instant, within: Duration) -> Result<Acknowledged, String> {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.acknowledged.recv_timeout(left) {
                Ok(write) if write.called > then => return Ok(write),
                Ok(_) => {}
                Err(_) => return Err(format!("{within:?} went by without a write")),
            }
        }
    }

    /// Lets every client finish its request.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            self.runtime.block_on(client).expect("A client goes on, whatever it is told.");
        }
    }
}

/// Two threads on which clients work.
pub(crate) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Asks, and writes down what came of it.
pub(crate) async fn perform(
    client: &mut Client,
    recording: &Recording,
    (process, node): (u64, NodeId),
    input: RevisionsInput,
) -> Option<RevisionsOutput> {
    recording.note(Event::Asked { process, node, input: input.clone() });
    let (event, output) = match client.ask(&input).await {
        Ok((output, revision)) => {
            (Event::Answered { process, output: output.clone(), revision }, Some(output))
        }
        Err(Trouble::Unanswered(why)) => (Event::Unanswered { process, why }, None),
        Err(Trouble::Nonsense(what)) => (Event::Nonsense { process, what }, None),
    };
    recording.note(event);
    output
}

/// The name of a key.
pub(crate) fn key(number: u64) -> Arc<str> {
    format!("chaos/{number}").into()
}

/// One client.
struct Worker {
    process: u64,
    habits: Habits,
    random: Random,
    /// The value written last; the next write's is one more.
    value: i64,
    /// The revision at which each key was found last.
    found: [i64; KEYS as usize],
    tell: Sender<Acknowledged>,
    recording: Recording,
}

impl Worker {
    async fn run(mut self, nodes: Vec<SocketAddr>, stop: Arc<AtomicBool>) {
        let client = |&node: &SocketAddr| Client::new(node, self.habits.patience);
        let mut clients: Vec<Client> = nodes.iter().map(client).collect();
        let mut node = self.process as usize % clients.len();
        let mut stay = STAY;
        while !stop.load(Ordering::Relaxed) {
            node = (node + usize::from(stay == 0)) % clients.len();
            stay = if stay == 0 { STAY } else { stay - 1 };
            let (number, ask) = self.choose();
            let input = RevisionsInput { key: key(number), ask, seen: None };
            let called = Instant::now();
            let whom = (self.process, NodeId(node as u16));
            let answer = perform(&mut clients[node], &self.recording, whom, input).await;
            let pause = match answer {
                Some(output) => {
                    self.learn(number, &output, NodeId(node as u16), called);
                    self.habits.pause
                }
                None => {
                    // Somebody else may be well.
                    stay = 0;
                    self.habits.pause.max(AFTER_FAILURE)
                }
            };
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }

    fn choose(&mut self) -> (u64, Ask) {
        let kind = self.random.below(5);
        if kind < 2 {
            return (self.random.below(KEYS), Ask::Get);
        }
        self.value += 1;
        let value = self.value;
        if kind < 4 {
            return (self.random.below(KEYS), Ask::Put { value });
        }
        let key = self.random.below(SWAPPED);
        (key, Ask::Swap { at: self.found[key as usize], value })
    }

    fn learn(&mut self, key: u64, output: &RevisionsOutput, node: NodeId, called: Instant) {
        self.found[key as usize] = match output {
            RevisionsOutput::Written(revision) => {
                let returned = Instant::now();
                // Nobody may be counting any more.
                let _ = self.tell.send(Acknowledged { node, called, returned });
                *revision
            }
            RevisionsOutput::Found(found) => found.map_or(0, |(_, revision)| revision),
        };
    }
}
