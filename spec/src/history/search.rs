//! The search for a legal order, after Wing & Gong (1993) with the cache of Lowe (2017).
//!
//! A configuration is a set of placed operations and the state they led to. From it an operation
//! may be placed next if it was called before the earliest return among the answered operations not
//! yet placed, which is the *next return*. The search goes depth first, and has succeeded when all
//! answered operations are placed. Five things keep it small:
//!
//! 1. **Reads at once.** An operation that changes no state and is legal now is placed now, with no
//!    alternative tried: in whatever order completes the configuration it can be moved to the
//!    front, where it is legal, and is missed nowhere, since it changed nothing.
//! 2. **Covered configurations** ([`Visited`]) are not searched.
//! 3. **Hopeless returns.** If the next return is illegal in the present state, and none of the
//!    operations that may go before it may make it legal, nothing completes the configuration:
//!    taken out of a legal order one after the other, from the last, those before the next return
//!    would leave it legal.
//! 4. **Lost answers.** The same for any answer still to come and all operations left
//!    ([`Outlook`]).
//! 5. **Idle unknowns.** An unknown operation is not tried if nothing left can notice it
//!    ([`Maybe`](super::part::Maybe)), if it changes nothing, or if an earlier call of the same
//!    class is still to be had; and what follows it at once must lead elsewhere than it would have
//!    led without it.
//!
//! That no completion is lost by all of these together: let a search end without success, and
//! suppose that some configuration it visited can be completed. Of all such choose one with the
//! shortest completion, of these one with the fewest placed operations, and of its shortest
//! completions one that takes members of each unknown class in the order of their calls and begins
//! with the reads of 1. By 3 and 4 it was not given up. Its first operation was tried, unless by 5:
//! but a useless unknown operation could be left out, which makes the completion shorter, and an
//! operation barred because of the unknown one before it would complete the configuration before
//! that just as soon with fewer placed. So the next configuration was visited or covered by one
//! visited, which has a shorter completion. That contradicts the choice.

use super::budget::{Budget, Stop};
use super::model::Model;
use super::outlook::Outlook;
use super::part::Part;
use super::states::{StateId, States};
use super::visited::{Configuration, Visited};

/// How a search ended.
pub(crate) enum Ending {
    /// A legal order, as numbers of the part's operations.
    Order(Vec<u32>),
    /// There is none.
    None,
    /// It was not decided.
    Stopped(Stop),
}

/// The most that was placed, and what was possible there.
#[derive(Default)]
pub(crate) struct Furthest {
    /// The operations placed in the order of their returns without a gap.
    pub(crate) rank: u32,
    /// The states there, if the search is to tell.
    pub(crate) states: Vec<StateId>,
    /// The operations placed last on one way there, in order.
    pub(crate) tail: Vec<u32>,
}

/// Which answers still to come a search watches; see [`Outlook`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    /// None, which needs no preparation.
    Nothing,
    /// All of them.
    All,
    /// All but those of the class of the last return: the search is to tell what was possible
    /// instead of that return, where all before it can be placed. So what would only be given up
    /// because of it is searched, too.
    AllButLast,
}

/// One placed operation, and what undoes it.
struct Placed {
    id: u32,
    rank: u32,
    state: StateId,
}

/// A configuration on the way, with what is yet to be tried from it.
struct Frame {
    /// The length of the path before the operations that led here.
    path: usize,
    /// What is yet to be tried: these places of `Search::candidates`.
    next: usize,
    end: usize,
    /// If an unknown operation led here and nothing was read since: the state before it.
    idle_from: Option<StateId>,
}

/// A search in progress.
pub(crate) struct Search<'p, 'h, M: Model> {
    part: &'p Part<'h, M>,
    budget: &'p mut Budget,
    states: States<'p, M>,
    visited: Visited,
    now: Configuration,
    /// The answered operations not yet placed, by call: a doubly linked ring whose head is one past
    /// the last.
    after: Vec<u32>,
    before: Vec<u32>,
    /// For each unknown class how many members have been placed.
    used: Vec<u32>,
    path: Vec<Placed>,
    frames: Vec<Frame>,
    /// The candidates of all frames: answered operations, then unknown classes counted on from
    /// there.
    candidates: Vec<u32>,
    outlook: Outlook,
    watch: Watch,
    furthest: Furthest,
}

impl<'p, 'h, M: Model> Search<'p, 'h, M> {
    /// Enough states to name some answers that were possible.
    const STATES: usize = 64;
    /// The operations placed last that are kept for the explanation.
    const TAIL: usize = 5;

    /// A search that has placed nothing.
    pub(crate) fn new(
        model: &'p M,
        part: &'p Part<'h, M>,
        budget: &'p mut Budget,
        watch: Watch,
    ) -> Result<Self, Stop> {
        let last = part.order.last().map(|&id| part.class[id as usize]);
        let outlook = match watch {
            Watch::Nothing => Outlook::unwatched(part, budget)?,
            Watch::All => Outlook::new(model, part, None, budget)?,
            Watch::AllButLast => Outlook::new(model, part, last, budget)?,
        };
        let ring = part.answered() + 1;
        budget.take(part.bytes() + ring * 2 * size_of::<u32>() + part.maybes.len() * 4)?;
        let head = part.answered() as u32;
        Ok(Search {
            states: States::new(model, budget)?,
            visited: Visited::new(part.exact_words, part.words),
            now: part.root(),
            after: (1..=head).chain([0]).collect(),
            before: [head].into_iter().chain(0..head).collect(),
            used: vec![0; part.maybes.len()],
            path: Vec::new(),
            frames: Vec::new(),
            candidates: Vec::new(),
            outlook,
            watch,
            furthest: Furthest::default(),
            part,
            budget,
        })
    }

    /// Searches until the end, or until `allotment` configurations have been visited.
    pub(crate) fn run(&mut self, allotment: u64) -> Ending {
        match self.descend(allotment) {
            Ok(true) => Ending::Order(self.path.iter().map(|placed| placed.id).collect()),
            Ok(false) => Ending::None,
            Err(stop) => Ending::Stopped(stop),
        }
    }

    /// How many configurations were visited.
    pub(crate) fn visited(&self) -> u64 {
        self.visited.len()
    }

    pub(crate) fn furthest(&self) -> &Furthest {
        &self.furthest
    }

    pub(crate) fn state(&self, id: StateId) -> &M::State {
        self.states.value(id)
    }

    /// Whether a legal order was found; it is then the path.
    fn descend(&mut self, allotment: u64) -> Result<bool, Stop> {
        self.budget.work(0)?;
        if self.enter(0, None)? {
            return Ok(true);
        }
        while let Some(frame) = self.frames.last_mut() {
            self.budget.work(1)?;
            if frame.next == frame.end {
                self.leave();
                continue;
            }
            let candidate = self.candidates[frame.next];
            frame.next += 1;
            let idle_from = frame.idle_from;
            let path = self.path.len();
            let before = self.now.state;
            let Some((id, state)) = self.try_step(candidate, idle_from)? else {
                continue;
            };
            if self.visited.len() >= allotment {
                return Err(Stop::Allotment);
            }
            self.place(id, state)?;
            let unknown = id as usize >= self.part.answered();
            if self.enter(path, unknown.then_some(before))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The operation that the candidate stands for and the state after it, if it is worth placing.
    fn try_step(
        &mut self,
        candidate: u32,
        idle_from: Option<StateId>,
    ) -> Result<Option<(u32, StateId)>, Stop> {
        let answered = self.part.answered() as u32;
        let (id, class) = match candidate.checked_sub(answered) {
            None => (candidate, self.part.class[candidate as usize]),
            Some(number) => {
                let maybe = &self.part.maybes[number as usize];
                let first = maybe.members[self.used[number as usize] as usize];
                (first, maybe.class)
            }
        };
        let Some(state) = self.step(self.now.state, class)? else {
            return Ok(None);
        };
        if id >= answered && state == self.now.state {
            return Ok(None);
        }
        if let Some(without) = idle_from
            && self.step(without, class)? == Some(state)
        {
            return Ok(None);
        }
        Ok(Some((id, state)))
    }

    fn step(&mut self, from: StateId, class: u32) -> Result<Option<StateId>, Stop> {
        let part = self.part;
        self.states.step(from, class, &part.classes[class as usize], self.budget)
    }

    /// Takes up the configuration that the path from `path` on led to; whether everything is
    /// placed. `idle_from` is the state before, if a single unknown operation led here.
    fn enter(&mut self, path: usize, idle_from: Option<StateId>) -> Result<bool, Stop> {
        let read = self.place_reads()?;
        if self.now.rank as usize == self.part.answered() {
            return Ok(true);
        }
        let changed = self.path.get(path).map(|placed| self.part.class[placed.id as usize]);
        if self.is_doomed(changed.filter(|_| !self.frames.is_empty()))?
            || !self.visited.insert(&self.now, self.budget)?
        {
            self.undo_to(path);
            return Ok(false);
        }
        self.note_furthest();
        let next = self.candidates.len();
        self.gather_candidates()?;
        let frame = Frame {
            path,
            next,
            end: self.candidates.len(),
            idle_from: idle_from.filter(|_| !read),
        };
        self.budget.push(&mut self.frames, frame)?;
        Ok(false)
    }

    /// Whether some answer has been lost, by an operation of class `changed` or by nobody yet.
    fn is_doomed(&mut self, changed: Option<u32>) -> Result<bool, Stop> {
        let state = self.now.state;
        self.outlook.is_doomed(self.part, &self.states, state, changed, self.budget)
    }

    /// Goes back to the configuration before the last frame's.
    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.undo_to(frame.path);
        self.candidates.truncate(self.frames.last().map_or(0, |frame| frame.end));
    }

    /// Places every read that is legal now; whether there was one. The state stays the same
    /// meanwhile, so one pass finds them all, though the next return moves on.
    fn place_reads(&mut self) -> Result<bool, Stop> {
        let part = self.part;
        let length = self.path.len();
        let mut id = self.after[part.answered()];
        while self.may_come_next(id) {
            self.budget.work(1)?;
            let following = self.after[id as usize];
            let class = part.class_of(id);
            if class.reads && self.states.allows(self.now.state, class) {
                self.place(id, self.now.state)?;
            }
            id = following;
        }
        Ok(self.path.len() > length)
    }

    /// Whether an operation of the ring was called before the next return.
    fn may_come_next(&self, id: u32) -> bool {
        let part = self.part;
        match (part.called.get(id as usize), part.order.get(self.now.rank as usize)) {
            (Some(called), Some(&next)) if (id as usize) < part.answered() => {
                *called < part.returned[next as usize]
            }
            _ => false,
        }
    }

    fn place(&mut self, id: u32, state: StateId) -> Result<(), Stop> {
        let (rank, before) = (self.now.rank, self.now.state);
        self.budget.push(&mut self.path, Placed { id, rank, state: before })?;
        self.now.state = state;
        let (word, bit) = self.part.bit(id);
        self.now.words[word] |= bit;
        let maybe = self.maybe_of(id);
        self.outlook.place(self.part.class[id as usize], maybe.is_none());
        if let Some(number) = maybe {
            self.used[number] += 1;
            return Ok(());
        }
        let (before, after) = (self.before[id as usize], self.after[id as usize]);
        self.after[before as usize] = after;
        self.before[after as usize] = before;
        while let Some(&next) = self.part.order.get(self.now.rank as usize) {
            let (word, bit) = self.part.bit(next);
            if self.now.words[word] & bit == 0 {
                break;
            }
            self.now.words[word] &= !bit;
            self.now.rank += 1;
        }
        Ok(())
    }

    fn undo_to(&mut self, length: usize) {
        while self.path.len() > length {
            let Some(placed) = self.path.pop() else {
                return;
            };
            while self.now.rank > placed.rank {
                self.now.rank -= 1;
                let (word, bit) = self.part.bit(self.part.order[self.now.rank as usize]);
                self.now.words[word] |= bit;
            }
            let (word, bit) = self.part.bit(placed.id);
            self.now.words[word] &= !bit;
            self.now.state = placed.state;
            let maybe = self.maybe_of(placed.id);
            self.outlook.undo(self.part.class[placed.id as usize], maybe.is_none());
            if let Some(number) = maybe {
                self.used[number] -= 1;
                continue;
            }
            let id = placed.id as usize;
            let (before, after) = (self.before[id], self.after[id]);
            self.after[before as usize] = placed.id;
            self.before[after as usize] = placed.id;
        }
    }

    /// The number of the unknown class of an operation.
    fn maybe_of(&self, id: u32) -> Option<usize> {
        let place = (id as usize).checked_sub(self.part.answered())?;
        Some(self.part.maybe_of[place] as usize)
    }

    /// Lists what to try from here: the next return if it is legal, else first what may make it so,
    /// then the others by their return, unknown ones last. Reads are not among them, since those
    /// that are legal have been placed.
    fn gather_candidates(&mut self) -> Result<(), Stop> {
        let part = self.part;
        let start = self.candidates.len();
        let next = part.order[self.now.rank as usize];
        let legal = self.step(self.now.state, part.class[next as usize])?.is_some();
        let mut id = self.after[part.answered()];
        while self.may_come_next(id) {
            self.budget.work(1)?;
            if !part.class_of(id).reads && (id != next || legal) {
                self.budget.push(&mut self.candidates, id)?;
            }
            id = self.after[id as usize];
        }
        for (number, maybe) in (0..).zip(&part.maybes) {
            self.budget.work(1)?;
            let following = maybe.members.get(self.used[number as usize] as usize);
            let open = following
                .is_some_and(|&id| part.called[id as usize] < part.returned[next as usize]);
            if open && (maybe.horizon > self.now.rank || self.is_curious()) {
                self.budget.push(&mut self.candidates, part.answered() as u32 + number)?;
            }
        }
        let wanted = part.class_of(next).call();
        let class_of = |candidate: u32| match candidate.checked_sub(part.answered() as u32) {
            None => part.class_of(candidate),
            Some(number) => &part.classes[part.maybes[number as usize].class as usize],
        };
        let helps = |candidate| self.states.model().may_enable(class_of(candidate).call(), wanted);
        let here = &mut self.candidates[start..];
        let rank =
            |candidate: u32| part.rank.get(candidate as usize).map_or(u32::MAX, |rank| *rank);
        if legal {
            here.sort_unstable_by_key(|&candidate| (rank(candidate), candidate));
            return Ok(());
        }
        here.sort_by_cached_key(|&candidate| (!helps(candidate), rank(candidate), candidate));
        if !here.first().is_some_and(|&first| helps(first)) && !self.is_curious() {
            self.candidates.truncate(start);
        }
        Ok(())
    }

    /// Whether to go on where there is no hope, to learn what was possible here.
    fn is_curious(&self) -> bool {
        let last = self.now.rank as usize + 1 == self.part.answered();
        last && self.watch == Watch::AllButLast
    }

    fn note_furthest(&mut self) {
        let (furthest, now) = (&mut self.furthest, &self.now);
        if now.rank > furthest.rank {
            furthest.rank = now.rank;
            furthest.states.clear();
        }
        if self.watch != Watch::AllButLast || now.rank < furthest.rank {
            return;
        }
        if furthest.states.is_empty() {
            let tail = self.path.len().saturating_sub(Self::TAIL);
            furthest.tail.clear();
            furthest.tail.extend(self.path[tail..].iter().map(|placed| placed.id));
        }
        if furthest.states.len() < Self::STATES && !furthest.states.contains(&now.state) {
            furthest.states.push(now.state);
        }
    }
}
