use super::*;
use crate::settings::{LogFormat, Profile};

const FILE: &str = r#"
profile = "staging"
[server]
read_seconds = 11
shutdown_seconds = 12
queue_ms = 13
max_connections = 14
[overlay.staging.server]
shutdown_seconds = 22
queue_ms = 23
max_connections = 24
[overlay.prod.server]
max_connections = 99
"#;

#[test]
fn later_layers_win() {
    let (_folder, path) = file("assize.toml", FILE);
    let loaded = load(&Sources {
        file: Some(path.clone()),
        environment: environment(&[
            ("ASSIZE_QUEUE_MS_UNRELATED", ""),
            ("ASSIZE_SERVER_QUEUE_MS", "33"),
            ("ASSIZE_MAX_CONNECTIONS", "34"),
        ])
        .split_off(1),
        flags: vec![
            flag("server.max_connections", "--max-connections", "43"),
            flag("server.max_connections", "--max-connections", "44"),
        ],
        ..Sources::default()
    })
    .unwrap();
    let server = &loaded.settings.server;
    assert_eq!(loaded.settings.profile, Profile::Staging);
    assert_eq!(server.request_seconds, 30);
    assert_eq!(server.read_seconds, 11);
    assert_eq!(server.shutdown_seconds, 22);
    assert_eq!(server.queue_ms, 33);
    assert_eq!(server.max_connections, 44);
    assert!(!loaded.settings.auth.anonymous);
    assert_eq!(loaded.settings.log.format, LogFormat::Json);

    let origin = |key: &str| loaded.origins.get(key).map(ToString::to_string);
    let shown = path.display();
    assert_eq!(origin("server.request_seconds"), None);
    assert_eq!(origin("server.read_seconds"), Some(format!("{shown}:4")));
    assert_eq!(
        origin("server.shutdown_seconds"),
        Some(format!("{shown}:9"))
    );
    assert_eq!(origin("server.queue_ms").unwrap(), "ASSIZE_SERVER_QUEUE_MS");
    assert_eq!(
        origin("server.max_connections").unwrap(),
        "--max-connections"
    );
    assert_eq!(origin("log.format").unwrap(), "profile staging");
}

#[test]
fn profile_is_chosen_as_any_key() {
    let (_folder, path) = file("assize.toml", FILE);
    let profile = |variables: &[(&str, &str)], flag: Option<&str>| {
        let sources = Sources {
            file: Some(path.clone()),
            environment: environment(variables),
            profile: flag.map(str::to_owned),
            ..Sources::default()
        };
        let settings = load(&sources).unwrap().settings;
        (
            settings.profile,
            settings.server.max_connections,
            settings.auth.anonymous,
        )
    };
    assert_eq!(profile(&[], None), (Profile::Staging, 24, false));
    let guide = [("AI_SYSTEM_ENV", "production")];
    assert_eq!(profile(&guide, None), (Profile::Prod, 99, false));
    let both = [guide[0], ("ASSIZE_PROFILE", "staging")];
    assert_eq!(profile(&both, None), (Profile::Staging, 24, false));
    assert_eq!(profile(&both, Some("dev")), (Profile::Dev, 14, true));
}

#[test]
fn file_can_open_what_a_profile_closes() {
    let loaded = load_toml("profile = 'prod'\nauth.anonymous = true\nlog.format = 'text'").unwrap();
    assert!(loaded.settings.auth.anonymous);
    assert_eq!(loaded.settings.log.format, LogFormat::Text);
}

#[test]
fn both_formats_say_the_same() {
    let toml = r#"
        profile = "prod"
        [server]
        listen = "[::1]:80"
        trusted_proxies = ["10.1.2.3/8", "::1"]
        [store]
        url = "sqlite:/a b/c.db"
        [[auth.keys]]
        name = "orders"
        key = "0123456789abcdef0123456789abcdef"
        scopes = ["evaluate", "sessions:read"]
        [auth.jwt]
        issuer = "i"
        audience = "a"
        jwks_url = "https://example.com/jwks"
        [governor]
        risk_threshold = 1
        [overlay.prod.limits]
        requests = 5
    "#;
    let yaml = r#"
profile: prod
server:
  listen: "[::1]:80"
  trusted_proxies: [10.1.2.3/8, "::1"]
  data: null
store: {url: "sqlite:/a b/c.db"}
auth:
  keys:
    - name: orders
      key: 0123456789abcdef0123456789abcdef
      scopes: [evaluate, "sessions:read"]
  jwt: {issuer: i, audience: a, jwks_url: https://example.com/jwks}
governor:
  risk_threshold: 1.0
journal:
overlay:
  prod:
    limits: {requests: 5}
"#;
    let toml = load_toml(toml).unwrap().settings;
    for name in ["assize.yaml", "assize.yml"] {
        assert_eq!(load_file(name, yaml).unwrap().settings, toml);
    }
    let proxies: Vec<_> = toml
        .server
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    assert_eq!(toml.limits.requests, 5);
    assert_eq!(toml.store.url.unwrap().sqlite_path(), Some("/a b/c.db"));
}

#[test]
fn first_folder_with_a_file_counts() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sources = Sources {
        search: vec![
            first.path().join("absent"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("lib.rs"),
            first.path().into(),
            second.path().into(),
        ],
        ..Sources::default()
    };
    assert_eq!(load(&sources).unwrap().file, None);
    std::fs::write(second.path().join("assize.yml"), "limits: {requests: 2}").unwrap();
    let loaded = load(&sources).unwrap();
    assert_eq!(
        (loaded.settings.limits.requests, loaded.file),
        (2, Some(second.path().join("assize.yml")))
    );
    std::fs::write(first.path().join("assize.toml"), "limits.requests = 1").unwrap();
    assert_eq!(load(&sources).unwrap().settings.limits.requests, 1);
    std::fs::write(first.path().join("assize.yaml"), "").unwrap();
    let ambiguous = messages(load(&sources));
    assert_eq!(ambiguous.len(), 1);
    assert!(ambiguous[0].contains("keep one of them"), "{ambiguous:?}");
}

#[test]
fn variable_names_the_file() {
    let (_folder, path) = file("other.yaml", "limits: {requests: 7}");
    let loaded = load_variables(&[("ASSIZE_CONFIG", path.to_str().unwrap())]).unwrap();
    assert_eq!(loaded.settings.limits.requests, 7);
    assert_eq!(load_variables(&[("ASSIZE_CONFIG", "")]).unwrap().file, None);
    let absent = messages(load_variables(&[("ASSIZE_CONFIG", "/absent/assize.toml")]));
    assert!(
        absent[0].starts_with("assize.toml: can't be read: "),
        "{absent:?}"
    );
    let (_folder, path) = file("assize.json", "{}");
    let foreign = messages(load_variables(&[("ASSIZE_CONFIG", path.to_str().unwrap())]));
    assert!(
        foreign[0].ends_with("ends in `.toml`, `.yaml` or `.yml`"),
        "{foreign:?}"
    );
}

#[test]
fn a_later_secret_replaces_an_earlier_file_of_one() {
    let (_folder, path) = file(
        "assize.toml",
        "[auth.jwt]\nissuer='i'\naudience='a'\npublic_key_file='/k.pem'\n[store]\nurl_file='/absent'",
    );
    let secret = "0123456789abcdef0123456789abcdef";
    let loaded = load(&Sources {
        file: Some(path),
        environment: environment(&[
            ("ASSIZE_AUTH_JWT_SECRET", secret),
            ("ASSIZE_STORE_URL", "memory:"),
        ]),
        ..Sources::default()
    })
    .unwrap();
    let jwt = loaded.settings.auth.jwt.unwrap();
    assert_eq!(jwt.public_key_file, None);
    assert_eq!(jwt.secret.unwrap().expose(), secret);
    assert_eq!(loaded.settings.store.url_file, None);
}
