//! A second evaluator for programs over constants: bottom-up, one stratum after the other, with
//! nothing clever in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A variable by number, or a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    Variable(usize),
    Constant(i64),
}

/// A predicate by number and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    pub(crate) predicate: usize,
    pub(crate) arguments: Vec<Term>,
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Positive(Atom),
    Negative(Atom),
    Different(Term, Term),
    Less(Term, Term),
    /// A variable is the number of solutions of an atom that differ in its variables.
    Count(usize, Atom),
}

/// A rule, or a fact where it has no conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) head: Atom,
    pub(crate) body: Vec<Literal>,
}

/// Facts and rules; a predicate depends negatively only on those with smaller strata.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    /// Number of arguments of each predicate.
    pub(crate) arities: Vec<usize>,
    /// Stratum of each predicate.
    pub(crate) strata: Vec<usize>,
    pub(crate) rules: Vec<Rule>,
}

type Tuples = BTreeSet<Vec<i64>>;
type Binding = BTreeMap<usize, i64>;

impl Program {
    /// Everything that holds.
    pub(crate) fn evaluate(&self) -> Vec<Tuples> {
        let mut known = vec![Tuples::new(); self.arities.len()];
        let last = self.strata.iter().copied().max().unwrap_or(0);
        for stratum in 0..=last {
            loop {
                let mut grew = false;
                for rule in &self.rules {
                    if self.strata[rule.head.predicate] != stratum {
                        continue;
                    }
                    for binding in solve(&rule.body, &known) {
                        let tuple = ground(&rule.head, &binding);
                        grew |= known[rule.head.predicate].insert(tuple);
                    }
                }
                if !grew {
                    break;
                }
            }
        }
        known
    }

    /// In the language of policies.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for rule in &self.rules {
            let head = atom_text(&rule.head);
            let body: Vec<String> = rule.body.iter().map(literal_text).collect();
            let _ = if body.is_empty() {
                writeln!(text, "{head}.")
            } else {
                writeln!(text, "{head} if {}.", body.join(" and "))
            };
        }
        for (predicate, arity) in self.arities.iter().enumerate() {
            let _ = writeln!(text, "input p{predicate}/{arity}.");
        }
        text
    }
}

fn value(term: Term, binding: &Binding) -> Option<i64> {
    match term {
        Term::Constant(number) => Some(number),
        Term::Variable(variable) => binding.get(&variable).copied(),
    }
}

fn ground(atom: &Atom, binding: &Binding) -> Vec<i64> {
    let value = |term: &Term| value(*term, binding).expect("a head's variables are bound");
    atom.arguments.iter().map(value).collect()
}

fn matches(atom: &Atom, known: &[Tuples], binding: &Binding) -> Vec<Binding> {
    let mut found = Vec::new();
    for tuple in &known[atom.predicate] {
        let mut extended = binding.clone();
        let holds =
            atom.arguments
                .iter()
                .zip(tuple)
                .all(|(term, number)| match value(*term, &extended) {
                    Some(known) => known == *number,
                    None => {
                        if let Term::Variable(variable) = term {
                            extended.insert(*variable, *number);
                        }
                        true
                    }
                });
        if holds {
            found.push(extended);
        }
    }
    found
}

fn solve(body: &[Literal], known: &[Tuples]) -> Vec<Binding> {
    let mut bindings = vec![Binding::new()];
    for literal in body {
        bindings = bindings
            .into_iter()
            .flat_map(|binding| extend(literal, known, binding))
            .collect();
    }
    bindings
}

fn extend(literal: &Literal, known: &[Tuples], binding: Binding) -> Vec<Binding> {
    let holds = |holds: bool, binding: Binding| if holds { vec![binding] } else { Vec::new() };
    match literal {
        Literal::Positive(atom) => matches(atom, known, &binding),
        Literal::Negative(atom) => {
            let none = matches(atom, known, &binding).is_empty();
            holds(none, binding)
        }
        Literal::Different(left, right) => {
            let differ = value(*left, &binding) != value(*right, &binding);
            holds(differ, binding)
        }
        Literal::Less(left, right) => {
            let less = value(*left, &binding) < value(*right, &binding);
            holds(less, binding)
        }
        Literal::Count(variable, atom) => {
            let count = matches(atom, known, &binding).len() as i64;
            match binding.get(variable) {
                Some(number) => {
                    let equal = *number == count;
                    holds(equal, binding)
                }
                None => {
                    let mut binding = binding;
                    binding.insert(*variable, count);
                    vec![binding]
                }
            }
        }
    }
}

fn term_text(term: &Term) -> String {
    match term {
        Term::Variable(variable) => format!("v{variable}"),
        Term::Constant(number) => number.to_string(),
    }
}

pub(crate) fn atom_text(atom: &Atom) -> String {
    let arguments: Vec<String> = atom.arguments.iter().map(term_text).collect();
    format!("p{}({})", atom.predicate, arguments.join(", "))
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Positive(atom) => atom_text(atom),
        Literal::Negative(atom) => format!("not {}", atom_text(atom)),
        Literal::Different(left, right) => format!("{} != {}", term_text(left), term_text(right)),
        Literal::Less(left, right) => format!("{} < {}", term_text(left), term_text(right)),
        Literal::Count(variable, atom) => format!("v{variable} = count(for {})", atom_text(atom)),
    }
}
