//! What a request's headers say of who calls.

use crate::api_key::{PREFIX, PresentedKey};
use crate::error::AccessError;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use std::fmt;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A caller's text that must not be shown. Its `Debug` hides it.
#[derive(Clone)]
pub struct SecretText(String);

impl SecretText {
    /// The text itself, to be checked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretText(…)")
    }
}

/// What a caller presents, not yet checked.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A key that Assize issued: for [`KeyRecord::check`](crate::KeyRecord::check).
    ApiKey(PresentedKey),
    /// A configured key: for [`StaticKeys::check`](crate::StaticKeys::check).
    StaticKey(SecretText),
    /// A JSON Web Token: for [`JwtVerifier::verify`](crate::JwtVerifier::verify).
    Token(SecretText),
}

impl Credential {
    /// Reads `X-API-Key: <key>` or `Authorization: Bearer <key or token>`; none if there is neither.
    ///
    /// # Errors
    ///
    /// [`AccessError::SeveralCredentials`], [`AccessError::UnreadableHeader`],
    /// [`AccessError::UnsupportedScheme`], [`AccessError::MistypedKey`].
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, AccessError> {
        let key = single(headers, &API_KEY)?;
        let authorization = single(headers, &AUTHORIZATION)?;
        match (key, authorization) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(AccessError::SeveralCredentials),
            (Some(value), None) => {
                let text = visible(value, "x-api-key")?;
                Self::key(word(text, "x-api-key")?).map(Some)
            }
            (None, Some(value)) => {
                let bearer = bearer(visible(value, "authorization")?)?;
                Self::key_or_token(word(bearer, "authorization")?).map(Some)
            }
        }
    }

    fn key(text: &str) -> Result<Self, AccessError> {
        if text.starts_with(PREFIX) {
            PresentedKey::parse(text).map(Self::ApiKey)
        } else {
            Ok(Self::StaticKey(SecretText(text.to_owned())))
        }
    }

    fn key_or_token(text: &str) -> Result<Self, AccessError> {
        if is_token(text) {
            Ok(Self::Token(SecretText(text.to_owned())))
        } else {
            Self::key(text)
        }
    }
}

/// Whether a text is read as an issued key or a token, whatever it is.
pub(crate) fn is_typed(text: &str) -> bool {
    text.starts_with(PREFIX) || is_token(text)
}

/// A JWS in its compact form has three parts (RFC 7515, section 7.1). An issued key has no dot.
fn is_token(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 2
}

fn single<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h HeaderValue>, AccessError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(AccessError::SeveralCredentials),
    }
}

fn visible<'h>(value: &'h HeaderValue, name: &'static str) -> Result<&'h str, AccessError> {
    value
        .to_str()
        .map_err(|_| AccessError::UnreadableHeader(name))
}

fn bearer(text: &str) -> Result<&str, AccessError> {
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(rest)
    } else {
        Err(AccessError::UnsupportedScheme)
    }
}

/// Intermediaries join repeated headers with `, `, so a space inside may be a second credential.
fn word<'h>(text: &'h str, name: &'static str) -> Result<&'h str, AccessError> {
    let text = text.trim_matches(' ');
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err(AccessError::UnreadableHeader(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyRecord, KeySpec, Scopes, TenantId};
    use proptest::prelude::*;

    fn read(given: &[(&'static str, &[u8])]) -> Result<Option<Credential>, AccessError> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        Credential::from_headers(&headers)
    }

    fn one(name: &'static str, value: &str) -> Result<Credential, AccessError> {
        read(&[(name, value.as_bytes())]).map(Option::unwrap)
    }

    fn issued() -> String {
        let spec = KeySpec {
            name: "x".parse().unwrap(),
            tenant: TenantId::default(),
            scopes: Scopes::ALL,
            expires_ms: None,
        };
        KeyRecord::issue([1; 6], [2; 32], spec, 0).1
    }

    #[test]
    fn no_header_is_no_credential() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("cookie", b"x-api-key=1")]).unwrap().is_none());
    }

    #[test]
    fn each_kind_is_recognised() {
        let key = issued();
        for value in [
            format!("Bearer {key}"),
            format!("bearer {key}"),
            format!("BEARER  {key} "),
        ] {
            let credential = one("authorization", &value).unwrap();
            assert!(
                matches!(&credential, Credential::ApiKey(key) if key.id().as_str() == "010101010101")
            );
        }
        assert!(matches!(one("x-api-key", &key), Ok(Credential::ApiKey(_))));
        for token in ["a.b.c", "a.b.", "..", "a.!.c"] {
            let credential = one("authorization", &format!("Bearer {token}")).unwrap();
            assert!(matches!(&credential, Credential::Token(text) if text.expose() == token));
        }
        for text in ["s3cret", "a.b", "a.b.c.d", "a,b=", "Assize_x"] {
            for (name, value) in [
                ("authorization", format!("Bearer {text}")),
                ("x-api-key", text.to_owned()),
            ] {
                let credential = one(name, &value).unwrap();
                assert!(matches!(&credential, Credential::StaticKey(key) if key.expose() == text));
            }
        }
    }

    #[test]
    fn a_token_is_no_key() {
        assert!(matches!(
            one("x-api-key", "a.b.c"),
            Ok(Credential::StaticKey(_))
        ));
    }

    #[test]
    fn a_credential_in_two_places_is_refused() {
        let twice: [&[(&'static str, &[u8])]; 4] = [
            &[("x-api-key", b"a"), ("x-api-key", b"a")],
            &[
                ("authorization", b"Bearer a"),
                ("authorization", b"Bearer a"),
            ],
            &[("authorization", b"Bearer a"), ("x-api-key", b"a")],
            &[("authorization", b"Basic a"), ("x-api-key", b"a")],
        ];
        for headers in twice {
            assert_eq!(read(headers).unwrap_err(), AccessError::SeveralCredentials);
        }
        for (name, joined) in [
            ("authorization", "Bearer a, Bearer b"),
            ("x-api-key", "a, b"),
        ] {
            assert_eq!(
                one(name, joined).unwrap_err(),
                AccessError::UnreadableHeader(name)
            );
        }
    }

    #[test]
    fn what_is_not_one_visible_word_is_refused() {
        for value in ["".as_bytes(), b" ", "ключ".as_bytes(), b"a\tb", b"\xff"] {
            assert_eq!(
                read(&[("x-api-key", value)]).unwrap_err(),
                AccessError::UnreadableHeader("x-api-key")
            );
        }
        for value in ["Bearer", "Bearer ", "Bearer a b", "Bearer \u{e9}"] {
            assert_eq!(
                one("authorization", value).unwrap_err(),
                AccessError::UnreadableHeader("authorization"),
                "{value}"
            );
        }
    }

    #[test]
    fn other_schemes_are_refused_and_not_repeated() {
        for value in [
            "Basic dTpw",
            "Bearertoken",
            "s3cret",
            "",
            "Bearer\ta",
            "=Bearer a",
        ] {
            let error = one("authorization", value).unwrap_err();
            assert_eq!(error, AccessError::UnsupportedScheme, "{value}");
            assert!(error.public().contains("Bearer <key or token>"));
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }

    #[test]
    fn a_mistyped_key_is_told_at_once() {
        let mistyped = issued().replace("_AgIC", "_AgID");
        for (name, value) in [
            ("x-api-key", mistyped.clone()),
            ("authorization", format!("Bearer {mistyped}")),
        ] {
            assert_eq!(one(name, &value).unwrap_err(), AccessError::MistypedKey);
        }
    }

    #[test]
    fn secrets_are_never_shown() {
        for value in ["s3cret", "a.s3cret.c"] {
            let credential = one("authorization", &format!("Bearer {value}")).unwrap();
            assert!(!format!("{credential:?}").contains("s3cret"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            key in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..80)),
            authorization in proptest::option::of("(Bearer )?.{0,80}"),
        ) {
            let mut headers = HeaderMap::new();
            if let Some(Ok(value)) = key.map(|bytes| HeaderValue::from_bytes(&bytes)) {
                headers.append(API_KEY, value);
            }
            if let Some(Ok(value)) = authorization.map(|text| HeaderValue::from_bytes(text.as_bytes())) {
                headers.append(AUTHORIZATION, value);
            }
            drop(Credential::from_headers(&headers));
        }
    }
}
