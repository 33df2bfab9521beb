//! `assize decide`: may a subject do an action to a resource, and why?

use super::policy::{LIMITED, PolicyOptions, Refused, at, check_json, indent};
use super::{DONE, FAILED, has_colours, print, query};
use anyhow::Result;
use assize_core::rules::{KnowledgeBase, Outcome, QueryError, QueryOptions, Source, Step};
use assize_core::{FieldError, InvalidInput, Verdict};
use assize_service::Plain;
use assize_service::json::rules::{
    Asked, DecideRequest, DecisionReply, End, Ending, Judge, Need, ProofStepAnswer, Solution,
};
use clap::builder::styling::AnsiColor;
use std::io::IsTerminal;

/// It must not be done.
const DENIED: u8 = 1;
/// A person, or something that is not known here, decides.
const NOT_DECIDED: u8 = 4;

/// Decide whether something may be done.
///
/// Asks a policy as `POST /v1/rules/{name}/decide` does: `deny` beats `escalate`, which beats `allow`; what nothing
/// permits is denied. Prints the verdict and the rules that decided. Runs in this process, journals nothing, and
/// reaches nothing outside.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  assize decide --subject ann --action use --resource search tools.rules
  assize decide --subject eve --action use --resource search tools.rules --explain --why-not
  assize decide --subject '{\"id\":\"ann\",\"properties\":{\"age\":17}}' --action buy --resource wine \\
      --context '{\"country\":\"fr\"}' --fact '[\"role\",\"ann\",\"clerk\"]' shop.rules --json
  assize decide --subject \"$USER\" --action deploy --resource production release.rules && ./deploy

Exit codes:
  0  allow, or transform: it may be done, with the obligations that are printed
  1  deny
  2  it can't be asked: usage, a file, the policy, a built-in that could not say
  3  a limit ended it before anything was decided; the verdict is deny
  4  escalate: a person decides; or refine: it depends on what nobody answers here")]
pub(super) struct Options {
    /// Who: an identifier, or a JSON object with an `id`.
    #[arg(long, value_name = "ID|JSON")]
    subject: String,
    /// Does what: a name, or a JSON object with a `name`.
    #[arg(long, value_name = "NAME|JSON")]
    action: String,
    /// To what: an identifier, or a JSON object with an `id`.
    #[arg(long, value_name = "ID|JSON")]
    resource: String,
    /// In which circumstances: a JSON object.
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Say why what decided holds.
    #[arg(long)]
    explain: bool,
    /// Where nothing permits it, say why.
    #[arg(long)]
    why_not: bool,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    Ok(options.policy.code(decide(options)))
}

fn decide(options: &Options) -> Result<u8, Refused> {
    let asked = query_options(options)?;
    let request = request(options, asked)?;
    let base = options.policy.load(&[])?;
    let mut rules = Rules {
        base: &base,
        explain: options.explain,
        proofs: Vec::new(),
        why_not: String::new(),
    };
    let decision = Judge::new(&mut rules, request.options).decide(&request.question)?;
    if options.policy.json {
        print(format!("{}\n", decision.to_json()).as_bytes())?;
    } else {
        let colours = has_colours(std::io::stdout().is_terminal());
        print(text(&decision, &rules, colours).as_bytes())?;
    }
    Ok(code(&decision))
}

fn query_options(options: &Options) -> Result<QueryOptions, Refused> {
    Ok(QueryOptions {
        explain: options.explain,
        why_not: options.why_not,
        ..options.policy.query_options()?
    })
}

/// What the body of the HTTP API would be.
fn request(options: &Options, asked: QueryOptions) -> Result<DecideRequest, InvalidInput> {
    let (mut fields, mut errors) = (Vec::new(), Vec::new());
    let parts = [
        ("subject", Some(&options.subject)),
        ("action", Some(&options.action)),
        ("resource", Some(&options.resource)),
        ("context", options.context.as_ref()),
    ];
    for (name, text) in parts {
        let Some(text) = text else { continue };
        if name != "context" && !text.trim_start().starts_with('{') {
            if text.is_empty() {
                errors.push(FieldError::new(format!("/{name}"), "must not be empty"));
            }
            // A text, and into memory: it can't fail.
            let text = serde_json::to_string(text).unwrap_or_default();
            fields.push(format!("\"{name}\":{text}"));
        } else if let Err(error) = check_json(text, &format!("/{name}")) {
            errors.extend(error.into_errors());
        } else {
            fields.push(format!("\"{name}\":{text}"));
        }
    }
    InvalidInput::check(errors)?;
    let body = format!("{{{}}}", fields.join(","));
    let request =
        DecideRequest::read(body.as_bytes(), asked.limits).map_err(|error| at("", error, ""))?;
    Ok(DecideRequest {
        options: asked,
        ..request
    })
}

/// A policy, and what it said for people.
struct Rules<'b> {
    base: &'b KnowledgeBase,
    explain: bool,
    /// The first proof of each query that has answers, and its text.
    proofs: Vec<(Vec<ProofStepAnswer>, String)>,
    why_not: String,
}

impl Rules<'_> {
    fn ended(&mut self, outcome: Outcome) -> End {
        if let Some(why_not) = &outcome.why_not {
            self.why_not.push_str(&why_not.to_text(self.base.sources()));
        }
        End::Done(Ending::of(outcome, self.base.sources()))
    }
}

/// How a query that can't go on ended; an error where it is the query itself.
fn stopped(error: QueryError, goal: &str) -> Result<End, Refused> {
    match error {
        QueryError::Limit(limit) => Ok(End::Done(Ending {
            truncated_by: Some(limit),
            ..Ending::default()
        })),
        QueryError::Builtin { .. } | QueryError::External { .. } => {
            Ok(End::Fault(error.to_string()))
        }
        error => Err(Refused::of_query(error, query::query(goal))),
    }
}

impl Asked for Rules<'_> {
    type Error = Refused;

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, Refused> {
        Ok(self.base.has_predicate(name, arity))
    }

    fn answers(
        &mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<(Vec<Solution>, End), Refused> {
        let sources: &[Source] = self.base.sources();
        let mut answers = Vec::new();
        let mut course = match self.base.query_text(goal, options.clone()) {
            Ok(course) => course,
            Err(error) => return Ok((answers, stopped(error, goal)?)),
        };
        let end = loop {
            match course.next() {
                Ok(Step::Answer(answer)) => {
                    let proof = answer.proof.as_ref().filter(|_| answers.is_empty());
                    let proof = proof.filter(|_| self.explain);
                    let told = proof.map(|proof| proof.to_text(sources));
                    let answer = Solution::of(answer, sources);
                    self.proofs
                        .extend(told.map(|text| (answer.proof.clone(), text)));
                    answers.push(answer);
                }
                Ok(Step::Pause) => {}
                Ok(Step::NeedExternal(call)) => {
                    break End::Needs(Need {
                        name: call.name,
                        arguments: call.arguments,
                    });
                }
                Ok(Step::Done(outcome)) => break self.ended(outcome),
                Err(error) => break stopped(error, goal)?,
            }
        };
        Ok((answers, end))
    }

    fn undecidable(message: &'static str) -> Refused {
        Refused::Conflict(message.to_owned())
    }
}

/// A verdict as a line, green, yellow or red.
fn heading(verdict: Verdict, colours: bool) -> String {
    let text = verdict.as_str();
    if !colours {
        return format!("{text}\n");
    }
    let colour = match verdict {
        Verdict::Allow | Verdict::Transform => AnsiColor::Green,
        Verdict::Deny => AnsiColor::Red,
        Verdict::Escalate | Verdict::Refine => AnsiColor::Yellow,
    };
    let style = colour.on_default().bold();
    format!("{style}{text}{style:#}\n")
}

fn text(decision: &DecisionReply, rules: &Rules<'_>, colours: bool) -> String {
    let mut out = heading(decision.verdict, colours);
    for reason in &decision.reasons {
        out.push_str(&format!("  {}", Plain(&reason.message)));
        if let Some(rule) = &reason.rule {
            out.push_str(&format!(", by rule {}", Plain(rule)));
        }
        if let Some(place) = &reason.place {
            out.push_str(&format!(" ({}:{})", Plain(&place.source), place.line));
        }
        out.push('\n');
    }
    for obligation in &decision.obligations {
        out.push_str(&format!("  obligation: {obligation}\n"));
    }
    let proof = rules
        .proofs
        .iter()
        .find(|(steps, _)| *steps == decision.proof);
    if let Some((_, proof)) = proof {
        indent(proof, "    ", &mut out);
    }
    indent(&rules.why_not, "    ", &mut out);
    out
}

fn code(decision: &DecisionReply) -> u8 {
    let code = decision.reasons.first().map(|reason| reason.code);
    match (code, decision.verdict) {
        (Some("rules:limit"), _) => LIMITED,
        (Some("rules:runtime-error"), _) => FAILED,
        (_, Verdict::Allow | Verdict::Transform) => DONE,
        (_, Verdict::Deny) => DENIED,
        (_, Verdict::Refine | Verdict::Escalate) => NOT_DECIDED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_tell_verdicts_apart_and_end_with_the_word() {
        assert_eq!(heading(Verdict::Deny, false), "deny\n");
        let coloured = |verdict| heading(verdict, true);
        assert_eq!(
            coloured(Verdict::Allow),
            "\u{1b}[1m\u{1b}[32mallow\u{1b}[0m\n"
        );
        assert_eq!(
            coloured(Verdict::Deny),
            "\u{1b}[1m\u{1b}[31mdeny\u{1b}[0m\n"
        );
        assert!(coloured(Verdict::Escalate).contains("[33m"));
    }
}
