//! What a plan asks for and nobody can do to real processes from outside, in words.

use sim::Plan;
use world::timed::{Climate, Fault, Fuse, Spread};

/// A line for everything in the plan that is not done, or done in another way.
pub(crate) fn omitted(plan: &Plan) -> Vec<String> {
    let count = |of: fn(&Fault) -> bool| {
        plan.faults.iter().filter(|strike| of(&strike.fault)).count() as u64
    };
    let is_crash = |fault: &Fault| matches!(fault, Fault::Crash { .. });
    let is_timed = |fault: &Fault| matches!(fault, Fault::Crash { fuse, .. } if *fuse != Fuse::Now);
    let is_clock = |fault: &Fault| {
        matches!(fault, Fault::Skew { .. } | Fault::Leap { .. } | Fault::Back { .. })
    };
    let loses = |fault: &Fault| match fault {
        Fault::Storm { loss_ppm, .. } => *loss_ppm > 0,
        _ => matches!(fault, Fault::Omit { .. }),
    };
    let doubles =
        |fault: &Fault| matches!(fault, Fault::Storm { duplicate_ppm, .. } if *duplicate_ppm > 0);
    let climate = &plan.climate;
    let lines = [
        (
            plan.operations.len() as u64,
            "operations at their times: clients ask all the time instead",
        ),
        (count(is_clock), "faults of clocks: processes read the machine's own clock"),
        (
            count(|fault| matches!(fault, Fault::Stall { .. })),
            "stalls of disks: the machine has one disk, and nobody can hold up its syncs",
        ),
        (
            count(is_timed),
            "moments of crashes (after so many events or saves, at a failing sync): kill -9 comes \
             at the fault's time",
        ),
        (
            count(is_crash),
            "losses of unsynced writes at a crash: after kill -9 the system still has them all",
        ),
        (
            count(loses) + u64::from(climate.loss_ppm > 0),
            "losses of single packets: a stream cannot lose a frame; instead the connection \
             breaks, as often",
        ),
        (
            count(doubles) + u64::from(climate.duplicate_ppm > 0),
            "doublings of packets: TCP delivers once",
        ),
        (u64::from(climate.corrupt_ppm > 0), "corruption of packets: frames have checksums"),
        (plan.traitors.len() as u64, "traitors: the program served is the honest one"),
        (
            u64::from(has_weather(climate)),
            "climate of delays, slow syncs and drifting clocks: it is this machine's own",
        ),
    ];
    let named = lines.into_iter().filter(|&(count, _)| count > 0);
    named.map(|(count, what)| format!("{count} {what}")).collect()
}

/// Whether delays, disks or clocks are other than on a quiet day.
fn has_weather(climate: &Climate) -> bool {
    let calm = Climate::calm();
    let times = |climate: &Climate| -> [Spread; 3] { [climate.delay, climate.wake, climate.sync] };
    times(climate) != times(&calm)
        || climate.late_ppm + climate.slow_sync_ppm + climate.drift_ppm > 0
}
