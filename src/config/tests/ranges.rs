use super::*;
use crate::schema::Shape;

/// Key, least, most; written down again, so that a slip in the settings shows.
const WHOLE: [(&str, i64, i64); 71] = [
    ("server.max_connections", 1, 1_000_000),
    ("server.read_seconds", 1, 3600),
    ("server.shutdown_seconds", 0, 3600),
    ("server.request_seconds", 1, 3600),
    ("server.max_body_bytes", 1, 64 * 1024 * 1024),
    ("server.max_concurrent_requests", 1, 100_000),
    ("server.max_queued_requests", 0, 100_000),
    ("server.queue_ms", 0, 60_000),
    ("engine.call_time_ms", 1, 3_600_000),
    ("engine.call_memory_mib", 1, 4096),
    ("engine.controller_memory_mib", 1, 4096),
    ("engine.instances", 1, 10_000),
    ("engine.calls_per_instance", 0, 4_294_967_295),
    ("store.max_sessions", 1, 100_000_000),
    ("store.max_sessions_mib", 1, 1_048_576),
    ("store.connect_seconds", 1, 3600),
    ("journal.retention_days", 1, 36_500),
    ("journal.retention_mib", 1, 1_073_741_824),
    ("journal.checkpoint_seconds", 1, 86_400),
    ("auth.key_cache_ms", 0, 1000),
    ("auth.jwt.jwks_refresh_seconds", 10, 86_400),
    ("auth.jwt.leeway_seconds", 0, 300),
    ("limits.requests", 0, 10_000_000),
    ("limits.window_seconds", 1, 86_400),
    ("limits.max_clients", 1, 10_000_000),
    ("governor.max_cycles", 1, 4_294_967_295),
    ("rules.max_steps", 1, 1_000_000_000_000),
    ("rules.max_depth", 1, 10_000_000),
    ("rules.max_answers", 1, 10_000_000),
    ("rules.max_table_answers", 1, 100_000_000),
    ("rules.max_memory_mib", 1, 4096),
    ("rules.max_time_ms", 1, 3_600_000),
    ("outbound.call_timeout_ms", 1, 600_000),
    ("outbound.total_timeout_ms", 1, 3_600_000),
    ("outbound.max_body_bytes", 1, 64 * 1024 * 1024),
    ("outbound.max_redirects", 0, 10),
    ("outbound.cache_seconds", 0, 86_400),
    ("outbound.cache_entries", 0, 1_000_000),
    ("outbound.cache_mib", 0, 4096),
    ("outbound.breaker_failures", 1, 1000),
    ("outbound.breaker_open_seconds", 0, 86_400),
    ("outbound.connections", 1, 10_000),
    ("outbound.connections_per_host", 1, 10_000),
    ("gate.max_tokens", 1, 1_000_000),
    ("gate.remembered_bytes", 0, 1_000_000),
    ("gate.max_processing_ms", 1, 3_600_000),
    ("gate.rhythm.wake_steps", 1, 4_294_967_295),
    ("gate.rhythm.sleep_steps", 1, 4_294_967_295),
    ("gate.context.top_k", 1, 1000),
    ("gate.context.max_texts", 0, 1000),
    ("gate.context.max_tokens", 0, 1_000_000),
    ("gate.quality.max_run", 1, 4_294_967_295),
    ("gate.embedding_breaker.failures", 1, 4_294_967_295),
    ("gate.embedding_breaker.cooldown_ms", 0, 86_400_000),
    ("gate.embedding_breaker.successes", 1, 4_294_967_295),
    ("gate.memory_breaker.failures", 1, 4_294_967_295),
    ("gate.memory_breaker.cooldown_ms", 0, 86_400_000),
    ("gate.memory_breaker.successes", 1, 4_294_967_295),
    ("gate.emergency.max_process_memory_bytes", 1, 1 << 50),
    ("gate.emergency.max_own_memory_bytes", 1, 1 << 50),
    ("gate.emergency.cooldown_ms", 0, 86_400_000),
    ("gate.emergency.recovery_steps", 1, 4_294_967_295),
    ("gate.emergency.max_emergencies", 1, 4_294_967_295),
    ("gate.emergency.clean_period_ms", 1, 2_592_000_000),
    ("memory.dimension", 1, 4096),
    ("memory.capacity", 1, 1_000_000),
    ("memory.text_bytes", 0, 1 << 30),
    ("memory.max_bytes", 1 << 20, 1 << 40),
    ("model.max_tokens", 1, 1_000_000),
    ("embedding.dimension", 1, 4096),
    ("embedding.max_texts", 1, 4096),
];

const OF_THE_CACHE: [(&str, i64, i64); 2] = [
    ("embedding.cache_entries", 0, 100_000),
    ("embedding.cache_ttl_seconds", 1, 31_536_000),
];

/// Those of both services.
const OF_SERVICES: [(&str, i64, i64); 8] = [
    ("timeout_ms", 1, 600_000),
    ("total_timeout_ms", 1, 3_600_000),
    ("attempts", 1, 10),
    ("max_body_bytes", 1024, 256 * 1024 * 1024),
    ("breaker_failures", 1, 1000),
    ("breaker_open_seconds", 0, 86_400),
    ("max_concurrent_calls", 1, 10_000),
    ("queue_ms", 0, 60_000),
];

const NUMBERS: [(&str, f64); 32] = [
    ("governor.similarity_threshold", 1.0),
    ("governor.risk_threshold", 1.0),
    ("governor.initial_contradiction_budget", 1e6),
    ("governor.contradiction_decay_rate", 1e6),
    ("governor.quality_improvement_threshold", 1e6),
    ("gate.pre_check", 1.0),
    ("gate.post_check", 1.0),
    ("gate.threshold.initial", 1.0),
    ("gate.threshold.floor", 1.0),
    ("gate.threshold.ceiling", 1.0),
    ("gate.threshold.step", 1.0),
    ("gate.threshold.alpha", 1.0),
    ("gate.threshold.dead_band", 1.0),
    ("gate.threshold.target", 1.0),
    ("gate.context.phase_tolerance", 1.0),
    ("gate.context.min_confidence", 1.0),
    ("gate.quality.max_repetition", 1.0),
    ("gate.quality.max_line_share", 1.0),
    ("gate.quality.min_letter_share", 1.0),
    ("gate.quality.min_sentence_tokens", 1000.0),
    ("gate.quality.min_function_word_share", 1.0),
    ("gate.quality.min_prompt_overlap", 1.0),
    ("gate.quality.min_confidence", 1.0),
    ("gate.lexicon.base", 1.0),
    ("gate.emergency.recovery_share", 1.0),
    ("memory.synaptic.lambda_l1", 1.0),
    ("memory.synaptic.lambda_l2", 1.0),
    ("memory.synaptic.lambda_l3", 1.0),
    ("memory.synaptic.theta_l1", 1e6),
    ("memory.synaptic.theta_l2", 1e6),
    ("memory.synaptic.gating12", 1.0),
    ("memory.synaptic.gating23", 1.0),
];

/// Numbers that are above 0.
const ABOVE_ZERO: [&str; 6] = [
    "gate.threshold.alpha",
    "memory.synaptic.lambda_l1",
    "memory.synaptic.lambda_l2",
    "memory.synaptic.lambda_l3",
    "memory.synaptic.theta_l1",
    "memory.synaptic.theta_l2",
];

const JWT: &str = "auth.jwt.issuer='i'\nauth.jwt.audience='a'\nauth.jwt.jwks_file='/k'\n";
const SERVICE_SECTIONS: [&str; 2] = ["model", "embedding"];

/// Whether errors leave out what was given.
fn is_secretive(key: &str) -> bool {
    let sections = ["auth.jwt"].into_iter().chain(SERVICE_SECTIONS);
    let mut sections = sections.filter(|section| key.starts_with(section));
    sections.next().is_some()
}

/// What else must be said for a value to be acceptable.
fn beside(key: &str, text: &str) -> String {
    let number: Option<f64> = text.parse().ok();
    match key {
        _ if key.starts_with("auth.jwt") => JWT.to_owned(),
        _ if key.starts_with("model") => {
            "model.provider='openai'\nmodel.model='m'\ngate.max_tokens=1\n".to_owned()
        }
        "embedding.dimension" if number.is_some_and(|it| (1.0..=4096.0).contains(&it)) => {
            format!("embedding.model='m'\nmemory.dimension={text}\nmemory.capacity=1\n")
        }
        _ if key.starts_with("embedding") => "embedding.model='m'\n".to_owned(),
        "memory.max_bytes" => "memory.capacity=1\nmemory.text_bytes=0\n".to_owned(),
        _ if key.starts_with("memory") => "memory.max_bytes=1099511627776\n".to_owned(),
        "gate.threshold.initial" | "gate.threshold.floor" | "gate.threshold.ceiling"
            if number.is_some_and(|it| (0.0..=1.0).contains(&it)) =>
        {
            let others =
                ["initial", "floor", "ceiling"].map(|name| format!("gate.threshold.{name}"));
            let others = others.iter().filter(|other| *other != key);
            others.map(|other| format!("{other}={text}\n")).collect()
        }
        _ => String::new(),
    }
}

fn with(key: &str, text: &str) -> Result<Loaded, ConfigErrors> {
    load_toml(&format!("{}{key} = {text}", beside(key, text)))
}

fn whole() -> impl Iterator<Item = (String, i64, i64)> {
    let of_services = SERVICE_SECTIONS.iter().flat_map(|section| {
        OF_SERVICES.map(|(name, least, most)| (format!("{section}.{name}"), least, most))
    });
    let others = WHOLE.into_iter().chain(OF_THE_CACHE);
    let others = others.map(|(key, least, most)| (key.to_owned(), least, most));
    others.chain(of_services)
}

#[test]
fn each_edge_is_in_and_what_is_beyond_is_out() {
    for (key, least, most) in whole() {
        for edge in [least, most] {
            let loaded = with(&key, &edge.to_string());
            assert!(loaded.is_ok(), "{key} = {edge}: {loaded:?}");
        }
        for beyond in [least - 1, most + 1] {
            let expected =
                format!("`{key}` must be a whole number from {least} to {most}, got `{beyond}`");
            let errors = messages(with(&key, &beyond.to_string()));
            let expected = match is_secretive(&key) {
                true => expected.split(", got").next().unwrap().to_owned(),
                false => expected,
            };
            assert!(
                errors.len() == 1 && errors[0].contains(&expected),
                "{errors:?}"
            );
        }
        for other in [
            "1.5",
            "'1'",
            "true",
            "[1]",
            "{}",
            "99999999999999999999999999",
            "nan",
        ] {
            assert!(with(&key, other).is_err(), "{key} = {other}");
        }
    }
}

#[test]
fn numbers_are_from_zero_to_the_most() {
    for (key, most) in NUMBERS.into_iter().chain([("model.temperature", 2.0)]) {
        for edge in [&most.to_string(), &format!("{most:.1}")] {
            assert!(with(key, edge).is_ok(), "{key} = {edge}");
        }
        for zero in ["0", "0.0", "-0.0"] {
            let is_in = !ABOVE_ZERO.contains(&key);
            assert_eq!(with(key, zero).is_ok(), is_in, "{key} = {zero}");
        }
        for beyond in [
            "-0.001",
            &(most + 0.001).to_string(),
            "inf",
            "-inf",
            "nan",
            "'1'",
        ] {
            assert!(with(key, beyond).is_err(), "{key} = {beyond}");
        }
    }
}

#[test]
fn every_number_is_tested() {
    for (key, shape) in Shape::settings().leaves() {
        let tested = match shape {
            Shape::Integer(_) => whole().any(|(name, ..)| name == key),
            Shape::Number(_) => {
                key == "model.temperature" || NUMBERS.iter().any(|(name, _)| *name == key)
            }
            _ => true,
        };
        assert!(tested, "{key}");
    }
}

#[test]
fn texts_are_of_their_formats() {
    let cases: [(&str, &[&str], &[&str]); 12] = [
        (
            "gate.threshold.policy",
            &["homeostatic", "fixed", "bounded"],
            &["", "adaptive"],
        ),
        (
            "memory.synaptic.transfer",
            &["norm", "per-component"],
            &["per_component"],
        ),
        (
            "server.listen",
            &["0.0.0.0:0", "[::]:65535"],
            &["", "8000", "localhost:80", "1.2.3.4:65536"],
        ),
        ("server.data", &["/a", "a b"], &["", "  ", "a\\u0000b"]),
        (
            "log.filter",
            &["warn", "info,assize=debug", "off"],
            &["", "a=b=c"],
        ),
        (
            "log.format",
            &["auto", "text", "json"],
            &["", "JSON", "yaml"],
        ),
        ("engine.kind", &["component", "native"], &["", "wasm"]),
        ("store.synchronous", &["full", "normal"], &["off"]),
        ("journal.inputs", &["whole", "redacted", "hash"], &["none"]),
        (
            "store.url",
            &[
                "sqlite:a.db",
                "memory:",
                "postgres://u:p@h/d?sslmode=require",
                "postgresql://h",
                "redis://h:1/2",
                "rediss://:p@h",
            ],
            &[
                "",
                "sqlite:",
                "memory:x",
                "mysql://h/d",
                "postgres:h",
                "postgres://",
                "redis://",
                "h",
                "redis://a b",
            ],
        ),
        (
            "auth.jwt.jwks_url",
            &[
                "https://h/j",
                "http://127.0.0.1:1/j",
                "http://[::1]/j",
                "http://localhost/j",
            ],
            &[
                "",
                "http://h/j",
                "http://localhost.h/j",
                "https://u:p@h/j",
                "https://u@h",
                "file:///j",
                "ftp://h",
                "//h",
            ],
        ),
        (
            "profile",
            &["dev", "staging", "prod"],
            &["", "production", "Dev"],
        ),
    ];
    for (key, good, bad) in cases {
        let jwt = "auth.jwt.issuer='i'\nauth.jwt.audience='a'\n";
        let jwt = if key.starts_with("auth.jwt") { jwt } else { "" };
        for text in good {
            let loaded = load_toml(&format!("{jwt}{key} = \"{text}\""));
            assert!(loaded.is_ok(), "{key} = {text}: {loaded:?}");
        }
        for text in bad {
            assert!(
                load_toml(&format!("{jwt}{key} = \"{text}\"")).is_err(),
                "{key} = {text}"
            );
        }
    }
    for range in ["1.2.3.4", "1.2.3.4/0", "::ffff:1.2.3.4", "fe80::/10"] {
        assert!(
            load_toml(&format!("server.trusted_proxies = ['{range}']")).is_ok(),
            "{range}"
        );
    }
    for range in ["", "1.2.3.4/33", "h", "*"] {
        assert!(
            load_toml(&format!("server.trusted_proxies = ['{range}']")).is_err(),
            "{range}"
        );
    }
}

#[test]
fn proxies_are_known_in_both_spellings() {
    let range: crate::ProxyRange = "10.0.0.0/8".parse().unwrap();
    for (address, expected) in [
        ("10.1.1.1", true),
        ("::ffff:10.1.1.1", true),
        ("11.0.0.1", false),
        ("::1", false),
    ] {
        assert_eq!(
            range.contains(address.parse().unwrap()),
            expected,
            "{address}"
        );
    }
    let mapped: crate::ProxyRange = "::ffff:10.1.1.1".parse().unwrap();
    assert!(mapped.contains("10.1.1.1".parse().unwrap()));
    let mapped: crate::ProxyRange = "::ffff:10.1.1.1/104".parse().unwrap();
    assert_eq!(mapped.to_string(), "10.0.0.0/8");
}
