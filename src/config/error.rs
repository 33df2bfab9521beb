//! What is wrong with a configuration, and where it was said.

use crate::settings::Profile;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The defaults of a profile.
    Profile(Profile),
    /// A file.
    File {
        /// Its path, as it was given or found.
        path: Arc<Path>,
        /// The line, counted from 1, where it is known.
        line: Option<usize>,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
    /// All of them together.
    Whole,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(profile) => write!(formatter, "profile {}", profile.as_str()),
            Self::File { path, line } => {
                // Debug would quote; a name with a line break must not look like two lines.
                let shown = path.display().to_string().replace(char::is_control, "?");
                match line {
                    Some(line) => write!(formatter, "{shown}:{line}"),
                    None => formatter.write_str(&shown),
                }
            }
            Self::Whole => formatter.write_str("settings"),
            Self::Variable(name) | Self::Flag(name) => formatter.write_str(name),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {}{problem}", key_of(.key))]
pub struct ConfigError {
    /// Where it was said.
    pub origin: Origin,
    /// The key, as in `server.listen`; empty where it is about a whole file or variable.
    pub key: String,
    /// What is wrong, and what would be right.
    pub problem: Problem,
}

fn key_of(key: &str) -> String {
    if key.is_empty() {
        return String::new();
    }
    format!("`{}` ", shown(key))
}

/// What is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The value is not one that the key may have. What was given is left out where it may be a secret.
    #[error("must be {expected}{}", got.as_ref().map(|got| format!(", got {got}")).unwrap_or_default())]
    Unacceptable {
        /// What it may be.
        expected: String,
        /// What it is.
        got: Option<String>,
    },
    /// There is no such key.
    #[error("is not a known key; {}", suggestion(.nearest, "known here are", .known))]
    UnknownKey {
        /// The key that was probably meant.
        nearest: Option<String>,
        /// The keys that may stand there.
        known: Vec<String>,
    },
    /// There is no such variable.
    #[error("is not a known variable{}", nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    UnknownVariable {
        /// The variable that was probably meant.
        nearest: Option<String>,
    },
    /// Something that must be said is not said.
    #[error("is missing: {0}")]
    Missing(String),
    /// What is said does not fit together.
    #[error("{0}")]
    Conflict(String),
    /// A file can't be read.
    #[error("can't be read: {0}")]
    Unreadable(String),
    /// A file is not of its format.
    #[error("is not {format}: {message}")]
    Syntax {
        /// `TOML` or `YAML`.
        format: &'static str,
        /// What the parser says.
        message: String,
    },
}

fn suggestion(nearest: &Option<String>, known_are: &str, known: &[String]) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{known_are} {}", known.join(", ")),
    }
}

/// Everything that is wrong; one line for each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.errors))]
pub struct ConfigErrors {
    // INVARIANT: never empty.
    errors: Vec<ConfigError>,
}

impl ConfigErrors {
    /// `Ok` where nothing is wrong.
    pub(crate) fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self { errors })
        }
    }

    pub(crate) fn one(error: ConfigError) -> Self {
        Self {
            errors: vec![error],
        }
    }

    /// Every error, at least one.
    #[must_use]
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }
}

fn lines(errors: &[ConfigError]) -> String {
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The most characters of a value that an error repeats.
const LONGEST_ECHO: usize = 80;

/// A text on one line and not too long.
pub(crate) fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters
        .by_ref()
        .take(LONGEST_ECHO)
        .map(|character| {
            if character.is_control() {
                '?'
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// The likeness from which a name is probably another one misspelt.
const LIKENESS: f64 = 0.85;

/// The name that was probably meant.
pub(crate) fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(left.1)))
        .map(|(_, name)| name)
}
