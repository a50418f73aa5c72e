//! What links promise, they keep; and they promise no more.

use std::fmt::{self, Display};
use std::sync::atomic::AtomicBool;

use model::{Never, NodeId, Out, Process, Random};
use serde::{Deserialize, Serialize};
use sim::{Campaign, OpenLoop, Options, campaign};
use spec::monitor::PerfectLinks;
use world::timed::Violation;
use world::{Links, Subject, SystemModel};

/// A number for the next node, or from the one before.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Payload(NodeId, u64);

impl Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

impl From<Payload> for (NodeId, u64) {
    fn from(payload: Payload) -> Self {
        (payload.0, payload.1)
    }
}

/// Sends everything once and delivers what comes; perhaps each number only once.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Wire {
    eliminates_duplicates: bool,
    seen: Vec<(NodeId, u64)>,
}

impl Process for Wire {
    type Request = Payload;
    type Indication = Payload;
    type Message = u64;
    type Timer = Never;
    type Record = Never;

    fn start(&mut self, _: &mut Out<Self>) {}

    fn request(&mut self, Payload(to, number): Payload, out: &mut Out<Self>) {
        out.send(to, number);
    }

    fn message(&mut self, from: NodeId, number: u64, out: &mut Out<Self>) {
        let is_new = !self.seen.contains(&(from, number));
        self.seen.push((from, number));
        if is_new || !self.eliminates_duplicates {
            out.indicate(Payload(from, number));
        }
    }

    fn timer(&mut self, timer: Never, _: &mut Out<Self>) {
        match timer {}
    }
}

struct Over {
    links: Links,
    eliminates_duplicates: bool,
}

impl Subject for Over {
    type Process = Wire;
    type Monitor = PerfectLinks<u64>;

    fn name(&self) -> &'static str {
        "wire"
    }

    fn nodes(&self) -> usize {
        2
    }

    fn process(&self, _: NodeId) -> Wire {
        Wire { eliminates_duplicates: self.eliminates_duplicates, seen: Vec::new() }
    }

    fn monitor(&self) -> PerfectLinks<u64> {
        PerfectLinks::default()
    }

    fn request(&self, node: NodeId, count: u64, _: &mut Random) -> Option<Payload> {
        Some(Payload(NodeId(1 - node.0), count))
    }

    fn model(&self) -> SystemModel {
        SystemModel { links: self.links, ..SystemModel::faultless(2) }
    }
}

/// The first thing that is broken in a hundred runs over these links.
fn broken(links: Links, eliminates_duplicates: bool) -> Option<Violation> {
    let options = Options { shrink_runs: 0, ..Options::default() };
    let plan = Campaign { runs: 100, options, ..Campaign::default() };
    let over = Over { links, eliminates_duplicates };
    let report = campaign(&over, &OpenLoop, &plan, &AtomicBool::new(false), |_| {});
    report.first_failure.map(|failure| failure.violation)
}

#[test]
fn each_kind_of_link_keeps_its_promise_and_no_stronger_one() {
    assert_eq!(broken(Links::Perfect, false), None);
    let doubled = broken(Links::Stubborn, false);
    assert!(matches!(doubled, Some(Violation::Safety(_))), "{doubled:?}");
    // Nothing is lost: whoever eliminates duplicates has perfect links.
    assert_eq!(broken(Links::Stubborn, true), None);
    let lost = broken(Links::FairLoss, true);
    assert!(matches!(lost, Some(Violation::Liveness(_))), "{lost:?}");
    let garbled = broken(Links::Arbitrary, true);
    assert!(matches!(garbled, Some(Violation::Safety(_))), "{garbled:?}");
}
