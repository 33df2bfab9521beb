//! Where a request is answered: here, or by the object that has what it is about.

use crate::platform;
use assize_edge::Settings;
use assize_service::json::rules::{Base, QueryRequest};
use axum::body::Body;
use http::{Method, Request, header};
use worker::HttpRequest;

/// The bindings of the Durable Objects in `wrangler.toml`.
pub(crate) const SESSIONS: &str = "SESSIONS";
pub(crate) const KNOWLEDGE: &str = "KNOWLEDGE";

const SESSION_ROUTES: &str = "/v1/governor/sessions";
const RULES_ROUTES: &str = "/v1/rules";
const CHECK: &str = "/v1/rules/check";
const QUERY: &str = "/query";
const AUTHZEN_ROUTES: &str = "/access/v1/";
/// Longer names are nobody's: they are answered here.
const LONGEST_ID: usize = 64;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it arrived.
    Here,
    /// By the object of this session; a fresh one where the request opens it.
    Session(String),
    /// By the object of the caller's tenant.
    Knowledge {
        /// Whether it asks, rather than looks at or changes what is there.
        asks: bool,
    },
}

/// The place of a request, and the request: its body may have to be read for that.
///
/// # Errors
///
/// A body that can't be handed on.
pub(crate) async fn find(
    request: HttpRequest,
    settings: &Settings,
) -> worker::Result<(HttpRequest, Place)> {
    let place = of_path(request.method(), request.uri().path());
    if place == (Place::Knowledge { asks: true }) && request.uri().path() == QUERY {
        return of_query(request, settings).await;
    }
    Ok((request, place))
}

fn of_path(method: &Method, path: &str) -> Place {
    if let Some(below) = path.strip_prefix(SESSION_ROUTES) {
        return of_session(method, below).map_or(Place::Here, Place::Session);
    }
    if path.starts_with(AUTHZEN_ROUTES) || path == QUERY {
        return match *method {
            Method::POST => Place::Knowledge { asks: true },
            _ => Place::Here,
        };
    }
    let Some(below) = path.strip_prefix(RULES_ROUTES) else {
        return Place::Here;
    };
    if (path == CHECK && *method == Method::POST) || !(below.is_empty() || below.starts_with('/')) {
        return Place::Here;
    }
    let asks = *method == Method::POST && below.ends_with("/decide");
    Place::Knowledge { asks }
}

fn of_session(method: &Method, below: &str) -> Option<String> {
    if below.is_empty() {
        let opens = *method == Method::POST;
        return opens.then(platform::identifier);
    }
    let id = below.strip_prefix('/')?.split('/').next()?;
    (!id.is_empty() && id.len() <= LONGEST_ID).then(|| id.to_owned())
}

/// A question that brings its rules, or is none, is answered where it arrived.
async fn of_query(
    request: HttpRequest,
    settings: &Settings,
) -> worker::Result<(HttpRequest, Place)> {
    let limit = settings.limits.body_bytes;
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) {
        return Ok((request, Place::Here));
    }
    let (head, body) = request.into_parts();
    let read = axum::body::to_bytes(Body::new(body), limit).await;
    let (bytes, place) = match read {
        Ok(bytes) => {
            let asked = QueryRequest::read(&bytes, settings.limits.rules);
            let named = asked.is_ok_and(|asked| matches!(asked.base, Base::Named(_)));
            let place = if named {
                Place::Knowledge { asks: true }
            } else {
                Place::Here
            };
            (bytes, place)
        }
        // It has more than it may: so has this.
        Err(_) => (vec![b' '; limit.saturating_add(1)].into(), Place::Here),
    };
    let body = worker::Body::from_stream(Body::from(bytes).into_data_stream())?;
    Ok((Request::from_parts(head, body), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_where_what_they_are_about_lives() {
        let here = Place::Here;
        let (asks, looks) = (
            Place::Knowledge { asks: true },
            Place::Knowledge { asks: false },
        );
        for (method, path, place) in [
            (Method::POST, "/evaluate", &here),
            (Method::POST, "/v1/rules/check", &here),
            (Method::GET, "/v1/rules/check", &looks),
            (Method::GET, "/v1/rules", &looks),
            (Method::GET, "/v1/rulesets", &here),
            (Method::PUT, "/v1/rules/a", &looks),
            (Method::POST, "/v1/rules/a/facts", &looks),
            (Method::POST, "/v1/rules/a/decide", &asks),
            (Method::GET, "/v1/rules/a/decide", &looks),
            (Method::POST, "/access/v1/evaluation", &asks),
            (Method::GET, "/access/v1/evaluation", &here),
            (Method::GET, "/.well-known/authzen-configuration", &here),
            (Method::GET, "/v1/governor/sessions", &here),
            (Method::GET, "/v1/governor/sessions/", &here),
        ] {
            assert_eq!(&of_path(&method, path), place, "{method} {path}");
        }
        let session = of_path(&Method::GET, "/v1/governor/sessions/a/audit");
        assert_eq!(session, Place::Session("a".to_owned()));
        let long = format!("/v1/governor/sessions/{}", "x".repeat(LONGEST_ID + 1));
        assert_eq!(of_path(&Method::GET, &long), here);
    }
}
