//! Every example of the table, read by a small reader of single goals without variables.

use super::super::{Builtin, Mode, Run, all, call, find, is_function};
use super::{CONTEXT, Solutions};
use crate::rules::value::Value;

#[derive(Debug)]
enum Term {
    Constant(Value),
    List(Vec<Term>),
    Record(Vec<(String, Term)>),
    Call(String, Vec<Term>),
}

struct Reader<'text>(&'text str);

impl Reader<'_> {
    fn take(&mut self, symbol: &str) -> bool {
        self.0 = self.0.trim_start();
        match self.0.strip_prefix(symbol) {
            Some(rest) => self.0 = rest,
            None => return false,
        }
        true
    }

    fn goal(&mut self) -> bool {
        if self.take("not ") {
            return !self.goal();
        }
        let left = self.term(0);
        for (symbol, name) in [
            ("<=", "lte"),
            (">=", "gte"),
            ("!=", "neq"),
            ("=", "eq"),
            ("<", "lt"),
            (">", "gt"),
        ] {
            if self.take(symbol) {
                let right = self.term(0);
                return holds(name, &[left, right]);
            }
        }
        match left {
            Term::Call(name, arguments) => holds(&name, &arguments),
            other => panic!("{other:?} is no goal"),
        }
    }

    fn term(&mut self, level: usize) -> Term {
        const LEVELS: [&[&str]; 2] = [&["+", "-"], &["//", "/", "%", "*"]];
        let Some(operators) = LEVELS.get(level) else {
            return self.signed();
        };
        let mut left = self.term(level + 1);
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.term(level + 1);
            left = Term::Call((*operator).to_owned(), vec![left, right]);
        }
        left
    }

    fn signed(&mut self) -> Term {
        if self.take("-") {
            return Term::Call("-".to_owned(), vec![self.signed()]);
        }
        let mut term = self.primary();
        loop {
            if let Some(rest) = self.0.strip_prefix('.') {
                self.0 = rest;
                let field = Term::Constant(Value::string(self.word()));
                term = Term::Call(".".to_owned(), vec![term, field]);
            } else if self.take("**") {
                term = Term::Call("**".to_owned(), vec![term, self.signed()]);
            } else {
                return term;
            }
        }
    }

    fn word(&mut self) -> String {
        let end = self
            .0
            .find(|character: char| !character.is_alphanumeric() && character != '_');
        let (word, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        word.to_owned()
    }

    fn items(&mut self, end: &str) -> Vec<Term> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(self.term(0));
            let _ = self.take(",");
        }
        items
    }

    fn string(&mut self) -> String {
        let mut escaped = false;
        let end = self.0.split_at(1).1.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        let (text, rest) = self.0.split_at(end.unwrap() + 2);
        self.0 = rest;
        serde_json::from_str(text).unwrap()
    }

    fn primary(&mut self) -> Term {
        self.0 = self.0.trim_start();
        match self.0.chars().next() {
            Some('"') => Term::Constant(Value::string(self.string())),
            Some('[') => {
                let _ = self.take("[");
                Term::List(self.items("]"))
            }
            Some('(') => {
                let _ = self.take("(");
                self.items(")").pop().unwrap()
            }
            Some('{') => self.record(),
            Some('0'..='9') => self.number(),
            _ => {
                let word = self.word();
                if self.take("(") {
                    return Term::Call(word, self.items(")"));
                }
                Term::Constant(match word.as_str() {
                    "null" => Value::Null,
                    "true" => Value::Boolean(true),
                    "false" => Value::Boolean(false),
                    other => panic!("`{other}` is no term before `{}`", self.0),
                })
            }
        }
    }

    fn number(&mut self) -> Term {
        let mut end = self
            .0
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(self.0.len());
        let fraction = self
            .0
            .split_at(end)
            .1
            .strip_prefix('.')
            .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        if let Some(rest) = fraction {
            end += 1 + rest
                .find(|character: char| !character.is_ascii_digit())
                .unwrap_or(rest.len());
        }
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        Term::Constant(match number.contains('.') {
            true => Value::Float(number.parse().unwrap()),
            false => Value::Integer(number.parse().unwrap()),
        })
    }

    fn record(&mut self) -> Term {
        let _ = self.take("{");
        let mut fields = Vec::new();
        while !self.take("}") {
            self.0 = self.0.trim_start();
            let name = match self.0.starts_with('"') {
                true => self.string(),
                false => self.word(),
            };
            assert!(self.take(":"), "no colon before `{}`", self.0);
            fields.push((name, self.term(0)));
            let _ = self.take(",");
        }
        Term::Record(fields)
    }
}

/// Every value of a term.
fn values(term: &Term) -> Vec<Value> {
    match term {
        Term::Constant(value) => vec![value.clone()],
        Term::List(items) => vec![Value::list(items.iter().map(only))],
        Term::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.as_str().into(), only(value)));
            vec![Value::record(fields)]
        }
        Term::Call(name, arguments) if is_function(name, arguments.len()) => {
            let mut arguments: Vec<Value> = arguments.iter().map(only).collect();
            arguments.push(Value::Variable(0));
            let builtin = find(name, arguments.len()).unwrap();
            solutions(builtin, &arguments)
                .into_iter()
                .map(|mut values| values.pop().unwrap())
                .collect()
        }
        Term::Call(name, arguments) => {
            vec![Value::Compound(
                name.as_str().into(),
                arguments.iter().map(only).collect(),
            )]
        }
    }
}

fn only(term: &Term) -> Value {
    let mut values = values(term);
    assert_eq!(values.len(), 1, "{term:?}");
    values.pop().unwrap()
}

/// All solutions, whose known values are those of the arguments.
fn solutions(builtin: &'static Builtin, arguments: &[Value]) -> Vec<Vec<Value>> {
    let all = match call(builtin, arguments, &CONTEXT).unwrap() {
        Solutions::None => Vec::new(),
        Solutions::Yes => vec![Vec::new()],
        Solutions::One(values) => vec![values],
        Solutions::Many(solutions) => solutions,
    };
    let open = builtin.parameters.iter().zip(arguments);
    let open: Vec<&Value> = open
        .filter(|(each, _)| each.mode != Mode::Bound)
        .map(|(_, value)| value)
        .collect();
    all.into_iter()
        .filter(|values| {
            assert!(
                values.is_empty() || values.len() == open.len(),
                "{}",
                builtin.name
            );
            values
                .iter()
                .zip(&open)
                .all(|(value, open)| matches!(open, Value::Variable(_)) || value == *open)
        })
        .collect()
}

fn holds(name: &str, arguments: &[Term]) -> bool {
    let builtin = find(name, arguments.len()).unwrap_or_else(|| panic!("no `{name}`"));
    let mut choices = vec![Vec::new()];
    for argument in arguments {
        let values = values(argument);
        choices = choices
            .into_iter()
            .flat_map(|choice| {
                let with = |value: &Value| [choice.clone(), vec![value.clone()]].concat();
                values.iter().map(with).collect::<Vec<_>>()
            })
            .collect();
    }
    choices
        .iter()
        .any(|arguments| !solutions(builtin, arguments).is_empty())
}

#[test]
fn every_example_holds() {
    for builtin in all() {
        if matches!(builtin.run, Run::External) {
            continue;
        }
        let mut reader = Reader(builtin.example);
        assert!(reader.goal(), "{}", builtin.example);
        assert_eq!(reader.0.trim(), "", "{}", builtin.example);
        let name = builtin.name.trim_matches('.');
        let is_comparison = ["neq", "lt"].contains(&name);
        assert!(
            is_comparison || builtin.example.contains(name),
            "{}",
            builtin.example
        );
    }
}

#[test]
fn the_reader_can_say_no() {
    assert!(!Reader("1 + 2 = 4").goal());
    assert!(!Reader("lower(\"A\") = \"A\"").goal());
    assert!(!Reader("member(3, [1, 2])").goal());
    assert!(!Reader("between(1, 3, 4)").goal());
    assert!(!Reader("not 1 < 2").goal());
}
