//! Memories of the gate's sessions, for whoever runs the service: the same as over HTTP, without a socket.

use crate::decide::gated::GateOperation;
use crate::decide::to_text;
use crate::http::Caller;
use crate::problem::Problem;
use crate::service::Service;
use assize_access::TenantId;
use assize_core::memory::{Entry, Recollection};
use assize_json::Document;
use assize_json::memory::{FoundEntriesAnswer, Search, SearchRequest};
use std::borrow::Cow;

/// An entry with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// The entry.
    pub entry: Entry,
    /// As many numbers as the memory has dimensions.
    pub vector: Vec<f32>,
}

/// Acts for a tenant, on one of its sessions.
#[derive(Debug)]
pub struct Operator<'s> {
    service: &'s Service,
    caller: Caller,
    session: &'s str,
}

impl Service {
    /// Acts for a tenant on a session of the gate; the journal says that `by` did.
    #[must_use]
    pub fn operate<'s>(&'s self, tenant: &TenantId, by: &str, session: &'s str) -> Operator<'s> {
        Operator {
            service: self,
            caller: Caller {
                tenant: tenant.as_str().into(),
                name: by.into(),
                request: self.platform.identifier().into(),
            },
            session,
        }
    }

    /// The entries that a request to search describes, the best first.
    pub(crate) async fn search_memory(
        &self,
        caller: &Caller,
        session: &str,
        input: &str,
    ) -> Result<Vec<Recollection>, Problem> {
        let document = Document::parse(input.as_bytes())?;
        let request = SearchRequest::read(&document)?;
        let known = match &request.like {
            Search::Vector(vector) => Some(Cow::Borrowed(vector)),
            Search::Text(text) => self.vector(caller, session, text).await?.map(Cow::Owned),
        };
        let looking = self.look_at_gate(caller, session, |controller, now| {
            let vector = match (&known, &request.like) {
                (Some(vector), _) => Cow::Borrowed(vector.as_ref()),
                (None, Search::Vector(vector)) => Cow::Borrowed(vector),
                (None, Search::Text(text)) => Cow::Owned(controller.embed(text)?),
            };
            let began = self.platform.monotonic();
            let found = controller.retrieve(&request.query(&vector), now)?;
            let took = self.platform.monotonic().saturating_sub(began);
            self.metrics.gate.retrieved(took);
            Ok(found)
        });
        looking.await
    }
}

impl Operator<'_> {
    /// Stores entries, all or none. Takes the body of `POST /v1/memory` and gives its answer; when this has ended, the
    /// journal has it.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, or why the service can't. Nothing has changed then.
    pub async fn insert(&self, request: &str) -> Result<String, Problem> {
        let (service, caller, session) = (self.service, &self.caller, self.session);
        let input = service.insertion_with_vectors(caller, session, request);
        let input = input.await?;
        let inserting = service.act_on_gate(caller, session, (GateOperation::Insert, &input));
        inserting.await.map(|(_, performed)| performed.answer)
    }

    /// Finds entries. Takes the body of `POST /v1/memory/search` and gives its answer.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, or why the service can't.
    pub async fn search(&self, request: &str) -> Result<String, Problem> {
        let searching = self
            .service
            .search_memory(&self.caller, self.session, request);
        let found = searching.await?;
        Ok(to_text(&FoundEntriesAnswer::from(found.as_slice())))
    }

    /// The entries with an id above `after`, the oldest first, at most `count`; what expired meanwhile is left out.
    ///
    /// # Errors
    ///
    /// Why the service can't.
    pub async fn entries(&self, after: u64, count: u32) -> Result<Vec<Remembered>, Problem> {
        let looking = self
            .service
            .look_at_gate(&self.caller, self.session, |controller, now| {
                let mut remembered = Vec::new();
                for entry in controller.entries(after, count, now)? {
                    if let Some(vector) = controller.vector(entry.id, now)? {
                        remembered.push(Remembered { entry, vector });
                    }
                }
                Ok(remembered)
            });
        looking.await
    }
}
