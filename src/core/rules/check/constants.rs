//! Built-ins whose constant arguments they can never work with, found by trying.

use super::Find;
use super::codes::NEVER_WORKS;
use super::show;
use super::walk::{Under, each_goal, each_goal_term, parts};
use crate::rules::ast::{Goal, GoalKind, Term, TermKind};
use crate::rules::builtins::{self, Builtin, Context, Fault, Mode, Run, Solutions};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;
use crate::rules::value::Value;

/// How much may still be tried in a program.
pub(super) struct Budget(u32);

impl Budget {
    pub(super) const fn new() -> Self {
        Self(20_000)
    }

    /// Whether there is enough for such a call, which is then taken.
    fn take(&mut self, builtin: &Builtin, arguments: &[Value]) -> bool {
        let text = arguments.iter().map(|argument| match argument {
            Value::String(text) => text.len(),
            _ => 1,
        });
        let base: u32 = match builtin.run {
            Run::Machine(_) => 1,
            _ => 40,
        };
        let cost = u32::try_from(text.sum::<usize>()).unwrap_or(u32::MAX);
        let rest = self.0.checked_sub(cost.saturating_add(base));
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

pub(super) fn check(body: &Goal, find: Find<'_>, budget: &mut Budget, found: &mut Vec<Diagnostic>) {
    let mut trial = Trial {
        find,
        budget,
        found,
    };
    each_goal(body, Under::Nothing, &mut |goal, _| {
        if let GoalKind::Call(atom) = &goal.kind
            && let Some(builtin) = find(&atom.name, atom.arguments.len())
        {
            let arguments: Vec<_> = atom
                .arguments
                .iter()
                .map(|term| trial.value(term))
                .collect();
            trial.call(builtin, &arguments, atom.span, &|| {
                let shown: Vec<_> = atom.arguments.iter().map(show::term).collect();
                format!("{}({})", atom.name, shown.join(", "))
            });
        }
    });
    each_goal_term(body, &mut |term| {
        // The arguments of calls were tried with them.
        trial.value(term);
    });
}

struct Trial<'a> {
    find: Find<'a>,
    budget: &'a mut Budget,
    found: &'a mut Vec<Diagnostic>,
}

impl Trial<'_> {
    /// The value of a term of constants; on the way, all functions in it are tried.
    fn value(&mut self, term: &Term) -> Option<Value> {
        match &term.kind {
            TermKind::Constant(value) => Some(value.clone()),
            TermKind::Variable(_) | TermKind::Anonymous => None,
            TermKind::Function(name, arguments) => {
                let mut values: Vec<_> = arguments.iter().map(|term| self.value(term)).collect();
                values.push(None);
                let builtin = (self.find)(name, values.len())?;
                self.call(builtin, &values, term.span, &|| show::term(term))
            }
            // What is made of parts is not put together: no message is about it.
            _ => {
                for part in parts(term) {
                    self.value(part);
                }
                None
            }
        }
    }

    /// Tries a call, with stand-ins for what is not constant. Gives its value if it stands for one.
    fn call(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Option<Value>],
        span: Span,
        written: &dyn Fn() -> String,
    ) -> Option<Value> {
        let needed = |place: usize| {
            let parameter = builtin.parameters.get(place);
            parameter.is_some_and(|parameter| parameter.mode != Mode::Any)
        };
        let mut known = arguments.iter().enumerate();
        if matches!(builtin.run, Run::External)
            || !known.any(|(place, argument)| needed(place) && argument.is_some())
        {
            return None;
        }
        let values: Option<Vec<Value>> = builtin
            .parameters
            .iter()
            .zip(arguments)
            .map(|(parameter, argument)| match (argument, parameter.mode) {
                (Some(value), _) => Some(value.clone()),
                (None, Mode::Any) => Some(Value::Variable(0)),
                (None, _) => builtins::sample(parameter.kind),
            })
            .collect();
        let values = values?;
        if !self.budget.take(builtin, &values) {
            return None;
        }
        let is_constant = |place: usize| arguments.get(place).is_some_and(Option::is_some);
        let all = (0..arguments.len()).all(|place| is_constant(place) || !needed(place));
        let context = Context {
            now_ms: None,
            room: 4_096,
        };
        match builtins::call(builtin, &values, &context) {
            Ok(Solutions::One(row)) if all => row.last().cloned(),
            Err(fault) if is_certain(&fault, builtin, all, &is_constant) => {
                self.report(&fault, span, &written());
                None
            }
            _ => None,
        }
    }

    fn report(&mut self, fault: &Fault, span: Span, written: &str) {
        let is_known = self
            .found
            .iter()
            .rev()
            .take(100)
            .any(|found| found.code == NEVER_WORKS.name && found.span == span);
        if is_known {
            return;
        }
        self.found.push(
            NEVER_WORKS
                .at(span, format!("`{written}` never works: {fault}"))
                .label("a query that comes here ends with an error")
                .help("correct the constant"),
        );
    }
}

/// Whether a fault does not depend on what stands in for values that are not known.
fn is_certain(
    fault: &Fault,
    builtin: &Builtin,
    all: bool,
    is_constant: &dyn Fn(usize) -> bool,
) -> bool {
    match fault {
        Fault::Kind { argument, .. } | Fault::Unacceptable { argument, .. } => {
            // Whether two sides fit each other depends on both.
            let is_comparison = builtin.group == builtins::Group::Comparison;
            (all || !is_comparison) && argument.checked_sub(1).is_some_and(is_constant)
        }
        Fault::Undefined(_) => all || (matches!(builtin.name, "/" | "//" | "%") && is_constant(1)),
        Fault::Unbound { .. }
        | Fault::NoTime
        | Fault::TooLarge { .. }
        | Fault::IntegerTooLarge { .. } => false,
    }
}
