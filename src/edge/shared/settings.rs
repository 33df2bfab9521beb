//! Settings from variables: the same names as on the native host, each checked.

use crate::reader::Reader;
use assize_service::{InputPolicy, JournalSettings, ServiceLimits, ServiceSettings};
use std::time::Duration;
use tracing::level_filters::LevelFilter;

const MAX_BODY_BYTES: &str = "ASSIZE_MAX_BODY_BYTES";
const SESSION_IDLE_SECONDS: &str = "ASSIZE_SESSION_IDLE_SECONDS";
const LOG: &str = "ASSIZE_LOG";
const JOURNAL_INPUTS: &str = "ASSIZE_JOURNAL_INPUTS";

const INPUTS: [(&str, InputPolicy); 3] = [
    ("whole", InputPolicy::Whole),
    ("redacted", InputPolicy::Redacted),
    ("hash", InputPolicy::Hash),
];

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// How a host at the edge behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `ASSIZE_MAX_BODY_BYTES`: the largest request body, 1 to 64 MiB; 1 MiB where nothing is said.
    pub limits: ServiceLimits,
    /// `ASSIZE_SESSION_IDLE_SECONDS`: how long a session is kept after its last change, 1 second to 10 years;
    /// 30 days where nothing is said.
    pub session_idle: Duration,
    /// `ASSIZE_JOURNAL_INPUTS`: what is kept of inputs: `whole`, `redacted` or `hash`; `whole` where nothing is said.
    /// Decisions without a session are not kept at the edge.
    pub journal: JournalSettings,
    /// `ASSIZE_LOG`: `off`, `error`, `warn`, `info`, `debug` or `trace`; `info` where nothing is said.
    pub log: LevelFilter,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: ServiceLimits {
                // Loaded rules take some 25 times their text, and there is little memory.
                kept_rules: 1,
                ..ServiceLimits::default()
            },
            session_idle: Duration::from_secs(30 * 24 * 60 * 60),
            journal: JournalSettings::default(),
            log: LevelFilter::INFO,
        }
    }
}

/// Every setting that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

impl SettingsError {
    pub(crate) fn check(errors: Vec<String>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }
}

impl Settings {
    /// As the service takes them.
    #[must_use]
    pub fn service(&self) -> ServiceSettings {
        ServiceSettings {
            limits: self.limits,
            journal: self.journal.clone(),
            ..ServiceSettings::default()
        }
    }

    /// What is not acceptable stays as where nothing is said, and is among the reader's errors.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let mut settings = Self::default();
        let given = reader.given(MAX_BODY_BYTES);
        if let Some(bytes) = reader.number(MAX_BODY_BYTES, given, 1..=64 * 1024 * 1024) {
            settings.limits.body_bytes = bytes as usize;
        }
        let given = reader.given(SESSION_IDLE_SECONDS);
        if let Some(seconds) = reader.number(SESSION_IDLE_SECONDS, given, 1..=315_360_000) {
            settings.session_idle = Duration::from_secs(seconds);
        }
        let given = reader.given(LOG);
        let list = "`off`, `error`, `warn`, `info`, `debug` or `trace`";
        if let Some(level) = reader.word(LOG, given, &LEVELS, list) {
            settings.log = level;
        }
        let list = "`whole`, `redacted` or `hash`";
        let given = reader.given(JOURNAL_INPUTS);
        if let Some(inputs) = reader.word(JOURNAL_INPUTS, given, &INPUTS, list) {
            settings.journal.inputs = inputs;
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let variable = |name: &str| {
            let found = given.iter().find(|(given, _)| *given == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        let mut reader = Reader::new(&variable);
        let settings = Settings::read(&mut reader);
        SettingsError::check(reader.errors).map(|()| settings)
    }

    #[test]
    fn nothing_said_is_the_usual() {
        assert_eq!(read(&[]), Ok(Settings::default()));
    }

    #[test]
    fn each_variable_is_read() {
        let settings = read(&[
            (MAX_BODY_BYTES, " 1024 "),
            (SESSION_IDLE_SECONDS, "1"),
            (LOG, "warn"),
            (JOURNAL_INPUTS, "redacted"),
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.limits.body_bytes, 1024);
        assert_eq!(settings.session_idle, Duration::from_secs(1));
        assert_eq!(settings.log, LevelFilter::WARN);
        assert_eq!(settings.journal.inputs, InputPolicy::Redacted);
    }

    #[test]
    fn every_wrong_variable_is_named_at_once() {
        let wrong = [
            (MAX_BODY_BYTES, "0"),
            (SESSION_IDLE_SECONDS, "30 days"),
            (LOG, "loud"),
            (JOURNAL_INPUTS, "some"),
        ];
        let error = read(&wrong).unwrap_err().to_string();
        for (name, text) in wrong {
            assert!(
                error.contains(name) && error.contains(&format!("`{text}`")),
                "{error}"
            );
        }
        assert!(read(&[(MAX_BODY_BYTES, "67108865")]).is_err());
        assert!(read(&[(MAX_BODY_BYTES, "-1")]).is_err());
        for level in ["", "3", "INFO"] {
            assert!(read(&[(LOG, level)]).is_err(), "{level}");
        }
    }
}
