//! How a gate and its memory are made, read from JSON.

use crate::node::Node;
use crate::ranges::{LARGEST_DIMENSION, LARGEST_WHOLE};
use crate::reader::{MOST_ERRORS, Object};
use crate::requests::{Document, collect};
use assize_core::controller::{ControllerConfig, ControllerSettings, Embedder};
use assize_core::gate::{
    BreakerSettings, ContextSettings, EmergencySettings, GateSettings, LexiconSettings, Policy,
    QualitySettings, RhythmSettings, ThresholdSettings, WordList,
};
use assize_core::memory::{MemorySettings, SynapticSettings, Transfer};
use assize_core::{FieldError, InvalidInput};

/// A session of a gate with its memory to open.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenControllerRequest {
    /// How it is made. Its parts have the dimension of the memory.
    pub config: ControllerConfig,
}

impl OpenControllerRequest {
    /// Reads `{gate?, memory?, synaptic?, embedder?}`, objects in which every field may be absent. What they do not
    /// say is as in `default`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(
        document: &Document<'_>,
        default: &ControllerSettings,
    ) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let choices = Embedder::ALL.map(|embedder| (embedder.as_str(), embedder));
            let settings = ControllerSettings {
                gate: gate(&mut object, &default.gate, errors),
                memory: memory(&mut object, &default.memory, errors),
                synaptic: synaptic(&mut object, &default.synaptic, errors),
                embedder: choice(&mut object, "embedder", &choices, default.embedder, errors),
            };
            object.finish(errors);
            settings.memory.check("/memory", errors);
            // The others take it from the memory, where it has been judged.
            let dimension = settings.memory.dimension.clamp(1, LARGEST_DIMENSION as u32);
            let settings = settings.with_dimension(dimension);
            settings.gate.check("/gate", errors);
            settings.synaptic.check("/synaptic", errors);
            if !errors.is_empty() {
                return None;
            }
            let config = ControllerConfig::new(settings);
            config
                .map_err(|error| errors.extend(error.into_errors()))
                .map(|config| Self { config })
                .ok()
        })
    }
}

fn gate(
    parent: &mut Object<'_, '_>,
    default: &GateSettings,
    errors: &mut Vec<FieldError>,
) -> GateSettings {
    let Some(mut object) = parent.optional_object("gate", errors) else {
        return default.clone();
    };
    let settings = GateSettings {
        threshold: threshold(&mut object, &default.threshold, errors),
        rhythm: rhythm(&mut object, default.rhythm, errors),
        lexicon: lexicon(&mut object, &default.lexicon, errors),
        quality: quality(&mut object, &default.quality, errors),
        emergency: emergency(&mut object, &default.emergency, errors),
        embedding_breaker: breaker(
            &mut object,
            "embedding_breaker",
            default.embedding_breaker,
            errors,
        ),
        memory_breaker: breaker(
            &mut object,
            "memory_breaker",
            default.memory_breaker,
            errors,
        ),
        context: context(&mut object, &default.context, errors),
        dimension: default.dimension,
        remembered_bytes: object.amount_or("remembered_bytes", default.remembered_bytes, errors),
        max_tokens: object.count_or("max_tokens", default.max_tokens, errors),
        pre_check: object.number_or_none("pre_check", default.pre_check, errors),
        post_check: object.number_or_none("post_check", default.post_check, errors),
        max_processing_ms: object.whole_or_none(
            "max_processing_ms",
            default.max_processing_ms,
            errors,
        ),
    };
    object.finish(errors);
    settings
}

fn threshold(
    parent: &mut Object<'_, '_>,
    default: &ThresholdSettings,
    errors: &mut Vec<FieldError>,
) -> ThresholdSettings {
    let Some(mut object) = parent.optional_object("threshold", errors) else {
        return *default;
    };
    let policies = Policy::ALL.map(|policy| (policy.as_str(), policy));
    let policy = choice(&mut object, "policy", &policies, default.policy, errors);
    let mut number = |name, default| object.number_or(name, default, errors);
    let settings = ThresholdSettings {
        policy,
        initial: number("initial", default.initial),
        floor: number("floor", default.floor),
        ceiling: number("ceiling", default.ceiling),
        step: number("step", default.step),
        alpha: number("alpha", default.alpha),
        dead_band: number("dead_band", default.dead_band),
        target: number("target", default.target),
    };
    object.finish(errors);
    settings
}

fn rhythm(
    parent: &mut Object<'_, '_>,
    default: RhythmSettings,
    errors: &mut Vec<FieldError>,
) -> RhythmSettings {
    let Some(mut object) = parent.optional_object("rhythm", errors) else {
        return default;
    };
    let settings = RhythmSettings {
        wake_steps: object.count_or("wake_steps", default.wake_steps, errors),
        sleep_steps: object.count_or("sleep_steps", default.sleep_steps, errors),
    };
    object.finish(errors);
    settings
}

fn lexicon(
    parent: &mut Object<'_, '_>,
    default: &LexiconSettings,
    errors: &mut Vec<FieldError>,
) -> LexiconSettings {
    let Some(mut object) = parent.optional_object("lexicon", errors) else {
        return default.clone();
    };
    let base = object.number_or("base", default.base, errors);
    let before = errors.len();
    let mut lists = default.lists.clone();
    if let Some(items) = object.optional_items("lists", errors) {
        let at = object.pointer_to("lists");
        let numbered = items.iter().enumerate();
        let read: Vec<_> = numbered
            .filter_map(|(index, item)| word_list(item, format!("{at}/{index}"), errors))
            .collect();
        // Lists that are not whole are not judged further.
        if errors.len() == before {
            lists = read;
        }
    }
    object.finish(errors);
    LexiconSettings { base, lists }
}

fn word_list(node: &Node<'_>, pointer: String, errors: &mut Vec<FieldError>) -> Option<WordList> {
    if errors.len() >= MOST_ERRORS {
        return None;
    }
    let mut object = Object::open(node, pointer, errors)?;
    let name = object.text("name", errors).to_owned();
    let weight = object.number("weight", errors);
    let at = object.pointer_to("words");
    let items = match object.required("words", errors) {
        Some(Node::Array(items)) => items.as_slice(),
        Some(other) => {
            object.wrong_type("words", "an array", other, errors);
            &[]
        }
        None => &[],
    };
    let mut words = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        match item {
            Node::Text(word) => words.push(word.as_ref().to_owned()),
            other if errors.len() < MOST_ERRORS => {
                let message = format!("must be a string, got {}", other.kind());
                errors.push(FieldError::new(format!("{at}/{index}"), message));
            }
            _ => break,
        }
    }
    object.finish(errors);
    Some(WordList {
        name,
        weight,
        words,
    })
}

fn quality(
    parent: &mut Object<'_, '_>,
    default: &QualitySettings,
    errors: &mut Vec<FieldError>,
) -> QualitySettings {
    let Some(mut object) = parent.optional_object("quality", errors) else {
        return *default;
    };
    let max_run = object.count_or("max_run", default.max_run, errors);
    let mut number = |name, default| object.number_or(name, default, errors);
    let settings = QualitySettings {
        max_repetition: number("max_repetition", default.max_repetition),
        max_run,
        max_line_share: number("max_line_share", default.max_line_share),
        min_letter_share: number("min_letter_share", default.min_letter_share),
        min_sentence_tokens: number("min_sentence_tokens", default.min_sentence_tokens),
        min_function_word_share: number("min_function_word_share", default.min_function_word_share),
        min_prompt_overlap: number("min_prompt_overlap", default.min_prompt_overlap),
        min_confidence: number("min_confidence", default.min_confidence),
    };
    object.finish(errors);
    settings
}

fn emergency(
    parent: &mut Object<'_, '_>,
    default: &EmergencySettings,
    errors: &mut Vec<FieldError>,
) -> EmergencySettings {
    let Some(mut object) = parent.optional_object("emergency", errors) else {
        return *default;
    };
    let cooldown_ms = object.whole_or_none("cooldown_ms", default.cooldown_ms, errors);
    let recovery_steps = object.count_or("recovery_steps", default.recovery_steps, errors);
    let max_emergencies = object.count_or("max_emergencies", default.max_emergencies, errors);
    let recovery_share = object.number_or("recovery_share", default.recovery_share, errors);
    let mut whole = |name, default, least| {
        let number = object.whole(name, (least, LARGEST_WHOLE), errors);
        number.unwrap_or(default)
    };
    let settings = EmergencySettings {
        max_process_memory_bytes: whole(
            "max_process_memory_bytes",
            default.max_process_memory_bytes,
            0,
        ),
        max_own_memory_bytes: whole("max_own_memory_bytes", default.max_own_memory_bytes, 0),
        recovery_share,
        cooldown_ms,
        recovery_steps,
        max_emergencies,
        clean_period_ms: whole("clean_period_ms", default.clean_period_ms, 1),
    };
    object.finish(errors);
    settings
}

fn breaker(
    parent: &mut Object<'_, '_>,
    name: &'static str,
    default: BreakerSettings,
    errors: &mut Vec<FieldError>,
) -> BreakerSettings {
    let Some(mut object) = parent.optional_object(name, errors) else {
        return default;
    };
    let settings = BreakerSettings {
        failures: object.count_or("failures", default.failures, errors),
        cooldown_ms: object
            .whole("cooldown_ms", (0, LARGEST_WHOLE), errors)
            .unwrap_or(default.cooldown_ms),
        successes: object.count_or("successes", default.successes, errors),
    };
    object.finish(errors);
    settings
}

fn context(
    parent: &mut Object<'_, '_>,
    default: &ContextSettings,
    errors: &mut Vec<FieldError>,
) -> ContextSettings {
    let Some(mut object) = parent.optional_object("context", errors) else {
        return *default;
    };
    let phase_tolerance = object.share("phase_tolerance", errors);
    let settings = ContextSettings {
        top_k: object.count_or("top_k", default.top_k, errors),
        max_texts: object.amount_or("max_texts", default.max_texts, errors),
        max_tokens: object.amount_or("max_tokens", default.max_tokens, errors),
        phase_tolerance: phase_tolerance.map_or(default.phase_tolerance, |share| share as f32),
        min_confidence: object.number_or("min_confidence", default.min_confidence, errors),
    };
    object.finish(errors);
    settings
}

fn memory(
    parent: &mut Object<'_, '_>,
    default: &MemorySettings,
    errors: &mut Vec<FieldError>,
) -> MemorySettings {
    let Some(mut object) = parent.optional_object("memory", errors) else {
        return *default;
    };
    let settings = MemorySettings {
        dimension: object.amount_or("dimension", default.dimension, errors),
        capacity: object.amount_or("capacity", default.capacity, errors),
        text_bytes: object.amount_or("text_bytes", default.text_bytes, errors),
        compressed_index: object.boolean_or("compressed_index", default.compressed_index, errors),
    };
    object.finish(errors);
    settings
}

fn synaptic(
    parent: &mut Object<'_, '_>,
    default: &SynapticSettings,
    errors: &mut Vec<FieldError>,
) -> SynapticSettings {
    let Some(mut object) = parent.optional_object("synaptic", errors) else {
        return *default;
    };
    let transfers = Transfer::ALL.map(|transfer| (transfer.as_str(), transfer));
    let settings = SynapticSettings {
        dimension: default.dimension,
        lambda: numbers(&mut object, "lambda", default.lambda, errors),
        theta: numbers(&mut object, "theta", default.theta, errors),
        gating: numbers(&mut object, "gating", default.gating, errors),
        transfer: choice(
            &mut object,
            "transfer",
            &transfers,
            default.transfer,
            errors,
        ),
    };
    object.finish(errors);
    settings
}

fn choice<T: Copy>(
    object: &mut Object<'_, '_>,
    name: &'static str,
    choices: &[(&str, T)],
    default: T,
    errors: &mut Vec<FieldError>,
) -> T {
    let node = object.optional(name);
    let choice = node.and_then(|node| object.choice(name, node, choices, errors));
    choice.unwrap_or(default)
}

/// So many numbers, no more and no fewer.
fn numbers<const COUNT: usize>(
    object: &mut Object<'_, '_>,
    name: &'static str,
    default: [f64; COUNT],
    errors: &mut Vec<FieldError>,
) -> [f64; COUNT] {
    let before = errors.len();
    let Some(items) = object.optional_items(name, errors) else {
        return default;
    };
    let at = object.pointer_to(name);
    let mut numbers = default;
    if errors.len() == before && items.len() != COUNT {
        let message = format!("must have {COUNT} numbers, got {}", items.len());
        errors.push(FieldError::new(at.as_str(), message));
    }
    for (index, (number, item)) in numbers.iter_mut().zip(items).enumerate() {
        match item {
            Node::Number(given) => *number = *given,
            other => {
                let message = format!("must be a number, got {}", other.kind());
                errors.push(FieldError::new(format!("{at}/{index}"), message));
            }
        }
    }
    numbers
}
