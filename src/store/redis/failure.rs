//! What the server's errors mean.

use assize_journal::StoreError;
use redis::{ErrorKind, RedisError};

/// Codes that matter here. Redis 6.2 has them in the text of an error that a script met.
const CODES: [&str; 4] = ["OOM", "MISCONF", "WRONGTYPE", "DAMAGED"];

fn code(error: &RedisError) -> Option<&str> {
    let detail = error.detail().unwrap_or_default();
    let within = |code: &&str| detail.contains(&format!("-{code} "));
    let inner = || CODES.iter().copied().find(within);
    match error.code() {
        Some("ERR") => inner(),
        code => code,
    }
}

/// The error as the journal knows it. No text of the server or the library has a password in it.
pub(super) fn failed(error: &RedisError) -> StoreError {
    let text = error.to_string();
    match (code(error), error.kind()) {
        (Some("OOM" | "MISCONF"), _) => StoreError::NoRoom(text),
        (Some("WRONGTYPE" | "DAMAGED"), _)
        | (_, ErrorKind::UnexpectedReturnType | ErrorKind::Parse) => StoreError::Damaged(text),
        _ => StoreError::Failed(text),
    }
}

pub(super) fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

/// Whether the connection can't be used any more, or nobody knows.
pub(super) fn is_lost(error: &RedisError) -> bool {
    // What was stored is not always text: that says nothing about the connection.
    let is_text = || error.to_string().contains("UTF-8");
    error.is_io_error()
        || error.kind() == ErrorKind::AuthenticationFailed
        || (error.kind() == ErrorKind::Parse && !is_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(line: &str) -> StoreError {
        let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        failed(&value.extract_error().unwrap_err())
    }

    #[test]
    fn errors_are_told_apart_as_every_version_writes_them() {
        for line in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "OOM command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:30.",
            "ERR Error running script (call to f_1f): @user_script:30: @user_script: 30: -OOM command not allowed when used memory > 'maxmemory'.",
            "MISCONF Errors writing to the AOF file: No space left on device",
            "ERR Error running script (call to f_1f): @user_script:30: -MISCONF Redis is configured to save RDB snapshots",
        ] {
            assert!(matches!(kind(line), StoreError::NoRoom(_)), "{line}");
        }
        for line in [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "ERR Error running script (call to f_1f): @user_script:30: -WRONGTYPE Operation against a key",
            "DAMAGED the snapshot has no sequence",
        ] {
            assert!(matches!(kind(line), StoreError::Damaged(_)), "{line}");
        }
        for line in [
            "READONLY You can't write against a read only replica.",
            "LOADING Redis is loading the dataset in memory",
            "BUSY Redis is busy running a script.",
            "NOREPLICAS Not enough good replicas to write.",
            "NOAUTH Authentication required.",
            "ERR unknown command",
        ] {
            assert!(matches!(kind(line), StoreError::Failed(_)), "{line}");
        }
    }
}
