//! Predicates that depend on their own negation.

use super::analysis::Recursion;
use super::codes::RECURSION_THROUGH_NEGATION;
use super::table::Table;
use super::walk::Under;
use crate::rules::diagnostic::Diagnostic;
use std::collections::BTreeSet;

/// Finds one circle for each component that has any.
pub(super) fn check(table: &Table<'_>, recursion: &Recursion, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    let indicator = |number: usize| {
        let entry = table.entry(number);
        entry.map_or_else(String::new, |entry| format!("`{}`", entry.indicator()))
    };
    for edge in table.graph.edges() {
        let component = recursion.component(edge.from);
        let is_inside = component == recursion.component(edge.to);
        if edge.under == Under::Nothing || !is_inside || !seen.insert(component) {
            continue;
        }
        let way = table.graph.way(edge.to, edge.from, &recursion.components);
        let mut circle = vec![indicator(edge.from), indicator(edge.to)];
        circle.extend(way.iter().map(|step| indicator(step.to)));
        let mut diagnostic = RECURSION_THROUGH_NEGATION
            .at(
                edge.span,
                format!(
                    "{} depends on its own negation: {}",
                    indicator(edge.from),
                    circle.join(" → ")
                ),
            )
            .label(format!(
                "{} calls {} here{}",
                indicator(edge.from),
                indicator(edge.to),
                edge.under.words()
            ))
            .help(format!(
                "split {} so that what is asked{} does not depend on it",
                indicator(edge.from),
                edge.under.words()
            ));
        for step in way {
            diagnostic = diagnostic.related(
                step.span,
                format!(
                    "{} calls {} here{}",
                    indicator(step.from),
                    indicator(step.to),
                    step.under.words()
                ),
            );
        }
        found.push(diagnostic);
    }
}
