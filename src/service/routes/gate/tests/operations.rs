//! What operators see.

use super::*;

/// The value of a metric without labels.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(' '))
    });
    let line = line.unwrap_or_else(|| panic!("{name}: {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn metrics_tell_what_gates_did() {
    let service = over(store(), Some(Ok(SAID)));
    let steps = "mlsdm_steps_total";
    assert_eq!(value(&scraped(&service), steps), 0.0);
    // Eight wake steps, then one that is refused for sleep.
    for turn in 0..9 {
        let ask = json!({"prompt": format!("question {turn} about courts"), "moral_value": 0.95});
        post(&service, "/v1/generate", ask);
    }
    let text = scraped(&service);
    for (name, expected) in [
        (steps, 9.0),
        ("mlsdm_accepted_total", 8.0),
        ("mlsdm_rejected_total", 0.0),
        ("mlsdm_consolidations_total", 1.0),
        ("mlsdm_memory_used", 8.0),
        ("mlsdm_phase", 1.0),
        ("mlsdm_requests_total", 9.0),
        ("mlsdm_latency_seconds_count", 9.0),
        ("mlsdm_generation_duration_seconds_count", 8.0),
        ("mlsdm_retrieval_duration_seconds_count", 8.0),
    ] {
        assert_eq!(value(&text, name), expected, "{name}");
    }
    let threshold = get(&service, "/v1/state")["moral_threshold"].clone();
    let told = value(&text, "mlsdm_moral_threshold");
    assert!((told - threshold.as_f64().unwrap()).abs() < 1e-4, "{told}");
    assert!(value(&text, "mlsdm_memory_bytes") > 1000.0);
    // Another session: counters are of all, gauges of the last.
    let low = json!({"moral_value": 0.1});
    post(&service, "/v1/admit?session=other", low);
    let find = json!({"text": "courts"});
    post(&service, "/v1/memory/search?session=other", find);
    call(&service, Method::POST, "/v1/admit", json!({}));
    let text = scraped(&service);
    for (name, expected) in [
        (steps, 10.0),
        ("mlsdm_rejected_total", 1.0),
        ("mlsdm_memory_used", 0.0),
        ("mlsdm_phase", 0.0),
        ("mlsdm_retrieval_duration_seconds_count", 9.0),
        ("mlsdm_requests_total", 13.0),
    ] {
        assert_eq!(value(&text, name), expected, "{name}");
    }
    call(&service, Method::POST, "/v1/state/reset", Value::Null);
    let text = scraped(&service);
    assert_eq!(value(&text, steps), 10.0, "what was counted stays so");
}

#[test]
fn a_full_memory_is_healthy_and_one_that_fails_is_not() {
    let service = over(store(), Some(Ok(SAID)));
    let vector = vec![0.5; 64];
    let entries: Vec<Value> = (0..50).map(|_| json!({"vector": vector})).collect();
    post(&service, "/v1/memory", json!({"entries": entries}));
    let health = get(&service, "/v1/health/gate");
    assert_eq!(
        health,
        json!({"status": "healthy", "checks": {
            "memory": {"status": "ok", "used": 50, "capacity": 50, "percentage": 100.0},
            "moral_filter": {"status": "ok", "threshold": 0.5},
            "phase": {"current": "wake", "step": 0},
            "embedding": {"status": "ok"},
        }})
    );
    let elsewhere = get(&service, "/v1/health/gate?session=other");
    assert_eq!(elsewhere["checks"]["memory"]["used"], 0);
}

#[test]
fn an_embedder_that_fails_is_told() {
    let mut settings = settings();
    let mut gate = settings.gate.settings().clone();
    gate.embedder = assize_core::controller::Embedder::Caller;
    settings.gate = ControllerConfig::new(gate).unwrap();
    let platform = Arc::new(Ticking::default());
    let service = Service::new(Arc::new(NativeEngines), store(), platform, settings);
    let service = service.with_models(Arc::new(Saying(Ok(SAID))));
    let service = router(Arc::new(service), []);
    for _ in 0..5 {
        let ask = json!({"prompt": "why", "moral_value": 0.95});
        let answer = post(&service, "/v1/generate", ask);
        assert_eq!(answer["note"], "error: embedding failed: there is none");
    }
    let health = get(&service, "/v1/health/gate");
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["embedding"]["status"], "warning");
}
