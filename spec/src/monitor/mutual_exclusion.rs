//! Mutual exclusion: one judge for every protocol that lets nodes in and out, one at a time.

use model::{NodeId, NodeSet, Process, Value};

use super::Monitor;

/// What a protocol's requests and indications are, as values: all that a monitor has to know of
/// its types.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Words<R, I> {
    /// Asks to be let in.
    pub enter: R,
    /// Tells that it is inside.
    pub entered: I,
    /// Asks to be let out. From then on it no longer counts as inside.
    pub leave: R,
    /// Tells that it is outside again.
    pub left: I,
}

/// Checks, in the words of Lynch, Distributed Algorithms, 1996, section 10.2:
/// - mutual exclusion: no two nodes are inside at the same time;
/// - well-formedness: only who has asked enters, only who has asked to leave has left;
/// - progress, once faults have healed: while nobody is inside, nobody waits for long. That each
///   node gets in again and again is for the clients to judge, who must see to it that all leave.
///
/// A crash ends a stay: what is inside is then as the crash left it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MutualExclusion<R, I> {
    words: Words<R, I>,
    waiting: NodeSet,
    inside: Option<NodeId>,
    leaving: NodeSet,
}

impl<R, I> MutualExclusion<R, I> {
    /// A monitor that has seen nothing yet.
    pub fn new(words: Words<R, I>) -> Self {
        let none = NodeSet::EMPTY;
        MutualExclusion { words, waiting: none, inside: None, leaving: none }
    }

    fn entered(&mut self, node: NodeId) -> Result<(), String> {
        if let Some(other) = self.inside {
            return Err(format!("{node} entered, but {other} is inside and has not left."));
        }
        if !self.waiting.remove(node) {
            return Err(format!("{node} entered, but has not asked since it was last outside."));
        }
        self.inside = Some(node);
        Ok(())
    }
}

impl<R, I, P> Monitor<P> for MutualExclusion<R, I>
where
    R: Value,
    I: Value,
    P: Process<Request = R, Indication = I>,
{
    fn requested(&mut self, node: NodeId, request: &R) {
        let is_outside = self.inside != Some(node) && !self.leaving.contains(node);
        if *request == self.words.enter && is_outside {
            self.waiting.insert(node);
        }
        if *request == self.words.leave && self.inside == Some(node) {
            self.inside = None;
            self.leaving.insert(node);
        }
    }

    fn indicated(&mut self, node: NodeId, indication: &I) -> Result<(), String> {
        if *indication == self.words.entered {
            return self.entered(node);
        }
        if *indication == self.words.left && !self.leaving.remove(node) {
            return Err(format!("{node} has left, but was not asked to leave while inside."));
        }
        Ok(())
    }

    fn promise(&self, _: NodeId, indication: &I) -> Option<&'static str> {
        Some(match *indication == self.words.entered && self.inside.is_some() {
            true => "mutual exclusion: no two nodes are inside at the same time",
            false => "well-formedness: only who asks is let in, and only who asks is let out",
        })
    }

    fn crashed(&mut self, node: NodeId) {
        self.waiting.remove(node);
        self.leaving.remove(node);
        self.inside.take_if(|inside| *inside == node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let waiting = self.waiting.intersection(correct);
        let leaving = self.leaving.intersection(correct);
        match self.inside.filter(|&node| correct.contains(node)) {
            Some(_) => Ok(()),
            None if !waiting.is_empty() => {
                Err(format!("Nobody is inside, and still {waiting} wait to be let in."))
            }
            None if !leaving.is_empty() => {
                Err(format!("{leaving} asked to leave, and were not told that they have left."))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Never;

    use super::*;

    /// A process that is only there for its types; it does nothing.
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    struct Mute;

    impl Process for Mute {
        type Request = bool;
        type Indication = bool;
        type Message = Never;
        type Timer = Never;
        type Record = Never;

        fn request(&mut self, _: bool, _: &mut model::Out<Self>) {}

        fn message(&mut self, _: NodeId, _: Never, _: &mut model::Out<Self>) {}
    }

    type Judge = MutualExclusion<bool, bool>;

    fn judge() -> Judge {
        MutualExclusion::new(Words { enter: true, entered: true, leave: false, left: false })
    }

    fn asked(judge: &mut Judge, node: u16, what: bool) {
        Monitor::<Mute>::requested(judge, NodeId(node), &what);
    }

    fn told(judge: &mut Judge, node: u16, what: bool) -> Result<(), String> {
        Monitor::<Mute>::indicated(judge, NodeId(node), &what)
    }

    fn settled(judge: &Judge) -> Result<(), String> {
        Monitor::<Mute>::settled(judge, NodeSet::first(2))
    }

    #[test]
    fn each_promise_is_judged() {
        let mut fresh = judge();
        assert!(told(&mut fresh, 0, true).is_err_and(|why| why.contains("has not asked")));
        assert!(told(&mut fresh, 0, false).is_err_and(|why| why.contains("not asked to leave")));
        let mut busy = judge();
        asked(&mut busy, 0, true);
        asked(&mut busy, 1, true);
        assert!(settled(&busy).is_err_and(|why| why.contains("{n0 n1}")));
        assert_eq!(told(&mut busy, 0, true), Ok(()));
        assert_eq!(settled(&busy), Ok(()), "Who stays inside owes the others nothing.");
        let both = told(&mut busy.clone(), 1, true);
        assert_eq!(both, Err("n1 entered, but n0 is inside and has not left.".to_string()));
        asked(&mut busy, 0, false);
        assert!(settled(&busy).is_err_and(|why| why.contains("{n1} wait")));
        assert_eq!(told(&mut busy, 1, true), Ok(()));
        Monitor::<Mute>::crashed(&mut busy, NodeId(1));
        assert!(settled(&busy).is_err_and(|why| why.contains("{n0} asked to leave")));
        assert_eq!(told(&mut busy, 0, false), Ok(()));
        assert_eq!(settled(&busy), Ok(()));
    }
}
