//! Infers the dependencies of a history and looks for what is wrong with them.

use std::time::Instant;

use super::anomaly::Anomaly;
use super::evidence::{Evidence, Findings, within_transactions};
use super::explain::explain;
use super::graph::Edges;
use super::history::{Transactions, Workload};
use super::level::IsolationModel;
use super::{cycles, lists, orders, registers};
use crate::history::{Budget, Limits, Stop};

/// An anomaly of a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Which.
    pub anomaly: Anomaly,
    /// How often it was met; of cycles, in how many knots of entangled transactions.
    pub count: u64,
    /// One proof of it, for cycles the shortest found; a thought a line.
    pub explanation: Vec<String>,
}

/// What a check found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// What is wrong with the history. Proven, even if the check stopped.
    pub anomalies: Vec<Found>,
    /// Which limit was hit before everything was looked at, if any.
    pub stopped: Option<Stop>,
    /// The most memory held, in bytes, besides the history.
    pub bytes: usize,
}

impl Checked {
    /// Whether an anomaly was found that the model does not have.
    pub fn excludes(&self, model: IsolationModel) -> bool {
        self.anomalies.iter().any(|found| found.anomaly.excludes(model))
    }

    /// The models that no anomaly excludes and no other such model implies. Only if the check
    /// did not stop do they hold, as far as the history tells.
    pub fn strongest(&self) -> Vec<IsolationModel> {
        let held = || IsolationModel::all().filter(|&model| !self.excludes(model));
        let topped = |model| held().any(|other| other != model && other.implies(model));
        held().filter(|&model| !topped(model)).collect()
    }

    /// The models that are excluded and imply no other that is.
    pub fn weakest_excluded(&self) -> Vec<IsolationModel> {
        let excluded = || IsolationModel::all().filter(|&model| self.excludes(model));
        let based =
            |model: IsolationModel| excluded().any(|other| other != model && model.implies(other));
        excluded().filter(|&model| !based(model)).collect()
    }
}

/// Checks a history within limits, whose time counts from `start`.
pub fn check(history: &Transactions, limits: &Limits, start: Instant) -> Checked {
    let mut budget = Budget::new(limits, start);
    let mut findings = Findings::default();
    let stopped = find(history, &mut findings, &mut budget).err();
    findings.list.sort_by_key(|found| (found.anomaly.strength, found.anomaly.phenomenon));
    let anomalies = findings.list.iter().map(|found| Found {
        anomaly: found.anomaly,
        count: found.count,
        explanation: explain(history, found),
    });
    Checked { anomalies: anomalies.collect(), stopped, bytes: budget.peak() }
}

fn find(history: &Transactions, findings: &mut Findings, budget: &mut Budget) -> Result<(), Stop> {
    let evidence = Evidence::new(history, budget)?;
    within_transactions(&evidence, findings, budget)?;
    let mut edges = Edges::new(history.len(), budget)?;
    match history.workload {
        Workload::ListAppend => lists::infer(&evidence, &mut edges, findings, budget)?,
        Workload::RwRegister => registers::infer(&evidence, &mut edges, findings, budget)?,
    }
    orders::process(&evidence, &mut edges, budget)?;
    orders::realtime(&evidence, &mut edges, budget)?;
    cycles::search(edges, findings, budget)
}
