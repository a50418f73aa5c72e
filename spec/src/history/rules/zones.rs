//! A register that is only read and written, each value written at most once (Gibbons & Korach
//! 1997, section 4: the read mapping is known).
//!
//! The operations of one value are a *cluster*. Let `end` be the earliest return and `start` the
//! latest call in it. If `end < start`, the value was there from `end` to `start`: a *forward*
//! zone. Otherwise all operations of the cluster overlap from `start` to `end`: a *backward* zone.
//!
//! There is no legal order if a read returned before its value's write was called, if two forward
//! zones overlap (two values at one time), or if a backward zone lies within a forward one (a
//! value written and replaced while another was there). Otherwise this order of clusters is legal:
//! a forward one stands at its `end`, a backward one at a point of its zone outside all forward
//! zones, which there is since forward zones are apart. In a cluster the write comes first, then
//! the reads by call. It respects real time. Within a cluster only a read may have returned before
//! the write was called, which was excluded. Of two forward clusters, all calls of the first are
//! at most its `start`, and all returns of the second at least its later `end`. A backward
//! cluster's operations are all open at its point, and those of a forward zone that ends before
//! the point were called before it, of one that begins after it return after it.
//!
//! The initial value counts as written before everything.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Conflict, Fact, Ruling};

/// One read or write. Reads without an answer are left out.
pub(crate) struct Visit<V> {
    /// The name of the operation.
    pub(crate) operation: usize,
    pub(crate) called: u64,
    /// The return, or the greatest position.
    pub(crate) end: u64,
    pub(crate) writes: bool,
    /// Whether it certainly happened.
    pub(crate) answered: bool,
    /// What is read or written; nothing is the initial value.
    pub(crate) value: Option<V>,
}

struct Cluster {
    /// The place of the write among the visits; nothing writes the initial value.
    write: Option<usize>,
    reads: Vec<usize>,
    /// The earliest return, one up, so that the initial value's is 0.
    end: u64,
    ends: Option<usize>,
    /// The latest call, likewise.
    start: u64,
    starts: Option<usize>,
}

impl Cluster {
    fn is_forward(&self) -> bool {
        self.end < self.start
    }

    fn add<V>(&mut self, place: usize, visit: &Visit<V>) {
        let (called, end) = (visit.called + 1, visit.end.saturating_add(1));
        if end < self.end {
            (self.end, self.ends) = (end, Some(place));
        }
        if called > self.start {
            (self.start, self.starts) = (called, Some(place));
        }
    }
}

/// Decides, unless a value is written twice or the initial value is written.
pub(crate) fn zones<V: Eq + Hash>(visits: &[Visit<V>]) -> Option<Ruling> {
    let mut clusters = vec![Cluster {
        write: None,
        reads: Vec::new(),
        end: 0,
        ends: None,
        start: 0,
        starts: None,
    }];
    let mut places: HashMap<Option<&V>, usize> = HashMap::from([(None, 0)]);
    for (place, visit) in visits.iter().enumerate().filter(|(_, visit)| visit.writes) {
        if places.insert(visit.value.as_ref(), clusters.len()).is_some() {
            return None;
        }
        let mut cluster = Cluster {
            write: Some(place),
            reads: Vec::new(),
            end: u64::MAX,
            ends: None,
            start: 0,
            starts: None,
        };
        cluster.add(place, visit);
        clusters.push(cluster);
    }
    let name = |place: usize| visits[place].operation;
    for (place, read) in visits.iter().enumerate().filter(|(_, visit)| !visit.writes) {
        let Some(&number) = places.get(&read.value.as_ref()) else {
            let fact = Fact::Noted("Nobody had been asked to write that".to_owned(), vec![]);
            return Some(conflict("a read returns what was written", name(place), fact));
        };
        let cluster = &mut clusters[number];
        if let Some(write) = cluster.write
            && read.end < visits[write].called
        {
            let fact = Fact::Before(name(place), name(write));
            return Some(conflict("a read returns what was written before", name(place), fact));
        }
        cluster.reads.push(place);
        cluster.add(place, read);
    }
    // Nothing shows a write that nobody read and that may not have happened.
    clusters.retain(|cluster| {
        !cluster.reads.is_empty() || cluster.write.is_some_and(|write| visits[write].answered)
    });
    let (mut forward, backward): (Vec<_>, Vec<_>) =
        clusters.into_iter().partition(Cluster::is_forward);
    forward.sort_unstable_by_key(|cluster| cluster.end);
    Some(arrange(visits, &forward, &backward))
}

fn conflict(property: &str, read: usize, fact: Fact) -> Ruling {
    Ruling::Conflict(Conflict::new(property, Fact::Answered(read), fact))
}

/// The order of clusters, given the forward ones by their ends; or the two that are in each other's
/// way.
fn arrange<V>(visits: &[Visit<V>], forward: &[Cluster], backward: &[Cluster]) -> Ruling {
    const PROPERTY: &str = "a read returns the value written last";
    let name = |place: Option<usize>| place.map(|place| visits[place].operation);
    let held = |cluster: &Cluster| {
        let to = name(cluster.starts).unwrap_or(0); // A forward zone ends with a call.
        Fact::Held(name(cluster.ends), to)
    };
    if let Some(pair) = forward.windows(2).find(|pair| pair[0].start > pair[1].end) {
        return Ruling::Conflict(Conflict::new(PROPERTY, held(&pair[0]), held(&pair[1])));
    }
    // Twice the positions, so that there is room between them.
    let mut order: Vec<(u64, &Cluster)> =
        forward.iter().map(|cluster| (cluster.end.saturating_mul(2), cluster)).collect();
    for cluster in backward {
        let following = forward.partition_point(|other| other.end <= cluster.start);
        let around = following.checked_sub(1).map(|place| &forward[place]);
        let around = around.filter(|around| around.start > cluster.start);
        if let Some(around) = around.filter(|around| cluster.end < around.start)
            && let (Some(first), Some(last)) = (name(cluster.starts), name(cluster.ends))
        {
            let within = Fact::Within(first, last);
            return Ruling::Conflict(Conflict::new(PROPERTY, held(around), within));
        }
        let point = around.map_or(cluster.start, |around| around.start);
        order.push((point.saturating_mul(2).saturating_add(1), cluster));
    }
    order.sort_by_key(|&(point, _)| point);
    let mut placed = Vec::with_capacity(visits.len());
    for (_, cluster) in order {
        placed.extend(name(cluster.write));
        // Visits come by call, and so do the reads.
        placed.extend(cluster.reads.iter().map(|&read| visits[read].operation));
    }
    Ruling::Order(placed)
}
