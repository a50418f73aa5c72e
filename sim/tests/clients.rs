//! Clients that wait for their answers, and judge what they were told.

#[path = "../../world/tests/toy/mod.rs"]
mod toy;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicBool;

use model::{NodeId, NodeSet};
use sim::{Campaign, Clients, Judgement, Operation, Options, Plan, Report, Workload, campaign};
use toy::{Backup, Mutant, Put, Told, Toy};
use world::timed::{MILLIS, News, SECONDS, Violation};

/// One client a name; each puts its next value when the one before is acknowledged, or given up.
struct Patient {
    /// Longest time from asking to being told, in nanoseconds.
    bound: u64,
    /// Longer histories are too hard to judge, in operations answered.
    judges: u64,
}

struct PatientClients {
    bound: u64,
    judges: u64,
    operations: VecDeque<Operation>,
    /// The value that waits for its answer, and since when.
    open: BTreeMap<u64, u64>,
    slowest: u64,
    done: u64,
    done_at_heal: Option<u64>,
    next_probe: u64,
}

impl Workload<Toy> for Patient {
    type Clients<'s> = PatientClients;

    fn clients(&self, _: &Toy, plan: &Plan) -> PatientClients {
        PatientClients {
            bound: self.bound,
            judges: self.judges,
            operations: plan.operations.iter().copied().collect(),
            open: BTreeMap::new(),
            slowest: 0,
            done: 0,
            done_at_heal: None,
            next_probe: u64::MAX,
        }
    }
}

impl Clients<Backup> for PatientClients {
    fn next(&self) -> Option<u64> {
        if !self.open.is_empty() {
            return None;
        }
        let operation = self.operations.front().map_or(u64::MAX, |operation| operation.at);
        Some(operation.min(self.next_probe)).filter(|&at| at < u64::MAX)
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, Put)> {
        if !self.open.is_empty() || !up.contains(NodeId(0)) {
            return None;
        }
        let operation = self.operations.pop_front_if(|operation| operation.at <= now);
        let count = match operation {
            Some(operation) => operation.count,
            None if self.next_probe <= now => {
                self.next_probe = now + SECONDS;
                (1 << 32) + now
            }
            None => return None,
        };
        self.open.insert(count, now);
        Some((NodeId(0), Put(count)))
    }

    fn listens(&self) -> bool {
        true
    }

    fn hear(&mut self, now: u64, news: News<Backup>) {
        match news {
            News::Told(_, Told::Acked { value, .. }) => {
                if let Some(since) = self.open.remove(&value) {
                    self.slowest = self.slowest.max(now - since);
                    self.done += 1;
                }
            }
            // Nobody will answer any more.
            News::Crashed(NodeId(0)) => self.open.clear(),
            _ => {}
        }
    }

    fn healed(&mut self, now: u64, _: NodeSet) {
        self.done_at_heal = Some(self.done);
        self.next_probe = now;
    }

    fn judge(&self) -> Judgement {
        if self.done > self.judges {
            return Judgement::Undecided(format!("{} of {} answers", self.judges, self.done));
        }
        if self.slowest <= self.bound {
            return Judgement::Holds;
        }
        Judgement::Violated(format!("Somebody waited for {} ms.", self.slowest / MILLIS))
    }

    fn settled(&self) -> Result<(), String> {
        match self.done_at_heal {
            Some(before) if before == self.done => Err("No client got through.".to_string()),
            _ => Ok(()),
        }
    }
}

fn report(mutant: Mutant, patient: &Patient) -> Report {
    let plan = Campaign { runs: 100, options: Options::default(), ..Campaign::default() };
    campaign(&Toy::new(3, mutant), patient, &plan, &AtomicBool::new(false), |_| {})
}

fn first_violation(mutant: Mutant, bound: u64) -> Option<Violation> {
    let report = report(mutant, &Patient { bound, judges: u64::MAX });
    report.first_failure.map(|failure| failure.violation)
}

#[test]
fn clients_get_through_and_have_nothing_to_complain_of() {
    assert_eq!(first_violation(Mutant::None, 30 * SECONDS), None);
}

#[test]
fn what_clients_complain_of_is_a_violation() {
    let violation = first_violation(Mutant::None, 200 * MILLIS).unwrap();
    let Violation::Safety(what) = &violation else { panic!("{violation}") };
    assert!(what.starts_with("Somebody waited for"), "{what}");
    let violation = first_violation(Mutant::Mute, 30 * SECONDS).unwrap();
    assert!(matches!(violation, Violation::Liveness(_)), "{violation}");
}

/// Who could not judge a history has nothing to complain of, and says so.
#[test]
fn what_is_too_hard_to_judge_is_counted_and_no_violation() {
    let most = report(Mutant::None, &Patient { bound: 30 * SECONDS, judges: 20 });
    assert_eq!(most.failures, 0, "{most}");
    assert!(0 < most.undecided && most.undecided < most.runs, "{most}");
    assert_eq!(most.undecided_seeds.len() as u64, most.undecided);
    let said = format!("histories too hard to judge: {}", most.undecided);
    assert!(most.to_string().contains(&said) && most.line().contains(&said), "{most}");
    let json = serde_json::to_value(&most).expect("It is plain.");
    assert_eq!(json["undecided"], most.undecided);
    // Nobody got through: that is known all the same.
    let mute = report(Mutant::Mute, &Patient { bound: 0, judges: 0 });
    let failure = mute.first_failure.as_ref().expect("Nobody got through.");
    assert!(matches!(failure.violation, Violation::Liveness(_)), "{mute}");
}
