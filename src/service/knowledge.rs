//! Where a caller's knowledge bases are kept, and how they are found.

mod kept;

pub(crate) use kept::{Kept, Known};

use crate::decide::Place;
use crate::decide::knowledge::{ADD, DELETE, Knowledge, Names, VERSION, none_active};
use crate::http::Caller;
use crate::journal::{Renewed, chain_named};
use crate::problem::Problem;
use crate::service::Service;
use assize_core::FieldError;
use assize_core::InvalidInput;
use assize_journal::Stored;
use assize_json::rules::check_name;
use std::sync::Arc;

fn chain(caller: &Caller, what: &str, name: &str) -> String {
    chain_named("rules", what, &caller.tenant, name)
}

#[cfg(test)]
pub(crate) fn chain_of(tenant: &str, name: &str) -> String {
    chain_named("rules", "base", tenant, name)
}

fn checked(name: &str) -> Result<(), Problem> {
    check_name(name).map_err(|message| {
        InvalidInput::single(FieldError::new("", format!("the name {message}"))).into()
    })
}

impl Service {
    /// A knowledge base that exists.
    pub(crate) async fn knowledge(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Stored, Knowledge), Problem> {
        let absent = || Problem::no_rules(name);
        checked(name).map_err(|_| absent())?;
        let chain = chain(caller, "base", name);
        let (stored, state) = self.journal.folded::<Knowledge>(caller, &chain).await?;
        match stored {
            Some(stored) if state.exists() => Ok((stored, state)),
            _ => Err(absent()),
        }
    }

    /// A knowledge base as it is asked now.
    pub(crate) async fn known(&self, caller: &Caller, name: &str) -> Result<Arc<Known>, Problem> {
        checked(name).map_err(|_| Problem::no_rules(name))?;
        let id = chain(caller, "base", name);
        let end = self.journal.store().end(&caller.tenant, &id).await?;
        let end = end.ok_or_else(|| Problem::no_rules(name))?;
        if let Some(known) = self.kept.known(&end) {
            return Ok(known);
        }
        // It may have gone on since: what was read says where it stood.
        let (stored, state) = self.knowledge(caller, name).await?;
        let base = state.base()?.ok_or_else(|| none_active(name))?;
        let version = state.active().unwrap_or(0);
        let bytes = state.fact_bytes();
        let known = Arc::new(Known::new(stored.head, version, base, bytes));
        self.kept.learn(&known);
        Ok(known)
    }

    /// Changes a knowledge base; the event's name and what to answer.
    pub(crate) async fn change_knowledge(
        &self,
        caller: &Caller,
        name: &str,
        (operation, input): (&'static str, &str),
    ) -> Result<(String, String), Problem> {
        checked(name)?;
        if operation != VERSION {
            self.knowledge(caller, name).await?;
        }
        let id = chain(caller, "base", name);
        let changed = self
            .journal
            .fold::<Knowledge>(caller, &id, (operation, input));
        let changed = changed.await?;
        // What is not listed yet after a failure here is by the next version.
        if operation == VERSION {
            self.list(caller, name).await?;
        }
        Ok(changed)
    }

    async fn list(&self, caller: &Caller, name: &str) -> Result<(), Problem> {
        let id = chain(caller, "names", "");
        let input = format!("\"{name}\"");
        match self.journal.folded::<Names>(caller, &id).await {
            Ok((_, Names(names))) if names.contains(name) => return Ok(()),
            Ok(_) => {}
            // Of a damaged list, each name comes back with its next version.
            Err(problem) => {
                let anew = |_| (input.clone(), Names([name.to_owned()].into()));
                match self.journal.renew(caller, &id, ADD, anew).await? {
                    Renewed::Sound => return Err(problem),
                    Renewed::At(_) => return Ok(()),
                    Renewed::Gone => {}
                }
            }
        }
        let added = self.journal.fold::<Names>(caller, &id, (ADD, &input)).await;
        added.map(drop)
    }

    /// Forgets a knowledge base, also one whose state is damaged; no event where nothing of it could be read.
    pub(crate) async fn delete_knowledge(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<String>, Problem> {
        let id = chain(caller, "base", name);
        let renewed = self.journal.renew(caller, &id, DELETE, Knowledge::anew);
        match renewed.await? {
            Renewed::Sound => {
                let (event, _) = self.change_knowledge(caller, name, (DELETE, "")).await?;
                Ok(Some(event))
            }
            Renewed::Gone => Ok(None),
            Renewed::At(event) => Ok(Some(event)),
        }
    }

    /// All knowledge bases of a caller's tenant, by name.
    pub(crate) async fn all_knowledge(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(String, Stored, Knowledge)>, Problem> {
        let id = chain(caller, "names", "");
        let (_, Names(names)) = self.journal.folded::<Names>(caller, &id).await?;
        let mut found = Vec::new();
        for name in names {
            let id = chain(caller, "base", &name);
            let (stored, state) = self.journal.folded::<Knowledge>(caller, &id).await?;
            if let Some(stored) = stored.filter(|_| state.exists()) {
                found.push((name, stored, state));
            }
        }
        Ok(found)
    }
}

/// Which state of a knowledge base was asked: for the journal.
pub(crate) fn reference(name: &str, known: &Known) -> serde_json::Value {
    let head = &known.head;
    serde_json::json!({
        "name": name,
        "version": known.version,
        "event": format!("{}.{}", head.chain, Place::of(head).sequence),
        "hash": head.hash.to_string(),
    })
}
