//! Both ways of running the core give the same bytes, and sessions survive their snapshots.

use assize_core::governor::{
    Candidate, CycleConfig, CycleInput, EngineOutput, SessionConfig, SessionSettings,
};
use assize_service::{Engines, NativeEngines};
use assize_tests::{component, post, service};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

/// Texts with what texts have: case, marks, odd white space, many scripts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-e ]{1,60}".prop_map(|text| format!("{text}x")),
        "[A-Za-z0-9_,.!? \\t\\n-]{1,80}".prop_map(|text| format!("x{text}")),
        "\\PC{1,40}".prop_map(|text| format!("{text} x")),
        Just("ΟΔΟΣ İstanbul ẞ \u{1c} नमस्ते العربية 東京".to_owned()),
    ]
}

fn unit() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0_f64]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn answers_are_equal_to_the_byte(
        left in text(), right in text(), sure in unit(), unsure in unit(),
        budget in 0.0..3.0_f64, cycle in 1..6_u32, previous in proptest::option::of(unit()), risk_first: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let body = json!({
            "left": {"output": left, "confidence": sure},
            "right": {"output": right, "confidence": unsure},
            "budget": budget, "cycle": cycle, "previous_quality": previous,
            "config": {"risk_first": risk_first, "risk_threshold": sure},
        }).to_string();
        let native = runtime.block_on(post(&service(Arc::new(NativeEngines)), "/evaluate", &body));
        let component = runtime.block_on(post(&service(component()), "/evaluate", &body));
        prop_assert_eq!(native.status, 200);
        prop_assert_eq!(
            String::from_utf8_lossy(&native.bytes), String::from_utf8_lossy(&component.bytes)
        );
    }

    #[test]
    fn similarity_is_symmetric_and_within_bounds(left in text(), right in text()) {
        let engines = component();
        for similarity in [
            |engines: &assize::ComponentEngines, left: &str, right: &str| engines.word_overlap(left, right),
            |engines: &assize::ComponentEngines, left: &str, right: &str| engines.cosine_similarity(left, right),
        ] {
            let one = similarity(&engines, &left, &right).unwrap();
            let other = similarity(&engines, &right, &left).unwrap();
            prop_assert!((0.0..=1.0).contains(&one));
            prop_assert!((one - other).abs() <= 1e-12);
        }
        let same = engines.word_overlap(&left, &right).unwrap();
        prop_assert_eq!(same.to_bits(), engines.word_overlap(&right, &left).unwrap().to_bits());
    }

    #[test]
    fn equal_sides_can_be_swapped(left in text(), right in text(), sure in unit()) {
        let side = |output| EngineOutput { output, confidence: sure };
        let input = |left, right| CycleInput { left, right, budget: 1.0, cycle: 1, previous_quality: None };
        let engines = component();
        let config = CycleConfig::default();
        let one = engines.evaluate_cycle(&config, &input(side(&left), side(&right))).unwrap();
        let other = engines.evaluate_cycle(&config, &input(side(&right), side(&left))).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn restored_session_answers_as_the_original_does(
        texts in proptest::collection::vec((text(), text(), unit(), any::<bool>()), 1..8), cut in 0..8_usize,
    ) {
        let engines = component();
        let settings = SessionSettings { max_cycles: 50, plateau_cycles: 3, ..SessionSettings::default() };
        let config = SessionConfig::new(settings).unwrap();
        let mut original = engines.open_session_governor(&config).unwrap();
        let mut budget = settings.contradiction_budget;
        for (index, (left, right, risk, claims)) in texts.iter().enumerate() {
            let left = Candidate::new("left", index as u32, left);
            let mut right = Candidate::new("right", index as u32, right);
            right.risk = *risk;
            right.contradiction_claim = claims.then_some("claim");
            if index == cut {
                let snapshot = original.snapshot().unwrap();
                let mut restored = engines.restore_session_governor(&snapshot).unwrap();
                let mut native = NativeEngines.restore_session_governor(&snapshot).unwrap();
                prop_assert_eq!(&restored.snapshot().unwrap(), &snapshot);
                let expected = restored.step(&left, &right);
                prop_assert_eq!(&native.step(&left, &right), &expected);
                prop_assert_eq!(&original.step(&left, &right), &expected);
                prop_assert_eq!(original.snapshot(), restored.snapshot());
                prop_assert_eq!(original.audit(), native.audit());
            } else {
                original.step(&left, &right).unwrap();
            }
            original.reopen().unwrap();
            let remaining = original.status().unwrap().budget_remaining;
            prop_assert!(remaining <= budget, "the budget rose");
            budget = remaining;
        }
    }

    #[test]
    fn restored_cycles_go_on_as_the_original_does(
        texts in proptest::collection::vec((text(), text(), unit()), 2..8), cut in 0..8_usize,
    ) {
        let engines = component();
        let mut original = engines.open_cycle_governor(&CycleConfig::default()).unwrap();
        let mut budget = f64::INFINITY;
        for (index, (left, right, sure)) in texts.iter().enumerate() {
            let side = |output| EngineOutput { output, confidence: *sure };
            if index == cut {
                let snapshot = original.snapshot().unwrap();
                let mut restored = engines.restore_cycle_governor(&snapshot).unwrap();
                let evaluation = restored.evaluate(&side(left), &side(right)).unwrap();
                prop_assert_eq!(original.evaluate(&side(left), &side(right)).unwrap(), evaluation);
                prop_assert_eq!(original.audit(), restored.audit());
            } else {
                original.evaluate(&side(left), &side(right)).unwrap();
            }
            original.reopen().unwrap();
            let remaining = original.status().unwrap().budget_remaining;
            prop_assert!(remaining <= budget, "the budget rose");
            budget = remaining;
        }
    }
}

/// Rules of every kind of term, loaded, changed, and restored from the bytes of the other way of running the core.
#[test]
fn a_knowledge_base_goes_from_one_to_the_other() {
    use assize_core::rules::{Format, QueryOptions, Source, Value};
    use assize_service::{RulesHandle, RulesStep};
    let text = r#"input role/2.
        role("ann", "clerk"). limit(1.5). point({x: 1, y: [2, "z"]}).
        allow(who, "use") if role(who, r) and grants(r). grants("clerk").
        reach(x, y) if edge(x, y). reach(x, y) if reach(x, z) and edge(z, y).
        edge(1, 2). edge(2, 3). edge(3, 1)."#;
    let source = Source {
        name: "p.rules".into(),
        text: text.into(),
        format: Format::Text,
    };
    let ask = |rules: &mut dyn RulesHandle, goal: &str| {
        let mut cursor = rules.query(goal, &QueryOptions::default()).unwrap();
        let mut said = Vec::new();
        loop {
            match cursor.next().unwrap() {
                RulesStep::Done(ending) => return (said, ending.steps),
                step => said.push(step),
            }
        }
    };
    let engines: [Arc<dyn Engines>; 2] = [Arc::new(NativeEngines), component()];
    let mut snapshots = Vec::new();
    for engine in &engines {
        let mut rules = engine.load_rules(std::slice::from_ref(&source)).unwrap();
        let fact = (
            "role".into(),
            vec![Value::string("bob"), Value::string("clerk")],
        );
        rules.change_facts(&[], &[fact]).unwrap();
        snapshots.push(rules.snapshot().unwrap());
    }
    assert_eq!(snapshots[0], snapshots[1]);
    let mut restored: Vec<_> = engines
        .iter()
        .map(|engine| engine.restore_rules(&snapshots[0]).unwrap())
        .collect();
    for goal in ["allow(who, \"use\")", "reach(1, y)", "point(p)", "limit(x)"] {
        let [native, component] = &mut restored[..] else {
            panic!("there are two");
        };
        let (said, steps) = ask(native.as_mut(), goal);
        assert!(!said.is_empty(), "{goal}");
        assert_eq!((said, steps), ask(component.as_mut(), goal), "{goal}");
    }
    for rules in &mut restored {
        let allow = rules.predicate("allow", 2).unwrap().unwrap();
        let [who, stranger, using] =
            ["bob", "eve", "use"].map(|text| rules.text_handle(text).unwrap());
        assert!(rules.holds(allow, &[who, using]).unwrap());
        assert!(!rules.holds(allow, &[stranger, using]).unwrap());
        assert_eq!(rules.snapshot().unwrap(), snapshots[0]);
    }
    let mut damaged = snapshots[0].clone();
    damaged[40] ^= 1;
    for engine in &engines {
        let refused = engine.restore_rules(&damaged).err().unwrap().to_string();
        assert!(refused.contains("snapshot"), "{refused}");
    }
}
