use super::*;
use proptest::prelude::*;

fn input<'a>(left: &'a str, right: &'a str, confidence: f64) -> CycleInput<'a> {
    let side = |output| EngineOutput { output, confidence };
    CycleInput {
        left: side(left),
        right: side(right),
        budget: 1.0,
        cycle: 1,
        previous_quality: None,
    }
}

fn codes(evaluation: &CycleEvaluation) -> Vec<&str> {
    evaluation.reasons.iter().map(|r| r.code.as_ref()).collect()
}

#[test]
fn convergence_outranks_risk_unless_configured_otherwise() {
    let settings = CycleSettings::default();
    let unsure = input("same words", "same words", 0.0);
    let evaluate = |settings| {
        let config = CycleConfig::new(settings).unwrap();
        evaluate_cycle(&config, &unsure).unwrap()
    };
    let evaluation = evaluate(settings);
    assert_eq!(evaluation.verdict, Verdict::Allow);
    assert_eq!(
        codes(&evaluation),
        ["governor:convergence", "governor:risk-threshold"]
    );
    let evaluation = evaluate(CycleSettings {
        risk_first: true,
        ..settings
    });
    assert_eq!(evaluation.verdict, Verdict::Escalate);
    assert_eq!(
        codes(&evaluation),
        ["governor:risk-threshold", "governor:convergence"]
    );
}

#[test]
fn last_cycle_stops_even_while_quality_improves() {
    let config = CycleConfig::new(CycleSettings {
        risk_threshold: 1.0,
        ..CycleSettings::default()
    })
    .unwrap();
    let mut late = input("a b c d", "a b c e", 0.9);
    late.cycle = 3;
    late.previous_quality = Some(0.1);
    let evaluation = evaluate_cycle(&config, &late).unwrap();
    assert_eq!(evaluation.stop_reason, Some(CycleStop::MaxCycles));
}

#[test]
fn every_wrong_field_is_named() {
    let wrong = CycleInput {
        left: EngineOutput {
            output: " \u{a0}",
            confidence: f64::NAN,
        },
        right: EngineOutput {
            output: "",
            confidence: 1.5,
        },
        budget: -0.5,
        cycle: 0,
        previous_quality: Some(f64::INFINITY),
    };
    let error = evaluate_cycle(&CycleConfig::default(), &wrong).unwrap_err();
    let pointers: Vec<_> = error.errors().iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/left/output",
            "/left/confidence",
            "/right/output",
            "/right/confidence",
            "/budget",
            "/cycle",
            "/previous_quality"
        ]
    );
}

proptest! {
    #[test]
    fn equal_sides_can_be_swapped(
        left in "[a-f ]{1,40}x", right in "[a-f ]{1,40}y", confidence in 0.0..=1.0_f64,
    ) {
        let config = CycleConfig::default();
        let one = evaluate_cycle(&config, &input(&left, &right, confidence)).unwrap();
        let other = evaluate_cycle(&config, &input(&right, &left, confidence)).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn numbers_stay_in_their_ranges(
        left in "\\PC{0,40}x", right in "\\PC{0,40}y", sure in 0.0..=1.0_f64, budget in 0.0..9.0_f64,
    ) {
        let mut given = input(&left, &right, sure);
        given.budget = budget;
        let evaluation = evaluate_cycle(&CycleConfig::default(), &given).unwrap();
        for number in [evaluation.similarity, evaluation.risk, evaluation.quality] {
            prop_assert!((0.0..=1.0).contains(&number));
        }
        prop_assert!(evaluation.budget_remaining <= budget);
        prop_assert!(!evaluation.reasons.is_empty());
    }
}
