//! Values of the gate as arguments of the component, and its results as values of the core.

use super::convert::all;
use super::owning_wit::{gate as wit, types};
use assize_core::{Reason, Verdict, controller, gate as core};
use assize_service::EngineError;
use std::borrow::Cow;

/// `From` in both directions between two records.
macro_rules! both {
    ($core:ty, $wit:ty { $($fields:tt)* }) => {
        record!($core => $wit { $($fields)* });
        record!($wit => $core { $($fields)* });
    };
}

both!(core::ThresholdSettings, wit::ThresholdConfig {
    initial, floor, ceiling, step, alpha, dead_band, target ; policy
});
both!(
    core::RhythmSettings,
    wit::RhythmConfig {
        wake_steps,
        sleep_steps
    }
);
both!(
    core::WordList,
    wit::WordList {
        name,
        weight,
        words
    }
);
both!(
    core::QualitySettings,
    wit::QualityConfig {
        max_repetition,
        max_run,
        max_line_share,
        min_letter_share,
        min_sentence_tokens,
        min_function_word_share,
        min_prompt_overlap,
        min_confidence
    }
);
both!(
    core::EmergencySettings,
    wit::EmergencyConfig {
        max_process_memory_bytes,
        max_own_memory_bytes,
        recovery_share,
        cooldown_ms,
        recovery_steps,
        max_emergencies,
        clean_period_ms
    }
);
both!(
    core::BreakerSettings,
    wit::BreakerConfig {
        failures,
        cooldown_ms,
        successes
    }
);
both!(
    core::ContextSettings,
    wit::ContextConfig {
        top_k,
        max_texts,
        max_tokens,
        phase_tolerance,
        min_confidence
    }
);
both!(core::GateSettings, wit::GateConfig {
    dimension, remembered_bytes, max_tokens, pre_check, post_check, max_processing_ms ;
    threshold, rhythm, lexicon, quality, emergency, embedding_breaker, memory_breaker, context
});
both!(controller::ControllerSettings, wit::Config { ; gate, memory, synaptic, embedder });

record!(core::Conditions => wit::Conditions {
    now_ms, process_memory_bytes, own_memory_bytes
});
record!(wit::DriftAlarm => core::DriftAlarm { change, limit, changes });
record!(wit::DriftStatistics => core::DriftStatistics {
    changes, recorded, lowest, highest, range, current
});
record!(wit::Emergency => core::Emergency { since_ms, refused ; cause });
record!(wit::Counters => core::Counters {
    step, rejected, asleep, stops, stopped, pre_check, admitted, accepted, degraded,
    quality_rejected, empty, post_check, embedding_failed, generation_failed, late, not_stored,
    cancelled, embedding_failures, memory_failures
});
record!(wit::State => controller::ControllerState {
    synaptic_bytes, flights ; gate, drift, memory, synaptic_norms
});

cases!(types::Verdict => Verdict { Allow, Deny, Refine, Escalate, Transform });
cases!(core::Policy => wit::Policy { Homeostatic, Fixed, Bounded });
cases!(wit::Policy => core::Policy { Homeostatic, Fixed, Bounded });
cases!(controller::Embedder => wit::Embedder { Hashing, Caller });
cases!(wit::Embedder => controller::Embedder { Hashing, Caller });
cases!(wit::Phase => core::Phase { Wake, Sleep });
cases!(wit::Mode => core::Mode {
    Collapse, Looping, Incoherence, Telegraphing, Drift, Hallucination
});
cases!(wit::QualityAction => core::Action { Accept, Degrade, Reject });
cases!(wit::BreakerState => core::BreakerState { Closed, Open, HalfOpen });
cases!(wit::EmergencyCause => core::EmergencyCause { ProcessMemory, OwnMemory });

/// What an admission may say.
const NOTES: [&str; 8] = [
    "admitted",
    "morally rejected",
    "moral_precheck",
    "sleep phase - consolidating",
    "sleep phase",
    "emergency shutdown",
    "emergency shutdown: memory exceeded",
    "emergency shutdown: global memory limit exceeded",
];
/// What a signal of quality may count.
const EVIDENCE: [&str; 14] = [
    "response_length",
    "token_count",
    "repetition_ratio",
    "max_consecutive_run",
    "line_repeat_ratio",
    "line_count",
    "alpha_ratio",
    "avg_sentence_len",
    "function_word_ratio",
    "sentence_count",
    "response_token_count",
    "prompt_token_count",
    "overlap_ratio",
    "confidence",
];

/// The core's own word for one that came from the component.
fn word(text: &str, words: &[&'static str]) -> Result<&'static str, EngineError> {
    let known = words.iter().find(|word| **word == text).copied();
    known.ok_or_else(|| EngineError::Failed(format!("`{text}` is no word that this version knows")))
}

impl From<core::LexiconSettings> for wit::LexiconConfig {
    fn from(value: core::LexiconSettings) -> Self {
        Self {
            base: value.base,
            lists: all(value.lists),
        }
    }
}

impl From<wit::LexiconConfig> for core::LexiconSettings {
    fn from(value: wit::LexiconConfig) -> Self {
        Self {
            base: value.base,
            lists: all(value.lists),
        }
    }
}

impl From<types::Reason> for Reason {
    fn from(value: types::Reason) -> Self {
        Self {
            code: Cow::Owned(value.code),
            message: value.message,
            observed: value.observed,
            threshold: value.threshold,
        }
    }
}

impl From<wit::Judgement> for core::Judgement {
    fn from(value: wit::Judgement) -> Self {
        Self {
            score: value.score,
            threshold_before: value.threshold_before,
            threshold_after: value.threshold_after,
            acceptance: value.acceptance,
            policy: value.policy.into(),
            alarm: value.alarm.map(Into::into),
        }
    }
}

impl From<wit::Adaptation> for core::Adaptation {
    fn from(value: wit::Adaptation) -> Self {
        Self {
            accepted: value.accepted,
            before: value.before,
            after: value.after,
            acceptance: value.acceptance,
            alarm: value.alarm.map(Into::into),
        }
    }
}

impl From<wit::GateState> for core::GateState {
    fn from(value: wit::GateState) -> Self {
        Self {
            phase: value.phase.into(),
            steps_left: value.steps_left,
            threshold: value.threshold,
            acceptance: value.acceptance,
            counters: value.counters.into(),
            unconsolidated: value.unconsolidated,
            embedding_breaker: value.embedding_breaker.into(),
            memory_breaker: value.memory_breaker.into(),
            emergency: value.emergency.map(Into::into),
            recent_emergencies: value.recent_emergencies,
        }
    }
}

pub(super) fn admission(value: wit::Admission) -> Result<core::Admission, EngineError> {
    Ok(core::Admission {
        verdict: value.verdict.into(),
        reasons: all(value.reasons),
        note: word(&value.note, &NOTES)?,
        phase: value.phase.into(),
        step: value.step,
        judgement: value.judgement.into(),
    })
}

fn signal(value: wit::Signal) -> Result<core::Signal, EngineError> {
    let evidence = value.evidence.into_iter();
    let evidence = evidence.map(|(name, number)| Ok((word(&name, &EVIDENCE)?, number)));
    Ok(core::Signal {
        mode: value.mode.into(),
        score: value.score,
        threshold: value.threshold,
        triggered: value.triggered,
        evidence: evidence.collect::<Result<_, EngineError>>()?,
    })
}

pub(super) fn quality(value: wit::Quality) -> Result<core::Quality, EngineError> {
    let signals = value.signals.into_iter().map(signal);
    Ok(core::Quality {
        action: value.action.into(),
        signals: signals.collect::<Result<_, _>>()?,
    })
}

pub(super) fn text_score(value: wit::ScoredText) -> Result<core::TextScore, EngineError> {
    Ok(core::TextScore {
        score: core::Score::new(value.score)?,
        occurrences: value.occurrences,
    })
}

pub(super) fn answer(value: wit::Answer) -> Result<core::Answer, EngineError> {
    Ok(core::Answer {
        verdict: value.verdict.into(),
        reasons: all(value.reasons),
        note: value.note,
        accepted: value.accepted,
        response: value.response,
        phase: value.phase.into(),
        step: value.step,
        judgement: value.judgement.into(),
        context_items: value.context_items,
        context_texts: value.context_texts,
        max_tokens: value.max_tokens,
        remembered: value.remembered,
        stateless: value.stateless,
        confidence: value.confidence,
        quality: value.quality.map(quality).transpose()?,
    })
}

pub(super) fn action(value: wit::Action) -> Result<controller::Action, EngineError> {
    Ok(match value {
        wit::Action::Embed(text) => controller::Action::Embed { text },
        wit::Action::Generate(wit::Generation { prompt, max_tokens }) => {
            controller::Action::Generate { prompt, max_tokens }
        }
        wit::Action::Finished(given) => controller::Action::Finished(Box::new(answer(given)?)),
    })
}

pub(super) fn question(value: &core::Question<'_>) -> wit::Question {
    wit::Question {
        score: value.score,
        text: value.text.to_owned(),
    }
}

pub(super) fn outcome(value: &core::Outcome<'_>) -> wit::Outcome {
    wit::Outcome {
        prompt: value.prompt.to_owned(),
        answer: value.answer.to_owned(),
    }
}

pub(super) fn request(value: &core::Request<'_>) -> wit::Request {
    wit::Request {
        prompt: value.prompt.to_owned(),
        score: value.score,
        max_tokens: value.max_tokens,
        top_k: value.top_k,
        vector: value.vector.map(<[f32]>::to_vec),
        source_name: value.source_name.map(str::to_owned),
    }
}

impl From<controller::Heard> for wit::Heard {
    fn from(value: controller::Heard) -> Self {
        match value {
            controller::Heard::Embedded(result) => Self::Embedded(result),
            controller::Heard::Generated(result) => Self::Generated(result),
        }
    }
}
