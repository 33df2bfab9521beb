//! Goals that no clause can match.

use super::codes::NEVER_MATCHES;
use super::show;
use super::table::Table;
use super::walk::each_call;
use crate::rules::ast::{Atom, Clause, Item, Term, TermKind};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::value::Value;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Whether no values of variables can make two terms equal, as far as this is easily seen.
pub(super) fn clash(left: &Term, right: &Term) -> bool {
    let any = |left: &[Term], right: &[Term]| left.iter().zip(right).any(|(l, r)| clash(l, r));
    match (Functor::of(left), Functor::of(right)) {
        (Functor::Any, _) | (_, Functor::Any) => return false,
        (
            Functor::List { length, open },
            Functor::List {
                length: other,
                open: is_other_open,
            },
        ) => {
            if (length < other && !open) || (other < length && !is_other_open) {
                return true;
            }
        }
        (left, right) => {
            if left.cmp(&right).is_ne() {
                return true;
            }
        }
    }
    match (&left.kind, &right.kind) {
        (TermKind::List(left, _), TermKind::List(right, _))
        | (TermKind::Compound(_, left), TermKind::Compound(_, right)) => any(left, right),
        (TermKind::Record(left), TermKind::Record(right)) => left.iter().any(|(field, value)| {
            let other = right.iter().find(|(other, _)| field == other);
            other.is_some_and(|(_, other)| clash(value, other))
        }),
        _ => false,
    }
}

/// What a term is at its top.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Functor<'p> {
    /// It is not known.
    Any,
    Constant(Constant<'p>),
    /// At least so long if it is open.
    List {
        length: usize,
        open: bool,
    },
    /// Its fields, sorted.
    Record(Vec<&'p str>),
    Compound(&'p str, usize),
}

/// A constant in standard order.
struct Constant<'p>(&'p Value);

impl PartialEq for Constant<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Constant<'_> {}

impl PartialOrd for Constant<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Constant<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.standard_order(other.0)
    }
}

impl<'p> Functor<'p> {
    fn of(term: &'p Term) -> Self {
        match &term.kind {
            TermKind::Variable(_) | TermKind::Anonymous | TermKind::Function(..) => Self::Any,
            TermKind::Constant(value) => Self::Constant(Constant(value)),
            TermKind::List(items, rest) => Self::List {
                length: items.len(),
                open: rest.is_some(),
            },
            TermKind::Record(fields) => {
                let mut names: Vec<&str> = fields.iter().map(|(field, _)| field.as_ref()).collect();
                names.sort_unstable();
                Self::Record(names)
            }
            TermKind::Compound(name, arguments) => Self::Compound(name, arguments.len()),
        }
    }
}

/// What the heads of a predicate have at one place, as far as goals ask for it.
#[derive(Default)]
struct Place<'p> {
    /// Whether a head has a variable there.
    is_any: bool,
    /// What goals ask for, and whether a head has it; no lists.
    asked: BTreeMap<Functor<'p>, bool>,
    /// The lengths of lists.
    lengths: BTreeSet<usize>,
    /// The least length of lists with an open end.
    open: Option<usize>,
}

impl<'p> Place<'p> {
    fn add(&mut self, argument: &'p Term) {
        match Functor::of(argument) {
            Functor::Any => self.is_any = true,
            Functor::List { length, open: true } => {
                self.open = Some(self.open.map_or(length, |least| least.min(length)));
            }
            Functor::List {
                length,
                open: false,
            } => {
                self.lengths.insert(length);
            }
            functor => {
                if let Some(is_there) = self.asked.get_mut(&functor) {
                    *is_there = true;
                }
            }
        }
    }

    fn can_match(&self, functor: &Functor<'p>) -> bool {
        self.is_any
            || match functor {
                Functor::Any => true,
                Functor::List {
                    length,
                    open: false,
                } => {
                    self.lengths.contains(length) || self.open.is_some_and(|least| least <= *length)
                }
                Functor::List { length, open: true } => {
                    self.open.is_some() || self.lengths.range(length..).next().is_some()
                }
                functor => self.asked.get(functor).copied().unwrap_or_default(),
            }
    }
}

/// A call of a predicate whose clauses are all known.
struct Call<'p> {
    number: usize,
    atom: &'p Atom,
}

pub(super) fn check<'p>(table: &Table<'p>, found: &mut Vec<Diagnostic>) {
    let mut calls: Vec<Call<'p>> = Vec::new();
    // By predicate and argument.
    let mut places: BTreeMap<usize, BTreeMap<usize, Place<'p>>> = BTreeMap::new();
    for item in &table.program.items {
        let Item::Clause(Clause {
            body: Some(body), ..
        }) = item
        else {
            continue;
        };
        each_call(body, &mut |atom, _| {
            let Some(number) = table.called(atom) else {
                return;
            };
            let is_closed =
                |entry: &&super::table::Entry<'p>| !entry.clauses.is_empty() && !entry.is_open();
            if table.entry(number).filter(is_closed).is_none() {
                return;
            }
            for (argument, term) in atom.arguments.iter().enumerate() {
                let functor = Functor::of(term);
                if functor != Functor::Any {
                    let place = places
                        .entry(number)
                        .or_default()
                        .entry(argument)
                        .or_default();
                    place.asked.entry(functor).or_default();
                }
            }
            calls.push(Call { number, atom });
        });
    }
    for (number, places) in &mut places {
        for clause in table.clauses_of(*number) {
            for (argument, place) in places.iter_mut() {
                if let Some(term) = clause.head.arguments.get(*argument) {
                    place.add(term);
                }
            }
        }
    }
    for call in calls {
        let Some(places) = places.get(&call.number) else {
            continue;
        };
        let without = call
            .atom
            .arguments
            .iter()
            .enumerate()
            .find(|(argument, term)| {
                let place = places.get(argument);
                place.is_some_and(|place| !place.can_match(&Functor::of(term)))
            });
        match without {
            Some((argument, term)) => {
                found.push(no_argument(table, &call, argument, term, found.len()));
            }
            None if fits_none(table, &call) => found.push(no_clause(table, &call)),
            None => {}
        }
    }
}

/// Whether a call clashes with each clause, for predicates of few clauses.
fn fits_none(table: &Table<'_>, call: &Call<'_>) -> bool {
    let is_small = table
        .entry(call.number)
        .is_some_and(|entry| entry.clauses.len() <= 16);
    is_small
        && table.clauses_of(call.number).all(|clause| {
            let mut pairs = clause.head.arguments.iter().zip(&call.atom.arguments);
            pairs.any(|(left, right)| clash(left, right))
        })
}

fn never(table: &Table<'_>, call: &Call<'_>, span: crate::rules::source::Span) -> Diagnostic {
    let indicator = table.entry(call.number).map(super::table::Entry::indicator);
    let indicator = indicator.unwrap_or_default();
    let mut diagnostic = NEVER_MATCHES.at(
        span,
        format!("no clause of `{indicator}` can match this goal"),
    );
    if let Some(first) = table.clauses_of(call.number).next() {
        diagnostic = diagnostic.related(
            first.head.span,
            format!("the first clause of `{indicator}`"),
        );
    }
    diagnostic
}

fn no_clause(table: &Table<'_>, call: &Call<'_>) -> Diagnostic {
    never(table, call, call.atom.span)
        .label("each clause differs in some argument")
        .help("correct the arguments, or add a clause that has them")
}

fn no_argument(
    table: &Table<'_>,
    call: &Call<'_>,
    argument: usize,
    term: &Term,
    number: usize,
) -> Diagnostic {
    let shown = show::term(term);
    let diagnostic = never(table, call, term.span).label(format!(
        "argument {} is `{shown}` in no clause",
        argument + 1
    ));
    // Each search looks at many clauses, so that a source full of mistakes does without.
    let meant = if number < 20 {
        meant(table, call, argument, term)
    } else {
        None
    };
    match meant {
        Some(meant) => diagnostic.help(format!("did you mean `{meant:?}`?")),
        None => diagnostic.help(format!("correct `{shown}`, or add a clause that has it")),
    }
}

/// The text in the heads that is most like the one that is asked for.
fn meant<'p>(table: &Table<'p>, call: &Call<'_>, argument: usize, term: &Term) -> Option<&'p str> {
    let TermKind::Constant(Value::String(text)) = &term.kind else {
        return None;
    };
    let texts = table
        .clauses_of(call.number)
        .take(10_000)
        .filter_map(|clause| match &clause.head.arguments.get(argument)?.kind {
            TermKind::Constant(Value::String(text)) => Some(text.as_ref()),
            _ => None,
        });
    nearest(text, texts)
}
