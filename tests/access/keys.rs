//! API keys of a store: made, listed and revoked by commands, believed by every process that shares the store.

use crate::http::{evaluate, get};
use crate::program::{Place, Server, until};
use crate::redis_server::RedisServer;
use serde_json::{Value, json};

fn create(place: &Place, arguments: &[&str]) -> (String, String) {
    let arguments = [&["keys", "create", "--json"], arguments].concat();
    let made = place.run(&arguments).lines().remove(0);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

fn status(server: &Server, key: &str) -> u16 {
    evaluate().key(key).send(server).status
}

fn guarded() -> Place {
    Place::with("auth.anonymous = false\n")
}

/// Two processes over one store; each has used the key, and so believes it for a while.
fn revoked_key_is_refused_by_both(place: &Place) {
    let (id, key) = create(place, &["leaver"]);
    let (_, other) = create(place, &["stays"]);
    let servers = [place.serve(), place.serve()];
    for server in &servers {
        assert_eq!((status(server, &key), status(server, &other)), (200, 200));
    }
    place.run(&["keys", "revoke", &id]).done();
    for server in &servers {
        until("the revoked key is refused", || status(server, &key) == 401);
        for _ in 0..20 {
            assert_eq!((status(server, &key), status(server, &other)), (401, 200));
        }
        server.wait_for_log("was revoked at");
    }
    // And one that was not there a moment ago is let in, also where it was looked for in vain.
    let (_, new) = create(place, &["leaver"]);
    for server in &servers {
        until("the new key is known", || status(server, &new) == 200);
    }
}

#[test]
fn revoked_key_is_refused_by_all_processes_over_one_file() {
    revoked_key_is_refused_by_both(&guarded());
}

#[test]
fn revoked_key_is_refused_by_all_processes_over_redis() {
    let redis = RedisServer::start(&[]);
    let mut place = guarded();
    place.set("ASSIZE_STORE_URL", &redis.url());
    revoked_key_is_refused_by_both(&place);
}

#[test]
fn no_setting_lets_a_revoked_key_live_for_longer_than_a_second() {
    let place = Place::bare();
    let shown = place.run(&["config", "show"]);
    let line = shown.done().lines();
    let line = line.filter_map(|line| line.strip_prefix("key_cache_ms = "));
    let milliseconds: Vec<u64> = line.map(|text| text.parse().unwrap()).collect();
    assert_eq!(milliseconds, [500]);
    place.configure("auth.key_cache_ms = 1001");
    let checked = place.run(&["config", "check"]);
    assert_eq!(checked.code, Some(1));
    assert!(checked.stderr.contains("from 0 to 1000"), "{checked:?}");
}

#[test]
fn without_a_cache_a_revoked_key_is_refused_at_once() {
    // Nothing but the setting stands between the command's end and the refusal: no time has to pass.
    let place = Place::with("auth.anonymous = false\nauth.key_cache_ms = 0\n");
    let server = place.serve();
    for _ in 0..3 {
        let (id, key) = create(&place, &["short-lived"]);
        assert_eq!(status(&server, &key), 200);
        place.run(&["keys", "revoke", &id]).done();
        assert_eq!(status(&server, &key), 401);
    }
}

#[test]
fn keys_of_one_name_are_valid_at_once_while_they_are_rotated() {
    let place = guarded();
    let server = place.serve();
    let (old_id, old) = create(&place, &["orders", "--tenant", "acme"]);
    let (_, new) = create(&place, &["orders", "--tenant", "acme"]);
    until("both are known", || {
        [&old, &new].map(|key| status(&server, key)) == [200, 200]
    });
    place.run(&["keys", "revoke", &old_id]).done();
    until("the old one is refused", || status(&server, &old) == 401);
    assert_eq!(status(&server, &new), 200);
}

#[test]
fn expired_key_is_refused() {
    let origin = guarded();
    let (id, key) = create(&origin, &["late", "--days", "1"]);
    let journal = origin.run(&["store", "export"]);
    // The same key in another store, with its time over. A minute ago and not a year, as a clock might differ.
    let minute_ago = crate::tokens::now() * 1000 - 60_000;
    let mut records = 0;
    let lines: Vec<_> = journal
        .lines()
        .into_iter()
        .map(|mut line| {
            if let Some(record) = line["key"]["record"].as_str() {
                let mut record: Value = serde_json::from_str(record).unwrap();
                assert!(record["expires_ms"].as_u64().unwrap() > minute_ago);
                record["expires_ms"] = json!(minute_ago);
                line["key"]["record"] = json!(record.to_string());
                records += 1;
            }
            format!("{line}\n")
        })
        .collect();
    assert_eq!(records, 1);
    let place = guarded();
    place.write("journal.ndjson", &lines.concat());
    place.run(&["store", "import", "journal.ndjson"]).done();
    let listed = place.run(&["keys", "list", "--json"]).lines();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["state"]),
        (&json!(id), &json!("expired"))
    );
    let server = place.serve();
    let answer = evaluate().key(&key).send(&server).unauthorized();
    assert_eq!(answer.json()["detail"], "the key has expired");
    assert_eq!(status(&origin.serve(), &key), 200);
}

#[test]
fn key_is_shown_once_and_lists_do_not_show_it() {
    let place = guarded();
    let created = place.run(&[
        "keys",
        "create",
        "billing",
        "--tenant",
        "acme",
        "--scopes",
        "evaluate,sessions:read",
        "--days",
        "90",
    ]);
    // Standard output is the key and nothing else, to be put into a file or a variable.
    let key = created.done().strip_suffix('\n').unwrap().to_owned();
    assert!(key.starts_with("assize_") && key.len() == "assize_".len() + 12 + 1 + 48);
    for part in [
        "billing",
        "acme",
        "evaluate sessions:read",
        "not shown again",
    ] {
        assert!(created.stderr.contains(part), "{created:?}");
    }
    assert!(!created.stderr.contains(&key));
    let (id, secret) = key["assize_".len()..].split_once('_').unwrap();

    let text = place.run(&["keys", "list"]);
    let row = text
        .done()
        .lines()
        .find(|line| line.starts_with(id))
        .unwrap();
    let row: Vec<_> = row.split_whitespace().collect();
    assert_eq!(row[..2], [id, "valid"]);
    assert_eq!(row[2].len(), "2027-02-23".len());
    assert_eq!(row[3..], ["billing", "acme", "evaluate", "sessions:read"]);
    let json = place.run(&["keys", "list", "--json"]);
    let listed = &json.lines()[0];
    assert_eq!(listed["id"], id);
    assert_eq!(listed["scopes"], json!(["evaluate", "sessions:read"]));
    let days = (listed["expires_ms"].as_u64().unwrap() - listed["created_ms"].as_u64().unwrap())
        / (24 * 60 * 60 * 1000);
    assert_eq!(days, 90);
    for shown in [&text.stdout, &json.stdout] {
        assert!(
            !shown.contains(secret) && !shown.contains("hash"),
            "{shown}"
        );
    }

    let revoked = place.run(&["keys", "revoke", id]);
    assert_eq!(revoked.done(), format!("{id} (billing) is revoked\n"));
    let first = place.run(&["keys", "list", "--json"]).lines().remove(0);
    assert_eq!(first["state"], "revoked");
    // Again it is no error, and the time at which it ended stays.
    place.run(&["keys", "revoke", id]).done();
    assert_eq!(
        place.run(&["keys", "list", "--json"]).lines().remove(0),
        first
    );
}

#[test]
fn keys_that_can_not_be_are_not_made() {
    let place = guarded();
    let wrong: [&[&str]; 9] = [
        &["create", "x", "--scopes", "evaluate,everything"],
        &["create", "x", "--tenant", "ACME"],
        &["create", "x", "--tenant", "../acme"],
        &["create", " x"],
        &["create", ""],
        &["create", "x", "--days", "0"],
        &["create", "x", "--days", "-1"],
        &["create", "x", "--store", "memory:"],
        &["revoke", "000000000000"],
    ];
    for arguments in wrong {
        let ran = place.run(&[&["keys"], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?} {ran:?}");
        assert!(
            ran.stdout.is_empty() && ran.stderr.starts_with("error: "),
            "{ran:?}"
        );
    }
    // Nothing was made: not even a place for keys.
    let listed = place.run(&["keys", "list"]);
    assert_eq!(listed.code, Some(2), "{listed:?}");
    assert!(listed.stderr.contains("there is no journal"), "{listed:?}");
}

#[test]
fn key_without_scopes_is_not_made_by_mistake() {
    let place = guarded();
    for nothing in ["", " ", ","] {
        let ran = place.run(&["keys", "create", "x", "--scopes", nothing]);
        assert_eq!(ran.code, Some(2), "{nothing:?} {ran:?}");
    }
}

#[test]
fn scopes_of_a_stored_key_hold() {
    let place = guarded();
    let server = place.serve();
    let (_, key) = create(&place, &["scraper", "--scopes", "metrics"]);
    until("the key is known", || {
        get("/metrics").key(&key).send(&server).status == 200
    });
    assert_eq!(status(&server, &key), 403);
    // As bearer it is the same key.
    get("/metrics").bearer(&key).send(&server).expect(200);
}
