//! Every story in `stories/` goes as it is told. `SYNOD_BLESS=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use lab::{Entry, Settings};
use world::story::{cast, difference};

/// What a story is there to show: so many lines with these words. Writing it anew must not lose it.
const POINTS: &[(&str, usize, &str)] = &[
    ("abd/new-old-inversion", 1, "it can only be: read returns 1."),
    ("abd/write-back", 2, "tells read returns 1"),
    ("ben-or/adaptive-scheduler", 0, "tells decide"),
    ("ben-or/adaptive-scheduler", 1, "n2 sends n1 Report round=4 false"),
    ("ben-or/coins", 3, "tells decide true"),
    ("causal-broadcast/skip-others", 1, "violation: n2 delivers 11 from n1 before 1 from n0"),
    ("central-mutex/queue", 2, "tells entered"),
    ("chandy-lamport/marker-overtakes", 1, "violation: Snapshot #1 holds 750"),
    ("chandy-misra-haas-and/phantom", 1, "violation: n0 is told of a deadlock"),
    ("eager-broadcast/not-uniform", 2, "tells deliver from n0: 1"),
    ("paxos/forgotten-choice", 1, "violation: a decided value stays"),
    ("paxos/highest-vote-wins", 4, "n0 Promise ballot=10 vote=20@7"),
    ("paxos/highest-vote-wins", 1, "n0 tells decide 20"),
    ("phase-king/traitor-among-four", 1, "n2 decides true, but false was decided before."),
    ("phase-king/two-phases", 5, "tells decide false"),
    // Too deep for a search within a test's time, so this mutant is caught by its story.
    ("raft/commit-old-term", 1, "violation: leader completeness to come"),
    ("raft/early-request-vote", 1, "violation: log matching"),
    ("raft/early-request-vote-own-vote-durable", 1, "violation: leader completeness"),
    ("raft/early-request-vote-seen-by-a-client", 1, "violation: Two commands stand at slot 2"),
    ("raft/lost-append", 2, "n0 sends n1 Append term=1 base=2@1 [3@1=6]"),
    ("ricart-agrawala/number-alone", 1, "violation: n0 entered, but n1 is inside"),
    ("two-generals/last-messenger", 1, "violation: n1 attacks, but n0 does not."),
    ("vector-clock/no-merge", 1, "violation: Event 1 of n0 happened before event 1 of n1"),
];

/// The stories, in the order of their names.
fn stories() -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        entries.map(|entry| entry.expect("it can be read").path()).collect()
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let mut all: Vec<PathBuf> = entries(&folder).iter().flat_map(|one| entries(one)).collect();
    all.sort();
    all
}

#[test]
fn every_story_goes_as_it_is_told() {
    let bless = std::env::var_os("SYNOD_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for file in stories() {
        let name = file.display();
        let text = fs::read_to_string(&file).expect("the story can be read");
        let cast = cast(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let runs = lab::find(&cast.subject).and_then(Entry::runs);
        let runs = runs.unwrap_or_else(|why| panic!("{name}: {why}"));
        let now = (runs.story)(&Settings::default(), &text);
        let now = now.unwrap_or_else(|why| panic!("{name}: {why}"));
        if bless {
            fs::write(&file, now).expect("the story can be written");
        } else if let Some(error) = difference(&text, &now) {
            wrong.push(format!("{name}: {error} (SYNOD_BLESS=1 writes what happens)"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_story_shows_what_it_is_there_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    for (name, count, words) in POINTS {
        let text = fs::read_to_string(folder.join(name).with_extension("story"));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(text.lines().filter(|line| line.contains(words)).count(), *count, "{name}");
    }
}
