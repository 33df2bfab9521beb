//! The least height of each goal, and the proof that has it.

use super::clauses::Explainer;
use super::evaluate::Search;
use super::graph::Graph;
use super::heads::bind_answer;
use super::proof::{Justification, Proof, ProofStep, Statement};
use super::text;
use super::variables::prepare_goal;
use super::{ExplainError, Inquiry, Memory};
use crate::rules::ast::{Goal, Name};
use crate::rules::value::Value;
use std::collections::{BTreeMap, BTreeSet};

impl Explainer {
    /// A proof of least height that a goal holds for an answer; of several the one whose clauses, and then
    /// whose answers, come first.
    ///
    /// # Errors
    ///
    /// `Limit` where a bound ended the search before any proof was found, `Query` where the engine can't
    /// answer what is needed, `Unproven` where the goal does not hold for these values.
    pub fn explain(
        &self,
        goal: &Goal,
        answer: &[(Name, Value)],
        inquiry: &mut Inquiry<'_>,
    ) -> Result<Proof, ExplainError> {
        self.explain_further(goal, answer, inquiry, &mut Memory::default())
    }

    /// The same with what was found out for other answers over the same facts; the bounds are for all together.
    ///
    /// # Errors
    ///
    /// As [`Explainer::explain`].
    pub fn explain_further(
        &self,
        goal: &Goal,
        answer: &[(Name, Value)],
        inquiry: &mut Inquiry<'_>,
        memory: &mut Memory,
    ) -> Result<Proof, ExplainError> {
        let mut search = Search::new(self, inquiry);
        search.memory = std::mem::take(memory);
        let proof = prove(&mut search, goal, answer);
        *memory = std::mem::take(&mut search.memory);
        proof
    }
}

/// The same within a search that has begun.
pub(super) fn prove(
    search: &mut Search<'_>,
    goal: &Goal,
    answer: &[(Name, Value)],
) -> Result<Proof, ExplainError> {
    let (goal, scope) = prepare_goal(goal);
    let Some(state) = bind_answer(search, &scope, answer) else {
        return Err(failure(search, text::written(&goal).to_string()));
    };
    let text = text::goal(&goal, &scope, &state.bindings);
    let mut graph = Graph::default();
    let states = search.goal(&goal, &scope, vec![state]);
    let root = states.and_then(|states| graph.root(search, &states));
    let Ok(root) = root else {
        return Err(failure(search, text));
    };
    let mut distance = 1;
    loop {
        let expanded = graph.expand(search, distance);
        let heights = Heights::new(&graph);
        let height = heights.of(root);
        // A proof of less height rests on goals that are nearer than its height, and those are all known.
        let is_least = height.is_some_and(|height| height <= distance);
        if let (Ok(false), false) = (expanded, is_least) {
            distance = distance.saturating_mul(2);
            continue;
        }
        let minimal = (is_least || expanded.is_ok()) && !search.doubt;
        return match Extraction::new(&graph, &heights).proof(root, &text) {
            Some(steps) if search.keep_proof(&steps).is_ok() => Ok(Proof { steps, minimal }),
            Some(_) => Err(failure(search, text)),
            None => Err(failure(search, text)),
        };
    }
}

fn failure(search: &Search<'_>, text: String) -> ExplainError {
    search
        .trouble
        .clone()
        .unwrap_or(ExplainError::Unproven(text))
}

/// The least height of each node that can be proved.
struct Heights(Vec<Option<u32>>);

impl Heights {
    /// Settles nodes from the least height to the greatest: an edge is settled with its last premise.
    fn new(graph: &Graph) -> Self {
        let mut heights = vec![None; graph.nodes.len()];
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
        let mut missing = Vec::with_capacity(graph.edges.len());
        let mut next = BTreeSet::new();
        for (index, edge) in graph.edges.iter().enumerate() {
            missing.push(edge.premises.len());
            for premise in &edge.premises {
                if let Some(dependents) = dependents.get_mut(*premise) {
                    dependents.push(index);
                }
            }
            if edge.premises.is_empty() {
                next.insert((0, edge.node));
            }
        }
        while let Some((height, node)) = next.pop_first() {
            match heights.get_mut(node) {
                Some(settled @ None) => *settled = Some(height),
                _ => continue,
            }
            for index in dependents.get(node).into_iter().flatten() {
                let (Some(missing), Some(edge)) =
                    (missing.get_mut(*index), graph.edges.get(*index))
                else {
                    continue;
                };
                *missing -= 1;
                if *missing == 0 {
                    next.insert((height + edge.weight, edge.node));
                }
            }
        }
        Self(heights)
    }

    fn of(&self, node: usize) -> Option<u32> {
        self.0.get(node).copied().flatten()
    }
}

/// Reads the proof of least height from a graph.
struct Extraction<'g> {
    graph: &'g Graph,
    heights: &'g Heights,
    steps: Vec<ProofStep>,
    /// The step of each node that has one.
    known: BTreeMap<usize, usize>,
}

impl<'g> Extraction<'g> {
    const fn new(graph: &'g Graph, heights: &'g Heights) -> Self {
        Self {
            graph,
            heights,
            steps: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    fn proof(mut self, root: usize, text: &str) -> Option<Vec<ProofStep>> {
        let goals = self.visible(&[root])?;
        for goal in &goals {
            self.add(*goal)?;
        }
        // A goal that is asked twice is one step.
        if let [goal] = goals.as_slice()
            && self.known.get(goal) == self.steps.len().checked_sub(1).as_ref()
        {
            return Some(self.steps);
        }
        let premises: Vec<_> = goals
            .iter()
            .map(|goal| self.known.get(goal).copied())
            .collect::<Option<_>>()?;
        self.steps.push(ProofStep {
            goal: Statement {
                text: text.to_owned(),
                name: None,
                arguments: Vec::new(),
            },
            height: self.above(&premises),
            justification: Justification::Query,
            premises,
        });
        Some(self.steps)
    }

    /// Adds the step of a node after those that it needs.
    fn add(&mut self, node: usize) -> Option<()> {
        let mut pending = vec![(node, false)];
        while let Some((node, ready)) = pending.pop() {
            if self.known.contains_key(&node) {
                continue;
            }
            let edge = self.graph.edges.get(self.choose(node)?)?;
            let premises = self.visible(&edge.premises)?;
            if !ready {
                pending.push((node, true));
                pending.extend(premises.iter().rev().map(|premise| (*premise, false)));
                continue;
            }
            let premises: Vec<_> = premises
                .iter()
                .map(|premise| self.known.get(premise).copied())
                .collect::<Option<_>>()?;
            let lengths = || -> Option<Vec<usize>> {
                edge.premises
                    .iter()
                    .map(|part| Some(self.visible(&[*part])?.len()))
                    .collect()
            };
            let justification = match edge.justification.clone()? {
                Justification::Every { .. } => Justification::Every { cases: lengths()? },
                Justification::Aggregate {
                    value,
                    solutions,
                    more,
                    ..
                } => Justification::Aggregate {
                    value,
                    solutions,
                    shown: lengths()?,
                    more,
                },
                other => other,
            };
            self.known.insert(node, self.steps.len());
            self.steps.push(ProofStep {
                goal: self.graph.nodes.get(node)?.statement.clone()?,
                height: self.above(&premises),
                justification,
                premises,
            });
        }
        Some(())
    }

    fn above(&self, premises: &[usize]) -> u32 {
        premises
            .iter()
            .filter_map(|premise| self.steps.get(*premise))
            .map(|step| step.height + 1)
            .max()
            .unwrap_or(0)
    }

    /// The first edge of least height.
    fn choose(&self, node: usize) -> Option<usize> {
        let height = self.heights.of(node)?;
        let edges = &self.graph.nodes.get(node)?.edges;
        edges.iter().copied().find(|edge| {
            self.graph.edges.get(*edge).is_some_and(|edge| {
                let premises = edge
                    .premises
                    .iter()
                    .map(|premise| self.heights.of(*premise));
                let highest = premises.collect::<Option<Vec<_>>>();
                highest.is_some_and(|heights| match heights.iter().max() {
                    Some(highest) => highest + edge.weight == height,
                    None => height == 0,
                })
            })
        })
    }

    /// Nodes with those that have no step of their own replaced by what they rest on.
    fn visible(&self, nodes: &[usize]) -> Option<Vec<usize>> {
        let mut visible = Vec::new();
        let mut pending: Vec<_> = nodes.iter().rev().copied().collect();
        while let Some(node) = pending.pop() {
            if self.graph.nodes.get(node)?.statement.is_some() {
                visible.push(node);
                continue;
            }
            let edge = self.graph.edges.get(self.choose(node)?)?;
            pending.extend(edge.premises.iter().rev());
        }
        Some(visible)
    }
}
