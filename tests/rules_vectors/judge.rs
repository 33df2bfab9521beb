//! Whether an answer is the recorded one, or differs as a rule says.

use crate::ask::{Asked, Said, ask, numbered};
use crate::case::{Case, Mode};
use crate::rules::{self, RULES};
use crate::translate::Mend;
use assize_core::rules::Value;
use assize_core::rules::structured::value_to_json;

/// What came of one case.
#[derive(Debug)]
pub(crate) enum Verdict {
    Matched,
    Deviating(Vec<&'static str>),
    Failed(String),
}

/// A panic, under whatever case.
pub(crate) const ENGINE_BUG: &str = "engine-bug";

pub(crate) fn judge(case: &Case) -> Verdict {
    let asked = ask(case);
    if matches!(asked.said, Said::Panicked) {
        return Verdict::Failed(format!("{ENGINE_BUG}: a panic"));
    }
    let mut names: Vec<_> = asked.mends.iter().map(|mend| mended(*mend)).collect();
    if is_as_recorded(case, &asked) {
        names.extend(rules::not_provided(case));
        return match names.is_empty() {
            true => Verdict::Matched,
            false => Verdict::Deviating(names),
        };
    }
    match RULES.iter().find(|rule| (rule.applies)(case, &asked)) {
        Some(rule) if (rule.holds)(case, &asked) => {
            names.push(rule.name);
            names.extend(rules::not_provided(case));
            Verdict::Deviating(names)
        }
        Some(rule) => Verdict::Failed(format!("not as `{}` says: {:?}", rule.name, asked.said)),
        None => Verdict::Failed(format!("no rule for {:?}", asked.said)),
    }
}

/// The rule under which a mended program counts: it was refused as it stands.
pub(crate) const fn mended(mend: Mend) -> &'static str {
    match mend {
        Mend::Declare => "unknown-predicate-refused",
        Mend::Rename => "built-in-name-refused",
        Mend::Mark => "unbound-head-variable-refused",
        Mend::Drop => "unneeded-unbound-input-refused",
    }
}

fn is_as_recorded(case: &Case, asked: &Asked) -> bool {
    let (Said::Answered(answers, _), None) = (&asked.said, case.error()) else {
        return false;
    };
    if case.mode() == Mode::Whether {
        return case.expected.field("result") == Some(&Value::Boolean(!answers.is_empty()));
    }
    match &case.anchor {
        Some((solutions, is_ordered)) => same(answers, solutions, *is_ordered),
        None => same(answers, &case.solutions(), true),
    }
}

pub(crate) fn same(left: &[Value], right: &[Value], is_ordered: bool) -> bool {
    let written = |answers: &[Value]| {
        let mut all: Vec<_> = answers
            .iter()
            .map(|answer| value_to_json(&numbered(answer)))
            .collect();
        if !is_ordered {
            all.sort();
        }
        all
    };
    written(left) == written(right)
}
