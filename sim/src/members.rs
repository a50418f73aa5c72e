//! The nodes that a plan is about.

use std::cmp::Ordering;

use model::{NodeId, NodeSet};
use world::Failures;
use world::timed::Fault;

use crate::plan::{Plan, Strike};

impl Plan {
    /// The plan without one of its nodes, whose followers move up by one number.
    pub(crate) fn without(&self, gone: NodeId) -> Plan {
        let renamed = |node: NodeId| match node.cmp(&gone) {
            Ordering::Less => Some(node),
            Ordering::Equal => None,
            Ordering::Greater => Some(NodeId(node.0 - 1)),
        };
        let mut plan = self.clone();
        plan.nodes -= 1;
        plan.core = self.core.iter().filter_map(renamed).collect();
        plan.traitors = self.traitors.iter().filter_map(renamed).collect();
        let all = NodeSet::first(plan.nodes);
        if !all.has_majority(plan.core) {
            plan.core = all;
        }
        for operation in &mut plan.operations {
            let node = NodeId(operation.client % self.nodes as u16);
            operation.client = renamed(node).unwrap_or(NodeId(0)).0;
        }
        plan.faults = self.faults.iter().filter_map(|strike| strike.renamed(renamed)).collect();
        for node in plan.damaged().iter() {
            plan.core.remove(node);
        }
        plan
    }

    /// The nodes whose logs are damaged in the course of it.
    pub(crate) fn damaged(&self) -> NodeSet {
        self.struck(|fault| match fault {
            Fault::Rot { node, .. } => Some(*node),
            _ => None,
        })
    }

    /// The nodes that such faults strike.
    fn struck(&self, by: impl Fn(&Fault) -> Option<NodeId>) -> NodeSet {
        self.faults.iter().filter_map(|strike| by(&strike.fault)).collect()
    }

    /// Whether no more nodes fail in it than may, and as many as must be are there in the end.
    pub(crate) fn is_borne(&self, failures: &Failures) -> bool {
        let crashed = self.struck(|fault| match fault {
            Fault::Crash { node, .. } => Some(*node),
            _ => None,
        });
        let failed = self.struck(|fault| match fault {
            Fault::Crash { node, .. }
            | Fault::Forget { node, .. }
            | Fault::Rot { node, .. }
            | Fault::Omit { node, .. } => Some(*node),
            _ => None,
        });
        // Who has crashed for good cannot be up again when faults heal.
        let is_up = failures.recovery || self.core.intersection(crashed).is_empty();
        let has_core = self.settle == 0 || self.core.len() >= failures.core && is_up;
        failed.len() <= failures.crashes && self.traitors.len() <= failures.traitors && has_core
    }

    /// Whether a plan that comes from outside can be performed.
    ///
    /// # Errors
    /// What contradicts itself.
    pub fn check(&self) -> Result<(), String> {
        if self.nodes == 0 || self.nodes > NodeSet::CAPACITY {
            return Err(format!("A plan for {} nodes cannot be performed.", self.nodes));
        }
        let all = NodeSet::first(self.nodes);
        if self.core.intersection(all) != self.core || self.core.is_empty() {
            return Err(format!("The core {} is not of these nodes.", self.core));
        }
        let is_sorted = self.faults.is_sorted_by_key(|strike| strike.at)
            && self.operations.is_sorted_by_key(|operation| operation.at);
        if !is_sorted {
            return Err("Faults and operations must be in the order of their times.".to_string());
        }
        let damaged = self.damaged().intersection(self.core);
        if !damaged.is_empty() {
            return Err(format!(
                "The logs of {damaged} are damaged, so they cannot be of the core."
            ));
        }
        match self.faults.iter().find(|strike| !strike.is_about(all)) {
            Some(strike) => {
                Err(format!("`{}` names a node that there is not, or none.", strike.fault))
            }
            None => Ok(()),
        }
    }
}

impl Strike {
    /// Whether the fault concerns these nodes and no others.
    fn is_about(&self, all: NodeSet) -> bool {
        self.renamed(|node| all.contains(node).then_some(node)).as_ref() == Some(self)
    }

    /// The part of a fault that concerns the nodes that get a name, if any.
    fn renamed(&self, rename: impl Fn(NodeId) -> Option<NodeId>) -> Option<Strike> {
        let mut strike = self.clone();
        match &mut strike.fault {
            Fault::Crash { node, .. }
            | Fault::Rot { node, .. }
            | Fault::Forget { node, .. }
            | Fault::Pause { node, .. }
            | Fault::Stall { node, .. }
            | Fault::Omit { node, .. }
            | Fault::Leap { node, .. }
            | Fault::Back { node, .. }
            | Fault::Skew { node, .. } => *node = rename(*node)?,
            Fault::Cut { from, to, .. } | Fault::Clog { from, to, .. } => {
                for side in [from, to] {
                    *side = side.iter().filter_map(&rename).collect();
                    if side.is_empty() {
                        return None;
                    }
                }
            }
            Fault::Storm { .. } => {}
        }
        Some(strike)
    }
}

#[cfg(test)]
mod tests {
    use model::NodeSet;
    use world::timed::Fault;
    use world::{Faults, SystemModel};

    use crate::plan::{Plan, Scale, Strike};

    /// What is drawn for a model never asks more of it than it claims, and sometimes as much: then
    /// a model that claims less does not bear it.
    #[test]
    fn a_plan_is_borne_by_the_model_that_it_was_drawn_for() {
        let traitors = SystemModel { faults: Faults::Byzantine, ..SystemModel::crash_stop(5, 2) };
        for model in [SystemModel::crash_stop(5, 2), SystemModel::consensus(5), traitors] {
            let less = SystemModel { most: 1, core: 4, ..model }.failures();
            let mut too_much = 0;
            for seed in 0..100 {
                let plan = Plan::draw(seed, 5, &model.failures(), &Scale::default());
                assert!(plan.is_borne(&model.failures()), "seed {seed} of {model}");
                too_much += u32::from(!plan.is_borne(&less));
            }
            assert!(too_much > 10, "{too_much} plans are more than a smaller {model} bears");
        }
    }

    /// Whoever crashes for good in a model without recovery is not there when faults have healed.
    #[test]
    fn nobody_comes_back_from_a_crash_for_good() {
        let model = SystemModel::crash_stop(5, 2);
        let is_crash = |strike: &Strike| matches!(strike.fault, Fault::Crash { .. });
        let plans = (0..100).map(|seed| Plan::draw(seed, 5, &model.failures(), &Scale::default()));
        let crashing = plans.into_iter().find(|plan| plan.faults.iter().any(is_crash));
        let mut plan = crashing.expect("One of them has a crash.");
        plan.core = NodeSet::first(5);
        assert!(!plan.is_borne(&model.failures()), "{}", plan.core);
        assert!(plan.is_borne(&SystemModel::consensus(5).failures()), "there it may come back");
        plan.settle = 0;
        assert!(plan.is_borne(&model.failures()), "nothing is asked of the core");
    }
}
