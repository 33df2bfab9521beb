//! Tokens as issuers and attackers make them. The keys are those of RFC 7515, appendix A, and RFC 8037, appendix A.

mod attacks;
mod claims;
mod keys;
mod vectors;

use super::*;
use crate::{AccessError, Principal, Scope};
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};
use sha2::Sha256;

/// 2023-11-14T22:13:20Z.
const NOW_SECONDS: u64 = 1_700_000_000;
const NOW_MS: u64 = NOW_SECONDS * 1000;
const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "assize";

const SECRET: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RSA_D: &str = "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ";
const RSA_P: &str = "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
const RSA_Q: &str = "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";
const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const EC_D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ED_D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

const ALL: [Algorithm; 4] = [
    Algorithm::Hs256,
    Algorithm::Rs256,
    Algorithm::Es256,
    Algorithm::EdDsa,
];

fn decoded(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// The public key of an algorithm as JWK, with the algorithm's name as `kid`.
fn jwk(algorithm: Algorithm) -> Value {
    let mut jwk = match algorithm {
        Algorithm::Hs256 => json!({"kty": "oct", "k": SECRET}),
        Algorithm::Rs256 => json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"}),
        Algorithm::Es256 => json!({"kty": "EC", "crv": "P-256", "x": EC_X, "y": EC_Y}),
        Algorithm::EdDsa => json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X}),
    };
    jwk["kid"] = algorithm.name().into();
    jwk
}

fn key_set(keys: impl IntoIterator<Item = Value>) -> KeySet {
    let keys: Vec<_> = keys.into_iter().collect();
    KeySet::from_jwks(&json!({ "keys": keys }).to_string()).unwrap()
}

fn rsa_key() -> rsa::PrivateKey {
    let number = |text: &str| {
        let bytes = decoded(text);
        rsa::BoxedUint::from_be_slice(&bytes, u32::try_from(bytes.len() * 8).unwrap()).unwrap()
    };
    let primes = vec![number(RSA_P), number(RSA_Q)];
    rsa::PrivateKey::from_components(number(RSA_N), number("AQAB"), number(RSA_D), primes).unwrap()
}

fn ec_key() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&decoded(EC_D)).unwrap()
}

fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let keyed = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    keyed.chain_update(message).finalize().into_bytes().to_vec()
}

fn signature(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Hs256 => hmac(&decoded(SECRET), message),
        Algorithm::Rs256 => rsa::pkcs1v15::SigningKey::<Sha256>::new(rsa_key())
            .sign(message)
            .to_vec(),
        Algorithm::Es256 => {
            let signature: p256::ecdsa::Signature = ec_key().sign(message);
            signature.to_bytes().to_vec()
        }
        Algorithm::EdDsa => {
            let key = decoded(ED_D);
            let key = ed25519_dalek::SigningKey::from_bytes(key.as_array().unwrap());
            key.sign(message).to_bytes().to_vec()
        }
    }
}

/// A token of these texts, signed with the algorithm's key whatever the header says.
fn signed(algorithm: Algorithm, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = signature(algorithm, message.as_bytes());
    format!("{message}.{}", encoded(signature))
}

fn header(algorithm: Algorithm) -> Value {
    json!({"alg": algorithm.name(), "kid": algorithm.name(), "typ": "JWT"})
}

fn good_claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "billing",
        "iat": NOW_SECONDS - 10,
        "nbf": NOW_SECONDS - 10,
        "exp": NOW_SECONDS + 600,
        "tenant": "acme",
        "scope": "openid evaluate sessions:read",
    })
}

fn good_token(algorithm: Algorithm) -> String {
    let header = header(algorithm).to_string();
    signed(algorithm, &header, &good_claims().to_string())
}

fn settings() -> JwtSettings {
    JwtSettings::new(Algorithms::new(ALL).unwrap(), ISSUER, AUDIENCE)
}

/// Accepts every algorithm, each with its one key.
fn verifier() -> JwtVerifier {
    JwtVerifier::new(settings(), key_set(ALL.map(jwk))).unwrap()
}

fn refusal(verifier: &JwtVerifier, token: &str) -> TokenError {
    match verifier.verify(token, NOW_MS) {
        Err(AccessError::Token(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn good_tokens_of_every_algorithm_are_accepted() {
    for algorithm in ALL {
        let principal = verifier().verify(&good_token(algorithm), NOW_MS);
        let expected = Principal {
            name: "billing".parse().unwrap(),
            tenant: "acme".parse().unwrap(),
            scopes: [Scope::Evaluate, Scope::SessionsRead].into_iter().collect(),
        };
        assert_eq!(principal, Ok(expected), "{algorithm}");
    }
}

#[test]
fn only_configured_algorithms_are_accepted() {
    for configured in ALL {
        let settings = JwtSettings::new(configured.into(), ISSUER, AUDIENCE);
        let verifier = JwtVerifier::new(settings, key_set(ALL.map(jwk))).unwrap();
        for algorithm in ALL {
            let token = good_token(algorithm);
            if algorithm == configured {
                assert!(verifier.verify(&token, NOW_MS).is_ok());
            } else {
                let expected = TokenError::AlgorithmNotAllowed(algorithm.name().to_owned());
                assert_eq!(refusal(&verifier, &token), expected);
            }
        }
    }
}

#[test]
fn everything_wrong_with_settings_is_said_at_once() {
    let wrong = JwtSettings {
        leeway_seconds: 301,
        tenant_claim: String::new(),
        required_type: Some(" ".to_owned()),
        ..JwtSettings::new(Algorithm::Rs256.into(), "", " ")
    };
    let error = JwtVerifier::new(wrong, key_set([jwk(Algorithm::Es256)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the issuer must not be blank; the audience must not be blank; the tenant claim must not be blank; \
         the required type must not be blank; the leeway must be 0 to 300 seconds, got 301; \
         no key is of a configured algorithm (RS256)"
    );
}

#[test]
fn other_keys_keep_the_demands() {
    let verifier = JwtVerifier::new(settings(), key_set([jwk(Algorithm::EdDsa)])).unwrap();
    let token = good_token(Algorithm::Es256);
    let error = verifier.verify(&token, NOW_MS).unwrap_err();
    assert!(error.may_need_newer_keys());
    let newer = verifier
        .with_keys(key_set([jwk(Algorithm::Es256)]))
        .unwrap();
    assert!(newer.verify(&token, NOW_MS).is_ok());
}

#[test]
fn keys_are_never_shown() {
    let shown = format!("{:?}", verifier());
    assert!(shown.contains("Hs256"));
    let secret = decoded(SECRET);
    for secret in [SECRET.to_owned(), format!("{secret:?}")] {
        assert!(!shown.contains(&secret));
    }
}
