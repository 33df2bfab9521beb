//! Requests to a gate with its memory, and what it answers.

mod actions;
mod answers;
mod health;
mod requests;
pub mod schemas;
mod settings;
mod settings_answers;
mod settings_schemas;
mod state;
#[cfg(test)]
mod tests;

pub use actions::{ActionAnswer, HeardAnswer, read_heard};
pub use answers::{
    AdmissionAnswer, AlarmAnswer, GenerateAnswer, JudgementAnswer, QualityAnswer, SignalAnswer,
    StreamEvent, StreamedAnswer,
};
pub use health::{
    GateChecksAnswer, GateHealthAnswer, MemoryCheckAnswer, PhaseCheckAnswer, StatusCheckAnswer,
    ThresholdCheckAnswer,
};
pub(crate) use requests::NAME_BYTES;
pub use requests::{AdmitRequest, GenerateRequest, RecordRequest};
pub use settings::OpenControllerRequest;
pub use settings_answers::{
    BreakerSettingsAnswer, ContextSettingsAnswer, EmergencySettingsAnswer, GateSettingsAnswer,
    LexiconSettingsAnswer, MemorySettingsAnswer, QualitySettingsAnswer, RhythmSettingsAnswer,
    SettingsAnswer, SynapticSettingsAnswer, ThresholdSettingsAnswer, WordListAnswer,
};
pub use state::{
    ControllerAnswer, CountersAnswer, DriftAnswer, EmergencyAnswer, ReliabilityAnswer, StateAnswer,
    SynapticNormsAnswer,
};
