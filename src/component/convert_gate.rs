//! Values of the gate as values of WIT, and back.

use crate::bindings::exports::assize::core::gate as wit;
use crate::convert::{all, cases, record};
use assize_core::{controller, gate as core};

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

record!(core::DriftAlarm => wit::DriftAlarm { change, limit, changes });
record!(core::DriftStatistics => wit::DriftStatistics {
    changes, recorded, lowest, highest, range, current
});
record!(core::Emergency => wit::Emergency { since_ms, refused ; cause });
record!(core::Counters => wit::Counters {
    step, rejected, asleep, stops, stopped, pre_check, admitted, accepted, degraded,
    quality_rejected, empty, post_check, embedding_failed, generation_failed, late, not_stored,
    cancelled, embedding_failures, memory_failures
});
record!(controller::ControllerState => wit::State {
    synaptic_bytes, flights ; gate, drift, memory, synaptic_norms
});

cases!(core::Policy => wit::Policy { Homeostatic, Fixed, Bounded });
cases!(wit::Policy => core::Policy { Homeostatic, Fixed, Bounded });
cases!(controller::Embedder => wit::Embedder { Hashing, Caller });
cases!(wit::Embedder => controller::Embedder { Hashing, Caller });
cases!(core::Phase => wit::Phase { Wake, Sleep });
cases!(core::Mode => wit::Mode {
    Collapse, Looping, Incoherence, Telegraphing, Drift, Hallucination
});
cases!(core::Action => wit::QualityAction { Accept, Degrade, Reject });
cases!(core::BreakerState => wit::BreakerState { Closed, Open, HalfOpen });
cases!(core::EmergencyCause => wit::EmergencyCause { ProcessMemory, OwnMemory });

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

impl From<core::Judgement> for wit::Judgement {
    fn from(value: core::Judgement) -> Self {
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

impl From<core::Adaptation> for wit::Adaptation {
    fn from(value: core::Adaptation) -> Self {
        Self {
            accepted: value.accepted,
            before: value.before,
            after: value.after,
            acceptance: value.acceptance,
            alarm: value.alarm.map(Into::into),
        }
    }
}

impl From<core::Admission> for wit::Admission {
    fn from(value: core::Admission) -> Self {
        Self {
            verdict: value.verdict.into(),
            reasons: all(value.reasons),
            note: value.note.to_owned(),
            phase: value.phase.into(),
            step: value.step,
            judgement: value.judgement.into(),
        }
    }
}

impl From<core::Signal> for wit::Signal {
    fn from(value: core::Signal) -> Self {
        let evidence = value.evidence.into_iter();
        Self {
            mode: value.mode.into(),
            score: value.score,
            threshold: value.threshold,
            triggered: value.triggered,
            evidence: evidence
                .map(|(name, number)| (name.to_owned(), number))
                .collect(),
        }
    }
}

impl From<core::Quality> for wit::Quality {
    fn from(value: core::Quality) -> Self {
        Self {
            action: value.action.into(),
            signals: all(value.signals),
        }
    }
}

impl From<core::Answer> for wit::Answer {
    fn from(value: core::Answer) -> Self {
        Self {
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
            quality: value.quality.map(Into::into),
        }
    }
}

impl From<core::GateState> for wit::GateState {
    fn from(value: core::GateState) -> Self {
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

impl From<core::TextScore> for wit::ScoredText {
    fn from(value: core::TextScore) -> Self {
        Self {
            score: value.score.get(),
            occurrences: value.occurrences,
        }
    }
}

impl From<controller::Action> for wit::Action {
    fn from(value: controller::Action) -> Self {
        match value {
            controller::Action::Embed { text } => Self::Embed(text),
            controller::Action::Generate { prompt, max_tokens } => {
                Self::Generate(wit::Generation { prompt, max_tokens })
            }
            controller::Action::Finished(answer) => Self::Finished((*answer).into()),
        }
    }
}

impl From<wit::Heard> for controller::Heard {
    fn from(value: wit::Heard) -> Self {
        match value {
            wit::Heard::Embedded(result) => Self::Embedded(result),
            wit::Heard::Generated(result) => Self::Generated(result),
        }
    }
}

pub(crate) const fn conditions(value: wit::Conditions) -> core::Conditions {
    core::Conditions {
        now_ms: value.now_ms,
        process_memory_bytes: value.process_memory_bytes,
        own_memory_bytes: value.own_memory_bytes,
    }
}

pub(crate) fn question(value: &wit::Question) -> core::Question<'_> {
    core::Question {
        score: value.score,
        text: &value.text,
    }
}

pub(crate) fn outcome(value: &wit::Outcome) -> core::Outcome<'_> {
    core::Outcome {
        prompt: &value.prompt,
        answer: &value.answer,
    }
}

pub(crate) fn request(value: &wit::Request) -> core::Request<'_> {
    core::Request {
        prompt: &value.prompt,
        score: value.score,
        max_tokens: value.max_tokens,
        top_k: value.top_k,
        vector: value.vector.as_deref(),
        source_name: value.source_name.as_deref(),
    }
}
