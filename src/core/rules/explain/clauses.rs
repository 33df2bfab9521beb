//! Which clauses and facts a predicate has.

use super::bindings::order;
use crate::rules::ast::{Clause, DeclarationKind, Item, Name, Program, Term, TermKind};
use crate::rules::value::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Explains answers of one program.
#[derive(Debug)]
pub struct Explainer {
    program: Arc<Program>,
    predicates: BTreeMap<Name, BTreeMap<usize, Predicate>>,
}

/// What the program says about a predicate.
#[derive(Debug, Default)]
pub(super) struct Predicate {
    /// Its facts may come at run time.
    pub(super) input: bool,
    /// The host answers.
    pub(super) external: bool,
    /// Rules, and facts that hold for more than one row of values.
    pub(super) rules: Vec<usize>,
    /// All other facts.
    pub(super) facts: Vec<usize>,
    /// Those facts by their values, made when they are first needed.
    sorted: OnceLock<Vec<(Vec<Value>, usize)>>,
}

impl Explainer {
    /// Reads what a program says, in time proportional to its length.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        let mut predicates: BTreeMap<Name, BTreeMap<usize, Predicate>> = BTreeMap::new();
        for (index, item) in program.items.iter().enumerate() {
            let (name, arity) = match item {
                Item::Declaration(declaration) => {
                    (&declaration.name, usize::from(declaration.arity))
                }
                Item::Clause(clause) => (&clause.head.name, clause.head.arguments.len()),
            };
            let by_arity = predicates.entry(name.clone()).or_default();
            let predicate = by_arity.entry(arity).or_default();
            match item {
                Item::Declaration(declaration) => match declaration.kind {
                    DeclarationKind::Input => predicate.input = true,
                    DeclarationKind::External => predicate.external = true,
                    DeclarationKind::Tabled | DeclarationKind::Untabled => {}
                },
                Item::Clause(clause) if is_plain(clause) => predicate.facts.push(index),
                Item::Clause(_) => predicate.rules.push(index),
            }
        }
        Self {
            program,
            predicates,
        }
    }

    /// What the program says about a predicate; none where it says nothing.
    pub(super) fn predicate(&self, name: &str, arity: usize) -> Option<&Predicate> {
        self.predicates.get(name)?.get(&arity)
    }

    /// The clause at an index of the program.
    pub(super) fn clause(&self, index: usize) -> Option<&Clause> {
        match self.program.items.get(index)? {
            Item::Clause(clause) => Some(clause),
            Item::Declaration(_) => None,
        }
    }

    /// The first fact that says this.
    pub(super) fn fact(&self, predicate: &Predicate, arguments: &[Value]) -> Option<usize> {
        let sorted = predicate.sorted.get_or_init(|| {
            let mut sorted: Vec<_> = predicate
                .facts
                .iter()
                .filter_map(|index| Some((values(self.clause(*index)?)?, *index)))
                .collect();
            sorted.sort_by(|left, right| order(&left.0, &right.0).then(left.1.cmp(&right.1)));
            sorted
        });
        let place = sorted.partition_point(|(values, _)| order(values, arguments).is_lt());
        let (values, index) = sorted.get(place)?;
        order(values, arguments).is_eq().then_some(*index)
    }
}

/// Whether a clause is a fact about one row of values.
fn is_plain(clause: &Clause) -> bool {
    clause.body.is_none() && clause.head.arguments.iter().all(is_constant)
}

fn is_constant(term: &Term) -> bool {
    match &term.kind {
        TermKind::Constant(_) => true,
        TermKind::Variable(_) | TermKind::Anonymous | TermKind::Function(..) => false,
        TermKind::List(items, rest) => {
            items.iter().all(is_constant) && rest.as_deref().is_none_or(is_constant)
        }
        TermKind::Record(fields) => fields.iter().all(|(_, value)| is_constant(value)),
        TermKind::Compound(_, arguments) => arguments.iter().all(is_constant),
    }
}

fn values(fact: &Clause) -> Option<Vec<Value>> {
    fact.head.arguments.iter().map(constant).collect()
}

/// The value of a term without variables and functions.
fn constant(term: &Term) -> Option<Value> {
    let all = |terms: &[Term]| terms.iter().map(constant).collect::<Option<Vec<_>>>();
    Some(match &term.kind {
        TermKind::Constant(value) => value.clone(),
        TermKind::Variable(_) | TermKind::Anonymous | TermKind::Function(..) => return None,
        TermKind::List(items, None) => Value::List(all(items)?.into()),
        TermKind::List(items, Some(rest)) => super::bindings::join(all(items)?, constant(rest)?),
        TermKind::Record(fields) => Value::record(
            fields
                .iter()
                .map(|(name, value)| Some((name.clone(), constant(value)?)))
                .collect::<Option<Vec<_>>>()?,
        ),
        TermKind::Compound(name, arguments) => {
            Value::Compound(name.clone(), all(arguments)?.into())
        }
    })
}
