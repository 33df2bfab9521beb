//! What the machine needs to know of each predicate before it runs: order, recursion, tables.

use super::table::{Entry, Table};
use super::tabling;
use super::walk::{self, Under};
use crate::rules::ast::{DeclarationKind, Goal, Name};
use crate::rules::builtins::{Group, Run};

/// All predicates of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Analysis {
    /// Those that have clauses or are declared to come from outside, by name and then arity.
    pub predicates: Vec<Predicate>,
}

/// What is known of a predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicate {
    /// Its name.
    pub name: Name,
    /// Its number of arguments.
    pub arity: usize,
    /// Where its answers come from.
    pub kind: PredicateKind,
    /// Its clauses, in order, as places in `Program::items`.
    pub clauses: Vec<usize>,
    /// Whether it calls itself, be it through others.
    pub recursive: bool,
    /// Predicates that call each other in a circle have the same number; what they call beside has a
    /// smaller one.
    pub component: usize,
    /// How many negations and aggregates stand at most between it and facts.
    pub stratum: u32,
    /// Whether its answers are kept in tables.
    pub tabled: bool,
    /// Whether its answers depend on nothing but the program: on no input, no host, no time.
    pub constant: bool,
}

/// Where a predicate's answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredicateKind {
    /// From facts of the program alone.
    Facts,
    /// From rules, and maybe facts.
    Rules,
    /// From facts that come at run time, and from its clauses if it has any.
    Input,
    /// From the host.
    External,
}

impl Analysis {
    /// The predicate of a name with so many arguments.
    #[must_use]
    pub fn predicate(&self, name: &str, arity: usize) -> Option<&Predicate> {
        let key = |predicate: &Predicate| predicate.name.as_ref().cmp(name);
        let place = self
            .predicates
            .binary_search_by(|predicate| key(predicate).then(predicate.arity.cmp(&arity)));
        place.ok().and_then(|place| self.predicates.get(place))
    }
}

/// What is found once and used by several checks, by number of predicate.
pub(super) struct Recursion {
    pub(super) components: Vec<usize>,
    pub(super) recursive: Vec<bool>,
    pub(super) tabled: Vec<bool>,
}

impl Recursion {
    pub(super) fn new(table: &Table<'_>) -> Self {
        let components = table.graph.components();
        let mut recursive = vec![false; components.len()];
        for edge in table.graph.edges() {
            // An edge within a component always lies on a circle.
            let is_inside = components.get(edge.from) == components.get(edge.to);
            if let (true, Some(recursive)) = (is_inside, recursive.get_mut(edge.from)) {
                *recursive = true;
            }
        }
        let tabled = tabling::tabled(table, &components, &recursive);
        Self {
            components,
            recursive,
            tabled,
        }
    }

    pub(super) fn component(&self, number: usize) -> usize {
        self.components.get(number).copied().unwrap_or_default()
    }

    pub(super) fn is_recursive(&self, number: usize) -> bool {
        self.recursive.get(number).copied().unwrap_or_default()
    }

    pub(super) fn is_tabled(&self, number: usize) -> bool {
        self.tabled.get(number).copied().unwrap_or_default()
    }
}

pub(super) fn analysis(table: &Table<'_>, recursion: &Recursion) -> Analysis {
    let strata = strata(table, recursion);
    let outside = outside(table, recursion);
    let predicates = table.index.values().filter_map(|number| {
        let entry = table.entry(*number).filter(|entry| entry.is_defined())?;
        let component = recursion.component(*number);
        Some(Predicate {
            name: entry.name.clone(),
            arity: entry.arity,
            kind: kind(entry),
            clauses: entry.clauses.clone(),
            recursive: recursion.is_recursive(*number),
            component,
            stratum: strata.get(component).copied().unwrap_or_default(),
            tabled: recursion.is_tabled(*number),
            constant: outside.get(component) != Some(&true),
        })
    });
    Analysis {
        predicates: predicates.collect(),
    }
}

fn kind(entry: &Entry<'_>) -> PredicateKind {
    if entry.declared(DeclarationKind::External).is_some() {
        PredicateKind::External
    } else if entry.declared(DeclarationKind::Input).is_some() {
        PredicateKind::Input
    } else if entry.has_rule {
        PredicateKind::Rules
    } else {
        PredicateKind::Facts
    }
}

/// By component.
fn strata(table: &Table<'_>, recursion: &Recursion) -> Vec<u32> {
    let mut strata = vec![0_u32; table.entries.len()];
    let mut nodes: Vec<usize> = (0..table.entries.len()).collect();
    nodes.sort_by_key(|node| recursion.component(*node));
    for node in nodes {
        let own = recursion.component(node);
        for edge in table.graph.from(node) {
            let called = recursion.component(edge.to);
            let below = strata.get(called).copied().unwrap_or_default();
            let least = below.saturating_add(u32::from(edge.under != Under::Nothing));
            if let Some(stratum) = strata.get_mut(own).filter(|_| called != own) {
                *stratum = least.max(*stratum);
            }
        }
    }
    strata
}

/// By component: whether something outside of the program bears on its answers.
fn outside(table: &Table<'_>, recursion: &Recursion) -> Vec<bool> {
    let mut outside = vec![false; table.entries.len()];
    let mut nodes: Vec<usize> = (0..table.entries.len()).collect();
    nodes.sort_by_key(|node| recursion.component(*node));
    for node in nodes {
        let own = recursion.component(node);
        let is_open = table.entry(node).is_some_and(Entry::is_open);
        let asks = table.clauses_of(node).any(|clause| {
            let body = clause.body.as_ref();
            body.is_some_and(|body| asks_outside(body, table))
        });
        let inherits = table
            .graph
            .from(node)
            .iter()
            .any(|edge| outside.get(recursion.component(edge.to)) == Some(&true));
        if let Some(outside) = outside.get_mut(own) {
            *outside |= is_open || asks || inherits;
        }
    }
    outside
}

/// Whether a body asks the host or the time.
fn asks_outside(body: &Goal, table: &Table<'_>) -> bool {
    let mut asks = false;
    walk::each_call(body, &mut |atom, _| {
        let built_in = (table.find)(&atom.name, atom.arguments.len());
        asks |= built_in.is_some_and(|built_in| {
            matches!(built_in.run, Run::External) || built_in.group == Group::Time
        });
    });
    walk::each_function(body, &mut |name| asks |= name.as_ref() == "now");
    asks
}
