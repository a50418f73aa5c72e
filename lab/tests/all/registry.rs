//! What must hold for everything in the registry.

use std::sync::atomic::AtomicBool;

use lab::{
    AbdLab, BatchedLab, BenOrLab, CausalLab, CausalLinkLab, CentralLab, ChandyLamportLab,
    ChandyMisraHaasAndLab, Check, DeterministicLab, EagerLab, Exhibit, IncreasingTimeoutLab,
    OmegaLab, PaxosLab, PerfectLinkLab, PhaseKingLab, REGISTRY, RaftLab, RicartAgrawalaLab,
    Settings, Source, StoreLab, TwoGeneralsLab, UniformLab, VectorLab, Watch,
};

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

/// Shrinking takes nodes away: what is left is a size that there is, and claims what that size does.
fn shrinks_to_what_it_claims<E: Exhibit>() -> &'static str {
    let (least, most) = E::CARD.sizes;
    let largest = E::sized(most);
    for nodes in 1..most {
        let Some(smaller) = largest.resized(nodes) else { continue };
        let (name, usual) = (E::CARD.name, E::sized(nodes.max(least)));
        assert!(nodes >= least, "{name} has no size {nodes}");
        assert_eq!((smaller.nodes(), smaller.model()), (nodes, usual.model()), "{name}");
    }
    E::CARD.name
}

#[test]
fn whatever_is_shrunk_keeps_its_claims() {
    let shrunk = [
        shrinks_to_what_it_claims::<PerfectLinkLab>(),
        shrinks_to_what_it_claims::<CausalLinkLab>(),
        shrinks_to_what_it_claims::<VectorLab>(),
        shrinks_to_what_it_claims::<IncreasingTimeoutLab>(),
        shrinks_to_what_it_claims::<EagerLab>(),
        shrinks_to_what_it_claims::<UniformLab>(),
        shrinks_to_what_it_claims::<CausalLab>(),
        shrinks_to_what_it_claims::<BatchedLab>(),
        shrinks_to_what_it_claims::<ChandyLamportLab>(),
        shrinks_to_what_it_claims::<CentralLab>(),
        shrinks_to_what_it_claims::<RicartAgrawalaLab>(),
        shrinks_to_what_it_claims::<ChandyMisraHaasAndLab>(),
        shrinks_to_what_it_claims::<OmegaLab>(),
        shrinks_to_what_it_claims::<PaxosLab>(),
        shrinks_to_what_it_claims::<BenOrLab>(),
        shrinks_to_what_it_claims::<DeterministicLab>(),
        shrinks_to_what_it_claims::<TwoGeneralsLab>(),
        shrinks_to_what_it_claims::<PhaseKingLab>(),
        shrinks_to_what_it_claims::<AbdLab>(),
        shrinks_to_what_it_claims::<RaftLab>(),
        shrinks_to_what_it_claims::<StoreLab>(),
    ];
    let with_runs = REGISTRY.iter().filter(|entry| entry.runs.is_some());
    let names: Vec<&str> = with_runs.map(|entry| entry.card.name).collect();
    assert_eq!(shrunk.as_slice(), names);
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

/// Fair runs are judged within bounds of seconds, and none owes anything for ever.
#[test]
fn what_is_promised_comes_in_every_fair_run_of_small_spaces() {
    let stop = AtomicBool::new(false);
    let judged = [
        "perfect-link",
        "causal-link",
        "vector-clock",
        "chandy-lamport",
        "ricart-agrawala",
        "chandy-misra-haas-and",
        "two-generals",
    ];
    for name in judged {
        let watch = Watch { stop: &stop, progress: &mut |_| {} };
        let entry = lab::find(name).expect("It is in the registry.");
        let check = Check { quick: true, liveness: true, ..Check::default() };
        let report = entry.check(&check, watch).expect("It can be explored.");
        assert_eq!(report.exit_code(), 0, "{report}");
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
