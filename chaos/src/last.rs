//! The last that is asked of a store, when all is well again.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use model::{NodeId, NodeSet};
use spec::history::models::{Ask, Found, RevisionsInput};

use crate::client::{Client, Trouble};
use crate::judge::{Acknowledged, acknowledged};
use crate::load::{AFTER_FAILURE, Habits, KEYS, key, perform, runtime};
use crate::record::Recording;
use crate::report::{Class, Violation};

/// How often a last read is tried: leadership may still move once or twice.
const TRIES: usize = 10;

/// Reads that are put into one transaction.
const BATCH: usize = 100;

/// The gravest thing that can be said of a store.
const LOST: &str = "an acknowledged write is lost";

/// Writes at every node of the core until it has acknowledged a write; all at once. `nodes` are
/// where clients reach all nodes. Returns how long it took, or who did not within this time.
///
/// # Errors
/// The system has no threads left.
pub(crate) fn write_everywhere(
    nodes: &[SocketAddr],
    core: NodeSet,
    recording: &Recording,
    patience: Duration,
    within: Duration,
) -> io::Result<Result<Duration, NodeSet>> {
    let runtime = runtime()?;
    let began = Instant::now();
    let probe = |node: NodeId| {
        let (address, recording) = (nodes[node.index()], recording.clone());
        let probe = async move {
            let mut client = Client::new(address, patience);
            // Below zero are the values of nobody else.
            for value in i64::MIN + (i64::from(node.0) << 32).. {
                let ask = Ask::Put { value };
                let input = RevisionsInput { key: key(u64::from(node.0)), ask, seen: None };
                if perform(&mut client, &recording, (process(node), node), input).await.is_some() {
                    return;
                }
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        };
        (node, runtime.spawn(async move { tokio::time::timeout(within, probe).await.is_ok() }))
    };
    let probes: Vec<_> = core.iter().map(probe).collect();
    let mut missing = NodeSet::EMPTY;
    for (node, probe) in probes {
        if !runtime.block_on(probe).unwrap_or(false) {
            missing.insert(node);
        }
    }
    Ok(if missing.is_empty() { Ok(began.elapsed()) } else { Err(missing) })
}

/// The clients of a load count up from 0.
fn process(node: NodeId) -> u64 {
    u64::from(u32::MAX) + u64::from(node.0)
}

/// Reads every key once more at every node of the core, which is recorded, and looks every
/// acknowledged write up there: it must stand at its revision, with its value. Returns what does
/// not, and who does not answer. `nodes` are where clients reach all nodes.
///
/// # Errors
/// The system has no threads left.
pub fn read_everything(
    nodes: &[SocketAddr],
    core: NodeSet,
    recording: &Recording,
    habits: &Habits,
) -> io::Result<Vec<Violation>> {
    let runtime = runtime()?;
    let mut violations = Vec::new();
    for node in core.iter() {
        let found = runtime.block_on(async {
            let mut client = Client::new(nodes[node.index()], habits.patience);
            read_keys(&mut client, recording, node).await?;
            find_lost(&mut client, &acknowledged(&recording.events())).await
        });
        let (class, text) = match found {
            Ok(None) => continue,
            Ok(Some(lost)) => (Class::Safety, format!("{node}: {lost}")),
            Err(Trouble::Unanswered(what) | Trouble::Nonsense(what)) => {
                (Class::Liveness, format!("{node} did not answer a last read: {what}"))
            }
        };
        violations.push(Violation { class, text: vec![text] });
    }
    Ok(violations)
}

async fn read_keys(
    client: &mut Client,
    recording: &Recording,
    node: NodeId,
) -> Result<(), Trouble> {
    for number in 0..KEYS {
        let input = RevisionsInput { key: key(number), ask: Ask::Get, seen: None };
        let mut answer = None;
        for _ in 0..TRIES {
            answer = perform(client, recording, (process(node), node), input.clone()).await;
            if answer.is_some() {
                break;
            }
        }
        answer.ok_or_else(|| Trouble::Unanswered(format!("get {:?}", input.key)))?;
    }
    Ok(())
}

/// The first acknowledged write that does not stand where it stood, in words.
async fn find_lost(
    client: &mut Client,
    writes: &[Acknowledged],
) -> Result<Option<String>, Trouble> {
    for batch in writes.chunks(BATCH) {
        let places: Vec<(&str, i64)> = batch.iter().map(|(key, _, at)| (&**key, *at)).collect();
        let stands = match client.look_back(&places).await {
            Err(Trouble::Nonsense(what)) => {
                let newest = batch.iter().map(|(.., at)| *at).max().unwrap_or(0);
                return Ok(Some(format!(
                    "{LOST}: asked for revisions up to {newest}, which had been told, the store \
                     answers {what}"
                )));
            }
            stands => stands?,
        };
        for ((key, value, revision), found) in batch.iter().zip(stands) {
            if found != Some((*value, *revision)) {
                return Ok(Some(format!(
                    "{LOST}: {value} was written to {key:?} at revision \
                     {revision}, and there stands {}",
                    words(found)
                )));
            }
        }
    }
    Ok(None)
}

fn words(found: Found) -> String {
    found.map_or("nothing".to_string(), |(value, at)| format!("{value} of revision {at}"))
}
