//! A token's header: what says how it is signed. `jwk`, `jku`, `x5u` and `x5c` are never looked at.

use super::algorithm::Algorithm;
use super::error::TokenError;
use crate::json::{Object, parse_object};
use crate::text::shown;
use serde_json::Value;

/// The longest `kid`, in bytes.
pub(super) const LONGEST_KEY_ID: usize = 256;

/// What is used of a header.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) media_type: Option<String>,
}

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let object = parse_object(bytes).map_err(TokenError::Header)?;
        if object.contains_key("crit") {
            return Err(TokenError::Critical);
        }
        let name = text(&object, "alg")?
            .ok_or_else(|| TokenError::Header("`alg` is missing".to_owned()))?;
        if name.eq_ignore_ascii_case("none") {
            return Err(TokenError::Unsigned);
        }
        let key_id = text(&object, "kid")?;
        if key_id.is_some_and(|key_id| key_id.len() > LONGEST_KEY_ID) {
            return Err(TokenError::Header(format!(
                "`kid` has more than {LONGEST_KEY_ID} bytes"
            )));
        }
        Ok(Self {
            algorithm: name
                .parse()
                .map_err(|_| TokenError::AlgorithmNotAllowed(shown(name)))?,
            key_id: key_id.map(str::to_owned),
            media_type: text(&object, "typ")?.map(str::to_owned),
        })
    }
}

fn text<'o>(object: &'o Object, name: &str) -> Result<Option<&'o str>, TokenError> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenError::Header(format!("`{name}` is not a text"))),
    }
}
