use super::*;
use crate::settings::{JwtAlgorithm, JwtKey};
use crate::{Changes, Settings};
use proptest::prelude::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn all_errors_of_a_file_come_at_once_with_lines_and_suggestions() {
    let text = "lisen = '127.0.0.1:1'\n\
                [server]\nread_second = 1\nqueue_ms = 60001\n\
                [serverr]\n\
                [engine]\nkind = 'wasm'\nzzz = 1\n\
                [overlay.prod.log]\nfromat = 'json'\n\
                [overlay.production]\n\
                [overlay.dev]\nprofile = 'prod'\n";
    let errors = messages(load_toml(text));
    let expected = [
        "assize.toml:13: `overlay.dev.profile` can't stand in an overlay, which the profile chooses",
        "assize.toml:10: `overlay.prod.log.fromat` is not a known key; did you mean `overlay.prod.log.format`?",
        "assize.toml:11: `overlay.production` is not a known key; did you mean `overlay.prod`?",
        "assize.toml:7: `engine.kind` must be `component` or `native`, got `wasm`",
        "assize.toml:8: `engine.zzz` is not a known key; known here are",
        "assize.toml:1: `lisen` is not a known key; did you mean `server.listen`?",
        "assize.toml:4: `server.queue_ms` must be a whole number from 0 to 60000, got `60001`",
        "assize.toml:3: `server.read_second` is not a known key; did you mean `server.read_seconds`?",
        "assize.toml:5: `serverr` is not a known key; did you mean `server`?",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for expected in expected {
        let without_line = |text: &str| text.split_once(": ").unwrap().1.to_owned();
        let found = errors
            .iter()
            .find(|error| error.contains(&without_line(expected)));
        let found = found.unwrap_or_else(|| panic!("{expected}: {errors:#?}"));
        assert!(
            found.starts_with(expected.split(": ").next().unwrap()),
            "{found}"
        );
    }
    let yaml = "server:\n  queue_ms: 60001\n  lisen: x\n";
    let expected = [
        "assize.yaml:3: `server.lisen` is not a known key; did you mean `server.listen`?",
        "assize.yaml:2: `server.queue_ms` must be a whole number from 0 to 60000, got `60001`",
    ];
    assert_eq!(messages(load_file("assize.yaml", yaml)), expected);
}

#[test]
fn text_that_is_no_file_names_the_line() {
    let errors = messages(load_toml("a = 1\nb = = 2\n"));
    assert!(
        errors[0].starts_with("assize.toml:2: is not TOML: "),
        "{errors:?}"
    );
    let errors = messages(load_file("assize.yaml", "a: 1\nb: [\n"));
    assert!(
        errors[0].starts_with("assize.yaml:") && errors[0].contains(": is not YAML: "),
        "{errors:?}"
    );
    let twice = messages(load_file("assize.yaml", "log:\n  filter: a\n  filter: b\n"));
    assert_eq!(twice, ["assize.yaml:3: is not YAML: a key is given twice"]);
    assert_eq!(
        messages(load_file("assize.yaml", "- 1")),
        ["assize.yaml:1: a configuration file is a table of sections"]
    );
}

#[test]
fn what_nests_or_repeats_without_end_is_refused() {
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(load_toml(&deep).is_err());
    let deep = format!("a: {}", "[".repeat(100_000));
    assert!(load_file("assize.yaml", &deep).is_err());
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(load_file("assize.yaml", &bomb).is_err());
    let large = format!("# {}", "x".repeat(1024 * 1024));
    assert!(messages(load_toml(&large))[0].contains("larger than 1048576 bytes"));
    let many: String = (0..1000).map(|index| format!("k{index} = 1\n")).collect();
    assert_eq!(load_toml(&many).unwrap_err().errors().len(), 100);
}

#[test]
fn tokens_need_an_issuer_an_audience_and_one_key() {
    let jwt = |rest: &str| load_toml(&format!("[auth.jwt]\nissuer = 'i'\naudience = 'a'\n{rest}"));
    let errors = messages(load_toml("[auth.jwt]\nleeway_seconds = 1"));
    assert_eq!(errors.len(), 3, "{errors:?}");
    for expected in [
        "`auth.jwt.issuer` is missing",
        "`auth.jwt.audience` is missing",
        "`auth.jwt` is missing: give one of `secret`, `secret_file`",
    ] {
        assert!(
            errors.iter().any(|error| error.contains(expected)),
            "{errors:?}"
        );
    }
    let both = messages(jwt("jwks_file = '/a'\njwks_url = 'https://h/'"));
    assert!(
        both[0].contains("`auth.jwt.jwks_url` excludes the others: give one of"),
        "{both:?}"
    );
    let short = messages(jwt("secret = '0123456789abcdef0123456789abcde'"));
    assert!(
        short[0].ends_with("`auth.jwt.secret` is shorter than 32 bytes"),
        "{short:?}"
    );
    let wrong = messages(jwt(&format!(
        "secret = '{SECRET}'\nalgorithms = ['HS256', 'RS256']"
    )));
    assert!(wrong[0].contains("does not fit `secret`"), "{wrong:?}");
    let wrong = messages(jwt("public_key_file = '/k'\nalgorithms = ['HS256']"));
    assert!(
        wrong[0].contains("does not fit `public_key_file`"),
        "{wrong:?}"
    );

    let settings = jwt(&format!("secret = '{SECRET}'"))
        .unwrap()
        .settings
        .auth
        .jwt
        .unwrap();
    assert!(matches!(settings.key(), Some(JwtKey::Secret(secret)) if secret.expose() == SECRET));
    assert_eq!(settings.accepted_algorithms(), [JwtAlgorithm::HS256]);
    let settings = jwt("jwks_url = 'https://h/j'")
        .unwrap()
        .settings
        .auth
        .jwt
        .unwrap();
    assert!(
        !settings
            .accepted_algorithms()
            .contains(&JwtAlgorithm::HS256)
    );
    assert!(matches!(settings.key(), Some(JwtKey::JwksUrl(_))));
}

#[test]
fn keys_are_whole_and_different() {
    let keys = |items: &str| load_toml(&format!("auth.keys = [{items}]"));
    assert!(keys("{name = 'a', key = 'x'}, {name = 'b', key = 'y', tenant = 'a-b_1'}").is_ok());
    for (items, expected) in [
        ("{key = 'x'}", "`auth.keys[0].name` is missing"),
        ("{name = 'a'}", "`auth.keys[0].key` is missing"),
        (
            "{name = 'a', key = 'x', key_file = '/y'}",
            "`auth.keys[0].key_file` excludes the others",
        ),
        (
            "{name = 'a', key = 'x'}, {name = 'a', key = 'y'}",
            "`auth.keys[1].name` is that of another key too",
        ),
        (
            "{name = 'a', key = 'x'}, {name = 'b', key = 'x'}",
            "`auth.keys[1].key` is that of another key too",
        ),
        ("{name = 'a', key = ''}", "`auth.keys[0].key` must be"),
        (
            "{name = 'a', key = 'x', tenant = 'A'}",
            "`auth.keys[0].tenant` must be 1 to 64",
        ),
        (
            "{name = 'a', key = 'x', scopes = ['all']}",
            "`auth.keys[0].scopes[0]` must be `evaluate`,",
        ),
        (
            "{name = 'a', key = 'x', scope = ['*']}",
            "did you mean `auth.keys[0].scopes`?",
        ),
    ] {
        let errors = messages(keys(items));
        assert!(
            errors.iter().any(|error| error.contains(expected)),
            "{items}: {errors:?}"
        );
    }
}

#[test]
fn production_names_what_is_unsafe() {
    let problems = |text: &str| load_toml(text).unwrap().settings.production_problems();
    assert_eq!(problems("auth.anonymous = true"), [""; 0]);
    assert_eq!(
        problems("profile = 'staging'\nauth.anonymous = true"),
        [""; 0]
    );
    let found = problems(
        "profile = 'prod'\nauth.anonymous = true\nauth.keys = [{name = 'n', key = 'short'}]",
    );
    assert_eq!(
        found,
        [
            "`auth.anonymous` is true: anyone is answered",
            "`auth.keys[0]` (`n`) is shorter than 32 bytes"
        ]
    );
    let closed = "profile = 'prod'\nstore.url = 'memory:'\n";
    assert!(problems(closed)[0].starts_with("nobody can be let in"));
    let good = format!("{closed}auth.keys = [{{name = 'n', key = '{SECRET}'}}]");
    assert_eq!(problems(&good), [""; 0]);
    assert!(
        load_toml("profile = 'prod'")
            .unwrap()
            .settings
            .has_no_callers()
    );
}

#[cfg(unix)]
#[test]
fn production_looks_at_the_files_of_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, key) = file("key", SECRET);
    let text = format!(
        "profile = 'prod'\nauth.keys = [{{name = 'n', key_file = '{}'}}]\n[journal]\nsigning_key_file = '/absent'",
        key.display()
    );
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&key, 0o640);
    let problems = load_toml(&text).unwrap().production_problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("`/absent` (journal.signing_key_file) can't be looked at: "));
    for open in [0o644, 0o602] {
        mode(&key, open);
        let problems = load_toml(&text).unwrap().production_problems();
        assert!(
            problems
                .iter()
                .any(|problem| problem.contains(&format!("(mode {open:o})"))),
            "{problems:?}"
        );
    }
    // The configuration file counts where it holds secrets itself.
    for (line, count) in [
        (format!("auth.keys = [{{name = 'n', key = '{SECRET}'}}]"), 1),
        ("store.url = 'postgres://u:p@h'".to_owned(), 1),
        ("store.url = 'postgres://u@h'".to_owned(), 0),
    ] {
        let (_folder, path) = file("assize.toml", &format!("profile = 'prod'\n{line}"));
        mode(&path, 0o644);
        let sources = Sources {
            file: Some(path),
            ..Sources::default()
        };
        assert_eq!(
            load(&sources).unwrap().production_problems().len(),
            count,
            "{line}"
        );
    }
}

#[test]
fn changes_tell_what_takes_a_restart() {
    let settings = |text: &str| load_toml(text).unwrap().settings;
    let changes = |old: &str, new: &str| Settings::changes(&settings(old), &settings(new));
    assert_eq!(changes("", ""), Changes::default());
    let found = changes(
        "",
        "log.filter='warn'\nlog.format='json'\nlimits.requests=1\njournal.retention_days=1\nserver.queue_ms=1\n\
         server.listen='1.1.1.1:1'\ngovernor.max_cycles=1\nauth.anonymous=false",
    );
    let reloadable = [
        "auth.anonymous",
        "journal.retention_days",
        "limits.requests",
        "log.filter",
        "server.queue_ms",
    ];
    assert_eq!(found.reloadable, reloadable);
    assert_eq!(
        found.restart,
        ["governor.max_cycles", "log.format", "server.listen"]
    );
    // Secrets that look the same when they are masked.
    let jwt = |secret: &str| format!("auth.jwt = {{issuer='i', audience='a', secret='{secret}'}}");
    let other = SECRET.to_uppercase();
    assert_eq!(
        changes(&jwt(SECRET), &jwt(&other)).reloadable,
        ["auth.jwt.secret"]
    );
    let key = |key: &str| format!("auth.keys = [{{name='n', key='{key}'}}]");
    assert_eq!(changes(&key("a"), &key("b")).reloadable, ["auth.keys"]);
    let url = |password: &str| format!("store.url = 'redis://:{password}@h'");
    assert_eq!(changes(&url("a"), &url("b")).restart, ["store.url"]);
    assert!(!changes("", &jwt(SECRET)).reloadable.is_empty());
    assert_eq!(changes("", &jwt(SECRET)).restart, [""; 0]);
}

#[test]
fn fingerprint_is_of_what_decides() {
    let fingerprint = |text: &str| load_toml(text).unwrap().settings.fingerprint();
    let usual = fingerprint("");
    assert_eq!(usual.len(), 64);
    assert_eq!(
        fingerprint("governor.max_cycles = 3\nlog.filter = 'warn'"),
        usual
    );
    let mut seen = vec![usual];
    for key in [
        "similarity_threshold",
        "risk_threshold",
        "initial_contradiction_budget",
        "contradiction_decay_rate",
        "quality_improvement_threshold",
        "max_cycles",
    ] {
        seen.push(fingerprint(&format!("governor.{key} = 1")));
    }
    let budget = "governor.initial_contradiction_budget = 0.5";
    // 1 is its default.
    seen[3] = fingerprint(budget);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let zero = |text: &str| fingerprint(&format!("governor.risk_threshold = {text}"));
    assert_eq!(zero("0.0"), zero("-0.0"));
}

#[test]
fn shown_settings_say_where_they_come_from() {
    let (_folder, path) = file(
        "assize.toml",
        &format!(
            "[server]\nread_seconds = 5\ndata = \"a#b = c\"\n[[auth.keys]]\nname = 'n'\nkey = '{SECRET}'\n"
        ),
    );
    let loaded = load(&Sources {
        file: Some(path.clone()),
        environment: environment(&[("ASSIZE_LOG", "warn")]),
        ..Sources::default()
    })
    .unwrap();
    let shown = loaded.show();
    let path = path.display();
    for line in [
        "listen = \"127.0.0.1:8000\"".to_owned(),
        format!("read_seconds = 5  # {path}:2"),
        format!("data = \"a#b = c\"  # {path}:3"),
        "filter = \"warn\"  # ASSIZE_LOG".to_owned(),
        format!("[[auth.keys]]  # {path}:4"),
        "key = \"********\"".to_owned(),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    let parsed: toml::Table = shown.parse().unwrap();
    assert_eq!(parsed["server"]["read_seconds"].as_integer(), Some(5));
}

proptest! {
    #[test]
    fn any_text_is_settings_or_errors(text in "(?s).{0,200}") {
        let path = Path::new("assize.toml");
        let _ = crate::file::parse_toml(&text, path);
        let _ = crate::file::parse_yaml(&text, path);
    }

    #[test]
    fn any_likely_text_is_settings_or_errors(text in "([a-z\\[\\]{}:='\"&*!|>,.#\n -]|server|auth|keys|overlay|prod|listen|1){0,40}") {
        let _ = load_toml(&text);
        let _ = load_file("assize.yaml", &text);
    }

    #[test]
    fn any_variable_is_a_setting_or_an_error(index in 0usize..1000, text in "\\PC{0,40}|[0-9.-]{0,20}|[,:/@a-z]{0,20}") {
        let shape = crate::schema::Shape::settings();
        let known = crate::variables::known(&shape).into_keys();
        let names: Vec<_> = known.chain(crate::aliases::known().map(|(name, _)| name.to_owned())).collect();
        let name = &names[index % names.len()];
        if let Ok(loaded) = load_variables(&[(name, &text)]) {
            prop_assert!(loaded.show().parse::<toml::Table>().is_ok(), "{name} = {text}\n{}", loaded.show());
        }
    }

    #[test]
    fn any_flag_is_a_setting_or_an_error(key in "[a-z._]{0,20}|server[.a-z]{0,8}|auth[.a-z]{0,8}", text in "\\PC{0,20}") {
        let sources = Sources { flags: vec![flag(&key, "--flag", &text)], ..Sources::default() };
        let _ = load(&sources);
    }
}
