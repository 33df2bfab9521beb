//! A URL, read once: where the server is, and how far it is trusted.

use super::tls;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What to connect to.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    /// Host, port and database; never a password.
    pub(super) place: String,
}

/// How far the certificate of a server is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Not at all: whoever answers is believed.
    Anyone,
    /// It is for the host, by an authority that the system knows.
    System,
    /// It is for the host, by an authority in this file.
    File(PathBuf),
}

/// A URL that can't be used; the text never holds a part of it that may be secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UrlError(String);

fn wrong(reason: impl Into<String>) -> UrlError {
    UrlError(reason.into())
}

pub(super) fn read(url: &str) -> Result<Address, UrlError> {
    let (config, trust) = parse(url)?;
    let tls = tls::connector(&trust).map_err(UrlError)?;
    let place = place(&config);
    Ok(Address { config, tls, place })
}

fn parse(url: &str) -> Result<(Config, Trust), UrlError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(wrong("it begins neither `postgres://` nor `postgresql://`"));
    }
    // What stands before the `@` may be a password, and hold a `?`.
    let host = url.find('@').unwrap_or(0);
    let question = url
        .get(host..)
        .and_then(|rest| rest.find('?'))
        .map_or(url.len(), |at| host + at);
    let (base, query) = url.split_at(question);
    let (mut mode, mut roots, mut kept) = (None, None, Vec::new());
    for part in query.trim_start_matches('?').split('&') {
        match part.split_once('=') {
            Some(("sslmode", value)) => mode = Some(decode(value)?),
            Some(("sslrootcert", value)) => roots = Some(decode(value)?),
            _ if part.is_empty() => {}
            _ => kept.push(part),
        }
    }
    let plain = format!("{base}?{}", kept.join("&"));
    let plain = plain.trim_end_matches('?');
    let mut config: Config = plain
        .parse()
        .map_err(|error| wrong(super::link::describe(&error)))?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(wrong("it names no host"));
    }
    let trust = trust(mode.as_deref(), roots, &mut config)?;
    if config.get_application_name().is_none() {
        config.application_name("assize");
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    Ok((config, trust))
}

fn trust(
    mode: Option<&str>,
    roots: Option<String>,
    config: &mut Config,
) -> Result<Trust, UrlError> {
    let roots = roots.map(|roots| match roots.as_str() {
        "system" => Trust::System,
        _ => Trust::File(roots.into()),
    });
    let (ssl, trust) = match mode {
        Some("disable") => (SslMode::Disable, Trust::Anyone),
        None | Some("prefer") => (SslMode::Prefer, Trust::Anyone),
        Some("require") => (SslMode::Require, roots.unwrap_or(Trust::Anyone)),
        Some("verify-full") => (SslMode::Require, roots.unwrap_or(Trust::System)),
        Some(_) => {
            return Err(wrong(
                "its `sslmode` must be `disable`, `prefer`, `require` or `verify-full`",
            ));
        }
    };
    // Nobody else is on a socket of this machine, and servers speak no TLS there.
    let local = config.get_hostaddrs().is_empty()
        && config
            .get_hosts()
            .iter()
            .all(|host| !matches!(host, Host::Tcp(_)));
    config.ssl_mode(if local { SslMode::Disable } else { ssl });
    Ok(if local { Trust::Anyone } else { trust })
}

fn decode(value: &str) -> Result<String, UrlError> {
    let text = percent_decode_str(value).decode_utf8();
    text.map(String::from)
        .map_err(|_| wrong("it holds bytes that are no UTF-8"))
}

fn place(config: &Config) -> String {
    let names = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let mut hosts: Vec<_> = names.collect();
    if hosts.is_empty() {
        hosts.extend(config.get_hostaddrs().iter().map(ToString::to_string));
    }
    let ports = config.get_ports();
    let hosts: Vec<_> = hosts
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or_else(|| ports.first()).unwrap_or(&5432);
            format!("{host}:{port}")
        })
        .collect();
    let database = config.get_dbname().or_else(|| config.get_user());
    format!("{}/{}", hosts.join(","), database.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(url: &str) -> (SslMode, Trust) {
        let (config, trust) = parse(url).unwrap();
        (config.get_ssl_mode(), trust)
    }

    #[test]
    fn modes_are_as_libpq_has_them() {
        let of = |query: &str| modes(&format!("postgres://u@h/d{query}"));
        assert_eq!(of(""), (SslMode::Prefer, Trust::Anyone));
        assert_eq!(of("?sslmode=disable"), (SslMode::Disable, Trust::Anyone));
        assert_eq!(of("?sslmode=require"), (SslMode::Require, Trust::Anyone));
        assert_eq!(
            of("?connect_timeout=3&sslmode=verify-full"),
            (SslMode::Require, Trust::System)
        );
        for mode in ["require", "verify-full"] {
            assert_eq!(
                of(&format!("?sslrootcert=%2Fca.pem&sslmode={mode}")),
                (SslMode::Require, Trust::File("/ca.pem".into()))
            );
        }
        assert_eq!(
            modes("postgres:///d?host=/run/postgresql&sslmode=verify-full"),
            (SslMode::Disable, Trust::Anyone)
        );
    }

    #[test]
    fn places_have_no_password() {
        let place = |url: &str| place(&parse(url).unwrap().0);
        assert_eq!(
            place("postgres://u:s3cret?x@db:6000,other:6001/journal?sslmode=disable"),
            "db:6000,other:6001/journal"
        );
        assert_eq!(place("postgresql://u:s3cret@db"), "db:5432/u");
        assert_eq!(
            place("postgres://u@%2Frun%2Fpostgresql/d"),
            "/run/postgresql:5432/d"
        );
    }

    #[test]
    fn wrong_urls_say_what_is_wrong_and_nothing_secret() {
        for (url, part) in [
            ("mysql://u:s3cret@h/d", "postgres://"),
            ("postgres:///s3cret", "no host"),
            ("postgres://u:s3cret@h/d?sslmode=allow", "verify-full"),
            ("postgres://u:s3cret@h/d?sslmode=%ff", "UTF-8"),
            ("postgres://u:s3cret@h/d?colour=s3cret", "colour"),
            ("postgres://u:s3cret@h:port/d", "port"),
        ] {
            let error = parse(url).map(drop).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
