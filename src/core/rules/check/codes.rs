//! What can be found, each under a stable code. `docs/rules-checks.md` describes them.

use crate::rules::diagnostic::{Diagnostic, Severity};
use crate::rules::source::Span;

/// Something that can be wrong with a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Stable, in kebab case.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub summary: &'static str,
    /// What to do about it, in general.
    pub help: &'static str,
}

impl Code {
    pub(super) fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        match self.severity {
            Severity::Error => Diagnostic::error(self.name, span, message),
            Severity::Warning => Diagnostic::warning(self.name, span, message),
        }
    }
}

macro_rules! codes {
    ($($constant:ident $severity:ident $name:literal $summary:literal $help:literal)*) => {
        $(pub(super) const $constant: Code = Code {
            name: $name,
            severity: Severity::$severity,
            summary: $summary,
            help: $help,
        };)*

        /// All of them, the errors first.
        pub const CODES: &[Code] = &[$($constant),*];
    };
}

codes! {
    UNBOUND_HEAD_VARIABLE Error "unbound-head-variable"
        "a variable of a rule's head occurs nowhere else"
        "bind it in the body, or write `_` if it may be anything"
    VARIABLE_IN_FACT Error "variable-in-fact"
        "a fact holds for everything, since it has a variable"
        "quote the text, or let the name begin with `_` if it holds for everything"
    UNBOUND_INPUT Error "unbound-input"
        "a value is needed before anything can have given it"
        "put the goal that binds the variable before the goal that needs it"
    UNSAFE_NEGATION Error "unsafe-negation"
        "a variable is not known where a negation or an aggregate asks about it"
        "put the goal that binds the variable before the negation or aggregate"
    RECURSION_THROUGH_NEGATION Error "recursion-through-negation"
        "a predicate depends on its own negation"
        "split the predicate so that what is negated does not depend on it"
    UNKNOWN_PREDICATE Error "unknown-predicate"
        "a predicate has no clause and is not declared"
        "correct the name, add clauses, or declare it `input` or `external`"
    REDEFINED_BUILTIN Error "redefined-builtin"
        "a clause has the name and arity of a built-in"
        "give the predicate another name"
    DECLARATION_CLASH Error "declaration-clash"
        "what is said of a predicate contradicts itself"
        "remove one of the declarations, or the clauses"
    LEFT_RECURSION_UNTABLED Error "left-recursion-untabled"
        "a predicate calls itself without end"
        "declare it `tabled`, or put another goal first"
    DUPLICATE_DECLARATION Warning "duplicate-declaration"
        "the same is declared twice"
        "remove one of the declarations"
    ARITY_CLASH Warning "arity-clash"
        "a declared predicate is not used, but its name is with another number of arguments"
        "correct the number of arguments"
    SINGLETON_VARIABLE Warning "singleton-variable"
        "a variable occurs only once in its clause"
        "correct the name, or let it begin with `_` if it may be anything"
    NEVER_MATCHES Warning "never-matches"
        "no clause of the predicate can match a goal"
        "correct the arguments, or add a clause"
    ALWAYS_TRUE Warning "always-true"
        "a condition holds whatever is asked"
        "remove it, or compare what was meant"
    NEVER_TRUE Warning "never-true"
        "a condition can not hold"
        "correct it, or remove what depends on it"
    NEVER_WORKS Warning "never-works"
        "a built-in has a constant with which it can only fail with an error"
        "correct the constant"
    SHADOWED_RULE Warning "shadowed-rule"
        "an earlier clause already gives every answer of a clause"
        "remove the clause, or correct what should make it differ"
    DECISION_ARITY Warning "decision-arity"
        "a predicate has the name of a decision's, but not its number of arguments"
        "give it the arguments with which a decision asks it"
    MISSPELT_DECISION Warning "misspelt-decision"
        "a predicate that nothing asks has almost the name of a decision's"
        "correct the name"
    FIELD_OF_IDENTIFIER Warning "field-of-identifier"
        "a rule takes a field of what a decision gives as an identifier"
        "look it up in facts, or take the four records"
    UNUSED_PREDICATE Warning "unused-predicate"
        "no rule of a program that decides asks for some facts"
        "remove it, use it, or mark it with an annotation"
    MISSPELT_ANNOTATION Warning "misspelt-annotation"
        "an annotation has almost the name of one that proofs and decisions show"
        "correct the name"
    DUPLICATE_ID Warning "duplicate-id"
        "two clauses have the same `@id`"
        "give each an `@id` of its own"
    DUPLICATE_FACT Warning "duplicate-fact"
        "a fact is stated twice"
        "remove one of them"
}

/// What is known about a code; none for the codes of other parts.
#[must_use]
pub fn code(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.name == name)
}
