//! Nodes that never speak to each other: what every node answers by itself is all they answer.

use model::{Never, NodeId, Out, Process};

use super::{Job, Place, Wish};
use crate::message::Envelope;

/// A node that needs nobody.
pub(super) struct Alone;

/// The protocol of nodes that have nothing to tell each other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Silence;

impl Process for Silence {
    type Request = Never;
    type Indication = Never;
    type Message = Never;
    type Timer = Never;
    type Record = Never;

    fn message(&mut self, _: NodeId, message: Never, _: &mut Out<Self>) {
        match message {}
    }
}

impl Job for Alone {
    type Process = Silence;

    fn new(_: &Place) -> Alone {
        Alone
    }

    fn process(_: &Place) -> Silence {
        Silence
    }

    fn asked(&mut self, request: Envelope) -> Vec<Wish<Silence>> {
        vec![Wish::not_supported(&request)]
    }

    fn told(&mut self, _: &str, told: Never) -> Vec<Wish<Silence>> {
        match told {}
    }
}
