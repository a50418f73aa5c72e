//! Stories say what happens, and say so when they are wrong.

mod toy;

use model::NodeId;
use toy::{Message, Mutant, Put, Toy};
use world::story::{self, Cast, Stage, Step, Trouble};
use world::trace::Epoch;

fn stories(name: &str) -> String {
    format!("{}/tests/stories/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_toy_stores_before_it_acknowledges() {
    story::golden(&Toy::new(3, Mutant::None), stories("store.story"));
}

#[test]
fn the_hasty_toy_loses_what_it_acknowledged() {
    story::golden(&Toy::new(2, Mutant::Hasty), stories("hasty.story"));
}

#[test]
fn a_story_that_is_not_what_happens_is_told_so_with_the_line() {
    let text = "nodes toy 2\nrequest n0 Put 1\ndeliver n0 n1\n---\nn1 saves Put 7\n";
    let error = story::check(&Toy::new(2, Mutant::None), text).unwrap_err();
    assert_eq!(error.line, 5);
    assert!(error.what.contains("`n1 saves Put 7`"), "{error}");
}

/// Also when every node flushes after every step: most flushes do nothing, and are not told.
#[test]
fn each_event_leaves_its_own_node_in_its_epoch() {
    let toy = Toy::new(3, Mutant::None);
    let story = |flush: &str| {
        let text = format!(
            "nodes toy 3{flush}\nrequest n0 Put 1\ndeliver n0 n1\nsync n1\nrequest n0 Put 2\n\
             deliver n0 n1 Store(2)\ndeliver n0 n2 Store(2)\nsync n1\nsettle\n"
        );
        story::trace(&toy, &text).expect("it can happen")
    };
    let plain = story("");
    assert_eq!(story(" auto-flush"), plain);
    let mut stored = [0, 0, 0];
    for (place, event) in (1..).zip(&plain.events) {
        assert_eq!(event.at, place, "events are counted as they are shown: {event}");
        let node = event.node.expect("all happens at a node").index();
        stored[node] += event.saves.len() as u64;
        let epoch = Some(Epoch { number: stored[node], leads: node == 0 });
        assert_eq!(event.epoch, epoch, "{event}");
    }
    assert_eq!(stored, [0, 2, 2]);
}

/// That a subject takes fewer nodes is for whoever chooses it to say.
#[test]
fn any_number_of_nodes_may_be_asked_for() {
    let count = |text: &str| story::cast(text).map(|cast| cast.nodes).ok();
    assert_eq!(
        [count("nodes toy 99"), count("nodes toy x"), count("nodes toy")],
        [Some(99), None, None]
    );
    let text = "nodes toy 99\nsettle\n";
    let error = story::replay(&Toy::new(3, Mutant::None), text).expect_err("there are three");
    assert_eq!(error.to_string(), "line 1: This is not a story of 3 nodes of toy.");
}

#[test]
fn replaying_a_story_twice_changes_nothing() {
    let toy = Toy::new(3, Mutant::None);
    let text = std::fs::read_to_string(stories("store.story")).unwrap();
    let once = story::replay(&toy, &text).unwrap();
    assert_eq!(story::replay(&toy, &once).unwrap(), once);
    let bare = "nodes toy 3\nrequest n0 Put 2\n# The end.\n";
    let once = story::replay(&toy, bare).unwrap();
    assert_eq!(story::replay(&toy, &once).unwrap(), once);
}

#[test]
fn a_wrong_command_says_what_would_be_right() {
    let toy = Toy::new(3, Mutant::None);
    let error = |commands: &str| {
        story::replay(&toy, &format!("nodes toy 3\n{commands}")).unwrap_err().to_string()
    };
    let cases = [
        ("explode n0", "line 2: `explode` is no command"),
        ("request n0 Put", "there are:\n  Put 1\n  Put 2\n  Put 10"),
        ("request n1 Put 1", "there are: none"),
        ("request n0 Put 1\nrequest n0 Put 2\ndeliver n0 n1", "there are:\n  Store(1)\n  Store(2)"),
        ("deliver n0 seven", "`seven` is not the name of a node"),
        ("crash n7", "there is no n7"),
        ("restart n0", "n0 is up"),
        ("sync n0", "no frame that is not yet durable"),
        ("choose x", "is not numbers"),
    ];
    for (commands, answer) in cases {
        let error = error(commands);
        assert!(error.contains(answer), "{commands}: {error}");
    }
    // Exact before prefix: `Put 1` is meant although `Put 10` begins with it.
    assert!(story::replay(&toy, "nodes toy 3\nrequest n0 Put 1").unwrap().contains("Store(1)"));
}

#[test]
fn the_cast_is_read_and_checked() {
    let cast = story::cast("# Why.\n\nnodes toy 5 auto-flush\n").unwrap();
    let toy = |nodes, auto_flush, variant: &[(&str, &str)]| {
        let owned = |pair: &(&str, &str)| (pair.0.to_string(), pair.1.to_string());
        let variant = variant.iter().map(owned).collect();
        Cast { subject: "toy".to_string(), nodes, auto_flush, variant }
    };
    assert_eq!(cast, toy(5, true, &[]));
    let variant = toy(2, false, &[("mutant", "mute"), ("values", "3")]);
    assert_eq!(story::cast("nodes toy 2 mutant=mute values=3"), Ok(variant.clone()));
    let text = "# Why.\nnodes toy 2\nsettle\n";
    assert_eq!(story::recast(text, &variant), "# Why.\nnodes toy 2 mutant=mute values=3\nsettle\n");
    for text in [
        "",
        "nodes toy 2 mute",
        "nodes toy 2 values=3 auto-flush",
        "# only a comment",
        "request n0 x",
        "nodes toy",
    ] {
        assert!(story::cast(text).is_err(), "{text}");
    }
    let error = story::replay(&Toy::new(3, Mutant::None), "nodes raft 3").unwrap_err();
    assert!(error.what.contains("not a story of 3 nodes of toy"));
}

#[test]
fn a_panic_in_a_handler_is_a_violation() {
    let toy = Toy::new(2, Mutant::Brittle);
    let (mut stage, _) = Stage::new(&toy, false).unwrap();
    for value in [1, 2, 3] {
        stage.apply(&Step::Request { node: NodeId(0), request: Put(value) }).unwrap();
    }
    let error = stage.apply(&Step::Settle).unwrap_err();
    let Trouble::Violation(what) = &error else { panic!("{error}") };
    assert!(what.starts_with("A third value was stored. ("), "{what}");
    assert!(matches!(stage.apply(&Step::Heal), Err(Trouble::Impossible(_))));
}

#[test]
fn steps_become_a_story_that_can_be_replayed() {
    let (from, to) = (NodeId(0), NodeId(1));
    let steps: [Step<toy::Backup>; 5] = [
        Step::Request { node: from, request: Put(1) },
        Step::Deliver { from, to, message: Message::Store(1) },
        Step::Sync { node: to },
        Step::Deliver { from: to, to: from, message: Message::Stored(1) },
        Step::Partition { groups: vec![[from].into_iter().collect(), [to].into_iter().collect()] },
    ];
    let cast =
        Cast { subject: "toy".to_string(), nodes: 2, auto_flush: false, variant: Vec::new() };
    let text = story::text(&cast, "Found by hand.", &steps);
    let told = story::replay(&Toy::new(2, Mutant::None), &text).unwrap();
    assert!(told.starts_with(&text), "{told}");
    assert!(told.ends_with("n0 tells Acked 1 by n1\n"), "{told}");
}
