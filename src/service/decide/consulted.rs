//! What an answer depends on beside its question: what others said, and when it was given up.

use crate::platform::Platform;
use assize_core::rules::{ExternalAnswer, Value};
use assize_json::rules::{Need, read_term, write_values};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Calls to others that one question may make.
const MOST_CALLS: usize = 100;
/// Steps between two looks at the clock. The journal counts looks: another number would change what old events mean.
pub(crate) const STEPS_BETWEEN: u64 = 100_000;

/// When a question is given up.
enum Until<'a> {
    /// At a moment on the host's clock.
    Clock(&'a dyn Platform, Duration),
    /// At the same look at the clock as when it was first answered; none: never.
    Look(Option<u64>),
}

/// What the host said and did while a question was answered.
pub(crate) struct Consulted<'a> {
    answers: Vec<(Need, ExternalAnswer)>,
    /// What nobody answers here.
    unanswered: Vec<Need>,
    missing: Option<Need>,
    until: Until<'a>,
    looks: u64,
    given_up: Option<u64>,
}

impl<'a> Consulted<'a> {
    /// Nothing was said yet. The question is given up when the host's clock passes `deadline`.
    pub(crate) fn live(platform: &'a dyn Platform, deadline: Duration) -> Self {
        Self::until(Until::Clock(platform, deadline))
    }

    const fn until(until: Until<'a>) -> Self {
        Self {
            answers: Vec::new(),
            unanswered: Vec::new(),
            missing: None,
            until,
            looks: 0,
            given_up: None,
        }
    }

    /// What was said when a question was first answered.
    pub(crate) fn recorded(json: Option<&Json>) -> Option<Self> {
        let Some(json) = json else {
            return Some(Self::until(Until::Look(None)));
        };
        let given_up = json.get("given_up_at").and_then(Json::as_u64);
        let mut consulted = Self::until(Until::Look(given_up));
        for call in json.get("calls").and_then(Json::as_array)? {
            consulted.answers.push(read_call(call)?);
        }
        Some(consulted)
    }

    /// As it goes into the journal; none where nothing was said and nothing given up.
    pub(crate) fn to_json(&self) -> Option<Json> {
        if self.answers.is_empty() && self.given_up.is_none() {
            return None;
        }
        let calls: Vec<_> = self.answers.iter().map(call_json).collect();
        Some(match self.given_up {
            None => json!({"calls": calls}),
            Some(look) => json!({"calls": calls, "given_up_at": look}),
        })
    }

    /// The question is asked once more, from its beginning.
    pub(crate) fn again(&mut self, deadline: Duration) {
        self.looks = 0;
        self.given_up = None;
        if let Until::Clock(_, until) = &mut self.until {
            *until = deadline;
        }
    }

    /// What others said to a call; the first that nobody answered yet is remembered.
    pub(crate) fn answer(&mut self, need: &Need) -> Option<ExternalAnswer> {
        let found = self.answers.iter().find(|(known, _)| known == need);
        if let Some((_, answer)) = found {
            return Some(answer.clone());
        }
        if self.answers.len() >= MOST_CALLS {
            let text = format!("a question may ask others at most {MOST_CALLS} times");
            return Some(ExternalAnswer::Failed(text));
        }
        // What can't be asked again later decides nothing now.
        let question = (need.clone(), ExternalAnswer::Solutions(Vec::new()));
        if !can_be_kept(&question) {
            return Some(ExternalAnswer::Failed(UNKEPT.to_owned()));
        }
        if self.missing.is_none() && !self.unanswered.contains(need) {
            self.missing = Some(need.clone());
        }
        None
    }

    /// The first call that nobody answered yet.
    pub(crate) fn take_missing(&mut self) -> Option<Need> {
        self.missing.take()
    }

    /// Keeps what others said; none: nobody answers that.
    pub(crate) fn add(&mut self, need: Need, answer: Option<ExternalAnswer>) {
        let Some(answer) = answer else {
            self.unanswered.push(need);
            return;
        };
        let call = (need, answer);
        let kept = if can_be_kept(&call) {
            call
        } else {
            (call.0, ExternalAnswer::Failed(UNKEPT.to_owned()))
        };
        self.answers.push(kept);
    }

    /// Does what may take long.
    pub(crate) const fn platform(&self) -> Option<&'a dyn Platform> {
        match self.until {
            Until::Clock(platform, _) => Some(platform),
            Until::Look(_) => None,
        }
    }

    /// Whether the time is over.
    pub(crate) fn is_late(&mut self) -> bool {
        if self.given_up.is_some() {
            return true;
        }
        self.looks += 1;
        let late = match &self.until {
            Until::Clock(platform, deadline) => platform.monotonic() > *deadline,
            Until::Look(last) => last.is_some_and(|last| self.looks >= last),
        };
        if late {
            self.given_up = Some(self.looks);
        }
        late
    }
}

const UNKEPT: &str = "what was asked, or what was answered, is too deep or too large to be kept";

/// Whether a replay would read what the journal keeps of it.
fn can_be_kept(call: &(Need, ExternalAnswer)) -> bool {
    read_call(&call_json(call)).as_ref() == Some(call)
}

fn call_json((need, answer): &(Need, ExternalAnswer)) -> Json {
    let values = |values: &[Value]| {
        let mut text = String::new();
        write_values(values, &mut text);
        serde_json::from_str::<Json>(&text).unwrap_or(Json::Null)
    };
    let arguments = values(&need.arguments);
    let name = need.name.as_ref();
    match answer {
        ExternalAnswer::Solutions(rows) => {
            let rows: Vec<_> = rows.iter().map(|row| values(row)).collect();
            json!({"name": name, "arguments": arguments, "solutions": rows})
        }
        ExternalAnswer::Failed(text) => {
            json!({"name": name, "arguments": arguments, "failed": text})
        }
    }
}

fn read_call(json: &Json) -> Option<(Need, ExternalAnswer)> {
    let values = |json: &Json| -> Option<Vec<Value>> {
        let items = json.as_array()?.iter();
        items.map(|item| read_term(item).ok()).collect()
    };
    let need = Need {
        name: json.get("name")?.as_str()?.into(),
        arguments: values(json.get("arguments")?)?,
    };
    let answer = match (json.get("solutions"), json.get("failed")) {
        (Some(rows), _) => {
            let rows = rows.as_array()?.iter();
            ExternalAnswer::Solutions(rows.map(values).collect::<Option<_>>()?)
        }
        (None, Some(text)) => ExternalAnswer::Failed(text.as_str()?.to_owned()),
        (None, None) => return None,
    };
    Some((need, answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A second passes with every look at the clock.
    #[derive(Default)]
    struct Steps(AtomicU64);

    impl Platform for Steps {
        fn unix_ms(&self) -> u64 {
            0
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed) + 1)
        }

        fn identifier(&self) -> String {
            String::new()
        }

        fn memory_bytes(&self) -> Option<u64> {
            None
        }
    }

    fn need() -> Need {
        Need {
            name: "tier".into(),
            arguments: vec![
                Value::string("ann"),
                Value::Variable(3),
                Value::float(1.0).unwrap(),
            ],
        }
    }

    #[test]
    fn what_was_said_is_read_back() {
        let host = Steps::default();
        let mut live = Consulted::live(&host, Duration::MAX);
        assert_eq!(live.to_json(), None);
        assert_eq!(live.answer(&need()), None);
        let missing = live.take_missing().unwrap();
        let big = read_term(&json!({"$integer": "9".repeat(50)})).unwrap();
        let rows = vec![vec![Value::string("ann"), big, Value::float(1.0).unwrap()]];
        live.add(missing, Some(ExternalAnswer::Solutions(rows)));
        let mut other = need();
        other.name = "score".into();
        live.add(
            other.clone(),
            Some(ExternalAnswer::Failed("it is away".to_owned())),
        );
        let json = live.to_json().unwrap();
        let mut read = Consulted::recorded(Some(&json)).unwrap();
        for need in [need(), other] {
            assert_eq!(read.answer(&need), live.answer(&need));
        }
        assert!(read.take_missing().is_none());
    }

    #[test]
    fn what_was_given_up_is_given_up_at_the_same_look() {
        let host = Steps::default();
        let mut live = Consulted::live(&host, Duration::from_secs(3));
        let first: Vec<_> = (0..5).map(|_| live.is_late()).collect();
        assert_eq!(first, [false, false, false, true, true]);
        let json = live.to_json().unwrap();
        let mut read = Consulted::recorded(Some(&json)).unwrap();
        let second: Vec<_> = (0..5).map(|_| read.is_late()).collect();
        assert_eq!(first, second);
    }

    #[test]
    fn calls_with_open_parts_are_read_back() {
        let open = |number| Value::Variable(number);
        let partial = Value::PartialList([Value::Integer(1)].into(), open(1).into());
        let point = Value::Compound("point".into(), [open(0), open(1)].into());
        let need = Need {
            name: "p".into(),
            arguments: vec![Value::list(vec![open(0)]), partial, point],
        };
        let answer = ExternalAnswer::Solutions(Vec::new());
        let call = (need.clone(), answer.clone());
        assert_eq!(read_call(&call_json(&call)), Some(call));
        let host = Steps::default();
        let mut live = Consulted::live(&host, Duration::MAX);
        live.add(need.clone(), Some(answer.clone()));
        assert_eq!(live.answer(&need), Some(answer));
    }

    #[test]
    fn what_is_too_deep_to_be_kept_is_no_answer() {
        let deep = (0..500).fold(Value::Integer(1), |inner, _| Value::list(vec![inner]));
        let host = Steps::default();
        let mut live = Consulted::live(&host, Duration::MAX);
        let mut need = need();
        live.add(
            need.clone(),
            Some(ExternalAnswer::Solutions(vec![vec![deep.clone()]])),
        );
        assert_eq!(
            live.answer(&need),
            Some(ExternalAnswer::Failed(UNKEPT.to_owned()))
        );
        need.arguments = vec![deep];
        assert_eq!(
            live.answer(&need),
            Some(ExternalAnswer::Failed(UNKEPT.to_owned()))
        );
        assert_eq!(live.take_missing(), None);
    }

    #[test]
    fn calls_that_nobody_answers_hide_no_others() {
        let host = Steps::default();
        let mut live = Consulted::live(&host, Duration::MAX);
        let (first, mut second) = (need(), need());
        second.name = "other".into();
        assert_eq!((live.answer(&first), live.answer(&second)), (None, None));
        let missing = live.take_missing().unwrap();
        assert_eq!(missing, first);
        live.add(missing, None);
        live.again(Duration::MAX);
        assert_eq!((live.answer(&first), live.answer(&second)), (None, None));
        assert_eq!(live.take_missing(), Some(second));
    }
}
