//! All predicates of a program, with what is said of each and what calls it.

use super::Find;
use super::graph::{Edge, Graph};
use super::walk;
use crate::rules::ast::{Atom, Clause, Declaration, DeclarationKind, Item, Name, Program};
use std::collections::BTreeMap;

/// One predicate.
pub(super) struct Entry<'p> {
    pub(super) name: &'p Name,
    pub(super) arity: usize,
    /// As items of the program.
    pub(super) clauses: Vec<usize>,
    /// Whether any of them has a body.
    pub(super) has_rule: bool,
    pub(super) declarations: Vec<&'p Declaration>,
    /// The first of its calls.
    pub(super) calls: Vec<&'p Atom>,
}

/// More calls of one predicate are not listed in a message.
const MOST_CALLS: usize = 6;

impl<'p> Entry<'p> {
    pub(super) fn declared(&self, kind: DeclarationKind) -> Option<&'p Declaration> {
        let is_such = |declaration: &&&Declaration| declaration.kind == kind;
        self.declarations.iter().find(is_such).copied()
    }

    /// Whether what it holds for is known only at run time.
    pub(super) fn is_open(&self) -> bool {
        self.declared(DeclarationKind::Input).is_some()
            || self.declared(DeclarationKind::External).is_some()
    }

    pub(super) fn is_defined(&self) -> bool {
        !self.clauses.is_empty() || self.is_open()
    }

    /// As in `role/2`.
    pub(super) fn indicator(&self) -> String {
        format!("{}/{}", self.name, self.arity)
    }
}

/// All predicates that a program defines, declares or calls; built-ins are none of them.
pub(super) struct Table<'p> {
    pub(super) program: &'p Program,
    pub(super) find: Find<'p>,
    pub(super) entries: Vec<Entry<'p>>,
    /// The number of each by name and arity.
    pub(super) index: BTreeMap<(&'p str, usize), usize>,
    pub(super) graph: Graph,
}

impl<'p> Table<'p> {
    pub(super) fn new(program: &'p Program, find: Find<'p>) -> Self {
        let mut table = Self {
            program,
            find,
            entries: Vec::new(),
            index: BTreeMap::new(),
            graph: Graph::new(0, Vec::new()),
        };
        let owners = table.define();
        let edges = table.connect(&owners);
        table.graph = Graph::new(table.entries.len(), edges);
        table
    }

    /// Takes in all heads and declarations; gives each rule's item and predicate.
    fn define(&mut self) -> Vec<(usize, usize)> {
        let mut owners = Vec::new();
        let mut last = None;
        for (place, item) in self.program.items.iter().enumerate() {
            let (name, arity) = match item {
                Item::Declaration(declaration) => (&declaration.name, declaration.arity.into()),
                Item::Clause(clause) => (&clause.head.name, clause.head.arguments.len()),
            };
            let number = self.number(name, arity, &mut last);
            let Some(entry) = self.entries.get_mut(number) else {
                continue;
            };
            match item {
                Item::Declaration(declaration) => entry.declarations.push(declaration),
                Item::Clause(clause) => {
                    entry.clauses.push(place);
                    if clause.body.is_some() {
                        entry.has_rule = true;
                        owners.push((place, number));
                    }
                }
            }
        }
        owners
    }

    fn connect(&mut self, owners: &[(usize, usize)]) -> Vec<Edge> {
        let mut edges = Vec::new();
        let mut last = None;
        for (place, from) in owners {
            let body = self.clause(*place).and_then(|clause| clause.body.as_ref());
            let Some(body) = body else { continue };
            walk::each_call(body, &mut |atom, under| {
                if (self.find)(&atom.name, atom.arguments.len()).is_some() {
                    return;
                }
                let to = self.number(&atom.name, atom.arguments.len(), &mut last);
                if let Some(entry) = self.entries.get_mut(to)
                    && entry.calls.len() < MOST_CALLS
                {
                    entry.calls.push(atom);
                }
                edges.push(Edge {
                    from: *from,
                    to,
                    under,
                    span: atom.span,
                });
            });
        }
        edges
    }

    /// The number of a predicate, a new one if it is new. `last` is what was looked up before, for
    /// the same name often comes again.
    fn number(&mut self, name: &'p Name, arity: usize, last: &mut Option<usize>) -> usize {
        let is_same = |entry: &Entry<'_>| entry.arity == arity && entry.name == name;
        if let Some(number) = last
            && self.entries.get(*number).is_some_and(is_same)
        {
            return *number;
        }
        let next = self.entries.len();
        let number = *self.index.entry((name, arity)).or_insert(next);
        if number == next {
            self.entries.push(Entry {
                name,
                arity,
                clauses: Vec::new(),
                has_rule: false,
                declarations: Vec::new(),
                calls: Vec::new(),
            });
        }
        *last = Some(number);
        number
    }

    /// The clause that an item is.
    pub(super) fn clause(&self, item: usize) -> Option<&'p Clause> {
        match self.program.items.get(item) {
            Some(Item::Clause(clause)) => Some(clause),
            _ => None,
        }
    }

    pub(super) fn clauses_of(&self, number: usize) -> impl Iterator<Item = &'p Clause> {
        let clauses = self
            .entries
            .get(number)
            .map_or(&[][..], |entry| &entry.clauses);
        clauses.iter().filter_map(|item| self.clause(*item))
    }

    /// The number of what an atom calls; none for a built-in.
    pub(super) fn called(&self, atom: &Atom) -> Option<usize> {
        if (self.find)(&atom.name, atom.arguments.len()).is_some() {
            return None;
        }
        self.index
            .get(&(atom.name.as_ref(), atom.arguments.len()))
            .copied()
    }

    pub(super) fn entry(&self, number: usize) -> Option<&Entry<'p>> {
        self.entries.get(number)
    }
}
