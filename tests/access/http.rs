//! HTTP/1.1 as it goes over the wire, with a connection for each request.

use crate::program::Server;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub(crate) const AGREEING: &str = r#"{"left":{"output":"Ship it on Friday","confidence":0.9},
    "right":{"output":"ship it on friday","confidence":0.85}}"#;
pub(crate) const SESSIONS: &str = "/v1/governor/sessions";

/// Longer than any answer takes, so that a server that says nothing fails its test.
const SILENCE: Duration = Duration::from_secs(90);

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

pub(crate) fn request(method: &str, path: &str) -> Request {
    Request {
        head: format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n"),
        body: Vec::new(),
    }
}

pub(crate) fn get(path: &str) -> Request {
    request("GET", path)
}

pub(crate) fn post(path: &str, body: &str) -> Request {
    request("POST", path).json(body)
}

/// A decision, as any caller asks for it.
pub(crate) fn evaluate() -> Request {
    post("/evaluate", AGREEING)
}

impl Request {
    /// Also twice, or with any bytes.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(mut self, body: &str) -> Self {
        body.as_bytes().clone_into(&mut self.body);
        self.header("content-type", "application/json")
    }

    /// The head, which says that so many bytes follow.
    fn announcing(&self, bytes: usize) -> String {
        format!("{}content-length: {bytes}\r\n\r\n", self.head)
    }

    pub(crate) fn send(&self, server: &Server) -> Answer {
        let mut exchange = Exchange::open(server);
        exchange.write(self.announcing(self.body.len()).as_bytes());
        exchange.write(&self.body);
        exchange.answer()
    }

    /// Sends the head and all of the body but its last byte.
    pub(crate) fn begin(&self, server: &Server) -> Exchange {
        let mut exchange = Exchange::open(server);
        let (_, most) = self.body.split_last().unwrap();
        exchange.write(self.announcing(self.body.len()).as_bytes());
        exchange.write(most);
        exchange
    }

    /// Sends the body in chunks of which none says how many follow.
    pub(crate) fn send_chunked(&self, server: &Server) -> Answer {
        let mut exchange = Exchange::open(server);
        exchange.write(format!("{}transfer-encoding: chunked\r\n\r\n", self.head).as_bytes());
        for chunk in self.body.chunks(1000) {
            exchange.write(format!("{:x}\r\n", chunk.len()).as_bytes());
            exchange.write(chunk);
            exchange.write(b"\r\n");
        }
        exchange.write(b"0\r\n\r\n");
        exchange.answer()
    }
}

/// A request whose answer is awaited.
pub(crate) struct Exchange(TcpStream);

impl Exchange {
    pub(crate) fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(&server.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        Self(stream)
    }

    /// A server that has heard enough may have closed its end: its answer tells.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Everything until the server ends the connection.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("the server says nothing more after {bytes:?}")
            }
            // A reset is an end as well.
            _ => bytes,
        }
    }

    pub(crate) fn answer(self) -> Answer {
        Answer::read(self.rest())
    }
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn read(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            panic!("no answer: {text:?}")
        };
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        let answer = Self {
            status: status.unwrap().parse().unwrap(),
            headers: headers.collect(),
            body: body.to_owned(),
        };
        assert_eq!(answer.find("transfer-encoding"), None, "{text}");
        answer
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other == name);
        header.map(|(_, value)| value.as_str())
    }

    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.find(name).unwrap_or("")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn problem(self, status: u16, name: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:assize:problem:{name}"));
        assert_eq!(problem["status"], status);
        answer
    }

    /// Nobody is let in, and is told how to say who it is.
    #[track_caller]
    pub(crate) fn unauthorized(self) -> Self {
        let answer = self.problem(401, "unauthorized");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer realm=\"assize\""),
            "{answer:?}"
        );
        answer
    }

    /// Without what differs from request to request.
    pub(crate) fn comparable(mut self) -> Self {
        let changing = ["date", "x-request-id", "ratelimit"];
        self.headers
            .retain(|(name, _)| !changing.contains(&name.as_str()));
        self
    }
}
