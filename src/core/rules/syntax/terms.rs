//! Terms and operands: what stands between the words of a goal.

use super::goals::Operand;
use super::literals;
use super::parser::{MAX_ARGUMENTS, Parsed, Parser, Reported};
use super::token::{Kind, keyword, shorten};
use crate::rules::ast::{AggregateFunction, Atom, Name, Term, TermKind};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;
use crate::rules::value::Value;

/// A name with arguments, which may turn out to be a goal, a compound or a function.
pub(super) struct Call {
    pub(super) atom: Atom,
    /// In backticks: no function.
    pub(super) is_quoted: bool,
}

/// The operator between two terms that a token is, and how tightly it binds.
pub(super) const fn binary(kind: Kind) -> Option<(&'static str, u8)> {
    Some(match kind {
        Kind::Plus => ("+", 1),
        Kind::Minus => ("-", 1),
        Kind::Star => ("*", 2),
        Kind::Slash => ("/", 2),
        Kind::DoubleSlash => ("//", 2),
        Kind::Percent => ("%", 2),
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn term(&mut self) -> Parsed<Term> {
        // Most terms are a single token, for which the way through all operators is long.
        if self.lexer.is_before_separator() {
            let span = self.token_span();
            let kind = match self.token.kind {
                Kind::Name => TermKind::Variable(self.word()),
                Kind::String { plain } => TermKind::Constant(Value::String(self.quoted(plain)?)),
                Kind::Number => TermKind::Constant(self.number()?),
                _ => return self.long_term(),
            };
            self.height = 1;
            return Ok(Term { kind, span });
        }
        self.long_term()
    }

    fn long_term(&mut self) -> Parsed<Term> {
        let operand = self.operand(0)?;
        self.as_term(operand)
    }

    /// Operands with operators between them that bind at least so tightly.
    pub(super) fn operand(&mut self, minimum: u8) -> Parsed<Operand> {
        let start = self.token.start;
        let mut left = self.unary()?;
        while let Some((operator, tightness)) = binary(self.token.kind) {
            if tightness < minimum {
                break;
            }
            let height = self.height;
            self.advance();
            let left_term = self.as_term(left)?;
            let right = self.operand(tightness + 1)?;
            let right = self.as_term(right)?;
            self.height = height.max(self.height) + 1;
            left = self.function(operator, vec![left_term, right], start)?;
        }
        Ok(left)
    }

    fn function(&mut self, name: &str, arguments: Vec<Term>, start: u32) -> Parsed<Operand> {
        self.within_nesting(self.height)?;
        for argument in &arguments {
            self.wanted(argument);
        }
        Ok(Operand::Term(Term {
            kind: TermKind::Function(self.intern(name), arguments),
            span: self.from(start),
        }))
    }

    fn unary(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        if !self.take(Kind::Minus) {
            return self.power();
        }
        self.enter()?;
        let is_number = self.is(Kind::Number);
        let operand = self.unary()?;
        self.leave();
        let mut term = self.as_term(operand)?;
        if is_number
            && let TermKind::Constant(value) = &term.kind
            && let Some(value) = negated(value)
        {
            term.kind = TermKind::Constant(value);
            term.span = self.from(start);
            return Ok(Operand::Term(term));
        }
        self.height += 1;
        self.function("-", vec![term], start)
    }

    fn power(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        let base = self.postfix()?;
        if !self.is(Kind::DoubleStar) {
            return Ok(base);
        }
        self.advance();
        let height = self.height;
        let base = self.as_term(base)?;
        self.enter()?;
        let exponent = self.unary()?;
        self.leave();
        let exponent = self.as_term(exponent)?;
        self.height = height.max(self.height) + 1;
        self.function("**", vec![base, exponent], start)
    }

    fn postfix(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        let is_number = self.is(Kind::Number);
        let mut base = self.primary()?;
        loop {
            let height = self.height;
            let key = match self.token.kind {
                Kind::Dot if is_number => return Err(self.field_of_number()),
                Kind::Dot => self.field()?,
                Kind::OpenBracket => self.index()?,
                _ => return Ok(base),
            };
            self.height = height.max(self.height) + 1;
            let base_term = self.as_term(base)?;
            base = self.function(".", vec![base_term, key], start)?;
        }
    }

    fn field_of_number(&mut self) -> Reported {
        let span = self.token_span();
        self.report(
            Diagnostic::error("invalid-number", span, "a number has no fields")
                .help("a digit follows the `.` of a number, a space the `.` of a statement"),
        )
    }

    fn field(&mut self) -> Parsed<Term> {
        self.advance();
        let span = self.token_span();
        let name = self.word();
        self.height = 1;
        if self.is(Kind::OpenParenthesis) && self.token.start == span.end {
            return Err(self.report(
                Diagnostic::error(
                    "missing-space",
                    self.span(span.start - 1, span.end),
                    format!("`.{}` is a field, which can't be called", shorten(&name)),
                )
                .help("put a space or a line break after the `.` that ends a statement"),
            ));
        }
        Ok(Term {
            kind: TermKind::Constant(Value::String(name)),
            span,
        })
    }

    fn index(&mut self) -> Parsed<Term> {
        let open = self.token.start;
        self.advance();
        self.enter()?;
        let index = self.term()?;
        self.leave();
        self.close(Kind::CloseBracket, open)?;
        Ok(index)
    }

    fn primary(&mut self) -> Parsed<Operand> {
        let span = self.token_span();
        self.height = 1;
        let kind = match self.token.kind {
            Kind::Name => {
                let name = self.word();
                if self.is(Kind::OpenParenthesis) {
                    return self.call(name, span.start, false);
                }
                TermKind::Variable(name)
            }
            Kind::QuotedName { plain } => {
                let name = self.quoted(plain)?;
                if self.is(Kind::OpenParenthesis) {
                    return self.call(name, span.start, true);
                }
                TermKind::Variable(name)
            }
            Kind::String { plain } => TermKind::Constant(Value::String(self.quoted(plain)?)),
            Kind::Number => TermKind::Constant(self.number()?),
            Kind::Anonymous => self.constant(TermKind::Anonymous),
            Kind::True | Kind::False => {
                let truth = self.is(Kind::True);
                self.advance();
                if self.is(Kind::OpenParenthesis) {
                    let name = if truth { "true" } else { "false" };
                    return self.call(name.into(), span.start, false);
                }
                TermKind::Constant(Value::Boolean(truth))
            }
            Kind::Null => self.constant(TermKind::Constant(Value::Null)),
            Kind::OpenBracket => self.list()?,
            Kind::OpenBrace => self.record()?,
            Kind::OpenParenthesis => return self.parentheses(),
            _ => return Err(self.expected("a term")),
        };
        let span = self.from(span.start);
        Ok(Operand::Term(Term { kind, span }))
    }

    fn constant(&mut self, kind: TermKind) -> TermKind {
        self.advance();
        kind
    }

    fn number(&mut self) -> Parsed<Value> {
        let span = self.token_span();
        let text = self.lexer.slice(span.start, span.end);
        self.advance();
        literals::number(text, span).map_err(|diagnostic| self.report(*diagnostic))
    }

    fn parentheses(&mut self) -> Parsed<Operand> {
        let open = self.token.start;
        self.advance();
        self.enter()?;
        let operand = self.alternatives()?;
        self.leave();
        self.close(Kind::CloseParenthesis, open)?;
        Ok(operand)
    }

    fn list(&mut self) -> Parsed<TermKind> {
        let open = self.token.start;
        self.advance();
        let mut items = Vec::new();
        let mut rest = None;
        let mut height = 0;
        self.enter()?;
        if !self.is(Kind::CloseBracket) {
            loop {
                items.push(self.term()?);
                height = self.height.max(height);
                if !self.take(Kind::Comma) {
                    break;
                }
            }
            if self.take(Kind::Bar) {
                rest = Some(Box::new(self.term()?));
                height = self.height.max(height);
            }
        }
        self.leave();
        self.close(Kind::CloseBracket, open)?;
        self.height = height + 1;
        self.within_nesting(self.height)?;
        Ok(TermKind::List(items, rest))
    }

    fn record(&mut self) -> Parsed<TermKind> {
        let open = self.token.start;
        self.advance();
        let mut fields: Vec<(Name, Term)> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        let mut height = 0;
        self.enter()?;
        while !self.is(Kind::CloseBrace) {
            let span = self.token_span();
            let field = self.record_field()?;
            if !self.take(Kind::Colon) {
                return Err(self.expected("`:` and a value after the field"));
            }
            let value = self.term()?;
            height = self.height.max(height);
            if let Some(first) = places.insert(field.clone(), span) {
                self.duplicate_field(&field, span, first);
            }
            fields.push((field, value));
            if !self.take(Kind::Comma) {
                break;
            }
            if self.is(Kind::CloseBrace) {
                return Err(self.expected("a field after `,`"));
            }
        }
        self.leave();
        self.close(Kind::CloseBrace, open)?;
        self.height = height + 1;
        self.within_nesting(self.height)?;
        Ok(TermKind::Record(fields))
    }

    fn duplicate_field(&mut self, field: &str, span: Span, first: Span) {
        let problem = format!("the field `{}` stands here twice", shorten(field));
        self.report(
            Diagnostic::error("duplicate-field", span, problem).related(first, "first here"),
        );
    }

    fn record_field(&mut self) -> Parsed<Name> {
        match self.token.kind {
            Kind::String { plain } | Kind::QuotedName { plain } => self.quoted(plain),
            Kind::Name => Ok(self.word()),
            _ => {
                let text = self.lexer.slice(self.token.start, self.token.end);
                if keyword(text).is_some() {
                    return Ok(self.word());
                }
                Err(self.expected("a field: a name or a string"))
            }
        }
    }

    /// Arguments in parentheses; the next token is the opening one.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Term>> {
        let open = self.token.start;
        self.advance();
        self.arguments_from(open, Vec::new())
    }

    /// The rest of the arguments, behind those that were read.
    fn arguments_from(&mut self, open: u32, mut arguments: Vec<Term>) -> Parsed<Vec<Term>> {
        let mut height = if arguments.is_empty() { 0 } else { self.height };
        self.enter()?;
        if arguments.is_empty() && !self.is(Kind::CloseParenthesis) {
            arguments.push(self.term()?);
            height = self.height;
        }
        while self.take(Kind::Comma) {
            arguments.push(self.term()?);
            height = self.height.max(height);
        }
        self.leave();
        self.close(Kind::CloseParenthesis, open)?;
        self.height = height + 1;
        self.within_nesting(self.height)?;
        if arguments.len() > MAX_ARGUMENTS {
            return Err(self.too_many_arguments(open, arguments.len()));
        }
        Ok(arguments)
    }

    fn too_many_arguments(&mut self, open: u32, number: usize) -> Reported {
        let span = self.from(open);
        self.report(
            Diagnostic::error(
                "too-many-arguments",
                span,
                format!("there are at most {MAX_ARGUMENTS} arguments"),
            )
            .label(format!("these are {number}"))
            .help("put them into a list or a record"),
        )
    }

    /// Arguments behind a name, or an aggregate.
    fn call(&mut self, name: Name, start: u32, is_quoted: bool) -> Parsed<Operand> {
        let open = self.token.start;
        self.advance();
        let mut arguments = Vec::new();
        if !matches!(self.token.kind, Kind::For | Kind::CloseParenthesis) {
            self.enter()?;
            arguments.push(self.term()?);
            self.leave();
        }
        if self.is(Kind::For) && arguments.len() < 2 {
            let function = self.aggregate_function(&name, start, is_quoted)?;
            return self.aggregate(function, arguments.pop(), start, open);
        }
        let arguments = self.arguments_from(open, arguments)?;
        let span = self.from(start);
        Ok(Operand::Call(Box::new(Call {
            atom: Atom {
                name,
                arguments,
                span,
            },
            is_quoted,
        })))
    }

    fn aggregate_function(
        &mut self,
        name: &str,
        start: u32,
        is_quoted: bool,
    ) -> Parsed<AggregateFunction> {
        let known = AggregateFunction::ALL;
        let found = known
            .into_iter()
            .find(|function| function.name() == name && !is_quoted);
        if let Some(function) = found {
            return Ok(function);
        }
        let end = start + u32::try_from(name.len()).unwrap_or(0) + if is_quoted { 2 } else { 0 };
        let names = known.map(AggregateFunction::name);
        let help = nearest(name, names).map_or_else(
            || {
                format!(
                    "there are {}",
                    names.map(|name| format!("`{name}`")).join(", ")
                )
            },
            |meant| format!("did you mean `{meant}`?"),
        );
        let span = self.span(start, end);
        let problem = format!("`{}` is no aggregate", shorten(name));
        Err(self.report(Diagnostic::error("unknown-aggregate", span, problem).help(help)))
    }
}

/// The number with the other sign.
fn negated(value: &Value) -> Option<Value> {
    match value {
        Value::Integer(number) => Some(Value::integer(-num_bigint::BigInt::from(*number))),
        Value::BigInteger(number) => Some(Value::integer(-number.as_ref())),
        Value::Float(number) => Value::float(-number),
        _ => None,
    }
}
