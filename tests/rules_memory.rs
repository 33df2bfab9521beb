//! An evaluator that is asked over and over stays as small as it is. Alone in its process, whose memory is measured.

use assize_core::rules::{Evaluator, KnowledgeBase, Limits, Value};

/// Bytes of memory of this process, where the system says.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = status.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn an_evaluator_stays_as_small_as_it_is() {
    let text: String = (0..5).map(|n| format!("e({n}, {}).\n", n + 1)).collect();
    let program = text
        + "r(x, y) if r(x, z) and e(z, y). r(x, y) if e(x, y). \
        big(n, l) if l = collect(x for e(x, _)) and list_length(l) > n. \
        may(x) if r(x, 5) and not r(5, x) and big(3, _) and s = concat(\"a\", to_string(x)) and s != \"b\".";
    let base = KnowledgeBase::from_text("flat.rules", &program).unwrap();
    let mut evaluator = Evaluator::new(&base, Limits::default());
    let may = evaluator.predicate("may", 1).unwrap();
    let mut round = |calls: i64| {
        for call in 0..calls {
            let constant = evaluator.constant(&Value::Integer(call % 5)).unwrap();
            assert!(evaluator.holds(may, &[constant], None).unwrap());
        }
    };
    round(500);
    let before = resident();
    round(100_000);
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + (32 << 20), "{before} {after}");
    }
}
