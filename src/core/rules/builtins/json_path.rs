//! A part of JSONPath (RFC 9535): names, places, slices, wildcards, descendants.

use super::arguments::fit_items;
use super::{Context, Fault};
use crate::rules::value::Value;

/// A path, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path(Vec<Segment>);

/// How many segments a path may have.
const MAX_SEGMENTS: usize = 64;

#[derive(Debug, Clone, PartialEq)]
struct Segment {
    /// Whether it is for all that is inside, too: `..`.
    descends: bool,
    selector: Selector,
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Name(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>, i64),
    Wildcard,
}

impl Path {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix('$').ok_or("must begin with `$`")?;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            if segments.len() == MAX_SEGMENTS {
                return Err(format!("must not have more than {MAX_SEGMENTS} segments"));
            }
            let (segment, after) = segment(rest).ok_or_else(|| {
                format!("must have a `.name`, `['name']`, `[0]`, `[1:2]`, `[*]` or `.*` where it has `{}`", short(rest))
            })?;
            segments.push(segment);
            rest = after;
        }
        Ok(Self(segments))
    }

    /// Every value that it leads to, in order; a value that it leads to twice is there twice.
    pub(super) fn values<'term>(
        &self,
        term: &'term Value,
        context: &Context,
    ) -> Result<Vec<&'term Value>, Fault> {
        let mut values = vec![term];
        for segment in &self.0 {
            if segment.descends {
                values = descendants(&values, context)?;
            }
            let mut selected = Vec::new();
            for value in values {
                segment.selector.select(value, &mut selected);
                // A solution is a list of one value.
                fit_items(selected.len().saturating_mul(2), context)?;
            }
            values = selected;
        }
        Ok(values)
    }
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

/// The values themselves and all that is inside them, each before what is inside it.
fn descendants<'term>(
    values: &[&'term Value],
    context: &Context,
) -> Result<Vec<&'term Value>, Fault> {
    let mut all = Vec::new();
    for value in values {
        let mut open = vec![*value];
        while let Some(value) = open.pop() {
            all.push(value);
            let children = open.len();
            Selector::Wildcard.select(value, &mut open);
            if let Some(children) = open.get_mut(children..) {
                children.reverse();
            }
            fit_items(
                all.len().saturating_add(open.len()).saturating_mul(2),
                context,
            )?;
        }
    }
    Ok(all)
}

impl Selector {
    fn select<'term>(&self, value: &'term Value, selected: &mut Vec<&'term Value>) {
        match (self, value) {
            (Self::Name(name), Value::Record(_)) => selected.extend(value.field(name)),
            (Self::Wildcard, Value::Record(fields)) => {
                selected.extend(fields.iter().map(|(_, value)| value));
            }
            (Self::Wildcard, Value::List(items)) => selected.extend(items.iter()),
            (Self::Index(index), Value::List(items)) => selected.extend(at(items, *index)),
            (Self::Slice(start, end, step), Value::List(items)) => {
                slice(items, (*start, *end, *step), selected);
            }
            _ => {}
        }
    }
}

/// An item by its place, from the end for a negative one.
fn at(items: &[Value], index: i64) -> Option<&Value> {
    let place = match usize::try_from(index) {
        Ok(place) => place,
        Err(_) => items
            .len()
            .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    items.get(place)
}

/// RFC 9535, section 2.3.4.2.2.
fn slice<'term>(
    items: &'term [Value],
    (start, end, step): (Option<i64>, Option<i64>, i64),
    selected: &mut Vec<&'term Value>,
) {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let normal = |index: i64| {
        if index < 0 {
            length.saturating_add(index)
        } else {
            index
        }
    };
    let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    let place = |index: i64| usize::try_from(index).unwrap_or(0);
    if step > 0 {
        let lower = place(normal(start.unwrap_or(0)).clamp(0, length));
        let upper = place(normal(end.unwrap_or(length)).clamp(0, length));
        let part = items.get(lower..upper).unwrap_or_default();
        selected.extend(part.iter().step_by(stride));
    } else if step < 0 {
        let upper = normal(start.unwrap_or(length - 1)).clamp(-1, length - 1);
        let lower = end.map_or(-1, |end| normal(end).clamp(-1, length - 1));
        let part = items
            .get(place(lower + 1)..place(upper + 1))
            .unwrap_or_default();
        selected.extend(part.iter().rev().step_by(stride));
    }
}

/// The first segment of a text, and what follows it.
fn segment(text: &str) -> Option<(Segment, &str)> {
    let (descends, rest) = match text.strip_prefix("..") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some(inside) = rest.strip_prefix('[') {
        let (selector, after) = bracketed(inside.trim_start())?;
        let after = after.trim_start().strip_prefix(']')?;
        return Some((Segment { descends, selector }, after));
    }
    let rest = match descends {
        true => rest,
        false => rest.strip_prefix('.')?,
    };
    if let Some(after) = rest.strip_prefix('*') {
        return Some((
            Segment {
                descends,
                selector: Selector::Wildcard,
            },
            after,
        ));
    }
    let is_name = |character: char| {
        character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
    };
    let end = rest
        .find(|character| !is_name(character))
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at_checked(end)?;
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let selector = Selector::Name(name.to_owned());
    Some((Segment { descends, selector }, after))
}

fn bracketed(text: &str) -> Option<(Selector, &str)> {
    match text.chars().next()? {
        '*' => Some((Selector::Wildcard, text.get(1..)?)),
        quote @ ('\'' | '"') => quoted(text.get(1..)?, quote),
        _ => {
            let end = text.find(']')?;
            let (inside, after) = text.split_at_checked(end)?;
            let parts: Vec<&str> = inside.split(':').map(str::trim).collect();
            let part = |part: &str| match part {
                "" => Some(None),
                _ => index(part).map(Some),
            };
            let selector = match parts.as_slice() {
                [place] => Selector::Index(index(place)?),
                [start, end] => Selector::Slice(part(start)?, part(end)?, 1),
                [start, end, step] => {
                    Selector::Slice(part(start)?, part(end)?, part(step)?.unwrap_or(1))
                }
                _ => return None,
            };
            Some((selector, after))
        }
    }
}

/// Within the whole numbers that every JSON reader knows; no leading zeros.
fn index(word: &str) -> Option<i64> {
    const MOST: u64 = (1 << 53) - 1;
    let digits = word.strip_prefix('-').unwrap_or(word);
    let leading_zero = digits.starts_with('0') && word != "0";
    let number: i64 = word.parse().ok()?;
    (!leading_zero && !word.starts_with('+') && number.unsigned_abs() <= MOST).then_some(number)
}

/// A name up to its quote, in which `\` takes the next character literally.
fn quoted(text: &str, quote: char) -> Option<(Selector, &str)> {
    let mut name = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '\\' => match characters.next()? {
                literal @ ('\'' | '"' | '\\' | '/') => name.push(literal),
                'n' => name.push('\n'),
                't' => name.push('\t'),
                'r' => name.push('\r'),
                _ => return None,
            },
            end if end == quote => return Some((Selector::Name(name), characters.as_str())),
            other => name.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;
    use proptest::prelude::*;

    const CONTEXT: Context = Context {
        now_ms: None,
        room: 1 << 16,
    };

    fn check(term: &str, path: &str, expected: &str) {
        let term = json::parse(term, 1 << 16).unwrap();
        let path = Path::parse(path).unwrap();
        let values = path.values(&term, &CONTEXT).unwrap();
        let expected = json::parse(expected, 1 << 16).unwrap();
        assert_eq!(
            Value::list(values.into_iter().cloned()),
            expected,
            "{path:?}"
        );
    }

    #[test]
    fn paths() {
        let list = "[0, 1, 2, 3, 4, 5, 6]";
        check(list, "$", "[[0, 1, 2, 3, 4, 5, 6]]");
        check(list, "$[1:3]", "[1, 2]");
        check(list, "$[5:]", "[5, 6]");
        check(list, "$[1:5:2]", "[1, 3]");
        check(list, "$[5:1:-2]", "[5, 3]");
        check(list, "$[::-1]", "[6, 5, 4, 3, 2, 1, 0]");
        check(list, "$[ -2 : ]", "[5, 6]");
        check(list, "$[::0]", "[]");
        check(list, "$[-1]", "[6]");
        check(list, "$[9]", "[]");
        check(list, "$.a", "[]");
        check("[]", "$[::-1]", "[]");
        let record = r#"{"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}"#;
        check(record, "$..j", "[4, 1]");
        check(record, "$..[0]", r#"[5, {"j": 4}]"#);
        check(record, "$['o']['k']", "[2]");
        check(record, "$.a.*", r#"[5, 3, [{"j": 4}, {"k": 6}]]"#);
        check(r#"{"it's": 1}"#, r"$['it\'s']", "[1]");
    }

    #[test]
    fn what_is_no_path() {
        for path in [
            "",
            "a",
            "$.",
            "$..",
            "$[",
            "$[]",
            "$[01]",
            "$[-0]",
            "$[+1]",
            "$['a]",
            "$.1a",
            "$[1:2:3:4]",
            "$ .a",
            "$[9007199254740992]",
            "$[?@.a]",
            "$a",
        ] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
        assert!(Path::parse(&format!("${}", ".a".repeat(1000))).is_err());
    }

    #[test]
    fn descending_again_and_again_is_bounded() {
        let mut text = "0".to_owned();
        for _ in 0..100 {
            text = format!("[{text}]");
        }
        let term = json::parse(&text, 1 << 16).unwrap();
        let path = Path::parse(&format!("${}", "..*".repeat(30))).unwrap();
        assert!(matches!(
            path.values(&term, &CONTEXT),
            Err(Fault::TooLarge { .. })
        ));
    }

    proptest! {
        #[test]
        fn slices_are_as_defined(length in 0_i64..8, start in prop::option::of(-9_i64..9), end in prop::option::of(-9_i64..9), step in -3_i64..4) {
            let items: Vec<Value> = (0..length).map(Value::Integer).collect();
            let mut selected = Vec::new();
            slice(&items, (start, end, step), &mut selected);
            let normal = |index: i64| if index >= 0 { index } else { length + index };
            let mut expected = Vec::new();
            let (from, to) = if step >= 0 {
                (normal(start.unwrap_or(0)).clamp(0, length), normal(end.unwrap_or(length)).clamp(0, length))
            } else {
                (normal(start.unwrap_or(length - 1)).clamp(-1, length - 1), normal(end.unwrap_or(-length - 1)).clamp(-1, length - 1))
            };
            let mut place = from;
            while step != 0 && (step > 0 && place < to || step < 0 && to < place) {
                expected.push(Value::Integer(place));
                place += step;
            }
            prop_assert_eq!(selected.into_iter().cloned().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn no_path_panics(path in "[$.*\\[\\]'a\\-0-9:]{0,12}") {
            let _ = Path::parse(&path);
        }
    }
}
