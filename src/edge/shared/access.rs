//! Who is admitted, from variables: the same names as on the native host.

use crate::reader::Reader;
use crate::settings::{Settings, SettingsError};
use assize_service::access_control::{
    Algorithm, Algorithms, JwtSettings, JwtVerifier, KeySet, Scopes, StaticKey, StaticKeys,
    TenantId,
};
use assize_service::{AccessSettings, Limits, Quota};
use std::sync::Arc;

const ANONYMOUS: &str = "ASSIZE_AUTH_ANONYMOUS";
const KEYS: &str = "ASSIZE_AUTH_KEYS";
const ISSUER: &str = "ASSIZE_AUTH_JWT_ISSUER";
const AUDIENCE: &str = "ASSIZE_AUTH_JWT_AUDIENCE";
const ALGORITHMS: &str = "ASSIZE_AUTH_JWT_ALGORITHMS";
const SECRET: &str = "ASSIZE_AUTH_JWT_SECRET";
const PUBLIC_KEY: &str = "ASSIZE_AUTH_JWT_PUBLIC_KEY";
const JWKS: &str = "ASSIZE_AUTH_JWT_JWKS";
const REQUESTS: &str = "ASSIZE_LIMITS_REQUESTS";
const WINDOW_SECONDS: &str = "ASSIZE_LIMITS_WINDOW_SECONDS";

/// Reads all settings of a host at the edge; `variable` gives a variable's text.
///
/// Beside those of [`Settings`]:
///
/// * `ASSIZE_AUTH_ANONYMOUS`: whether callers need no key: `true` or `false`; where nothing is said,
///   `true` unless keys or tokens are set.
/// * `ASSIZE_AUTH_KEYS`: API keys, with commas between; they are named `key-1`, `key-2`, …, and permit everything.
/// * `ASSIZE_AUTH_JWT_ISSUER`, `…_AUDIENCE`, `…_ALGORITHMS`, and one of `…_SECRET`, `…_PUBLIC_KEY` (PEM) and
///   `…_JWKS` (a key set as text): which tokens are accepted.
/// * `ASSIZE_LIMITS_REQUESTS` and `ASSIZE_LIMITS_WINDOW_SECONDS`: how often a client may ask, counted by each instance
///   for itself; no limit where nothing is said.
///
/// # Errors
///
/// Names every variable that is not acceptable, what it is unless it is secret, and what it may be.
pub fn read_all(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(Settings, AccessSettings), SettingsError> {
    let mut reader = Reader::new(&variable);
    let settings = Settings::read(&mut reader);
    let access = reader.access();
    SettingsError::check(reader.errors)?;
    Ok((settings, access))
}

impl Reader<'_> {
    fn access(&mut self) -> AccessSettings {
        let given = self.text(REQUESTS);
        let requests = self.number(REQUESTS, given, 0..=10_000_000).unwrap_or(0);
        let given = self.text(WINDOW_SECONDS);
        let seconds = self.number(WINDOW_SECONDS, given, 1..=86_400).unwrap_or(60);
        let quota = u32::try_from(requests)
            .ok()
            .filter(|requests| *requests > 0);
        let has_keys = self.text(KEYS).is_some();
        let tokens = self.tokens();
        let is_open = self.anonymous(!has_keys && tokens.is_none());
        AccessSettings {
            anonymous: is_open.then_some(Scopes::ALL),
            static_keys: self.keys(),
            tokens: tokens.map(Arc::new),
            limits: Limits {
                quota: quota.map(|requests| Quota {
                    requests,
                    window_ms: seconds * 1000,
                }),
                ..Limits::default()
            },
            ..AccessSettings::default()
        }
    }

    fn anonymous(&mut self, usual: bool) -> bool {
        match self.text(ANONYMOUS) {
            None => usual,
            given => {
                let words = [("true", true), ("false", false)];
                let word = self.word(ANONYMOUS, given, &words, "`true` or `false`");
                word.unwrap_or(false)
            }
        }
    }

    fn keys(&mut self) -> StaticKeys {
        let given = self.text(KEYS).unwrap_or_default();
        let texts = given
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let keys = (1..).zip(texts).filter_map(|(number, text)| {
            Some(StaticKey {
                name: format!("key-{number}").parse().ok()?,
                text: text.to_owned(),
                tenant: TenantId::default(),
                scopes: Scopes::ALL,
            })
        });
        StaticKeys::new(keys).unwrap_or_else(|error| {
            self.errors.push(format!("{KEYS}: {error}"));
            StaticKeys::default()
        })
    }

    fn tokens(&mut self) -> Option<JwtVerifier> {
        let named = [ISSUER, AUDIENCE, SECRET, PUBLIC_KEY, JWKS];
        if named.iter().all(|name| self.text(name).is_none()) {
            return None;
        }
        match self.verifier() {
            Ok(verifier) => Some(verifier),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    fn verifier(&self) -> Result<JwtVerifier, String> {
        let needed = |name: &str| {
            self.text(name)
                .ok_or_else(|| format!("{name} is needed to accept tokens"))
        };
        let (issuer, audience) = (needed(ISSUER)?, needed(AUDIENCE)?);
        let (name, keys) = match (self.text(SECRET), self.text(PUBLIC_KEY), self.text(JWKS)) {
            (Some(secret), None, None) => (SECRET, KeySet::from_secret(secret.as_bytes())),
            (None, Some(pem), None) => (PUBLIC_KEY, KeySet::from_pem(&pem)),
            (None, None, Some(jwks)) => (JWKS, KeySet::from_jwks(&jwks)),
            _ => {
                return Err(format!(
                    "exactly one of {SECRET}, {PUBLIC_KEY} and {JWKS} is needed"
                ));
            }
        };
        let keys = keys.map_err(|error| format!("{name}: {error}"))?;
        let algorithms = match self.text(ALGORITHMS) {
            Some(given) => given
                .parse()
                .map_err(|error| format!("{ALGORITHMS}: {error}"))?,
            None if name == SECRET => Algorithms::from(Algorithm::Hs256),
            None => Algorithms::new([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa])
                .unwrap_or_else(|| Algorithm::EdDsa.into()),
        };
        let settings = JwtSettings::new(algorithms, issuer, audience);
        JwtVerifier::new(settings, keys).map_err(|error| format!("{ISSUER} and its like: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<AccessSettings, String> {
        let read = read_all(|name| {
            let found = given.iter().find(|(given, _)| *given == name);
            found.map(|(_, text)| (*text).to_owned())
        });
        read.map(|(_, access)| access)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_admits_everyone() {
        let access = read(&[]).unwrap();
        assert!(access.anonymous.is_some() && access.tokens.is_none());
        assert_eq!(access.limits, Limits::default());
    }

    #[test]
    fn who_sets_keys_does_not_mean_everyone() {
        let key = (KEYS, "first-key-of-32-bytes-or-more-0001");
        assert!(read(&[key]).unwrap().anonymous.is_none());
        assert!(
            read(&[key, (ANONYMOUS, "true")])
                .unwrap()
                .anonymous
                .is_some()
        );
    }

    #[test]
    fn each_variable_is_read() {
        let access = read(&[
            (ANONYMOUS, "false"),
            (
                KEYS,
                "first-key-of-32-bytes-or-more-0001, second-key-of-32-bytes-or-more-002",
            ),
            (ISSUER, "i"),
            (AUDIENCE, "a"),
            (SECRET, "a-secret-of-at-least-32-bytes-0123"),
            (REQUESTS, "10"),
            (WINDOW_SECONDS, "5"),
        ]);
        let access = access.unwrap();
        assert!(access.anonymous.is_none() && access.tokens.is_some());
        assert!(
            access
                .static_keys
                .check("second-key-of-32-bytes-or-more-002")
                .is_ok()
        );
        assert_eq!(
            access.limits.quota,
            Some(Quota {
                requests: 10,
                window_ms: 5000
            })
        );
    }

    #[test]
    fn every_wrong_variable_is_named_at_once_and_no_secret_is_shown() {
        let error = read(&[
            (ANONYMOUS, "maybe"),
            ("ASSIZE_MAX_BODY_BYTES", "0"),
            (ISSUER, "i"),
            (AUDIENCE, "a"),
            (SECRET, "short"),
            (REQUESTS, "many"),
        ]);
        let error = error.unwrap_err();
        for name in [ANONYMOUS, "ASSIZE_MAX_BODY_BYTES", SECRET, REQUESTS] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("short"), "{error}");
        for incomplete in [
            [(ISSUER, "i")],
            [(SECRET, "a-secret-of-at-least-32-bytes-0123")],
        ] {
            assert!(read(&incomplete).unwrap_err().contains("is needed"));
        }
    }
}
