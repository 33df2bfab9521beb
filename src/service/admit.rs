//! Before a route: who asks, whether it may, and whether not too often.

use crate::access::{AccessSettings, Refusal};
use crate::client::{PeerAddress, counted};
use crate::http::{Caller, RequestName};
use crate::problem::Problem;
use crate::service::Service;
use assize_access::{Principal, Scope};
use assize_journal::{Quota, Taken};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Routes that are permitted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Decisions,
    Sessions,
    /// What only reads sessions, whatever the method.
    Recall,
    Rules,
    Metrics,
}

impl Group {
    fn needs(self, method: &Method) -> Scope {
        match self {
            Self::Decisions => Scope::Evaluate,
            Self::Sessions if *method == Method::GET || *method == Method::HEAD => {
                Scope::SessionsRead
            }
            Self::Sessions => Scope::SessionsWrite,
            Self::Recall => Scope::SessionsRead,
            Self::Rules if *method == Method::GET || *method == Method::HEAD => Scope::RulesRead,
            Self::Rules => Scope::RulesWrite,
            Self::Metrics => Scope::Metrics,
        }
    }
}

/// What is known of a request before its body is read.
#[derive(Debug, Clone, Copy)]
struct Head<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    peer: Option<PeerAddress>,
    /// The request's name, where it has one.
    name: Option<&'a str>,
}

/// Whether a request may go on, and how its client stands.
struct Judged {
    admitted: Result<Option<Principal>, Problem>,
    taken: Option<(Quota, Taken)>,
}

/// Lets a request through, or answers it.
pub(crate) async fn admit(
    State((service, group)): State<(Arc<Service>, Group)>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<PeerAddress>().copied();
    let name = request.extensions().get::<RequestName>().cloned();
    let name = name.as_ref().map(|name| name.0.as_ref());
    let head = Head {
        method: request.method(),
        headers: request.headers(),
        peer,
        name,
    };
    let Judged { admitted, taken } = judge(&service, group, head).await;
    let mut response = match admitted {
        Ok(principal) => {
            let caller = caller(&service, principal, &request);
            request.extensions_mut().insert(caller.clone());
            let mut response = next.run(request).await;
            // For the request's line in the log.
            response.extensions_mut().insert(caller);
            response
        }
        Err(problem) => problem.into_response(),
    };
    if let Some((quota, taken)) = taken {
        tell(&mut response, quota, taken);
    }
    response
}

impl Service {
    /// For a host that hands requests about sessions to another place, which admits them as well: turns away, with the
    /// answer, whoever may not go there. Counts the request; the other place need not.
    ///
    /// # Errors
    ///
    /// The answer.
    pub async fn admit_to_sessions(
        &self,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<PeerAddress>,
    ) -> Result<(), Response> {
        let admitted = self.admit_elsewhere(Group::Sessions, method, headers, peer);
        admitted.await.map(drop)
    }

    /// The same for requests about a tenant's knowledge bases, of which some only ask; gives the tenant.
    ///
    /// # Errors
    ///
    /// The answer.
    pub async fn admit_to_knowledge(
        &self,
        asks: bool,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<PeerAddress>,
    ) -> Result<Arc<str>, Response> {
        let group = if asks { Group::Decisions } else { Group::Rules };
        let admitted = self.admit_elsewhere(group, method, headers, peer).await?;
        Ok(match admitted {
            Some(principal) => principal.tenant.as_str().into(),
            None => self.access.anonymous().0,
        })
    }

    async fn admit_elsewhere(
        &self,
        group: Group,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<PeerAddress>,
    ) -> Result<Option<Principal>, Response> {
        let head = Head {
            method,
            headers,
            peer,
            name: None,
        };
        let Judged { admitted, taken } = judge(self, group, head).await;
        admitted.map_err(|problem| {
            let mut response = problem.into_response();
            if let Some((quota, taken)) = taken {
                tell(&mut response, quota, taken);
            }
            response
        })
    }
}

async fn judge(service: &Service, group: Group, head: Head<'_>) -> Judged {
    let settings = service.access.settings();
    let address = || address(&settings, head);
    let platform = service.platform.as_ref();
    let asked = service
        .access
        .principal(&settings, platform, head.headers, &address)
        .await;
    // Who is not known is counted by its address.
    let client = || match &asked {
        Ok(Some(principal)) => format!("key:{}/{}", principal.tenant, principal.name),
        Ok(None) | Err(_) => address(),
    };
    let taken = match settings.limits.quota {
        Some(quota) => Some((quota, take(service, &settings, quota, &client()).await)),
        None => None,
    };
    if let Err(Refusal::Access(error)) = &asked {
        tracing::info!(id = head.name, client = client(), %error, "refused");
    }
    let admitted = match (asked, taken) {
        (_, Some((_, taken))) if !taken.permitted => {
            Err(Problem::too_many_requests(taken.reset_ms.div_ceil(1000)))
        }
        (Err(Refusal::Access(error)), _) => Err(Problem::access(&error)),
        (Err(Refusal::Store(error)), _) => Err(error.into()),
        (Err(Refusal::Guessing(seconds)), _) => Err(Problem::too_many_requests(seconds)),
        (Ok(principal), _) => {
            permit(&settings, group.needs(head.method), principal.as_ref()).map(|()| principal)
        }
    };
    Judged { admitted, taken }
}

fn permit(
    settings: &AccessSettings,
    needed: Scope,
    principal: Option<&Principal>,
) -> Result<(), Problem> {
    match (principal, settings.anonymous) {
        (Some(principal), _) => principal
            .require(needed)
            .map_err(|error| Problem::access(&error)),
        (None, Some(scopes)) if scopes.permits(needed) => Ok(()),
        // With a key, more may be permitted.
        (None, _) => Err(Problem::access(&assize_access::AccessError::Missing)),
    }
}

fn caller(service: &Service, principal: Option<Principal>, request: &Request) -> Caller {
    let name = request.extensions().get::<RequestName>();
    let request = name.map_or_else(|| Arc::from(""), |name| Arc::clone(&name.0));
    match principal {
        Some(principal) => Caller {
            tenant: principal.tenant.as_str().into(),
            name: principal.name.as_str().into(),
            request,
        },
        None => {
            let (tenant, name) = service.access.anonymous();
            Caller {
                tenant,
                name,
                request,
            }
        }
    }
}

fn address(settings: &AccessSettings, head: Head<'_>) -> String {
    head.peer.map_or_else(
        || "address:unknown".to_owned(),
        |PeerAddress(peer)| {
            format!(
                "address:{}",
                counted(settings.proxies.client(peer, head.headers))
            )
        },
    )
}

async fn take(service: &Service, settings: &AccessSettings, quota: Quota, client: &str) -> Taken {
    // What was counted in slots of another length says nothing about these.
    let client = &format!("{}:{client}", quota.window_ms);
    match service.journal.store().take(client, quota).await {
        Ok(Some(taken)) => return taken,
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the store can't count requests; this process does"),
    }
    let now = u64::try_from(service.platform.monotonic().as_millis()).unwrap_or(u64::MAX);
    service
        .quotas
        .take(client, quota, settings.limits.most_clients, now)
}

/// As the draft of the HTTP API working group has them (draft-ietf-httpapi-ratelimit-headers).
fn tell(response: &mut Response, quota: Quota, taken: Taken) {
    let window = quota.window_ms.div_ceil(1000);
    let policy = format!("\"default\";q={};w={window}", quota.requests);
    let state = format!(
        "\"default\";r={};t={}",
        taken.remaining,
        taken.reset_ms.div_ceil(1000)
    );
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
}
