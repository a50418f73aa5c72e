//! Broadcasts in the lab, over numbers.

mod batched;
mod causal;
mod eager;
mod uniform;

use canon::broadcast::Broadcast;
use check::{Bounds, Flushing};
use model::{NodeId, Process};
use world::Subject;
use world::timed::MILLIS;

use crate::exhibit::Dial;
use crate::theory::{Measure, delays_until, even_run};

pub use batched::BatchedLab;
pub use causal::CausalLab;
pub use eager::{Agreement, EagerLab};
pub use uniform::UniformLab;

/// Who broadcasts how often when explored or told about.
#[derive(Clone, Copy, Debug)]
pub struct Broadcasters {
    /// How many nodes broadcast; those with the lowest numbers.
    pub nodes: usize,
    /// How often each of them does.
    pub broadcasts: u64,
}

impl Default for Broadcasters {
    /// Two nodes broadcast twice.
    fn default() -> Broadcasters {
        Broadcasters { nodes: 2, broadcasts: 2 }
    }
}

impl Broadcasters {
    /// What a node may broadcast: numbers that tell whose they are.
    fn requests(self, node: NodeId) -> Vec<Broadcast<u64>> {
        let count = if node.index() < self.nodes { self.broadcasts } else { 0 };
        (1..=count).map(|number| Broadcast(u64::from(node.0) * 10 + number)).collect()
    }

    fn dials(&mut self) -> [Dial<'_>; 2] {
        [
            Dial::number("asked", "how many nodes broadcast", &mut self.nodes),
            Dial::number("broadcasts", "how often each of them does", &mut self.broadcasts),
        ]
    }
}

/// Without crashes: to safety, a node that has crashed for good is one that is slow for ever.
fn bounds() -> Bounds {
    Bounds { flushing: Flushing::Eager, ..Bounds::default() }
}

/// Messages of one broadcast of n0 beside n(n-1), and its delays beside so many, when every message
/// takes as long as any other.
fn measures<S>(subject: &S, delays: (&'static str, f64)) -> Vec<Measure>
where
    S: Subject<Process: Process<Request = Broadcast<u64>>>,
{
    let nodes = subject.nodes();
    let trace = even_run(subject, &[(MILLIS, NodeId(0), Broadcast(1))], 1);
    let told = trace.events.iter().flat_map(|event| &event.tells).count();
    assert_eq!(told, nodes, "Every node delivers the broadcast of a run without faults.");
    let latest = delays_until(&trace, "deliver").expect("It was delivered.");
    vec![
        Measure::exact(
            nodes,
            "messages a broadcast",
            "from node to node, copies that come too late to matter included; one broadcast, no \
             crash",
            trace.messages() as f64,
            ("n(n-1)", (nodes * (nodes - 1)) as f64),
        ),
        Measure::exact(
            nodes,
            "delays until the last node delivers",
            "the longest chain of messages from the request to a delivery; no crash, every message \
             takes as long",
            f64::from(latest),
            delays,
        ),
    ]
}
