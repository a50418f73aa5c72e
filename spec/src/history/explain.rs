//! Why there is no legal order, in words.

use std::cmp::Reverse;

use super::model::Model;
use super::operation::{History, Operation};
use super::part::Part;
use super::violation::{Violation, have, words};

/// The most operations or answers that one line lists.
const LISTED: usize = 5;

/// What is to be explained: up to the last return of `part` there is no legal order, before it
/// there is.
pub(crate) struct Explanation<'a, 'h, M: Model> {
    pub(crate) model: &'a M,
    pub(crate) history: &'a History<M::Input, M::Output>,
    pub(crate) part: &'a Part<'h, M>,
    /// What could have been answered at the last return, in words.
    pub(crate) possible: Vec<String>,
    /// Whether that is all.
    pub(crate) complete: bool,
    /// The operations placed last on one way there.
    pub(crate) tail: &'a [u32],
    /// The answers that contradict the one at the last return, by index, if they are known and no
    /// rule tells of better facts.
    pub(crate) essence: Option<Vec<u32>>,
    /// Whether other keys were left out.
    pub(crate) split: bool,
}

impl<M: Model> Explanation<'_, '_, M> {
    /// Adds what the last operation would have answered in these states.
    pub(crate) fn add_possible<'s>(&mut self, states: impl Iterator<Item = &'s M::State>)
    where
        M::State: 's,
    {
        let Some(&stuck) = self.part.order.last() else {
            return;
        };
        let input = &self.operation(stuck).input;
        // An answer that tells something comes before one that is always legal.
        let answers = states.flat_map(|state| {
            let mut answers = self.model.alternatives(&[], input);
            answers.retain(|answer| self.model.allows(state, input, Some(answer)));
            if answers.is_empty() {
                answers.extend(self.model.answer(state, input));
            }
            answers
        });
        let mut words: Vec<String> =
            answers.map(|output| self.model.describe_output(input, &output)).collect();
        words.sort();
        words.dedup();
        words.retain(|answer| !self.possible.contains(answer));
        self.possible.extend(words);
    }

    /// The explanation, a thought a line. What programs are told is completed on the way: the
    /// operation, its legal answers, and two facts if a rule has not told better ones.
    pub(crate) fn lines(self, violation: &mut Violation) -> Vec<String> {
        let Some(&stuck) = self.part.order.last() else {
            return Vec::new(); // A history without answers has a legal order.
        };
        let line = self.part.returned[stuck as usize];
        let scope = if self.split { ", as far as it is about the same key," } else { "" };
        let mut lines = vec![
            format!(
                "The history{scope} is linearizable up to line {line}, but not with that line:"
            ),
            self.contradiction(stuck),
        ];
        violation.operation = Some(self.part.origin[stuck as usize] as usize);
        violation.conflict.extend(violation.operation);
        violation.legal.clone_from(&self.possible);
        let sources = self.sources(stuck, violation);
        lines.push(format!("What is broken: {}.", violation.property));
        lines.extend(violation.facts.iter().map(|fact| format!("  {fact}")));
        lines.extend(sources);
        if !self.tail.is_empty() {
            let tail: Vec<_> = self.tail.iter().map(|&id| self.words(id)).collect();
            lines.push(format!("An order that goes so far ends with: {}.", tail.join(", ")));
        }
        lines.extend(self.open(line));
        lines
    }

    /// What was answered, and what could have been.
    fn contradiction(&self, stuck: u32) -> String {
        let mut text = self.words(stuck);
        if self.possible.is_empty() {
            text.push_str(", which was not possible at any point between its call and its return.");
            return text;
        }
        let could = have(&self.possible, LISTED);
        let searched = if self.complete { "" } else { ", as far as was searched," };
        text.push_str(&format!(", but at that point{searched} it could only {could}."));
        text
    }

    /// Two facts that contradict each other, where no rule told any: the answer, and what those
    /// say that leave no room for it. `latest` is what came last of what can have led to it.
    fn facts(&self, stuck: u32, latest: Option<&str>) -> Vec<String> {
        let line = self.part.returned[stuck as usize];
        let against = match (self.essence.as_deref(), latest) {
            (Some([]), Some(_)) => {
                format!("Nothing called before line {line} leads to that, in any order.")
            }
            (Some([]) | None, None) => {
                "No operation called before its return can have led to that.".to_owned()
            }
            (Some(essence), _) => {
                let name = |&index: &u32| words(self.model, self.history, index as usize);
                let told: Vec<String> = essence.iter().map(name).collect();
                let all = if essence.len() == 1 { "both" } else { "all of that" };
                let told = told.join("; ");
                format!("{told}; and nothing called before line {line} makes {all} possible.")
            }
            (None, Some(latest)) if self.possible.is_empty() => {
                format!("The latest that can have led to it: {latest}.")
            }
            (None, Some(_)) => format!(
                "After everything answered before it, in any legal order, it could only {}.",
                have(&self.possible, LISTED)
            ),
        };
        vec![format!("{}.", self.words(stuck)), against]
    }

    /// The operations that could have led to the answer, and why they did not.
    fn sources(&self, stuck: u32, violation: &mut Violation) -> Vec<String> {
        let part = self.part;
        let wanted = part.class_of(stuck).call();
        let helps = |id: &u32| {
            let class = part.class_of(*id);
            *id != stuck && !class.reads && self.model.may_enable(class.call(), wanted)
        };
        let mut sources: Vec<u32> = (0..part.origin.len() as u32).filter(helps).collect();
        let is_told = !violation.facts.is_empty();
        if !is_told {
            let essence = self.essence.iter().flatten();
            violation.conflict.extend(essence.map(|&index| index as usize));
        }
        if sources.is_empty() {
            if !is_told {
                violation.facts = self.facts(stuck, None);
            }
            return Vec::new();
        }
        if self.essence.as_ref().is_some_and(Vec::is_empty) {
            violation.facts = self.facts(stuck, Some(""));
            return Vec::new(); // They could have led to it, but for the others of them.
        }
        sources.sort_by_key(|&id| Reverse(part.called[id as usize]));
        let mut lines = vec!["What could have led to it, the latest first:".to_owned()];
        let latest = sources.iter().take(LISTED);
        lines.extend(latest.map(|&id| self.source(id, stuck, &sources, violation)));
        if violation.facts.is_empty() {
            violation.facts = self.facts(stuck, lines.get(1).map(|line| line.trim_start()));
        }
        if sources.len() > LISTED {
            lines.push(format!("  and {} earlier ones.", sources.len() - LISTED));
        }
        lines
    }

    /// One of them, with the latest operation between it and the stuck one that may contradict:
    /// another change, or the same question with another answer.
    fn source(&self, id: u32, stuck: u32, sources: &[u32], violation: &mut Violation) -> String {
        let part = self.part;
        let mut text = format!("  {}", self.words(id));
        let Some(&ended) = part.returned.get(id as usize) else {
            return text;
        };
        let question = part.class_of(stuck);
        let key = self.model.key(question.input);
        let contradicts = |other: &u32| {
            let class = part.class_of(*other);
            let between = part.called[*other as usize] > ended
                && part.returned[*other as usize] < part.called[stuck as usize];
            let differs = match class.reads {
                true => class.input == question.input && class.output != question.output,
                false => self.model.key(class.input) == key,
            };
            between && differs && !sources.contains(other)
        };
        if let Some(other) = (0..part.answered() as u32).rev().find(contradicts) {
            text.push_str(&format!(", certainly followed by {}", self.words(other)));
            if violation.facts.is_empty() && self.essence.is_none() {
                let between = [id, other].map(|id| part.origin[id as usize] as usize);
                violation.conflict.extend(between);
            }
        }
        text
    }

    /// The operations that were open at `line`.
    fn open(&self, line: u64) -> Option<String> {
        let part = self.part;
        // Whatever returned later is unknown to this part of the history.
        let mut open: Vec<u32> = (part.answered() as u32..part.origin.len() as u32).collect();
        open.sort_by_key(|&id| Reverse(part.called[id as usize]));
        let shown: Vec<_> = open.iter().take(LISTED).map(|&id| self.words(id)).collect();
        let more = match open.len() - shown.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        (!shown.is_empty()).then(|| format!("Open at line {line}: {}{more}.", shown.join(", ")))
    }

    fn operation(&self, id: u32) -> &Operation<M::Input, M::Output> {
        &self.history.operations()[self.part.origin[id as usize] as usize]
    }

    fn words(&self, id: u32) -> String {
        words(self.model, self.history, self.part.origin[id as usize] as usize)
    }
}
