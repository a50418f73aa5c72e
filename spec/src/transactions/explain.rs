//! Says in words why an anomaly is one.

use super::anomaly::Phenomenon;
use super::evidence::{Finding, Witness};
use super::graph::{Edge, Kind};
use super::history::{Fate, NONE, Op, Transactions, Workload};
use super::level::Strength;

/// The proof of a finding; a thought a line.
pub(super) fn explain(history: &Transactions, finding: &Finding) -> Vec<String> {
    let words = Words { history };
    match &finding.witness {
        Witness::Cycle(cycle) => words.cycle(cycle),
        Witness::Read { by, key, element } => {
            let mut lines = words.read(finding.anomaly.phenomenon, *by, *key, *element);
            let writer = history.elements[*element as usize].writer;
            lines.push(words.transaction(*by));
            if writer != NONE && writer != *by {
                lines.push(words.transaction(writer));
            }
            lines
        }
        Witness::Contradiction { by, op } => {
            let read = words.operation(history.ops[*op]);
            vec![
                format!("{}'s {read} contradicts what it read or wrote before", name(*by)),
                words.transaction(*by),
            ]
        }
        Witness::Order { by, op } => {
            let order = &history.orders[op.key() as usize];
            let (key, read) = (words.key(op.key()), words.list(history.seen(*op)));
            let longest = words.list(order);
            vec![
                format!("{} read key {key} as {read}, another as {longest}", name(*by)),
                "neither list begins with the other".to_owned(),
                words.transaction(*by),
            ]
        }
        Witness::Program { by, first, second } => {
            let (first, second) = (words.value(*first), words.value(*second));
            vec![
                format!(
                    "{} appended {first} and then {second}, but where {second} was read, {first} \
                     was not before it",
                    name(*by)
                ),
                words.transaction(*by),
            ]
        }
        Witness::Update { aborted, below, by, above } => {
            let (below, above) = (words.value(*below), words.value(*above));
            vec![
                format!(
                    "{} appended {above} after {below}, which {} appended and aborted",
                    name(*by),
                    name(*aborted)
                ),
                words.transaction(*by),
                words.transaction(*aborted),
            ]
        }
        Witness::Lost { key, first, second } => vec![
            format!(
                "{} and {} read the same version of key {}, and both wrote the key",
                name(*first),
                name(*second),
                words.key(*key)
            ),
            words.transaction(*first),
            words.transaction(*second),
        ],
    }
}

/// Transactions are named by the order of their calls, from 1.
fn name(transaction: u32) -> String {
    format!("T{}", transaction + 1)
}

struct Words<'a> {
    history: &'a Transactions,
}

/// From one transaction of a cycle to the next.
struct Hop {
    edge: Edge,
    to: u32,
}

impl Words<'_> {
    /// Of a long list, this many elements are shown: enough to see how it ends.
    const SHOWN: usize = 8;

    fn cycle(&self, cycle: &[Edge]) -> Vec<String> {
        let edges: Vec<Edge> =
            cycle.iter().filter(|edge| edge.label.kind() != Kind::Through).copied().collect();
        let next = edges.iter().cycle().skip(1);
        let hops = edges.iter().zip(next).map(|(&edge, next)| Hop { edge, to: next.from });
        let mut lines: Vec<String> = Vec::new();
        for (index, hop) in hops.enumerate() {
            let last = index + 1 == edges.len();
            let link = if last && index > 0 { "but " } else { "" };
            let (from, to) = (name(hop.edge.from), name(hop.to));
            lines.push(format!("{link}{}: {from} before {to}", self.hop(&hop)));
        }
        let mut named: Vec<u32> = edges.iter().map(|edge| edge.from).collect();
        named.sort_unstable();
        named.dedup();
        lines.extend(named.into_iter().map(|transaction| self.transaction(transaction)));
        lines
    }

    fn hop(&self, hop: &Hop) -> String {
        let (a, b) = (name(hop.edge.from), name(hop.to));
        let transactions = &self.history.transactions;
        match hop.edge.label.kind() {
            Kind::Process => {
                let process = self.history.clients.word(transactions[hop.to as usize].process);
                format!("process {process} ran {a} before {b}")
            }
            Kind::Realtime => {
                let ended = transactions[hop.edge.from as usize].ended.unwrap_or(0);
                let called = transactions[hop.to as usize].called;
                format!("{a} ended (line {ended}) before {b} was called (line {called})")
            }
            _ if self.history.workload == Workload::ListAppend => self.list_hop(hop),
            _ => self.register_hop(hop),
        }
    }

    fn list_hop(&self, hop: &Hop) -> String {
        let (a, b) = (name(hop.edge.from), name(hop.to));
        let key = self.key(hop.edge.key);
        match hop.edge.label.kind() {
            Kind::Wr => {
                let (value, seen) = self.shown(hop);
                format!("{a} appended {value} to key {key}, and {b} read it, in {seen}")
            }
            Kind::Ww => match self.adjacent(hop) {
                Some((below, above)) => format!(
                    "{a} appended {below} to key {key}, and {b}'s append of {above} is next to it"
                ),
                None => {
                    let lost = self.unread(hop.to, hop.edge.key);
                    format!(
                        "{a} wrote to the list of key {key} that was read, and {b}'s append of \
                         {lost} is in no list, so it came later"
                    )
                }
            },
            _ => {
                let (seen, next) = self.missed(hop);
                format!("{a} read key {key} as {seen}, without {b}'s append of {next}")
            }
        }
    }

    fn register_hop(&self, hop: &Hop) -> String {
        let (a, b) = (name(hop.edge.from), name(hop.to));
        let (key, register) = (self.key(hop.edge.key), hop.edge.key);
        let ops = self.history.ops_of(hop.edge.from);
        let on = |op: &&Op| op.key() == register;
        let written = |transaction: u32| {
            let ops = self.history.ops_of(transaction).iter().rev();
            ops.filter(on).find_map(|&op| match op {
                Op::Write { element, .. } => Some(self.value(element)),
                _ => None,
            })
        };
        let (mine, theirs) = (written(hop.edge.from).unwrap_or(0), written(hop.to).unwrap_or(0));
        let basis = match hop.edge.label.strength() {
            Strength::Plain => "",
            Strength::Session => ", which a process met later",
            Strength::Strong => ", which was met later in time",
        };
        match hop.edge.label.kind() {
            Kind::Wr => {
                let seen = self.history.ops_of(hop.to).iter().find_map(|&op| match op {
                    Op::Version { key, element }
                        if key == register
                            && self.history.elements[element as usize].writer == hop.edge.from =>
                    {
                        Some(self.value(element))
                    }
                    _ => None,
                });
                format!("{a} wrote {} to key {key}, and {b} read it", seen.unwrap_or(mine))
            }
            Kind::Rw => {
                let read = ops.iter().filter(on).find(|op| !matches!(op, Op::Write { .. }));
                let read = read.map_or_else(String::new, |&op| self.operation(op));
                format!("{a}'s {read} is older than {b}'s {theirs}{basis}")
            }
            _ => format!("{a}'s {mine} in key {key} is older than {b}'s {theirs}{basis}"),
        }
    }

    /// What one appended and the other read, and the list that it is in.
    fn shown(&self, hop: &Hop) -> (i64, String) {
        for &op in self.history.ops_of(hop.to) {
            let by =
                |element: &u32| self.history.elements[*element as usize].writer == hop.edge.from;
            if op.key() == hop.edge.key
                && let Some(place) = self.history.seen(op).iter().rposition(by)
            {
                let seen = self.history.seen(op);
                return (self.value(seen[place]), self.list(seen));
            }
        }
        (0, String::new())
    }

    /// Two elements of a list, one after the other but for what did not happen.
    fn adjacent(&self, hop: &Hop) -> Option<(i64, i64)> {
        let order = &self.history.orders[hop.edge.key as usize];
        let writer = |element: u32| self.history.elements[element as usize].writer;
        let mut below = None;
        for &element in order {
            if writer(element) == hop.edge.from {
                below = Some(element);
            } else if writer(element) == hop.to && below.is_some() {
                return below.map(|below| (self.value(below), self.value(element)));
            } else if writer(element) != NONE && self.history.fate(writer(element)) != Fate::Aborted
            {
                below = None;
            }
        }
        None
    }

    /// The first element that a transaction appended and nobody read.
    fn unread(&self, by: u32, key: u32) -> i64 {
        let unread = self.history.ops_of(by).iter().find_map(|&op| match op {
            Op::Write { key: written, element }
                if written == key && self.history.elements[element as usize].position == NONE =>
            {
                Some(self.value(element))
            }
            _ => None,
        });
        unread.unwrap_or(0)
    }

    /// The list that was read, and the element that is missing from it.
    fn missed(&self, hop: &Hop) -> (String, i64) {
        let written = |op: &Op| match *op {
            Op::Write { key, element } if key == hop.edge.key => Some(element),
            _ => None,
        };
        let positioned = |element: &u32| self.history.elements[*element as usize].position;
        for &op in self.history.ops_of(hop.edge.from) {
            let Op::Prefix { key, length } = op else {
                continue;
            };
            let later = self.history.ops_of(hop.to).iter().filter_map(written);
            let first = later.filter(|e| positioned(e) >= length).min_by_key(positioned);
            if let (true, Some(first)) = (key == hop.edge.key, first) {
                return (self.list(self.history.seen(op)), self.value(first));
            }
        }
        (String::new(), 0)
    }

    fn read(&self, phenomenon: Phenomenon, by: u32, key: u32, element: u32) -> Vec<String> {
        let (reader, key, value) = (name(by), self.key(key), self.value(element));
        let writer = match self.history.elements[element as usize].writer {
            NONE => "nobody".to_owned(),
            writer => name(writer),
        };
        let line = match phenomenon {
            Phenomenon::GarbageRead => {
                format!("{reader} read {value} from key {key}, which nobody wrote there")
            }
            Phenomenon::G1a => {
                format!("{reader} read {value} from key {key}, but its writer {writer} aborted")
            }
            Phenomenon::G1b => format!(
                "{reader} read key {key} as {writer} left it between two writes, at {value}"
            ),
            Phenomenon::DuplicateElements => {
                format!("{reader} read {value} more than once in the list of key {key}")
            }
            _ => format!("{reader} read {value} from key {key} before it wrote that itself"),
        };
        vec![line]
    }

    fn transaction(&self, number: u32) -> String {
        let transaction = &self.history.transactions[number as usize];
        let ops = self.history.ops_of(number).iter();
        let ops: Vec<String> = ops.map(|&op| format!("[{}]", self.operation(op))).collect();
        let end = match (transaction.fate, transaction.ended) {
            (Fate::Committed, Some(ended)) => format!("committed line {ended}"),
            (Fate::Aborted, Some(ended)) => format!("aborted line {ended}"),
            _ => "with unknown end".to_owned(),
        };
        let (name, process) = (name(number), self.history.clients.word(transaction.process));
        let (called, ops) = (transaction.called, ops.join(" "));
        format!("{name} = {ops}, process {process}, called line {called}, {end}")
    }

    fn operation(&self, op: Op) -> String {
        let key = self.key(op.key());
        match op {
            Op::Write { element, .. } => {
                let value = self.value(element);
                match self.history.workload {
                    Workload::ListAppend => format!("append {key} {value}"),
                    Workload::RwRegister => format!("w {key} {value}"),
                }
            }
            Op::Version { element, .. } => format!("r {key} {}", self.value(element)),
            Op::Unanswered { .. } => format!("r {key} ?"),
            Op::Prefix { .. } if self.history.workload == Workload::RwRegister => {
                format!("r {key} nil")
            }
            Op::Prefix { .. } | Op::Odd { .. } => {
                format!("r {key} {}", self.list(self.history.seen(op)))
            }
        }
    }

    fn list(&self, elements: &[u32]) -> String {
        let hidden = elements.len().saturating_sub(Self::SHOWN);
        let shown = elements[hidden..].iter().map(|&element| self.value(element).to_string());
        let dots = if hidden > 0 { "... " } else { "" };
        format!("[{dots}{}]", shown.collect::<Vec<_>>().join(" "))
    }

    fn key(&self, key: u32) -> &str {
        &self.history.keys[key as usize]
    }

    fn value(&self, element: u32) -> i64 {
        self.history.elements[element as usize].value
    }
}
