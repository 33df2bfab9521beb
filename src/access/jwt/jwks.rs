//! Keys out of a JWK Set (RFC 7517; RFC 7518, section 6; RFC 8037, section 2).

use super::algorithm::Algorithm;
use super::header::LONGEST_KEY_ID;
use super::key::{Key, KeyProblem};
use super::key_set::KeySetError;
use crate::json::{Object, parse_object};
use crate::text::shown;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

const MOST_BYTES: usize = 256 * 1024;
const MOST_KEYS: usize = 100;
/// The length of a P-256 coordinate.
const COORDINATE_BYTES: usize = 32;
/// What begins a point that is given by both coordinates (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// One key of a set, usable or not.
pub(super) struct ReadKey {
    pub(super) key_id: Option<String>,
    pub(super) key: Result<Key, KeyProblem>,
}

/// Every key of a set, in its order.
pub(super) fn read(text: &str) -> Result<Vec<ReadKey>, KeySetError> {
    if text.len() > MOST_BYTES {
        return Err(KeySetError::TooLarge {
            unit: "bytes",
            limit: MOST_BYTES,
        });
    }
    let set = parse_object(text.as_bytes()).map_err(KeySetError::Jwks)?;
    let Some(Value::Array(keys)) = set.get("keys") else {
        return Err(KeySetError::Jwks("`keys` is not an array".to_owned()));
    };
    if keys.len() > MOST_KEYS {
        return Err(KeySetError::TooLarge {
            unit: "keys",
            limit: MOST_KEYS,
        });
    }
    Ok(keys.iter().map(read_key).collect())
}

fn read_key(value: &Value) -> ReadKey {
    let Value::Object(members) = value else {
        return ReadKey {
            key_id: None,
            key: Err(KeyProblem::NotAnObject),
        };
    };
    ReadKey {
        key_id: members.get("kid").and_then(Value::as_str).map(shown),
        key: key(members),
    }
}

fn key(members: &Object) -> Result<Key, KeyProblem> {
    let key_id = optional_text(members, "kid")?;
    if key_id.is_some_and(|key_id| key_id.len() > LONGEST_KEY_ID) {
        return Err(KeyProblem::Member("kid"));
    }
    check_use(members)?;
    let mut key = match text(members, "kty")? {
        // All that is private has a `d`; `k` is what a shared secret is.
        "RSA" | "EC" | "OKP" if members.contains_key("d") => return Err(KeyProblem::Private),
        "RSA" => Key::rsa(&bytes(members, "n")?, &bytes(members, "e")?)?,
        "EC" => {
            check_curve(members, "P-256")?;
            Key::p256(&point(members)?)?
        }
        "OKP" => {
            check_curve(members, "Ed25519")?;
            Key::ed25519(&bytes(members, "x")?)?
        }
        "oct" => Key::hmac(&bytes(members, "k")?)?,
        other => return Err(KeyProblem::Type(shown(other))),
    };
    if let Some(name) = optional_text(members, "alg")?
        && name.parse::<Algorithm>() != Ok(key.algorithm())
    {
        return Err(KeyProblem::Algorithm(shown(name)));
    }
    key.key_id = key_id.map(str::to_owned);
    Ok(key)
}

fn check_use(members: &Object) -> Result<(), KeyProblem> {
    if optional_text(members, "use")?.is_some_and(|name| name != "sig") {
        return Err(KeyProblem::Use);
    }
    match members.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|name| name == "verify") => Ok(()),
        Some(_) => Err(KeyProblem::Use),
    }
}

fn check_curve(members: &Object, offered: &str) -> Result<(), KeyProblem> {
    match text(members, "crv")? {
        curve if curve == offered => Ok(()),
        other => Err(KeyProblem::Curve(shown(other))),
    }
}

fn point(members: &Object) -> Result<Vec<u8>, KeyProblem> {
    let mut point = vec![UNCOMPRESSED];
    for name in ["x", "y"] {
        let coordinate = bytes(members, name)?;
        // RFC 7518, section 6.2.1.2: in full length, leading zeros included.
        if coordinate.len() != COORDINATE_BYTES {
            return Err(KeyProblem::Member(name));
        }
        point.extend_from_slice(&coordinate);
    }
    Ok(point)
}

fn bytes(members: &Object, name: &'static str) -> Result<Vec<u8>, KeyProblem> {
    Base64UrlUnpadded::decode_vec(text(members, name)?).map_err(|_| KeyProblem::Member(name))
}

fn text<'m>(members: &'m Object, name: &'static str) -> Result<&'m str, KeyProblem> {
    optional_text(members, name)?.ok_or(KeyProblem::Member(name))
}

fn optional_text<'m>(
    members: &'m Object,
    name: &'static str,
) -> Result<Option<&'m str>, KeyProblem> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyProblem::Member(name)),
    }
}
