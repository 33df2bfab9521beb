//! Questions to rules as callers ask them: found, asked, asked again with what others said, and kept.

use crate::decide::knowledge::{RulesBase, load};
use crate::decide::rules::{ENGINE, input};
use crate::decide::{Asking, Consulted, Inquiry, Outcome};
use crate::http::{Caller, JsonBody, json_text, name_decision};
use crate::knowledge::{Known, reference};
use crate::platform::compute;
use crate::problem::Problem;
use crate::rule_engines::RulesHandle;
use crate::service::Service;
use assize_core::rules::Fact;
use assize_core::{FieldError, InvalidInput};
use assize_json::rules::Base;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;

/// Sources of so many bytes, and so many facts beside them, are loaded within a few milliseconds.
const SMALL: usize = 64 * 1024;
const FEW: usize = 1000;

/// Rules that are asked.
enum Subject {
    Known(Arc<Known>),
    Inline(RulesBase),
}

/// Refuses facts of predicates whose facts are kept: who may ask may not say what only who may change rules may.
fn check_facts(facts: &[Fact], known: &Known) -> Result<(), Problem> {
    let errors = facts.iter().enumerate().filter(|(_, (name, arguments))| {
        let predicate = (Arc::clone(name), arguments.len());
        known.changed.contains(&predicate)
    });
    let errors = errors.map(|(number, (name, arguments))| {
        let message = format!(
            "facts of `{name}/{}` are kept with the knowledge base: they can't come with a question",
            arguments.len()
        );
        FieldError::new(format!("/facts/{number}"), message)
    });
    Ok(InvalidInput::check(errors.collect())?)
}

impl Service {
    /// Asks the rules that a question names, or else those that are called `name`.
    pub(crate) async fn inquire(
        &self,
        caller: &Caller,
        asking: Asking,
        name: &str,
        body: &JsonBody,
    ) -> Result<Response, Problem> {
        let started = self.platform.monotonic();
        let body = body.text()?;
        let inquiry = Inquiry::read(asking, body, self.now_ms(), self.rule_bounds)?;
        let (subject, asked) = match inquiry.base() {
            Some(Base::Inline(sources)) => (Subject::Inline(RulesBase::of(sources)), Json::Null),
            Some(Base::Named(name)) => self.subject(caller, name).await?,
            None => self.subject(caller, name).await?,
        };
        if let Subject::Known(known) = &subject {
            check_facts(inquiry.facts(), known)?;
        }
        let mut consulted = Consulted::live(self.platform.as_ref(), Duration::ZERO);
        let outcome = self.consult(&inquiry, &subject, &mut consulted).await?;
        let now = inquiry.now_ms();
        let input = input(body, now, self.rule_bounds, (&asked, &consulted));
        let names = (ENGINE, inquiry.asking().as_str());
        let kept = self
            .journal
            .keep_answer(caller, names, &input, &outcome.answer);
        let event = kept.await?;
        let took = self.platform.monotonic().saturating_sub(started);
        self.metrics.rules_decided(&outcome.decided, took);
        let mut response = json_text(StatusCode::OK, outcome.answer);
        if let Some(event) = event {
            name_decision(&mut response, &event);
        }
        Ok(response)
    }

    async fn subject(&self, caller: &Caller, name: &str) -> Result<(Subject, Json), Problem> {
        let known = self.known(caller, name).await?;
        let asked = reference(name, &known);
        Ok((Subject::Known(known), asked))
    }

    /// Asks until others have said all that they are asked for. No engine waits for them: the question is asked
    /// anew each time, and comes to the same place, as it depends on nothing else.
    async fn consult(
        &self,
        inquiry: &Inquiry,
        subject: &Subject,
        consulted: &mut Consulted<'_>,
    ) -> Result<Outcome, Problem> {
        let calls_out = self.queries_call_out || inquiry.asking().is_decision();
        let externals = self.externals.as_deref().filter(|_| calls_out);
        let deadline = externals.map_or(Duration::ZERO, |externals| externals.deadline());
        let mut computed = Duration::ZERO;
        loop {
            let began = self.platform.monotonic();
            let left = self.rule_bounds.time.saturating_sub(computed);
            consulted.again(began.saturating_add(left));
            let outcome = self.ask_at_leisure(inquiry, subject, consulted)?;
            let took = self.platform.monotonic().saturating_sub(began);
            computed = computed.saturating_add(took);
            let Some((externals, need)) = externals.zip(consulted.take_missing()) else {
                return Ok(outcome);
            };
            let answer = externals.answer(&need, deadline).await;
            consulted.add(need, answer);
        }
    }

    /// Asks, where it is many questions on another thread than those that others wait for.
    fn ask_at_leisure(
        &self,
        inquiry: &Inquiry,
        subject: &Subject,
        consulted: &mut Consulted<'_>,
    ) -> Result<Outcome, Problem> {
        if !inquiry.is_many() {
            return self.ask(inquiry, subject, consulted);
        }
        compute(self.platform.as_ref(), || {
            self.ask(inquiry, subject, consulted)
        })
    }

    fn ask(
        &self,
        inquiry: &Inquiry,
        subject: &Subject,
        consulted: &mut Consulted<'_>,
    ) -> Result<Outcome, Problem> {
        let known = match subject {
            Subject::Inline(base) => {
                let mut rules = self.load(base)?;
                return inquiry.answer(rules.as_mut(), consulted);
            }
            Subject::Known(known) => known,
        };
        let mut rules = match self.kept.take(known.head.hash) {
            Some(rules) => rules,
            None => self.load(&known.base)?,
        };
        let outcome = inquiry.answer(rules.as_mut(), consulted);
        self.kept.give(&known.head, rules);
        outcome
    }

    fn load(&self, base: &RulesBase) -> Result<Box<dyn RulesHandle>, Problem> {
        let engines = self.engines.as_ref();
        let texts = base.sources.iter().map(|source| source.text.len());
        let facts = base.add.len() + base.remove.len();
        if texts.sum::<usize>() <= SMALL && facts <= FEW {
            return load(engines, base);
        }
        compute(self.platform.as_ref(), || load(engines, base))
    }
}
