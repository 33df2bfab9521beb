use super::*;
use crate::gate::confidence;
use proptest::prelude::*;

fn judge(prompt: &str, answer: &str) -> Quality {
    let settings = QualitySettings::default();
    Quality::judge(&settings, prompt, answer, confidence(answer)).unwrap()
}

fn modes(prompt: &str, answer: &str) -> Vec<&'static str> {
    let quality = judge(prompt, answer);
    quality.triggered().map(|s| s.mode.as_str()).collect()
}

#[test]
fn answers_in_every_script_are_accepted() {
    for (prompt, answer) in [
        (
            "Какой план у бюджета на этот год?",
            "План бюджета на этот год был одобрен. Расходы вырастут. Отчёт готовит владелец. Начало в марте, а отчёт о плане будет в мае.",
        ),
        (
            "今年的预算计划是什么？",
            "今年的预算计划已经获得批准，团队可以从第一个请求开始，并在周末向负责人报告成本。",
        ),
        (
            "ما هي خطة الميزانية؟",
            "تمت الموافقة على خطة الميزانية لهذا العام، ويمكن للفريق أن يبدأ العمل ويقدم تقريرا عن التكاليف في نهاية الأسبوع.",
        ),
        (
            "बजट की योजना क्या है?",
            "बजट की योजना को मंजूरी मिल गई है और टीम पहला काम शुरू कर सकती है, फिर सप्ताह के अंत में लागत की रिपोर्ट देगी।",
        ),
    ] {
        assert_eq!(judge(prompt, answer).action, Action::Accept, "{answer}");
    }
}

#[test]
fn loops_are_found_in_every_script() {
    assert_eq!(modes("x", &"снова и ".repeat(20))[0], "looping");
    assert_eq!(modes("x", &"循环".repeat(20))[0], "looping");
    assert_eq!(modes("x", &"12 ".repeat(20))[0], "looping");
}

#[test]
fn words_recur_in_long_texts_without_looping() {
    // 40 sentences over a vocabulary of 130 words, of which most recur.
    let word = |n: usize| format!("word{}", n * 37 % 127);
    let sentence = |n: usize| {
        let words: Vec<_> = (0..12).map(|place| word(n * 12 + place)).collect();
        format!("The {} of it.", words.join(" "))
    };
    let answer: Vec<_> = (0..40).map(sentence).collect();
    let answer = answer.join(" ");
    assert_eq!(modes("The word1 of it", &answer), [""; 0]);
    let looping = format!("{answer} {}", "and so on ".repeat(40));
    assert_eq!(modes("The word1 of it", &looping), ["looping"]);
}

#[test]
fn actions_follow_the_gravest_mode() {
    assert_eq!(judge("x", " ... ").action, Action::Reject);
    let telegraphic = "Stop. Go. Wait. Run. Hide. Look. Sit. Stand. Jump. Talk. Eat. Sleep.";
    assert_eq!(judge("x", telegraphic).action, Action::Degrade);
    assert_eq!(modes("x", telegraphic), ["telegraphing"]);
    let numbers = "1. 2. 3. 4. 5. 6. 7. 8. 9. 10. 11. 12.";
    assert_eq!(modes("x", numbers), ["incoherence", "telegraphing"]);
    assert_eq!(judge("x", numbers).action, Action::Reject);
}

#[test]
fn wrong_numbers_are_refused_with_their_names() {
    let settings = QualitySettings {
        max_run: 0,
        min_sentence_tokens: f64::INFINITY,
        ..QualitySettings::default()
    };
    let error = Quality::judge(&settings, "", "", f64::NAN).unwrap_err();
    let pointers: Vec<_> = error.errors().iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/quality/max_run",
            "/quality/min_sentence_tokens",
            "/confidence"
        ]
    );
}

proptest! {
    #[test]
    fn scores_of_any_answer_are_within_bounds(
        prompt in "\\PC{0,40}",
        answer in "(the |a |x\\. |12 |\\PC|中|\\n){0,60}",
        confidence in 0.0..=1.0_f64,
    ) {
        let quality = Quality::judge(&QualitySettings::default(), &prompt, &answer, confidence).unwrap();
        prop_assert_eq!(quality.signals.len(), 6);
        for (signal, mode) in quality.signals.iter().zip(Mode::ALL) {
            prop_assert_eq!(signal.mode, mode);
            prop_assert!((0.0..=1.0).contains(&signal.score));
            prop_assert!(signal.evidence.iter().all(|(_, value)| value.is_finite()));
        }
        let rejects = quality.triggered().any(|signal| signal.mode.rejects());
        prop_assert_eq!(rejects, quality.action == Action::Reject);
        prop_assert_eq!(quality.action == Action::Accept, quality.triggered().count() == 0);
    }
}
