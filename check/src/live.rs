//! Liveness: whether every fair run ends up owing nothing, again and again.
//!
//! A run is fair if it holds no fault from some time on, and takes what can be taken at every
//! moment from some time on (weak fairness, by classes of transitions; see [`Fairness`]). A fair
//! run that owes something for ever stays in the end within one strongly connected component of
//! the states that owe something, joined by transitions that are no faults. A component holds such
//! a run exactly if each class of transitions that all its states allow labels a transition within
//! it: the run that visits all of it again and again is the fairest there is. A state in which a
//! run may end is a component by itself.
//!
//! A run may also be unable to stay in a component for want of what the bounds withhold: an alarm
//! that would ring if more of them might, a message that leads out of the bounds. What it would do
//! then was not explored, so it is neither blamed nor taken for sound: such components are counted,
//! and with one of them nothing is said to hold.
//!
//! *Again and again* is not *from some time on*: of a promise that comes true and wavers for ever
//! (of a failure detector, of a leader) only runs in which it never comes true again are found.
//!
//! The states are reached once more, level by level, and components are found depth first (Tarjan
//! 1972, without recursion). Edges are made on demand and not kept; of a state that owes nothing
//! only its fingerprint is kept.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use model::Fingerprint;

use crate::hand::print;
use crate::system::{Fairness, Judgement, Successors, System, Violation};

type Map<V> = HashMap<u64, V, BuildHasherDefault<Fingerprint>>;

/// Steps between two looks at limits.
const ROUND: usize = 1_024;

/// When to give up.
pub struct Patience<'a> {
    pub memory: usize,
    pub deadline: Option<Instant>,
    pub interrupt: Option<&'a AtomicBool>,
}

/// How the judging of liveness ends.
pub enum Live<A> {
    Holds,
    Limit(String),
    /// Nothing is broken, and in so many components something is owed that only the bounds keep
    /// from coming; the first of them says what.
    Excused {
        components: u64,
        owed: String,
    },
    Broken {
        violation: Violation,
        stem: Vec<A>,
        cycle: Vec<A>,
    },
}

/// Judges every fair run of the system.
pub fn live<S: System>(
    system: &S,
    worker: &mut S::Worker,
    patience: &Patience<'_>,
) -> Live<S::Action> {
    let mut search = Search::new(system, patience);
    match search.run(worker) {
        Ok(None) => match search.excused.take() {
            Some(owed) => Live::Excused { components: search.excuses, owed },
            None => Live::Holds,
        },
        Ok(Some(component)) => search.told(worker, &component),
        Err(why) => Live::Limit(why),
    }
}

/// A state that is being searched through, depth first.
struct Frame<State> {
    print: u64,
    /// Successors that owe something and are still to be looked at.
    pending: Vec<(u64, State)>,
    /// Whether something that must happen, unless something else does, leads elsewhere within the
    /// bounds, and nothing leads back at once: a run cannot stay here.
    leads_on: bool,
}

/// When a state was met, and the earliest state on the stack that it leads back to.
#[derive(Clone, Copy)]
struct Met {
    at: u32,
    low: u32,
    on_stack: bool,
}

/// A transition with its class, and the state that it leads to.
type Way<M, State> = (M, Option<u64>, u64, State);

/// The states of a component with their fingerprints.
type Component<State> = Vec<(u64, State)>;

struct Search<'a, S: System> {
    system: &'a S,
    patience: &'a Patience<'a>,
    reach: Reach<S>,
    met: Map<Met>,
    stack: Vec<(u64, S::State)>,
    frames: Vec<Frame<S::State>>,
    /// States in `stack` and `frames`, and their bytes beyond their own size.
    heap_bytes: usize,
    steps: usize,
    /// Components from which only the bounds keep a fair run, and what is owed in the first.
    excuses: u64,
    excused: Option<String>,
}

/// How a component is judged.
#[derive(PartialEq, Eq)]
enum Fate {
    /// A fair run may stay for ever.
    Stays,
    /// A fair run leaves it.
    Leaves,
    /// A fair run would leave it to where nothing was explored.
    Excused,
}

/// All states within the bounds, level by level.
struct Reach<S: System> {
    seen: Map<()>,
    queue: VecDeque<(u32, S::State)>,
    /// For each state that was left, its parent and which of the successors it is.
    parents: Vec<(u32, u16)>,
}

const NO_PARENT: u32 = u32::MAX;

impl<S: System> Reach<S> {
    fn new(system: &S, worker: &mut S::Worker) -> Reach<S> {
        let mut reach = Reach { seen: Map::default(), queue: VecDeque::new(), parents: Vec::new() };
        let initial = system.initial(worker).unwrap_or_default();
        for (via, state) in initial.into_iter().enumerate() {
            reach.add(system, worker, (NO_PARENT, via as u16), state);
        }
        reach
    }

    fn add(&mut self, system: &S, worker: &mut S::Worker, from: (u32, u16), state: S::State) {
        if self.seen.insert(print(&state), ()).is_none()
            && system.judge(worker, &state) == Judgement::Within
        {
            self.parents.push(from);
            self.queue.push_back((self.parents.len() as u32 - 1, state));
        }
    }

    /// The next state, with its number; what follows it is added.
    fn next(&mut self, system: &S, worker: &mut S::Worker) -> Option<(u32, S::State)> {
        let (number, state) = self.queue.pop_front()?;
        for (via, (_, to)) in successors(system, worker, &state).into_iter().enumerate() {
            self.add(system, worker, (number, via as u16), to);
        }
        Some((number, state))
    }

    fn bytes(&self) -> usize {
        self.seen.capacity() * size_of::<u64>() * 2
            + self.parents.capacity() * size_of::<(u32, u16)>()
            + self.queue.capacity() * size_of::<(u32, S::State)>()
    }
}

fn successors<S: System>(
    system: &S,
    worker: &mut S::Worker,
    state: &S::State,
) -> Vec<(S::Move, S::State)> {
    let mut successors = Successors::new();
    system.next(worker, state, &mut successors);
    successors.list
}

impl<'a, S: System> Search<'a, S> {
    fn new(system: &'a S, patience: &'a Patience<'a>) -> Self {
        let reach = Reach { seen: Map::default(), queue: VecDeque::new(), parents: Vec::new() };
        Search {
            system,
            patience,
            reach,
            met: Map::default(),
            stack: Vec::new(),
            frames: Vec::new(),
            heap_bytes: 0,
            steps: 0,
            excuses: 0,
            excused: None,
        }
    }

    /// The first component found that holds a fair run which owes something for ever.
    fn run(&mut self, worker: &mut S::Worker) -> Result<Option<Component<S::State>>, String> {
        self.reach = Reach::new(self.system, worker);
        while let Some((_, state)) = self.reach.next(self.system, worker) {
            self.look()?;
            let found = self.from(worker, state)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Searches from one state all that owes something and was not met before.
    fn from(
        &mut self,
        worker: &mut S::Worker,
        state: S::State,
    ) -> Result<Option<Component<S::State>>, String> {
        if self.met.contains_key(&print(&state)) || self.system.owes(worker, &state).is_none() {
            return Ok(None);
        }
        self.enter(worker, print(&state), state);
        while let Some(frame) = self.frames.last_mut() {
            self.steps += 1;
            let Some((to, state)) = frame.pending.pop() else {
                if let Some(component) = self.leave() {
                    match self.fate(worker, &component) {
                        Fate::Stays => return Ok(Some(component)),
                        Fate::Leaves => {}
                        Fate::Excused => {
                            self.excuses += 1;
                            if self.excused.is_none() {
                                self.excused = self.system.owes(worker, &component[0].1);
                            }
                        }
                    }
                }
                continue;
            };
            self.heap_bytes -= self.system.heap_bytes(&state);
            match self.met.get(&to).copied() {
                Some(met) if met.on_stack => {
                    let from = frame.print;
                    let own = self.met.get_mut(&from).expect("It was entered.");
                    own.low = own.low.min(met.at);
                }
                Some(_) => {}
                None => self.enter(worker, to, state),
            }
            if self.steps.is_multiple_of(ROUND) {
                self.look()?;
            }
        }
        Ok(None)
    }

    fn enter(&mut self, worker: &mut S::Worker, print: u64, state: S::State) {
        let at = self.met.len() as u32;
        self.met.insert(print, Met { at, low: at, on_stack: true });
        let mut pending = Vec::new();
        let edges = self.edges(worker, &state);
        let mut leads_on = false;
        let stays = edges.iter().any(|(.., to, _)| *to == print);
        for (_, class, to, state) in edges {
            leads_on |= !stays && class.is_some() && self.is_within(worker, &state);
            if self.met.contains_key(&to)
                || (self.system.owes(worker, &state).is_some() && self.is_within(worker, &state))
            {
                self.heap_bytes += self.system.heap_bytes(&state);
                pending.push((to, state));
            }
        }
        self.heap_bytes += self.system.heap_bytes(&state);
        self.stack.push((print, state));
        self.frames.push(Frame { print, pending, leads_on });
    }

    fn is_within(&self, worker: &mut S::Worker, state: &S::State) -> bool {
        self.system.judge(worker, state) == Judgement::Within
    }

    /// Leaves the innermost state; if it is the first of its component, that is complete. A
    /// component of one state from which something leads on is not worth a look.
    fn leave(&mut self) -> Option<Component<S::State>> {
        let Frame { print, leads_on, .. } = self.frames.pop().expect("There is a frame.");
        let own = self.met[&print];
        if let Some(parent) = self.frames.last() {
            let parent = self.met.get_mut(&parent.print).expect("It was entered.");
            parent.low = parent.low.min(own.low);
        }
        if own.low < own.at {
            return None;
        }
        let first = self.stack.iter().rposition(|(other, _)| *other == print);
        let component = self.stack.split_off(first.expect("It is on the stack."));
        for (print, state) in &component {
            self.met.get_mut(print).expect("It was entered.").on_stack = false;
            self.heap_bytes -= self.system.heap_bytes(state);
        }
        (component.len() > 1 || !leads_on).then_some(component)
    }

    /// The transitions that leave a state, but for faults.
    fn edges(&self, worker: &mut S::Worker, state: &S::State) -> Vec<Way<S::Move, S::State>> {
        let mut edges = Vec::new();
        for (taken, to) in successors(self.system, worker, state) {
            let class = match self.system.fairness(worker, state, taken) {
                Fairness::Fault => continue,
                Fairness::Free => None,
                Fairness::Fair(class) => Some(class),
            };
            edges.push((taken, class, print(&to), to));
        }
        edges
    }

    /// The classes that can be taken in a state, or could but for the bounds.
    fn allowed(&self, worker: &mut S::Worker, state: &S::State) -> BTreeSet<u64> {
        let mut allowed = self.explored(worker, state, false);
        allowed.extend(self.system.withheld(worker, state));
        allowed
    }

    /// The classes that can be taken in a state; on wish only those that lead to where more was
    /// explored.
    fn explored(&self, worker: &mut S::Worker, state: &S::State, within: bool) -> BTreeSet<u64> {
        let mut classes = BTreeSet::new();
        for (_, class, _, to) in self.edges(worker, state) {
            if !within || class.is_some() && self.is_within(worker, &to) {
                classes.extend(class);
            }
        }
        classes
    }

    fn fate(&self, worker: &mut S::Worker, component: &[(u64, S::State)]) -> Fate {
        let inside: HashSet<u64> = component.iter().map(|(print, _)| *print).collect();
        let mut taken = BTreeSet::new();
        for (_, state) in component {
            for (_, class, to, _) in self.edges(worker, state) {
                taken.extend(class.filter(|_| inside.contains(&to)));
            }
        }
        let is_left_by = |classes: BTreeSet<u64>| !classes.is_subset(&taken);
        if !is_left_by(common(component.iter().map(|(_, state)| self.allowed(worker, state)))) {
            return Fate::Stays;
        }
        let explored = component.iter().map(|(_, state)| self.explored(worker, state, true));
        if is_left_by(common(explored)) { Fate::Leaves } else { Fate::Excused }
    }

    fn bytes(&self) -> usize {
        let pending: usize = self.frames.iter().map(|frame| frame.pending.capacity()).sum();
        self.reach.bytes()
            + self.met.capacity() * (size_of::<Met>() + 2 * size_of::<u64>())
            + (self.stack.capacity() + pending) * size_of::<(u64, S::State)>()
            + self.frames.capacity() * size_of::<Frame<S::State>>()
            + self.heap_bytes
            + self.system.shared_bytes()
    }

    /// Gives up if a limit is reached.
    fn look(&mut self) -> Result<(), String> {
        self.steps += 1;
        if !self.steps.is_multiple_of(ROUND) {
            return Ok(());
        }
        let Patience { memory, deadline, interrupt } = self.patience;
        if interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err("it was interrupted while liveness was judged".into());
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err("the time limit was reached while liveness was judged".into());
        }
        if self.bytes() > *memory {
            let limit = memory >> 20;
            return Err(format!(
                "the memory limit of {limit} MiB was reached while liveness was judged"
            ));
        }
        Ok(())
    }

    /// The shortest way to the component, and a way round in it that is fair.
    fn told(&self, worker: &mut S::Worker, component: &[(u64, S::State)]) -> Live<S::Action> {
        let inside: Map<usize> =
            component.iter().enumerate().map(|(place, (print, _))| (*print, place)).collect();
        let mut reach = Reach::new(self.system, worker);
        let (number, first) = loop {
            let next = reach.next(self.system, worker);
            let (number, state) = next.expect("The component was reached before.");
            if let Some(&place) = inside.get(&print(&state)) {
                break (number, place);
            }
        };
        let stem = self.stem(worker, &reach.parents, number);
        let cycle = self.cycle(worker, component, &inside, first);
        let owed = self.system.owes(worker, &component[first].1).unwrap_or_default();
        let text = match cycle.is_empty() {
            true => format!("{owed} Nothing more must happen."),
            false => format!("{owed} It may go on like this for ever."),
        };
        let violation = Violation { property: "liveness".into(), text };
        Live::Broken { violation, stem, cycle }
    }

    fn stem(&self, worker: &mut S::Worker, parents: &[(u32, u16)], number: u32) -> Vec<S::Action> {
        let mut path = Vec::new();
        let mut at = number;
        while at != NO_PARENT {
            let (parent, via) = parents[at as usize];
            path.push(usize::from(via));
            at = parent;
        }
        let mut initial = self.system.initial(worker).expect("It succeeded before.");
        let mut state = initial.swap_remove(path.pop().expect("The first has a number."));
        let mut actions = Vec::new();
        while let Some(via) = path.pop() {
            let (taken, to) = successors(self.system, worker, &state).swap_remove(via);
            actions.push(self.system.action(worker, &state, taken));
            state = to;
        }
        actions
    }

    /// A way from a state of a fair component back to it, on which every class is taken, or cannot
    /// be taken somewhere.
    fn cycle(
        &self,
        worker: &mut S::Worker,
        component: &[(u64, S::State)],
        inside: &Map<usize>,
        first: usize,
    ) -> Vec<S::Action> {
        let round = Round {
            allowed: component.iter().map(|(_, s)| self.allowed(worker, s)).collect(),
            edges: component
                .iter()
                .map(|(_, state)| {
                    let edges = self.edges(worker, state).into_iter();
                    edges
                        .filter_map(|(taken, class, to, _)| {
                            inside.get(&to).map(|&to| Edge { taken, class, to })
                        })
                        .collect()
                })
                .collect(),
        };
        let steps = round.walk(first).into_iter();
        steps.map(|(at, taken)| self.system.action(worker, &component[at].1, taken)).collect()
    }
}

/// What all of some sets hold.
fn common(mut sets: impl Iterator<Item = BTreeSet<u64>>) -> BTreeSet<u64> {
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |all, set| &all & &set)
}

/// A transition within a component.
struct Edge<M> {
    taken: M,
    class: Option<u64>,
    to: usize,
}

/// A component by numbers.
struct Round<M> {
    allowed: Vec<BTreeSet<u64>>,
    edges: Vec<Vec<Edge<M>>>,
}

impl<M: Copy> Round<M> {
    /// A fair way from a state back to it: to the nearest state or transition that excuses or
    /// takes one of the classes that are still demanded, until none is; then home.
    fn walk(&self, first: usize) -> Vec<(usize, M)> {
        let mut demanded = self.allowed[first].clone();
        let mut steps = Vec::new();
        let mut at = first;
        while !demanded.is_empty() {
            let wanted = |edge: &Edge<M>| {
                edge.class.is_some_and(|class| demanded.contains(&class))
                    || !demanded.is_subset(&self.allowed[edge.to])
            };
            let path = self.path(at, wanted);
            for &(from, place) in &path {
                let edge = &self.edges[from][place];
                edge.class.into_iter().for_each(|class| {
                    demanded.remove(&class);
                });
                demanded = &demanded & &self.allowed[edge.to];
                steps.push((from, edge.taken));
                at = edge.to;
            }
        }
        if at != first {
            let home = self.path(at, |edge| edge.to == first);
            steps.extend(home.iter().map(|&(from, place)| (from, self.edges[from][place].taken)));
        }
        steps
    }

    /// The shortest way from a state whose last transition is wanted, as states and places of the
    /// transitions that leave them.
    fn path(&self, from: usize, wanted: impl Fn(&Edge<M>) -> bool) -> Vec<(usize, usize)> {
        let mut came: Vec<Option<(usize, usize)>> = vec![None; self.edges.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for (place, edge) in self.edges[at].iter().enumerate() {
                if wanted(edge) {
                    let mut path = vec![(at, place)];
                    let mut back = at;
                    while back != from {
                        let step = came[back].expect("It was come to.");
                        path.push(step);
                        back = step.0;
                    }
                    path.reverse();
                    return path;
                }
                if edge.to != from && came[edge.to].is_none() {
                    came[edge.to] = Some((at, place));
                    queue.push_back(edge.to);
                }
            }
        }
        unreachable!("A component is strongly connected, and a fair one has what is wanted.")
    }
}
