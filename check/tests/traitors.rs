//! Faulty nodes lie as they like, and what bears one of four does not bear one of three.

mod naive;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use check::{Bounds, Exploration, Explore, Flushing, Report, Verdict};
use model::{Never, NodeId, NodeSet, Out, Process};
use naive::Naive;
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;
use world::rename::Symmetry;
use world::{Subject, story};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
enum Word {
    Send(u8),
    Echo(u8),
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Authenticated echo broadcast (Cachin, Guerraoui and Rodrigues 2011, algorithm 3.16): the last
/// node sends; a value is delivered that a quorum has echoed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Echo {
    members: NodeSet,
    sender: NodeId,
    quorum: usize,
    has_echoed: bool,
    echoes: BTreeMap<NodeId, u8>,
    is_done: bool,
}

impl Process for Echo {
    type Request = Never;
    type Indication = u8;
    type Message = Word;
    type Timer = Never;
    type Record = Never;

    fn recover(&mut self, record: Never) {
        match record {}
    }

    fn records(&self) -> Vec<Never> {
        Vec::new()
    }

    fn start(&mut self, _: &mut Out<Self>) {}

    fn request(&mut self, request: Never, _: &mut Out<Self>) {
        match request {}
    }

    fn message(&mut self, from: NodeId, word: Word, out: &mut Out<Self>) {
        match word {
            Word::Send(value) if from == self.sender && !self.has_echoed => {
                self.has_echoed = true;
                self.members.iter().for_each(|node| out.send(node, Word::Echo(value)));
            }
            Word::Send(_) => {}
            Word::Echo(value) => {
                self.echoes.entry(from).or_insert(value);
                let count = self.echoes.values().filter(|other| **other == value).count();
                if count >= self.quorum && !self.is_done {
                    self.is_done = true;
                    out.indicate(value);
                }
            }
        }
    }

    fn timer(&mut self, timer: Never, _: &mut Out<Self>) {
        match timer {}
    }
}

/// No two deliver different values.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
struct Consistent(BTreeSet<u8>);

impl Monitor<Echo> for Consistent {
    fn indicated(&mut self, node: NodeId, value: &u8) -> Result<(), String> {
        self.0.insert(*value);
        match self.0.iter().find(|other| *other != value) {
            Some(other) => Err(format!("{node} delivers {value}, but {other} was delivered.")),
            None => Ok(()),
        }
    }
}

struct Echoing {
    nodes: usize,
    quorum: usize,
    lies: Vec<Word>,
    is_symmetric: bool,
}

impl Echoing {
    fn new(nodes: usize, quorum: usize) -> Echoing {
        let lies = vec![Word::Send(0), Word::Send(1), Word::Echo(0), Word::Echo(1)];
        Echoing { nodes, quorum, lies, is_symmetric: false }
    }

    fn sender(&self) -> NodeId {
        NodeId(self.nodes as u16 - 1)
    }
}

impl Subject for Echoing {
    type Process = Echo;
    type Monitor = Consistent;

    fn name(&self) -> &'static str {
        "echo"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, _: NodeId) -> Echo {
        Echo {
            members: NodeSet::first(self.nodes),
            sender: self.sender(),
            quorum: self.quorum,
            has_echoed: false,
            echoes: BTreeMap::new(),
            is_done: false,
        }
    }

    fn monitor(&self) -> Consistent {
        Consistent::default()
    }

    fn traitors(&self) -> NodeSet {
        [self.sender()].into_iter().collect()
    }

    fn forgeries(&self, _: NodeId, _: NodeId) -> Vec<Word> {
        self.lies.clone()
    }

    fn symmetry(&self) -> Option<Symmetry<Echoing>> {
        self.is_symmetric.then(|| Symmetry::of(&[NodeSet::first(self.nodes - 1)]))
    }
}

fn bounds(forgeries: Option<u16>) -> Bounds {
    let (flushing, fires) = (Flushing::Eager, Some(0));
    Bounds { forgeries, flushing, fires, ..Bounds::default() }
}

fn explored(subject: &Echoing, forgeries: Option<u16>) -> Report {
    Exploration::new(&Explore::new(subject, bounds(forgeries))).run()
}

#[test]
fn one_of_four_is_borne_and_one_of_three_is_not() {
    // More than half of all and the faulty together: 3 of 4. Of three it would be all three.
    let sound = Echoing { is_symmetric: true, ..Echoing::new(4, 3) };
    let report = explored(&sound, None);
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.bounds.iter().any(|bound| bound.starts_with("faulty nodes: {n3};")));
    for broken in [Echoing::new(4, 2), Echoing::new(3, 2)] {
        let report = explored(&broken, None);
        // By hand: two Sends, and a forged Echo beside one's own at each of the two.
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, 4), "{report}");
        story::check(&broken, &report.story).expect("the story is what happens");
        assert!(report.story.contains("violation: "), "{}", report.story);
        assert!(report.story.contains("\nforge "), "{}", report.story);
        // It takes four lies.
        assert_eq!(explored(&broken, Some(3)).verdict, Verdict::Holds);
        assert_eq!(explored(&broken, Some(4)).verdict, Verdict::Violated);
    }
}

#[test]
fn lies_are_taken_as_naively() {
    for (nodes, forgeries) in [(3, None), (3, Some(2)), (3, Some(4)), (4, Some(2))] {
        let subject = Echoing::new(nodes, 3);
        let bounds = bounds(forgeries);
        let naive = Naive::new(&subject, &bounds).count();
        let report = explored(&subject, forgeries);
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        assert_eq!((report.distinct, report.generated), naive, "{forgeries:?}: {report}");
        let folded = explored(&Echoing { is_symmetric: true, ..subject }, forgeries);
        assert!(folded.distinct < report.distinct && folded.verdict == Verdict::Holds);
    }
}
