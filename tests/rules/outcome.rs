//! How a query ends, in one word.

use assize_core::rules::{KnowledgeBase, Limits, LoadError, QueryError, QueryOptions};

/// `answers <number>`, the name of a limit, `fault`, `external`, `conflict`, or the code of what is wrong with
/// the source or with the query.
pub(crate) fn outcome(program: &str, query: &str, limits: Limits) -> String {
    let base = match KnowledgeBase::from_text("hostile.rules", program) {
        Ok(base) => base,
        Err(error) => return code(&error),
    };
    let options = QueryOptions {
        limits,
        now_ms: Some(0),
        ..QueryOptions::default()
    };
    let Ok(restored) = KnowledgeBase::restore(&base.snapshot()) else {
        return "its snapshot is refused".to_owned();
    };
    let answers = base.ask(query, options.clone());
    assert_eq!(restored.ask(query, options), answers, "{query}");
    match answers {
        Ok(answers) => match answers.outcome.truncated_by {
            Some(limit) => {
                assert!(!answers.outcome.complete);
                limit.name
            }
            None => {
                assert!(answers.outcome.complete);
                assert!(answers.outcome.steps <= limits.max_steps + 1);
                format!("answers {}", answers.answers.len())
            }
        },
        Err(QueryError::Query(error)) => code(&error),
        Err(QueryError::Builtin { .. }) => "fault".to_owned(),
        Err(QueryError::External { .. }) => "external".to_owned(),
        Err(QueryError::Limit(limit)) => limit.name,
        Err(QueryError::Conflict(_)) => "conflict".to_owned(),
    }
}

fn code(error: &LoadError) -> String {
    let first = error.diagnostics.first();
    first.map_or_else(String::new, |diagnostic| diagnostic.code.to_owned())
}
