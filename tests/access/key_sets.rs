//! Key sets that change while the server runs.

use crate::http::evaluate;
use crate::issuer::Issuer;
use crate::program::{Place, Server, until};
use crate::tokens::{AUDIENCE, Algorithm, ISSUER, good_claims, key_set};
use std::time::Instant;

const KEY: &str = "key-that-an-operator-takes-away-at-once";

/// Settings with the issuer's address, and with this list of keys.
fn settings(issuer: &Issuer, keys: &str) -> String {
    let url = issuer.url();
    format!(
        "[auth]\nanonymous = false\nkeys = [{keys}]\n[auth.jwt]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\njwks_url = '{url}'\n"
    )
}

fn status(server: &Server, token: &str) -> u16 {
    evaluate().bearer(token).send(server).status
}

#[test]
fn rotated_key_is_taken_up_soon_after_a_token_names_it() {
    let issuer = Issuer::start(&key_set([Algorithm::ES256.jwk()]));
    let place = Place::with(&settings(&issuer, ""));
    let server = place.serve();
    let [old, new] = [Algorithm::ES256, Algorithm::EdDSA].map(|by| by.token(&good_claims()));
    assert_eq!((status(&server, &old), status(&server, &new)), (200, 401));

    // The set is read again every five minutes by itself: it is the token that makes it sooner.
    issuer.publish(&key_set(
        [Algorithm::ES256, Algorithm::EdDSA].map(Algorithm::jwk),
    ));
    until("the new key is taken up", || status(&server, &new) == 200);
    assert_eq!(status(&server, &old), 200);
    // And the key that the issuer took away is gone with the next reading.
    issuer.publish(&key_set([Algorithm::EdDSA.jwk()]));
    let unknown = Algorithm::RS256.token(&good_claims());
    until("the old key is gone", || {
        assert_eq!(status(&server, &unknown), 401);
        status(&server, &old) == 401
    });
    assert_eq!(status(&server, &new), 200);
}

#[test]
fn issuer_that_fails_changes_nothing_and_is_not_stormed() {
    let issuer = Issuer::start(&key_set([Algorithm::ES256.jwk()]));
    let place = Place::with(&settings(&issuer, ""));
    let server = place.serve();
    let good = Algorithm::ES256.token(&good_claims());
    let unknown = Algorithm::EdDSA.token(&good_claims());
    let started = Instant::now();
    for answer in [500, 302] {
        // Whatever it answers is no key set: not a failure, nor a way to somewhere else.
        let failed = server.logged("the key set stays as it was");
        issuer.fail(answer);
        until("the key set was asked for in vain", || {
            assert_eq!(status(&server, &unknown), 401);
            server.logged("the key set stays as it was") > failed
        });
        assert_eq!(status(&server, &good), 200);
    }
    // Hundreds of tokens named an unknown key meanwhile. Once for the start, and at most every ten seconds.
    let most = 2 + started.elapsed().as_secs() / 10;
    assert!(issuer.asked() as u64 <= most, "{}", issuer.asked());
}

#[test]
fn key_set_that_arrives_late_brings_no_settings_back() {
    let issuer = Issuer::start(&key_set([Algorithm::ES256.jwk()]));
    let key = format!("{{ name = 'leaver', key = '{KEY}' }}");
    let place = Place::with(&settings(&issuer, &key));
    let server = place.serve();
    let by_key = || evaluate().key(KEY).send(&server).status;
    let new = Algorithm::EdDSA.token(&good_claims());
    assert_eq!((by_key(), status(&server, &new)), (200, 401));

    // The issuer is slow to answer. Meanwhile the operator takes a key away.
    issuer.publish(&key_set(
        [Algorithm::ES256, Algorithm::EdDSA].map(Algorithm::jwk),
    ));
    issuer.hold_next();
    until("the key set is being fetched", || {
        status(&server, &new);
        issuer.holds_one()
    });
    place.configure(&settings(&issuer, ""));
    server.reload("the configuration was read again");
    assert_eq!(by_key(), 401);

    // Now the answer arrives. It is about the issuer's keys, and about nothing else.
    issuer.publish(&key_set([Algorithm::EdDSA.jwk()]));
    issuer.release();
    let old = Algorithm::ES256.token(&good_claims());
    let unknown = Algorithm::RS256.token(&good_claims());
    until("the answer was taken over", || {
        assert_eq!(status(&server, &unknown), 401);
        assert_eq!(by_key(), 401, "the key that was taken away is back");
        status(&server, &old) == 401
    });
    assert_eq!(by_key(), 401, "the key that was taken away is back");
}
