//! Key sets: what is read, what is skipped, and which key a token means.

use super::Algorithm::{EdDsa, Es256, Hs256, Rs256};
use super::*;
use proptest::prelude::*;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

fn rsa_pem() -> String {
    let public = rsa::PublicKey::from(rsa_key());
    public.to_public_key_pem(LineEnding::LF).unwrap()
}

/// `SubjectPublicKeyInfo` as in RFC 5480 and RFC 8410: all but the point is constant.
fn pem(prefix: &str, point: &[u8]) -> String {
    let prefix = (0..prefix.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(prefix.get(at..at + 2).unwrap(), 16).unwrap());
    let der: Vec<u8> = prefix.chain(point.iter().copied()).collect();
    let body = base64ct::Base64::encode_string(&der);
    let lines: Vec<_> = body.as_bytes().chunks(64).collect();
    let body = String::from_utf8(lines.join(&b'\n')).unwrap();
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn ec_pem() -> String {
    let point = [&[4][..], &decoded(EC_X), &decoded(EC_Y)].concat();
    pem(
        "3059301306072a8648ce3d020106082a8648ce3d030107034200",
        &point,
    )
}

fn ed_pem() -> String {
    pem("302a300506032b6570032100", &decoded(ED_X))
}

fn single_skipped(jwk: Value) -> KeyProblem {
    let good = super::jwk(EdDsa);
    let set = key_set([good, jwk]);
    match set.skipped() {
        [skipped] if skipped.index == 1 => skipped.problem.clone(),
        other => panic!("{other:?}"),
    }
}

fn changed(algorithm: Algorithm, name: &str, value: Value) -> Value {
    let mut jwk = jwk(algorithm);
    jwk[name] = value;
    jwk
}

#[test]
fn public_keys_as_pem_are_read() {
    for (pem, algorithm) in [(rsa_pem(), Rs256), (ec_pem(), Es256), (ed_pem(), EdDsa)] {
        for text in [pem.clone(), format!("\n{}\r\n", pem.replace('\n', "\r\n"))] {
            let keys = KeySet::from_pem(&text).unwrap();
            assert_eq!(keys.algorithms().collect::<Vec<_>>(), [algorithm]);
            let verifier = JwtVerifier::new(settings(), keys).unwrap();
            // A key without an identifier stands for any.
            assert!(verifier.verify(&good_token(algorithm), NOW_MS).is_ok());
            for other in ALL.into_iter().filter(|other| *other != algorithm) {
                assert!(verifier.verify(&good_token(other), NOW_MS).is_err());
            }
        }
    }
}

#[test]
fn other_pems_are_refused_and_named() {
    let private = rsa_key().to_pkcs8_pem(LineEnding::LF).unwrap();
    let private_of = |text: &str| text.replace(" PRIVATE", " EC PRIVATE");
    for text in [private.to_string(), private_of(&private)] {
        assert_eq!(
            KeySet::from_pem(&text).unwrap_err(),
            KeyProblem::Private.into()
        );
    }
    let certificate = rsa_pem().replace("PUBLIC KEY", "CERTIFICATE");
    let error = KeySet::from_pem(&certificate).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key must be one PEM with the label `PUBLIC KEY`, and this one is a `CERTIFICATE`"
    );
    let two = format!("{}{}", rsa_pem(), ec_pem());
    let cut = rsa_pem().replacen("MIIB", "", 1);
    for text in ["", "not a pem", &two, &cut, SECRET] {
        let error = KeySet::from_pem(text).unwrap_err();
        assert!(matches!(error, KeySetError::Pem(_)), "{error}");
    }
}

#[test]
fn keys_in_pem_that_are_not_offered_are_named() {
    let p384 = pem("3076301006072a8648ce3d020106052b81040022036200", &[4; 97]);
    let x25519 = pem("302a300506032b656e032100", &[9; 32]);
    let ed_short = pem("302a300506032b6570032100", &[1; 31]);
    for (text, expected) in [
        (p384, Some(KeyProblem::Curve("1.3.132.0.34".to_owned()))),
        (x25519, Some(KeyProblem::Type("1.3.101.110".to_owned()))),
        (ed_short, None),
    ] {
        let error = KeySet::from_pem(&text).unwrap_err();
        match expected {
            Some(problem) => assert_eq!(error, problem.into()),
            None => assert!(matches!(error, KeySetError::Pem(_)), "{error}"),
        }
    }
}

#[test]
fn secrets_are_long() {
    let error = KeySet::from_secret(&[1; 31]).unwrap_err();
    assert_eq!(error, KeyProblem::ShortSecret(31).into());
    let keys = KeySet::from_secret(&decoded(SECRET)).unwrap();
    let verifier = JwtVerifier::new(settings(), keys).unwrap();
    assert!(verifier.verify(&good_token(Hs256), NOW_MS).is_ok());
}

fn check_skipped(cases: impl IntoIterator<Item = (Value, KeyProblem)>) {
    for (jwk, expected) in cases {
        assert_eq!(single_skipped(jwk.clone()), expected, "{jwk}");
    }
}

#[test]
fn keys_of_other_types_are_skipped_and_named() {
    let member = KeyProblem::Member;
    check_skipped([
        (json!(1), KeyProblem::NotAnObject),
        (json!({}), member("kty")),
        (json!({"kty": 1}), member("kty")),
        (json!({"kty": "rsa"}), KeyProblem::Type("rsa".to_owned())),
        (
            changed(Es256, "crv", json!("P-384")),
            KeyProblem::Curve("P-384".to_owned()),
        ),
        (
            changed(EdDsa, "crv", json!("X25519")),
            KeyProblem::Curve("X25519".to_owned()),
        ),
        (changed(Rs256, "d", json!(RSA_D)), KeyProblem::Private),
        (changed(Es256, "d", json!(EC_D)), KeyProblem::Private),
        (changed(EdDsa, "d", json!(ED_D)), KeyProblem::Private),
    ]);
}

#[test]
fn keys_with_wrong_numbers_are_skipped_and_named() {
    let member = KeyProblem::Member;
    check_skipped([
        (changed(Rs256, "n", json!(null)), member("n")),
        (changed(Rs256, "n", json!("a+b=")), member("n")),
        (changed(Rs256, "n", json!("AQAB")), KeyProblem::RsaBits(17)),
        (changed(Rs256, "e", json!("AQ")), KeyProblem::NotAKey),
        (changed(Es256, "x", json!(EC_Y)), KeyProblem::NotAKey),
        (changed(Es256, "y", json!("AQAB")), member("y")),
        (changed(EdDsa, "x", json!("AQAB")), KeyProblem::NotAKey),
        (
            changed(Hs256, "k", json!("AQAB")),
            KeyProblem::ShortSecret(3),
        ),
    ]);
}

#[test]
fn keys_that_say_they_are_for_something_else_are_skipped_and_named() {
    let member = KeyProblem::Member;
    let other = |name: &str| KeyProblem::Algorithm(name.to_owned());
    check_skipped([
        (changed(Rs256, "use", json!("enc")), KeyProblem::Use),
        (changed(Rs256, "use", json!(1)), member("use")),
        (changed(Rs256, "key_ops", json!(["sign"])), KeyProblem::Use),
        (changed(Rs256, "key_ops", json!("verify")), KeyProblem::Use),
        (changed(Rs256, "alg", json!("PS256")), other("PS256")),
        (changed(Rs256, "alg", json!("HS256")), other("HS256")),
        (changed(EdDsa, "alg", json!("none")), other("none")),
        (changed(Rs256, "kid", json!(1)), member("kid")),
        (changed(Rs256, "kid", json!("x".repeat(257))), member("kid")),
        (jwk(EdDsa), KeyProblem::RepeatedKeyId),
    ]);
}

#[test]
fn what_a_key_says_of_itself_and_fits_is_no_obstacle() {
    for algorithm in ALL {
        let mut jwk = jwk(algorithm);
        jwk["alg"] = algorithm.name().into();
        jwk["use"] = "sig".into();
        jwk["key_ops"] = json!(["sign", "verify"]);
        jwk["x5c"] = json!(["MIIB"]);
        let verifier = JwtVerifier::new(settings(), key_set([jwk])).unwrap();
        assert!(verifier.verify(&good_token(algorithm), NOW_MS).is_ok());
    }
    let renamed = changed(EdDsa, "alg", json!("Ed25519"));
    let verifier = JwtVerifier::new(settings(), key_set([renamed])).unwrap();
    let token = signed(EdDsa, r#"{"alg":"Ed25519"}"#, &good_claims().to_string());
    assert!(verifier.verify(&token, NOW_MS).is_ok());
}

#[test]
fn a_set_without_a_usable_key_says_why() {
    let named = json!({"kty": "RSA", "kid": "a\nb", "use": "enc"});
    let set = json!({"keys": [named, 1]}).to_string();
    assert_eq!(
        KeySet::from_jwks(&set).unwrap_err().to_string(),
        "no key of the set can be used; key 0 (`a\\nb`): it is not for checking signatures; \
         key 1: it is not an object"
    );
    let empty = KeySet::from_jwks(r#"{"keys":[]}"#).unwrap_err();
    assert_eq!(empty, KeySetError::NoUsableKey(Vec::new()));
}

#[test]
fn what_is_no_set_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","kty":"RSA"}]}"#,
    ] {
        let error = KeySet::from_jwks(text).unwrap_err();
        assert!(matches!(error, KeySetError::Jwks(_)), "{error}");
    }
}

#[test]
fn sets_are_bounded() {
    let set = |count: usize| {
        let keys: Vec<_> = (0..count)
            .map(|at| changed(EdDsa, "kid", at.to_string().into()))
            .collect();
        KeySet::from_jwks(&json!({ "keys": keys }).to_string())
    };
    assert_eq!(set(100).unwrap().algorithms().count(), 100);
    let expected = KeySetError::TooLarge {
        unit: "keys",
        limit: 100,
    };
    assert_eq!(set(101).unwrap_err(), expected);
    let padded = |bytes: usize| {
        let text = json!({ "keys": [jwk(EdDsa)] }).to_string();
        let spaces = " ".repeat(bytes - text.len());
        KeySet::from_jwks(&(text + &spaces))
    };
    assert!(padded(256 * 1024).is_ok());
    let error = padded(256 * 1024 + 1).unwrap_err();
    assert_eq!(error.to_string(), "the key set has more bytes than 262144");
}

#[test]
fn an_identifier_selects() {
    let claims = good_claims().to_string();
    let token = |header: Value| signed(EdDsa, &header.to_string(), &claims);
    let named = token(json!({"alg": "EdDSA", "kid": "EdDSA"}));
    let unnamed = token(json!({"alg": "EdDSA"}));
    let other = token(json!({"alg": "EdDSA", "kid": "other"}));
    let verifier = |keys: Vec<Value>| JwtVerifier::new(settings(), key_set(keys)).unwrap();
    let second = || {
        let mut jwk = changed(EdDsa, "kid", json!("second"));
        jwk["x"] = json!("3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08");
        jwk
    };
    let nameless = || {
        let mut jwk = second();
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    };
    let first = || jwk(EdDsa);
    let unknown = TokenError::UnknownKeyId("other".to_owned());
    let ambiguous = TokenError::AmbiguousKey(EdDsa);

    let one = verifier(vec![first(), jwk(Es256)]);
    assert!(one.verify(&named, NOW_MS).is_ok());
    assert!(one.verify(&unnamed, NOW_MS).is_ok());
    assert_eq!(refusal(&one, &other), unknown);

    let two = verifier(vec![second(), first()]);
    assert!(two.verify(&named, NOW_MS).is_ok());
    assert_eq!(refusal(&two, &unnamed), ambiguous);
    assert_eq!(refusal(&two, &other), unknown);

    let mixed = verifier(vec![nameless(), first()]);
    assert!(mixed.verify(&named, NOW_MS).is_ok());
    assert_eq!(refusal(&mixed, &other), TokenError::BadSignature);

    let nameless_twice = verifier(vec![nameless(), nameless()]);
    assert_eq!(refusal(&nameless_twice, &other), ambiguous);

    let none = verifier(vec![jwk(Es256)]);
    assert_eq!(refusal(&none, &unnamed), TokenError::NoKey(EdDsa));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(KeySet::from_jwks(&text));
        drop(KeySet::from_pem(&text));
        drop(KeySet::from_pem(&pem("", &bytes)));
        drop(KeySet::from_secret(&bytes));
    }

    #[test]
    fn any_numbers_are_read_or_refused(
        first in proptest::collection::vec(any::<u8>(), 0..300),
        second in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let (first, second) = (encoded(first), encoded(second));
        let keys = json!({"keys": [
            {"kty": "RSA", "n": first, "e": second},
            {"kty": "EC", "crv": "P-256", "x": first, "y": second},
            {"kty": "EC", "crv": "P-256", "x": second, "y": second},
            {"kty": "OKP", "crv": "Ed25519", "x": second},
            {"kty": "oct", "k": first},
        ]});
        drop(KeySet::from_jwks(&keys.to_string()));
    }
}
