//! Tokens that must not be accepted, with the issuer's key from each place where it can come from.

use crate::http::{Answer, evaluate, get, post};
use crate::issuer::Issuer;
use crate::program::{Place, Server};
use crate::tokens::{
    AUDIENCE, Algorithm, ISSUER, PUBLIC, SECRET, claims_with, decoded, encoded, good_claims, hmac,
    key_set, now, signed,
};
use serde_json::{Value, json};

/// A server that accepts tokens, and what it checks them with.
struct Court {
    kind: &'static str,
    server: Server,
    algorithms: Vec<Algorithm>,
    place: Place,
    _issuer: Option<Issuer>,
}

impl Court {
    fn open(kind: &'static str, algorithms: &[Algorithm], keys: &str) -> Self {
        let place = Place::with(&format!(
            "[auth]\nanonymous = false\n[auth.jwt]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n{keys}\n"
        ));
        place.write("keys.json", &key_set(PUBLIC.map(Algorithm::jwk)));
        for algorithm in PUBLIC {
            place.write(&format!("{}.pem", algorithm.name()), algorithm.pem());
        }
        Self {
            kind,
            server: place.serve(),
            algorithms: algorithms.to_vec(),
            place,
            _issuer: None,
        }
    }

    fn ask(&self, token: &str) -> Answer {
        evaluate().bearer(token).send(&self.server)
    }

    /// Nobody is let in, and is not told why; the log says it.
    #[track_caller]
    fn refuses(&self, token: &str, reason: &str) {
        let answer = self.ask(token);
        assert_eq!(answer.status, 401, "{}: {token}: {answer:?}", self.kind);
        let answer = answer.unauthorized();
        let detail = if reason.contains("expired") {
            "the token has expired"
        } else {
            "the key or token is not valid"
        };
        assert_eq!(answer.json()["detail"], detail, "{}: {token}", self.kind);
        assert!(answer.header("www-authenticate").contains("invalid_token"));
        self.server.wait_for_log(reason);
    }
}

/// One for each place where keys can come from. Each accepts a good token: what it refuses, it refuses for a reason.
fn courts() -> Vec<Court> {
    let secret = format!("secret = '{SECRET}'");
    let mut courts = vec![
        Court::open("secret", &[Algorithm::HS256], &secret),
        Court::open("JWKS file", &PUBLIC, "jwks_file = 'keys.json'"),
    ];
    for algorithm in PUBLIC {
        let keys = format!("public_key_file = '{}.pem'", algorithm.name());
        courts.push(Court::open("PEM", &[algorithm], &keys));
    }
    let issuer = Issuer::start(&key_set(PUBLIC.map(Algorithm::jwk)));
    let keys = format!("jwks_url = '{}'", issuer.url());
    courts.push(Court {
        _issuer: Some(issuer),
        ..Court::open("JWKS address", &PUBLIC, &keys)
    });
    for court in &courts {
        for algorithm in &court.algorithms {
            let answer = court.ask(&algorithm.token(&good_claims()));
            assert_eq!(answer.status, 200, "{} {algorithm:?}", court.kind);
        }
    }
    courts
}

/// Every court with every algorithm that it accepts.
fn everywhere(check: impl Fn(&Court, Algorithm)) {
    for court in courts() {
        for algorithm in court.algorithms.clone() {
            check(&court, algorithm);
        }
    }
}

#[test]
fn public_key_is_no_secret() {
    for court in courts() {
        for algorithm in PUBLIC {
            let jwk = algorithm.jwk();
            let pem = algorithm.pem();
            let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            let mut secrets: Vec<Vec<u8>> = vec![
                pem.into(),
                pem.trim_end().into(),
                pem.replace('\n', "\r\n").into(),
                inner.into(),
                jwk.to_string().into(),
                key_set([jwk.clone()]).into(),
            ];
            for name in ["n", "x", "y"] {
                if let Some(text) = jwk[name].as_str() {
                    secrets.push(text.into());
                    secrets.push(decoded(text));
                }
            }
            // The server's own bytes, should they differ.
            secrets.push(std::fs::read(court.place.path("keys.json")).unwrap());
            for secret in secrets {
                for kid in [json!(algorithm.name()), Value::Null] {
                    let mut header = json!({"alg": "HS256", "typ": "JWT"});
                    if !kid.is_null() {
                        header["kid"] = kid;
                    }
                    let token = signed(&header, &good_claims(), |message| hmac(&secret, message));
                    let answer = court.ask(&token);
                    assert_eq!(answer.status, 401, "{} {header}", court.kind);
                    answer.unauthorized();
                }
            }
        }
    }
}

#[test]
fn secret_beside_public_keys_signs_for_nobody_else() {
    // Whoever sets both kinds of algorithms gives HS256 no key by that.
    let court = Court::open(
        "JWKS file with HS256",
        &PUBLIC,
        "jwks_file = 'keys.json'\nalgorithms = ['HS256', 'RS256', 'ES256', 'EdDSA']",
    );
    for algorithm in PUBLIC {
        court.ask(&algorithm.token(&good_claims())).expect(200);
        let header = json!({"alg": "HS256", "kid": algorithm.name()});
        for secret in [algorithm.pem().to_owned(), algorithm.jwk().to_string()] {
            let token = signed(&header, &good_claims(), |message| {
                hmac(secret.as_bytes(), message)
            });
            court.refuses(&token, "is not of algorithm HS256");
        }
    }
}

#[test]
fn key_of_one_algorithm_is_not_used_for_another() {
    everywhere(|court, algorithm| {
        for other in PUBLIC.into_iter().filter(|other| *other != algorithm) {
            // Its header says one thing, its signature another; both ways round.
            let mut header = algorithm.header();
            header["alg"] = other.name().into();
            for token in [
                algorithm.sign(&header, &good_claims()),
                other.sign(&header, &good_claims()),
                other.sign(&algorithm.header(), &good_claims()),
            ] {
                court.ask(&token).unauthorized();
            }
        }
    });
}

#[test]
fn unsigned_tokens_are_refused_however_they_say_it() {
    everywhere(|court, algorithm| {
        for none in ["none", "None", "NONE", "nOnE", "nonE", " none", "none ", ""] {
            for kid in [json!(algorithm.name()), json!("other")] {
                let header = json!({"alg": none, "kid": kid});
                let unsigned = signed(&header, &good_claims(), |_| Vec::new());
                let signed = algorithm.sign(&header, &good_claims());
                court.ask(&unsigned).unauthorized();
                court.ask(&signed).unauthorized();
            }
        }
        for header in [
            json!({"kid": algorithm.name()}),
            json!({"alg": null}),
            json!({"alg": ["none"]}),
            json!({"alg": 0}),
            json!({"alg": true}),
        ] {
            let unsigned = signed(&header, &good_claims(), |_| Vec::new());
            court.ask(&unsigned).unauthorized();
        }
        // A good header, and no signature.
        let cut = algorithm.token(&good_claims());
        let (message, _) = cut.rsplit_once('.').unwrap();
        court.refuses(&format!("{message}."), "signature does not fit");
    });
}

#[test]
fn expired_tokens_are_refused() {
    everywhere(|court, algorithm| {
        let expired = |ago: u64| algorithm.token(&claims_with("exp", json!(now() - ago)));
        // Within the 30 seconds by which clocks may differ.
        court.ask(&expired(5)).expect(200);
        for ago in [31, 3600, 1_000_000] {
            court.refuses(&expired(ago), "it expired at");
        }
        let endless = algorithm.token(&claims_with("exp", Value::Null));
        court.refuses(&endless, "the claim `exp` is missing");
        for nonsense in [
            json!("9999999999"),
            json!(-1),
            json!(1e300),
            json!([now() + 60]),
        ] {
            let token = algorithm.token(&claims_with("exp", nonsense));
            court.refuses(&token, "the claim `exp` is not acceptable");
        }
    });
}

#[test]
fn tokens_of_later_are_refused() {
    everywhere(|court, algorithm| {
        let from = |name: &str, later: u64| {
            let claims = claims_with(name, json!(now() + later));
            algorithm.token(&claims)
        };
        court.ask(&from("nbf", 5)).expect(200);
        court.refuses(&from("nbf", 600), "it is valid from");
        court.refuses(&from("iat", 600), "it was issued at");
    });
}

#[test]
fn tokens_of_other_issuers_are_refused() {
    everywhere(|court, algorithm| {
        for issuer in [
            format!("{ISSUER}/"),
            ISSUER.to_uppercase(),
            format!("{ISSUER}.evil.example"),
            String::new(),
        ] {
            let token = algorithm.token(&claims_with("iss", issuer.into()));
            court.refuses(&token, "its issuer is");
        }
        let several = algorithm.token(&claims_with("iss", json!([ISSUER])));
        court.refuses(&several, "the claim `iss` is not acceptable");
        let nobody = algorithm.token(&claims_with("iss", Value::Null));
        court.refuses(&nobody, "the claim `iss` is missing");
    });
}

#[test]
fn tokens_for_other_audiences_are_refused() {
    everywhere(|court, algorithm| {
        let token = |audience: Value| algorithm.token(&claims_with("aud", audience));
        court.ask(&token(json!(["other", AUDIENCE]))).expect(200);
        let longer = format!("{AUDIENCE}-2");
        for audience in [
            json!("other"),
            json!(longer),
            json!([]),
            json!(["other"]),
            json!(""),
        ] {
            court.refuses(&token(audience), "it is not for this audience");
        }
        court.refuses(&token(Value::Null), "the claim `aud` is missing");
        court.refuses(
            &token(json!({"aud": AUDIENCE})),
            "the claim `aud` is not acceptable",
        );
    });
}

#[test]
fn unknown_key_is_refused_and_so_is_one_that_the_token_brings() {
    for court in courts().iter().filter(|court| court.algorithms.len() > 1) {
        for algorithm in PUBLIC {
            let mut header = algorithm.header();
            header["kid"] = json!("../../unknown");
            let token = algorithm.sign(&header, &good_claims());
            court.refuses(&token, "no key has the identifier `../../unknown`");
            // A key, or its address, inside of the token says nothing.
            header["jwk"] = algorithm.jwk();
            header["jku"] = json!("http://127.0.0.1:1/keys");
            court.refuses(&algorithm.sign(&header, &good_claims()), "no key has");
        }
    }
    // A single key is used whatever a token calls it; what the token brings is not.
    let secret = b"a secret that the attacker chose itself";
    let court = Court::open("PEM", &[Algorithm::RS256], "public_key_file = 'RS256.pem'");
    let header = json!({"alg": "HS256", "jwk": {"kty": "oct", "k": encoded(secret)}});
    let token = signed(&header, &good_claims(), |message| hmac(secret, message));
    court.refuses(&token, "algorithm `HS256` is not among those configured");
}

#[test]
fn altered_tokens_are_refused() {
    everywhere(|court, algorithm| {
        let good = algorithm.token(&good_claims());
        let parts: Vec<_> = good.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            panic!("{good}")
        };
        // Other claims under the same signature.
        let richer = encoded(claims_with("tenant", json!("victim")).to_string());
        court.refuses(
            &format!("{header}.{richer}.{signature}"),
            "signature does not fit",
        );
        // One bit, anywhere in the signature.
        let bytes = decoded(signature);
        for index in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = bytes.clone();
            altered[index] ^= 1;
            let token = format!("{header}.{claims}.{}", encoded(altered));
            court.refuses(&token, "signature does not fit");
        }
        for token in [
            format!("{header}.{claims}.{}", encoded(vec![0; bytes.len()])),
            format!("{header}.{claims}.{}", encoded(&bytes[1..])),
            format!("{header}.{claims}.{signature}=="),
            format!("{header}.{claims}.{signature}A"),
            format!("{header}..{signature}"),
            format!("{claims}.{header}.{signature}"),
        ] {
            court.ask(&token).unauthorized();
        }
    });
}

#[test]
fn token_in_another_place_is_no_token() {
    everywhere(|court, algorithm| {
        let token = algorithm.token(&good_claims());
        let elsewhere = [
            post(&format!("/evaluate?access_token={token}"), "{}"),
            post(&format!("/evaluate?token={token}"), "{}"),
            evaluate().key(&token),
            evaluate().header("cookie", &format!("access_token={token}")),
            evaluate().header("authorization", &token),
            evaluate().header("authorization", &format!("JWT {token}")),
            evaluate().header("proxy-authorization", &format!("Bearer {token}")),
            evaluate().header("x-authorization", &format!("Bearer {token}")),
            evaluate().bearer(&token).bearer(&token),
            evaluate().bearer(&token).key(&token),
            evaluate().bearer(&format!("{token}, Bearer {token}")),
            post("/evaluate", &json!({"access_token": token}).to_string()),
        ];
        for request in elsewhere {
            request.send(&court.server).unauthorized();
        }
    });
}

#[test]
fn tokens_carry_scope_and_tenant() {
    let court = Court::open("JWKS file", &PUBLIC, "jwks_file = 'keys.json'");
    let token = |name: &str, value: Value| Algorithm::ES256.token(&claims_with(name, value));
    // Not among the scopes.
    let metrics = get("/metrics").bearer(&token("scope", json!("evaluate")));
    metrics.send(&court.server).problem(403, "forbidden");
    for scope in [json!(""), json!("EVALUATE"), json!([]), Value::Null] {
        court.ask(&token("scope", scope)).problem(403, "forbidden");
    }
    court
        .ask(&token("scope", json!(["x", "evaluate"])))
        .expect(200);
    for tenant in [json!("../x"), json!(""), json!("A"), json!(1)] {
        court.refuses(
            &token("tenant", tenant),
            "the claim `tenant` is not acceptable",
        );
    }
}
