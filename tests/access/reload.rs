//! Settings that a running server reads again.

use crate::http::{AGREEING, evaluate, post};
use crate::program::{Place, Server, until};

const READ: &str = "the configuration was read again";
const KEPT: &str = "the configuration stays as it was";
const OLD: &str = "key-that-is-there-from-the-start-0123456789";
const NEW: &str = "key-that-comes-with-the-reload-0123456789ab";

fn settings(key: &str, rest: &str) -> String {
    format!("[auth]\nanonymous = false\nkeys = [{{ name = 'one', key = '{key}' }}]\n{rest}\n")
}

fn status(server: &Server, key: &str) -> u16 {
    evaluate().key(key).send(server).status
}

fn started(text: &str) -> (Place, Server) {
    let place = Place::with(text);
    let server = place.serve();
    (place, server)
}

#[test]
fn keys_change_without_a_restart() {
    let (place, server) = started(&settings(OLD, ""));
    assert_eq!((status(&server, OLD), status(&server, NEW)), (200, 401));
    place.configure(&settings(NEW, ""));
    // Nothing happens by itself.
    assert_eq!((status(&server, OLD), status(&server, NEW)), (200, 401));
    server.reload(READ);
    assert_eq!((status(&server, OLD), status(&server, NEW)), (401, 200));
    server.wait_for_log("auth.keys");
    // Also whether one is needed at all.
    place.configure("auth.anonymous = true\n");
    server.reload(READ);
    evaluate().send(&server).expect(200);
    place.configure("auth.anonymous = false\n");
    server.reload(READ);
    evaluate().send(&server).unauthorized();
}

#[test]
fn server_that_listens_can_be_told_to_read_its_settings() {
    let place = Place::with(&settings(OLD, ""));
    for _ in 0..20 {
        place.serve().reload(READ);
    }
}

#[test]
fn file_with_a_key_is_read_again() {
    let text = "auth.anonymous = false\nauth.keys = [{ name = 'one', key_file = 'key.txt' }]\n";
    let place = Place::with(text);
    place.write("key.txt", OLD);
    let server = place.serve();
    place.write("key.txt", NEW);
    server.reload(READ);
    assert_eq!((status(&server, OLD), status(&server, NEW)), (401, 200));
}

#[test]
fn limits_change_without_a_restart() {
    let (place, server) = started(&settings(OLD, ""));
    let answer = evaluate().key(OLD).send(&server).expect(200);
    assert_eq!(answer.find("ratelimit-policy"), None);
    let limits = "[limits]\nrequests = 2\nwindow_seconds = 3600\n[server]\nmax_body_bytes = 500";
    place.configure(&settings(OLD, limits));
    server.reload(READ);
    let answer = evaluate().key(OLD).send(&server).expect(200);
    assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=2;w=3600");
    let large = post("/evaluate", &format!("{AGREEING:501}")).key(OLD);
    large.send(&server).problem(413, "body-too-large");
    assert_eq!(status(&server, OLD), 429);
    place.configure(&settings(OLD, ""));
    server.reload(READ);
    large.send(&server).expect(200);
}

#[test]
fn bound_on_what_is_under_way_changes_without_a_restart() {
    let bound = |most: u32| {
        format!("[server]\nmax_concurrent_requests = {most}\nmax_queued_requests = 0\nqueue_ms = 0")
    };
    let (place, server) = started(&settings(OLD, &bound(1)));
    let mut held = evaluate().key(OLD).begin(&server);
    // What asks whether it is under way must not come first and take its place.
    std::thread::sleep(std::time::Duration::from_millis(300));
    until("one is under way", || status(&server, OLD) == 503);
    place.configure(&settings(OLD, &bound(5)));
    server.reload(READ);
    assert_eq!(status(&server, OLD), 200);
    // What was under way before is answered.
    held.write(b"}");
    held.answer().expect(200);
}

#[test]
fn log_filter_changes_without_a_restart() {
    let of = |key: &str, filter: &str| settings(key, &format!("[log]\nfilter = '{filter}'"));
    let (place, server) = started(&of(OLD, "info"));
    let named = |name: &str, key: &str| {
        let request = evaluate().header("x-request-id", name).key(key);
        request.send(&server).expect(200);
    };
    named("seen-before", OLD);
    server.wait_for_log("seen-before");
    // What the filter leaves out can't say that it applies: the key tells.
    place.configure(&of(NEW, "warn"));
    server.hang_up();
    until("the settings are taken over", || {
        status(&server, NEW) == 200
    });
    named("not-to-be-seen", NEW);
    place.configure(&of(NEW, "info"));
    server.reload(READ);
    named("seen-again", NEW);
    server.wait_for_log("seen-again");
    assert_eq!(server.logged("not-to-be-seen"), 0);
}

#[test]
fn broken_file_leaves_everything_as_it_was() {
    let (place, server) = started(&settings(OLD, ""));
    let limits = "[limits]\nrequests = 1\nwindow_seconds = 3600\n[log]\nfilter = 'off'\n[server]\n";
    let broken = [
        // Each also changes what could be taken over, were the rest not wrong.
        (
            settings(NEW, &format!("{limits}listen = 'nowhere'")),
            "server.listen",
        ),
        (
            settings(NEW, &format!("{limits}max_body_byte = 1")),
            "did you mean `server.max_body_bytes`?",
        ),
        (
            settings(NEW, &format!("{limits}read_seconds = 0")),
            "from 1 to 3600",
        ),
        (settings(NEW, &format!("{limits}=")), "is not TOML"),
        (
            settings(
                NEW,
                &format!(
                    "{limits}[auth.jwt]\nissuer = 'i'\naudience = 'a'\njwks_file = 'missing.json'"
                ),
            ),
            "missing.json",
        ),
        (
            settings(
                NEW,
                &format!(
                    "{limits}[auth.jwt]\nissuer = 'i'\naudience = 'a'\njwks_url = 'http://127.0.0.1:1/'"
                ),
            ),
            "can't be fetched",
        ),
        (
            settings("with a space, which nobody can send", limits),
            "auth.keys",
        ),
        (
            format!("profile = 'prod'\n{}", settings("short", limits)),
            "is shorter than 32 bytes",
        ),
    ];
    for (text, reason) in broken {
        place.configure(&text);
        server.reload(KEPT);
        let log = server.log();
        let line = log.lines().rfind(|line| line.contains(KEPT)).unwrap();
        assert!(
            line.contains("ERROR") && line.contains(reason),
            "{reason}: {line}"
        );
        assert!(!line.contains(NEW), "{line}");
        let answer = evaluate().key(OLD).send(&server).expect(200);
        assert_eq!(answer.find("ratelimit"), None, "{reason}");
        assert_eq!(status(&server, NEW), 401, "{reason}");
    }
    std::fs::remove_file(place.path("assize.toml")).unwrap();
    std::fs::create_dir(place.path("assize.toml")).unwrap();
    server.reload(KEPT);
    assert_eq!(status(&server, OLD), 200);
    std::fs::remove_dir(place.path("assize.toml")).unwrap();
    // And it is not stuck.
    place.configure(&settings(NEW, ""));
    server.reload(READ);
    assert_eq!((status(&server, OLD), status(&server, NEW)), (401, 200));
}

#[test]
fn what_takes_a_restart_is_said() {
    let (place, server) = started(&settings(OLD, ""));
    place.configure(&settings(
        NEW,
        "[server]\nread_seconds = 7\n[governor]\nmax_cycles = 1",
    ));
    server.reload(READ);
    server.wait_for_log("some changes take a restart");
    let log = server.log();
    let line = log
        .lines()
        .find(|line| line.contains("take a restart"))
        .unwrap();
    for key in ["server.read_seconds", "governor.max_cycles"] {
        assert!(line.contains(key), "{line}");
    }
    assert_eq!(status(&server, NEW), 200);
}

#[test]
fn production_is_not_left_by_a_reload() {
    let of = |rest: &str| format!("profile = 'prod'\n{}", settings(OLD, rest));
    let (place, server) = started(&of(""));
    place.configure(&of("").replace("anonymous = false", "anonymous = true"));
    server.reload(KEPT);
    evaluate().send(&server).unauthorized();
    place.configure(&of(""));
    place.set_mode("assize.toml", 0o644);
    server.reload(KEPT);
    assert_eq!(status(&server, OLD), 200);
}
