//! Who asked: clients are numbers, and have names where a recorded history gives them names.

use std::collections::HashMap;
use std::sync::Arc;

/// A client as a recorded history writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Client {
    /// By number.
    Number(u64),
    /// By name: a string, a keyword, or a number that is too great to count with.
    Named(Arc<str>),
}

impl Client {
    /// The client of this name. A whole number in quotes is that number.
    pub(crate) fn named(name: &str) -> Client {
        match name.parse::<u64>() {
            Ok(number) if number.to_string() == name => Client::Number(number),
            _ => Client::Named(name.into()),
        }
    }

    /// Whether it is no client of the object but breaks things: a nemesis, of whatever number or
    /// package.
    pub(crate) fn is_nemesis(&self) -> bool {
        let Client::Named(name) = self else {
            return false;
        };
        let mut words = name.split(|c: char| !c.is_alphabetic());
        words.any(|word| word.eq_ignore_ascii_case("nemesis"))
    }
}

/// The names of those clients that have one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Clients {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u64>,
}

impl Clients {
    /// Numbers from here on stand for names: no history has so many clients, and programs that hold
    /// all numbers as floats (2^53 is the last that they hold exactly) still tell them apart.
    const NAMED: u64 = 1 << 52;

    /// The number of a client, which is the same whenever it is met.
    pub(crate) fn number(&mut self, client: &Client) -> u64 {
        let name: Arc<str> = match client {
            Client::Number(number) if *number < Self::NAMED => return *number,
            Client::Number(number) => number.to_string().into(),
            Client::Named(name) => name.clone(),
        };
        *self.numbers.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            Self::NAMED + self.names.len() as u64 - 1
        })
    }

    /// The name of the client of this number, if it has one.
    pub(crate) fn name(&self, number: u64) -> Option<&str> {
        let place = usize::try_from(number.checked_sub(Self::NAMED)?).ok()?;
        self.names.get(place).map(|name| &**name)
    }

    /// The client in words that can follow "client": its name, or its number.
    pub(crate) fn word(&self, number: u64) -> String {
        self.name(number).map_or_else(|| number.to_string(), str::to_owned)
    }
}
