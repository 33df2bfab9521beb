use super::*;
use proptest::prelude::*;

fn threshold(settings: ThresholdSettings) -> Threshold {
    Threshold::new(settings).unwrap()
}

fn feed(threshold: &mut Threshold, scores: impl IntoIterator<Item = f64>) -> Vec<bool> {
    let scores = scores.into_iter();
    scores
        .map(|score| threshold.adapt(Score::new(score).unwrap()).accepted)
        .collect()
}

#[test]
fn dead_band_is_as_wide_above_as_below() {
    for accepted in [true, false] {
        let mut threshold = threshold(ThresholdSettings::default());
        assert_eq!(threshold.follow(accepted).after, 0.5);
        assert_ne!(threshold.follow(accepted).after, 0.5);
    }
}

#[test]
fn flood_of_refusals_does_not_lower_a_bounded_bar() {
    let lowest = |policy| {
        let mut threshold = threshold(ThresholdSettings {
            policy,
            ..ThresholdSettings::default()
        });
        feed(&mut threshold, [0.0; 100]);
        threshold.value()
    };
    assert_eq!(lowest(Policy::Homeostatic), 0.3);
    assert_eq!(lowest(Policy::Fixed), 0.5);
    assert_eq!(lowest(Policy::Bounded), 0.5);
}

#[test]
fn fixed_bar_does_not_refuse_good_requests() {
    let refused = |policy| {
        let mut threshold = threshold(ThresholdSettings {
            policy,
            ..ThresholdSettings::default()
        });
        let passed = feed(&mut threshold, [0.7; 1000]);
        passed.iter().filter(|accepted| !**accepted).count()
    };
    assert_eq!(refused(Policy::Fixed), 0);
    assert!((400..600).contains(&refused(Policy::Homeostatic)));
}

#[test]
fn thresholds_of_two_sessions_are_two() {
    let mut attacked = threshold(ThresholdSettings::default());
    let other = attacked.clone();
    feed(&mut attacked, [0.0; 20]);
    assert_eq!((attacked.value(), other.value()), (0.3, 0.5));
}

#[test]
fn first_change_is_counted() {
    let mut threshold = threshold(ThresholdSettings::default());
    assert_eq!(threshold.drift().changes, 0);
    feed(&mut threshold, [1.0; 2]);
    let drift = threshold.drift();
    assert_eq!((drift.changes, drift.recorded, drift.range), (1, 1, 0.0));
    assert_eq!((drift.lowest, drift.highest), (0.55, 0.55));
}

#[test]
fn statistics_are_of_the_last_hundred_changes() {
    let mut threshold = threshold(ThresholdSettings::default());
    for _ in 0..40 {
        feed(&mut threshold, [1.0; 20]);
        feed(&mut threshold, [0.0; 20]);
    }
    let drift = threshold.drift();
    assert!(drift.changes > 200);
    assert_eq!(drift.recorded, 100);
    assert!(drift.lowest == 0.3 && drift.highest == 0.9);
}

#[test]
fn sustained_drift_gives_an_alarm_whatever_the_last_bit() {
    let settings = ThresholdSettings {
        step: 0.15 / 9.0,
        ..ThresholdSettings::default()
    };
    let mut up = threshold(settings);
    let mut alarms = Vec::new();
    for _ in 0..11 {
        alarms.push(up.follow(true).alarm);
    }
    assert!(alarms[..10].iter().all(Option::is_none));
    let alarm = alarms[10].unwrap();
    assert!((alarm.change - 0.15).abs() < 1e-12);
    assert_eq!((alarm.limit, alarm.changes), (0.15, 10));
}

#[test]
fn wrong_settings_are_refused_with_their_names() {
    let settings = ThresholdSettings {
        initial: 0.2,
        ceiling: f64::NAN,
        alpha: 0.0,
        step: -0.1,
        ..ThresholdSettings::default()
    };
    let error = Threshold::new(settings).unwrap_err();
    let pointers: Vec<_> = error.errors().iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/threshold/ceiling",
            "/threshold/step",
            "/threshold/alpha",
            "/threshold/initial"
        ]
    );
}

#[test]
fn scores_are_from_zero_to_one() {
    for wrong in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        let error = Score::new(wrong).unwrap_err();
        assert_eq!(error.errors()[0].pointer, "/score");
    }
}

fn settings() -> impl Strategy<Value = ThresholdSettings> {
    let shares = prop::array::uniform7(0.0..=1.0_f64);
    (shares, 0_usize..3).prop_map(|(shares, policy)| {
        let [first, second, third, step, alpha, dead_band, target] = shares;
        let mut bounds = [first, second, third];
        bounds.sort_by(f64::total_cmp);
        ThresholdSettings {
            policy: Policy::ALL[policy],
            floor: bounds[0],
            initial: bounds[1],
            ceiling: bounds[2],
            step,
            alpha: alpha.max(0.001),
            dead_band,
            target,
        }
    })
}

proptest! {
    #[test]
    fn no_sequence_moves_the_threshold_beyond_its_bounds_or_too_fast(
        settings in settings(),
        scores in prop::collection::vec(0.0..=1.0_f64, 0..200),
    ) {
        let mut threshold = threshold(settings);
        for score in scores {
            let adaptation = threshold.adapt(Score::new(score).unwrap());
            let after = adaptation.after;
            prop_assert_eq!(after, threshold.value());
            prop_assert_eq!(adaptation.accepted, score >= adaptation.before);
            prop_assert!((settings.floor..=settings.ceiling).contains(&after));
            prop_assert!((after - adaptation.before).abs() <= settings.step + 1e-12);
            if (adaptation.acceptance - settings.target).abs() <= settings.dead_band {
                prop_assert_eq!(after, adaptation.before);
            }
            match settings.policy {
                Policy::Fixed => prop_assert_eq!(after, settings.initial),
                Policy::Bounded => prop_assert!(after >= settings.initial),
                Policy::Homeostatic => {}
            }
        }
    }
}
