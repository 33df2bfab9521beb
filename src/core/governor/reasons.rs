//! What each rule says when it holds: its numbers, and what would have changed it.

use super::cycle::{CycleEvaluation, CycleSettings, CycleStop};
use super::session::{SessionStop, StepNumbers};
use super::session_config::SessionSettings;
use crate::decimal::Decimal;
use crate::decision::Reason;

/// The reason of a stop rule of the cycle governor; none if the rule does not hold.
pub(super) fn cycle_stop(
    rule: CycleStop,
    settings: &CycleSettings,
    evaluation: &CycleEvaluation,
    improvement: Option<f64>,
) -> Option<Reason> {
    let CycleEvaluation {
        similarity,
        risk,
        cycle,
        ..
    } = *evaluation;
    match rule {
        CycleStop::Convergence => (similarity >= settings.similarity_threshold)
            .then(|| converged(similarity, settings.similarity_threshold)),
        CycleStop::Risk => (risk > settings.risk_threshold)
            .then(|| risk_exceeded("risk", risk, settings.risk_threshold)),
        CycleStop::Budget => (evaluation.budget_remaining <= 0.0).then(|| {
            let left = evaluation.budget_remaining;
            let message = format!(
                "the contradiction budget is used up, {} remains; more agreement or a larger budget would have left some",
                Decimal(left)
            );
            Reason::new("governor:contradiction-budget", message).measured(left, 0.0)
        }),
        CycleStop::Plateau => {
            let least = settings.quality_improvement_threshold;
            improvement.filter(|gain| *gain < least).map(|gain| {
                let message = format!(
                    "quality changed by {} since the previous cycle, less than {}; a larger improvement would have gone on",
                    Decimal(gain),
                    Decimal(least)
                );
                Reason::new("governor:plateau", message).measured(gain, least)
            })
        }
        CycleStop::MaxCycles => (cycle >= settings.max_cycles)
            .then(|| last_cycle(cycle, settings.max_cycles, cycle)),
    }
}

/// The reason for going on.
pub(super) fn cycle_continues(settings: &CycleSettings, evaluation: &CycleEvaluation) -> Reason {
    let message = format!(
        "no stop rule held: similarity {} is below {}, risk {} is within {}, budget {} remains, cycle {} of {}",
        Decimal(evaluation.similarity),
        Decimal(settings.similarity_threshold),
        Decimal(evaluation.risk),
        Decimal(settings.risk_threshold),
        Decimal(evaluation.budget_remaining),
        evaluation.cycle,
        settings.max_cycles,
    );
    Reason::new("governor:continue", message)
        .measured(evaluation.similarity, settings.similarity_threshold)
}

/// The reason of a stop rule of the session governor; none if the rule does not hold.
pub(super) fn session_stop(
    rule: SessionStop,
    settings: &SessionSettings,
    numbers: &StepNumbers,
) -> Option<Reason> {
    match rule {
        SessionStop::Convergence => (numbers.similarity >= settings.similarity_converge)
            .then(|| converged(numbers.similarity, settings.similarity_converge)),
        SessionStop::Risk => (!numbers.qualified).then(|| disqualified(settings, numbers)),
        SessionStop::Budget => {
            let (spent, budget) = (numbers.spent, settings.contradiction_budget);
            (spent > budget).then(|| {
                let message = format!(
                    "contradiction {} was spent of a budget of {}; more agreement or a larger budget would have gone on",
                    Decimal(spent),
                    Decimal(budget)
                );
                Reason::new("governor:contradiction-budget", message).measured(spent, budget)
            })
        }
        SessionStop::Plateau => {
            let (count, limit) = (numbers.plateau_count, settings.plateau_cycles);
            (count >= limit).then(|| {
                let least = settings.min_improvement;
                let message = format!(
                    "the chosen score improved by less than {} in {count} cycles on end, the limit is {limit}; a larger improvement would have gone on",
                    Decimal(least)
                );
                Reason::new("governor:plateau", message).measured(f64::from(count), f64::from(limit))
            })
        }
        SessionStop::MaxCycles => (u64::from(numbers.cycle) + 1 >= u64::from(settings.max_cycles))
            .then(|| {
                last_cycle(
                    numbers.cycle.saturating_add(1),
                    settings.max_cycles,
                    numbers.cycle,
                )
            }),
    }
}

/// The reason for another round of refinement.
pub(super) fn session_continues(settings: &SessionSettings, numbers: &StepNumbers) -> Reason {
    let message = format!(
        "no stop rule held: similarity {} is below {}, risk {} is within {}, contradiction {} of {} is spent, cycle index {} of {} cycles",
        Decimal(numbers.similarity),
        Decimal(settings.similarity_converge),
        Decimal(numbers.risk),
        Decimal(settings.max_risk),
        Decimal(numbers.spent),
        Decimal(settings.contradiction_budget),
        numbers.cycle,
        settings.max_cycles,
    );
    Reason::new("governor:continue", message)
        .measured(numbers.similarity, settings.similarity_converge)
}

/// Why the chosen answer may not be acted on.
pub(super) fn disqualified(settings: &SessionSettings, numbers: &StepNumbers) -> Reason {
    if numbers.risk > settings.max_risk {
        return risk_exceeded("the chosen answer's risk", numbers.risk, settings.max_risk);
    }
    Reason::new(
        "governor:constraint-violated",
        "the chosen answer violates a hard constraint; an answer that keeps it would not have stopped here".to_owned(),
    )
}

fn converged(similarity: f64, threshold: f64) -> Reason {
    let message = format!(
        "similarity {} reached the convergence threshold {}; outputs less alike would not have converged",
        Decimal(similarity),
        Decimal(threshold)
    );
    Reason::new("governor:convergence", message).measured(similarity, threshold)
}

fn risk_exceeded(what: &str, risk: f64, threshold: f64) -> Reason {
    let limit = Decimal(threshold);
    let message = format!(
        "{what} {} exceeds the threshold {limit}; a risk of {limit} or less would not have stopped here",
        Decimal(risk)
    );
    Reason::new("governor:risk-threshold", message).measured(risk, threshold)
}

fn last_cycle(number: u32, limit: u32, observed: u32) -> Reason {
    let message =
        format!("cycle {number} of at most {limit} is the last; a higher limit would have gone on");
    Reason::new("governor:max-cycles", message).measured(f64::from(observed), f64::from(limit))
}
