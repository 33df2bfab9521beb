//! Decisions about a subject, an action and a resource: the service's own way of asking, and AuthZEN's.

use crate::decide::decision::Judge;
use crate::decide::rules;
use crate::http::{Caller, JsonBody, json, json_text, name_decision};
use crate::knowledge::reference;
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use assize_core::rules::QueryOptions;
use assize_json::rules::schemas::{
    DecideBody, DecisionAnswer, EvaluationBody, EvaluationsAnswer, EvaluationsBody, MetadataAnswer,
    PermitAnswer, SearchAnswer,
};
use assize_json::rules::{
    DEFAULT_NAME, DecideRequest, EvaluationsRequest, Question, Semantic, Sought,
};
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;

/// The header that names the knowledge base that AuthZEN's routes ask.
const RULES: &str = "x-assize-rules";

/// Asks a knowledge base and keeps the answer where answers are kept.
async fn ask(
    service: &Service,
    caller: &Caller,
    (name, operation): (&str, &'static str),
    body: &JsonBody,
    mut options: QueryOptions,
    answer: impl FnOnce(&mut Judge<'_>) -> Result<String, Problem>,
) -> Result<Response, Problem> {
    let now = *options.now_ms.get_or_insert(service.now_ms());
    let (stored, state) = service.knowledge(caller, name).await?;
    let text = {
        let mut rules = state.load(service.engines.as_ref(), name)?;
        answer(&mut Judge::new(rules.as_mut(), options))?
    };
    let asked = reference(name, &stored, &state);
    let input = rules::input(body.text()?, now, service.rule_limits, &asked);
    let names = (rules::ENGINE, operation);
    let event = service.journal.keep_answer(caller, names, &input, &text);
    let event = event.await?;
    let mut response = json_text(StatusCode::OK, text);
    if let Some(event) = event {
        name_decision(&mut response, &event);
    }
    Ok(response)
}

/// Decide by a knowledge base
///
/// `deny` beats `escalate`, which beats `allow`; what nothing permits is denied. Each is asked with the identifiers
/// of subject, action and resource, or with four records, whichever the rules define.
#[utoipa::path(
    post,
    path = "/v1/rules/{name}/decide",
    operation_id = "decide_by_rules",
    tag = "rules",
    params(("name" = String, Path, description = "As it was put")),
    request_body = DecideBody,
    responses(
        (status = 200, description = "The decision", body = DecisionAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn decide(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let request = DecideRequest::read(body.text()?.as_bytes(), service.rule_limits)?;
    let DecideRequest { question, options } = request;
    let asking = ask(
        &service,
        &caller,
        (&name, "decide"),
        &body,
        options,
        |judge| Ok(judge.decide(&question)?.to_json()),
    );
    asking.await
}

fn base(headers: &HeaderMap) -> &str {
    let name = headers.get(RULES).and_then(|name| name.to_str().ok());
    name.unwrap_or(DEFAULT_NAME)
}

fn options(service: &Service) -> QueryOptions {
    QueryOptions {
        limits: service.rule_limits,
        ..QueryOptions::default()
    }
}

/// AuthZEN: one evaluation
///
/// By the knowledge base `default`, or the one that the header `x-assize-rules` names.
#[utoipa::path(
    post,
    path = "/access/v1/evaluation",
    operation_id = "access_evaluation",
    tag = "authzen",
    request_body = EvaluationBody,
    responses(
        (status = 200, description = "The decision", body = PermitAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluation(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let question = Question::read_evaluation(body.text()?.as_bytes())?;
    let place = (base(&headers), "evaluation");
    let options = options(&service);
    let asking = ask(&service, &caller, place, &body, options, |judge| {
        Ok(judge.decide(&question)?.to_evaluation())
    });
    asking.await
}

/// AuthZEN: many evaluations
#[utoipa::path(
    post,
    path = "/access/v1/evaluations",
    operation_id = "access_evaluations",
    tag = "authzen",
    request_body = EvaluationsBody,
    responses(
        (status = 200, description = "The decisions, in order; without `evaluations`, one decision", body = EvaluationsAnswer),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluations(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let request = EvaluationsRequest::read(body.text()?.as_bytes())?;
    let place = (base(&headers), "evaluations");
    let options = options(&service);
    let asking = ask(&service, &caller, place, &body, options, |judge| {
        evaluate_all(judge, request)
    });
    asking.await
}

fn evaluate_all(judge: &mut Judge<'_>, request: EvaluationsRequest) -> Result<String, Problem> {
    let mut answers = Vec::new();
    for item in request.items {
        let (permits, answer) = match item {
            Ok(question) => {
                let decision = judge.decide(&question)?;
                (decision.permits(), decision.to_evaluation())
            }
            Err(error) if request.single => return Err(error.into()),
            Err(error) => {
                let error = serde_json::json!({"status": 400, "message": error.to_string()});
                let answer = serde_json::json!({"decision": false, "context": {"error": error}});
                (false, answer.to_string())
            }
        };
        answers.push(answer);
        match request.semantic {
            Semantic::DenyOnFirstDeny if !permits => break,
            Semantic::PermitOnFirstPermit if permits => break,
            _ => {}
        }
    }
    Ok(if request.single {
        answers.concat()
    } else {
        format!("{{\"evaluations\":[{}]}}", answers.join(","))
    })
}

async fn search(
    service: &Service,
    caller: &Caller,
    headers: &HeaderMap,
    body: &JsonBody,
    sought: Sought,
) -> Result<Response, Problem> {
    let question = Question::read_search(body.text()?.as_bytes(), sought)?;
    let options = options(service);
    let place = (base(headers), "search");
    let asking = ask(service, caller, place, body, options, |judge| {
        let (names, reasons) = judge.search(&question, sought)?;
        let kind = match sought {
            Sought::Subject => question.subject.field("type"),
            Sought::Resource => question.resource.field("type"),
            Sought::Action => None,
        };
        let (_, field) = sought.part();
        let results = names.iter().map(|name| {
            let mut result = serde_json::Map::new();
            if let Some(assize_core::rules::Value::String(kind)) = kind {
                result.insert("type".to_owned(), kind.as_ref().into());
            }
            result.insert(field.to_owned(), name.as_str().into());
            result
        });
        let results: Vec<_> = results.collect();
        let answer = if reasons.is_empty() {
            serde_json::json!({"results": results})
        } else {
            serde_json::json!({"results": results, "context": {"reasons": reasons}})
        };
        Ok(answer.to_string())
    });
    asking.await
}

macro_rules! search_route {
    ($name:ident, $path:literal, $id:literal, $sought:expr, $title:literal) => {
        #[doc = $title]
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $id,
            tag = "authzen",
            request_body = EvaluationBody,
            responses(
                (status = 200, description = "All that may; `context` says why there may be more", body = SearchAnswer),
                (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
            )
        )]
        pub(super) async fn $name(
            State(service): State<Arc<Service>>,
            caller: Caller,
            headers: HeaderMap,
            body: JsonBody,
        ) -> Result<Response, Problem> {
            search(&service, &caller, &headers, &body, $sought).await
        }
    };
}

search_route!(
    search_subject,
    "/access/v1/search/subject",
    "access_search_subject",
    Sought::Subject,
    "AuthZEN: which subjects may"
);
search_route!(
    search_resource,
    "/access/v1/search/resource",
    "access_search_resource",
    Sought::Resource,
    "AuthZEN: to which resources"
);
search_route!(
    search_action,
    "/access/v1/search/action",
    "access_search_action",
    Sought::Action,
    "AuthZEN: which actions"
);

/// AuthZEN: where everything is
#[utoipa::path(
    get,
    path = "/.well-known/authzen-configuration",
    operation_id = "authzen_configuration",
    tag = "authzen",
    responses((status = 200, description = "The routes, below the host that the request names", body = MetadataAnswer))
)]
pub(super) async fn configuration(headers: HeaderMap) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost");
    let is_local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| {
        host.split_once(local)
            .is_some_and(|(before, _)| before.is_empty())
    });
    let scheme = if is_local { "http" } else { "https" };
    let at = |path: &str| format!("{scheme}://{host}{path}");
    json(
        StatusCode::OK,
        &MetadataAnswer {
            policy_decision_point: at(""),
            access_evaluation_endpoint: at("/access/v1/evaluation"),
            access_evaluations_endpoint: at("/access/v1/evaluations"),
            search_subject_endpoint: at("/access/v1/search/subject"),
            search_resource_endpoint: at("/access/v1/search/resource"),
            search_action_endpoint: at("/access/v1/search/action"),
        },
    )
}
