//! What a server in production refuses to start with.

use crate::http::evaluate;
use crate::program::Place;
use crate::tokens::{AUDIENCE, Algorithm, ISSUER, SECRET, good_claims};

const KEY: &str = "a-key-of-production-0123456789-abcdefghi";

fn make_data_folder(place: &Place, mode: u32) {
    std::fs::create_dir_all(place.path("data")).unwrap();
    place.set_mode("data", mode);
}

#[track_caller]
fn refuses(place: &Place, reasons: &[&str]) {
    let log = place.refuses_to_serve();
    for reason in reasons {
        assert!(log.contains(reason), "{reason} is not in: {log}");
    }
    assert!(!log.contains(KEY) && !log.contains(SECRET), "{log}");
}

#[test]
fn every_reason_is_said_at_once_and_mending_all_is_enough() {
    let place = Place::new();
    let settings = |anonymous: bool, short: &str| {
        format!(
            "profile = 'prod'\n[auth]\nanonymous = {anonymous}\nkeys = [{{ name = 'first', key = '{short}' }}, {{ name = 'second', key_file = 'key.txt' }}]\n[auth.jwt]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\nsecret_file = 'jwt.txt'\n"
        )
    };
    place.write("key.txt", &format!("{KEY}\n"));
    place.write("jwt.txt", SECRET);
    place.configure(&settings(true, "short"));
    place.set_mode("assize.toml", 0o644);
    place.set_mode("key.txt", 0o604);
    place.set_mode("jwt.txt", 0o646);
    make_data_folder(&place, 0o777);
    refuses(
        &place,
        &[
            "`auth.anonymous` is true",
            "`auth.keys[0]` (`first`) is shorter than 32 bytes",
            "`key.txt` (auth.keys) is open to every user of this machine (mode 604)",
            "`jwt.txt` (auth.jwt.secret_file) is open to every user of this machine (mode 646)",
            "assize.toml` holds secrets and is open to every user",
            "others can write to the data folder",
            "chmod 700",
        ],
    );

    place.configure(&settings(false, "no-longer-short-0123456789-abcdefghi"));
    for name in ["assize.toml", "key.txt", "jwt.txt"] {
        place.set_mode(name, 0o600);
    }
    place.set_mode("data", 0o755);
    let server = place.serve();
    evaluate().send(&server).unauthorized();
    evaluate().key("short").send(&server).unauthorized();
    evaluate().key(KEY).send(&server).expect(200);
    let token = Algorithm::HS256.token(&good_claims());
    evaluate().bearer(&token).send(&server).expect(200);
}

#[test]
fn each_reason_alone_is_enough() {
    let file = "profile = 'prod'\nauth.keys = [{ name = 'one', key_file = 'key.txt' }]\n";
    let sound = || {
        let place = Place::with(file);
        place.write("key.txt", KEY);
        make_data_folder(&place, 0o700);
        place
    };
    drop(sound().serve());
    // The file with the settings has no secret in it: all may read it.
    let place = sound();
    place.set_mode("assize.toml", 0o644);
    drop(place.serve());

    for mode in [0o777, 0o770, 0o702, 0o1777] {
        let place = sound();
        place.set_mode("data", mode);
        refuses(&place, &["others can write to the data folder"]);
    }
    let place = sound();
    place.set_mode("key.txt", 0o644);
    refuses(&place, &["is open to every user"]);
    let place = sound();
    place.write("key.txt", "0123456789abcdef0123456789abcde");
    refuses(&place, &["is shorter than 32 bytes"]);
    let mut place = sound();
    place.set("ASSIZE_AUTH_ANONYMOUS", "true");
    refuses(&place, &["`auth.anonymous` is true"]);
    let mut place = sound();
    place.set("API_KEY", "tooshort");
    refuses(&place, &["is shorter than 32 bytes"]);
}

#[test]
fn somebody_must_be_able_to_come_in() {
    let mut place = Place::with("profile = 'prod'\n");
    refuses(&place, &["nobody can be let in", "assize keys create"]);
    // In memory there never will be a key.
    place.set("ASSIZE_STORE_URL", "memory:");
    refuses(&place, &["nobody can be let in", "`memory:` keeps no keys"]);
    place.unset("ASSIZE_STORE_URL");
    let made = place.run(&["keys", "create", "first"]);
    let key = made.done().trim();
    let server = place.serve();
    evaluate().key(key).send(&server).expect(200);
    evaluate().send(&server).unauthorized();
}

#[test]
fn key_that_was_revoked_lets_nobody_in() {
    let place = Place::with("profile = 'prod'\n");
    let made = place.run(&["keys", "create", "first", "--json"]).lines();
    let id = made[0]["id"].as_str().unwrap();
    place.run(&["keys", "revoke", id]).done();
    refuses(&place, &["nobody can be let in"]);
}

#[test]
fn data_folder_counts_whatever_the_store() {
    // Compiled components are kept there too, for whoever runs the server.
    let mut place =
        Place::with("profile = 'prod'\nauth.keys = [{ name = 'one', key_file = 'key.txt' }]\n");
    place.write("key.txt", KEY);
    place.set("ASSIZE_STORE_URL", "memory:");
    make_data_folder(&place, 0o777);
    refuses(&place, &["others can write to the data folder"]);
}

#[test]
fn folder_that_the_server_makes_is_its_own() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with("profile = 'prod'\n");
    place.run(&["keys", "create", "first"]).done();
    let mode = std::fs::metadata(place.path("data"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn other_profiles_start_with_all_of_that() {
    for profile in ["dev", "staging"] {
        let place = Place::with(&format!(
            "profile = '{profile}'\nauth.keys = [{{ name = 'one', key = 'short' }}]\n"
        ));
        place.set_mode("assize.toml", 0o644);
        make_data_folder(&place, 0o777);
        let server = place.serve();
        evaluate().key("short").send(&server).expect(200);
    }
}
