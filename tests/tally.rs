//! What came of recorded cases: which matched, and by which rules the others differ.

use std::collections::BTreeMap;

/// Counts cases by the rules by which they differ.
pub(crate) struct Tally {
    by_rule: BTreeMap<&'static str, usize>,
    pub(crate) matched: usize,
    deviating: usize,
    pub(crate) failures: Vec<String>,
}

impl Tally {
    pub(crate) fn of(rules: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            by_rule: rules.into_iter().map(|name| (name, 0)).collect(),
            matched: 0,
            deviating: 0,
            failures: Vec::new(),
        }
    }

    /// A case that differs by these rules; by none where it matched.
    pub(crate) fn count(&mut self, rules: impl IntoIterator<Item = &'static str>) {
        let mut rules = rules.into_iter().peekable();
        match rules.peek() {
            None => self.matched += 1,
            Some(_) => self.deviating += 1,
        }
        for name in rules {
            *self.by_rule.entry(name).or_default() += 1;
        }
    }

    /// Prints all of it. No case may fail, and no rule may be without one.
    #[expect(clippy::print_stdout, reason = "a test says what it counted")]
    pub(crate) fn judge(self) {
        let Self {
            by_rule,
            matched,
            deviating,
            failures,
        } = self;
        println!(
            "{matched} matched, {deviating} deviating, {} failed",
            failures.len()
        );
        by_rule
            .iter()
            .for_each(|(name, cases)| println!("  {name} {cases}"));
        let unused: Vec<_> = by_rule.iter().filter(|(_, cases)| **cases == 0).collect();
        assert!(failures.is_empty(), "unexplained:\n{}", failures.join("\n"));
        assert!(unused.is_empty(), "rules without a case: {unused:?}");
    }
}

/// Each rule stands in the document about deviations.
pub(crate) fn all_are_explained(rules: impl IntoIterator<Item = &'static str>) {
    let explained = include_str!("../docs/deviations.md");
    for name in rules {
        assert!(explained.contains(&format!("| `{name}` |")), "{name}");
    }
}
