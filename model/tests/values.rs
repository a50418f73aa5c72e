//! What the pieces promise that every protocol and every driver is made of.

use model::{Fingerprint, Named, Never, NodeId, NodeSet, Random, named};

named! {
    /// Words.
    enum Word {
        /// One.
        Go,
        /// More.
        ReadBeforeNoOp,
    }
}

#[test]
fn a_name_is_the_value_in_small_letters_with_hyphens() {
    let names: Vec<String> = Word::ALL.iter().map(Word::to_string).collect();
    assert_eq!(names, ["go", "read-before-no-op"]);
    assert_eq!(Word::named("read-before-no-op"), Some(Word::ReadBeforeNoOp));
    assert_eq!(Word::named("Go"), None);
    assert!(Never::ALL.is_empty());
}

#[test]
fn the_sequence_of_a_seed_is_pinned() {
    let mut random = Random::new(1);
    assert_eq!(random.bits(), 0x910a_2dec_8902_5cc1);
    let draws: [u64; 4] = std::array::from_fn(|_| random.below(10));
    assert!(draws.iter().all(|&d| d < 10));
    assert_ne!(Random::child(1, "disk"), Random::child(1, "network"));
}

#[test]
fn a_fingerprint_keeps_the_borders_of_its_parts() {
    assert_ne!(Fingerprint::of(&("ab", "c")), Fingerprint::of(&("a", "bc")));
    assert_ne!(Fingerprint::of(&[0u8; 3]), Fingerprint::of(&[0u8; 4]));
    assert_eq!(Fingerprint::of(&7u64), Fingerprint::of(&7u64));
    assert_eq!(Fingerprint::of(&-7i64), Fingerprint::of(&(-7i64 as u64)));
}

#[test]
fn any_two_majorities_share_a_node() {
    for count in 1..=7 {
        let all = NodeSet::first(count);
        let sets = || (0..1 << count).map(NodeSet::from_bits);
        for one in sets().filter(|&set| all.has_majority(set)) {
            let others = sets().filter(|&set| all.has_majority(set));
            assert!(others.into_iter().all(|other| !one.intersection(other).is_empty()));
        }
    }
}

#[test]
fn a_number_beyond_the_capacity_is_never_a_member() {
    let mut set = NodeSet::first(64);
    assert!(!set.insert(NodeId(64)) && !set.contains(NodeId(64)) && !set.remove(NodeId(200)));
    assert_eq!(set.len(), 64);
}
