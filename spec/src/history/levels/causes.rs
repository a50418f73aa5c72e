//! What is judged by causes alone: each read by itself, and one order of all writes.
//!
//! One operation caused another if it came before it in its session, or the other read what it
//! wrote, or by several such steps.
//!
//! *Weak causality*: for each read there is an order of its causes in which the write that it
//! returned is the last of its register. So there is unless another write of the register caused
//! the read and was caused by that write; put all other writes first, with their causes. (The bad
//! patterns WriteCORead, WriteCOInitRead, CyclicCO and ThinAirRead of Bouajjani, Enea, Guerraoui &
//! Hamza 2017, section 5.)
//!
//! *Convergence of causes*: the same with one order for all reads. What caused a read that returned
//! another write of its register comes before that write; and there is such an order if that and
//! the causes make no cycle (their CyclicCF).

use std::collections::HashMap;

use super::accesses::Accesses;
use super::views::{Before, causes_itself, property};
use crate::history::budget::{Budget, Stop};
use crate::history::names::Level;
use crate::history::rules::{Conflict, Fact};

/// How many operations of each chain caused each node, itself included. A chain is a session's
/// answered operations, or one write that was not answered.
struct Clocks {
    chains: usize,
    chain: Vec<u32>,
    place: Vec<u32>,
    counts: Vec<u32>,
    /// For each chain and register the writes, by place.
    writes: HashMap<(u32, u32), Vec<u32>>,
}

impl Clocks {
    fn new(
        accesses: &Accesses,
        before: &Before,
        order: &[u32],
        budget: &mut Budget,
    ) -> Result<Clocks, Stop> {
        let nodes = &accesses.nodes;
        let (mut chain, mut place) = (vec![0; nodes.len()], vec![0; nodes.len()]);
        let mut writes: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        let mut chains = accesses.sessions.len() as u32;
        for (number, session) in (0..).zip(&accesses.sessions) {
            let mut length = 0;
            for &member in session {
                let node = &nodes[member as usize];
                let own = match node.answered {
                    true => number,
                    false => chains,
                };
                chains += u32::from(!node.answered);
                chain[member as usize] = own;
                if node.answered {
                    place[member as usize] = length;
                    length += 1;
                }
                if node.writes {
                    writes.entry((own, node.key)).or_default().push(member);
                }
            }
        }
        let chains = chains as usize;
        budget.take(nodes.len().saturating_mul(chains).saturating_mul(size_of::<u32>()))?;
        let mut counts = vec![0; nodes.len() * chains];
        for &number in order {
            budget.work(chains as u64)?;
            let at = number as usize * chains;
            for &earlier in &before.direct[number as usize] {
                let other = earlier as usize * chains;
                for chain in 0..chains {
                    counts[at + chain] = counts[at + chain].max(counts[other + chain]);
                }
            }
            let own = at + chain[number as usize] as usize;
            counts[own] = counts[own].max(place[number as usize] + 1);
        }
        Ok(Clocks { chains, chain, place, counts, writes })
    }

    fn caused(&self, earlier: u32, later: u32) -> bool {
        let chain = self.chain[earlier as usize] as usize;
        self.counts[later as usize * self.chains + chain] > self.place[earlier as usize]
    }

    /// The last write of each chain to a register that caused a node.
    fn causes(&self, node: u32, key: u32) -> impl Iterator<Item = u32> {
        (0..self.chains).filter_map(move |chain| {
            let writes = self.writes.get(&(chain as u32, key))?;
            let count = self.counts[node as usize * self.chains + chain];
            let after = writes.partition_point(|&write| self.place[write as usize] < count);
            Some(writes[after.checked_sub(1)?])
        })
    }
}

/// Finds a read that cannot be explained by what caused it; for [`Level::CausalConvergence`] one
/// that cannot be explained together with the others.
pub(crate) fn causes(
    accesses: &Accesses,
    level: Level,
    budget: &mut Budget,
) -> Result<Option<Conflict>, Stop> {
    budget.work(accesses.nodes.len() as u64)?;
    let mut before = Before::new(accesses, Level::Causal, 0);
    let order = match before.sort() {
        Ok(order) => order,
        Err(cycle) => return Ok(Some(causes_itself(accesses, &cycle))),
    };
    let held = budget.used();
    let clocks = Clocks::new(accesses, &before, &order, budget)?;
    let mut concluded = Vec::new();
    for (read, node) in (0..).zip(&accesses.nodes).filter(|(_, node)| !node.writes) {
        budget.work(clocks.chains as u64)?;
        for other in clocks.causes(read, node.key).filter(|&other| Some(other) != node.source) {
            match node.source {
                Some(source) if !clocks.caused(source, other) => {
                    concluded.push((other, source, read));
                }
                _ => return Ok(Some(replaced(accesses, &before, level, other, read))),
            }
        }
    }
    drop(clocks);
    budget.restore(held);
    if level == Level::WeakCausal {
        return Ok(None);
    }
    for &(other, source, _) in &concluded {
        before.direct[source as usize].push(other);
    }
    let Err(cycle) = before.sort() else {
        return Ok(None);
    };
    let by_pair: HashMap<(u32, u32), u32> =
        concluded.iter().map(|&(other, source, read)| ((other, source), read)).collect();
    let found = cycle.windows(2).find_map(|pair| {
        let read = by_pair.get(&(pair[0], pair[1]))?;
        Some((pair[0], pair[1], *read))
    });
    let Some((other, source, read)) = found else {
        return Ok(Some(causes_itself(accesses, &cycle)));
    };
    let name = |node: u32| accesses.operation(node);
    let way = before.path(source, other).into_iter().map(name).collect();
    let saw = "The first saw the second, though the third caused it as well, which so comes \
               before the second";
    Ok(Some(Conflict::new(
        property(level),
        Fact::Noted(saw.to_owned(), vec![name(read), name(source), name(other)]),
        Fact::Chain("But by such conclusions these come one after the other", way),
    )))
}

/// A read of what another write that caused the read had replaced.
fn replaced(accesses: &Accesses, before: &Before, level: Level, other: u32, read: u32) -> Conflict {
    let name = |node: u32| accesses.operation(node);
    let mut way = Vec::new();
    let first = match accesses.nodes[read as usize].source {
        Some(source) => {
            way = before.path(source, other);
            way.pop();
            Fact::ReadFrom(name(source), name(read))
        }
        None => Fact::Answered(name(read)),
    };
    way.extend(before.path(other, read));
    let way = way.into_iter().map(name).collect();
    Conflict::new(property(level), first, Fact::Chain("Each of these caused the next", way))
}

/// Finds a client that did not see its own latest write, and saw no other client's instead.
pub(crate) fn own_writes(accesses: &Accesses) -> Option<Conflict> {
    let name = |node: u32| accesses.operation(node);
    for session in &accesses.sessions {
        let mut latest: HashMap<u32, u32> = HashMap::new();
        // What of the session's own writes has been followed by another to the same register.
        let mut replaced: HashMap<u32, u32> = HashMap::new();
        for &number in session {
            let node = &accesses.nodes[number as usize];
            if node.writes {
                if node.answered
                    && let Some(before) = latest.insert(node.key, number)
                {
                    replaced.insert(before, number);
                }
                continue;
            }
            let Some(&own) = latest.get(&node.key) else {
                continue;
            };
            let seen = match node.source {
                None => Fact::Answered(name(number)),
                Some(source) if replaced.contains_key(&source) => {
                    Fact::ReadFrom(name(source), name(number))
                }
                Some(_) => continue,
            };
            let property = property(Level::ReadYourWrites);
            return Some(Conflict::new(property, Fact::InSession(name(own), name(number)), seen));
        }
    }
    None
}
