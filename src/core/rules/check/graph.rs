//! Which predicate calls which.

use super::walk::Under;
use crate::rules::source::Span;
use std::collections::VecDeque;

/// One predicate calls another.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) under: Under,
    /// Of the first such call.
    pub(super) span: Span,
}

impl Edge {
    /// A call of which nothing more is known.
    pub(in crate::rules) fn call(from: usize, to: usize) -> Self {
        Self {
            from,
            to,
            under: Under::Nothing,
            span: Span::default(),
        }
    }
}

/// Predicates, counted from 0, and calls.
pub(in crate::rules) struct Graph {
    /// By caller; one for each called predicate and what it stands under.
    edges: Vec<Edge>,
    /// Where each node's edges begin, and at last where all end.
    starts: Vec<usize>,
}

impl Graph {
    pub(in crate::rules) fn new(nodes: usize, mut edges: Vec<Edge>) -> Self {
        edges.sort_by_key(|edge| (edge.from, edge.to, edge.under));
        edges.dedup_by_key(|edge| (edge.from, edge.to, edge.under));
        let mut starts = Vec::with_capacity(nodes + 1);
        for (place, edge) in edges.iter().enumerate() {
            while starts.len() <= edge.from {
                starts.push(place);
            }
        }
        starts.resize(nodes + 1, edges.len());
        Self { edges, starts }
    }

    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The calls that a predicate makes.
    pub(super) fn from(&self, node: usize) -> &[Edge] {
        match (self.starts.get(node), self.starts.get(node + 1)) {
            (Some(start), Some(end)) => self.edges.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The component of each node, numbered so that what is called has no greater number.
    pub(in crate::rules) fn components(&self) -> Vec<usize> {
        let nodes = self.starts.len().saturating_sub(1);
        let mut search = Search {
            order: vec![None; nodes],
            component: vec![None; nodes],
            open: Vec::new(),
            roots: Vec::new(),
            next_order: 0,
            next_component: 0,
        };
        for node in 0..nodes {
            search.run(self, node);
        }
        search
            .component
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect()
    }

    /// The shortest way from one node to another within a component, as edges; empty if it is the same.
    pub(super) fn way(&self, from: usize, to: usize, components: &[usize]) -> Vec<Edge> {
        let mut reached_by: std::collections::BTreeMap<usize, Edge> = Default::default();
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            if node == to {
                break;
            }
            for edge in self.from(node) {
                let is_inside = components.get(edge.to) == components.get(from);
                if is_inside && edge.to != from && !reached_by.contains_key(&edge.to) {
                    reached_by.insert(edge.to, *edge);
                    queue.push_back(edge.to);
                }
            }
        }
        let mut way = Vec::new();
        let mut node = to;
        while node != from {
            let Some(edge) = reached_by.get(&node) else {
                break;
            };
            way.push(*edge);
            node = edge.from;
        }
        way.reverse();
        way
    }
}

/// Finds strongly connected components by their paths, without recursion.
struct Search {
    order: Vec<Option<usize>>,
    component: Vec<Option<usize>>,
    /// Nodes without a component yet, in order.
    open: Vec<usize>,
    /// Those of them that may be the first of their component.
    roots: Vec<usize>,
    next_order: usize,
    next_component: usize,
}

impl Search {
    fn run(&mut self, graph: &Graph, start: usize) {
        if self.order_of(start).is_some() {
            return;
        }
        let mut frames = vec![(start, 0)];
        self.enter(start);
        while let Some((node, next)) = frames.last_mut() {
            let node = *node;
            let Some(edge) = graph.from(node).get(*next) else {
                frames.pop();
                self.leave(node);
                continue;
            };
            *next += 1;
            match self.order_of(edge.to) {
                None => {
                    self.enter(edge.to);
                    frames.push((edge.to, 0));
                }
                Some(order) if self.component.get(edge.to).copied().flatten().is_none() => {
                    while self
                        .roots
                        .last()
                        .is_some_and(|root| self.order_of(*root) > Some(order))
                    {
                        self.roots.pop();
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn order_of(&self, node: usize) -> Option<usize> {
        self.order.get(node).copied().flatten()
    }

    fn enter(&mut self, node: usize) {
        if let Some(order) = self.order.get_mut(node) {
            *order = Some(self.next_order);
        }
        self.next_order += 1;
        self.open.push(node);
        self.roots.push(node);
    }

    fn leave(&mut self, node: usize) {
        if self.roots.last() != Some(&node) {
            return;
        }
        self.roots.pop();
        while let Some(member) = self.open.pop() {
            if let Some(component) = self.component.get_mut(member) {
                *component = Some(self.next_component);
            }
            if member == node {
                break;
            }
        }
        self.next_component += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
        let edges = edges.iter().map(|(from, to)| Edge {
            from: *from,
            to: *to,
            under: Under::Nothing,
            span: Span::default(),
        });
        Graph::new(nodes, edges.collect())
    }

    proptest! {
        #[test]
        fn nodes_share_a_component_just_if_they_reach_each_other(
            edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..24),
        ) {
            let graph = graph(8, &edges);
            let mut reach: [[bool; 8]; 8] =
                std::array::from_fn(|from| std::array::from_fn(|to| from == to));
            for (from, to) in &edges { reach[*from][*to] = true; }
            for via in 0..8 { for from in 0..8 { for to in 0..8 {
                reach[from][to] |= reach[from][via] && reach[via][to];
            }}}
            let components = graph.components();
            for from in 0..8 { for to in 0..8 {
                let is_same = components[from] == components[to];
                prop_assert_eq!(is_same, reach[from][to] && reach[to][from]);
                if reach[from][to] {
                    prop_assert!(components[from] >= components[to]);
                }
                if is_same && from != to {
                    let way = graph.way(from, to, &components);
                    prop_assert_eq!(way[0].from, from);
                    prop_assert_eq!(way[way.len() - 1].to, to);
                }
            }}
        }
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<_> = (0..200_000).map(|node| (node, node + 1)).collect();
        let components = graph(200_001, &edges).components();
        assert_eq!(components[200_000], 0);
        assert_eq!(components[0], 200_000);
    }
}
