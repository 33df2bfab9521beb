//! Reads a JSON object field by field and collects everything that is wrong with it.
//!
//! A value of the wrong type is reported and replaced by a stand-in that is in range, so that range
//! checks that follow don't report it twice; what was read is dropped when there are errors.

use super::node::Node;
use assize_core::FieldError;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Stands in for a text of the wrong type; not blank.
pub(super) const STAND_IN: &str = "-";
/// Errors after which further ones are not looked for; more than anyone is shown.
pub(super) const MOST_ERRORS: usize = 1000;
/// The longest name or value of a caller that an error repeats, in bytes.
const LONGEST_ECHO: usize = 256;
/// How alike an unknown and a known name must be, 0 to 1, for the one to be suggested.
const SUGGESTION_LIKENESS: f64 = 0.75;

/// One object of the input. Names that are never asked for are reported by [`Object::finish`].
#[derive(Debug)]
pub(crate) struct Object<'n, 'a> {
    entries: &'n [(Cow<'a, str>, Node<'a>)],
    pointer: String,
    asked: Vec<&'static str>,
}

impl<'n, 'a> Object<'n, 'a> {
    /// The object at `pointer`; anything else is reported and read as an object without fields.
    pub(crate) fn open(
        node: &'n Node<'a>,
        pointer: String,
        errors: &mut Vec<FieldError>,
    ) -> Option<Self> {
        let Node::Object(entries) = node else {
            let message = format!("must be an object, got {}", node.kind());
            errors.push(FieldError::new(pointer, message));
            return None;
        };
        Some(Self {
            entries,
            pointer,
            asked: Vec::with_capacity(16),
        })
    }

    pub(crate) fn pointer(&self) -> &str {
        &self.pointer
    }

    pub(crate) fn pointer_to(&self, name: &str) -> String {
        let mut pointer = String::with_capacity(self.pointer.len() + name.len() + 1);
        pointer.push_str(&self.pointer);
        pointer.push('/');
        // RFC 6901, section 3.
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        pointer
    }

    /// The value under a name, if there is one.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<&'n Node<'a>> {
        self.asked.push(name);
        self.entries
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// The value under a name; its absence is reported.
    pub(crate) fn required(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<&'n Node<'a>> {
        let node = self.optional(name);
        if node.is_none() {
            errors.push(FieldError::new(self.pointer_to(name), "is missing"));
        }
        node
    }

    /// A required text.
    pub(crate) fn text(&mut self, name: &'static str, errors: &mut Vec<FieldError>) -> &'n str {
        match self.required(name, errors) {
            None => STAND_IN,
            Some(Node::Text(text)) => text,
            Some(other) => {
                self.wrong_type(name, "a string", other, errors);
                STAND_IN
            }
        }
    }

    /// A text that may be absent or null.
    pub(crate) fn optional_text(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<&'n str> {
        match self.optional(name)? {
            Node::Null => None,
            Node::Text(text) => Some(text),
            other => {
                self.wrong_type(name, "a string or null", other, errors);
                None
            }
        }
    }

    /// A required number.
    pub(crate) fn number(&mut self, name: &'static str, errors: &mut Vec<FieldError>) -> f64 {
        match self.required(name, errors) {
            None => 0.0,
            Some(node) => self.number_in(name, node, 0.0, errors),
        }
    }

    /// A number that may be absent.
    pub(crate) fn number_or(
        &mut self,
        name: &'static str,
        default: f64,
        errors: &mut Vec<FieldError>,
    ) -> f64 {
        match self.optional(name) {
            None => default,
            Some(node) => self.number_in(name, node, default, errors),
        }
    }

    /// A number that may be absent or null.
    pub(crate) fn optional_number(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<f64> {
        match self.optional(name)? {
            Node::Null => None,
            Node::Number(number) => Some(*number),
            other => {
                self.wrong_type(name, "a number or null", other, errors);
                None
            }
        }
    }

    /// A count from 1 to 4,294,967,295 that may be absent; `1.0` is the whole number 1.
    pub(crate) fn count_or(
        &mut self,
        name: &'static str,
        default: u32,
        errors: &mut Vec<FieldError>,
    ) -> u32 {
        match self.optional(name) {
            None => default,
            Some(node) => self.whole_in(name, node, 1, errors).unwrap_or(default),
        }
    }

    /// A required index from 0 to 4,294,967,295.
    pub(crate) fn index(&mut self, name: &'static str, errors: &mut Vec<FieldError>) -> u32 {
        self.required(name, errors)
            .and_then(|node| self.whole_in(name, node, 0, errors))
            .unwrap_or(0)
    }

    /// A boolean that may be absent.
    pub(crate) fn boolean_or(
        &mut self,
        name: &'static str,
        default: bool,
        errors: &mut Vec<FieldError>,
    ) -> bool {
        match self.optional(name) {
            None => default,
            Some(Node::Boolean(value)) => *value,
            Some(other) => {
                self.wrong_type(name, "true or false", other, errors);
                default
            }
        }
    }

    /// One of several texts, as what it stands for.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        node: &Node<'_>,
        choices: &[(&str, T)],
        errors: &mut Vec<FieldError>,
    ) -> Option<T> {
        let found = match node {
            Node::Text(text) => choices.iter().find(|(choice, _)| choice == text),
            _ => None,
        };
        if found.is_none() {
            let names: Vec<_> = choices
                .iter()
                .map(|(choice, _)| format!("\"{choice}\""))
                .collect();
            let got = match node {
                Node::Text(text) if text.len() <= LONGEST_ECHO => format!("{text:?}"),
                other => other.kind().to_owned(),
            };
            let message = format!("must be one of {}, got {got}", names.join(", "));
            errors.push(FieldError::new(self.pointer_to(name), message));
        }
        found.map(|(_, value)| *value)
    }

    /// A required array with at least one item; empty where there is none.
    pub(crate) fn items(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> &'n [Node<'a>] {
        match self.required(name, errors) {
            None => &[],
            Some(Node::Array(items)) => {
                if items.is_empty() {
                    let message = "must have at least one item";
                    errors.push(FieldError::new(self.pointer_to(name), message));
                }
                items
            }
            Some(other) => {
                self.wrong_type(name, "an array", other, errors);
                &[]
            }
        }
    }

    /// An object that may be absent.
    pub(crate) fn optional_object(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<Self> {
        let node = self.optional(name)?;
        Self::open(node, self.pointer_to(name), errors)
    }

    /// A required object.
    pub(crate) fn required_object(
        &mut self,
        name: &'static str,
        errors: &mut Vec<FieldError>,
    ) -> Option<Self> {
        let node = self.required(name, errors)?;
        Self::open(node, self.pointer_to(name), errors)
    }

    /// Reports names that are not known and names that occur twice.
    pub(crate) fn finish(self, errors: &mut Vec<FieldError>) {
        let mut seen = BTreeSet::new();
        for (key, _) in self.entries {
            if errors.len() >= MOST_ERRORS {
                break;
            }
            let is_new = seen.insert(key.as_ref());
            if is_new && self.asked.contains(&key.as_ref()) {
                continue;
            }
            if key.len() > LONGEST_ECHO {
                let message = format!("has an unknown field with a name of {} bytes", key.len());
                errors.push(FieldError::new(self.pointer.clone(), message));
            } else if is_new {
                errors.push(FieldError::new(self.pointer_to(key), self.unknown(key)));
            } else {
                errors.push(FieldError::new(self.pointer_to(key), "occurs twice"));
            }
        }
    }

    fn unknown(&self, key: &str) -> String {
        let nearest = self
            .asked
            .iter()
            .map(|name| (strsim::jaro_winkler(key, name), name))
            .filter(|(likeness, _)| *likeness >= SUGGESTION_LIKENESS)
            .max_by(|left, right| left.0.total_cmp(&right.0));
        match nearest {
            Some((_, name)) => format!("is not a known field; did you mean `{name}`?"),
            None => format!("is not a known field; known are {}", self.asked.join(", ")),
        }
    }

    fn number_in(
        &self,
        name: &str,
        node: &Node<'_>,
        stand_in: f64,
        errors: &mut Vec<FieldError>,
    ) -> f64 {
        match node {
            Node::Number(number) => *number,
            other => {
                self.wrong_type(name, "a number", other, errors);
                stand_in
            }
        }
    }

    fn whole_in(
        &self,
        name: &str,
        node: &Node<'_>,
        least: u32,
        errors: &mut Vec<FieldError>,
    ) -> Option<u32> {
        let got = match node {
            Node::Number(number) => {
                let in_range = (f64::from(least)..=f64::from(u32::MAX)).contains(number);
                if in_range && number.fract() == 0.0 {
                    return Some(*number as u32);
                }
                number.to_string()
            }
            other => other.kind().to_owned(),
        };
        let message = format!(
            "must be a whole number from {least} to {}, got {got}",
            u32::MAX
        );
        errors.push(FieldError::new(self.pointer_to(name), message));
        None
    }

    pub(crate) fn wrong_type(
        &self,
        name: &str,
        wanted: &str,
        got: &Node<'_>,
        errors: &mut Vec<FieldError>,
    ) {
        let message = format!("must be {wanted}, got {}", got.kind());
        errors.push(FieldError::new(self.pointer_to(name), message));
    }
}
