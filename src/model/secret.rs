//! A text that is never shown.

use std::fmt;

/// What stands in place of a secret.
pub(crate) const MASK: &str = "********";

/// A text that formats as a mask. Reading it takes [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text. It must not be logged, shown or answered.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Another's text with a mask in each place where this one stands.
    pub(crate) fn hide_in(&self, text: &str) -> String {
        if self.0.is_empty() {
            text.to_owned()
        } else {
            text.replace(&self.0, MASK)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}
