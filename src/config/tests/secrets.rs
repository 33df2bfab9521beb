use super::*;
use crate::schema::Shape;
use crate::{Secret, StoreUrl};

/// Stands for a secret, and must be seen nowhere.
const CANARY: &str = "canary-0123456789abcdef0123456789abcdef";

fn assert_hidden(what: &str, text: &str) {
    assert!(!text.contains("canary"), "{what}: {text}");
}

fn with_secrets() -> Loaded {
    load_toml(&format!(
        "[store]\nurl = 'postgres://u:{CANARY}@h/d?password={CANARY}'\n\
         [[auth.keys]]\nname = 'n'\nkey = '{CANARY}'\n\
         [auth.jwt]\nissuer = 'i'\naudience = 'a'\nsecret = '{CANARY}'\n\
         [model]\nprovider = 'openai'\nmodel = 'm'\napi_key = '{CANARY}'\n\
         [embedding]\nmodel = 'm'\napi_key = '{CANARY}'\n"
    ))
    .unwrap()
}

#[test]
fn loaded_secrets_are_masked_everywhere() {
    let loaded = with_secrets();
    assert_eq!(
        loaded.settings.auth.keys[0].key.as_ref().unwrap().expose(),
        CANARY
    );
    assert!(
        loaded
            .settings
            .store
            .url
            .as_ref()
            .unwrap()
            .expose()
            .contains(CANARY)
    );
    let model = loaded.settings.model_settings().unwrap();
    let embedder = loaded.settings.embedder_settings().unwrap();
    for endpoint in [&model.endpoint, &embedder.endpoint] {
        assert_eq!(endpoint.api_key.as_ref().unwrap().expose(), CANARY);
    }
    assert_hidden("callers", &format!("{model:?} {embedder:?}"));
    assert_hidden("debug", &format!("{loaded:?} {loaded:#?}"));
    assert_hidden("show", &loaded.show());
    assert_hidden("json", &serde_json::to_string(&loaded.settings).unwrap());
    assert_hidden("problems", &loaded.production_problems().join(" "));
    let url: StoreUrl = format!("redis://:{CANARY}@h").parse().unwrap();
    assert_hidden("url", &format!("{url} {url:?}"));
    assert_eq!(format!("{:?}", Secret::new(CANARY.to_owned())), "********");
}

#[test]
fn sources_do_not_show_texts() {
    let sources = Sources {
        environment: environment(&[("API_KEY", CANARY)]),
        flags: vec![flag("store.url", "--store", CANARY)],
        ..Sources::default()
    };
    assert_hidden("sources", &format!("{sources:?} {sources:#?}"));
}

#[test]
fn errors_do_not_repeat_what_may_be_secret() {
    let files = [
        format!("store.url = 'mysql://u:{CANARY}@h'"),
        format!("store.url = ['{CANARY}']"),
        format!("auth.keys = ['{CANARY}']"),
        format!("auth.keys = '{CANARY}'"),
        format!("auth.keys.key = '{CANARY}'"),
        format!("auth.keys = [{{name = 'n', kye = '{CANARY}'}}]"),
        format!("auth.keys = [{{name = 'n', key = '{CANARY}', scopes = ['{CANARY}']}}]"),
        format!("auth.keys = [{{name = 'n', key = '{CANARY}', tenant = '{CANARY} '}}]"),
        format!("auth.keys = [{{key = '{CANARY}'}}]"),
        format!("auth.keys = [{{name='a', key='{CANARY}'}}, {{name='b', key='{CANARY}'}}]"),
        format!("auth.jwt = '{CANARY}'"),
        format!("auth.jwt.secret = '{CANARY}'"),
        format!("auth.jwt.secret = ['{CANARY}']"),
        format!("auth.jwt.algorithms = ['{CANARY}']"),
        format!("auth.jwt.leeway_seconds = '{CANARY}'"),
        format!("auth.jwt.jwks_url = 'https://u:{CANARY}@h'"),
        format!("overlay.prod.store.url = '{CANARY}'"),
        format!("model = '{CANARY}'"),
        format!("model.provider = '{CANARY}'"),
        format!("model.timeout_ms = '{CANARY}'"),
        format!("model = {{provider = 'openai', model = 'm', api_key = ' {CANARY}'}}"),
        format!("model = {{provider = 'openai', model = 'm', api_key = ['{CANARY}']}}"),
        format!("model = {{provider = 'openai', model = 'm', base_url = 'https://u:{CANARY}@h'}}"),
        format!("model = {{provider = 'openai', model = 'm', base_url = '{CANARY}'}}"),
        format!("model = {{provider = 'openai', model = 'm', api_kye = '{CANARY}'}}"),
        format!("embedding = {{model = 'm', base_url = 'https://h?key={CANARY}'}}"),
        format!("embedding = {{model = 'm', encoding = '{CANARY}'}}"),
        format!("overlay.prod.embedding.dimension = '{CANARY}'"),
        format!("store.url = {CANARY}"),
        format!("store.url = '{CANARY}"),
        format!("store.url = \"\\q{CANARY}\""),
        format!("[auth.jwt]\nsecret = '{CANARY}' x"),
        format!("auth.jwt.secret = '{CANARY}'\nauth.jwt.secret = '{CANARY}'"),
    ];
    for text in files {
        assert_hidden(&text, &load_toml(&text).unwrap_err().to_string());
    }
    let files = [
        format!("store: {{url: 'mysql://u:{CANARY}@h'}}"),
        format!("auth: {{keys: [{CANARY}]}}"),
        format!("auth: {{jwt: {{secret: !!int {CANARY}}}}}"),
        format!("auth: {{jwt: {{secret: !!binary {CANARY}}}}}"),
        format!("auth: {{jwt: {{secret: !x {CANARY}}}}}"),
        format!("auth: {{jwt: {{secret: '{CANARY}}}}}"),
        format!("auth:\n  jwt:\n    secret: {CANARY}: {CANARY}"),
        format!("auth:\n  jwt:\n    secret: \"\\q{CANARY}\""),
        format!("auth:\n  jwt:\n    secret: *{CANARY}"),
        format!("auth:\n  jwt:\n\tsecret: {CANARY}"),
        format!("auth:\n  jwt:\n    secret: %{CANARY}"),
        format!("auth:\n  jwt:\n    secret: @{CANARY}"),
        format!("auth:\n  jwt:\n    secret: a\n   {CANARY}\n  x"),
        format!("store:\n  url: {CANARY}\n  url: {CANARY}"),
        CANARY.to_owned(),
    ];
    for text in files {
        assert_hidden(
            &text,
            &load_file("assize.yaml", &text).unwrap_err().to_string(),
        );
    }
    let variables = [
        ("DATABASE_URL", CANARY),
        ("ASSIZE_STORE_URL", CANARY),
        ("ASSIZE_AUTH_JWT_SECRET", CANARY),
        ("ASSIZE_AUTH_JWT_LEEWAY_SECONDS", CANARY),
        ("ASSIZE_AUTH_KEY", CANARY),
        ("ASSIZE_MODEL_API_KEY", CANARY),
        ("ASSIZE_MODEL_PROVIDER", CANARY),
        ("ASSIZE_EMBEDDING_API_KEYS", CANARY),
        ("ASSIZE_PASSWORD", CANARY),
    ];
    for variable in variables {
        assert_hidden(
            variable.0,
            &load_variables(&[variable]).unwrap_err().to_string(),
        );
    }
    let flags = vec![flag("store.url", "--store", CANARY)];
    let sources = Sources {
        flags,
        ..Sources::default()
    };
    assert_hidden("flag", &load(&sources).unwrap_err().to_string());
}

#[test]
fn secrets_come_from_files() {
    let (_folder, secret) = file("secret", &format!("{CANARY}\r\n"));
    let (_folder2, url) = file("url", "postgres://u:p@h/d\n");
    let (_folder3, empty) = file("empty", "\n");
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let jwt = [
        ("ASSIZE_AUTH_JWT_ISSUER", "i"),
        ("ASSIZE_AUTH_JWT_AUDIENCE", "a"),
    ];
    let (secret, url, empty) = (text(&secret), text(&url), text(&empty));
    let loaded = load_variables(&[
        jwt[0],
        jwt[1],
        ("ASSIZE_AUTH_JWT_SECRET_FILE", &secret),
        ("ASSIZE_STORE_URL_FILE", &url),
        ("ASSIZE_AUTH_KEYS_FILE", &secret),
        ("ASSIZE_MODEL_PROVIDER", "anthropic"),
        ("ASSIZE_MODEL_MODEL", "m"),
        ("ASSIZE_MODEL_API_KEY_FILE", &secret),
    ])
    .unwrap();
    let model = loaded.settings.model_settings().unwrap();
    assert_eq!(model.endpoint.api_key.unwrap().expose(), CANARY);
    let auth = &loaded.settings.auth;
    assert_eq!(
        auth.jwt.as_ref().unwrap().secret.as_ref().unwrap().expose(),
        CANARY
    );
    assert_eq!(auth.keys[0].key.as_ref().unwrap().expose(), CANARY);
    assert_eq!(
        loaded.settings.store.url.as_ref().unwrap().expose(),
        "postgres://u:p@h/d"
    );
    assert_hidden("show", &loaded.show());
    let errors = messages(load_variables(&[
        jwt[0],
        jwt[1],
        ("ASSIZE_AUTH_JWT_SECRET_FILE", &empty),
        ("ASSIZE_STORE_URL_FILE", &secret),
        ("ASSIZE_AUTH_KEYS_FILE", "/absent"),
    ]));
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(
        errors[0].starts_with(
            "ASSIZE_STORE_URL_FILE: `store.url_file` must be a file that holds `sqlite:"
        )
    );
    assert!(
        errors[1].starts_with(
            "ASSIZE_AUTH_KEYS_FILE: `auth.keys[0].key_file` can't be read: `/absent`: "
        )
    );
    assert!(errors[2].starts_with(
        "ASSIZE_AUTH_JWT_SECRET_FILE: `auth.jwt.secret_file` must be a file that holds a text"
    ));
    assert_hidden("errors", &errors.join(" "));
}

#[test]
fn every_secret_is_masked_in_the_schema_by_its_type() {
    let shape = Shape::settings();
    let named: Vec<_> = shape
        .leaves()
        .into_iter()
        .filter(|(key, _)| {
            ["secret", "key", "password"]
                .iter()
                .any(|end| key.ends_with(end))
        })
        .map(|(key, shape)| {
            (
                key,
                matches!(shape, Shape::Text(format) if format == "secret"),
            )
        })
        .collect();
    let expected = ["auth.jwt.secret", "embedding.api_key", "model.api_key"];
    assert_eq!(named, expected.map(|key| (key.to_owned(), true)));
}

#[test]
fn socket_of_a_database_is_a_place_and_its_password_is_masked() {
    let url = "postgres://me:hidden@/assize?host=/run/postgresql&password=hidden";
    let url: StoreUrl = url.parse().unwrap();
    assert_eq!(url.to_string(), "postgres://me:********@/assize?********");
    assert!(url.expose().contains("hidden"));
    for refused in [
        "postgres://me@/assize",
        "postgres:///assize?dbname=x",
        "redis://@/1?host=/x",
    ] {
        assert!(refused.parse::<StoreUrl>().is_err(), "{refused}");
    }
}
