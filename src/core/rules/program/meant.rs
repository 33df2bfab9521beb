//! What a name that there is not was probably meant to be.

use super::Program;
use crate::rules::builtins;
use crate::rules::nearest::{count_arguments, nearest};
use std::collections::BTreeSet;

impl Program {
    /// What is to be said of a name and a number of arguments that no predicate has; none where nothing is near.
    pub(crate) fn meant(&self, name: &str, arity: usize) -> Option<String> {
        let own = self.arities(name);
        if !own.is_empty() {
            return Some(format!(
                "`{name}` has {}, not {arity}",
                count_arguments(&own)
            ));
        }
        let built_in = builtins::all().iter().map(|builtin| builtin.name);
        let defined = self.numbers.keys().map(|(name, _)| name.as_ref());
        let meant = nearest(name, defined.chain(built_in))?;
        let arities = self.arities(meant);
        Some(if arities.contains(&arity) {
            format!("did you mean `{meant}`?")
        } else {
            format!(
                "did you mean `{meant}`, which has {}?",
                count_arguments(&arities)
            )
        })
    }

    fn arities(&self, name: &str) -> BTreeSet<usize> {
        let defined = self
            .numbers
            .range((name.into(), 0)..=(name.into(), u8::MAX));
        let built_in = builtins::all()
            .iter()
            .filter(|builtin| builtin.name == name);
        defined
            .map(|((_, arity), _)| usize::from(*arity))
            .chain(built_in.map(|builtin| builtin.parameters.len()))
            .collect()
    }
}
