//! RFC 7515, appendix A, and RFC 8037, appendix A: signatures that others made.

use super::*;

const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// Algorithm, header, payload, signature.
const VECTORS: [(Algorithm, &str, &str, &str); 4] = [
    (
        Algorithm::Hs256,
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
        CLAIMS,
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    (
        Algorithm::Rs256,
        "eyJhbGciOiJSUzI1NiJ9",
        CLAIMS,
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    ),
    (
        Algorithm::Es256,
        "eyJhbGciOiJFUzI1NiJ9",
        CLAIMS,
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
    (
        Algorithm::EdDsa,
        "eyJhbGciOiJFZERTQSJ9",
        "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    ),
];

#[test]
fn signatures_of_the_standards_fit() {
    for (algorithm, header, payload, signature) in VECTORS {
        let token = format!("{header}.{payload}.{signature}");
        assert_eq!(
            verifier().signed_payload(&token),
            Ok(decoded(payload)),
            "{algorithm}"
        );
    }
}

#[test]
fn signatures_of_the_standards_do_not_fit_each_other() {
    for (algorithm, header, payload, _) in VECTORS {
        for (other, _, _, signature) in VECTORS {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(
                verifier().signed_payload(&token).is_ok(),
                algorithm == other,
                "{algorithm} {other}"
            );
        }
    }
}

#[test]
fn the_unsecured_token_of_the_standard_is_refused() {
    let token = format!("eyJhbGciOiJub25lIn0.{CLAIMS}.");
    assert_eq!(refusal(&verifier(), &token), TokenError::Unsigned);
}

/// They have no audience, and their time is long over.
#[test]
fn tokens_of_the_standard_name_no_caller() {
    let (_, header, payload, signature) = VECTORS[0];
    let settings = JwtSettings::new(Algorithm::Hs256.into(), "joe", AUDIENCE);
    let verifier = JwtVerifier::new(settings, key_set([jwk(Algorithm::Hs256)])).unwrap();
    let error = refusal(&verifier, &format!("{header}.{payload}.{signature}"));
    assert_eq!(error, TokenError::MissingClaim("aud".to_owned()));
}
