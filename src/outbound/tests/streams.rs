//! Bodies that are handed over as they come.

use super::fake::{Scripted, status};
use super::sockets::{Turns, serve, tls};
use crate::native::NativeTransport;
use crate::{AddressFilter, BodyStream, Exchange, Transport, TransportError};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use rustls::RootCertStore;
use std::net::SocketAddr;
use std::sync::Arc;

fn transport() -> NativeTransport {
    NativeTransport::with(10, tls(RootCertStore::empty()), Turns::new(&[]))
}

fn exchange(address: SocketAddr, path: &str, max_body_bytes: usize) -> Exchange {
    let request = Request::builder().uri(format!("http://{address}/{path}"));
    Exchange {
        request: request.body(Bytes::new()).unwrap(),
        addresses: Arc::new(AddressFilter::everything()),
        max_body_bytes,
    }
}

/// All pieces, and the error after them.
async fn read(response: Response<BodyStream>) -> (Vec<u8>, Option<TransportError>) {
    let (mut body, mut read) = (response.into_body(), Vec::new());
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => read.extend_from_slice(&piece),
            Err(error) => {
                assert!(body.next().await.is_none());
                return (read, Some(error));
            }
        }
    }
    (read, None)
}

#[tokio::test]
async fn a_body_that_was_read_leaves_its_connection() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let transport = transport();
    for _ in 0..3 {
        // Bodies of errors too.
        for (path, status, expected) in [("ok", 200, "[]"), ("missing", 404, "none")] {
            let response = transport.open(exchange(address, path, 100)).await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(read(response).await, (expected.into(), None));
            let whole = transport.exchange(exchange(address, path, 100)).await;
            assert_eq!(whole.unwrap().status(), status);
        }
    }
    assert_eq!(seen.connections(), 1);
}

#[tokio::test]
async fn what_has_come_is_there_before_the_rest() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let transport = transport();
    for _ in 0..2 {
        let opened = transport.open(exchange(address, "slow-body", 1000));
        let mut body = opened.await.unwrap().into_body();
        assert_eq!(body.next().await, Some(Ok(Bytes::from_static(b"[1,"))));
        // The rest never comes: dropped, the connection is closed and not used again.
    }
    assert_eq!(seen.connections(), 2);
}

#[tokio::test]
async fn bodies_that_are_too_large_or_cut_end_with_an_error() {
    let (address, seen) = serve("127.0.0.1:0").await;
    let transport = transport();
    let response = transport.open(exchange(address, "chunks", 3000)).await;
    let (body, error) = read(response.unwrap()).await;
    assert!(body.len() <= 3000, "{}", body.len());
    assert_eq!(error, Some(TransportError::TooLarge));
    let response = transport.open(exchange(address, "close-short", 3000)).await;
    let (body, error) = read(response.unwrap()).await;
    assert_eq!(body, b"[1]");
    assert!(
        matches!(error, Some(TransportError::Failed(_))),
        "{error:?}"
    );
    assert_eq!(seen.connections(), 2);
}

#[tokio::test]
async fn who_has_nothing_better_gives_one_piece() {
    let transport = Scripted::map(|_| status(404, "whole"));
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let response = transport.open(exchange(address, "", 100)).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(read(response).await, (b"whole".into(), None));
}
