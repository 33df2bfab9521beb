//! `assize config`, and which of several sources of a setting wins, up to what a server does.

use crate::http::{AGREEING, evaluate, post};
use crate::program::{Place, Server};
use serde_json::Value;
use std::path::Path;

const KEY: &str = "a-key-of-the-settings-0123456789-abcdefg";

/// The line of `config show` for a key, in its section.
fn shown(place: &Place, section: &str, key: &str) -> String {
    let ran = place.run(&["config", "show"]);
    let text = ran.done();
    let (_, after) = text.split_once(&format!("[{section}]\n")).unwrap();
    let own = after.split("\n[").next().unwrap();
    let mut lines = own
        .lines()
        .filter(|line| line.starts_with(&format!("{key} = ")));
    lines.next().unwrap().to_owned()
}

#[test]
fn good_settings_are_said_to_be_good() {
    let place = Place::bare();
    let checked = place.run(&["config", "check"]);
    assert_eq!(
        checked.done(),
        "no file, profile dev: the settings can be used\n"
    );
    place.configure("[server]\nlisten = '127.0.0.1:9000'\n");
    let checked = place.run(&["config", "check", "--profile", "staging"]);
    assert!(
        checked
            .done()
            .ends_with("assize.toml, profile staging: the settings can be used\n")
    );
    assert!(
        checked
            .stderr
            .starts_with("note: callers need a key, and none is set here")
    );
    // The documented file is good, as it stands.
    let documented = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/assize.toml");
    let documented = documented.display().to_string();
    place
        .run(&["config", "check", "--config", &documented])
        .done();
}

#[test]
fn every_error_is_said_at_once_with_its_place_and_what_was_meant() {
    let mut place = Place::with(
        "[server]\nlisen = '127.0.0.1:80'\nread_seconds = 0\n\n[limit]\nrequests = 5\n\n[auth]\nkeys = [{ name = 'x' }]\n",
    );
    place.set("ASSIZE_SERVER_LISTN", "x");
    place.set("ASSIZE_LOG_FORMAT", "xml");
    let checked = place.run(&["config", "check"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""));
    for part in [
        "assize.toml:2: `server.lisen` is not a known key; did you mean `server.listen`?",
        "assize.toml:3: `server.read_seconds` must be a whole number from 1 to 3600, got `0`",
        "assize.toml:5: `limit` is not a known key; did you mean `limits`?",
        "assize.toml:9: `auth.keys[0].key` is missing",
        "ASSIZE_SERVER_LISTN: is not a known variable; did you mean `ASSIZE_SERVER_LISTEN`?",
        "ASSIZE_LOG_FORMAT: `log.format` must be `auto`, `text` or `json`, got `xml`",
    ] {
        assert!(
            checked.stderr.contains(part),
            "{part} is not in {}",
            checked.stderr
        );
    }
    // Nothing starts, or is shown, with them.
    for arguments in [&["config", "show"][..], &["serve"], &["keys", "list"]] {
        let ran = place.run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            ran.stderr.contains("did you mean `server.listen`?"),
            "{ran:?}"
        );
    }
}

#[test]
fn files_that_can_not_be_used_are_errors() {
    let place = Place::bare();
    let missing = place.run(&["config", "check", "--config", "nowhere.toml"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("nowhere.toml"), "{missing:?}");
    place.configure("server = ");
    let broken = place.run(&["config", "check"]);
    assert_eq!(broken.code, Some(1));
    assert!(
        broken.stderr.contains("assize.toml:1: is not TOML"),
        "{broken:?}"
    );
    // Which of two would be read is nothing to guess.
    place.configure("");
    place.write("assize.yaml", "");
    assert_eq!(place.run(&["config", "check"]).code, Some(1));
    let usage = place.run(&["config", "chekc"]);
    assert_eq!(usage.code, Some(2));
}

/// What a server does not start with, other than what production refuses.
const REFUSED: [(&str, &str); 9] = [
    (
        "a key with a space",
        "auth.keys = [{ name = 'one', key = 'two words' }]",
    ),
    (
        "a key that looks issued",
        "auth.keys = [{ name = 'one', key = 'assize_x' }]",
    ),
    (
        "a key that looks like a token",
        "auth.keys = [{ name = 'one', key = 'a.b.c' }]",
    ),
    (
        "a name that turns the line",
        "auth.keys = [{ name = \"a\\u202eb\", key = 'k' }]",
    ),
    (
        "no file with a public key",
        "auth.jwt = { issuer = 'i', audience = 'a', public_key_file = 'none.pem' }",
    ),
    (
        "a public key that is none",
        "auth.jwt = { issuer = 'i', audience = 'a', public_key_file = 'assize.toml' }",
    ),
    (
        "no file with a key set",
        "auth.jwt = { issuer = 'i', audience = 'a', jwks_file = 'none.json' }",
    ),
    (
        "a key set that is none",
        "auth.jwt = { issuer = 'i', audience = 'a', jwks_file = 'assize.toml' }",
    ),
    (
        "no key to sign with",
        "journal.signing_key_file = 'none.pem'",
    ),
];

#[test]
fn what_a_server_does_not_start_with_is_found_before() {
    let mut overlooked = Vec::new();
    for (what, text) in REFUSED {
        let place = Place::with(text);
        place.refuses_to_serve();
        if place.run(&["config", "check"]).code == Some(0) {
            overlooked.push(what);
        }
    }
    assert!(
        overlooked.is_empty(),
        "`config check` says they can be used: {overlooked:#?}"
    );
}

#[test]
fn what_stands_in_the_way_of_production_is_said() {
    let place = Place::with("auth.keys = [{ name = 'one', key = 'short' }]\n");
    place.set_mode("assize.toml", 0o644);
    place.run(&["config", "check"]).done();
    let checked = place.run(&["config", "check", "--profile", "prod"]);
    assert_eq!(checked.code, Some(1));
    for part in [
        "not for production: `auth.keys[0]` (`one`) is shorter",
        "holds secrets and is open",
    ] {
        assert!(
            checked.stderr.contains(part),
            "{part} is not in {}",
            checked.stderr
        );
    }
}

#[test]
fn what_is_shown_says_where_it_comes_from_and_hides_secrets() {
    let mut place = Place::with(&format!(
        "[server]\nread_seconds = 7\n[store]\nurl = 'postgres://user:{KEY}@db.example/assize'\n[[auth.keys]]\nname = 'one'\nkey = '{KEY}'\n[overlay.staging.server]\nread_seconds = 8\n"
    ));
    place.set("ASSIZE_LISTEN", "127.0.0.1:9000");
    place.set("LOG_LEVEL", "WARNING");
    let line = |section: &str, key: &str| shown(&place, section, key);
    assert!(line("server", "read_seconds").starts_with("read_seconds = 7  # "));
    assert!(line("server", "read_seconds").ends_with("assize.toml:2"));
    assert_eq!(
        line("server", "listen"),
        "listen = \"127.0.0.1:9000\"  # ASSIZE_LISTEN"
    );
    assert_eq!(line("log", "filter"), "filter = \"warn\"  # LOG_LEVEL");
    assert_eq!(line("server", "shutdown_seconds"), "shutdown_seconds = 30");
    assert!(line("store", "url").contains("db.example") && line("store", "url").contains('*'));
    let text = place.run(&["config", "show"]).stdout;
    assert!(!text.contains(KEY) && text.contains("********"), "{text}");
    let staging = place.run(&["config", "show", "--profile", "staging"]);
    assert!(
        staging.done().contains("read_seconds = 8  # "),
        "{staging:?}"
    );
}

#[test]
fn what_is_shown_can_be_used_as_it_is() {
    let place = Place::with(
        "profile = 'staging'\n[server]\ntrusted_proxies = ['10.0.0.0/8', '::1']\n[limits]\nrequests = 5\n[governor]\nrisk_threshold = 0.25\n",
    );
    let bare = |text: &str| {
        let lines = text.lines().map(|line| line.split("  # ").next().unwrap());
        lines.collect::<Vec<_>>().join("\n")
    };
    let first = place.run(&["config", "show"]).done().to_owned();
    place.configure(&first);
    assert_eq!(bare(place.run(&["config", "show"]).done()), bare(&first));
}

#[test]
fn schema_is_a_schema_of_every_section() {
    let ran = Place::bare().run(&["config", "schema"]);
    let schema: Value = serde_json::from_str(ran.done()).unwrap();
    assert!(
        schema["$schema"]
            .as_str()
            .unwrap()
            .contains("json-schema.org")
    );
    let properties = schema["properties"].as_object().unwrap();
    for section in [
        "profile", "server", "log", "engine", "store", "journal", "auth", "limits", "governor",
        "overlay",
    ] {
        assert!(
            properties.contains_key(section),
            "{section}: {properties:?}"
        );
    }
}

/// The largest body that a server takes, of some that are tried.
fn largest_body(server: &Server) -> usize {
    let sizes = [1000, 2000, 3000, 4000, 5000, 6000];
    let fits = |bytes: &usize| {
        let body = format!("{AGREEING:width$}", width = *bytes);
        match post("/evaluate", &body).send(server).status {
            200 => true,
            413 => false,
            other => panic!("{other}"),
        }
    };
    *sizes.iter().rfind(|bytes| fits(bytes)).unwrap()
}

#[test]
fn later_sources_win_up_to_what_the_server_does() {
    let mut place = Place::with("server.max_body_bytes = 1000\n");
    assert_eq!(largest_body(&place.serve()), 1000);
    place.configure(
        "server.max_body_bytes = 1000\nprofile = 'staging'\nauth.anonymous = true\noverlay.staging.server.max_body_bytes = 2000\n",
    );
    assert_eq!(largest_body(&place.serve()), 2000);
    place.set("ASSIZE_MAX_BODY_BYTES", "3000");
    assert_eq!(largest_body(&place.serve()), 3000);
    place.set("ASSIZE_SERVER_MAX_BODY_BYTES", "4000");
    let both = place.serve();
    assert_eq!(largest_body(&both), 4000);
    both.wait_for_log("ASSIZE_MAX_BODY_BYTES");
    assert_eq!(
        largest_body(&place.serve_with(&["--max-body-bytes", "5000"])),
        5000
    );
}

#[test]
fn variables_of_the_guides_work_and_yield() {
    let mut place = Place::with("limits.requests = 1000\nlimits.window_seconds = 3600\n");
    place.set("RATE_LIMIT_REQUESTS", "2");
    place.set("AI_SYSTEM_ENV", "staging");
    place.set("API_KEY", KEY);
    place.set("MLSDM_SECURE_MODE", "5");
    let server = place.serve();
    // A profile in which nobody is anonymous, a key, a limit.
    evaluate().send(&server).unauthorized();
    let statuses = [1, 2, 3].map(|_| evaluate().key(KEY).send(&server).status);
    assert_eq!(statuses, [200, 200, 429]);
    for note in [
        "`RATE_LIMIT_REQUESTS` is read as `limits.requests`",
        "`AI_SYSTEM_ENV` is read as `profile`",
        "`API_KEY` is read as `auth.keys`",
        "`MLSDM_SECURE_MODE` has no effect yet",
    ] {
        server.wait_for_log(note);
    }
    drop(server);
    // The variable of today wins over the one of a guide, and the log says so.
    place.set("ASSIZE_LIMITS_REQUESTS", "3");
    place.set("ASSIZE_PROFILE", "dev");
    place.set("ASSIZE_AUTH_ANONYMOUS", "true");
    let server = place.serve();
    let statuses = [1, 2, 3, 4].map(|_| evaluate().send(&server).status);
    assert_eq!(statuses, [200, 200, 200, 429]);
    server.wait_for_log("`RATE_LIMIT_REQUESTS` is not read: `ASSIZE_LIMITS_REQUESTS` is set");
}

#[test]
fn keys_come_from_variables_and_files() {
    let mut place = Place::with("auth.anonymous = false\n");
    place.write("one.txt", &format!("{KEY}1\n"));
    place.write("two.txt", &format!("{KEY}2"));
    let text = ["one.txt", "two.txt"].map(|name| place.path(name).display().to_string());
    place.set("ASSIZE_AUTH_KEYS_FILE", &text.join(","));
    let status = |server: &Server, end: &str| {
        let request = evaluate().key(&format!("{KEY}{end}"));
        request.send(server).status
    };
    let server = place.serve();
    assert_eq!(
        ["1", "2", "3"].map(|end| status(&server, end)),
        [200, 200, 401]
    );
    place.unset("ASSIZE_AUTH_KEYS_FILE");
    place.set("ASSIZE_AUTH_KEYS", &format!("{KEY}3,{KEY}4"));
    let server = place.serve();
    assert_eq!(
        ["1", "3", "4"].map(|end| status(&server, end)),
        [401, 200, 200]
    );
}
