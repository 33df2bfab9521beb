//! What attackers try before the signature is checked, and at it.

use super::*;
use p256::elliptic_curve::scalar::IsHigh;
use proptest::prelude::*;
use rsa::pkcs8::{EncodePublicKey, LineEnding};

fn with_header(algorithm: Algorithm, header: &Value) -> String {
    signed(algorithm, &header.to_string(), &good_claims().to_string())
}

/// Whoever knows the public key must not be able to sign with it as if it were a secret.
#[test]
fn a_public_key_is_never_a_shared_secret() {
    let public = rsa::PublicKey::from(rsa_key());
    let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
    let pkcs1 = rsa::pkcs1::EncodeRsaPublicKey::to_pkcs1_pem(&public, LineEnding::LF).unwrap();
    let der = public.to_public_key_der().unwrap();
    let rsa_jwk = jwk(Algorithm::Rs256).to_string();
    let secrets: [&[u8]; 8] = [
        pem.as_bytes(),
        pem.trim().as_bytes(),
        pkcs1.as_bytes(),
        der.as_bytes(),
        rsa_jwk.as_bytes(),
        RSA_N.as_bytes(),
        &decoded(RSA_N),
        &[],
    ];
    let rsa_only = [
        JwtVerifier::new(settings(), KeySet::from_pem(&pem).unwrap()).unwrap(),
        JwtVerifier::new(settings(), key_set([jwk(Algorithm::Rs256)])).unwrap(),
        verifier(),
    ];
    for verifier in &rsa_only {
        for key_id in [json!(null), json!("RS256"), json!("other")] {
            let mut header = json!({"alg": "HS256"});
            if !key_id.is_null() {
                header["kid"] = key_id;
            }
            let message = format!(
                "{}.{}",
                encoded(header.to_string()),
                encoded(good_claims().to_string())
            );
            for secret in secrets {
                let token = format!("{message}.{}", encoded(hmac(secret, message.as_bytes())));
                assert!(verifier.verify(&token, NOW_MS).is_err(), "{header}");
            }
        }
    }
}

#[test]
fn a_public_key_can_not_be_configured_as_a_secret() {
    let pem = rsa::PublicKey::from(rsa_key())
        .to_public_key_pem(LineEnding::LF)
        .unwrap();
    for secret in [pem.clone(), format!("\n  {pem}")] {
        let error = KeySet::from_secret(secret.as_bytes()).unwrap_err();
        assert_eq!(error, KeySetError::SecretIsPem);
    }
}

#[test]
fn a_key_of_another_type_is_never_used() {
    for algorithm in ALL {
        for other in ALL.into_iter().filter(|other| *other != algorithm) {
            let token = with_header(
                algorithm,
                &json!({"alg": algorithm.name(), "kid": other.name()}),
            );
            let expected = TokenError::KeyOfOtherAlgorithm {
                key_id: other.name().to_owned(),
                algorithm,
            };
            assert_eq!(refusal(&verifier(), &token), expected);
        }
    }
}

#[test]
fn unsigned_tokens_are_refused_in_any_spelling() {
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = encoded(json!({"alg": none, "kid": "HS256"}).to_string());
        let message = format!("{header}.{}", encoded(good_claims().to_string()));
        let signatures = [
            String::new(),
            encoded(signature(Algorithm::Hs256, message.as_bytes())),
        ];
        for signature in signatures {
            let error = refusal(&verifier(), &format!("{message}.{signature}"));
            assert_eq!(error, TokenError::Unsigned, "{none}");
        }
    }
}

#[test]
fn the_algorithm_must_be_there_and_exact() {
    for (header, expected) in [
        (json!({"typ": "JWT"}), "`alg` is missing"),
        (json!({"alg": null}), "`alg` is not a text"),
        (json!({"alg": ["HS256"]}), "`alg` is not a text"),
        (json!({"alg": "HS256", "kid": 1}), "`kid` is not a text"),
        (json!({"alg": "HS256", "typ": {}}), "`typ` is not a text"),
    ] {
        let token = with_header(Algorithm::Hs256, &header);
        let expected = TokenError::Header(expected.to_owned());
        assert_eq!(refusal(&verifier(), &token), expected);
    }
    for name in ["", "hs256", "HS256 ", " none", "HS384", "PS256", "RS1"] {
        let token = with_header(Algorithm::Hs256, &json!({"alg": name}));
        let expected = TokenError::AlgorithmNotAllowed(name.to_owned());
        assert_eq!(refusal(&verifier(), &token), expected);
    }
}

#[test]
fn an_empty_signature_is_refused() {
    for algorithm in ALL {
        let token = good_token(algorithm);
        let (message, _) = token.rsplit_once('.').unwrap();
        let error = refusal(&verifier(), &format!("{message}."));
        assert_eq!(error, TokenError::BadSignature, "{algorithm}");
    }
}

#[test]
fn every_altered_bit_of_a_signature_and_every_shorter_one_is_refused() {
    for algorithm in ALL {
        let token = good_token(algorithm);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = decoded(signature);
        let verifier = verifier();
        let refused = |changed: &[u8]| {
            let error = refusal(&verifier, &format!("{message}.{}", encoded(changed)));
            assert_eq!(error, TokenError::BadSignature, "{algorithm}");
        };
        for index in 0..signature.len() {
            let mut changed = signature.clone();
            changed[index] ^= 1 << (index % 8);
            refused(&changed);
            refused(&signature[..index]);
        }
        refused(&[&signature[..], &[0]].concat());
        refused(&[&[0], &signature[..]].concat());
        refused(&vec![0; signature.len()]);
        refused(&vec![0xff; signature.len()]);
    }
}

#[test]
fn every_altered_character_of_a_token_is_refused() {
    for algorithm in ALL {
        let token = good_token(algorithm);
        let verifier = verifier();
        for index in 0..token.len() {
            for other in ["A", "B", "."] {
                let mut changed = token.clone();
                changed.replace_range(index..=index, other);
                if changed != token {
                    refusal(&verifier, &changed);
                }
            }
        }
    }
}

#[test]
fn a_signature_of_another_encoding_is_refused() {
    let token = good_token(Algorithm::Es256);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&decoded(signature)).unwrap();
    let der = signature.to_der();
    let error = refusal(
        &verifier(),
        &format!("{message}.{}", encoded(der.as_bytes())),
    );
    assert_eq!(error, TokenError::BadSignature);
}

/// RFC 7518 does not ask for the lower of the two values that fit.
#[test]
fn both_values_of_an_ecdsa_signature_fit() {
    let token = good_token(Algorithm::Es256);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&decoded(signature)).unwrap();
    let other =
        p256::ecdsa::Signature::from_scalars(signature.r().to_bytes(), (-signature.s()).to_bytes())
            .unwrap();
    assert_ne!(
        bool::from(signature.s().is_high()),
        bool::from(other.s().is_high())
    );
    for signature in [signature, other] {
        let token = format!("{message}.{}", encoded(signature.to_bytes()));
        assert!(verifier().verify(&token, NOW_MS).is_ok());
    }
}

#[test]
fn extensions_are_refused() {
    for critical in [json!(["exp"]), json!(["b64"]), json!([]), json!(null)] {
        let token = with_header(
            Algorithm::Hs256,
            &json!({"alg": "HS256", "kid": "HS256", "crit": critical, "b64": false, "exp": 1}),
        );
        assert_eq!(refusal(&verifier(), &token), TokenError::Critical);
    }
}

/// A token must not bring the key that it is checked with.
#[test]
fn keys_in_a_header_are_never_used() {
    let brought = json!({
        "jwk": jwk(Algorithm::EdDsa),
        "jku": "https://attacker.example/keys",
        "x5u": "https://attacker.example/certificate",
        "x5c": ["MIIB"],
    });
    let with_brought = |algorithm: Algorithm| {
        let mut header = header(algorithm);
        header
            .as_object_mut()
            .unwrap()
            .extend(brought.as_object().unwrap().clone());
        with_header(algorithm, &header)
    };
    // Trusted: the keys of the other algorithms. The token is signed with the key that it brings.
    let others = key_set([jwk(Algorithm::Hs256), jwk(Algorithm::Es256)]);
    let trusting = JwtVerifier::new(settings(), others).unwrap();
    assert_eq!(
        refusal(&trusting, &with_brought(Algorithm::EdDsa)),
        TokenError::UnknownKeyId("EdDSA".to_owned())
    );
    let mut unlike = jwk(Algorithm::EdDsa);
    unlike["x"] = json!("3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08");
    let trusting = JwtVerifier::new(settings(), key_set([unlike])).unwrap();
    assert_eq!(
        refusal(&trusting, &with_brought(Algorithm::EdDsa)),
        TokenError::BadSignature
    );
    // Signed with a trusted key, they change nothing.
    assert!(
        verifier()
            .verify(&with_brought(Algorithm::Es256), NOW_MS)
            .is_ok()
    );
}

#[test]
fn repeated_names_are_refused() {
    let good = good_claims().to_string();
    for header in [
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"HS256","kid":"HS256"}"#,
        r#"{"alg":"HS256","\u0061lg":"none"}"#,
        r#"{"alg":"HS256","x":{"y":1,"y":1}}"#,
    ] {
        let error = refusal(&verifier(), &signed(Algorithm::Hs256, header, &good));
        assert!(matches!(error, TokenError::Header(_)), "{error}");
    }
    let header = header(Algorithm::Hs256).to_string();
    for name in ["sub", "exp", "scope", "unknown"] {
        let members = good.strip_prefix('{').unwrap();
        let claims = format!(r#"{{"{name}":1,"{name}":1,{members}"#);
        let error = refusal(&verifier(), &signed(Algorithm::Hs256, &header, &claims));
        assert!(
            matches!(&error, TokenError::Claims(why) if why.contains("occurs twice")),
            "{error}"
        );
    }
}

#[test]
fn only_the_compact_form_without_padding_is_read() {
    let good = good_token(Algorithm::Hs256);
    let parts: Vec<&str> = good.split('.').collect();
    let with = |index: usize, part: String| {
        let mut parts: Vec<_> = parts.iter().map(|part| (*part).to_owned()).collect();
        parts[index] = part;
        parts.join(".")
    };
    let mut wrong = vec![
        String::new(),
        ".".to_owned(),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{good}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{}.{}", parts[0], parts[1]),
        json!({"payload": parts[1], "protected": parts[0], "signature": parts[2]}).to_string(),
    ];
    for (index, part) in parts.iter().enumerate() {
        for more in ["=", "==", "+/", " ", "é"] {
            wrong.push(with(index, format!("{part}{more}")));
        }
    }
    // 32 bytes leave two bits of the last character unused; they must be zero.
    let last = parts[2].chars().last().unwrap() as u8;
    let stem = parts[2].strip_suffix(last as char).unwrap();
    let next = char::from(last + 1);
    wrong.push(with(2, format!("{stem}{next}")));
    for token in wrong {
        assert_eq!(refusal(&verifier(), &token), TokenError::Form, "{token}");
    }
}

#[test]
fn long_tokens_are_refused_unread() {
    let mut claims = good_claims();
    claims["padding"] = "x".repeat(5_000).into();
    let header = header(Algorithm::Hs256).to_string();
    let token = signed(Algorithm::Hs256, &header, &claims.to_string());
    assert!(token.len() < 8192 && verifier().verify(&token, NOW_MS).is_ok());
    let error = refusal(&verifier(), &"a".repeat(8193));
    let expected = TokenError::TooLong {
        bytes: 8193,
        limit: 8192,
    };
    assert_eq!(error, expected);
    assert_eq!(refusal(&verifier(), &"a".repeat(8192)), TokenError::Form);
}

#[test]
fn nothing_of_the_claims_is_told_before_the_signature_fits() {
    let header = encoded(header(Algorithm::EdDsa).to_string());
    for claims in ["", "{", "{\"exp\":1}", "{\"a\":1,\"a\":1}"] {
        let token = format!("{header}.{}.{}", encoded(claims), encoded([0; 64]));
        assert_eq!(refusal(&verifier(), &token), TokenError::BadSignature);
    }
}

#[test]
fn long_and_hostile_texts_are_repeated_tamely() {
    let key_id = format!("x\n\u{202e}{}", "y".repeat(200));
    let token = with_header(Algorithm::Hs256, &json!({"alg": "HS256", "kid": key_id}));
    let error = refusal(&verifier(), &token).to_string();
    assert!(
        error.len() < 150 && !error.contains(['\n', '\u{202e}']),
        "{error}"
    );
    let longer = "y".repeat(257);
    let token = with_header(Algorithm::Hs256, &json!({"alg": "HS256", "kid": longer}));
    assert!(matches!(
        refusal(&verifier(), &token),
        TokenError::Header(_)
    ));
}

proptest! {
    #[test]
    fn any_text_is_refused(token in ".{0,200}") {
        prop_assert!(verifier().verify(&token, NOW_MS).is_err());
    }

    #[test]
    fn any_parts_are_refused(
        header in proptest::collection::vec(any::<u8>(), 0..80),
        payload in proptest::collection::vec(any::<u8>(), 0..80),
        signature in proptest::collection::vec(any::<u8>(), 0..300),
        algorithm in 0_usize..5,
    ) {
        let header = match ALL.get(algorithm) {
            Some(algorithm) => super::header(*algorithm).to_string().into_bytes(),
            None => header,
        };
        let token = [header, payload, signature].map(encoded).join(".");
        prop_assert!(verifier().verify(&token, NOW_MS).is_err());
    }

    #[test]
    fn any_signed_payload_is_read_or_refused(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let message = format!("{}.{}", encoded(header(Algorithm::Hs256).to_string()), encoded(payload));
        let signature = encoded(signature(Algorithm::Hs256, message.as_bytes()));
        let token = format!("{message}.{signature}");
        prop_assert!(verifier().verify(&token, NOW_MS).is_err());
    }
}
