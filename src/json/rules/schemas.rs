//! The shape of requests and answers about rules, for the API's description.

#![expect(
    dead_code,
    reason = "described, never made: `requests` reads JSON itself, `reply` writes it"
)]

use super::{ExplanationAnswer, ProofStepAnswer, RulesReason};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A question to the rule engine.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "query": "allow(who, \"read\")",
    "sources": [{"name": "policy.rules", "text": "role(\"ann\", \"clerk\"). allow(who, \"read\") if role(who, \"clerk\")."}],
    "explain": true
}))]
pub struct QueryBody {
    /// The goal in text form, or a predicate and its arguments as an array in which `"?who"` is a variable.
    query: Json,
    /// The knowledge base that is asked; where absent, `default`.
    #[schema(nullable = false)]
    rules: Option<String>,
    /// Rules that are asked instead of a knowledge base.
    #[schema(nullable = false)]
    sources: Option<Vec<SourceBody>>,
    /// Facts that hold for this query only, of predicates declared `input`.
    #[schema(nullable = false, example = json!([["role", "ann", "clerk"]]))]
    facts: Option<Vec<Vec<Json>>>,
    /// Variables by which answers are sorted, each with `-` before it where the greatest comes first.
    #[schema(nullable = false)]
    order_by: Option<Vec<String>>,
    /// Calls of predicates and built-ins. This and the other bounds can only be lower than the server's.
    #[schema(nullable = false)]
    max_steps: Option<u64>,
    /// Height of the proof that is being tried.
    #[schema(nullable = false)]
    max_depth: Option<u32>,
    /// Answers that are given; also as `max_solutions`.
    #[schema(nullable = false)]
    max_answers: Option<u32>,
    /// Answers that all tables may hold.
    #[schema(nullable = false)]
    max_table_answers: Option<u32>,
    /// Bytes of terms, stacks and tables.
    #[schema(nullable = false)]
    max_bytes: Option<u64>,
    /// Whether each answer carries its proof.
    #[schema(nullable = false)]
    explain: Option<bool>,
    /// Whether a query without an answer says why.
    #[schema(nullable = false)]
    why_not: Option<bool>,
    /// Milliseconds since 1970-01-01 UTC; where absent, the server's clock.
    #[schema(nullable = false)]
    now: Option<i64>,
}

/// Facts and rules as text.
#[derive(Debug, ToSchema)]
pub struct SourceBody {
    /// What messages call it.
    #[schema(nullable = false, example = "policy.rules")]
    name: Option<String>,
    /// Facts and rules.
    text: String,
    /// `text` or `structured` (YAML or JSON).
    #[schema(nullable = false, default = "text")]
    format: Option<String>,
}

/// What a query is answered with.
#[derive(Debug, ToSchema)]
pub struct QueryAnswer {
    /// `allow` where there is an answer; `refine` where only the host could say; else `deny`.
    #[schema(example = "allow")]
    verdict: String,
    /// Why; the first is the decisive one.
    reasons: Vec<RulesReason>,
    /// In the order asked for, or found.
    answers: Vec<SolutionAnswer>,
    /// Whether these are all answers.
    complete: bool,
    /// The bound that ended it.
    truncated_by: Option<ReachedAnswer>,
    /// Calls of predicates and built-ins.
    steps: u64,
    /// Why there is no answer, where that was asked for; what was asked first.
    #[schema(nullable = false)]
    why_not: Option<Vec<ExplanationAnswer>>,
    /// What only the host could say.
    #[schema(nullable = false)]
    needs: Option<NeedAnswer>,
}

/// One way in which a query holds.
#[derive(Debug, ToSchema)]
pub struct SolutionAnswer {
    /// Variables and their values.
    bindings: BTreeMap<String, Json>,
    /// Why it holds; the last step is what was asked.
    #[schema(nullable = false)]
    proof: Option<Vec<ProofStepAnswer>>,
}

/// A bound that was reached.
#[derive(Debug, ToSchema)]
pub struct ReachedAnswer {
    #[schema(example = "max-steps")]
    name: String,
    limit: u64,
    observed: u64,
}

/// What only the host could say.
#[derive(Debug, ToSchema)]
pub struct NeedAnswer {
    /// The predicate.
    name: String,
    /// What it was called with; what is asked for is `{"$variable": n}`.
    arguments: Vec<Json>,
}

/// A version of a knowledge base.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"sources": [{"name": "policy.rules", "text": "input role/2. allow(who, \"read\", _) if role(who, \"clerk\")."}]}))]
pub struct VersionBody {
    /// Facts and rules.
    sources: Vec<SourceBody>,
    /// Whether it is asked from now on.
    #[schema(nullable = false, default = true)]
    activate: Option<bool>,
}

/// Which version is asked from now on.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"version": 1}))]
pub struct ActivationBody {
    version: u64,
}

/// Facts that go and facts that come; each a predicate and its arguments.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"add": [["role", "ann", "clerk"]], "remove": [["role", "bob", "clerk"]]}))]
pub struct FactsBody {
    #[schema(nullable = false)]
    add: Option<Vec<Vec<Json>>>,
    #[schema(nullable = false)]
    remove: Option<Vec<Vec<Json>>>,
}

/// Who wants to do what to what. Each of the first three is a text or a record with an `id`, or a `name` for an action.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"subject": "ann", "action": "read", "resource": {"type": "document", "id": "d1"}, "context": {"ip": "10.0.0.1"}}))]
pub struct DecideBody {
    subject: Json,
    action: Json,
    resource: Json,
    /// Circumstances, for rules that want four records.
    #[schema(nullable = false)]
    context: Option<BTreeMap<String, Json>>,
    /// Facts that hold for this decision only, of predicates declared `input`.
    #[schema(nullable = false)]
    facts: Option<Vec<Vec<Json>>>,
    /// Whether a refusal says why nothing permits it.
    #[schema(nullable = false)]
    why_not: Option<bool>,
    /// Milliseconds since 1970-01-01 UTC; where absent, the server's clock.
    #[schema(nullable = false)]
    now: Option<i64>,
}

/// A decision.
#[derive(Debug, ToSchema)]
pub struct DecisionAnswer {
    /// `allow`, `deny`, `escalate`, `transform`, or `refine` where only the host could say.
    #[schema(example = "allow")]
    verdict: String,
    /// Why; the first is the decisive one.
    reasons: Vec<RulesReason>,
    /// What must be done with it; absent but for `transform`.
    #[schema(nullable = false)]
    obligations: Option<Vec<Json>>,
    /// Calls of predicates and built-ins.
    steps: u64,
    /// Why nothing permits it, where that was asked for.
    #[schema(nullable = false)]
    why_not: Option<Vec<ExplanationAnswer>>,
    /// What only the host could say.
    #[schema(nullable = false)]
    needs: Option<NeedAnswer>,
}

/// A question of the AuthZEN Authorization API 1.0; a search leaves out the `id`, or the action, that it seeks.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"subject": {"type": "user", "id": "ann"}, "action": {"name": "read"}, "resource": {"type": "document", "id": "d1"}}))]
pub struct EvaluationBody {
    #[schema(nullable = false)]
    subject: Option<Json>,
    #[schema(nullable = false)]
    action: Option<Json>,
    #[schema(nullable = false)]
    resource: Option<Json>,
    #[schema(nullable = false)]
    context: Option<BTreeMap<String, Json>>,
}

/// Many questions; what one does not say is as at the top.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "subject": {"type": "user", "id": "ann"}, "action": {"name": "read"},
    "evaluations": [{"resource": {"type": "document", "id": "d1"}}, {"resource": {"type": "document", "id": "d2"}}]
}))]
pub struct EvaluationsBody {
    #[schema(nullable = false)]
    subject: Option<Json>,
    #[schema(nullable = false)]
    action: Option<Json>,
    #[schema(nullable = false)]
    resource: Option<Json>,
    #[schema(nullable = false)]
    context: Option<BTreeMap<String, Json>>,
    #[schema(nullable = false)]
    evaluations: Option<Vec<EvaluationBody>>,
    #[schema(nullable = false)]
    options: Option<EvaluationsOptions>,
}

/// When the rest is left out.
#[derive(Debug, ToSchema)]
pub struct EvaluationsOptions {
    /// `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`.
    #[schema(nullable = false, default = "execute_all")]
    evaluations_semantic: Option<String>,
}

/// Whether it may be done.
#[derive(Debug, ToSchema)]
pub struct PermitAnswer {
    decision: bool,
    context: PermitContext,
}

/// Why.
#[derive(Debug, ToSchema)]
pub struct PermitContext {
    /// As in `POST /v1/rules/{name}/decide`.
    verdict: String,
    reasons: Vec<RulesReason>,
    /// What must be done with what is permitted.
    #[schema(nullable = false)]
    obligations: Option<Vec<Json>>,
}

/// Decisions in the order of the questions, up to the one after which the rest is left out.
#[derive(Debug, ToSchema)]
pub struct EvaluationsAnswer {
    evaluations: Vec<PermitAnswer>,
}

/// What was found.
#[derive(Debug, ToSchema)]
pub struct SearchAnswer {
    /// Each with `type` and `id`; actions with `name`.
    results: Vec<BTreeMap<String, String>>,
    /// Why there may be more.
    #[schema(nullable = false)]
    context: Option<SearchContext>,
}

/// Why there may be more.
#[derive(Debug, ToSchema)]
pub struct SearchContext {
    reasons: Vec<RulesReason>,
}

/// Where everything is.
#[derive(Debug, serde::Serialize, ToSchema)]
pub struct MetadataAnswer {
    /// The service.
    pub policy_decision_point: String,
    /// One evaluation.
    pub access_evaluation_endpoint: String,
    /// Many evaluations.
    pub access_evaluations_endpoint: String,
    /// Which subjects may.
    pub search_subject_endpoint: String,
    /// To which resources.
    pub search_resource_endpoint: String,
    /// Which actions.
    pub search_action_endpoint: String,
}
