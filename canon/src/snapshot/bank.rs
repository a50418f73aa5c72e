//! The application of the textbooks on snapshots: accounts, one a node, and money that moves
//! between them (Kshemkalyani and Singhal, Distributed Computing, 2008, section 4.1).
//!
//! A transfer takes the money from the payer's account and sends it to the payee, whose account it
//! reaches later. So the accounts alone may hold too little: what is missing is in the channels.
//!
//! Model: any in which messages arrive once; money that is lost on its way is lost.

use core::fmt::{self, Display};

use model::{Never, NodeId, Out, Process};
use serde::{Deserialize, Serialize};

use super::Application;

/// A customer asks: pay so much out of this node's account into another's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Transfer {
    /// In dollars.
    pub amount: u64,
    /// The payee.
    pub to: NodeId,
}

/// So many dollars for the payee.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Credit(pub u64);

/// What is in an account, in dollars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Balance(pub u64);

/// One node's account.
///
/// Invariant: balances and credits under way add up to what was there at the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Bank {
    me: NodeId,
    balance: u64,
}

impl Process for Bank {
    type Request = Transfer;
    type Indication = Never;
    type Message = Credit;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, Transfer { amount, to }: Transfer, out: &mut Out<Self>) {
        if to == self.me || amount > self.balance {
            return; // Nobody pays itself, or more than it has.
        }
        self.balance -= amount;
        // To forget it is a crash, after which nothing of this account is promised.
        out.send(to, Credit(amount));
    }

    fn message(&mut self, _: NodeId, Credit(amount): Credit, _: &mut Out<Self>) {
        self.balance = self.balance.saturating_add(amount);
    }
}

impl Bank {
    /// The account of node `me`.
    pub fn new(me: NodeId, balance: u64) -> Bank {
        Bank { me, balance }
    }

    /// What is in it, in dollars.
    pub fn balance(&self) -> u64 {
        self.balance
    }
}

impl Application for Bank {
    type State = Balance;

    fn state(&self) -> Balance {
        Balance(self.balance)
    }
}

impl Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "transfer ${} to {}", self.amount, self.to)
    }
}

impl Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credit ${}", self.0)
    }
}

impl Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.0)
    }
}
