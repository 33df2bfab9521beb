//! May this request be answered, and its answer be given and remembered?
//!
//! A [`Gate`] is the state of one session. Its [`Threshold`] follows the share of requests that
//! pass; its [`Rhythm`] alternates between waking, when requests are answered, and sleeping, when
//! what was remembered is consolidated. [`Gate::begin`] leads a request through embedding, memory
//! and model: each [`Step`] says what the host must do, and [`Gate::resume`] takes what came of it.
//! Callers that run their own model ask [`Gate::admit`] and tell [`Gate::record`].

mod answer;
mod breaker;
mod confidence;
mod config;
mod drift;
mod emergency;
mod ending;
mod flight;
mod flight_snapshot;
mod prompt;
mod quality;
mod reasons;
mod rhythm;
mod session;
mod signals;
mod steps;
mod text_score;
mod threshold;
mod vector;
mod words;

pub use answer::{Admission, Answer, Counters, Judgement};
pub use breaker::{BreakerSettings, BreakerState};
pub use confidence::confidence;
pub use config::{ContextSettings, GateConfig, GateSettings};
pub use drift::{DriftAlarm, DriftStatistics};
pub use emergency::{Conditions, Emergency, EmergencyCause, EmergencySettings};
pub use ending::Outcome;
pub use flight::Flight;
pub use quality::{Action, Mode, Quality, QualitySettings, Signal};
pub use rhythm::{Phase, Rhythm, RhythmSettings};
pub use session::{Gate, GateState, Question};
pub use steps::{Consolidate, Event, Origin, Recall, Recollection, Remember, Reply, Request, Step};
pub use text_score::{Lexicon, LexiconSettings, TextScore, WordList};
pub use threshold::{Adaptation, Policy, Score, Threshold, ThresholdSettings};
