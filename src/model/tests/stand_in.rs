//! A server in place of a language model and an embedding endpoint: it speaks the protocols, answers each question
//! always the same, and fails in every way that is asked for.
//!
//! What follows `/fail/MODE/` in a path fails that way, and `/fail/MODE,2/` only the first two times. Modes:
//!
//! * a status, as in `500`; `429` and `429-date` with a short `Retry-After`, `429-long` with a day; `quota`; `redirect`
//! * `hang`: no answer; `close`: the connection is closed instead
//! * `stall`, `cut`, `end-early`: half an answer, and then nothing, a broken connection, a proper end
//! * `drip`: byte by byte; `huge`: 256 MiB of spaces; `garbage`: bytes of no meaning
//! * `html`, `gzip`, `echo-type`: another content type or encoding; `echo`: the key in the words of an error
//! * `error-event`: an error where an answer should be
//! * vectors: `nan`, `infinite` (seen with base64), `large`, `zero`, `short`, `count`, `index`

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// The dimension of vectors where none is asked for.
pub(crate) const DIMENSION: usize = 384;

type Body = UnsyncBoxBody<Bytes, io::Error>;

type Answer = Result<Response<Body>, io::Error>;

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A server that runs until its runtime ends.
#[derive(Debug)]
pub(crate) struct StandIn {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How everything fails that does not say how.
    fail: Option<String>,
    failed: Mutex<BTreeMap<String, usize>>,
    seen: Mutex<Vec<Seen>>,
    connections: Mutex<usize>,
    /// Whether requests are kept to be looked at.
    is_watched: bool,
}

impl StandIn {
    /// Starts on a port of this machine; 0: any free one.
    pub(crate) async fn start(
        port: u16,
        fail: Option<String>,
        is_watched: bool,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            fail,
            is_watched,
            ..State::default()
        });
        tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far, and how many connections they came over.
    pub(crate) fn seen(&self) -> (Vec<Seen>, usize) {
        let seen = self.state.seen.lock().unwrap().clone();
        (seen, *self.state.connections.lock().unwrap())
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        *state.connections.lock().unwrap() += 1;
        let state = Arc::clone(&state);
        let service = service_fn(move |request| answer(request, Arc::clone(&state)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let seen = Seen {
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
    };
    if state.is_watched {
        state.seen.lock().unwrap().push(seen.clone());
    }
    let (mode, path) = match seen.path.strip_prefix("/fail/") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => (
            state.fail.as_deref().unwrap_or_default(),
            seen.path.trim_start_matches('/'),
        ),
    };
    let mode = state.next(mode);
    let asked: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    if let Some(failure) = fail(&mode, &seen.headers).await {
        return failure;
    }
    let is_streamed = asked["stream"] == true;
    match path {
        "v1/chat/completions" if is_streamed => events(&mode, chat_chunks(&asked, &mode)),
        "v1/chat/completions" => whole(&mode, &chat(&asked, &mode)),
        "v1/messages" if is_streamed => events(&mode, message_events(&asked, &mode)),
        "v1/messages" => whole(&mode, &message(&asked, &mode)),
        "v1/embeddings" => whole(&mode, &embeddings(&asked, &mode)),
        _ => respond(
            404,
            "application/json",
            r#"{"error":{"type":"not_found_error"}}"#.into(),
        ),
    }
}

impl State {
    /// How the next request fails; empty: it does not.
    fn next(&self, mode: &str) -> String {
        let Some((name, times)) = mode.split_once(',') else {
            return mode.to_owned();
        };
        let mut failed = self.failed.lock().unwrap();
        let count = failed.entry(mode.to_owned()).or_default();
        *count += 1;
        let is_over = times.parse().is_ok_and(|times: usize| *count > times);
        if is_over {
            String::new()
        } else {
            name.to_owned()
        }
    }
}

fn respond(status: u16, content_type: &str, body: Bytes) -> Answer {
    let body = Full::new(body)
        .map_err(|never| match never {})
        .boxed_unsync();
    let response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("x-request-id", "req-1")
        .body(body);
    response.map_err(io::Error::other)
}

/// Failures that need no answer.
async fn fail(mode: &str, headers: &HeaderMap) -> Option<Answer> {
    let json = "application/json";
    let refused = |status: u16, code: &str| {
        let words = "words of the server";
        let body =
            json!({"type": "error", "error": {"type": code, "code": code, "message": words}});
        respond(status, json, body.to_string().into())
    };
    let with = |answer: Answer, name: &'static str, value: &str| {
        let mut answer = answer?;
        let value = value.parse().map_err(io::Error::other)?;
        answer.headers_mut().insert(name, value);
        Ok(answer)
    };
    let answer = match mode {
        "hang" => std::future::pending().await,
        "close" => Err(io::Error::other("closed")),
        "html" => respond(200, "text/html", "<p>Welcome".into()),
        "429" => with(refused(429, "rate_limit_exceeded"), "retry-after", "7"),
        "429-date" => {
            let date = "Wed, 21 Oct 2026 07:28:00 GMT";
            let answer = with(refused(429, "rate_limit_error"), "date", date);
            with(answer, "retry-after", "Wed, 21 Oct 2026 07:28:09 GMT")
        }
        "429-long" => with(refused(429, "rate_limit_exceeded"), "retry-after", "86400"),
        "quota" => refused(429, "insufficient_quota"),
        "redirect" => with(refused(307, "moved"), "location", "/v1/chat/completions"),
        "echo" => {
            let key = key(headers);
            with(refused(401, &key), "x-request-id", &key)
        }
        "echo-type" => respond(200, &format!("{0}/{0}", key(headers)), "{}".into()),
        status => match status.parse() {
            Ok(status) => refused(status, "some_error"),
            Err(_) => return None,
        },
    };
    Some(answer)
}

/// The key that was shown.
fn key(headers: &HeaderMap) -> String {
    let value = headers.get("x-api-key").or(headers.get("authorization"));
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or("none");
    text.trim_start_matches("Bearer ").to_owned()
}

/// An answer in one piece, or what the mode makes of it.
fn whole(mode: &str, answer: &Value) -> Answer {
    let text = answer.to_string();
    let json = "application/json";
    match mode {
        "" => respond(200, json, text.into()),
        "gzip" => {
            let mut answer = respond(200, json, text.into())?;
            let gzip = "gzip".parse().map_err(io::Error::other)?;
            answer.headers_mut().insert("content-encoding", gzip);
            Ok(answer)
        }
        "end-early" => respond(200, json, Bytes::from(text).slice(0..20)),
        mode => spoil(mode, json, vec![Bytes::from(text)]),
    }
}

/// An answer in pieces, or what the mode makes of it.
fn events(mode: &str, mut events: Vec<String>) -> Answer {
    let media = "text/event-stream; charset=utf-8";
    if mode == "end-early" {
        events.truncate(events.len() / 2);
    }
    let events = events.into_iter().map(Bytes::from).collect();
    spoil(mode, media, events)
}

fn spoil(mode: &str, media: &str, pieces: Vec<Bytes>) -> Answer {
    let all = pieces.concat();
    let (half, _) = all.split_at(all.len() / 2);
    let half = Bytes::copy_from_slice(half);
    let one = |piece: Bytes| stream::iter([Ok(piece)]);
    match mode {
        // The second half never comes, or the connection breaks instead.
        "stall" => in_pieces(media, one(half).chain(stream::pending())),
        "cut" => {
            let broken = stream::once(async {
                tokio::task::yield_now().await;
                Err(io::Error::other("cut"))
            });
            in_pieces(media, one(half).chain(broken))
        }
        "drip" => {
            let drops = stream::iter(all).then(|byte| async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(Bytes::from(vec![byte]))
            });
            in_pieces(media, drops)
        }
        "garbage" => {
            let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
            in_pieces(
                media,
                one([b"data: ", bytes.as_slice(), b"\n\n"].concat().into()),
            )
        }
        "huge" => {
            let spaces = Bytes::from(vec![b' '; 64 * 1024]);
            in_pieces(
                media,
                stream::iter((0..4096).map(move |_| Ok(spaces.clone()))),
            )
        }
        _ => in_pieces(media, stream::iter(pieces.into_iter().map(Ok))),
    }
}

fn in_pieces(
    media: &str,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Answer {
    let body = StreamBody::new(pieces.map(|piece| piece.map(Frame::data)));
    let response = Response::builder()
        .header("content-type", media)
        .body(BodyExt::boxed_unsync(body));
    response.map_err(io::Error::other)
}

/// The answer to the last message: the same to the same.
pub(crate) fn reply(prompt: &str) -> String {
    let start: String = prompt.chars().take(60).collect();
    format!(
        "You asked: {start} This is the naïve answer of a stand-in model ✓ It is the same for the same question, \
         and it says nothing that was not known before."
    )
}

fn reply_to(asked: &Value) -> String {
    let last = asked["messages"].as_array().and_then(|all| all.last());
    let content = last.and_then(|message| message["content"].as_str());
    reply(content.unwrap_or_default())
}

fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

fn counted(asked: &Value) -> (usize, usize) {
    (
        count(&asked["messages"].to_string()),
        count(&reply_to(asked)),
    )
}

fn pieces(text: &str) -> Vec<&str> {
    text.split_inclusive(' ').collect()
}

fn chat(asked: &Value, mode: &str) -> Value {
    let (input, output) = counted(asked);
    if mode == "error-event" {
        return json!({"error": {"type": "server_error", "message": "words"}});
    }
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": asked["model"],
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": reply_to(asked), "refusal": null},
        }],
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output},
    })
}

fn chat_chunks(asked: &Value, mode: &str) -> Vec<String> {
    let (input, output) = counted(asked);
    let chunk = |delta: Value, finish: Value| json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let text = reply_to(asked);
    let mut chunks = vec![chunk(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )];
    let texts = pieces(&text).into_iter();
    chunks.extend(texts.map(|piece| chunk(json!({"content": piece}), Value::Null)));
    if mode == "error-event" {
        chunks.truncate(3);
        chunks.push(json!({"error": {"code": null, "type": "server_error", "message": "words"}}));
    }
    chunks.push(chunk(json!({}), json!("stop")));
    let usage = json!({"prompt_tokens": input, "completion_tokens": output});
    chunks.push(json!({"choices": [], "usage": usage}));
    let lines = chunks.iter().map(|chunk| format!("data: {chunk}\n\n"));
    lines.chain(["data: [DONE]\n\n".to_owned()]).collect()
}

fn message(asked: &Value, mode: &str) -> Value {
    let (input, output) = counted(asked);
    if mode == "error-event" {
        return json!({"type": "error", "error": {"type": "overloaded_error", "message": "words"}});
    }
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"],
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": reply_to(asked)}],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": input, "output_tokens": output},
    })
}

fn message_events(asked: &Value, mode: &str) -> Vec<String> {
    let (input, output) = counted(asked);
    let text = reply_to(asked);
    let mut events = vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": input, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
    ];
    events.extend(pieces(&text).into_iter().map(|piece| {
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
    }));
    if mode == "error-event" {
        events.truncate(5);
        let error = json!({"type": "overloaded_error", "message": "words"});
        events.push(json!({"type": "error", "error": error}));
    }
    events.extend([
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": output}}),
        json!({"type": "message_stop"}),
    ]);
    let name = |event: &Value| event["type"].as_str().unwrap_or_default().to_owned();
    let write = |event: &Value| format!("event: {}\ndata: {event}\n\n", name(event));
    events.iter().map(write).collect()
}

/// A vector of length 1 that is the same for the same text.
pub(crate) fn embedding(text: &str, dimension: usize) -> Vec<f32> {
    let basis = 0xcbf2_9ce4_8422_2325_u64;
    let prime = 0x0000_0100_0000_01b3;
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(prime);
    let mut state = text.bytes().fold(basis, hash);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let numbers: Vec<f64> = (0..dimension)
        .map(|_| (next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
        .collect();
    let length = numbers
        .iter()
        .map(|number| number * number)
        .sum::<f64>()
        .sqrt();
    numbers
        .iter()
        .map(|number| (number / length) as f32)
        .collect()
}

fn embeddings(asked: &Value, mode: &str) -> Value {
    if mode == "error-event" {
        return json!({"error": "no such model"});
    }
    let dimension = asked["dimensions"]
        .as_u64()
        .map_or(DIMENSION, |wanted| wanted as usize);
    let texts: Vec<_> = asked["input"].as_array().into_iter().flatten().collect();
    let write = |(index, text): (usize, &&Value)| {
        let mut numbers = embedding(text.as_str().unwrap_or_default(), dimension);
        let last = index + 1 == texts.len();
        match mode {
            "nan" if last => numbers[dimension - 1] = f32::NAN,
            "infinite" if last => numbers[0] = f32::INFINITY,
            "large" if last => numbers[1] = 1e19,
            "zero" if last => numbers.fill(0.0),
            "short" if last => numbers.truncate(dimension - 1),
            _ => {}
        }
        let numbers = if asked["encoding_format"] == "base64" {
            let bytes: Vec<u8> = numbers
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            json!(STANDARD.encode(bytes))
        } else {
            json!(numbers)
        };
        let index = if mode == "index" { 0 } else { index };
        json!({"object": "embedding", "index": index, "embedding": numbers})
    };
    let mut data: Vec<_> = texts.iter().enumerate().map(write).collect();
    if mode == "count" {
        data.pop();
    }
    // Servers need not answer in order.
    data.reverse();
    let tokens: usize = texts.iter().map(|text| count(&text.to_string())).sum();
    json!({"object": "list", "data": data, "model": asked["model"], "usage": {"prompt_tokens": tokens}})
}
