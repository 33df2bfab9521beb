//! Where an embedder is configured, and no language model.

use super::*;
use assize_core::controller::Embedder;
use std::sync::Mutex;

/// Letters of a text, counted; what it was asked is noted.
#[derive(Default)]
struct Counting {
    asked: Mutex<Vec<Vec<String>>>,
    is_broken: bool,
}

impl Models for Counting {
    fn has_model(&self) -> bool {
        false
    }

    fn generate<'a>(&'a self, _: &'a str, _: u32) -> ModelFuture<'a, String> {
        Box::pin(async { Err("there is none".to_owned()) })
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> ModelFuture<'a, Vec<Vec<f32>>> {
        let noted = texts.iter().map(|text| (*text).to_owned()).collect();
        self.asked.lock().unwrap().push(noted);
        let vector = |text: &&str| {
            let mut vector = vec![0.01_f32; 64];
            for byte in text.bytes() {
                vector[usize::from(byte % 64)] += 1.0;
            }
            if self.is_broken {
                vector[3] = f32::NAN;
            }
            vector
        };
        let vectors = texts.iter().map(vector).collect();
        Box::pin(async move { Ok(vectors) })
    }
}

fn with(models: Option<Arc<Counting>>, store: Arc<MemoryStore>) -> Router {
    let mut settings = settings();
    let mut gate = settings.gate.settings().clone();
    gate.embedder = Embedder::Caller;
    settings.gate = ControllerConfig::new(gate).unwrap();
    let platform = Arc::new(Ticking::default());
    let service = Service::new(Arc::new(NativeEngines), store, platform, settings);
    let service = match models {
        Some(models) => service.with_models(models),
        None => service,
    };
    router(Arc::new(service), [])
}

#[test]
fn texts_are_embedded_before_the_journal_has_them() {
    let store = store();
    let models = Arc::new(Counting::default());
    let service = with(Some(Arc::clone(&models)), Arc::clone(&store));
    let entries = json!({"entries": [
        {"text": "courts sit in public", "source_name": "ann", "confidence": 0.75, "source": "retrieved"},
        {"text": "zzz"},
        {"vector": vec![0.5; 64], "text": "juries"},
        {"text": "zzz", "expires_at": 9_000_000_000_000_u64},
    ]});
    assert_eq!(post(&service, "/v1/memory", entries)["stored"], 4);
    assert_eq!(
        *models.asked.lock().unwrap(),
        [["courts sit in public", "zzz"]]
    );
    let find = json!({"text": "courts sit in public", "top_k": 1});
    let found = post(&service, "/v1/memory/search", find.clone());
    assert_eq!(found["entries"][0]["entry"]["source_name"], "ann");
    assert_eq!(found["entries"][0]["entry"]["confidence"], 0.75);
    let ask = json!({"text": "courts sit in public", "moral_value": 0.9, "context_top_k": 1});
    let admitted = post(&service, "/v1/admit", ask);
    assert_eq!(admitted["context"][0]["entry"]["source_name"], "ann");
    let asked = models.asked.lock().unwrap().len();
    assert_eq!(asked, 1, "what was found before is not asked for again");
    let text = scraped(&service);
    let hits = "assize_embedding_cache_lookups_total{result=\"hit\"} 2";
    let misses = "assize_embedding_cache_lookups_total{result=\"miss\"} 3";
    assert!(text.contains(hits) && text.contains(misses), "{text}");
    // Another process has no embedder, and reads the same.
    let other = with(None, store);
    assert_eq!(get(&other, "/v1/state"), get(&service, "/v1/state"));
    let listed = get(&other, "/v1/memory/entries");
    assert_eq!(listed, get(&service, "/v1/memory/entries"));
    assert_eq!(listed["entries"][3]["expires_at"], 9_000_000_000_000_u64);
    let (status, problem) = call(&other, Method::POST, "/v1/memory/search", find);
    assert_eq!(status, 409, "{problem}");
}

#[test]
fn an_embedder_without_a_model_generates_nothing_and_a_broken_one_stores_nothing() {
    let models = Arc::new(Counting {
        is_broken: true,
        ..Counting::default()
    });
    let service = with(Some(models), store());
    let generate = json!({"prompt": "why"});
    let (status, _) = call(&service, Method::POST, "/v1/generate", generate);
    assert_eq!(status, 501);
    let entries = json!({"entries": [{"text": "courts"}]});
    let (status, problem) = call(&service, Method::POST, "/v1/memory", entries);
    assert_eq!(status, 503, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("-1e18"));
    assert_eq!(get(&service, "/v1/memory")["used"], 0);
}
