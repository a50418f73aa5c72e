mod town;
#[test]
fn a() {}
