//! One exploration in a process of its own, and what it costs.

use std::fs;
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::point::{Counts, Point, Tool};

/// The argument by which this program calls itself for one exploration.
pub const ALONE: &str = "--alone";

/// What one exploration took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cost {
    pub counts: Counts,
    /// Wall-clock time.
    pub seconds: f64,
    /// Time of all its threads on a core, in user space and in the kernel.
    pub cpu_seconds: f64,
    /// The most memory that the process ever held, less what it held before it began.
    pub bytes: u64,
}

impl Cost {
    /// Distinct states a second.
    pub fn rate(&self) -> f64 {
        self.counts.distinct as f64 / self.seconds
    }

    /// Distinct states a second of a core.
    pub fn cpu_rate(&self) -> f64 {
        self.counts.distinct as f64 / self.cpu_seconds
    }

    pub fn bytes_per_state(&self) -> f64 {
        self.bytes as f64 / self.counts.distinct as f64
    }
}

/// Explores in a new process.
pub fn apart(point: &Point, tool: Tool, threads: usize) -> Cost {
    let program = std::env::current_exe().expect("This program has a file.");
    let mut command = Command::new(program);
    command.args([ALONE, point.name, tool.name(), &threads.to_string()]);
    let output = command.output().expect("This program can be started again.");
    assert!(
        output.status.success(),
        "{} of {} failed: {}",
        tool.name(),
        point.name,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("The last step of a process is to print this.")
}

/// Explores here.
pub fn here(point: &Point, tool: Tool, threads: usize) -> Cost {
    let (held, used) = (most_held(), cpu_seconds());
    let began = Instant::now();
    let counts = point.explore(tool, threads);
    Cost {
        counts,
        seconds: began.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds() - used,
        bytes: most_held() - held,
    }
}

/// The load average of the last minute, as Linux words it.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The most bytes of memory that this process ever held (Linux, proc(5), `VmHWM`).
fn most_held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of every process.");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.expect("Linux tells the peak of resident memory in kB.") * 1024
}

/// Seconds that this process has had of a core, threads that have ended included (Linux, proc(5),
/// fields 14 and 15 of `stat`).
fn cpu_seconds() -> f64 {
    /// Linux tells these times in hundredths of a second.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells of every process.");
    // The name of the program, which may hold spaces, ends with the last parenthesis.
    let rest = stat.rsplit(") ").next().expect("The name of the program ends.");
    let ticks: Vec<f64> =
        rest.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    assert_eq!(ticks.len(), 2, "Linux tells times in fields 14 and 15: {stat}");
    (ticks[0] + ticks[1]) / TICKS
}
