//! API keys that Assize issues: `assize_<id>_<secret>`.
//!
//! The identifier is 6 bytes in lowercase hexadecimal and public. The second part is 32 secret bytes and a CRC-32
//! over identifier and secret (little-endian), together 48 characters of base64url (RFC 4648, section 5). The
//! checksum tells a typo from an unknown key without a lookup.

use crate::error::AccessError;
use crate::principal::{Principal, PrincipalName, TenantId};
use crate::scope::Scopes;
use crate::text::checked_text;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What every API key begins with.
pub(crate) const PREFIX: &str = "assize_";
const CHECKSUM: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const ENCODED_BYTES: usize = SECRET_BYTES + CHECKSUM_BYTES;

/// An API key's public identifier: 12 lowercase hexadecimal characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

/// A text that is no API key's identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key's identifier must be 12 of `0-9` and `a-f`, got `{0}`")]
pub struct KeyIdError(String);

impl KeyId {
    /// The identifier that these bytes make.
    #[must_use]
    pub fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn is_valid(text: &str) -> bool {
        text.len() == 2 * ID_BYTES
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

checked_text!(KeyId, KeyIdError);

/// The BLAKE3 hash of an API key's secret, as text 64 hexadecimal characters. Compares in constant time.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyHash(blake3::Hash);

/// A text that is no hash; it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key's hash must be 64 hexadecimal characters")]
pub struct KeyHashError(());

impl KeyHash {
    // A slow hash protects secrets that can be guessed; these are 32 random bytes.
    fn of(secret: &[u8; SECRET_BYTES]) -> Self {
        Self(blake3::hash(secret))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyHash(…)")
    }
}

impl TryFrom<String> for KeyHash {
    type Error = KeyHashError;

    fn try_from(text: String) -> Result<Self, KeyHashError> {
        blake3::Hash::from_hex(text)
            .map(Self)
            .map_err(|_| KeyHashError(()))
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        hash.0.to_hex().to_string()
    }
}

/// What an API key is to be issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpec {
    /// Who will use it.
    pub name: PrincipalName,
    /// Whose data it will see.
    pub tenant: TenantId,
    /// What it will permit.
    pub scopes: Scopes,
    /// When it ends, in milliseconds since 1970-01-01 UTC; none if never.
    pub expires_ms: Option<u64>,
}

/// An API key as stores keep it: all but the secret. Every field must be present when it is read, so that a
/// damaged record never loses its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// What it is looked up by.
    pub id: KeyId,
    /// Who uses it.
    pub name: PrincipalName,
    /// Whose data it sees.
    pub tenant: TenantId,
    /// What it permits.
    pub scopes: Scopes,
    /// What its secret is checked against.
    pub hash: KeyHash,
    /// When it was issued, in milliseconds since 1970-01-01 UTC.
    pub created_ms: u64,
    /// When it ends, in milliseconds since 1970-01-01 UTC; none if never.
    #[serde(deserialize_with = "Option::deserialize")]
    pub expires_ms: Option<u64>,
    /// When it was taken back, in milliseconds since 1970-01-01 UTC; any time, even one to come, ends it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub revoked_ms: Option<u64>,
}

impl KeyRecord {
    /// A new key: the record to keep, and the text to hand out once. The bytes must be random, and no other record
    /// may have the identifier.
    #[must_use]
    pub fn issue(
        id_bytes: [u8; ID_BYTES],
        secret_bytes: [u8; SECRET_BYTES],
        spec: KeySpec,
        now_ms: u64,
    ) -> (Self, String) {
        let key = PresentedKey {
            id: KeyId::from_bytes(id_bytes),
            secret: secret_bytes,
        };
        let text = key.to_text();
        let record = Self {
            id: key.id,
            name: spec.name,
            tenant: spec.tenant,
            scopes: spec.scopes,
            hash: KeyHash::of(&secret_bytes),
            created_ms: now_ms,
            expires_ms: spec.expires_ms,
            revoked_ms: None,
        };
        (record, text)
    }

    /// Whether a presented key is this one, and may be used at `now_ms` (milliseconds since 1970-01-01 UTC).
    ///
    /// # Errors
    ///
    /// [`AccessError::UnknownKey`] for the key of another record, [`AccessError::WrongSecret`],
    /// [`AccessError::RevokedKey`], and [`AccessError::ExpiredKey`] from the very millisecond on.
    pub fn check(&self, presented: &PresentedKey, now_ms: u64) -> Result<Principal, AccessError> {
        if self.id != presented.id {
            return Err(AccessError::UnknownKey(presented.id.clone()));
        }
        if self.hash != KeyHash::of(&presented.secret) {
            return Err(AccessError::WrongSecret(self.id.clone()));
        }
        if let Some(revoked_ms) = self.revoked_ms {
            let id = self.id.clone();
            return Err(AccessError::RevokedKey { id, revoked_ms });
        }
        if let Some(expires_ms) = self.expires_ms.filter(|expires_ms| *expires_ms <= now_ms) {
            let id = self.id.clone();
            return Err(AccessError::ExpiredKey { id, expires_ms });
        }
        Ok(Principal {
            name: self.name.clone(),
            tenant: self.tenant.clone(),
            scopes: self.scopes,
        })
    }
}

/// An API key as a caller presents it: well formed, but not yet checked. Its `Debug` shows the identifier only.
#[derive(Clone)]
pub struct PresentedKey {
    id: KeyId,
    secret: [u8; SECRET_BYTES],
}

impl PresentedKey {
    /// Reads a key's text.
    ///
    /// # Errors
    ///
    /// [`AccessError::MistypedKey`] for anything that was never issued, such as a key with a typo.
    pub fn parse(text: &str) -> Result<Self, AccessError> {
        Self::read(text).ok_or(AccessError::MistypedKey)
    }

    /// What the record is looked up by.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    fn read(text: &str) -> Option<Self> {
        let (id, encoded) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let id: KeyId = id.parse().ok()?;
        let mut bytes = [0; ENCODED_BYTES];
        let decoded = Base64UrlUnpadded::decode(encoded, &mut bytes).ok()?;
        let (secret, checksum) = decoded.split_last_chunk::<CHECKSUM_BYTES>()?;
        let secret = *secret.as_array::<SECRET_BYTES>()?;
        let expected = checksum_of(&id, &secret);
        (u32::from_le_bytes(*checksum) == expected).then_some(Self { id, secret })
    }

    fn to_text(&self) -> String {
        let checksum = checksum_of(&self.id, &self.secret).to_le_bytes();
        let encoded = Base64UrlUnpadded::encode_string(&[&self.secret[..], &checksum].concat());
        format!("{PREFIX}{}_{encoded}", self.id)
    }
}

impl fmt::Debug for PresentedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PresentedKey({PREFIX}{}_…)", self.id)
    }
}

fn checksum_of(id: &KeyId, secret: &[u8; SECRET_BYTES]) -> u32 {
    let mut digest = CHECKSUM.digest();
    digest.update(id.as_str().as_bytes());
    digest.update(secret);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn issue(expires_ms: Option<u64>) -> (KeyRecord, String) {
        let spec = KeySpec {
            name: "billing".parse().unwrap(),
            tenant: "acme".parse().unwrap(),
            scopes: "evaluate".parse().unwrap(),
            expires_ms,
        };
        KeyRecord::issue([0, 1, 2, 0xfd, 0xfe, 0xff], [0x5a; 32], spec, NOW_MS)
    }

    fn check(record: &KeyRecord, text: &str, now_ms: u64) -> Result<Principal, AccessError> {
        record.check(&PresentedKey::parse(text)?, now_ms)
    }

    #[test]
    fn the_form_is_stable() {
        let (record, text) = issue(None);
        assert_eq!(
            text,
            "assize_000102fdfeff_WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlrye_Ym"
        );
        assert_eq!(record.id.as_str(), "000102fdfeff");
        let json = serde_json::to_string(&record).unwrap();
        let hash = blake3::hash(&[0x5a; 32]).to_hex();
        assert_eq!(
            json,
            format!(
                r#"{{"id":"000102fdfeff","name":"billing","tenant":"acme","scopes":["evaluate"],"hash":"{hash}","created_ms":1700000000000,"expires_ms":null,"revoked_ms":null}}"#
            )
        );
        assert_eq!(serde_json::from_str::<KeyRecord>(&json).unwrap(), record);
    }

    #[test]
    fn a_record_with_a_field_missing_or_unknown_is_refused() {
        let json = serde_json::to_value(issue(None).0).unwrap();
        for name in json.as_object().unwrap().keys() {
            let mut damaged = json.clone();
            damaged.as_object_mut().unwrap().remove(name);
            assert!(
                serde_json::from_value::<KeyRecord>(damaged).is_err(),
                "{name}"
            );
        }
        let mut wider = json;
        wider["revoked"] = 1.into();
        assert!(serde_json::from_value::<KeyRecord>(wider).is_err());
    }

    #[test]
    fn an_issued_key_is_its_principal() {
        let (record, text) = issue(None);
        let principal = check(&record, &text, u64::MAX).unwrap();
        assert_eq!(principal.name, record.name);
        assert_eq!(principal.tenant, record.tenant);
        assert_eq!(principal.scopes, record.scopes);
    }

    #[test]
    fn a_key_ends_at_the_millisecond() {
        let (record, text) = issue(Some(NOW_MS + 5));
        assert!(check(&record, &text, NOW_MS + 4).is_ok());
        assert_eq!(
            check(&record, &text, NOW_MS + 5),
            Err(AccessError::ExpiredKey {
                id: record.id,
                expires_ms: NOW_MS + 5
            })
        );
    }

    #[test]
    fn a_revoked_key_is_revoked_whenever() {
        let (mut record, text) = issue(Some(NOW_MS));
        record.revoked_ms = Some(NOW_MS + 1_000);
        for now_ms in [0, NOW_MS, u64::MAX] {
            let error = check(&record, &text, now_ms).unwrap_err();
            assert!(matches!(error, AccessError::RevokedKey { .. }), "{error}");
        }
    }

    #[test]
    fn another_secret_is_refused_before_anything_is_told() {
        let (mut record, text) = issue(Some(0));
        record.revoked_ms = Some(0);
        record.hash = KeyHash::of(&[0x5b; 32]);
        assert_eq!(
            check(&record, &text, NOW_MS),
            Err(AccessError::WrongSecret(record.id))
        );
    }

    #[test]
    fn another_identifier_is_refused() {
        let (record, _) = issue(None);
        let other = PresentedKey {
            id: KeyId::from_bytes([9; 6]),
            secret: [0x5a; 32],
        };
        assert_eq!(
            record.check(&other, NOW_MS),
            Err(AccessError::UnknownKey(other.id))
        );
    }

    #[test]
    fn secrets_are_never_shown() {
        let (record, text) = issue(None);
        let presented = PresentedKey::parse(&text).unwrap();
        assert_eq!(
            format!("{presented:?}"),
            "PresentedKey(assize_000102fdfeff_…)"
        );
        let hash = String::from(record.hash);
        assert!(!format!("{record:?}").contains(&hash));
    }

    #[test]
    fn what_was_never_issued_is_mistyped() {
        let (_, text) = issue(None);
        let longer = format!("{text}A");
        let padded = format!("{text}=");
        let upper = text.to_uppercase();
        for wrong in [
            "",
            "assize_",
            "assize__",
            "assize_000102fdfeff_",
            &longer,
            &padded,
            &upper,
            text.strip_suffix('m').unwrap(),
            text.strip_prefix('a').unwrap(),
            &format!(" {text}"),
        ] {
            let error = PresentedKey::parse(wrong).unwrap_err();
            assert_eq!(error, AccessError::MistypedKey, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn keys_come_back(id in any::<[u8; 6]>(), secret in any::<[u8; 32]>()) {
            let spec = KeySpec {
                name: "x".parse().unwrap(),
                tenant: TenantId::default(),
                scopes: Scopes::ALL,
                expires_ms: None,
            };
            let (record, text) = KeyRecord::issue(id, secret, spec, 0);
            prop_assert!(check(&record, &text, 0).is_ok());
            prop_assert_eq!(text.len(), 68);
        }

        #[test]
        fn every_typo_of_one_character_is_told(index in 0_usize..68, typo in "[ -~]") {
            let (_, text) = issue(None);
            let mut mistyped = text.clone();
            mistyped.replace_range(index..=index, &typo);
            prop_assert_eq!(PresentedKey::parse(&mistyped).is_ok(), mistyped == text);
        }

        #[test]
        fn two_characters_changed_about_are_told(index in 0_usize..67) {
            let (_, text) = issue(None);
            let mut mistyped = text.clone().into_bytes();
            mistyped.swap(index, index + 1);
            let mistyped = String::from_utf8(mistyped).unwrap();
            prop_assert_eq!(PresentedKey::parse(&mistyped).is_ok(), mistyped == text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(assize_)?.{0,80}") {
            drop(PresentedKey::parse(&text));
        }
    }
}
