//! Connections that speak HTTP/1.1, and whose other end may be killed at any moment.

use super::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;

/// An answer that came whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// That it is a problem document of a kind, with words for people.
    pub(crate) fn is_problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let media_type = self.header("content-type");
        assert_eq!(media_type, Some("application/problem+json"), "{self:?}");
        let json = self.json();
        assert_eq!(json["type"], format!("urn:assize:problem:{kind}"));
        assert_eq!(json["status"], status);
        assert!(!json["detail"].as_str().unwrap().is_empty(), "{self:?}");
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Empty where there is none.
    pub(crate) body: String,
    /// Further lines of the head, each with its end.
    pub(crate) head: String,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path, "")
    }

    pub(crate) fn post(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new("POST", path, body)
    }

    pub(crate) fn new(
        method: &'static str,
        path: impl Into<String>,
        body: impl Into<String>,
    ) -> Self {
        let (path, body) = (path.into(), body.into());
        Self {
            method,
            path,
            body,
            head: String::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }
}

/// One connection, kept open between requests.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// An error means that it isn't known whether anything was done.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Result<Answer> {
        let Ask {
            method,
            path,
            body,
            head,
        } = ask;
        let content = match body.as_str() {
            "" => String::new(),
            _ => format!(
                "content-type: application/json\r\ncontent-length: {}\r\n",
                body.len()
            ),
        };
        let text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{head}{content}\r\n{body}");
        self.0.get_mut().write_all(text.as_bytes())?;
        let answer = self.answer();
        if let Err(error) = &answer {
            let hangs = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!hangs, "no answer to {method} {path} in {PATIENCE:?}");
        }
        answer
    }

    fn answer(&mut self) -> Result<Answer> {
        let broken = || Error::from(ErrorKind::UnexpectedEof);
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(broken)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(broken)?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            // It was cut off.
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Asks on a connection of its own, of a server that answers.
pub(crate) fn ask(address: &str, ask: &Ask) -> Answer {
    let mut connection = Connection::open(address).unwrap();
    connection.ask(ask).unwrap()
}
