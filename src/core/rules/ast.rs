//! A program as its author wrote it, the same for both forms in which it can be written.

use super::source::Span;
use super::value::Value;
use std::sync::Arc;

/// A predicate's, variable's, field's or function's name.
pub type Name = Arc<str>;

/// Everything that one or more sources say, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    /// Declarations and clauses.
    pub items: Vec<Item>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are clauses, and a box for each would cost more than it saves"
)]
pub enum Item {
    /// What a predicate is.
    Declaration(Declaration),
    /// A fact or a rule.
    Clause(Clause),
}

/// Something that holds for a predicate as a whole: `input role/2.`
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// What is declared.
    pub kind: DeclarationKind,
    /// The predicate's name.
    pub name: Name,
    /// Its number of arguments.
    pub arity: u8,
    /// Comment lines directly above, without the mark of a comment.
    pub comments: Vec<Arc<str>>,
    /// The whole statement.
    pub span: Span,
}

/// What can be declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclarationKind {
    /// Its facts come at run time: with a query, or by changes of facts.
    Input,
    /// Its answers come from the host.
    External,
    /// It is tabled although it does not look recursive.
    Tabled,
    /// It is not tabled although it is recursive.
    Untabled,
}

/// `head if body.`, or `head.` for a fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What holds.
    pub head: Atom,
    /// When it holds; nothing for a fact.
    pub body: Option<Goal>,
    /// `@name("value")` before it; names are free, `@id` and `@reason` are shown in proofs.
    pub annotations: Vec<Annotation>,
    /// Comment lines directly above, without the mark of a comment.
    pub comments: Vec<Arc<str>>,
    /// The whole statement.
    pub span: Span,
}

/// `@name("value")`.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// After the `@`.
    pub name: Name,
    /// In the parentheses; a string.
    pub value: Arc<str>,
    /// The whole annotation.
    pub span: Span,
}

/// A predicate with arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// The predicate's name.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Term>,
    /// The whole atom.
    pub span: Span,
}

/// Something that holds or does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// What kind of goal.
    pub kind: GoalKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of goals.
#[derive(Debug, Clone, PartialEq)]
pub enum GoalKind {
    /// A predicate or a built-in: `role(user, "admin")`.
    Call(Atom),
    /// `left = right` and the like.
    Compare(Comparison, Term, Term),
    /// All of them, in order. At least two.
    And(Vec<Goal>),
    /// Any of them, in order. At least two.
    Or(Vec<Goal>),
    /// `not goal`.
    Not(Box<Goal>),
    /// `exists goal`: whether, but not for what.
    Exists(Box<Goal>),
    /// `forall condition: goal`.
    Forall(Box<Goal>, Box<Goal>),
    /// `if condition then goal else goal`.
    If(Box<Goal>, Box<Goal>, Box<Goal>),
    /// `result = sum(template for goal by group)`.
    Aggregate(Box<Aggregate>),
}

/// `=` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`: unifies both sides.
    Equal,
    /// `!=`: both sides are known and differ.
    NotEqual,
    /// `<`, between numbers or between strings.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

/// Something about all solutions of a goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// What the outcome is unified with.
    pub result: Term,
    /// What is computed.
    pub function: AggregateFunction,
    /// Of what, for each solution; none only for `count`.
    pub template: Option<Term>,
    /// What is solved. Solutions that differ in any of its variables count separately.
    pub goal: Goal,
    /// One outcome for each combination of these; each is bound by the goal.
    pub by: Vec<(Name, Span)>,
}

/// What is computed over all solutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateFunction {
    /// How many solutions; 0 where there are none.
    Count,
    /// The sum; 0 where there are none.
    Sum,
    /// The least, in standard order; fails where there are none.
    Min,
    /// The greatest, in standard order; fails where there are none.
    Max,
    /// The mean as a float; fails where there are none.
    Avg,
    /// All, sorted in standard order.
    Collect,
    /// All that differ, sorted in standard order.
    Set,
}

/// A term in a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What kind of term.
    pub kind: TermKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of terms.
#[derive(Debug, Clone, PartialEq)]
pub enum TermKind {
    /// A variable. A name that begins with `_` may stand alone.
    Variable(Name),
    /// `_`: another variable each time.
    Anonymous,
    /// Null, a boolean, a number or a string; nothing with parts.
    Constant(Value),
    /// `[a, b]` or `[a, b | rest]`.
    List(Vec<Term>, Option<Box<Term>>),
    /// `{field: value}`, in the order in which it was written; each field once.
    Record(Vec<(Name, Term)>),
    /// `point(1, 2)`: data.
    Compound(Name, Vec<Term>),
    /// A function of `builtins`, evaluated before the goal that it stands in: `x + 1`, `lower(name)`,
    /// `user.roles` (the function `.` of a term and a field or index).
    Function(Name, Vec<Term>),
}

impl Comparison {
    /// As it is written in text.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// As it is named in YAML and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "neq",
            Self::Less => "lt",
            Self::LessOrEqual => "lte",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "gte",
        }
    }

    /// What holds of its sides exchanged.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];
}

impl AggregateFunction {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
            Self::Collect => "collect",
            Self::Set => "set",
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Count,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Avg,
        Self::Collect,
        Self::Set,
    ];
}

impl DeclarationKind {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::External => "external",
            Self::Tabled => "tabled",
            Self::Untabled => "untabled",
        }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Input, Self::External, Self::Tabled, Self::Untabled];
}
