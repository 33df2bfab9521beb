//! Texts that are checked once, and texts of callers in errors.

/// The longest text of a caller that an error repeats, in characters.
const LONGEST_ECHO: usize = 64;

/// A caller's text as an error may repeat it: shortened, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(LONGEST_ECHO)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(LONGEST_ECHO).is_some() {
        shown.push('…');
    }
    shown
}

/// What every checked text offers; the type has a private field and `fn is_valid(&str) -> bool`.
macro_rules! checked_text {
    ($name:ident, $error:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                if Self::is_valid(&text) {
                    Ok(Self(text))
                } else {
                    Err($error($crate::text::shown(&text)))
                }
            }
        }

        impl From<$name> for String {
            fn from(checked: $name) -> Self {
                checked.0
            }
        }
    };
}

pub(crate) use checked_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_repeats_is_short_and_on_one_line() {
        assert_eq!(shown("a\n\u{202e}`"), "a\\n\\u{202e}`");
        let long = shown(&"x".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST_ECHO + 1);
        assert_eq!(shown(&"x".repeat(LONGEST_ECHO)).len(), LONGEST_ECHO);
    }
}
