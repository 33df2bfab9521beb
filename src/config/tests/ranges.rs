use super::*;
use crate::schema::Shape;

/// Key, least, most; written down again, so that a slip in the settings shows.
const WHOLE: [(&str, i64, i64); 43] = [
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
];

const NUMBERS: [(&str, f64); 5] = [
    ("governor.similarity_threshold", 1.0),
    ("governor.risk_threshold", 1.0),
    ("governor.initial_contradiction_budget", 1e6),
    ("governor.contradiction_decay_rate", 1e6),
    ("governor.quality_improvement_threshold", 1e6),
];

const JWT: &str = "auth.jwt.issuer='i'\nauth.jwt.audience='a'\nauth.jwt.jwks_file='/k'\n";

fn with(key: &str, text: &str) -> Result<Loaded, ConfigErrors> {
    let jwt = if key.starts_with("auth.jwt") { JWT } else { "" };
    load_toml(&format!("{jwt}{key} = {text}"))
}

#[test]
fn each_edge_is_in_and_what_is_beyond_is_out() {
    for (key, least, most) in WHOLE {
        for edge in [least, most] {
            assert!(with(key, &edge.to_string()).is_ok(), "{key} = {edge}");
        }
        for beyond in [least - 1, most + 1] {
            let expected =
                format!("`{key}` must be a whole number from {least} to {most}, got `{beyond}`");
            let errors = messages(with(key, &beyond.to_string()));
            let is_jwt = key.starts_with("auth.jwt");
            let expected = match is_jwt {
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
            assert!(with(key, other).is_err(), "{key} = {other}");
        }
    }
    for (key, most) in NUMBERS {
        for edge in ["0", "0.0", "-0.0", &most.to_string(), &format!("{most:.1}")] {
            assert!(with(key, edge).is_ok(), "{key} = {edge}");
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
            Shape::Integer(_) => WHOLE.iter().any(|(name, ..)| *name == key),
            Shape::Number(_) => NUMBERS.iter().any(|(name, _)| *name == key),
            _ => true,
        };
        assert!(tested, "{key}");
    }
}

#[test]
fn texts_are_of_their_formats() {
    let cases: [(&str, &[&str], &[&str]); 10] = [
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
