//! The two generals in the lab: a promise that cannot be kept where links lose.

use std::cell::Cell;

use canon::consensus::two_generals::{AtDawn, General, Messenger, Order, Protocol};
use check::{Bounds, Exploration, Explore, Flushing, Network};
use model::{Event, Never, NodeId, Random};
use sim::Scale;
use spec::monitor::CoordinatedAttack;
use world::timed::SECONDS;
use world::{Sometimes, Subject, SystemModel, Timing};

use crate::exhibit::{Card, Dial, Exhibit, number};
use crate::theory::{Measure, calm_run};
use crate::together::{TOGETHER, Together};

/// Two generals and what they have agreed on.
#[derive(Clone, Debug)]
pub struct TwoGeneralsLab {
    /// How many messengers go, and how many are enough.
    pub protocol: Protocol,
}

impl TwoGeneralsLab {
    /// Links that lose, and dawn at any time: where no protocol keeps the promise.
    pub fn losing() -> Bounds {
        Bounds { flushing: Flushing::Eager, ..Bounds::default() }
    }
}

impl Subject for TwoGeneralsLab {
    type Process = General;
    type Monitor = CoordinatedAttack;

    fn name(&self) -> &'static str {
        "two-generals"
    }

    fn nodes(&self) -> usize {
        2
    }

    fn process(&self, me: NodeId) -> General {
        General::new(me, self.protocol)
    }

    fn monitor(&self) -> CoordinatedAttack {
        CoordinatedAttack::default()
    }

    fn sometimes(&self) -> Vec<Sometimes<General>> {
        vec![Sometimes { name: "a messenger comes", seen: comes }]
    }

    fn requests(&self, node: NodeId) -> Vec<Order> {
        if node == NodeId(0) { vec![Order] } else { Vec::new() }
    }

    fn request(&self, node: NodeId, _: u64, random: &mut Random) -> Option<Order> {
        (node == NodeId(0) && random.chance(3, 4)).then_some(Order)
    }

    /// Links that lose nothing, and a night that is long enough.
    fn model(&self) -> SystemModel {
        SystemModel { timing: Timing::Synchronous, ..SystemModel::faultless(2) }
    }
}

impl Exhibit for TwoGeneralsLab {
    type Workload = Together;
    type Mutant = Never;

    const CARD: Card = Card {
        name: "two-generals",
        what: "two nodes that cannot be sure of each other where links lose",
        family: "consensus",
        file: "canon/src/consensus/two_generals.rs",
        source: "Akkoyunlu, Ekanadham, Huber 1975; Gray 1978",
        nodes: 2,
        sizes: (2, 2),
    };

    fn sized(_: usize) -> TwoGeneralsLab {
        TwoGeneralsLab { protocol: Protocol::cautious(4) }
    }

    fn broken(self, mutant: Never) -> TwoGeneralsLab {
        match mutant {}
    }

    /// As in the model: nothing is lost, and dawn comes after all messengers.
    fn bounds(&self) -> Bounds {
        Bounds {
            network: Network::Reliable { copies: 1 },
            timing: check::Timing::Lockstep,
            flushing: Flushing::Eager,
            ..Bounds::default()
        }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let Protocol { messengers, enough: [first, second] } = self.protocol;
        // All three set parts of one value.
        let protocol = Cell::from_mut(&mut self.protocol);
        let enough = move |general: usize, text: &str| {
            let mut new = protocol.get();
            new.enough[general] = number(text)?;
            protocol.set(new);
            Ok(())
        };
        let what = "how many messengers go; all that come to a general are asked for";
        let set = |text: &str| number(text).map(|k| protocol.set(Protocol::cautious(k)));
        let what_first = "how many messengers are enough for the first general";
        let what_second = "how many messengers are enough for the second general";
        vec![
            Dial::new("k", what, messengers, set),
            Dial::new("first", what_first, first, move |text| enough(0, text)),
            Dial::new("second", what_second, second, move |text| enough(1, text)),
        ]
    }

    /// One night, and the day behind it.
    fn scale() -> Scale {
        Scale { faults: 2 * SECONDS, settle: SECONDS, operations: 1, strikes: 20 }
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = TwoGeneralsLab::sized(nodes);
        let trace = calm_run(&lab, 1, &[(TOGETHER, NodeId(0), Order)], 2);
        let attack = AtDawn::Attack.to_string();
        let attacks = trace.events.iter().filter(|event| event.tells.contains(&attack)).count();
        let messengers = f64::from(lab.protocol.messengers);
        let (convention, attacks) = ("nothing is lost; k = 4", attacks as f64);
        let messages = trace.messages() as f64;
        vec![
            Measure::exact(nodes, "messages", convention, messages, ("k", messengers)),
            Measure::exact(nodes, "generals who attack", convention, attacks, ("2", 2.0)),
        ]
    }

    const THEORY_SIZES: &'static [usize] = &[2];

    const NEEDS: &'static [&'static str] = &["links"];
}

fn comes(event: &Event<General>, _: &General) -> bool {
    matches!(event, Event::Message(_, Messenger(_)))
}

/// Explores the protocol of so many messengers over links that lose: the run in which the generals
/// disagree is a shortest one.
pub fn disagreement(messengers: u32) -> check::Report {
    let lab = TwoGeneralsLab { protocol: Protocol::cautious(messengers) };
    Exploration::new(&Explore::new(&lab, TwoGeneralsLab::losing())).run()
}
