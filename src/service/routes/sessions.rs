//! Governors that remember. A session is a snapshot in the store; each call restores it, acts, and puts the
//! new snapshot in its place, or changes nothing.

use crate::engines::{CycleSession, EngineError, GovernorSession, StepSession};
use crate::http::{JsonBody, SessionId, json};
use crate::problem::{Problem, ProblemAnswer};
use crate::service::Service;
use crate::store::{Replaced, SessionRecord};
use assize_json::GovernorKind;
use assize_json::answers::{
    ConfigAnswer, CycleAuditAnswer, EvaluationAnswer, SessionAnswer, SessionAuditAnswer, StepAnswer,
};
use assize_json::schemas::{OpenBody, OutputsBody, StepBody, WisdomBody};
use assize_json::{Document, OpenRequest, OutputsRequest, StepRequest, read_wisdom};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;

/// How often a change is tried again because another one came first.
const MOST_TRIES: usize = 64;

/// A restored session of either kind.
enum Session<'a> {
    Cycle(Box<dyn CycleSession + 'a>),
    Step(Box<dyn StepSession + 'a>),
}

impl<'a> Session<'a> {
    fn restore(service: &'a Service, record: &SessionRecord) -> Result<Self, EngineError> {
        let engines = service.engines.as_ref();
        Ok(match record.kind {
            GovernorKind::Cycle => Self::Cycle(engines.restore_cycle_governor(&record.snapshot)?),
            GovernorKind::Session => {
                Self::Step(engines.restore_session_governor(&record.snapshot)?)
            }
        })
    }

    fn governor(&mut self) -> &mut (dyn GovernorSession + 'a) {
        match self {
            Self::Cycle(session) => session.as_mut(),
            Self::Step(session) => session.as_mut(),
        }
    }

    fn cycle(&mut self) -> Result<&mut (dyn CycleSession + 'a), Problem> {
        match self {
            Self::Cycle(session) => Ok(session.as_mut()),
            Self::Step(_) => Err(Problem::conflict(
                "this is a session governor: POST to its `step`",
            )),
        }
    }

    fn step(&mut self) -> Result<&mut (dyn StepSession + 'a), Problem> {
        match self {
            Self::Step(session) => Ok(session.as_mut()),
            Self::Cycle(_) => Err(Problem::conflict(
                "this is a cycle governor: POST to its `evaluate`",
            )),
        }
    }

    fn answer<'r>(
        &mut self,
        id: &'r str,
        record: &SessionRecord,
    ) -> Result<SessionAnswer<'r>, EngineError> {
        let config = match self {
            Self::Cycle(session) => ConfigAnswer::Cycle(session.settings()?.into()),
            Self::Step(session) => ConfigAnswer::Session(session.settings()?.into()),
        };
        let status = self.governor().status()?;
        Ok(SessionAnswer {
            id,
            governor: record.kind.as_str(),
            config,
            total_cycles: status.total_cycles,
            stopped: status.stopped,
            budget_remaining: status.budget_remaining,
            sequence: record.sequence,
            created_ms: record.created_ms,
            updated_ms: record.updated_ms,
        })
    }
}

async fn load(service: &Service, id: &str) -> Result<SessionRecord, Problem> {
    let record = service.store.load(id).await?;
    record.ok_or_else(|| Problem::no_session(id))
}

/// Acts on a session and keeps what became of it. Where another change came first, acts again on that.
async fn change<T>(
    service: &Service,
    id: &str,
    act: impl Fn(&mut Session<'_>, &SessionRecord) -> Result<T, Problem>,
) -> Result<T, Problem> {
    for _ in 0..MOST_TRIES {
        let mut record = load(service, id).await?;
        record.sequence = record.sequence.saturating_add(1);
        record.updated_ms = service.platform.unix_ms();
        let acted = {
            let mut session = Session::restore(service, &record)?;
            let acted = act(&mut session, &record)?;
            record.snapshot = session.governor().snapshot()?.into();
            acted
        };
        match service.store.replace(id, record).await? {
            Replaced::Stored => return Ok(acted),
            Replaced::Changed => {}
            Replaced::Missing => return Err(Problem::no_session(id)),
        }
    }
    Err(Problem::conflict(
        "other requests keep changing this session; try again",
    ))
}

/// Open a session
#[utoipa::path(
    post,
    path = "/v1/governor/sessions",
    tag = "sessions",
    request_body = OpenBody,
    responses(
        (status = 201, description = "The session; `Location` names it", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn open(
    State(service): State<Arc<Service>>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let request = OpenRequest::read(&Document::parse(&body)?)?;
    let id = service.platform.identifier();
    let now = service.platform.unix_ms();
    let mut record = SessionRecord {
        kind: GovernorKind::default(),
        snapshot: Arc::default(),
        sequence: 0,
        created_ms: now,
        updated_ms: now,
    };
    let mut response = {
        let engines = service.engines.as_ref();
        let mut session = match request {
            OpenRequest::Cycle(config) => Session::Cycle(engines.open_cycle_governor(&config)?),
            OpenRequest::Session(config) => {
                record.kind = GovernorKind::Session;
                Session::Step(engines.open_session_governor(&config)?)
            }
        };
        record.snapshot = session.governor().snapshot()?.into();
        json(StatusCode::CREATED, &session.answer(&id, &record)?)
    };
    service.store.create(&id, record).await?;
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/governor/sessions/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Where a session stands
#[utoipa::path(
    get,
    path = "/v1/governor/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The session", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn get(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    let record = load(&service, &id).await?;
    let mut session = Session::restore(&service, &record)?;
    Ok(json(StatusCode::OK, &session.answer(&id, &record)?))
}

/// Forget a session
#[utoipa::path(
    delete,
    path = "/v1/governor/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    if service.store.delete(&id).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Problem::no_session(&id))
    }
}

/// Judge a session's next cycle
///
/// For cycle governors. After a stop it answers 409 until the session is reopened.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/evaluate",
    operation_id = "evaluate_in_session",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    request_body = OutputsBody,
    responses(
        (status = 200, description = "The judgement", body = EvaluationAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn evaluate(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let started = service.platform.monotonic();
    let document = Document::parse(&body)?;
    let request = OutputsRequest::read(&document)?;
    let evaluation = change(&service, &id, |session, _| {
        Ok(session.cycle()?.evaluate(&request.left, &request.right)?)
    })
    .await?;
    service.decided(evaluation.verdict, evaluation.risk, started);
    Ok(json(StatusCode::OK, &EvaluationAnswer::from(&evaluation)))
}

/// Weigh two answers
///
/// For session governors. After a freeze it answers 409 until the session is reopened.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/step",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    request_body = StepBody,
    responses(
        (status = 200, description = "The decision", body = StepAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn step(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let started = service.platform.monotonic();
    let document = Document::parse(&body)?;
    let request = StepRequest::read(&document)?;
    let decision = change(&service, &id, |session, _| {
        Ok(session.step()?.step(&request.left, &request.right)?)
    })
    .await?;
    service.decided(decision.verdict, decision.risk, started);
    Ok(json(StatusCode::OK, &StepAnswer::from(&decision)))
}

/// Permit further cycles after a stop
///
/// Budget, history and wisdom stay as they are.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/reopen",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The session", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn reopen(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    change(&service, &id, |session, record| {
        session.governor().reopen()?;
        Ok(json(StatusCode::OK, &session.answer(&id, record)?))
    })
    .await
}

/// Forget a session's cycles
///
/// The budget is whole again; wisdom stays.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/reset",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The session", body = SessionAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn reset(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    change(&service, &id, |session, record| {
        session.governor().reset()?;
        Ok(json(StatusCode::OK, &session.answer(&id, record)?))
    })
    .await
}

/// Everything that a session did
#[utoipa::path(
    get,
    path = "/v1/governor/sessions/{id}/audit",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    responses(
        (status = 200, description = "The trail of a cycle governor; a session governor's has `history`", body = AuditAnswer<'static>),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn audit(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    let record = load(&service, &id).await?;
    match Session::restore(&service, &record)? {
        Session::Cycle(mut session) => {
            let audit = session.audit()?;
            let answer = AuditAnswer::Cycle((&audit).into());
            Ok(json(StatusCode::OK, &answer))
        }
        Session::Step(mut session) => {
            let audit = session.audit()?;
            let answer = AuditAnswer::Session((&audit).into());
            Ok(json(StatusCode::OK, &answer))
        }
    }
}

/// The trail of either governor.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum AuditAnswer<'a> {
    Cycle(CycleAuditAnswer<'a>),
    Session(SessionAuditAnswer<'a>),
}

/// Keep a lesson beside a session
///
/// Kept, counted and returned with the audit; no formula reads it.
#[utoipa::path(
    post,
    path = "/v1/governor/sessions/{id}/wisdom",
    tag = "sessions",
    params(("id" = String, Path, description = "As answered when it was opened")),
    request_body = WisdomBody,
    responses(
        (status = 204, description = "It is kept"),
        (status = "default", description = "No answer, and why", body = ProblemAnswer<'static>, content_type = "application/problem+json")
    )
)]
pub(super) async fn add_wisdom(
    State(service): State<Arc<Service>>,
    SessionId(id): SessionId,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let wisdom = read_wisdom(&Document::parse(&body)?)?;
    change(&service, &id, |session, _| {
        session.governor().add_wisdom(wisdom.clone())?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
