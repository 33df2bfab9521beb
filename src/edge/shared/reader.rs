//! Variables, each checked; what is not acceptable is collected.

use std::ops::RangeInclusive;

/// Reads variables by name.
pub(crate) struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// One sentence for each variable that is not acceptable.
    pub(crate) errors: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            variable,
            errors: Vec::new(),
        }
    }

    /// A variable's text as it is.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    /// A variable's text; none where it is blank.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = self.given(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// What was given, as a number.
    pub(crate) fn number(
        &mut self,
        name: &str,
        given: Option<String>,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let given = given?;
        let number = given.trim().parse().ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (start, end) = (range.start(), range.end());
            self.errors.push(format!(
                "{name} must be a whole number from {start} to {end}, got `{given}`"
            ));
        }
        number
    }

    /// What was given, as one of some words; `list` is how people are told of them.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &str,
        given: Option<String>,
        words: &[(&str, T)],
        list: &str,
    ) -> Option<T> {
        let given = given?;
        let known = words.iter().find(|(word, _)| *word == given.trim());
        if known.is_none() {
            self.errors
                .push(format!("{name} must be {list}, got `{given}`"));
        }
        known.map(|(_, value)| *value)
    }
}
