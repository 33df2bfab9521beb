//! What claims must say.

use super::*;
use proptest::prelude::*;

fn verify_with(
    settings: JwtSettings,
    name: &str,
    value: Option<Value>,
) -> Result<Principal, AccessError> {
    let mut claims = good_claims();
    let members = claims.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    let verifier = JwtVerifier::new(settings, key_set([jwk(Algorithm::Hs256)])).unwrap();
    let header = header(Algorithm::Hs256).to_string();
    let token = signed(Algorithm::Hs256, &header, &claims.to_string());
    verifier.verify(&token, NOW_MS)
}

fn verify(name: &str, value: Value) -> Result<Principal, AccessError> {
    verify_with(settings(), name, Some(value))
}

fn refused(name: &str, value: Value) -> TokenError {
    match verify(name, value) {
        Err(AccessError::Token(error)) => error,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn what_must_be_there_must_be_there() {
    for name in ["iss", "aud", "sub", "exp"] {
        assert_eq!(
            verify_with(settings(), name, None),
            Err(TokenError::MissingClaim(name.to_owned()).into())
        );
    }
    for name in ["nbf", "iat", "tenant", "scope"] {
        assert!(verify_with(settings(), name, None).is_ok(), "{name}");
    }
}

#[test]
fn what_is_there_must_be_of_its_type() {
    let texts = [json!(null), json!(1), json!({}), json!([1]), json!(true)];
    for name in ["iss", "aud", "sub", "tenant", "scope"] {
        for value in texts.clone() {
            let error = refused(name, value);
            assert!(
                matches!(&error, TokenError::InvalidClaim { name: named, .. } if named == name),
                "{error}"
            );
        }
    }
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!(null),
            json!("1700000600"),
            json!([]),
            json!(-1),
            json!(253_402_300_800_u64),
            json!(u64::MAX),
            json!(1e300),
        ] {
            let error = refused(name, value);
            assert!(
                matches!(&error, TokenError::InvalidClaim { name: named, .. } if named == name),
                "{error}"
            );
        }
    }
}

#[test]
fn the_issuer_is_exact() {
    for issuer in [
        "",
        "https://issuer.example/",
        "HTTPS://issuer.example",
        "https://issuer.example ",
        "https://issuer.example.attacker.example",
    ] {
        assert_eq!(
            refused("iss", issuer.into()),
            TokenError::WrongIssuer(issuer.to_owned())
        );
    }
    let array = refused("iss", json!([ISSUER]));
    assert!(matches!(array, TokenError::InvalidClaim { .. }));
}

#[test]
fn the_audience_is_or_holds_this_service() {
    for audience in [
        json!(AUDIENCE),
        json!([AUDIENCE]),
        json!(["other", AUDIENCE]),
    ] {
        assert!(verify("aud", audience).is_ok());
    }
    for audience in [
        json!(""),
        json!("Assize"),
        json!("assize other"),
        json!([]),
        json!(["other"]),
    ] {
        assert_eq!(refused("aud", audience), TokenError::WrongAudience);
    }
    let mixed = refused("aud", json!([AUDIENCE, 1]));
    assert!(matches!(mixed, TokenError::InvalidClaim { .. }));
}

#[test]
fn a_token_ends_after_the_leeway() {
    let leeway = |seconds: u64| JwtSettings {
        leeway_seconds: seconds,
        ..settings()
    };
    let expires = |seconds: u64, exp: Value| verify_with(leeway(seconds), "exp", Some(exp));
    let expired = |expires_ms| {
        Err(TokenError::Expired {
            expires_ms,
            now_ms: NOW_MS,
        }
        .into())
    };
    assert!(expires(0, json!(NOW_SECONDS + 1)).is_ok());
    assert_eq!(expires(0, json!(NOW_SECONDS)), expired(NOW_MS));
    assert!(expires(30, json!(NOW_SECONDS - 29)).is_ok());
    assert_eq!(
        expires(30, json!(NOW_SECONDS - 30)),
        expired(NOW_MS - 30_000)
    );
    assert!(expires(0, json!(NOW_SECONDS as f64 + 0.5)).is_ok());
    assert_eq!(
        expires(0, json!(NOW_SECONDS as f64 - 0.5)),
        expired(NOW_MS - 500)
    );
    assert!(expires(0, json!(1.700_000_6e9)).is_ok());
    assert_eq!(expires(300, json!(0)), expired(0));
    let error = expires(0, json!(NOW_SECONDS)).unwrap_err();
    assert_eq!(error.public(), "the token has expired");
}

#[test]
fn a_token_begins_before_the_leeway() {
    assert!(verify("nbf", json!(NOW_SECONDS + 30)).is_ok());
    assert_eq!(
        refused("nbf", json!(NOW_SECONDS + 31)),
        TokenError::NotYetValid {
            not_before_ms: NOW_MS + 31_000,
            now_ms: NOW_MS
        }
    );
    assert!(verify("iat", json!(NOW_SECONDS + 30)).is_ok());
    assert_eq!(
        refused("iat", json!(NOW_SECONDS as f64 + 30.5)),
        TokenError::IssuedInFuture {
            issued_ms: NOW_MS + 30_500,
            now_ms: NOW_MS
        }
    );
}

#[test]
fn a_foreign_token_is_not_told_that_it_expired() {
    let claims = json!({"iss": "other", "aud": AUDIENCE, "sub": "x", "exp": 1});
    let header = header(Algorithm::Hs256).to_string();
    let token = signed(Algorithm::Hs256, &header, &claims.to_string());
    assert_eq!(
        refusal(&verifier(), &token),
        TokenError::WrongIssuer("other".to_owned())
    );
}

#[test]
fn the_subject_is_the_name() {
    assert_eq!(
        verify("sub", json!("auth0|é")).unwrap().name.as_str(),
        "auth0|é"
    );
    for subject in ["", "a\nb", &"x".repeat(65)] {
        let error = refused("sub", subject.into());
        assert!(matches!(error, TokenError::InvalidClaim { .. }), "{error}");
    }
}

#[test]
fn the_tenant_is_checked_and_may_be_required() {
    for tenant in ["", "Acme", "../other", "a b"] {
        let error = refused("tenant", tenant.into());
        assert!(matches!(error, TokenError::InvalidClaim { .. }), "{error}");
    }
    let tenant = |settings| {
        verify_with(settings, "tenant", None).map(|principal| principal.tenant.to_string())
    };
    assert_eq!(tenant(settings()), Ok("default".to_owned()));
    let named = JwtSettings {
        default_tenant: Some("guests".parse().unwrap()),
        ..settings()
    };
    assert_eq!(tenant(named), Ok("guests".to_owned()));
    let required = JwtSettings {
        default_tenant: None,
        ..settings()
    };
    assert_eq!(
        tenant(required),
        Err(TokenError::MissingClaim("tenant".to_owned()).into())
    );
    let elsewhere = JwtSettings {
        tenant_claim: "https://example.com/org".to_owned(),
        ..settings()
    };
    let other = verify_with(elsewhere, "https://example.com/org", Some(json!("other")));
    assert_eq!(other.unwrap().tenant.as_str(), "other");
}

#[test]
fn scopes_are_text_or_array() {
    let scopes = |value| verify("scope", value).unwrap().scopes.to_string();
    for (value, expected) in [
        (json!(""), ""),
        (json!("openid"), ""),
        (json!("evaluate  metrics"), "evaluate metrics"),
        (json!("evaluate,metrics"), ""),
        (json!("EVALUATE"), ""),
        (
            json!(["evaluate", "profile", "sessions:write"]),
            "evaluate sessions:write",
        ),
        // One element is one name.
        (json!(["evaluate metrics"]), ""),
        (json!([]), ""),
        (json!("*"), "*"),
    ] {
        assert_eq!(scopes(value.clone()), expected, "{value}");
    }
    let elsewhere = JwtSettings {
        scope_claim: "permissions".to_owned(),
        ..settings()
    };
    let principal = verify_with(elsewhere, "permissions", Some(json!(["metrics"]))).unwrap();
    assert_eq!(principal.scopes.to_string(), "metrics");
    let none = verify_with(settings(), "scope", None).unwrap();
    assert!(none.require(Scope::Evaluate).unwrap_err().is_forbidden());
}

#[test]
fn a_type_may_be_required() {
    let required = JwtSettings {
        required_type: Some("at+jwt".to_owned()),
        ..settings()
    };
    let verifier = JwtVerifier::new(required, key_set([jwk(Algorithm::Hs256)])).unwrap();
    let of_type = |name: Option<&str>| {
        let mut header = json!({"alg": "HS256"});
        if let Some(name) = name {
            header["typ"] = name.into();
        }
        signed(
            Algorithm::Hs256,
            &header.to_string(),
            &good_claims().to_string(),
        )
    };
    for name in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert!(verifier.verify(&of_type(Some(name)), NOW_MS).is_ok());
    }
    for name in ["JWT", "", "text/at+jwt", "application/application/at+jwt"] {
        let error = refusal(&verifier, &of_type(Some(name)));
        assert_eq!(error, TokenError::WrongType(name.to_owned()));
    }
    assert_eq!(
        refusal(&verifier, &of_type(None)),
        TokenError::WrongType(String::new())
    );
}

proptest! {
    #[test]
    fn later_is_never_valid_again(exp in 0_u64..=253_402_300_799, now_ms in any::<u64>(), later_ms in any::<u64>()) {
        let mut claims = good_claims();
        claims["exp"] = exp.into();
        let token = signed(Algorithm::Hs256, &header(Algorithm::Hs256).to_string(), &claims.to_string());
        let expired = |now_ms| matches!(
            verifier().verify(&token, now_ms),
            Err(AccessError::Token(TokenError::Expired { .. }))
        );
        prop_assert_eq!(expired(now_ms), now_ms >= (exp + 30) * 1000);
        prop_assert!(!expired(now_ms) || expired(now_ms.saturating_add(later_ms)));
    }
}
