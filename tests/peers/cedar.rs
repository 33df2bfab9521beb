//! Cedar: policies, entities and one request, all of them made before.

use crate::Error;
use crate::tasks::CedarTask;
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use std::str::FromStr;

const NAME: &str = "Cedar";

/// Policies with their entities and one request.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    request: Request,
}

impl Cedar {
    /// Reads a task's policies.
    ///
    /// # Errors
    ///
    /// Policies, entities or a request that it refuses.
    pub fn new(task: &CedarTask) -> Result<Self, Error> {
        let failed = Error::of(NAME);
        let name = |text: &str| EntityUid::from_str(text).map_err(|error| failed(&error));
        let [principal, action, resource] = &task.request;
        let context =
            Context::from_json_str(&task.context, None).map_err(|error| failed(&error))?;
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(&task.policies).map_err(|error| failed(&error))?,
            entities: Entities::from_json_str(&task.entities, None)
                .map_err(|error| failed(&error))?,
            request: Request::new(
                name(principal)?,
                name(action)?,
                name(resource)?,
                context,
                None,
            )
            .map_err(|error| failed(&error))?,
        })
    }

    /// Whether the policies allow the request.
    pub fn ask(&self) -> bool {
        let response = self
            .authorizer
            .is_authorized(&self.request, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}
