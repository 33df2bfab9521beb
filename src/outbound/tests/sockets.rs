//! The native transport against servers on loopback addresses.

use super::fake::{NEVER, settings};
use crate::native::{NativeClock, NativeTransport, Resolve};
use crate::{BoxFuture, Outbound, OutboundError};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// What a server saw.
#[derive(Default)]
pub(super) struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Seen {
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A server that answers by the first segment of the path.
pub(super) async fn serve(address: &str) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    let shared = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(speak(stream, Arc::clone(&shared)));
        }
    });
    (address, seen)
}

async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: Arc<Seen>) {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let Some(end) = text.find("\r\n\r\n") else {
            match stream.read(&mut buffer).await {
                Ok(read @ 1..) => text.push_str(&String::from_utf8_lossy(&buffer[..read])),
                _ => return,
            }
            continue;
        };
        let rest = text.split_off(end + 4);
        let head = std::mem::replace(&mut text, rest);
        seen.requests.lock().unwrap().push(head.clone());
        let path = head.split(' ').nth(1).unwrap().to_owned();
        if answer(&mut stream, &path).await.is_err() || path.starts_with("/close") {
            return;
        }
    }
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), path: &str) -> io::Result<()> {
    let name = path.trim_start_matches('/').split('/').next().unwrap_or("");
    let text = match name {
        "hang" => return std::future::pending().await,
        "slow-body" => {
            let begun = format!("{OK}content-length: 100\r\n\r\n[1,");
            stream.write_all(begun.as_bytes()).await?;
            return std::future::pending().await;
        }
        "large" => format!("{OK}content-length: 99999999\r\n\r\n"),
        "chunks" => {
            let head = format!("{OK}transfer-encoding: chunked\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            // More than is read, but an end all the same.
            for _ in 0..2000 {
                let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
                stream.write_all(chunk.as_bytes()).await?;
            }
            "0\r\n\r\n".to_owned()
        }
        "text" => {
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\n1".to_owned()
        }
        "gzip" => format!("{OK}content-encoding: gzip\r\ncontent-length: 1\r\n\r\n1"),
        "close-short" => format!("{OK}content-length: 100\r\n\r\n[1]"),
        "head" => format!(
            "{OK}x: {}\r\ncontent-length: 1\r\n\r\n1",
            "x".repeat(300_000)
        ),
        "nonsense" => "SSH-2.0-OpenSSH\r\n\r\n".to_owned(),
        "missing" => "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone".to_owned(),
        "to" => {
            let place = path.trim_start_matches("/to/");
            format!("HTTP/1.1 302 Found\r\nlocation: http://{place}\r\ncontent-length: 0\r\n\r\n")
        }
        _ => format!("{OK}content-length: 2\r\n\r\n[]"),
    };
    stream.write_all(text.as_bytes()).await
}

/// Gives each list in turn, the last one from then on.
pub(super) struct Turns(Mutex<Vec<Vec<IpAddr>>>);

impl Turns {
    pub(super) fn new(turns: &[&[&str]]) -> Self {
        let parse = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Self(Mutex::new(turns.iter().rev().map(parse).collect()))
    }
}

impl Resolve for Turns {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let mut turns = self.0.lock().unwrap();
        let turn = if turns.len() > 1 {
            turns.pop()
        } else {
            turns.last().cloned()
        };
        // A resolver has no say in ports.
        let found = turn.unwrap_or_default();
        let found = found.into_iter().map(|ip| SocketAddr::new(ip, 9));
        Box::pin(std::future::ready(Ok(found.collect())))
    }
}

pub(super) fn tls(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn outbound(json: &str, resolver: impl Resolve) -> Outbound {
    let transport = NativeTransport::with(100, tls(RootCertStore::empty()), resolver);
    Outbound::new(settings(json), transport, NativeClock::new()).unwrap()
}

/// May call one server, on its address.
fn to(address: SocketAddr, more: &str) -> Outbound {
    let json = format!(
        r#"{{"allow": ["http://{address}/"], "allow_networks": ["{}/32"] {more}}}"#,
        address.ip()
    );
    outbound(&json, Turns::new(&[]))
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let outbound = to(address, "");
    for number in 0..10 {
        for path in ["ok", "missing"] {
            let url = format!("http://{address}/{path}/{number}");
            let answer = outbound.get_json(&url, NEVER).await;
            assert_eq!(answer.is_ok(), path == "ok");
        }
    }
    assert_eq!(seen.connections(), 1);
    let requests = seen.requests.lock().unwrap();
    let head = requests[0].to_ascii_lowercase();
    assert!(head.starts_with("get /ok/0 http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {address}\r\n")), "{head}");
    assert!(!head.contains("authorization") && !head.contains("cookie"));
}

#[tokio::test]
async fn what_the_server_closes_is_opened_again() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let outbound = to(address, "");
    for number in 0..50 {
        let url = format!("http://{address}/close/{number}");
        // Whether it is seen to be closed before or after something is sent over it.
        assert!(outbound.get_json(&url, NEVER).await.is_ok());
        tokio::task::yield_now().await;
    }
    assert_eq!(seen.connections(), 50);
}

#[tokio::test]
async fn what_can_not_be_read_is_a_typed_error() {
    let (address, _) = serve("127.0.0.1:0").await;
    let outbound = to(address, r#", "call_timeout_ms": 5000"#);
    for (path, expected) in [
        ("large", "more than 1048576 bytes"),
        ("chunks", "more than 1048576 bytes"),
        ("text", "content type `text/plain`"),
        ("gzip", "it is compressed"),
        ("missing", "status 404"),
        ("close-short", "can't be reached"),
        ("head", "can't be reached"),
        ("nonsense", "can't be reached"),
    ] {
        let url = format!("http://{address}/{path}");
        let error = outbound.get_json(&url, NEVER).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{path}: {error}");
    }
    let url = format!("http://{address}/ok");
    assert!(outbound.get_json(&url, NEVER).await.is_ok());
}

#[tokio::test]
async fn slow_answers_end_in_time() {
    let (address, _) = serve("127.0.0.1:0").await;
    let outbound = to(address, r#", "call_timeout_ms": 100"#);
    for path in ["hang", "slow-body"] {
        let url = format!("http://{address}/{path}");
        let error = outbound.get_json(&url, NEVER).await;
        assert!(
            matches!(error, Err(OutboundError::Timeout { .. })),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_dead_port_opens_the_breaker() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outbound = to(address, "");
    for number in 0..5 {
        let url = format!("http://{address}/{number}");
        let error = outbound.get_json(&url, NEVER).await;
        assert!(matches!(error, Err(OutboundError::Unreachable { .. })));
    }
    let error = outbound
        .get_json(&format!("http://{address}/"), NEVER)
        .await;
    assert!(matches!(error, Err(OutboundError::CircuitOpen { .. })));
}

#[tokio::test]
async fn redirects_to_forbidden_places_are_not_followed() {
    let (address, _) = serve("127.0.0.1:0").await;
    let (inside, seen) = serve("127.0.0.1:0").await;
    let outbound = to(address, "");
    for place in [
        inside.to_string(),
        format!("localhost:{}", inside.port()),
        format!("2130706433:{}", inside.port()),
        format!("[::ffff:127.0.0.1]:{}", inside.port()),
    ] {
        let url = format!("http://{address}/to/{place}/ok");
        let error = outbound.get_json(&url, NEVER).await;
        assert!(
            matches!(error, Err(OutboundError::NotAllowed { .. })),
            "{place}"
        );
    }
    let own = format!("http://{address}/to/{address}/ok");
    assert!(outbound.get_json(&own, NEVER).await.is_ok());
    assert_eq!(seen.connections(), 0);
}

#[tokio::test]
async fn a_public_name_with_a_private_address_is_not_connected_to() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let json = format!(r#"{{"allow": ["http://a.example:{}/"]}}"#, address.port());
    for private in ["127.0.0.1", "::ffff:127.0.0.1", "::1", "64:ff9b::7f00:1"] {
        let outbound = outbound(&json, Turns::new(&[&[private]]));
        for _ in 0..10 {
            let url = format!("http://a.example:{}/ok", address.port());
            let error = outbound.get_json(&url, NEVER).await;
            // Not the service's failure: the breaker stays closed.
            assert!(
                matches!(error, Err(OutboundError::Address { .. })),
                "{private}"
            );
        }
    }
    assert_eq!(seen.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_judged_again() {
    let (outer, seen_outer) = serve("127.0.0.2:0").await;
    let (_, seen_inner) = serve(&format!("127.0.0.3:{}", outer.port())).await;
    let port = outer.port();
    let json =
        format!(r#"{{"allow": ["http://a.example:{port}/"], "allow_networks": ["127.0.0.2/32"]}}"#);
    let turns = Turns::new(&[&["127.0.0.3", "127.0.0.2"], &["127.0.0.3"]]);
    let outbound = outbound(&json, turns);
    // Only the permitted one of two is tried.
    let url = |path| format!("http://a.example:{port}/{path}");
    let first = outbound.get_json(&url("large"), NEVER).await;
    assert!(matches!(first, Err(OutboundError::TooLarge { .. })));
    // The connection was given up: the name is resolved anew, and leads inside.
    let second = outbound.get_json(&url("ok"), NEVER).await;
    assert!(matches!(second, Err(OutboundError::Address { .. })));
    assert_eq!((seen_outer.connections(), seen_inner.connections()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_stay_within_the_connections() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let outbound = to(address, r#", "connections_per_host": 4"#);
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let (outbound, url) = (outbound.clone(), format!("http://{address}/ok/{number}"));
            tokio::spawn(async move { outbound.get_json(&url, NEVER).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().as_deref(), Ok("[]"));
    }
    assert_eq!(seen.requests.lock().unwrap().len(), 200);
    assert!(seen.connections() <= 4, "{}", seen.connections());
}

#[tokio::test]
async fn external_predicates_reach_their_server() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let json = format!(
        r#"{{"externals": {{"f/1": {{"url": "http://{address}/ok"}}}}, "allow_networks": ["127.0.0.0/8"]}}"#
    );
    let outbound = outbound(&json, Turns::new(&[]));
    let error = outbound.call_external("f", "[1]", NEVER).await;
    // It answers a list, which is no answer to this.
    assert!(matches!(error, Err(OutboundError::Answer { .. })));
    let head = seen.requests.lock().unwrap()[0].to_ascii_lowercase();
    assert!(head.starts_with("post /ok http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json\r\n"));
    assert!(head.contains("content-length: 28\r\n"), "{head}");
}

#[tokio::test]
async fn tls_trusts_only_its_roots_and_the_name() {
    let certified = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
    let certificate = certified.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept::<TcpStream>(stream).await {
                    speak(stream, seen).await;
                }
            });
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let json = format!(
        r#"{{"allow": ["https://a.example:{port}/", "https://b.example:{port}/"], "allow_networks": ["127.0.0.1/32"]}}"#
    );
    let get = async |roots: RootCertStore, host: &str| {
        let transport = NativeTransport::with(10, tls(roots), Turns::new(&[&["127.0.0.1"]]));
        let outbound = Outbound::new(settings(&json), transport, NativeClock::new()).unwrap();
        let url = format!("https://{host}:{port}/ok");
        outbound.get_json(&url, NEVER).await
    };
    assert_eq!(get(roots.clone(), "a.example").await.as_deref(), Ok("[]"));
    let wrong_name = get(roots, "b.example").await;
    assert!(matches!(wrong_name, Err(OutboundError::Unreachable { .. })));
    let untrusted = get(RootCertStore::empty(), "a.example").await;
    assert!(matches!(untrusted, Err(OutboundError::Unreachable { .. })));
}
