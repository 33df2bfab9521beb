//! Answers that are streamed, and callers that go away.

use super::*;
use std::sync::atomic::AtomicBool;

/// Says a text in pieces and waits once after each; or never ends.
struct Speaking {
    pieces: &'static [&'static str],
    tells: bool,
    ends: bool,
    is_dropped: Arc<AtomicBool>,
}

impl Speaking {
    fn of(pieces: &'static [&'static str]) -> Self {
        Self {
            pieces,
            tells: true,
            ends: true,
            is_dropped: Arc::default(),
        }
    }
}

/// Notes that the call has ended, whatever way.
struct Noted(Arc<AtomicBool>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn wait_once() {
    let mut has_waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Models for Speaking {
    fn tells_unjudged(&self) -> bool {
        self.tells
    }

    fn stream<'a>(
        &'a self,
        _: &'a str,
        _: u32,
        hear: &'a mut (dyn FnMut(&str) + Send),
    ) -> ModelFuture<'a, String> {
        Box::pin(async move {
            let _noted = Noted(Arc::clone(&self.is_dropped));
            for piece in self.pieces {
                hear(piece);
                wait_once().await;
            }
            if !self.ends {
                std::future::pending::<()>().await;
            }
            Ok(self.pieces.concat())
        })
    }

    fn generate<'a>(&'a self, _: &'a str, _: u32) -> ModelFuture<'a, String> {
        Box::pin(async move {
            let _noted = Noted(Arc::clone(&self.is_dropped));
            if !self.ends {
                std::future::pending::<()>().await;
            }
            Ok(self.pieces.concat())
        })
    }

    fn embed<'a>(&'a self, _: &'a [&'a str]) -> ModelFuture<'a, Vec<Vec<f32>>> {
        Box::pin(async { Err("there is none".to_owned()) })
    }
}

fn speaking(models: Speaking) -> Router {
    let platform = Arc::new(Ticking::default());
    let service = Service::new(Arc::new(NativeEngines), store(), platform, settings());
    router(Arc::new(service.with_models(Arc::new(models))), [])
}

fn request(ask: &Value, accept: &str) -> Request<Body> {
    Request::post("/v1/generate")
        .header("content-type", "application/json")
        .header("accept", accept)
        .body(Body::from(ask.to_string()))
        .unwrap()
}

const LINES: &str = "application/x-ndjson";

fn events(service: &Router, ask: &Value) -> Vec<Value> {
    let response = now(service.clone().oneshot(request(ask, LINES))).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], LINES);
    assert!(response.headers().contains_key("x-decision-id"));
    let bytes = now(response.into_body().collect()).unwrap().to_bytes();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.ends_with('\n'));
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const FAIR: &[&str] = &[
    "The court hears both sides before it decides anything,",
    " and it says in public why it did.",
];

#[test]
fn pieces_come_before_the_judged_answer() {
    let service = speaking(Speaking::of(FAIR));
    let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95});
    let events = events(&service, &ask);
    let [first, second, last] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(*first, json!({"type": "delta", "text": FAIR[0]}));
    assert_eq!(*second, json!({"type": "delta", "text": FAIR[1]}));
    assert_eq!(
        (&last["type"], &last["response"], &last["retracted"]),
        (&json!("answer"), &json!(SAID), &json!(false))
    );
    assert_eq!(last["remembered"], true);
    assert_eq!(get(&service, "/v1/state")["in_flight"], 0);
    let text = scraped(&service);
    assert!(
        text.contains("assize_decisions_total{engine=\"gate\",verdict=\"allow\"} 1"),
        "{text}"
    );
}

#[test]
fn each_piece_can_be_read_before_the_next_is_said() {
    let mut models = Speaking::of(FAIR);
    models.ends = false;
    let service = speaking(models);
    let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95});
    let response = now(service.clone().oneshot(request(&ask, LINES))).unwrap();
    let mut body = response.into_body();
    for piece in FAIR {
        let frame = now(body.frame()).unwrap().unwrap().into_data().unwrap();
        let event: Value = serde_json::from_slice(&frame).unwrap();
        assert_eq!(event["text"], *piece);
    }
    assert_eq!(get(&service, "/v1/state")["in_flight"], 1);
}

#[test]
fn what_is_rejected_afterwards_is_retracted() {
    let service = speaking(Speaking::of(&["no no no no no no no no no "; 3]));
    let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95});
    let events = events(&service, &ask);
    let last = events.last().unwrap();
    assert_eq!(events.len(), 4);
    assert_eq!(
        (&last["accepted"], &last["retracted"], &last["response"]),
        (&json!(false), &json!(true), &json!(""))
    );
}

#[test]
fn without_leave_nothing_is_told_before_it_is_judged() {
    let mut models = Speaking::of(&["no no no no no no no no no "; 3]);
    models.tells = false;
    let service = speaking(models);
    let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95});
    let told = events(&service, &ask);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["accepted"], &told[0]["retracted"]),
        (&json!(false), &json!(false))
    );
    let low = json!({"prompt": "why", "moral_value": 0.1});
    let refused = events(&service, &low);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["note"], "morally rejected");
    let wrong = json!({"prompt": " "});
    let response = now(service.clone().oneshot(request(&wrong, LINES))).unwrap();
    assert_eq!(response.status(), 400);
}

#[test]
fn whose_caller_goes_away_is_given_up() {
    let mut models = Speaking::of(FAIR);
    models.ends = false;
    let is_dropped = Arc::clone(&models.is_dropped);
    let service = speaking(models);
    let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95});
    let given_up = |accept: &str, expected: u64| {
        is_dropped.store(false, Ordering::Relaxed);
        let future = service.clone().oneshot(request(&ask, accept));
        let mut future = Box::pin(future);
        let mut context = Context::from_waker(Waker::noop());
        match future.as_mut().poll(&mut context) {
            Poll::Ready(response) => {
                let mut body = response.unwrap().into_body();
                now(body.frame()).unwrap().unwrap();
                drop(body);
            }
            Poll::Pending => assert_eq!(get(&service, "/v1/state")["in_flight"], 1),
        }
        drop(future);
        assert!(is_dropped.load(Ordering::Relaxed));
        let state = get(&service, "/v1/state");
        assert_eq!(state["in_flight"], 0);
        assert_eq!(state["counters"]["cancelled"], expected);
        assert_eq!(state["pelm_stats"]["used"], 0);
    };
    given_up("application/json", 1);
    given_up(LINES, 2);
}
