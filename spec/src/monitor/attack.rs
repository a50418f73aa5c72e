//! Coordinated attack: what two generals promise.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet, Process};

use super::Monitor;

/// All attack or none does (Gray 1978); nobody attacks unless somebody has the order; and at last
/// each has done the one or the other.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct CoordinatedAttack {
    is_ordered: bool,
    attacks: BTreeMap<NodeId, bool>,
}

/// Judges every protocol whose requests are orders, and whose indications say whether a general
/// attacks.
impl<P: Process<Indication: Into<bool>>> Monitor<P> for CoordinatedAttack {
    fn requested(&mut self, _: NodeId, _: &P::Request) {
        self.is_ordered = true;
    }

    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        let attacks = indication.clone().into();
        if attacks && !self.is_ordered {
            return Err(format!("{node} attacks, but nobody has the order."));
        }
        self.attacks.insert(node, attacks);
        match self.attacks.iter().find(|&(_, &other)| other != attacks) {
            None => Ok(()),
            Some((other, _)) => {
                let (one, two) = if attacks { (node, *other) } else { (*other, node) };
                Err(format!("{one} attacks, but {two} does not."))
            }
        }
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        match correct.iter().find(|node| !self.attacks.contains_key(node)) {
            None => Ok(()),
            Some(node) => Err(format!("{node} neither attacks nor stays.")),
        }
    }
}
