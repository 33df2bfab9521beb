//! The differences from the reference that are meant, by rule. `docs/deviations.md` says why.

use crate::ask::{Asked, Said, fetch};
use crate::case::{Case, Program, text, variable};
use crate::translate::{goals, heads, needed, reference_arity, variables};
use crate::{checks, shapes};
use assize_core::rules::builtins::Fault;
use assize_core::rules::{QueryError, Value};

/// A difference that is meant.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The name in the summary and in `docs/deviations.md`.
    pub(crate) name: &'static str,
    /// Whether it is about such a case; the first that is decides.
    pub(crate) applies: fn(&Case, &Asked) -> bool,
    /// What must have happened instead.
    pub(crate) holds: fn(&Case, &Asked) -> bool,
}

const fn rule(
    name: &'static str,
    applies: fn(&Case, &Asked) -> bool,
    holds: fn(&Case, &Asked) -> bool,
) -> Rule {
    Rule {
        name,
        applies,
        holds,
    }
}

pub(crate) const RULES: &[Rule] = &[
    rule(
        "meta-call-refused",
        |case, _| has_variable_goal(case),
        |_, asked| refused(asked, &["atom-shape"]),
    ),
    rule(
        "malformed-refused",
        |case, _| shapes::is_malformed(case),
        |_, asked| {
            refused(
                asked,
                &[
                    "compound-name",
                    "empty-compound",
                    "empty-atom",
                    "atom-shape",
                    "predicate-name",
                ],
            )
        },
    ),
    rule(
        "empty-source-is-empty",
        |case, _| shapes::yaml(case).is_some_and(|yaml| yaml.trim().is_empty()),
        |_, asked| checks::answers(asked).is_some_and(<[Value]>::is_empty),
    ),
    rule(
        "json-read-as-json",
        |case, _| case.error().is_some() && shapes::json_facts(case).is_some(),
        |case, asked| checks::answers(asked).map(<[Value]>::len) == shapes::json_facts(case),
    ),
    rule(
        "document-refused",
        |case, _| shapes::yaml(case).is_some() && case.error().is_some(),
        |_, asked| matches!(&asked.said, Said::Refused(codes) if !codes.is_empty()),
    ),
    rule(
        "yaml-trap-refused",
        |case, _| shapes::trap(case).is_some(),
        |case, asked| shapes::trap(case).is_some_and(|code| refused(asked, &[code])),
    ),
    rule(
        "built-in-not-extended",
        |case, _| extends_built_in(case),
        |_, asked| refused(asked, &["redefined-builtin", "reserved-name"]),
    ),
    rule(
        "built-in-by-arity",
        |case, _| has_other_arity(case),
        checks::other_arity,
    ),
    rule(
        "options-are-typed",
        |case, _| case.error() == Some(("query", "TypeError")),
        |_, asked| checks::answers(asked).is_some_and(|answers| !answers.is_empty()),
    ),
    rule(
        "deep-proofs",
        |case, _| case.error() == Some(("query", "RecursionError")),
        |_, asked| {
            checks::is_complete(asked)
                && checks::answers(asked).is_some_and(|answers| answers.len() == 1)
        },
    ),
    rule(
        "or-joins-goals",
        |case, _| needs(case, "or"),
        checks::or_of_goals,
    ),
    rule(
        "http-failure-is-error",
        |case, _| asks_in_vain(case),
        |_, asked| matches!(&asked.said, Said::Failed(_, QueryError::External { .. })),
    ),
    rule(
        "unbound-argument-is-error",
        |case, asked| uses_built_ins(case) && is_unbound(asked),
        checks::unbound,
    ),
    rule(
        "wrong-kind-is-error",
        |case, asked| uses_built_ins(case) && is_wrong_kind(asked),
        checks::before_error,
    ),
    rule(
        "no-value-is-error",
        |case, asked| uses_built_ins(case) && fault(asked).is_some(),
        checks::before_error,
    ),
    rule(
        "strings-are-ordered",
        |case, _| checks::compared_strings(case).is_some(),
        checks::string_order,
    ),
    rule(
        "eq-unifies",
        |case, _| case.name() == "eq" && !is_ground(case),
        checks::unified,
    ),
    rule(
        "member-enumerates",
        |case, _| needs(case, "member") && !is_ground(case),
        checks::enumerated,
    ),
    rule(
        "max-answers-is-exact",
        |case, _| {
            case.max_solutions()
                .is_some_and(|most| most == 0 || most < -1)
        },
        checks::bounded,
    ),
    rule(
        "depth-is-height",
        |case, _| case.lost_branches() > 0 || case.options.field("max_depth").is_some(),
        checks::more,
    ),
    rule(
        "names-not-captured",
        |case, _| case.query.iter().any(crate::translate::looks_fresh),
        checks::renamed,
    ),
    rule(
        "lone-mark-is-anonymous",
        |case, _| case.reported().contains(&"?"),
        checks::without_mark,
    ),
    rule(
        "ground-goals-hold",
        |case, _| is_lost_ground(case),
        checks::ground,
    ),
    rule(
        "terms-are-distinct",
        |case, _| checks::has_twins(case),
        checks::as_twins,
    ),
];

/// What is recorded beside the answers and has no counterpart.
pub(crate) fn not_provided(case: &Case) -> Vec<&'static str> {
    let mut names = Vec::new();
    if case.options.field("trace").is_some() {
        names.push(FLAT_TRACE);
    }
    if case.has_negative_zero {
        names.push(NEGATIVE_ZERO);
    }
    names
}

const FLAT_TRACE: &str = "no-flat-trace";
const NEGATIVE_ZERO: &str = "one-zero";

/// Rules that are about what cannot be seen in the answers.
pub(crate) const OTHERS: &[&str] = &[FLAT_TRACE, NEGATIVE_ZERO];

pub(crate) fn refused(asked: &Asked, codes: &[&str]) -> bool {
    matches!(&asked.said, Said::Refused(found) if found.iter().any(|code| codes.contains(code)))
}

fn has_variable_goal(case: &Case) -> bool {
    goals(case).iter().any(|goal| variable(goal).is_some())
}

fn extends_built_in(case: &Case) -> bool {
    let heads = heads(case);
    let mut found = heads.iter().filter_map(crate::case::predicate);
    found.any(|(name, arity)| reference_arity(name) == Some(arity))
}

fn has_other_arity(case: &Case) -> bool {
    let goals = goals(case);
    let mut found = goals.iter().filter_map(crate::case::predicate);
    found.any(|(name, arity)| reference_arity(name).is_some_and(|known| known != arity))
}

pub(crate) fn needs(case: &Case, name: &str) -> bool {
    needed(case).iter().any(|(needed, _)| needed == name)
}

fn uses_built_ins(case: &Case) -> bool {
    needed(case)
        .iter()
        .any(|(name, _)| reference_arity(name).is_some())
}

pub(crate) fn fault(asked: &Asked) -> Option<&Fault> {
    match &asked.said {
        Said::Failed(_, QueryError::Builtin { fault, .. }) => Some(fault),
        _ => None,
    }
}

fn is_unbound(asked: &Asked) -> bool {
    match fault(asked) {
        Some(Fault::Unbound { .. }) => true,
        Some(Fault::Kind { found, .. }) => *found == "unbound variable",
        _ => false,
    }
}

fn is_wrong_kind(asked: &Asked) -> bool {
    matches!(fault(asked), Some(Fault::Kind { .. }))
}

pub(crate) fn is_ground(case: &Case) -> bool {
    let mut found = Vec::new();
    variables(&Value::list(case.query.clone()), &mut found);
    found.is_empty()
}

/// A ground goal of which the reference says that it does not hold. Its tests bind nothing, and are right.
fn is_lost_ground(case: &Case) -> bool {
    let is_test = matches!(case.name(), "eq" | "neq" | "gt" | "gte" | "lt" | "lte");
    let is_denied = case.expected.field("result") == Some(&Value::Boolean(false));
    let is_lost = case.solutions().is_empty()
        && case
            .expected
            .field("result")
            .is_none_or(|r| *r == Value::Null);
    is_ground(case) && !is_test && (is_denied || is_lost)
}

fn asks_in_vain(case: &Case) -> bool {
    let goals = goals(case);
    let urls = goals.iter().filter_map(|goal| match goal {
        Value::List(parts) if text(parts.first()) == Some("http_get_json") => text(parts.get(1)),
        _ => None,
    });
    let is_program = matches!(case.program, Program::Terms { .. });
    is_program
        && needs(case, "http_get_json")
        && urls.into_iter().any(|url| fetch(case, url).is_err())
}
