//! The component answers the recorded cases of the rule engine as the core in the process does; what that answers
//! is compared with what was recorded in `rules_vectors.rs`.

use assize_core::rules::structured::goal_from_json;
use assize_core::rules::{ExternalAnswer, Format, Limits, QueryOptions, Source, Value, syntax};
use assize_service::{Engines, NativeEngines, RulesError, RulesStep};
use assize_tests::component;
use std::collections::BTreeSet;

#[path = "rules_vectors/case.rs"]
#[expect(dead_code, reason = "what is recorded is compared elsewhere")]
mod case;
#[path = "rules_vectors/translate.rs"]
#[expect(dead_code, reason = "what is recorded is compared elsewhere")]
mod translate;

use case::Case;
use translate::{Mend, write};

/// Small enough that no case takes long; reached alike by both.
const LIMITS: Limits = Limits {
    max_steps: 200_000,
    max_depth: 10_000,
    max_answers: 90,
    max_table_answers: 20_000,
    max_bytes: 16 * 1024 * 1024,
};

/// Everything that there is to hear: each step, and how it ended.
fn said(
    engine: &dyn Engines,
    sources: &[Source],
    goal: &str,
) -> Result<Vec<RulesStep>, RulesError> {
    let options = QueryOptions {
        limits: LIMITS,
        explain: true,
        why_not: true,
        ..QueryOptions::default()
    };
    let mut rules = engine.load_rules(sources)?;
    let mut cursor = rules.query(goal, &options)?;
    let mut steps = Vec::new();
    loop {
        let step = cursor.next()?;
        steps.push(step.clone());
        match step {
            RulesStep::Done(_) => return Ok(steps),
            RulesStep::NeedExternal(id, _) if id % 2 == 0 => {
                cursor.provide(id, ExternalAnswer::Failed("it is away".to_owned()))?;
            }
            RulesStep::NeedExternal(id, need) => {
                let answer = |value: &Value| match value {
                    Value::Variable(_) => Value::string("known"),
                    value => value.clone(),
                };
                let row = need.arguments.iter().map(answer).collect();
                cursor.provide(id, ExternalAnswer::Solutions(vec![row]))?;
            }
            RulesStep::Answer(_) | RulesStep::Pause => {}
        }
    }
}

#[test]
fn the_component_answers_the_recorded_cases_as_the_core_does() {
    let folder =
        std::env::var("ASSIZE_VECTORS").unwrap_or_else(|_| "../../shared/vectors".to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{folder}/rules.jsonl")) else {
        println!("no rules.jsonl in {folder}: nothing is compared");
        return;
    };
    let component = component();
    let (mut answered, mut refused) = (0, 0);
    for line in lines.lines() {
        let case = Case::read(line).unwrap();
        // As recorded, and with what could not be loaded mended.
        let all = BTreeSet::from([Mend::Declare, Mend::Rename, Mend::Mark, Mend::Drop]);
        for mends in [BTreeSet::new(), all] {
            let written = write(&case, &mends);
            let Ok(goal) = goal_from_json(&written.query) else {
                continue;
            };
            let goal = syntax::print_goal(&goal);
            let source = |text: String| Source {
                name: "case".into(),
                text: text.into(),
                format: Format::Structured,
            };
            let sources = [source(written.source), source(written.declarations)];
            let native = said(&NativeEngines, &sources, &goal);
            let same = said(component.as_ref(), &sources, &goal) == native;
            assert!(same, "{}: {goal}", case.name);
            *if native.is_ok() {
                &mut answered
            } else {
                &mut refused
            } += 1;
        }
    }
    println!("{answered} answered, {refused} refused, all alike");
    assert!(answered > 400, "{answered}");
}
