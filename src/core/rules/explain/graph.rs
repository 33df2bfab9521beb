//! The goals that an answer may rest on, and the ways in which each of them follows from others.

use super::bindings::{Key, freeze, order, renumber, thaw};
use super::evaluate::{Group, GroupKind, Leaf, Premise, Search, State, Stop};
use super::heads::{annotation, differs};
use super::proof::{Justification, Statement};
use super::text;
use crate::rules::ast::{Clause, Name};
use crate::rules::value::Value;
use std::collections::BTreeMap;

/// What may be proved, and how.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    goals: BTreeMap<(Name, Key), usize>,
    /// Goals whose rules were not looked at yet, the nearest to what was asked first.
    open: std::collections::VecDeque<usize>,
}

/// Something that holds if one of its edges does.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) statement: Option<Statement>,
    /// Ways, in the order in which they are preferred.
    pub(super) edges: Vec<usize>,
    /// Rules between it and what was asked.
    distance: u32,
    /// The values of a goal of the program.
    arguments: Vec<Value>,
}

/// One way in which a node holds: all of the premises do.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) node: usize,
    pub(super) premises: Vec<usize>,
    /// What it adds to the greatest height of its premises.
    pub(super) weight: u32,
    /// None where the premises take the place of the node.
    pub(super) justification: Option<Justification>,
}

impl Graph {
    /// Adds the ways in which a query holds, and gives the node that stands for it.
    pub(super) fn root(
        &mut self,
        search: &mut Search<'_>,
        states: &[State],
    ) -> Result<usize, Stop> {
        let root = self.node(None, 0);
        let ways = search.ways(states);
        for way in &ways {
            let premises = self.premises(search, way, 0)?;
            self.edge(root, premises, 0, None);
        }
        Ok(root)
    }

    /// Looks at the rules of goals up to a distance. Whether all goals were looked at.
    pub(super) fn expand(&mut self, search: &mut Search<'_>, distance: u32) -> Result<bool, Stop> {
        while let Some(&node) = self.open.front() {
            let Some(Node {
                statement:
                    Some(Statement {
                        name: Some(name), ..
                    }),
                distance: found,
                arguments,
                ..
            }) = self.nodes.get(node)
            else {
                self.open.pop_front();
                continue;
            };
            if *found >= distance {
                return Ok(false);
            }
            let (name, arguments, next) = (name.clone(), arguments.clone(), found + 1);
            self.open.pop_front();
            self.expand_goal(search, node, &name, &arguments, next)?;
        }
        Ok(true)
    }

    fn expand_goal(
        &mut self,
        search: &mut Search<'_>,
        node: usize,
        name: &Name,
        arguments: &[Value],
        distance: u32,
    ) -> Result<(), Stop> {
        let explainer = search.explainer;
        let Some(predicate) = explainer.predicate(name, arguments.len()) else {
            return Ok(());
        };
        for index in &predicate.rules {
            search.spend(1)?;
            if explainer
                .clause(*index)
                .is_some_and(|clause| differs(clause, arguments).is_some())
            {
                continue;
            }
            let Some(clause) = explainer.clause(*index) else {
                continue;
            };
            for way in search.ways_of(*index, arguments)?.iter() {
                let premises = self.premises(search, way, distance)?;
                let weight = u32::from(clause.body.is_some());
                let justification = Some(justify(*index, clause));
                self.edge(node, premises, weight, justification);
            }
        }
        if predicate.input
            && self
                .nodes
                .get(node)
                .is_some_and(|node| node.edges.is_empty())
        {
            self.edge(node, Vec::new(), 0, Some(Justification::InputFact));
        }
        Ok(())
    }

    /// The node of a goal of the program; facts are looked up at once.
    fn goal(
        &mut self,
        search: &mut Search<'_>,
        name: &Name,
        arguments: &[Value],
        distance: u32,
    ) -> Result<Option<usize>, Stop> {
        let numbered = renumber(arguments).and_then(|(numbered, _)| freeze(&numbered));
        let Some(arguments) = search.nested(numbered) else {
            return Ok(None);
        };
        let key = (name.clone(), Key(arguments.clone()));
        if let Some(node) = self.goals.get(&key) {
            return Ok(Some(*node));
        }
        search.keep(&arguments)?;
        let count = self.goals.len() as u64 + 1;
        let limit = u64::from(search.limits.max_goals);
        search.check("explain-goals", limit, count)?;
        let statement = Statement {
            text: text::call(name, &arguments),
            name: Some(name.clone()),
            arguments: thaw(&arguments),
        };
        let node = self.node(Some(statement), distance);
        if let Some(node) = self.nodes.get_mut(node) {
            node.arguments.clone_from(&arguments);
        }
        self.goals.insert(key, node);
        let explainer = search.explainer;
        let Some(predicate) = explainer.predicate(name, arguments.len()) else {
            return Ok(Some(node));
        };
        if let Some(index) = explainer.fact(predicate, &arguments) {
            let clause = explainer.clause(index);
            let justification = clause.map(|clause| justify(index, clause));
            self.edge(node, Vec::new(), 0, justification);
            return Ok(Some(node));
        }
        let was_given = |(other, values): &(Name, Vec<Value>)| {
            other == name && order(values, &arguments).is_eq()
        };
        if predicate.input && (predicate.rules.is_empty() || search.facts.iter().any(was_given)) {
            self.edge(node, Vec::new(), 0, Some(Justification::InputFact));
        } else {
            self.open.push_back(node);
        }
        Ok(Some(node))
    }

    fn premises(
        &mut self,
        search: &mut Search<'_>,
        premises: &[Premise],
        distance: u32,
    ) -> Result<Vec<usize>, Stop> {
        search.spend(premises.len() as u64)?;
        let mut nodes = Vec::new();
        for premise in premises {
            nodes.push(match premise {
                Premise::Call(name, arguments) => {
                    // A goal without a node can't be shown, and neither can what rests on it.
                    match self.goal(search, name, arguments, distance)? {
                        Some(node) => node,
                        None => self.node(None, distance),
                    }
                }
                Premise::Leaf(leaf) => self.leaf(search, leaf, distance),
                Premise::Group(group) => self.group(search, group, distance)?,
                Premise::Either(ways) => self.either(search, ways, distance)?,
            });
        }
        Ok(nodes)
    }

    fn either(
        &mut self,
        search: &mut Search<'_>,
        ways: &[Vec<Premise>],
        distance: u32,
    ) -> Result<usize, Stop> {
        let node = self.node(None, distance);
        for way in ways {
            let premises = self.premises(search, way, distance)?;
            self.edge(node, premises, 0, None);
        }
        Ok(node)
    }

    fn group(
        &mut self,
        search: &mut Search<'_>,
        group: &Group,
        distance: u32,
    ) -> Result<usize, Stop> {
        let statement = Statement {
            text: group.text.clone(),
            name: None,
            arguments: Vec::new(),
        };
        let node = self.node(Some(statement), distance);
        let parts = group
            .parts
            .iter()
            .map(|ways| self.either(search, ways, distance))
            .collect::<Result<Vec<_>, _>>()?;
        let justification = match &group.kind {
            GroupKind::Every => Justification::Every { cases: Vec::new() },
            GroupKind::Aggregate { value, solutions } => Justification::Aggregate {
                value: value.clone(),
                solutions: *solutions,
                shown: Vec::new(),
                more: solutions.saturating_sub(parts.len()),
            },
            GroupKind::Condition { held } => Justification::Condition { held: *held },
        };
        self.edge(node, parts, 1, Some(justification));
        Ok(node)
    }

    fn leaf(&mut self, search: &mut Search<'_>, leaf: &Leaf, distance: u32) -> usize {
        let (name, arguments, text, justification) = match leaf {
            Leaf::External(name, arguments) => (
                name.clone(),
                arguments.clone(),
                None,
                Justification::External,
            ),
            Leaf::Builtin(name, arguments, written) => {
                let written = written.to_string();
                let justification = Justification::Builtin { written };
                (name.clone(), arguments.clone(), None, justification)
            }
            Leaf::Comparison(comparison, left, right, written) => (
                comparison.name().into(),
                vec![left.clone(), right.clone()],
                Some(*comparison),
                Justification::Comparison {
                    written: written.to_string(),
                },
            ),
            Leaf::Absent(text) => {
                let statement = Statement {
                    text: text.to_string(),
                    name: None,
                    arguments: Vec::new(),
                };
                let node = self.node(Some(statement), distance);
                self.edge(node, Vec::new(), 0, Some(Justification::Absent));
                return node;
            }
        };
        let numbered = renumber(&arguments).map(|(numbered, _)| numbered);
        let arguments = search.nested(numbered).unwrap_or(arguments);
        let text = match (text, arguments.as_slice()) {
            (Some(comparison), [left, right]) => text::comparison(comparison, left, right),
            _ => text::call(&name, &arguments),
        };
        let statement = Statement {
            text,
            name: Some(name),
            arguments,
        };
        let node = self.node(Some(statement), distance);
        self.edge(node, Vec::new(), 0, Some(justification));
        node
    }

    fn node(&mut self, statement: Option<Statement>, distance: u32) -> usize {
        self.nodes.push(Node {
            statement,
            distance,
            ..Node::default()
        });
        self.nodes.len() - 1
    }

    fn edge(
        &mut self,
        node: usize,
        premises: Vec<usize>,
        weight: u32,
        justification: Option<Justification>,
    ) {
        let edge = self.edges.len();
        self.edges.push(Edge {
            node,
            premises,
            weight,
            justification,
        });
        if let Some(node) = self.nodes.get_mut(node) {
            node.edges.push(edge);
        }
    }
}

fn justify(index: usize, clause: &Clause) -> Justification {
    match clause.body {
        None => Justification::Fact {
            clause: index,
            span: clause.span,
            annotations: clause.annotations.clone(),
        },
        Some(_) => Justification::Rule {
            clause: index,
            span: clause.span,
            id: annotation(&clause.annotations, "id"),
            reason: annotation(&clause.annotations, "reason"),
        },
    }
}
