//! Snapshots in the lab, of the bank of the textbooks: what is common to its protocols.

mod chandy_lamport;
mod cut;

use canon::snapshot::bank::{Balance, Credit, Transfer};
use canon::snapshot::{Indication, Part, Request};
use model::{Never, NodeId, NodeSet, Process, Random};
use spec::monitor::{Conservation, Monitor};

pub use chandy_lamport::ChandyLamportLab;
pub use cut::{Recorded, cuts};

/// What is asked of a snapshot layer around a bank.
pub(crate) type Asked = Request<Transfer>;

/// What is told by one.
pub(crate) type Told = Indication<Never, Balance, Credit>;

/// The judge of every snapshot layer around a bank: money is conserved.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Auditor(Conservation);

impl Auditor {
    /// An auditor of these accounts, one a node.
    pub fn new(accounts: &[u64]) -> Auditor {
        Auditor(Conservation::new(accounts.len(), accounts.iter().sum()))
    }
}

impl<P: Process<Request = Asked, Indication = Told>> Monitor<P> for Auditor {
    fn requested(&mut self, _: NodeId, request: &Asked) {
        if let Request::Record(snapshot) = request {
            self.0.begun(*snapshot);
        }
    }

    fn indicated(&mut self, node: NodeId, indication: &Told) -> Result<(), String> {
        match indication {
            Indication::Application(never) => match *never {},
            Indication::Recorded(part) => self.0.recorded(node, part.snapshot, money(part)),
        }
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        self.0.complete(correct)
    }
}

/// The money in a part of a snapshot: in the account, and on its way there.
fn money(part: &Part<Balance, Credit>) -> u64 {
    let under_way = part.channels.values().flatten().map(|Credit(amount)| amount);
    part.state.0 + under_way.sum::<u64>()
}

/// What is in the account of each node at first: the two of the textbook, and then $400 each.
pub(crate) fn accounts(nodes: usize) -> Vec<u64> {
    [600, 200].into_iter().chain(std::iter::repeat(400)).take(nodes).collect()
}

/// The textbook's transfer at a node, to the next: $50 out of the first, $80 out of the second.
pub(crate) fn transfer(node: NodeId, nodes: usize) -> Asked {
    let to = NodeId((node.0 + 1) % nodes as u16);
    Request::Application(Transfer { amount: 50 + 30 * u64::from(node.0), to })
}

/// How many of the requests of a random run begin a snapshot.
const SNAPSHOTS: (u64, u64) = (1, 6);

/// The largest amount that a random transfer moves, in dollars: small against the accounts, so that
/// most transfers are covered.
const LARGEST: u64 = 99;

/// A transfer to some node, or a snapshot with a number of its own.
pub(crate) fn random(nodes: usize, count: u64, random: &mut Random) -> Asked {
    if random.chance(SNAPSHOTS.0, SNAPSHOTS.1) {
        return Request::Record(count);
    }
    let amount = 1 + random.below(LARGEST);
    let to = NodeId(random.below(nodes as u64) as u16);
    Request::Application(Transfer { amount, to })
}
