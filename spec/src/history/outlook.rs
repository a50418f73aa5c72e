//! What is still to come, and whether it still can: answers that nothing left to place could make
//! legal.
//!
//! An answered operation that is not placed yet, is illegal in the present state, and may not be
//! made legal by any other operation not placed yet, will never be legal: taken out of a legal
//! order one after the other, from the last, those between now and it would leave it legal. With
//! values that are written once this notices a lost value at the very step that loses it, where the
//! search alone would first try every order of what may come before the answer.

use std::collections::HashMap;

use super::budget::{Budget, Stop};
use super::model::Model;
use super::part::{Class, Part};
use super::states::{StateId, States};

/// For each class of operations what it may make legal, and how much of what may make it legal is
/// left.
///
/// The *critical* classes are those with answered operations left and no helper left. They are kept
/// in a ring, linked in the order in which they became critical and unlinked and relinked in
/// reverse.
pub(crate) struct Outlook {
    /// For each class, the classes that it may make legal, of those that are watched.
    helps: Vec<Vec<u32>>,
    /// For each class, how many operations that may make it legal are not placed. Of those not
    /// watched there are always some.
    helpers: Vec<u32>,
    /// For each class, how many of its answered operations are not placed.
    left: Vec<u32>,
    /// For each class the number of the key that it concerns, or 0 if it may concern all.
    keys: Vec<u32>,
    /// The ring; its head is one past the last class.
    after: Vec<u32>,
    before: Vec<u32>,
}

impl Outlook {
    /// A class with more kinds of helpers than this is hardly ever without, and not worth watching:
    /// each placed helper would have to be counted for it.
    const MOST_HELPERS: usize = 32;
    /// Comparing classes takes some 10 ns, so that this is a fifth of a second; classes beyond are
    /// not watched.
    const COMPARISONS: usize = 20_000_000;
    /// Helpers of a class that is not watched.
    const PLENTY: u32 = u32::MAX / 2;

    /// The outlook with nothing placed and no class watched.
    pub(crate) fn unwatched<M: Model>(
        part: &Part<'_, M>,
        budget: &mut Budget,
    ) -> Result<Self, Stop> {
        let count = part.classes.len();
        budget.take(count * (size_of::<Vec<u32>>() + 5 * size_of::<u32>()))?;
        let mut left = vec![0; count];
        for &class in &part.class[..part.answered()] {
            left[class as usize] += 1;
        }
        let head = count as u32;
        Ok(Outlook {
            helps: vec![Vec::new(); count],
            helpers: vec![Self::PLENTY; count],
            left,
            keys: vec![0; count],
            after: vec![head; count + 1],
            before: vec![head; count + 1],
        })
    }

    /// The outlook with nothing placed. All classes are watched, but `except`, if one is given.
    pub(crate) fn new<M: Model>(
        model: &M,
        part: &Part<'_, M>,
        except: Option<u32>,
        budget: &mut Budget,
    ) -> Result<Self, Stop> {
        let mut outlook = Outlook::unwatched(part, budget)?;
        let mut members = vec![0; part.classes.len()];
        for &class in &part.class {
            members[class as usize] += 1;
        }
        let rivals = Rivals::new(model, &part.classes);
        let mut numbers = HashMap::new();
        for (number, class) in outlook.keys.iter_mut().zip(&part.classes) {
            let following = numbers.len() as u32 + 1;
            let key = model.key(class.input);
            *number = key.map_or(0, |key| *numbers.entry(key).or_insert(following));
        }
        let initial = model.initial();
        let mut comparisons = 0;
        for (number, class) in (0..).zip(&part.classes) {
            if outlook.left[number as usize] == 0 || except == Some(number) {
                continue;
            }
            let Some(helpers) = rivals.helpers(class, &mut comparisons, budget)? else {
                continue;
            };
            // A change that is legal at first and that nothing helps is in most models always
            // legal, as a write is: it would only stay in the ring until it is placed.
            if helpers.is_empty()
                && !class.reads
                && model.allows(&initial, class.input, class.output)
            {
                continue;
            }
            outlook.helpers[number as usize] = helpers.iter().map(|&h| members[h as usize]).sum();
            for helper in helpers {
                budget.push(&mut outlook.helps[helper as usize], number)?;
            }
            if outlook.helpers[number as usize] == 0 {
                outlook.link(number);
            }
        }
        Ok(outlook)
    }

    /// An operation of this class has been placed.
    pub(crate) fn place(&mut self, class: u32, answered: bool) {
        if answered {
            let left = &mut self.left[class as usize];
            *left -= 1;
            if *left == 0 && self.helpers[class as usize] == 0 {
                self.unlink(class);
            }
        }
        for place in 0..self.helps[class as usize].len() {
            let helped = self.helps[class as usize][place];
            self.helpers[helped as usize] -= 1;
            if self.is_critical(helped) {
                self.link(helped);
            }
        }
    }

    /// Takes back the last [`place`](Outlook::place) not taken back.
    pub(crate) fn undo(&mut self, class: u32, answered: bool) {
        for place in (0..self.helps[class as usize].len()).rev() {
            let helped = self.helps[class as usize][place];
            if self.is_critical(helped) {
                self.unlink(helped);
            }
            self.helpers[helped as usize] += 1;
        }
        if answered {
            if self.left[class as usize] == 0 && self.helpers[class as usize] == 0 {
                self.relink(class);
            }
            self.left[class as usize] += 1;
        }
    }

    /// Whether some answer can never become legal from this state, which an operation of class
    /// `changed` led to, if any. What concerns another key is as legal as it was in the state
    /// before.
    pub(crate) fn is_doomed<M: Model>(
        &self,
        part: &Part<'_, M>,
        states: &States<'_, M>,
        state: StateId,
        changed: Option<u32>,
        budget: &mut Budget,
    ) -> Result<bool, Stop> {
        let touched = changed.map_or(0, |class| self.keys[class as usize]);
        let head = self.helps.len() as u32;
        let mut class = self.after[head as usize];
        while class != head {
            budget.work(1)?;
            let key = self.keys[class as usize];
            let concerned = key == touched || key == 0 || touched == 0;
            if concerned && !states.allows(state, &part.classes[class as usize]) {
                return Ok(true);
            }
            class = self.after[class as usize];
        }
        Ok(false)
    }

    fn is_critical(&self, class: u32) -> bool {
        self.helpers[class as usize] == 0 && self.left[class as usize] > 0
    }

    /// Puts a class first in the ring.
    fn link(&mut self, class: u32) {
        let head = self.helps.len() as u32;
        self.before[class as usize] = head;
        self.after[class as usize] = self.after[head as usize];
        self.relink(class);
    }

    /// Puts a class back between the neighbours it had.
    fn relink(&mut self, class: u32) {
        let (before, after) = (self.before[class as usize], self.after[class as usize]);
        self.after[before as usize] = class;
        self.before[after as usize] = class;
    }

    /// Takes a class out of the ring; it remembers its neighbours.
    fn unlink(&mut self, class: u32) {
        let (before, after) = (self.before[class as usize], self.after[class as usize]);
        self.after[before as usize] = after;
        self.before[after as usize] = before;
    }
}

/// The classes that may change the state, by the key they concern. Those of other keys never help.
struct Rivals<'c, 'h, M: Model> {
    model: &'c M,
    classes: &'c [Class<'h, M>],
    by_key: HashMap<Option<M::Key>, Vec<u32>>,
    all: Vec<u32>,
}

impl<'c, 'h, M: Model> Rivals<'c, 'h, M> {
    fn new(model: &'c M, classes: &'c [Class<'h, M>]) -> Self {
        let mut by_key: HashMap<_, Vec<u32>> = HashMap::new();
        let mut all = Vec::new();
        for (number, class) in (0..).zip(classes).filter(|(_, class)| !class.reads) {
            by_key.entry(model.key(class.input)).or_default().push(number);
            all.push(number);
        }
        Rivals { model, classes, by_key, all }
    }

    /// The classes that may make this one legal, unless there are too many or finding out takes too
    /// long.
    fn helpers(
        &self,
        class: &Class<'h, M>,
        comparisons: &mut usize,
        budget: &mut Budget,
    ) -> Result<Option<Vec<u32>>, Stop> {
        let key = self.model.key(class.input);
        let (same_key, no_key) = match key {
            Some(_) => (self.by_key.get(&key), self.by_key.get(&None)),
            None => (Some(&self.all), None),
        };
        let mut helpers = Vec::new();
        for &rival in same_key.into_iter().chain(no_key).flatten() {
            budget.work(1)?;
            *comparisons += 1;
            if *comparisons > Outlook::COMPARISONS {
                return Ok(None);
            }
            if self.model.may_enable(self.classes[rival as usize].call(), class.call()) {
                helpers.push(rival);
            }
            if helpers.len() > Outlook::MOST_HELPERS {
                return Ok(None);
            }
        }
        Ok(Some(helpers))
    }
}
