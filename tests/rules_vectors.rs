//! What the reference of the rule engine answered, against what the engine answers.
//!
//! Runs `rules.jsonl` of the folder in `ASSIZE_VECTORS` (default: `shared/vectors` beside the clone).
//! Differences are allowed by rule, never by case; `docs/deviations.md` explains the rules.

#[path = "rules_vectors/ask.rs"]
mod ask;
#[path = "rules_vectors/case.rs"]
mod case;
#[path = "rules_vectors/checks.rs"]
mod checks;
#[path = "rules_vectors/judge.rs"]
mod judge;
#[path = "rules_vectors/rules.rs"]
mod rules;
#[path = "rules_vectors/shapes.rs"]
mod shapes;
mod tally;
#[path = "rules_vectors/translate.rs"]
mod translate;

use case::Case;
use judge::{Verdict, judge, mended};
use tally::Tally;
use translate::Mend;

/// The names of all rules.
fn names() -> Vec<&'static str> {
    let mends = [Mend::Declare, Mend::Rename, Mend::Mark, Mend::Drop].map(mended);
    let rules = rules::RULES.iter().map(|rule| rule.name);
    rules
        .chain(mends)
        .chain(rules::OTHERS.iter().copied())
        .collect()
}

#[test]
fn every_difference_from_the_reference_is_meant() {
    let folder =
        std::env::var("ASSIZE_VECTORS").unwrap_or_else(|_| "../../../shared/vectors".to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{folder}/rules.jsonl")) else {
        println!("no rules.jsonl in {folder}: nothing is compared");
        return;
    };
    let mut tally = Tally::of(names());
    for (number, line) in (1..).zip(lines.lines()) {
        let case = Case::read(line).unwrap_or_else(|error| panic!("line {number}: {error}"));
        match judge(&case) {
            Verdict::Matched => tally.count([]),
            Verdict::Deviating(names) => tally.count(names),
            Verdict::Failed(why) => tally.failures.push(format!("{}: {why}", case.name)),
        }
    }
    tally.judge();
}

#[test]
fn every_rule_is_explained() {
    tally::all_are_explained(names());
}
