//! What must hold for everything in the registry.

use std::sync::atomic::AtomicBool;

use lab::{Check, REGISTRY, Settings, Source, Watch};

#[test]
fn names_are_unique_and_files_are_there() {
    let root = format!("{}/..", env!("CARGO_MANIFEST_DIR"));
    for (place, entry) in REGISTRY.iter().enumerate() {
        let name = entry.card.name;
        assert!(REGISTRY[..place].iter().all(|other| other.card.name != name), "{name}");
        let file = format!("{root}/{}", entry.card.file);
        assert!(std::path::Path::new(&file).is_file(), "{name} is said to be in {file}");
        assert!(entry.card.size(None).is_ok(), "{name} has its usual size");
    }
}

/// What a knob shows can be set; what cannot is refused by the knob's name.
#[test]
fn knobs_take_back_what_they_show() {
    let mut turned = 0;
    for entry in REGISTRY.iter() {
        let Some(runs) = &entry.runs else { continue };
        let set = |knob: &str, value: &str| {
            let knobs = vec![(knob.to_string(), value.to_string())];
            (runs.plan)(&Settings { knobs, ..Settings::default() }, 1).map(|_| ())
        };
        for knob in (entry.knobs)() {
            turned += 1;
            assert_eq!(set(knob.name, &knob.value), Ok(()), "{}: {knob}", entry.card.name);
            let refusal = set(knob.name, "?").expect_err("It is no value of a knob.");
            assert!(refusal.starts_with(knob.name), "{}: {refusal}", entry.card.name);
        }
        let refusal = set("?", "1").expect_err("There is no such knob.");
        assert!(refusal.contains("has no knob"), "{refusal}");
    }
    assert!(turned > 30, "{turned} knobs");
}

/// Quick explorations hold, and are not vacuous.
#[test]
fn everything_that_is_explored_holds() {
    let stop = AtomicBool::new(false);
    for entry in REGISTRY.iter().filter(|entry| entry.is_explored()) {
        let watch = Watch { stop: &stop, progress: &mut |_| {} };
        let report = entry
            .check(&Check { quick: true, ..Check::default() }, watch)
            .expect("It can be explored.");
        assert_eq!(report.exit_code(), 0, "{report}");
        assert!(!report.is_vacuous(), "{report}");
    }
}

/// Each protocol's formulas are what is measured.
#[test]
fn every_formula_holds_at_every_size() {
    for entry in REGISTRY.iter() {
        let Some(runs) = &entry.runs else { continue };
        for &nodes in runs.theory_sizes {
            for measure in (runs.theory)(nodes) {
                assert!(measure.holds(), "{}: {measure}", entry.card.name);
            }
        }
    }
}

/// Traces, plans, walks and nodes can be had of every protocol.
#[test]
fn every_verb_works_on_every_protocol() {
    let settings = Settings::default();
    for entry in REGISTRY.iter() {
        let (Some(runs), name) = (&entry.runs, entry.card.name) else { continue };
        let trace = (runs.trace)(&settings, &Source::Calm(1, 1)).expect(name);
        assert!(trace.events.len() >= entry.card.nodes, "{name}: somebody starts");
        assert_eq!(trace.violation, None, "{name}");
        let plan = (runs.plan)(&settings, 3).expect(name);
        let outcome = (runs.follow)(&settings, &plan, 1, 0).expect(name);
        assert_eq!(outcome.violation, None, "{name}");
        let view = (runs.walk)(&settings, "").expect(name);
        assert!(!view.choices.is_empty() && !view.lights.is_empty(), "{name}");
        let mut node = (runs.bare)(&settings, 0, 1).expect(name);
        node.start(model::Moment::ZERO);
        assert!(!node.show().is_empty(), "{name}");
        let refusal = (runs.bare)(&settings, 999, 1).map(|_| ());
        assert!(refusal.is_err(), "{name} has no n999");
    }
}
