use super::*;
use proptest::prelude::*;

fn open(settings: SessionSettings) -> SessionGovernor {
    SessionGovernor::new(SessionConfig::new(settings).unwrap())
}

fn patient() -> SessionSettings {
    SessionSettings {
        max_cycles: 50,
        plateau_cycles: 50,
        ..SessionSettings::default()
    }
}

fn claiming<'a>(engine: &'a str, index: u32, answer: &'a str) -> Candidate<'a> {
    Candidate {
        contradiction_claim: Some("disagrees"),
        ..Candidate::new(engine, index, answer)
    }
}

#[test]
fn disqualified_answer_is_returned_and_denied() {
    let mut governor = open(SessionSettings::default());
    let risky = |answer| Candidate {
        risk: 0.9,
        ..Candidate::new("x", 0, answer)
    };
    let step = governor.step(&risky("alpha"), &risky("omega")).unwrap();
    assert_eq!(step.verdict, Verdict::Deny);
    assert_eq!(step.stop_reason, Some(SessionStop::Risk));
    assert_eq!(
        (step.qualified, step.chosen_answer.as_str()),
        (false, "alpha")
    );
    assert_eq!(step.reasons[0].code, "governor:risk-threshold");
}

#[test]
fn converged_answer_that_breaks_a_constraint_is_denied() {
    let mut governor = open(SessionSettings::default());
    let broken = Candidate {
        constraint_ok: false,
        ..Candidate::new("x", 0, "alpha")
    };
    let step = governor.step(&broken, &broken).unwrap();
    assert_eq!(step.stop_reason, Some(SessionStop::Convergence));
    assert_eq!(step.verdict, Verdict::Deny);
    let codes: Vec<_> = step.reasons.iter().map(|r| r.code.as_ref()).collect();
    assert_eq!(
        codes,
        ["governor:convergence", "governor:constraint-violated"]
    );
}

#[test]
fn remainder_is_the_true_one_and_posture_follows() {
    let mut governor = open(SessionSettings {
        contradiction_decay: 0.5,
        ..patient()
    });
    let mut postures = Vec::new();
    for index in 0..3 {
        let step = governor
            .step(
                &claiming("a", index, "alpha"),
                &claiming("b", index, "omega"),
            )
            .unwrap();
        postures.push((step.budget_remaining, step.posture.as_str()));
    }
    assert_eq!(postures, [(1.0, "PEM"), (0.5, "CM"), (0.0, "IM")]);
}

#[test]
fn a_best_score_of_zero_is_a_score() {
    let mut governor = open(SessionSettings {
        max_risk: 1.0,
        plateau_cycles: 1,
        ..patient()
    });
    let scored = |coherence, risk, index, answer| Candidate {
        coherence,
        calibration: 0.0,
        evidence: 0.0,
        actionability: 0.0,
        risk,
        ..Candidate::new("x", index, answer)
    };
    let zero = |index, answer| scored(0.0, 0.0, index, answer);
    assert_eq!(
        governor
            .step(&zero(0, "a1"), &zero(0, "b1"))
            .unwrap()
            .decision,
        FreezeDecision::Continue
    );
    let step = governor
        .step(&scored(0.0, 0.5, 1, "a2"), &scored(0.0, 0.5, 1, "b2"))
        .unwrap();
    assert_eq!(step.stop_reason, Some(SessionStop::Plateau));
}

#[test]
fn freeze_is_latched_until_reopened_or_reset() {
    let mut governor = open(SessionSettings::default());
    let same = Candidate::new("x", 0, "alpha");
    governor.step(&same, &same).unwrap();
    let before = governor.clone();
    assert_eq!(
        governor.step(&same, &same).unwrap_err().to_string(),
        "the session froze after step 1 (convergence); reopen it to go on"
    );
    assert_eq!(governor, before);
    governor.reopen();
    governor.step(&same, &same).unwrap();
    governor.reset();
    assert_eq!(governor, open(SessionSettings::default()));
}

#[test]
fn rounding_is_half_to_even_on_the_binary_value() {
    assert_eq!(rounded(0.125_05), 0.1250);
    assert_eq!(rounded(0.000_25), 0.0003);
    assert_eq!(rounded(2.910_04), 2.91);
}

proptest! {
    #[test]
    fn budget_never_rises_and_a_restored_governor_goes_on_alike(
        pairs in prop::collection::vec(("[a-e ]{1,20}x", "[a-e ]{1,20}y", 0.0..=1.0_f64, any::<bool>()), 1..8),
        cut in 0_usize..8,
    ) {
        let mut governor = open(patient());
        let mut restored = None;
        let mut budget = governor.budget_remaining();
        for (index, (left, right, risk, claim)) in pairs.iter().enumerate() {
            if index == cut {
                restored = Some(SessionGovernor::restore(&governor.snapshot()).unwrap());
            }
            let number = index as u32;
            let left = Candidate { risk: *risk, ..Candidate::new("left", number, left) };
            let right = Candidate {
                contradiction_claim: claim.then_some("no"),
                ..Candidate::new("right", number, right)
            };
            let answer = governor.step(&left, &right);
            if let Some(restored) = &mut restored {
                prop_assert_eq!(&restored.step(&left, &right), &answer);
                prop_assert_eq!(restored.snapshot(), governor.snapshot());
            }
            prop_assert!(governor.budget_remaining() <= budget);
            budget = governor.budget_remaining();
        }
    }

    #[test]
    fn damaged_snapshots_are_refused(position in 0_usize..1_000, flip in 1_u8..=255) {
        let mut governor = open(patient());
        governor.step(&claiming("a", 0, "alpha"), &claiming("b", 0, "omega")).unwrap();
        let mut snapshot = governor.snapshot();
        let position = position % snapshot.len();
        snapshot[position] ^= flip;
        prop_assert!(SessionGovernor::restore(&snapshot).is_err());
    }
}
