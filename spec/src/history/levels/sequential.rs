//! The search for one order of all operations that keeps each client's.
//!
//! A configuration is how far each client has come, which unanswered operations have taken effect,
//! and the state. The search goes depth first, the operation called earliest first. An operation
//! that changes no state and is legal now is placed now, with no alternative tried: in whatever
//! order completes the configuration it can be moved to the front. Configurations covered by one
//! that was seen are not searched again ([`Visited`]): whatever completes one with more unanswered
//! operations used up completes the one with fewer.
//!
//! An unanswered operation comes after what its client did before and before nothing.

use std::collections::HashMap;

use crate::history::budget::{Budget, Stop};
use crate::history::model::Model;
use crate::history::operation::{History, Outcome};
use crate::history::part::Class;
use crate::history::states::{StateId, States};
use crate::history::visited::{Configuration, Visited};

/// An operation of the search: its index in the history, and its class.
#[derive(Clone, Copy)]
struct Member {
    index: u32,
    class: u32,
}

/// An unanswered operation, and after how many of which client's it may take effect.
struct Loose {
    member: Member,
    session: u32,
    after: u32,
}

/// A history laid out by clients.
pub(crate) struct Sequence<'h, M: Model> {
    sessions: Vec<Vec<Member>>,
    loose: Vec<Loose>,
    classes: Vec<Class<'h, M>>,
}

impl<'h, M: Model> Sequence<'h, M> {
    /// Lays out a history as if answers after a position had not come, and one operation, if any,
    /// had answered otherwise.
    pub(crate) fn new(
        model: &M,
        history: &'h History<M::Input, M::Output>,
        until: u64,
        instead: Option<(usize, &'h M::Output)>,
    ) -> Self {
        let mut numbers = HashMap::new();
        let mut places = HashMap::new();
        let mut sequence =
            Sequence { sessions: Vec::new(), loose: Vec::new(), classes: Vec::new() };
        for (index, operation) in history.operations().iter().enumerate() {
            if operation.outcome == Outcome::Failed {
                continue;
            }
            let answered = operation.returned().is_some_and(|at| at <= until);
            let output = match instead {
                Some((other, output)) if other == index => Some(output),
                _ => operation.output(),
            };
            let output = output.filter(|_| answered);
            let reads = model.only_reads(&operation.input, output);
            if !answered && reads {
                continue;
            }
            let input = &operation.input;
            let classes = &mut sequence.classes;
            let class = *numbers.entry((input, output)).or_insert_with(|| {
                classes.push(Class { input, output, reads });
                classes.len() as u32 - 1
            });
            let known = sequence.sessions.len();
            let session = *places.entry(operation.process).or_insert(known);
            if session == known {
                sequence.sessions.push(Vec::new());
            }
            let member = Member { index: index as u32, class };
            let own = &mut sequence.sessions[session];
            match answered {
                true => own.push(member),
                false => {
                    let after = own.len() as u32;
                    sequence.loose.push(Loose { member, session: session as u32, after });
                }
            }
        }
        sequence
    }

    fn answered(&self) -> usize {
        self.sessions.iter().map(Vec::len).sum()
    }
}

/// What a search found, and how many configurations it visited.
pub(crate) struct Found {
    pub(crate) order: Option<Vec<usize>>,
    pub(crate) explored: u64,
}

/// One placed operation, and what undoes it: its session (or loose place) and the state before.
struct Placed {
    index: u32,
    from: Source,
    state: StateId,
}

#[derive(Clone, Copy)]
enum Source {
    Session(u32),
    Loose(u32),
}

/// A configuration on the way: the length of the path before it, and what is yet to be tried.
struct Frame {
    path: usize,
    next: usize,
    end: usize,
}

struct Search<'s, 'h, M: Model> {
    sequence: &'s Sequence<'h, M>,
    budget: &'s mut Budget,
    states: States<'s, M>,
    visited: Visited,
    /// How far each session has come, two a word, then a bit for each loose operation.
    now: Configuration,
    path: Vec<Placed>,
    frames: Vec<Frame>,
    candidates: Vec<Source>,
}

/// Searches for an order, until `looks` configurations have been visited.
pub(crate) fn search<M: Model>(
    model: &M,
    sequence: &Sequence<'_, M>,
    looks: u64,
    budget: &mut Budget,
) -> Result<Found, Stop> {
    budget.work(0)?;
    let exact = sequence.sessions.len().div_ceil(2);
    let words = exact + sequence.loose.len().div_ceil(64);
    budget.take((sequence.answered() + sequence.loose.len()) * 2 * size_of::<Loose>())?;
    budget.take(words * size_of::<u64>())?;
    let mut search = Search {
        states: States::new(model, budget)?,
        visited: Visited::new(exact, words),
        now: Configuration { rank: 0, state: 0, words: vec![0; words] },
        path: Vec::new(),
        frames: Vec::new(),
        candidates: Vec::new(),
        sequence,
        budget,
    };
    let found = search.descend(looks)?;
    let order = search.path.iter().map(|placed| placed.index as usize);
    Ok(Found { order: found.then(|| order.collect()), explored: search.visited.len() })
}

impl<M: Model> Search<'_, '_, M> {
    fn descend(&mut self, looks: u64) -> Result<bool, Stop> {
        if self.enter(0)? {
            return Ok(true);
        }
        while let Some(frame) = self.frames.last_mut() {
            self.budget.work(1)?;
            if frame.next == frame.end {
                let path = frame.path;
                self.frames.pop();
                self.undo_to(path);
                self.candidates.truncate(self.frames.last().map_or(0, |frame| frame.end));
                continue;
            }
            let source = self.candidates[frame.next];
            frame.next += 1;
            let path = self.path.len();
            if self.visited.len() >= looks {
                return Err(Stop::Allotment);
            }
            if self.try_place(source)? && self.enter(path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes up the configuration that the path from `path` on led to; whether all is placed.
    fn enter(&mut self, path: usize) -> Result<bool, Stop> {
        self.place_reads()?;
        if self.now.rank as usize == self.sequence.answered() {
            return Ok(true);
        }
        if !self.visited.insert(&self.now, self.budget)? {
            self.undo_to(path);
            return Ok(false);
        }
        let next = self.candidates.len();
        for session in 0..self.sequence.sessions.len() as u32 {
            if self.following(session).is_some() {
                self.budget.push(&mut self.candidates, Source::Session(session))?;
            }
        }
        let mut here: Vec<Source> = self.candidates.drain(next..).collect();
        here.sort_by_key(|&source| match source {
            Source::Session(session) => self.following(session).map(|member| member.index),
            Source::Loose(_) => None,
        });
        self.candidates.extend(here);
        for place in 0..self.sequence.loose.len() as u32 {
            let loose = &self.sequence.loose[place as usize];
            let (word, bit) = self.bit(place);
            let used = self.now.words[word] & bit != 0;
            if !used && self.place_of(loose.session) >= loose.after {
                self.budget.push(&mut self.candidates, Source::Loose(place))?;
            }
        }
        let end = self.candidates.len();
        self.budget.push(&mut self.frames, Frame { path, next, end })?;
        Ok(false)
    }

    /// Places every read that is legal now, again and again, as one may be behind another.
    fn place_reads(&mut self) -> Result<(), Stop> {
        for session in 0..self.sequence.sessions.len() as u32 {
            while let Some(member) = self.following(session) {
                self.budget.work(1)?;
                let class = &self.sequence.classes[member.class as usize];
                if !class.reads || !self.states.allows(self.now.state, class) {
                    break;
                }
                self.place(Source::Session(session), member, self.now.state)?;
            }
        }
        Ok(())
    }

    /// Places the next operation of a source, if it is legal and, unanswered, changes something.
    fn try_place(&mut self, source: Source) -> Result<bool, Stop> {
        let member = match source {
            Source::Session(session) => self.following(session),
            Source::Loose(place) => Some(self.sequence.loose[place as usize].member),
        };
        let Some(member) = member else {
            return Ok(false);
        };
        let class = &self.sequence.classes[member.class as usize];
        let state = self.states.step(self.now.state, member.class, class, self.budget)?;
        let idle = matches!(source, Source::Loose(_)) && state == Some(self.now.state);
        match state.filter(|_| !idle) {
            Some(state) => self.place(source, member, state).map(|()| true),
            None => Ok(false),
        }
    }

    fn place(&mut self, from: Source, member: Member, state: StateId) -> Result<(), Stop> {
        let before = self.now.state;
        self.budget.push(&mut self.path, Placed { index: member.index, from, state: before })?;
        self.now.state = state;
        self.turn(from, true);
        Ok(())
    }

    fn undo_to(&mut self, length: usize) {
        while self.path.len() > length
            && let Some(placed) = self.path.pop()
        {
            self.now.state = placed.state;
            self.turn(placed.from, false);
        }
    }

    /// Moves a source one on, or back.
    fn turn(&mut self, source: Source, on: bool) {
        match source {
            Source::Session(session) => {
                let one = 1 << (32 * (session % 2));
                let word = &mut self.now.words[session as usize / 2];
                if on {
                    *word += one;
                    self.now.rank += 1;
                } else {
                    *word -= one;
                    self.now.rank -= 1;
                }
            }
            Source::Loose(place) => {
                let (word, bit) = self.bit(place);
                self.now.words[word] ^= bit;
            }
        }
    }

    fn bit(&self, loose: u32) -> (usize, u64) {
        let exact = self.sequence.sessions.len().div_ceil(2);
        (exact + loose as usize / 64, 1 << (loose % 64))
    }

    /// How many operations of a session are placed.
    fn place_of(&self, session: u32) -> u32 {
        (self.now.words[session as usize / 2] >> (32 * (session % 2))) as u32
    }

    /// The next operation of a session.
    fn following(&self, session: u32) -> Option<Member> {
        let place = self.place_of(session) as usize;
        self.sequence.sessions[session as usize].get(place).copied()
    }
}
