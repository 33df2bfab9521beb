//! From the claims of a token whose signature fits to a caller (RFC 7519, section 4.1).

use super::error::TokenError;
use super::settings::JwtSettings;
use crate::json::{Object, parse_object};
use crate::principal::Principal;
use crate::scope::Scopes;
use crate::text::shown;
use serde_json::Value;

/// 9999-12-31T23:59:59Z, in seconds since 1970-01-01 UTC.
const LAST_SECOND: f64 = 253_402_300_799.0;

pub(super) fn principal(
    payload: &[u8],
    settings: &JwtSettings,
    now_ms: u64,
) -> Result<Principal, TokenError> {
    let claims = parse_object(payload).map_err(TokenError::Claims)?;
    let issuer = required(text(&claims, "iss")?, "iss")?;
    if issuer != settings.issuer {
        return Err(TokenError::WrongIssuer(shown(issuer)));
    }
    let audience = required(words(&claims, "aud", Separation::Whole)?, "aud")?;
    if !audience.contains(&settings.audience.as_str()) {
        return Err(TokenError::WrongAudience);
    }
    check_times(
        &claims,
        settings.leeway_seconds.saturating_mul(1000),
        now_ms,
    )?;

    let name = required(text(&claims, "sub")?, "sub")?;
    let name = name.parse().map_err(|error| invalid("sub", &error))?;
    let tenant = match text(&claims, &settings.tenant_claim)? {
        Some(tenant) => tenant
            .parse()
            .map_err(|error| invalid(&settings.tenant_claim, &error))?,
        None => required(settings.default_tenant.clone(), &settings.tenant_claim)?,
    };
    let scopes = words(&claims, &settings.scope_claim, Separation::Spaces)?;
    Ok(Principal {
        name,
        tenant,
        scopes: Scopes::known_among(scopes.unwrap_or_default()),
    })
}

fn check_times(claims: &Object, leeway_ms: u64, now_ms: u64) -> Result<(), TokenError> {
    let expires_ms = required(instant_ms(claims, "exp")?, "exp")?;
    if now_ms >= expires_ms.saturating_add(leeway_ms) {
        return Err(TokenError::Expired { expires_ms, now_ms });
    }
    let soon_ms = now_ms.saturating_add(leeway_ms);
    if let Some(not_before_ms) = instant_ms(claims, "nbf")?.filter(|at_ms| *at_ms > soon_ms) {
        return Err(TokenError::NotYetValid {
            not_before_ms,
            now_ms,
        });
    }
    if let Some(issued_ms) = instant_ms(claims, "iat")?.filter(|at_ms| *at_ms > soon_ms) {
        return Err(TokenError::IssuedInFuture { issued_ms, now_ms });
    }
    Ok(())
}

/// A `NumericDate`: seconds, perhaps with a fraction, here in whole milliseconds.
fn instant_ms(claims: &Object, name: &str) -> Result<Option<u64>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    match value.as_f64() {
        Some(seconds) if (0.0..=LAST_SECOND).contains(&seconds) => {
            Ok(Some((seconds * 1000.0) as u64))
        }
        _ => Err(invalid(
            name,
            &"it must be a number of seconds since 1970, to the year 9999",
        )),
    }
}

fn text<'c>(claims: &'c Object, name: &str) -> Result<Option<&'c str>, TokenError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(name, &"it must be a text")),
    }
}

/// Whether a claim that is one text holds one word or several.
#[derive(Clone, Copy)]
enum Separation {
    Whole,
    Spaces,
}

/// A claim that is a text or an array of texts.
fn words<'c>(
    claims: &'c Object,
    name: &str,
    separation: Separation,
) -> Result<Option<Vec<&'c str>>, TokenError> {
    let words = match (claims.get(name), separation) {
        (None, _) => return Ok(None),
        (Some(Value::String(text)), Separation::Whole) => Some(vec![text.as_str()]),
        (Some(Value::String(text)), Separation::Spaces) => Some(text.split(' ').collect()),
        (Some(Value::Array(items)), _) => items.iter().map(Value::as_str).collect(),
        (Some(_), _) => None,
    };
    match words {
        Some(words) => Ok(Some(words)),
        None => Err(invalid(name, &"it must be a text or an array of texts")),
    }
}

fn required<T>(claim: Option<T>, name: &str) -> Result<T, TokenError> {
    claim.ok_or_else(|| TokenError::MissingClaim(name.to_owned()))
}

fn invalid(name: &str, problem: &dyn std::fmt::Display) -> TokenError {
    TokenError::InvalidClaim {
        name: name.to_owned(),
        problem: problem.to_string(),
    }
}
