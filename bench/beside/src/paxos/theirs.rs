//! The register as a system of stateright's actors.

use std::borrow::Cow;

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, ActorModelState, Envelope, Id, Network, Out};

use super::SERVERS;
use super::machine::{Message, Name, Node};

/// The register with so many clients.
pub fn register(clients: u8) -> ActorModel<Member, (), Reads> {
    ActorModel::new((), Reads::default())
        .actors((0..SERVERS + clients).map(|_| Member))
        .init_network(Network::new_unordered_nonduplicating([]))
        .record_msg_in(|(), reads, envelope| reads.after(envelope))
        .property(Expectation::Always, "one value is chosen", |_, state| one_is_chosen(state))
        .property(Expectation::Always, "one value is read", |_, state| !state.history.differ)
        .property(Expectation::Sometimes, "a client read", |_, state| state.history.first.is_some())
}

/// Any node: which one it is, it learns when it starts.
#[derive(Clone)]
pub struct Member;

impl Actor for Member {
    type Msg = Message;
    type State = Node;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> Node {
        let node = Node::new(name(id));
        node.start(|to, message| out.send(Id::from(usize::from(to)), message));
        node
    }

    fn on_msg(
        &self,
        _: Id,
        state: &mut Cow<Node>,
        from: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        if state.heeds(&message) {
            let send = |to, message| out.send(Id::from(usize::from(to)), message);
            state.to_mut().take(name(from), message, send);
        }
    }
}

fn name(id: Id) -> Name {
    usize::from(id) as Name
}

/// What clients have read.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reads {
    first: Option<u8>,
    differ: bool,
}

impl Reads {
    fn after(&self, envelope: Envelope<&Message>) -> Option<Reads> {
        let Message::GetOk(value) = *envelope.msg else {
            return None;
        };
        let first = self.first.unwrap_or(value);
        Some(Reads { first: Some(first), differ: self.differ || first != value })
    }
}

fn one_is_chosen(state: &ActorModelState<Member, Reads>) -> bool {
    let mut chosen = state.actor_states.iter().filter_map(|node| node.chosen());
    let first = chosen.next();
    chosen.all(|other| first == Some(other))
}
