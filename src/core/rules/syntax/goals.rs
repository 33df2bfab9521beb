//! Goals: what holds or does not.

use super::parser::{Parsed, Parser, Reported};
use super::terms::Call;
use super::token::{Kind, shorten};
use crate::rules::ast::{
    Aggregate, AggregateFunction, Comparison, Goal, GoalKind, Name, Term, TermKind,
};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;
use crate::rules::value::Value;

/// What was read, before it is known whether a goal or a term is wanted.
pub(super) enum Operand {
    Term(Term),
    // Boxed, so that each level of nesting takes little of the stack.
    Call(Box<Call>),
    Goal(Box<Goal>),
    Aggregate(Box<AggregateCall>),
}

impl Operand {
    fn goal(kind: GoalKind, span: Span) -> Self {
        Self::Goal(Box::new(Goal { kind, span }))
    }
}

/// The side of `=` that computes.
pub(super) struct AggregateCall {
    function: AggregateFunction,
    template: Option<Term>,
    goal: Goal,
    by: Vec<(Name, Span)>,
    span: Span,
}

const fn comparison(kind: Kind) -> Option<Comparison> {
    Some(match kind {
        Kind::Equal => Comparison::Equal,
        Kind::NotEqual => Comparison::NotEqual,
        Kind::Less => Comparison::Less,
        Kind::LessOrEqual => Comparison::LessOrEqual,
        Kind::Greater => Comparison::Greater,
        Kind::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn goal(&mut self) -> Parsed<Goal> {
        self.boxed_goal().map(|goal| *goal)
    }

    fn boxed_goal(&mut self) -> Parsed<Box<Goal>> {
        let operand = self.alternatives()?;
        self.as_goal(operand)
    }

    /// Operands with `or` between them.
    pub(super) fn alternatives(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        let first = self.conjunction()?;
        if !self.is(Kind::Or) {
            return Ok(first);
        }
        let mut goals = vec![*self.as_goal(first)?];
        while self.take(Kind::Or) {
            let next = self.conjunction()?;
            goals.push(*self.as_goal(next)?);
        }
        Ok(Operand::goal(GoalKind::Or(goals), self.from(start)))
    }

    /// Operands with `and` between them.
    fn conjunction(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        let first = self.prefixed()?;
        if !self.is_conjunction() {
            return Ok(first);
        }
        let mut goals = vec![*self.as_goal(first)?];
        while self.is_conjunction() {
            self.advance();
            let next = self.prefixed()?;
            goals.push(*self.as_goal(next)?);
        }
        Ok(Operand::goal(GoalKind::And(goals), self.from(start)))
    }

    /// Whether `and` follows, or what others write for it.
    fn is_conjunction(&mut self) -> bool {
        if self.is(Kind::Comma) {
            let span = self.token_span();
            let replacement = self.spaced("and", span);
            self.report(
                Diagnostic::error("foreign-operator", span, "`,` does not join conditions")
                    .help("write `and`")
                    .suggestion(span, replacement),
            );
            self.token.kind = Kind::And;
        }
        let behind = self.lexer.slice(self.token.end, self.token.end + 1);
        let is_word = self.token.end - self.token.start > 1 && behind != "(";
        let word = self.lexer.slice(self.token.start, self.token.end);
        let may_join = self.token.breaks == 0 || matches!(word, "AND" | "OR" | "THEN" | "ELSE");
        if self.is(Kind::Name) && may_join && is_word {
            const WORDS: [(&str, Kind); 5] = [
                ("and", Kind::And),
                ("or", Kind::Or),
                ("then", Kind::Then),
                ("else", Kind::Else),
                ("by", Kind::By),
            ];
            self.misspelt(&WORDS, "");
        }
        self.is(Kind::And)
    }

    /// `not`, `exists`, `forall` or `if` with the one goal behind it, or a comparison.
    fn prefixed(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        self.foreign_prefix()?;
        self.enter()?;
        let kind = match self.token.kind {
            Kind::Not | Kind::Exists => self.not_or_exists(),
            Kind::Forall => self.forall(),
            Kind::If => self.branches(),
            _ => {
                self.leave();
                return self.comparison();
            }
        }?;
        self.leave();
        Ok(Operand::goal(kind, self.from(start)))
    }

    fn not_or_exists(&mut self) -> Parsed<GoalKind> {
        let is_not = self.is(Kind::Not);
        self.advance();
        let goal = self.prefixed_goal()?;
        Ok(if is_not {
            GoalKind::Not(goal)
        } else {
            GoalKind::Exists(goal)
        })
    }

    fn forall(&mut self) -> Parsed<GoalKind> {
        self.advance();
        let condition = self.boxed_goal()?;
        if !self.take(Kind::Colon) {
            return Err(self.expected("`:` and a goal, as in `forall condition: goal`"));
        }
        Ok(GoalKind::Forall(condition, self.prefixed_goal()?))
    }

    fn branches(&mut self) -> Parsed<GoalKind> {
        self.advance();
        let condition = self.boxed_goal()?;
        if !self.take(Kind::Then) {
            return Err(self.expected("`then` after the condition"));
        }
        let then = self.boxed_goal()?;
        if !self.take(Kind::Else) {
            return Err(self.expected("`else` and a goal: an `if` says what holds otherwise"));
        }
        Ok(GoalKind::If(condition, then, self.prefixed_goal()?))
    }

    fn prefixed_goal(&mut self) -> Parsed<Box<Goal>> {
        let operand = self.prefixed()?;
        self.as_goal(operand)
    }

    fn comparison(&mut self) -> Parsed<Operand> {
        let start = self.token.start;
        if !self.begins_operand() {
            return Err(self.expected("a goal"));
        }
        let left = self.operand(0)?;
        self.foreign_comparison();
        let word = self.foreign_word();
        let Some(operator) = comparison(self.token.kind) else {
            return Ok(left);
        };
        self.advance();
        let right = self.operand(0)?;
        if let Some(word) = word {
            self.report_word(word, start);
        }
        let goal = self.compared(operator, (left, right), start)?;
        if comparison(self.token.kind).is_some() {
            return Err(self.chained_comparison());
        }
        Ok(goal)
    }

    fn compared(
        &mut self,
        operator: Comparison,
        (left, right): (Operand, Operand),
        start: u32,
    ) -> Parsed<Operand> {
        let kind = self.compare(operator, left, right)?;
        Ok(Operand::goal(kind, self.from(start)))
    }

    fn chained_comparison(&mut self) -> Reported {
        let span = self.token_span();
        self.report(
            Diagnostic::error("chained-comparison", span, "comparisons are not chained")
                .help("write `a < b and b < c`"),
        )
    }

    fn begins_operand(&self) -> bool {
        matches!(
            self.token.kind,
            Kind::Name
                | Kind::QuotedName { .. }
                | Kind::String { .. }
                | Kind::Number
                | Kind::Anonymous
                | Kind::True
                | Kind::False
                | Kind::Null
                | Kind::OpenBracket
                | Kind::OpenBrace
                | Kind::OpenParenthesis
                | Kind::Minus
        )
    }

    /// `is`, which others have between terms.
    fn foreign_comparison(&mut self) {
        if !self.is(Kind::Name) || self.token.breaks > 0 {
            return;
        }
        let word = self.lexer.slice(self.token.start, self.token.end);
        if word != "is" {
            return;
        }
        let span = self.token_span();
        self.report(
            Diagnostic::error(
                "foreign-operator",
                span,
                "`is` has no meaning between terms",
            )
            .help("write `=`; what is on either side is computed")
            .suggestion(span, "="),
        );
        self.token.kind = Kind::Equal;
    }

    fn compare(&mut self, operator: Comparison, left: Operand, right: Operand) -> Parsed<GoalKind> {
        let (aggregate, other) = match (left, right) {
            (Operand::Aggregate(aggregate), other) | (other, Operand::Aggregate(aggregate)) => {
                (aggregate, other)
            }
            (left, right) => {
                let left = self.as_term(left)?;
                let right = self.as_term(right)?;
                self.wanted(&left);
                self.wanted(&right);
                return Ok(GoalKind::Compare(operator, left, right));
            }
        };
        if operator != Comparison::Equal {
            return Err(self.misplaced(&aggregate));
        }
        let result = self.as_term(other)?;
        Ok(GoalKind::Aggregate(Box::new(Aggregate {
            result,
            function: aggregate.function,
            template: aggregate.template,
            goal: aggregate.goal,
            by: aggregate.by,
        })))
    }

    /// `for goal by variables)`: the next token is `for`.
    pub(super) fn aggregate(
        &mut self,
        function: AggregateFunction,
        template: Option<Term>,
        start: u32,
        open: u32,
    ) -> Parsed<Operand> {
        if template.is_none() && function != AggregateFunction::Count {
            return Err(self.missing_template(function));
        }
        self.advance();
        self.enter()?;
        let goal = self.boxed_goal()?;
        self.leave();
        let by = self.groups()?;
        self.close(Kind::CloseParenthesis, open)?;
        let span = self.from(start);
        Ok(Operand::Aggregate(Box::new(AggregateCall {
            function,
            template,
            goal: *goal,
            by,
            span,
        })))
    }

    fn missing_template(&mut self, function: AggregateFunction) -> Reported {
        let span = self.token_span();
        let name = function.name();
        self.report(
            Diagnostic::error(
                "missing-template",
                span,
                format!("`{name}` of what is not said"),
            )
            .help(format!(
                "write a term before `for`, as in `{name}(amount for order(_, amount))`"
            )),
        )
    }

    fn groups(&mut self) -> Parsed<Vec<(Name, Span)>> {
        let mut by = Vec::new();
        if self.take(Kind::By) {
            loop {
                let span = self.token_span();
                let name = match self.token.kind {
                    Kind::Name => self.word(),
                    Kind::QuotedName { plain } => self.quoted(plain)?,
                    _ => return Err(self.expected("a variable after `by`")),
                };
                by.push((name, span));
                if !self.take(Kind::Comma) {
                    break;
                }
            }
        }
        Ok(by)
    }

    fn misplaced(&mut self, aggregate: &AggregateCall) -> Reported {
        let name = aggregate.function.name();
        self.report(
            Diagnostic::error(
                "misplaced-aggregate",
                aggregate.span,
                format!("`{name}` stands alone on one side of `=`"),
            )
            .help(format!(
                "bind it first, and go on with the variable: `result = {name}(…) and …`"
            )),
        )
    }

    pub(super) fn as_goal(&mut self, operand: Operand) -> Parsed<Box<Goal>> {
        match operand {
            Operand::Goal(goal) => Ok(goal),
            Operand::Call(call) => {
                let span = call.atom.span;
                let kind = GoalKind::Call(call.atom);
                Ok(Box::new(Goal { kind, span }))
            }
            Operand::Aggregate(aggregate) => Err(self.misplaced(&aggregate)),
            Operand::Term(term) => Err(self.not_a_goal(&term)),
        }
    }

    fn not_a_goal(&mut self, term: &Term) -> Reported {
        if self.is(Kind::Bad) {
            return Reported;
        }
        let written = self.lexer.slice(term.span.start, term.span.end);
        let short = shorten(written).replace('`', "");
        let diagnostic = Diagnostic::error(
            "not-a-goal",
            term.span,
            format!("expected a goal, found the term `{short}`"),
        );
        let diagnostic = match &term.kind {
            TermKind::Variable(_) | TermKind::Constant(Value::Boolean(_)) => diagnostic
                .label("this neither holds nor fails")
                .help(format!(
                    "to call a predicate without arguments, write `{short}()`"
                ))
                .suggestion(term.span, format!("{written}()")),
            TermKind::Function(..) => diagnostic
                .label("this has a value")
                .help("compare it with something, as in `… = true`"),
            _ => diagnostic.help("a goal is a predicate with arguments, or a comparison"),
        };
        self.report(diagnostic)
    }

    pub(super) fn as_term(&mut self, operand: Operand) -> Parsed<Term> {
        let span = match operand {
            Operand::Term(term) => return Ok(term),
            Operand::Call(call) => {
                let atom = call.atom;
                let is_function =
                    !call.is_quoted && self.is_function(&atom.name, atom.arguments.len());
                let kind = if is_function {
                    for argument in &atom.arguments {
                        self.wanted(argument);
                    }
                    TermKind::Function(atom.name, atom.arguments)
                } else {
                    if !call.is_quoted {
                        self.suspect(&atom.name, &atom.arguments, atom.span);
                    }
                    TermKind::Compound(atom.name, atom.arguments)
                };
                return Ok(Term {
                    kind,
                    span: atom.span,
                });
            }
            Operand::Aggregate(aggregate) => return Err(self.misplaced(&aggregate)),
            Operand::Goal(goal) => goal.span,
        };
        Err(self.not_a_term(span))
    }

    fn not_a_term(&mut self, span: Span) -> Reported {
        self.report(
            Diagnostic::error("not-a-term", span, "expected a term, found a goal")
                .label("this holds or fails, but has no value")
                .help("write conditions beside each other, joined by `and`"),
        )
    }
}
