use super::*;
use crate::schema::Shape;
use crate::{aliases, variables};
use std::collections::BTreeSet;

#[test]
fn every_key_has_a_variable_of_its_own() {
    let shape = Shape::settings();
    let names: BTreeSet<_> = shape
        .leaves()
        .into_iter()
        .map(|(key, _)| variables::name_of(&key))
        .collect();
    assert_eq!(names.len(), shape.leaves().len());
    assert!(names.contains("ASSIZE_AUTH_JWT_ISSUER"));
    let short = variables::SHORT.iter().map(|(name, _)| (*name).to_owned());
    assert!(short.into_iter().all(|name| !names.contains(&name)));
    assert!(!names.contains(variables::CONFIG) && !names.contains(variables::KEYS_FILE));
}

/// Text for a variable of the key, and what the key is then.
fn sample(key: &str) -> (&'static str, &'static str) {
    match key {
        "server.listen" => ("0.0.0.0:9", "\"0.0.0.0:9\""),
        "server.data" | "engine.component" | "engine.cache" => ("/x", "\"/x\""),
        "log.filter" => ("warn", "\"warn\""),
        "engine.kind" => ("native", "\"native\""),
        _ => (" 17 ", "17"),
    }
}

fn value(loaded: &Loaded, key: &str) -> String {
    let json = serde_json::to_value(&loaded.settings).unwrap();
    let pointer = format!("/{}", key.replace('.', "/"));
    json.pointer(&pointer).unwrap().to_string()
}

#[test]
fn every_short_name_is_read_and_loses_to_the_long_one() {
    for (name, key) in variables::SHORT {
        let (text, expected) = sample(key);
        let loaded = load_variables(&[(name, text)]).unwrap();
        assert_eq!(value(&loaded, key), expected, "{name}");
        assert_eq!(loaded.origins[key].to_string(), name);
        assert!(loaded.notes.is_empty());
        let full = variables::name_of(key);
        let loaded = load_variables(&[(name, "rubbish"), (&full, text)]).unwrap();
        assert_eq!(value(&loaded, key), expected, "{full}");
        assert_eq!(
            loaded.notes,
            [format!("`{name}` is not read: `{full}` is set")]
        );
    }
}

/// A text for each alias, and what its key is then.
const ALIASES: [(&str, &str, &str); 32] = [
    ("AI_SYSTEM_ENV", "Production", "\"prod\""),
    ("PRODUCTION_MODE", "true", "\"prod\""),
    ("API_PORT", "9000", "\"127.0.0.1:9000\""),
    ("API_TIMEOUT", "12.5", "13"),
    ("MLSDM_REQUEST_TIMEOUT", "60", "60"),
    ("MLSDM_MAX_CONCURRENT", "50", "50"),
    ("MLSDM_QUEUE_TIMEOUT", "0.25", "250"),
    ("MAX_PAYLOAD_SIZE_MB", "2", "2097152"),
    ("MAX_REQUEST_SIZE_MB", "3", "3145728"),
    ("LOG_LEVEL", "WARNING", "\"warn\""),
    ("THEOS_LOG_LEVEL", "Critical", "\"error\""),
    ("SIAMESE_LOG_LEVEL", "DEBUG", "\"debug\""),
    ("LOG_FORMAT", "json", "\"json\""),
    ("JSON_LOGGING", "1", "\"json\""),
    ("DATABASE_URL", "postgres://h/d", "\"postgres://h/d\""),
    ("REDIS_URL", "redis://h/0", "\"redis://h/0\""),
    ("SQLITE_DB_PATH", "/a.db", "\"sqlite:/a.db\""),
    ("DISABLE_RATE_LIMIT", "yes", "0"),
    ("RATELIMIT_ENABLED", "False", "0"),
    ("RATE_LIMIT_REQUESTS", "5", "5"),
    ("RATE_LIMIT_WINDOW", "10", "10"),
    ("THEOS_MAX_CYCLES", "7", "7"),
    ("THEOS_SIMILARITY_THRESHOLD", "0.5", "0.5"),
    ("THEOS_RISK_THRESHOLD", "0.25", "0.25"),
    ("THEOS_INITIAL_CONTRADICTION_BUDGET", "2", "2.0"),
    ("THEOS_CONTRADICTION_BUDGET", "2.5", "2.5"),
    ("THEOS_CONTRADICTION_DECAY_RATE", "0.5", "0.5"),
    ("MLSDM_DIM", "768", "768"),
    ("MLSDM_CAPACITY", "50000", "50000"),
    ("MLSDM_WAKE_DURATION", "5", "5"),
    ("MLSDM_SLEEP_DURATION", "2", "2"),
    ("MLSDM_INITIAL_THRESHOLD", "0.50", "0.5"),
];

#[test]
fn every_alias_is_read_with_a_note() {
    let mut tested = BTreeSet::from(["THEOS_QUALITY_IMPROVEMENT_THRESHOLD", "JWT_SECRET"]);
    tested.extend(aliases::known().filter_map(|(name, key)| {
        let is_of_a_service = key.starts_with("model.") || key.starts_with("embedding.");
        is_of_a_service.then_some(name)
    }));
    for (name, text, expected) in ALIASES {
        let key = aliases::known()
            .find(|(alias, _)| *alias == name)
            .unwrap()
            .1;
        let loaded = load_variables(&[(name, text)]).unwrap();
        assert_eq!(value(&loaded, key), expected, "{name}");
        assert_eq!(loaded.origins[key].to_string(), name);
        assert_eq!(loaded.notes, [format!("`{name}` is read as `{key}`")]);
        assert_eq!(load_variables(&[(name, " ")]).unwrap().notes, [""; 0]);
        tested.insert(name);
    }
    for (name, key) in aliases::known().filter(|(_, key)| *key == "auth.keys") {
        let loaded = load_variables(&[(name, "a-key")]).unwrap();
        assert_eq!(
            loaded.settings.auth.keys[0].key.as_ref().unwrap().expose(),
            "a-key"
        );
        assert_eq!(loaded.notes[0], format!("`{name}` is read as `{key}`"));
        assert!(!loaded.settings.auth.anonymous);
        tested.insert(name);
    }
    assert_eq!(tested, aliases::known().map(|(name, _)| name).collect());
}

#[test]
fn our_own_names_and_flags_win_over_aliases() {
    let variables = [
        ("DATABASE_URL", "mysql://rubbish"),
        ("ASSIZE_STORE_URL", "memory:"),
    ];
    let loaded = load_variables(&variables).unwrap();
    assert_eq!(value(&loaded, "store.url"), "\"memory:\"");
    assert_eq!(
        loaded.notes,
        ["`DATABASE_URL` is not read: `ASSIZE_STORE_URL` is set"]
    );
    let loaded = load(&Sources {
        environment: environment(&[("LOG_LEVEL", "rubbish")]),
        flags: vec![flag("log.filter", "--log", "warn")],
        ..Sources::default()
    });
    assert_eq!(
        loaded.unwrap().notes,
        ["`LOG_LEVEL` is not read: `--log` is set"]
    );
    let two = [("REDIS_URL", "redis://r"), ("DATABASE_URL", "postgres://p")];
    let notes = load_variables(&two).unwrap().notes;
    assert_eq!(notes[1], "`REDIS_URL` is not read: `DATABASE_URL` is set");
    let off = [("DISABLE_RATE_LIMIT", "false"), ("PRODUCTION_MODE", "0")];
    let loaded = load_variables(&off).unwrap();
    assert_eq!(
        (loaded.settings.limits.requests, loaded.notes.len()),
        (0, 0)
    );
}

#[test]
fn a_port_keeps_the_address_of_the_file() {
    let (_folder, path) = file("assize.toml", "server.listen = '[::]:1'");
    let path = path.to_str().unwrap();
    let loaded = load_variables(&[("ASSIZE_CONFIG", path), ("API_PORT", "2")]).unwrap();
    assert_eq!(loaded.settings.server.listen.to_string(), "[::]:2");
}

#[test]
fn keys_of_the_guides_are_taken_together() {
    let loaded = load_variables(&[
        ("THEMIS_API_KEY", "a,b"),
        ("THEMIS_API_KEY_PREVIOUS", " c , d,,"),
        ("THEMIS_API_KEYS", "c,e"),
        ("API_KEY", "f"),
    ])
    .unwrap();
    let keys = loaded.settings.auth.keys.iter();
    let keys: Vec<_> = keys
        .map(|key| (key.name.as_str(), key.key.as_ref().unwrap().expose()))
        .collect();
    assert_eq!(
        keys,
        [
            ("THEMIS_API_KEY", "a,b"),
            ("THEMIS_API_KEY_PREVIOUS-1", "c"),
            ("THEMIS_API_KEY_PREVIOUS-2", "d"),
            ("THEMIS_API_KEYS-2", "e"),
            ("API_KEY", "f"),
        ]
    );
    let ours = [("API_KEY", "f"), ("ASSIZE_AUTH_KEYS", "g, h")];
    let loaded = load_variables(&ours).unwrap();
    let names: Vec<_> = loaded
        .settings
        .auth
        .keys
        .iter()
        .map(|key| key.name.as_str())
        .collect();
    assert_eq!(names, ["key-1", "key-2"]);
}

#[test]
fn a_secret_of_tokens_is_no_key_where_tokens_are_not_set() {
    let secret = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");
    let issuer = [
        ("ASSIZE_AUTH_JWT_ISSUER", "i"),
        ("ASSIZE_AUTH_JWT_AUDIENCE", "a"),
    ];
    let notes = load_variables(&[secret]).unwrap().notes;
    assert_eq!(
        notes,
        ["`JWT_SECRET` is not read: `auth.jwt.issuer` and `auth.jwt.audience` are not set"]
    );
    let loaded = load_variables(&[secret, issuer[0], issuer[1]]).unwrap();
    assert_eq!(
        loaded.settings.auth.jwt.unwrap().secret.unwrap().expose(),
        secret.1
    );
    // It never takes the place of a key that is set: a public key must not become a shared secret.
    let other = ("ASSIZE_AUTH_JWT_PUBLIC_KEY_FILE", "/k.pem");
    let loaded = load_variables(&[secret, issuer[0], issuer[1], other]).unwrap();
    assert_eq!(loaded.settings.auth.jwt.as_ref().unwrap().secret, None);
    assert_eq!(
        loaded.notes[0],
        "`JWT_SECRET` is not read: `ASSIZE_AUTH_JWT_PUBLIC_KEY_FILE` is set"
    );
    let (_folder, path) = file(
        "assize.toml",
        "[auth.jwt]\nissuer='i'\naudience='a'\njwks_file='/j'",
    );
    let loaded = load_variables(&[secret, ("ASSIZE_CONFIG", path.to_str().unwrap())]).unwrap();
    assert_eq!(
        loaded.notes[0],
        "`JWT_SECRET` is not read: `auth.jwt.jwks_file` is set"
    );
}

#[test]
fn what_has_no_effect_yet_is_noted() {
    let names = [
        "CACHE_TTL_SECONDS",
        "MLSDM_SECURE_MODE",
        "SIAMESE_MAX_DEPTH",
        "THEOS_ALPHA",
    ];
    for name in names {
        let notes = load_variables(&[(name, "rubbish")]).unwrap().notes;
        assert_eq!(notes, [format!("`{name}` has no effect yet")]);
    }
    for name in ["PATH", "HOME", "ASSIZE_TOOLS", "ASSIZER", "PORT", "DEBUG"] {
        assert_eq!(
            load_variables(&[(name, "x")]).unwrap().notes,
            [""; 0],
            "{name}"
        );
    }
    let notes = load_variables(&[("ASSIZE_SESSION_IDLE_SECONDS", "1")])
        .unwrap()
        .notes;
    assert_eq!(
        notes,
        ["`ASSIZE_SESSION_IDLE_SECONDS` has no effect on this host"]
    );
}

#[test]
fn unknown_and_wrong_variables_and_flags_are_named_at_once() {
    let errors = messages(load(&Sources {
        environment: environment(&[
            ("ASSIZE_LISTN", "127.0.0.1:1"),
            ("ASSIZE_ZZZ", "1"),
            ("ASSIZE_READ_SECONDS", "ten"),
            ("ASSIZE_AUTH_ANONYMOUS", "maybe"),
            ("LOG_LEVEL", "loud"),
        ]),
        flags: vec![
            flag("server.queue_ms", "--queue-ms", "-1"),
            flag("server.lisen", "--listen", "x"),
        ],
        ..Sources::default()
    }));
    assert_eq!(
        errors,
        [
            "ASSIZE_LISTN: is not a known variable; did you mean `ASSIZE_LISTEN`?",
            "ASSIZE_ZZZ: is not a known variable",
            "ASSIZE_AUTH_ANONYMOUS: `auth.anonymous` must be `true` or `false`, got `maybe`",
            "ASSIZE_READ_SECONDS: `server.read_seconds` must be a whole number from 1 to 3600, got `ten`",
            "--listen: `server.lisen` is not a known key; did you mean `server.listen`?",
            "--queue-ms: `server.queue_ms` must be a whole number from 0 to 60000, got `-1`",
            "LOG_LEVEL: `log.filter` must be `debug`, `info`, `warning` or `error`, got `loud`",
        ]
    );
}

#[test]
fn lists_are_between_commas() {
    let loaded = load_variables(&[
        ("ASSIZE_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, ::1,"),
        ("ASSIZE_AUTH_ANONYMOUS_SCOPES", ""),
    ])
    .unwrap();
    assert_eq!(loaded.settings.server.trusted_proxies.len(), 2);
    assert_eq!(loaded.settings.auth.anonymous_scopes, []);
}
