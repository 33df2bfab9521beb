//! One recorded case.

use assize_core::rules::Value;
use assize_core::rules::structured;

/// A case as it was recorded. Everything in it is plain JSON: a list is an array, a record an object.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) query: Vec<Value>,
    pub(crate) options: Value,
    pub(crate) http: Value,
    pub(crate) expected: Value,
    /// What a second engine answers, and whether the order counts.
    pub(crate) anchor: Option<(Vec<Value>, bool)>,
    /// Whether a recorded number is a negative zero.
    pub(crate) has_negative_zero: bool,
}

/// Facts and rules, as terms or as a document.
#[derive(Debug, Clone)]
pub(crate) enum Program {
    Terms {
        facts: Vec<Value>,
        rules: Vec<(Value, Vec<Value>)>,
    },
    Yaml(String),
}

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    All,
    First,
    Whether,
}

pub(crate) fn items(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::List(items)) => items.to_vec(),
        _ => Vec::new(),
    }
}

pub(crate) fn text(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

pub(crate) fn integer(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

impl Case {
    pub(crate) fn read(line: &str) -> Result<Self, String> {
        let root = structured::value_from_json(line).map_err(|error| format!("{error:?}"))?;
        let field = |name: &str| root.field(name).cloned().unwrap_or(Value::Null);
        let kb = field("kb");
        let program = match text(kb.field("yaml")) {
            Some(yaml) => Program::Yaml(yaml.to_owned()),
            None => Program::Terms {
                facts: items(kb.field("facts")),
                rules: items(kb.field("rules")).iter().map(rule).collect(),
            },
        };
        let anchor = root.field("anchor").map(|anchor| {
            let is_ordered = text(anchor.field("mode")) == Some("sld");
            (items(anchor.field("solutions")), is_ordered)
        });
        Ok(Self {
            name: text(root.field("case")).unwrap_or_default().to_owned(),
            program,
            query: items(root.field("query")),
            options: field("options"),
            http: field("http"),
            expected: field("expected"),
            anchor,
            has_negative_zero: line.contains("-0.0}"),
        })
    }

    pub(crate) fn mode(&self) -> Mode {
        match text(self.options.field("mode")) {
            Some("query_one") => Mode::First,
            Some("exists") => Mode::Whether,
            _ => Mode::All,
        }
    }

    /// What the reference answered, with unbound variables numbered where there are any.
    pub(crate) fn solutions(&self) -> Vec<Value> {
        let canonical = self.expected.field("solutions_canonical");
        items(canonical.or_else(|| self.expected.field("solutions")))
    }

    /// The kind of error that the reference ended with, and when.
    pub(crate) fn error(&self) -> Option<(&str, &str)> {
        let error = self.expected.field("error")?;
        Some((text(error.field("stage"))?, text(error.field("type"))?))
    }

    pub(crate) fn name(&self) -> &str {
        text(self.query.first()).unwrap_or_default()
    }

    pub(crate) fn max_solutions(&self) -> Option<i64> {
        integer(self.options.field("max_solutions"))
    }

    /// How often the reference gave up on a branch, which it does not report.
    pub(crate) fn lost_branches(&self) -> i64 {
        let stats = self.expected.field("stats");
        integer(stats.and_then(|stats| stats.field("depth_pruned"))).unwrap_or(0)
    }

    /// The variables of the query that the reference reports.
    pub(crate) fn reported(&self) -> Vec<&str> {
        let arguments = self.query.iter().skip(1);
        arguments
            .filter_map(|argument| variable(argument))
            .collect()
    }
}

fn rule(value: &Value) -> (Value, Vec<Value>) {
    let head = value.field("head").cloned().unwrap_or(Value::Null);
    (head, items(value.field("body")))
}

/// The name of a variable, with its mark.
pub(crate) fn variable(value: &Value) -> Option<&str> {
    text(Some(value)).filter(|text| text.starts_with('?'))
}

/// Name and number of arguments of a fact, head or goal.
pub(crate) fn predicate(value: &Value) -> Option<(&str, usize)> {
    let Value::List(items) = value else {
        return None;
    };
    let (name, arguments) = items.split_first()?;
    Some((text(Some(name))?, arguments.len()))
}
