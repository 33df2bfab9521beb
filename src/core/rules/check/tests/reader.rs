//! A small reader of the text form: enough for cases, with true spans, and no messages.

use crate::rules::ast::{
    Aggregate, AggregateFunction, Annotation, Atom, Clause, Comparison, Declaration,
    DeclarationKind, Goal, GoalKind, Item, Name, Program, Term, TermKind,
};
use crate::rules::source::Span;
use crate::rules::value::Value;

pub(super) fn read(text: &str) -> Program {
    read_as(text, 0)
}

/// Reads a source with this place among the sources.
pub(super) fn read_as(text: &str, source: u16) -> Program {
    let pattern = concat!(
        r#""(\\.|[^"])*"|\d+\.\d+|\d+|\w+|\*\*|//|!=|<=|>=|\.\w+|#[^\n]*"#,
        r"|[-+*/%=<>()\[\]{}|,.:@]",
    );
    let pattern = regex_lite::Regex::new(pattern).unwrap();
    let tokens = pattern
        .find_iter(text)
        .filter(|token| !token.as_str().starts_with('#'));
    let tokens = tokens
        .map(|token| (token.as_str(), token.start(), token.end()))
        .collect();
    let mut reader = Reader {
        tokens,
        next: 0,
        source,
    };
    let mut items = Vec::new();
    while reader.next < reader.tokens.len() {
        items.push(reader.item());
    }
    Program { items }
}

struct Reader<'a> {
    tokens: Vec<(&'a str, usize, usize)>,
    next: usize,
    source: u16,
}

const FUNCTIONS: [&str; 3] = ["lower", "length", "abs"];

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> &'a str {
        self.tokens
            .get(self.next + ahead)
            .map_or("", |token| token.0)
    }

    fn take(&mut self) -> &'a str {
        self.next += 1;
        self.tokens[self.next - 1].0
    }

    fn is(&mut self, word: &str) -> bool {
        let is = self.peek(0) == word;
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, word: &str) {
        assert!(
            self.is(word),
            "`{word}` expected before {:?}",
            self.tokens
                .iter()
                .skip(self.next)
                .take(5)
                .collect::<Vec<_>>()
        );
    }

    /// From a token to the one before the next.
    fn span(&self, first: usize) -> Span {
        let number = |place: usize| u32::try_from(place).unwrap();
        let (start, end) = (self.tokens[first].1, self.tokens[self.next - 1].2);
        Span {
            source: self.source,
            start: number(start),
            end: number(end),
        }
    }

    fn item(&mut self) -> Item {
        let first = self.next;
        let kind = DeclarationKind::ALL
            .into_iter()
            .find(|kind| kind.name() == self.peek(0));
        if let Some(kind) = kind.filter(|_| self.peek(2) == "/") {
            self.next += 1;
            let name: Name = self.take().into();
            self.expect("/");
            let arity = self.take().parse().unwrap();
            self.expect(".");
            let span = self.span(first);
            return Item::Declaration(Declaration {
                kind,
                name,
                arity,
                comments: Vec::new(),
                span,
            });
        }
        let mut annotations = Vec::new();
        while self.is("@") {
            let start = self.next - 1;
            let name = self.take().into();
            self.expect("(");
            let value: String = serde_json::from_str(self.take()).unwrap();
            self.expect(")");
            annotations.push(Annotation {
                name,
                value: value.into(),
                span: self.span(start),
            });
        }
        let head = self.atom();
        let body = self.is("if").then(|| self.goal());
        self.expect(".");
        let span = self.span(first);
        Item::Clause(Clause {
            head,
            body,
            annotations,
            comments: Vec::new(),
            span,
        })
    }

    fn atom(&mut self) -> Atom {
        let first = self.next;
        let name = self.take().into();
        self.expect("(");
        let arguments = self.terms(")");
        Atom {
            name,
            arguments,
            span: self.span(first),
        }
    }

    fn terms(&mut self, end: &str) -> Vec<Term> {
        let mut terms = Vec::new();
        while !self.is(end) {
            terms.push(self.term());
            self.is(",");
        }
        terms
    }

    fn goal(&mut self) -> Goal {
        self.joined("or", GoalKind::Or, |reader| {
            reader.joined("and", GoalKind::And, Self::one)
        })
    }

    fn joined(
        &mut self,
        word: &str,
        kind: fn(Vec<Goal>) -> GoalKind,
        read: impl Fn(&mut Self) -> Goal,
    ) -> Goal {
        let first = self.next;
        let mut goals = vec![read(self)];
        while self.is(word) {
            goals.push(read(self));
        }
        if goals.len() == 1 {
            goals.remove(0)
        } else {
            self.made(first, kind(goals))
        }
    }

    fn made(&self, first: usize, kind: GoalKind) -> Goal {
        Goal {
            kind,
            span: self.span(first),
        }
    }

    fn one(&mut self) -> Goal {
        let first = self.next;
        if self.is("(") {
            let goal = self.goal();
            self.expect(")");
            return goal;
        }
        let kind = if self.is("not") {
            GoalKind::Not(Box::new(self.one()))
        } else if self.is("exists") {
            GoalKind::Exists(Box::new(self.one()))
        } else if self.is("forall") {
            let condition = self.goal();
            self.expect(":");
            GoalKind::Forall(Box::new(condition), Box::new(self.one()))
        } else if self.is("if") {
            let condition = self.goal();
            self.expect("then");
            let then = self.goal();
            self.expect("else");
            GoalKind::If(Box::new(condition), Box::new(then), Box::new(self.one()))
        } else {
            self.call_or_comparison()
        };
        self.made(first, kind)
    }

    fn call_or_comparison(&mut self) -> GoalKind {
        let first = self.next;
        if self.peek(1) == "(" && !FUNCTIONS.contains(&self.peek(0)) {
            let atom = self.atom();
            if !Comparison::ALL
                .iter()
                .any(|comparison| comparison.symbol() == self.peek(0))
            {
                return GoalKind::Call(atom);
            }
            self.next = first;
        }
        self.comparison()
    }

    fn comparison(&mut self) -> GoalKind {
        let left = self.term();
        let symbol = self.take();
        let is_such = |comparison: &Comparison| comparison.symbol() == symbol;
        let comparison = Comparison::ALL.into_iter().find(is_such).unwrap();
        let is_aggregate = |function: &AggregateFunction| function.name() == self.peek(0);
        let function = AggregateFunction::ALL.into_iter().find(is_aggregate);
        let Some(function) = function.filter(|_| self.peek(1) == "(") else {
            return GoalKind::Compare(comparison, left, self.term());
        };
        self.next += 2;
        let template = (self.peek(0) != "for").then(|| self.term());
        self.expect("for");
        let goal = self.goal();
        let mut by = Vec::new();
        if self.is("by") {
            while self.peek(0) != ")" {
                let name = self.take().into();
                by.push((name, self.span(self.next - 1)));
                self.is(",");
            }
        }
        self.expect(")");
        GoalKind::Aggregate(Box::new(Aggregate {
            result: left,
            function,
            template,
            goal,
            by,
        }))
    }

    /// Operators are all read from left to right.
    fn term(&mut self) -> Term {
        let first = self.next;
        let mut term = self.operand();
        while ["+", "-", "*", "/", "//", "%", "**"].contains(&self.peek(0)) {
            let name = self.take().into();
            let kind = TermKind::Function(name, vec![term, self.operand()]);
            term = Term {
                kind,
                span: self.span(first),
            };
        }
        term
    }

    fn operand(&mut self) -> Term {
        let first = self.next;
        let token = self.take();
        let constant = |value| TermKind::Constant(value);
        let kind = match token {
            "_" => TermKind::Anonymous,
            "true" | "false" => constant(Value::Boolean(token == "true")),
            "null" => constant(Value::Null),
            "[" => self.list(),
            "{" => self.record(),
            _ if token.starts_with('"') => constant(Value::string(token.trim_matches('"'))),
            _ if token.starts_with(|first: char| first.is_ascii_digit()) => {
                constant(token.parse().map_or_else(
                    |_| Value::float(token.parse().unwrap()).unwrap(),
                    Value::Integer,
                ))
            }
            _ if self.is("(") => {
                let arguments = self.terms(")");
                if FUNCTIONS.contains(&token) {
                    TermKind::Function(token.into(), arguments)
                } else {
                    TermKind::Compound(token.into(), arguments)
                }
            }
            _ => TermKind::Variable(token.into()),
        };
        let mut term = Term {
            kind,
            span: self.span(first),
        };
        while let Some(field) = self
            .peek(0)
            .strip_prefix('.')
            .filter(|field| !field.is_empty())
        {
            self.next += 1;
            let kind = constant(Value::string(field));
            let field = Term {
                kind,
                span: self.span(self.next - 1),
            };
            let kind = TermKind::Function(".".into(), vec![term, field]);
            term = Term {
                kind,
                span: self.span(first),
            };
        }
        term
    }

    fn list(&mut self) -> TermKind {
        let mut items = Vec::new();
        loop {
            if self.is("]") {
                return TermKind::List(items, None);
            }
            if self.is("|") {
                let rest = self.term();
                self.expect("]");
                return TermKind::List(items, Some(Box::new(rest)));
            }
            items.push(self.term());
            self.is(",");
        }
    }

    fn record(&mut self) -> TermKind {
        let mut fields = Vec::new();
        while !self.is("}") {
            let name = self.take().into();
            self.expect(":");
            fields.push((name, self.term()));
            self.is(",");
        }
        TermKind::Record(fields)
    }
}
