//! The Gossip Glomers (Kingsbury and fly.io, <https://fly.io/dist-sys>): challenges with settings
//! and targets, which a node of ours is held to.

use std::fmt::{self, Display};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use spec::transactions::{IsolationModel, Level, Strength};

use super::{Finding, Report, Test, Times, Workload};
use crate::node;

/// One of the challenges, at its stated settings.
#[derive(Clone, Copy, Debug)]
pub struct Challenge {
    /// Its number: `3d`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What clients do.
    pub workload: Workload,
    /// How many nodes.
    pub nodes: usize,
    /// Seconds that clients work.
    pub seconds: u64,
    /// Requests a second, of all clients together.
    pub rate: u32,
    /// Milliseconds that each message between nodes takes.
    pub latency: u64,
    /// Whether the network is partitioned now and then.
    pub partition: bool,
    /// Whether every request must succeed.
    pub total: bool,
    /// What is demanded of transactions.
    pub isolation: IsolationModel,
    /// Which of our nodes is held to it.
    pub protocol: &'static str,
    /// The figures to stay below.
    pub targets: &'static [Target],
}

/// A figure to stay below.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Target {
    /// Messages between nodes, for each request.
    Messages(f64),
    /// Milliseconds until half of what was broadcast was everywhere.
    Median(f64),
    /// Milliseconds until everything was.
    Longest(f64),
}

const fn plain(level: Level) -> IsolationModel {
    IsolationModel { level, strength: Strength::Plain }
}

const ECHO: Challenge = Challenge {
    name: "1",
    title: "echo",
    workload: Workload::Echo,
    nodes: 1,
    seconds: 10,
    rate: 5,
    latency: 0,
    partition: false,
    total: false,
    isolation: IsolationModel::STRICT_SERIALIZABLE,
    protocol: "alone",
    targets: &[],
};

const BROADCAST: Challenge = Challenge {
    title: "broadcast",
    workload: Workload::Broadcast,
    seconds: 20,
    rate: 10,
    protocol: "batched-broadcast",
    ..ECHO
};

const KAFKA: Challenge = Challenge {
    title: "Kafka-style log",
    workload: Workload::Kafka,
    seconds: 20,
    rate: 1000,
    protocol: "store",
    ..ECHO
};

const TRANSACTIONS: Challenge = Challenge {
    title: "totally available transactions",
    workload: Workload::TxnRwRegister,
    seconds: 20,
    rate: 1000,
    total: true,
    isolation: plain(Level::ReadUncommitted),
    protocol: "batched-broadcast",
    ..ECHO
};

/// All of them. Where Maelstrom's command line says nothing of a setting, it is Maelstrom's own.
pub const CHALLENGES: &[Challenge] = &[
    ECHO,
    Challenge {
        name: "2",
        title: "unique identifiers",
        workload: Workload::UniqueIds,
        nodes: 3,
        seconds: 30,
        rate: 1000,
        partition: true,
        total: true,
        ..ECHO
    },
    Challenge { name: "3a", ..BROADCAST },
    Challenge { name: "3b", nodes: 5, ..BROADCAST },
    Challenge { name: "3c", nodes: 5, partition: true, ..BROADCAST },
    Challenge {
        name: "3d",
        title: "efficient broadcast",
        nodes: 25,
        rate: 100,
        latency: 100,
        targets: &[Target::Messages(30.0), Target::Median(400.0), Target::Longest(600.0)],
        ..BROADCAST
    },
    Challenge {
        name: "3e",
        title: "more efficient broadcast",
        nodes: 25,
        rate: 100,
        latency: 100,
        targets: &[Target::Messages(20.0), Target::Median(1000.0), Target::Longest(2000.0)],
        ..BROADCAST
    },
    Challenge {
        name: "4",
        title: "counter that grows",
        workload: Workload::GCounter,
        nodes: 3,
        seconds: 20,
        rate: 100,
        partition: true,
        protocol: "batched-broadcast",
        ..ECHO
    },
    Challenge { name: "5a", ..KAFKA },
    Challenge { name: "5b", nodes: 2, ..KAFKA },
    Challenge { name: "5c", nodes: 2, ..KAFKA },
    Challenge { name: "6a", ..TRANSACTIONS },
    Challenge { name: "6b", nodes: 2, partition: true, ..TRANSACTIONS },
    Challenge {
        name: "6c",
        nodes: 2,
        partition: true,
        isolation: plain(Level::ReadCommitted),
        ..TRANSACTIONS
    },
];

impl Challenge {
    /// The test that it is, of a node of ours, whose program this is.
    ///
    /// # Errors
    /// The node that is to be held to it is none of ours.
    pub fn test(&self, program: PathBuf) -> Result<Test, String> {
        let arguments = node::find(self.protocol)?.arguments(self.workload);
        Ok(Test {
            time: Duration::from_secs(self.seconds),
            rate: self.rate,
            latency: Duration::from_millis(self.latency),
            partition: self.partition,
            total: self.total,
            isolation: self.isolation,
            ..Test::new(self.workload, program, arguments, self.nodes)
        })
    }

    /// What a test of it has measured.
    pub fn measured(&self, report: &Report) -> Measured {
        let stable = report.stable_ms.unwrap_or_default();
        let below = |target: &Target| match *target {
            Target::Messages(most) => report.messages_per_request < most,
            Target::Median(most) => stable.median < most,
            Target::Longest(most) => stable.max < most,
        };
        Measured {
            challenge: self.name,
            title: self.title,
            protocol: self.protocol,
            nodes: self.nodes,
            seconds: report.seconds,
            rate: report.ok as f64 / report.seconds.max(f64::MIN_POSITIVE),
            targets: self.targets.iter().map(Target::to_string).collect(),
            messages_per_request: report.messages_per_request,
            latency_ms: report.latency_ms,
            stable_ms: report.stable_ms,
            findings: report.findings.clone(),
            is_met: report.is_valid() && self.targets.iter().all(below),
        }
    }
}

/// What a test of a challenge has measured, beside its targets.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The challenge's number.
    pub challenge: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Which of our nodes was tested.
    pub protocol: &'static str,
    /// How many of them.
    pub nodes: usize,
    /// Seconds that clients worked, of real time.
    pub seconds: f64,
    /// Requests that succeeded in a second.
    pub rate: f64,
    /// The figures to stay below, in words.
    pub targets: Vec<String>,
    /// Messages between nodes, for each request.
    pub messages_per_request: f64,
    /// Times from request to answer.
    pub latency_ms: Times,
    /// Times until what was broadcast was everywhere.
    pub stable_ms: Option<Times>,
    /// What the checker says.
    pub findings: Vec<Finding>,
    /// Whether the checker is content, and every figure is below its target.
    pub is_met: bool,
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Messages(most) => write!(f, "messages < {most}"),
            Target::Median(most) => write!(f, "median < {most} ms"),
            Target::Longest(most) => write!(f, "longest < {most} ms"),
        }
    }
}

impl Measured {
    /// The head of the table whose rows are these.
    pub fn head() -> String {
        format!(
            "{:<3} {:<30} {:<18} {:>5} {:>6} {:>9}  {:<26} {:<7} target",
            "", "challenge", "node", "nodes", "ok/s", "messages", "everywhere (median, max)", "met"
        )
    }
}

impl Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { challenge, title, protocol, nodes, rate, .. } = self;
        let stable = self.stable_ms.map_or(String::new(), |stable| {
            format!("{:.0} ms, {:.0} ms", stable.median, stable.max)
        });
        let (messages, met) = (self.messages_per_request, if self.is_met { "yes" } else { "NO" });
        let targets = match &self.targets[..] {
            [] => "valid".to_string(),
            targets => format!("valid, {}", targets.join(", ")),
        };
        write!(
            f,
            "{challenge:<3} {title:<30} {protocol:<18} {nodes:>5} {rate:>6.0} {messages:>9.2}  \
             {stable:<26} {met:<7} {targets}"
        )?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n    {finding}"))
    }
}
