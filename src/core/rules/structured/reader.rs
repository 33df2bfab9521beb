//! What reading terms, goals and documents has in common.

use super::super::source::Span;
use super::node::{Entry, Node, NodeKind, Problems, shorten};
use crate::rules::nearest::nearest;

/// Levels of goals and terms in each other.
pub(super) const MAX_LEVELS: usize = 200;

/// Reads nodes as parts of a program. What is wrong is reported and gives none.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) problems: Problems,
    levels: usize,
}

impl Reader {
    /// Reports an error with advice.
    pub(super) fn error<T>(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.problems.error(code, span, message, help);
        None
    }

    /// Reports that a node is not what it should be, unless it was reported before.
    pub(super) fn mismatch<T>(
        &mut self,
        code: &'static str,
        node: &Node,
        expected: &str,
        help: impl Into<String>,
    ) -> Option<T> {
        if matches!(node.kind, NodeKind::Broken) {
            return None;
        }
        let message = format!("{expected}, not {}", node.describe());
        self.error(code, node.span, message, help)
    }

    /// Reads something that may hold others of its kind.
    pub(super) fn nested<T>(
        &mut self,
        span: Span,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.levels >= MAX_LEVELS {
            let message = format!("goals and terms are nested deeper than {MAX_LEVELS} levels");
            let help = "split it into several facts or rules";
            return self.error("too-deep", span, message, help);
        }
        self.levels += 1;
        let outcome = read(self);
        self.levels -= 1;
        outcome
    }

    /// Reads every item, so that all that is wrong is reported.
    pub(super) fn each<T>(
        &mut self,
        items: &[Node],
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let outcomes: Vec<Option<T>> = items.iter().map(|item| read(self, item)).collect();
        outcomes.into_iter().collect()
    }

    /// The items of a list.
    pub(super) fn items<'node>(
        &mut self,
        node: &'node Node,
        expected: &str,
        help: &str,
    ) -> Option<&'node [Node]> {
        match &node.kind {
            NodeKind::List(items) => Some(items),
            _ => self.mismatch("wrong-shape", node, expected, help),
        }
    }

    /// Reports keys that are not known; whether there are none.
    pub(super) fn only_keys(&mut self, entries: &[Entry], known: &[&str], owner: &str) -> bool {
        let mut all_known = true;
        for entry in entries {
            if known.contains(&entry.key.as_ref()) {
                continue;
            }
            all_known = false;
            let message = format!("{owner} has no key `{}`", shorten(&entry.key));
            let help = match nearest(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys are {}", enumerate(known)),
            };
            self.problems
                .error("unknown-key", entry.key_span, message, help);
        }
        all_known
    }
}

/// `a`, `b` and `c`.
pub(super) fn enumerate(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
