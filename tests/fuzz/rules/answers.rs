//! Programs with questions: how each ends, and what holds of its answers.

use super::super::Outcomes;
use super::{MARKER, has_errors, source, well_formed};
use assize_core::LimitReached;
use assize_core::rules::explain::{
    ExplainLimits, Explainer, Inquiry, SolveError, Solver, Table, verify,
};
use assize_core::rules::{
    Answer, Answers, ExternalAnswer, Format, KnowledgeBase, Limits, QueryError, QueryOptions, Step,
    Value, builtins::Context, check::sarif, check_sources, syntax,
};
use assize_service::json::rules::{Base, QueryRequest, answers_text};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// So small that no input takes long.
const LIMITS: Limits = Limits {
    max_steps: 5_000,
    max_depth: 300,
    max_answers: 30,
    max_table_answers: 500,
    max_bytes: 512 * 1024,
};

/// Steps between two looks at the limit, at most.
const SLACK: u64 = 10;

const EXPLAIN_LIMITS: ExplainLimits = ExplainLimits {
    max_steps: 5_000,
    max_goals: 500,
    max_bytes: 1 << 20,
    max_shown: 10,
    max_levels: 10,
    max_attempts: 10,
    max_nearest: 3,
};

pub(super) fn options() -> QueryOptions {
    QueryOptions {
        limits: LIMITS,
        now_ms: Some(1_700_000_000_000),
        explain: true,
        why_not: true,
        ..QueryOptions::default()
    }
}

/// Loads `data` as a program, as text or, where it begins so, as YAML or JSON, and asks each predicate.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_load(data: &[u8]) -> Outcomes {
    let text = String::from_utf8_lossy(data);
    let is_structured = ["{", "facts:", "rules:", "declarations:", "items:"]
        .iter()
        .any(|beginning| text.starts_with(beginning));
    let format = match is_structured {
        true => Format::Structured,
        false => Format::Text,
    };
    let sources = [source(&text, format)];
    let diagnostics = check_sources(&sources);
    well_formed(&diagnostics, &text, 0);
    let report = sarif(&diagnostics, &sources);
    assert!(serde_json::from_str::<serde_json::Value>(&report).is_ok());
    let base = match KnowledgeBase::load(&sources) {
        Ok(base) => base,
        Err(error) => {
            assert!(has_errors(&error.diagnostics));
            well_formed(&error.diagnostics, &text, 0);
            return vec![("load", false)];
        }
    };
    assert!(!has_errors(&diagnostics));
    let heads: BTreeSet<_> = syntax_heads(&base);
    for (name, arity) in heads.into_iter().take(4) {
        assert!(base.has_predicate(&name, arity));
        let arguments = vec!["_"; arity].join(", ");
        let goal = format!("{}({arguments})", syntax::print_name(&name));
        asked(
            &base,
            &goal,
            QueryOptions {
                explain: false,
                ..options()
            },
        );
    }
    vec![("load", true)]
}

fn syntax_heads(base: &KnowledgeBase) -> BTreeSet<(String, usize)> {
    use assize_core::rules::ast::Item;
    let program = base.program().expect("it was loaded");
    let items = program.items.iter();
    items
        .map(|item| match item {
            Item::Declaration(item) => (item.name.to_string(), usize::from(item.arity)),
            Item::Clause(item) => (item.head.name.to_string(), item.head.arguments.len()),
        })
        .collect()
}

/// Loads what stands before the marker, and asks what stands behind it.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_evaluation(data: &[u8]) -> Outcomes {
    let text = String::from_utf8_lossy(data);
    let (program, query) = text.split_once(MARKER).unwrap_or((&text, "p(x)"));
    let Ok(base) = KnowledgeBase::from_text("fuzz.rules", program) else {
        return vec![("program", false)];
    };
    vec![
        ("program", true),
        ("query", asked(&base, query, options()).is_some()),
    ]
}

/// Asks `data` of a program that does not change.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_query(data: &[u8]) -> Outcomes {
    static BASE: LazyLock<KnowledgeBase> = LazyLock::new(|| {
        KnowledgeBase::from_text("fixed.rules", super::seeds::FIXED).expect("it can be loaded")
    });
    let text = String::from_utf8_lossy(data);
    if let Err(problems) = syntax::parse_query(&text, 0) {
        well_formed(&problems, &text, 0);
    }
    if let Ok(term) = syntax::parse_term(&text, 0) {
        let written = syntax::print_term(&term);
        let again = syntax::parse_term(&written, 0).map(|term| syntax::print_term(&term));
        assert_eq!(again.as_ref(), Ok(&written), "{text}");
    }
    if let Ok(value) = syntax::parse_value(&text, 0) {
        let written = value.to_string();
        assert_eq!(syntax::parse_value(&written, 0), Ok(value), "{written}");
    }
    vec![("query", asked(&BASE, &text, options()).is_some())]
}

/// Reads `data` as the body of `POST /query`, and answers it.
///
/// # Panics
///
/// Where a property does not hold.
pub fn query_request(data: &[u8]) -> Outcomes {
    let Ok(request) = QueryRequest::read(data, LIMITS) else {
        return vec![("request", false)];
    };
    assert_eq!(
        request.options.limits,
        request.options.limits.within(LIMITS)
    );
    let Base::Inline(sources) = request.base else {
        return vec![("request", true)];
    };
    let Ok(base) = KnowledgeBase::load(&sources) else {
        return vec![("request", true), ("inline", false)];
    };
    let answered = asked(&base, &request.goal, request.options);
    if let Some(answers) = answered {
        let text = answers_text(answers, &sources);
        assert!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "{text}"
        );
    }
    vec![("request", true), ("inline", true)]
}

/// All answers; none where the query was refused or ended with an error.
pub(super) fn asked(base: &KnowledgeBase, goal: &str, options: QueryOptions) -> Option<Answers> {
    let first = run(base, goal, &options, 0);
    let paused = run(base, goal, &options, 7);
    match (&first, &paused) {
        // Limits on memory are looked at now and then, and also at a pause.
        (Ok(first), Ok(paused)) if !first.outcome.complete || !paused.outcome.complete => {
            let both = first.answers.iter().zip(&paused.answers);
            assert!(both.clone().all(|(one, other)| one == other), "{goal}");
        }
        (Ok(first), Ok(paused)) => assert_eq!(first, paused, "{goal}"),
        (Err(QueryError::Limit(_)), _) | (_, Err(QueryError::Limit(_))) => {}
        (Err(first), Err(paused)) => assert_eq!(first, paused, "{goal}"),
        (Ok(answers), Err(error)) | (Err(error), Ok(answers)) => {
            assert!(!answers.outcome.complete, "{goal}: {error}");
        }
    }
    let answers = match first {
        Ok(answers) => answers,
        Err(QueryError::Query(error)) => {
            assert!(has_errors(&error.diagnostics));
            return None;
        }
        Err(error) => {
            assert!(!error.to_string().trim().is_empty());
            return None;
        }
    };
    holds_of(&answers, &options);
    if options.explain && options.facts.is_empty() {
        proofs(base, goal, &answers.answers, options.limits);
    }
    Some(answers)
}

pub(super) fn run(
    base: &KnowledgeBase,
    goal: &str,
    options: &QueryOptions,
    pause: u64,
) -> Result<Answers, QueryError> {
    let mut query = base.query_text(goal, options.clone())?;
    let mut answers = Vec::new();
    loop {
        if pause > 0 {
            query.pause_after(pause);
        }
        match query.next()? {
            Step::Answer(answer) => answers.push(answer),
            Step::Pause => assert!(pause > 0),
            Step::NeedExternal(call) => {
                let answer = host(&call.arguments, call.id);
                query.provide(call.id, answer)?;
            }
            Step::Done(outcome) => {
                assert_eq!(query.next(), Ok(Step::Done(outcome.clone())));
                return Ok(Answers { answers, outcome });
            }
        }
    }
}

/// A host that knows nothing, everything, or fails.
fn host(arguments: &[Value], id: u64) -> ExternalAnswer {
    let row = |number: i64| -> Vec<Value> {
        let known = |value: &Value| match value {
            Value::Variable(_) => Value::Integer(number),
            value => value.clone(),
        };
        arguments.iter().map(known).collect()
    };
    match id % 4 {
        0 => ExternalAnswer::Failed("it is away".to_owned()),
        1 => ExternalAnswer::Solutions(vec![row(1), row(2), row(1)]),
        2 => ExternalAnswer::Solutions(Vec::new()),
        _ => ExternalAnswer::Solutions(vec![row(3)]),
    }
}

pub(super) fn holds_of(answers: &Answers, options: &QueryOptions) {
    let Answers { answers, outcome } = answers;
    let limits = options.limits;
    assert_eq!(answers.len(), outcome.answers as usize);
    assert!(answers.len() <= limits.max_answers as usize);
    let steps = outcome.steps;
    // A built-in is charged by its size, after it was called.
    let slack = SLACK + limits.max_bytes / 64;
    assert!(steps <= limits.max_steps.saturating_add(slack), "{steps}");
    assert_eq!(outcome.complete, outcome.truncated_by.is_none());
    if let Some(limit) = &outcome.truncated_by {
        let names = [
            "max-steps",
            "max-depth",
            "max-answers",
            "max-table-answers",
            "max-bytes",
            "max-integer-bytes",
        ];
        assert!(
            names.contains(&limit.name.as_str()) || limit.name == "max-term-depth",
            "{limit}"
        );
        assert!(limit.observed > limit.limit, "{limit}");
    }
    for (number, answer) in answers.iter().enumerate() {
        let again = answers
            .iter()
            .take(number)
            .any(|other| other.bindings == answer.bindings);
        assert!(!again, "{:?} is given twice", answer.bindings);
    }
    if outcome.why_not.is_some() {
        assert!(options.why_not && answers.is_empty());
    }
}

struct Asked<'a> {
    base: &'a KnowledgeBase,
    limits: Limits,
    /// Whether something could not be answered.
    gave_up: bool,
}

impl Solver for Asked<'_> {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let spelled = |value: &Value| match value {
            Value::Variable(number) => Some(format!("v{number}")),
            value if value.to_string().contains('_') => None,
            value => Some(value.to_string()),
        };
        let texts: Option<Vec<String>> = arguments.iter().map(spelled).collect();
        // Variables within terms, which are spelled with `_`, can't be asked for by name.
        let Some(texts) = texts else {
            self.gave_up = true;
            return Err(LimitReached {
                name: "spelling".to_owned(),
                limit: 0,
                observed: 1,
            }
            .into());
        };
        let goal = format!("{}({})", syntax::print_name(name), texts.join(", "));
        let options = QueryOptions {
            limits: self.limits,
            now_ms: options().now_ms,
            ..QueryOptions::default()
        };
        let answers = self
            .base
            .ask(&goal, options)
            .inspect_err(|_| self.gave_up = true)?;
        if let Some(limit) = answers.outcome.truncated_by {
            self.gave_up = true;
            return Err(limit.into());
        }
        let row = |answer: &Answer| {
            let value = |(text, value): (&String, &Value)| {
                let mut bindings = answer.bindings.iter();
                let known = bindings.find(|(name, _)| name.as_ref() == text);
                known.map_or_else(|| value.clone(), |(_, known)| known.clone())
            };
            texts.iter().zip(arguments).map(value).collect()
        };
        Ok(answers.answers.iter().map(row).collect())
    }
}

/// Every proof is one, or it can't be told within the limits.
fn proofs(base: &KnowledgeBase, goal: &str, answers: &[Answer], limits: Limits) {
    // Of a base that was restored, what is asked has been read.
    let program = base.program().expect("it can be read");
    let has_externals = program.items.iter().any(|item| {
        use assize_core::rules::ast::{DeclarationKind, Item};
        matches!(item, Item::Declaration(item) if item.kind == DeclarationKind::External)
    });
    let Ok(parsed) = syntax::parse_query(goal, u16::MAX) else {
        return;
    };
    // Some built-ins ask the host as well.
    let asks = |text: &str| text.contains("http_");
    if has_externals || asks(goal) || asks(&format!("{program:?}")) {
        return;
    }
    let explainer = Explainer::new(Arc::new(program.clone()));
    for answer in answers.iter().take(3) {
        let Some(proof) = &answer.proof else { continue };
        let table = Table(Context {
            now_ms: options().now_ms,
            room: 1 << 20,
        });
        let mut solver = Asked {
            base,
            limits,
            gave_up: false,
        };
        let mut inquiry = Inquiry {
            solver: &mut solver,
            builtins: &table,
            facts: &[],
            limits: EXPLAIN_LIMITS,
        };
        let checked = verify(proof, &parsed, &answer.bindings, &explainer, &mut inquiry);
        if let Err(problem) = checked {
            let is_limited = solver.gave_up || problem.ends_with("a limit was reached");
            assert!(is_limited, "{goal}: {problem}");
        }
    }
}
