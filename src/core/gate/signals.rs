//! How each way to fail is measured.

use super::quality::{Mode, QualitySettings, Signal};
use super::words::Tokens;
use crate::text::{characters, is_blank};

/// Tokens from which looping counts.
const LOOP_TOKENS: usize = 18;
/// Tokens from which incoherence and telegraphing are measured.
const FORM_TOKENS: usize = 12;
/// Tokens of answer and prompt from which drift is measured.
const DRIFT_TOKENS: usize = 20;
const DRIFT_PROMPT_TOKENS: usize = 3;
/// Lines from which their repetition is measured.
const LOOP_LINES: usize = 4;
/// Tokens in which repetition is measured: in longer texts words recur without looping.
const WINDOW: usize = 100;

/// In order, for the binary search.
const FUNCTION_WORDS: [&str; 42] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "for", "from", "had",
    "has", "have", "in", "is", "it", "may", "might", "not", "of", "on", "or", "our", "should",
    "that", "the", "their", "they", "this", "to", "was", "we", "were", "which", "will", "with",
    "would", "you", "your",
];

pub(super) fn measure(
    settings: &QualitySettings,
    prompt: &str,
    answer: &str,
    confidence: f64,
) -> Vec<Signal> {
    let tokens = Tokens::of(answer);
    let confidence = (!is_blank(answer)).then_some(confidence);
    vec![
        collapse(answer, &tokens),
        looping(settings, answer, &tokens),
        incoherence(settings, &tokens),
        telegraphing(settings, answer, &tokens),
        drift(settings, prompt, &tokens),
        hallucination(settings, confidence),
    ]
}

fn collapse(answer: &str, tokens: &Tokens) -> Signal {
    let triggered = tokens.count() == 0;
    Signal {
        mode: Mode::Collapse,
        score: if triggered { 1.0 } else { 0.0 },
        threshold: 1.0,
        triggered,
        evidence: vec![
            ("response_length", characters(answer.trim()) as f64),
            ("token_count", tokens.count() as f64),
        ],
    }
}

fn looping(settings: &QualitySettings, answer: &str, tokens: &Tokens) -> Signal {
    let count = tokens.count();
    let (numbers, distinct) = tokens.numbered();
    let repetition = repetition(&numbers, distinct);
    let run = longest_run(&numbers);
    let mut lines: Vec<_> = answer
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.sort_unstable();
    let commonest = longest_run(&lines) as f64;
    let line_share = if lines.len() >= LOOP_LINES {
        commonest / lines.len() as f64
    } else {
        0.0
    };
    let run_share = run as f64 / count.max(1) as f64;
    let loops = repetition >= settings.max_repetition
        || run >= settings.max_run as usize
        || line_share >= settings.max_line_share;
    Signal {
        mode: Mode::Looping,
        score: repetition.max(line_share).max(run_share),
        threshold: settings.max_repetition,
        triggered: count >= LOOP_TOKENS && loops,
        evidence: vec![
            ("repetition_ratio", repetition),
            ("max_consecutive_run", run as f64),
            ("line_repeat_ratio", line_share),
            ("token_count", count as f64),
            ("line_count", lines.len() as f64),
        ],
    }
}

/// The highest share of repeated tokens in any window of the text.
fn repetition(numbers: &[usize], distinct: usize) -> f64 {
    let window = numbers.len().min(WINDOW);
    if window == 0 {
        return 0.0;
    }
    let mut counts = vec![0_u32; distinct];
    let (mut kinds, mut fewest) = (0_usize, window);
    for (place, number) in numbers.iter().enumerate() {
        if let Some(count) = counts.get_mut(*number) {
            kinds += usize::from(*count == 0);
            *count += 1;
        }
        let left = place
            .checked_sub(window)
            .and_then(|place| numbers.get(place));
        if let Some(count) = left.and_then(|number| counts.get_mut(*number)) {
            *count = count.saturating_sub(1);
            kinds -= usize::from(*count == 0);
        }
        if place + 1 >= window {
            fewest = fewest.min(kinds);
        }
    }
    1.0 - fewest as f64 / window as f64
}

fn longest_run<T: PartialEq>(items: &[T]) -> usize {
    items
        .chunk_by(PartialEq::eq)
        .map(<[T]>::len)
        .max()
        .unwrap_or(0)
}

fn incoherence(settings: &QualitySettings, tokens: &Tokens) -> Signal {
    let count = tokens.count();
    let mut evidence = vec![("token_count", count as f64)];
    let (mut score, mut threshold) = (0.0, settings.min_letter_share);
    let mut triggered = false;
    if count >= FORM_TOKENS {
        let with_letter = tokens
            .iter()
            .filter(|token| token.contains(char::is_alphabetic))
            .count();
        let share = with_letter as f64 / count as f64;
        (score, threshold) = (1.0 - share, 1.0 - settings.min_letter_share);
        triggered = share < settings.min_letter_share;
        evidence.insert(0, ("alpha_ratio", share));
    }
    Signal {
        mode: Mode::Incoherence,
        score,
        threshold,
        triggered,
        evidence,
    }
}

fn telegraphing(settings: &QualitySettings, answer: &str, tokens: &Tokens) -> Signal {
    let count = tokens.count();
    let ends = [
        '.', '!', '?', '\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{964}', '\u{61f}',
    ];
    let sentences = answer.split(ends).filter(|part| !is_blank(part)).count();
    if count < FORM_TOKENS || sentences == 0 || is_mostly_other_script(tokens) {
        return Signal {
            mode: Mode::Telegraphing,
            score: 0.0,
            threshold: 1.0,
            triggered: false,
            evidence: vec![("token_count", count as f64)],
        };
    }
    let average = count as f64 / sentences as f64;
    let functional = tokens
        .iter()
        .filter(|token| FUNCTION_WORDS.binary_search(token).is_ok())
        .count();
    let share = functional as f64 / count as f64;
    let (long, functional) = (
        settings.min_sentence_tokens,
        settings.min_function_word_share,
    );
    let triggered = average < long && share < functional;
    let score = if triggered {
        (((long - average) / long + (functional - share) / functional) / 2.0).min(1.0)
    } else {
        0.0
    };
    Signal {
        mode: Mode::Telegraphing,
        score,
        threshold: 0.0,
        triggered,
        evidence: vec![
            ("avg_sentence_len", average),
            ("function_word_ratio", share),
            ("sentence_count", sentences as f64),
            ("token_count", count as f64),
        ],
    }
}

/// Whether the function words, which are English, can't be expected.
fn is_mostly_other_script(tokens: &Tokens) -> bool {
    let is_other = |token: &&str| token.contains(|c: char| !c.is_ascii());
    2 * tokens.iter().filter(is_other).count() > tokens.count()
}

fn drift(settings: &QualitySettings, prompt: &str, tokens: &Tokens) -> Signal {
    let asked = Tokens::of(prompt);
    let count = tokens.count();
    let mut evidence = vec![
        ("response_token_count", count as f64),
        ("prompt_token_count", asked.count() as f64),
    ];
    let (mut score, mut threshold) = (0.0, settings.min_prompt_overlap);
    let mut triggered = false;
    if count >= DRIFT_TOKENS && asked.count() >= DRIFT_PROMPT_TOKENS {
        let known = asked.distinct();
        let shared = tokens
            .iter()
            .filter(|token| known.binary_search(token).is_ok())
            .count();
        let share = shared as f64 / count as f64;
        (score, threshold) = (1.0 - share, 1.0 - settings.min_prompt_overlap);
        triggered = share < settings.min_prompt_overlap;
        evidence.insert(0, ("overlap_ratio", share));
    }
    Signal {
        mode: Mode::Drift,
        score,
        threshold,
        triggered,
        evidence,
    }
}

/// Without a confidence, since there is nothing that could sound unsure, it does not count.
fn hallucination(settings: &QualitySettings, confidence: Option<f64>) -> Signal {
    let evidence = confidence.map(|confidence| ("confidence", confidence));
    Signal {
        mode: Mode::Hallucination,
        score: confidence.map_or(0.0, |confidence| 1.0 - confidence),
        threshold: 1.0 - settings.min_confidence,
        triggered: confidence.is_some_and(|confidence| confidence < settings.min_confidence),
        evidence: evidence.into_iter().collect(),
    }
}
