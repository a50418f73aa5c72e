//! What a plan does, by the clock.

use sim::{Operation, Plan};
use world::timed::{Fault, Fuse};

/// Something that is to be done at its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// A fault begins.
    Begin(Fault),
    /// A fault that lasts ends.
    End(Fault),
    /// A client does something.
    Ask(Operation),
    /// All faults are over.
    Heal,
}

/// Everything that a plan does until faults heal at this time, which may be earlier than its own;
/// by time, in nanoseconds, [`Act::Heal`] last.
pub fn schedule(plan: &Plan, heal: u64) -> Vec<(u64, Act)> {
    let mut acts = everything(plan);
    acts.retain(|(at, _)| *at < heal);
    acts.push((heal, Act::Heal));
    acts.sort_by_key(|(at, _)| *at);
    acts
}

/// When nothing more happens in a plan, in nanoseconds, if that is before its faults heal.
pub fn quiet(plan: &Plan) -> u64 {
    let last = everything(plan).iter().map(|(at, _)| *at).max().unwrap_or(0);
    plan.heal.min(last + 1)
}

fn everything(plan: &Plan) -> Vec<(u64, Act)> {
    let mut acts: Vec<(u64, Act)> = Vec::new();
    for strike in &plan.faults {
        acts.push((strike.at, Act::Begin(strike.fault.clone())));
        if let Some(span) = span(&strike.fault) {
            acts.push((strike.at.saturating_add(span), Act::End(strike.fault.clone())));
        }
    }
    let ask = |operation: &Operation| (operation.at, Act::Ask(*operation));
    acts.extend(plan.operations.iter().map(ask));
    acts
}

/// How long a fault lasts, if it ends by itself.
fn span(fault: &Fault) -> Option<u64> {
    match *fault {
        Fault::Crash { down, fuse, .. } => {
            // A real process is killed at once: nobody can count its steps from outside.
            let (Fuse::Now | Fuse::Events(_) | Fuse::Saves(_) | Fuse::Sync) = fuse;
            Some(down)
        }
        Fault::Rot { down, .. } | Fault::Forget { down, .. } => Some(down),
        Fault::Pause { span, .. }
        | Fault::Cut { span, .. }
        | Fault::Clog { span, .. }
        | Fault::Omit { span, .. }
        | Fault::Storm { span, .. } => Some(span),
        Fault::Stall { .. } | Fault::Skew { .. } | Fault::Leap { .. } | Fault::Back { .. } => None,
    }
}
