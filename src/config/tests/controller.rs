//! Gate, memory, and the models that they ask.

use super::*;
use crate::Settings;
use assize_core::controller::{ControllerSettings, Embedder};
use assize_core::embedding::CacheSettings;
use assize_core::gate::Policy;
use assize_core::memory::Transfer;
use assize_model::{EmbedderSettings, Encoding, ModelSettings, Provider, TokenParameter};
use std::time::Duration;

#[test]
fn defaults_are_those_of_the_core_and_of_models() {
    let settings = Settings::default();
    assert_eq!(
        settings.controller_settings(),
        ControllerSettings::default()
    );
    assert!(settings.controller_config().is_ok());
    assert_eq!(settings.model_settings(), None);
    assert_eq!(settings.model_bounds(), None);
    assert_eq!(settings.embedder_settings(), None);
    assert_eq!(settings.embedder_bounds(), None);
    for (name, provider) in [
        ("openai", Provider::OpenAi),
        ("anthropic", Provider::Anthropic),
    ] {
        let loaded = load_toml(&format!("model = {{provider = '{name}', model = 'm'}}")).unwrap();
        let model = loaded.settings.model_settings().unwrap();
        assert_eq!(model, ModelSettings::new(provider, "m"));
        let bounds = loaded.settings.model_bounds().unwrap();
        assert_eq!(
            (bounds.concurrent, bounds.queue),
            (10, Duration::from_secs(5))
        );
    }
    let settings = load_toml("embedding.model = 'm'").unwrap().settings;
    let embedder = settings.embedder_settings().unwrap();
    assert_eq!(embedder, EmbedderSettings::new("m", 384));
    assert_eq!(settings.embedder_bounds().unwrap().concurrent, 20);
    assert_eq!(settings.embedding_cache(), Some(CacheSettings::default()));
}

#[test]
fn what_is_said_arrives_at_the_core() {
    let text = r"
        [gate]
        pre_check = 0.4
        max_processing_ms = 5
        [gate.threshold]
        policy = 'bounded'
        initial = 0.6
        [gate.rhythm]
        wake_steps = 2
        [gate.memory_breaker]
        cooldown_ms = 7
        [gate.emergency]
        cooldown_ms = 0
        [[gate.lexicon.lists]]
        name = 'fraud'
        weight = -1
        words = ['forge', 'Äpfel']
        [memory]
        dimension = 16
        capacity = 3
        [memory.synaptic]
        lambda_l2 = 0.25
        gating23 = 1
        transfer = 'per-component'
        [embedding]
        model = 'm'
    ";
    let config = load_toml(text)
        .unwrap()
        .settings
        .controller_config()
        .unwrap();
    let ControllerSettings {
        gate,
        memory,
        synaptic,
        embedder,
    } = config.settings();
    assert_eq!(gate.pre_check, Some(0.4));
    assert_eq!(gate.max_processing_ms, Some(5));
    assert_eq!(gate.threshold.policy, Policy::Bounded);
    assert_eq!((gate.threshold.initial, gate.threshold.floor), (0.6, 0.3));
    assert_eq!((gate.rhythm.wake_steps, gate.rhythm.sleep_steps), (2, 3));
    let breaker = &gate.memory_breaker;
    assert_eq!((breaker.failures, breaker.cooldown_ms), (3, 7));
    assert_eq!(gate.emergency.cooldown_ms, None);
    assert_eq!(gate.lexicon.lists.len(), 1);
    assert_eq!(gate.lexicon.lists[0].words, ["forge", "Äpfel"]);
    assert_eq!((memory.dimension, memory.capacity), (16, 3));
    assert_eq!((gate.dimension, synaptic.dimension), (16, 16));
    assert_eq!(synaptic.lambda, [0.5, 0.25, 0.01]);
    assert_eq!(synaptic.gating, [0.45, 1.0]);
    assert_eq!(synaptic.transfer, Transfer::PerComponent);
    assert_eq!(*embedder, Embedder::Caller);
}

#[test]
fn what_is_said_arrives_at_models() {
    let text = r"
        [model]
        provider = 'openai'
        model = 'local'
        base_url = 'http://models.internal/v1'
        allow_http = true
        api_key = 'k'
        temperature = 1.5
        token_parameter = 'max_completion_tokens'
        stream_usage = false
        timeout_ms = 1
        total_timeout_ms = 2
        attempts = 3
        max_body_bytes = 4096
        breaker_failures = 5
        breaker_open_seconds = 6
        max_concurrent_calls = 7
        queue_ms = 8
        max_tokens = 9000
        [embedding]
        model = 'e'
        dimension = 384
        send_dimension = true
        encoding = 'base64'
        max_texts = 10
        cache_entries = 0
        cache_ttl_seconds = 2
    ";
    let settings = load_toml(text).unwrap().settings;
    let model = settings.model_settings().unwrap();
    let endpoint = &model.endpoint;
    assert_eq!(endpoint.base_url, "http://models.internal/v1");
    assert!(endpoint.allow_http && !model.stream_usage);
    assert_eq!(endpoint.api_key.as_ref().unwrap().expose(), "k");
    assert_eq!(model.temperature, Some(1.5));
    assert_eq!(
        model.token_parameter,
        Some(TokenParameter::MaxCompletionTokens)
    );
    assert_eq!((endpoint.timeout_ms, endpoint.total_timeout_ms), (1, 2));
    assert_eq!((endpoint.attempts, endpoint.max_body_bytes), (3, 4096));
    assert_eq!(endpoint.breaker_failures, 5);
    assert_eq!(endpoint.breaker_open_seconds, 6);
    assert_eq!(model.max_tokens, 9000);
    let bounds = settings.model_bounds().unwrap();
    assert_eq!((bounds.concurrent, bounds.queue.as_millis()), (7, 8));
    let embedder = settings.embedder_settings().unwrap();
    assert!(embedder.send_dimension);
    let cache = settings.embedding_cache().unwrap();
    assert_eq!((cache.capacity, cache.time_to_live_ms), (0, 2000));
    assert_eq!(
        (embedder.encoding, embedder.max_texts),
        (Encoding::Base64, 10)
    );
}

/// Each error with the line of its origin, where it has one.
fn errors_of(text: &str) -> Vec<String> {
    messages(load_toml(text))
}

#[test]
fn what_the_core_and_models_refuse_is_named_as_it_was_said() {
    let text = "[gate.threshold]\nalpha = 0\ninitial = 0.2\n\
         [[gate.lexicon.lists]]\nname = 'a'\nweight = 0\nwords = ['x']\n\
         [[gate.lexicon.lists]]\nname = 'b'\nweight = 0\nwords = ['X']\n\
         [memory.synaptic]\ntheta_l2 = 0.0\n\
         [model]\nprovider = 'anthropic'\nmodel = 'm'\ntemperature = 1.5\nbase_url = 'http://u:canary@h'\n\
         [embedding]\nmodel = 'm'\ndimension = 8\nbase_url = 'https://h/?canary'\n";
    let errors = errors_of(text);
    let expected = [
        "assize.toml:11: `gate.lexicon.lists[1].words` `x` is in list 0, too; a word has one weight",
        "assize.toml:2: `gate.threshold.alpha` must be a number above 0 and up to 1, got 0",
        "assize.toml:3: `gate.threshold.initial` must be from `floor` to `ceiling`, 0.3 to 0.9, got 0.2",
        "assize.toml:13: `memory.synaptic.theta_l2` must be a finite number above 0, got 0",
        "assize.toml:18: `model.base_url` can't be called: ",
        "assize.toml:17: `model.temperature` must be 0 to 1, not 1.5",
        "assize.toml:22: `embedding.base_url` must have no query and no fragment",
        "assize.toml:21: `embedding.dimension` must be `memory.dimension`, 384, got 8",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn what_does_not_fit_together_is_said() {
    let errors = errors_of("[gate.threshold]\nfloor = 0.6");
    assert!(
        errors[0].starts_with("assize.toml:1: `gate.threshold.initial` must be from `floor`"),
        "{errors:?}"
    );
    let errors = messages(load_variables(&[("MLSDM_CAPACITY", "1000000")]));
    assert!(
        errors[0].starts_with("MLSDM_CAPACITY: `memory.capacity` takes ")
            && errors[0].ends_with("more than `memory.max_bytes`, 234881024"),
        "{errors:?}"
    );
    let errors = errors_of("memory.max_bytes = 1048576");
    assert!(errors[0].contains("`memory.capacity` takes"), "{errors:?}");
    let model = "model = {provider = 'openai', model = 'm', max_tokens = 100}";
    assert_eq!(
        errors_of(model)[0].split_once(": ").unwrap().1,
        "`gate.max_tokens` must be at most `model.max_tokens`, 100, got 2048"
    );
    assert!(load_toml(&format!("{model}\ngate.max_tokens = 100")).is_ok());
    // One mistake is not told twice, and does not hide those of other sections.
    let errors = errors_of("gate.threshold.alpha = 2\nserver.queue_ms = -1\nmemory.dimension = 8");
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn services_say_what_is_missing_and_what_was_meant() {
    let errors = errors_of("[model]\n[embedding]\nmodle = 'm'\napi_key = 'k'\napi_key_file = '/f'");
    assert_eq!(
        errors[..4],
        [
            "assize.toml:3: `embedding.modle` is not a known key; did you mean `embedding.model`?",
            "assize.toml:1: `model.provider` is missing: `model` can't be asked without it",
            "assize.toml:1: `model.model` is missing: `model` can't be asked without it",
            "assize.toml:2: `embedding.model` is missing: `embedding` can't be asked without it",
        ]
    );
    assert!(
        errors[4].contains("excludes the others: give one of `api_key`, `api_key_file`"),
        "{errors:?}"
    );
    let near = messages(load_variables(&[("ASSIZE_MODEL_APIKEY", "x")]));
    assert_eq!(
        near,
        ["ASSIZE_MODEL_APIKEY: is not a known variable; did you mean `ASSIZE_MODEL_API_KEY`?"]
    );
    let errors = errors_of("gate.treshold.initial = 0.5");
    assert!(
        errors[0].ends_with("did you mean `gate.threshold`?"),
        "{errors:?}"
    );
}

fn key_of(loaded: &Loaded) -> Option<&str> {
    let model = loaded.settings.model.as_ref()?;
    Some(model.api_key.as_ref()?.expose())
}

#[test]
fn a_provider_of_the_guide_is_asked_with_its_key() {
    let variables = [
        ("LLM_BACKEND", "openai"),
        ("OPENAI_MODEL", "m"),
        ("OPENAI_API_KEY", "canary"),
        ("ANTHROPIC_API_KEY", "other"),
    ];
    let loaded = load_variables(&variables).unwrap();
    assert_eq!(key_of(&loaded), Some("canary"));
    assert_eq!(
        loaded.notes,
        [
            "`LLM_BACKEND` is read as `model.provider`",
            "`OPENAI_MODEL` is read as `model.model`",
            "`OPENAI_API_KEY` is read as `model.api_key`",
            "`ANTHROPIC_API_KEY` is not read: `model.provider` is not `anthropic`",
        ]
    );
    let errors = messages(load_variables(&variables[..1]));
    assert_eq!(
        errors,
        ["LLM_BACKEND: `model.model` is missing: `model` can't be asked without it"]
    );
    assert_eq!(
        load_variables(&[("LLM_BACKEND", "local_stub")])
            .unwrap()
            .notes,
        [""; 0]
    );
    let errors = messages(load_variables(&[("LLM_BACKEND", "x")]));
    assert_eq!(
        errors,
        ["LLM_BACKEND: `model.provider` must be `openai`, `anthropic` or `local_stub`, got `x`"]
    );
    // A key alone asks nobody.
    let loaded = load_variables(&variables[2..]).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.notes.len(), 2);
}

#[test]
fn a_key_is_not_shown_to_whom_it_was_not_made_for() {
    let key = ("OPENAI_API_KEY", "canary");
    let model = [
        ("ASSIZE_MODEL_PROVIDER", "openai"),
        ("ASSIZE_MODEL_MODEL", "m"),
    ];
    let note = |more: &[(&str, &str)]| {
        let loaded = load_variables(&[&model[..], &[key], more].concat()).unwrap();
        (key_of(&loaded).map(str::to_owned), loaded.notes[0].clone())
    };
    assert_eq!(note(&[]).0.as_deref(), Some("canary"));
    let elsewhere = ("ASSIZE_MODEL_BASE_URL", "https://elsewhere.example/v1");
    let (shown, said) = note(&[elsewhere]);
    assert_eq!(shown, None);
    assert_eq!(
        said,
        "`OPENAI_API_KEY` is not read: `model.base_url` is set"
    );
    let (shown, said) = note(&[("ASSIZE_MODEL_API_KEY", "own")]);
    assert_eq!(shown.as_deref(), Some("own"));
    assert_eq!(
        said,
        "`OPENAI_API_KEY` is not read: `ASSIZE_MODEL_API_KEY` is set"
    );
    let text = "model = {provider = 'openai', model = 'm', api_key = 'own'}";
    let (_folder, path) = file("assize.toml", text);
    let path = path.to_str().unwrap();
    let loaded = load_variables(&[key, ("ASSIZE_CONFIG", path)]).unwrap();
    assert_eq!(key_of(&loaded), Some("own"));
    assert_eq!(
        loaded.notes,
        ["`OPENAI_API_KEY` is not read: `model.api_key` is set"]
    );
    let loaded = load_variables(&[key, ("ASSIZE_EMBEDDING_MODEL", "e")]).unwrap();
    let embedder = loaded.settings.embedder_settings().unwrap();
    assert_eq!(embedder.endpoint.api_key.unwrap().expose(), "canary");
    assert_eq!(
        loaded.notes[1],
        "`OPENAI_API_KEY` is read as `embedding.api_key`"
    );
}

#[test]
fn fingerprint_covers_gate_and_memory() {
    let fingerprint = |text: &str| load_toml(text).unwrap().settings.fingerprint();
    let usual = fingerprint("");
    let mut seen = vec![usual.clone()];
    for text in [
        "gate.threshold.policy = 'fixed'",
        "gate.threshold.step = 0.01",
        "gate.rhythm.wake_steps = 9",
        "gate.pre_check = 0.5",
        "gate.post_check = 0.5",
        "gate.context.top_k = 6",
        "gate.lexicon.lists = []",
        "gate.lexicon.lists = [{name = 'a', weight = 0, words = []}]",
        "gate.lexicon.lists = [{name = 'a', weight = 0, words = ['b']}]",
        "memory.dimension = 383",
        "memory.capacity = 19_999",
        "memory.compressed_index = false",
        "memory.synaptic.lambda_l3 = 0.02",
        "embedding.model = 'm'",
    ] {
        seen.push(fingerprint(text));
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
    for text in [
        "gate.threshold.initial = 0.5\nmemory.max_bytes = 1_000_000_000",
        "gate.context.min_confidence = -0.0",
        "model = {provider = 'openai', model = 'm', api_key = 'k'}",
    ] {
        assert_eq!(fingerprint(text), usual, "{text}");
    }
}

#[test]
fn changes_of_keys_are_seen_though_they_are_masked() {
    let settings = |key: &str| {
        let text = format!(
            "model = {{provider = 'openai', model = 'm', api_key = '{key}'}}\n\
             embedding = {{model = 'm', api_key = '{key}'}}"
        );
        load_toml(&text).unwrap().settings
    };
    let changes = Settings::changes(&settings("a"), &settings("b"));
    assert_eq!(changes.restart, ["embedding.api_key", "model.api_key"]);
    assert_eq!(changes.reloadable, [""; 0]);
}

#[test]
fn shown_settings_are_settings() {
    let text = "gate.pre_check = 0.25\ngate.lexicon.lists = [{name = 'a', weight = -0.5, words = ['b', 'c']}]\n\
         memory.synaptic.transfer = 'per-component'\n\
         model = {provider = 'openai', model = 'm', api_key = 'canary'}\nembedding.model = 'e'";
    let loaded = load_toml(text).unwrap();
    let shown = loaded.show();
    assert!(!shown.contains("canary"), "{shown}");
    for end in [
        "pre_check = 0.25",
        "[[gate.lexicon.lists]]",
        "transfer = \"per-component\"",
        "api_key = \"********\"",
    ] {
        let line = shown.lines().find(|line| line.starts_with(end)).unwrap();
        assert!(line.contains("assize.toml:"), "{line}");
    }
    let again = load_toml(&shown).unwrap().settings;
    assert_eq!(
        again.controller_settings(),
        loaded.settings.controller_settings()
    );
    assert_eq!(
        Settings::changes(&again, &loaded.settings).restart,
        ["model.api_key"]
    );
    let usual = load_toml("").unwrap();
    assert_eq!(load_toml(&usual.show()).unwrap().settings, usual.settings);
}

#[cfg(unix)]
#[test]
fn production_looks_at_keys_of_services() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, key) = file("key", "canary");
    let open = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode));
    let text = format!(
        "profile = 'prod'\n[model]\nprovider = 'openai'\nmodel = 'm'\napi_key_file = '{0}'\n\
         [embedding]\nmodel = 'm'\napi_key_file = '{0}'",
        key.display()
    );
    let found = || {
        let problems = load_toml(&text).unwrap().settings.production_problems();
        let is_of_a_key = |problem: &&String| problem.contains("api_key_file");
        problems.iter().filter(is_of_a_key).count()
    };
    open(0o600).unwrap();
    assert_eq!(found(), 0);
    open(0o644).unwrap();
    assert_eq!(found(), 2);
    let (_folder, path) = file(
        "assize.toml",
        "profile = 'prod'\n[embedding]\nmodel = 'm'\napi_key = 'canary'",
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let sources = Sources {
        file: Some(path),
        ..Sources::default()
    };
    let problems = load(&sources).unwrap().production_problems().join("\n");
    assert!(problems.contains("holds secrets"), "{problems}");
    assert!(!problems.contains("canary"), "{problems}");
}
