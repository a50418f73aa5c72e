//! Broadcasts in the lab, over numbers.

mod causal;
mod eager;
mod uniform;

use canon::broadcast::Broadcast;
use model::{NodeId, Process};
use world::Subject;
use world::timed::MILLIS;

use crate::theory::{Claim, Measure, delays_until, even_run};

pub use causal::CausalLab;
pub use eager::{Agreement, EagerLab};
pub use uniform::UniformLab;

/// What a node may broadcast when it is explored or told about: numbers that tell whose they are,
/// as many as asked for.
fn offers(node: NodeId, count: u64) -> Vec<Broadcast<u64>> {
    (1..=count).map(|number| Broadcast(u64::from(node.0) * 10 + number)).collect()
}

/// Messages of one broadcast of n0 beside n(n-1), and its delays beside so many, when every message
/// takes as long as any other.
fn measures<S>(subject: &S, formula: &'static str, delays: f64) -> Vec<Measure>
where
    S: Subject<Process: Process<Request = Broadcast<u64>>>,
{
    let nodes = subject.nodes();
    let trace = even_run(subject, &[(MILLIS, NodeId(0), Broadcast(1))], 1);
    let told = trace.events.iter().flat_map(|event| &event.tells).count();
    assert_eq!(told, nodes, "Every node delivers the broadcast of a run without faults.");
    let latest = delays_until(&trace, "deliver").expect("It was delivered.");
    vec![
        Measure {
            what: "messages a broadcast",
            convention: "from node to node, copies that come too late to matter included; one \
                         broadcast, no crash",
            nodes,
            measured: trace.messages() as f64,
            formula: "n(n-1)",
            expected: (nodes * (nodes - 1)) as f64,
            claim: Claim::Exact,
        },
        Measure {
            what: "delays until the last node delivers",
            convention: "the longest chain of messages from the request to a delivery; no crash, \
                         every message takes as long",
            nodes,
            measured: f64::from(latest),
            formula,
            expected: delays,
            claim: Claim::Exact,
        },
    ]
}
