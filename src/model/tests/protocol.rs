//! What is read from bytes.

use crate::protocol::{
    DecodeError, StreamDecoder, read_completion, read_embeddings, read_error_code,
    write_chat_request,
};
use crate::{
    ChatRequest, Completion, CompletionEvent, FinishReason, ModelSettings, Provider,
    TokenParameter, Usage,
};
use bytes::Bytes;
use proptest::prelude::*;

type Decoded = (Vec<CompletionEvent>, Option<DecodeError>);

/// All events of bytes that come in pieces.
fn decode<'a>(provider: Provider, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = StreamDecoder::new(provider, 1 << 20);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    match decoder.end() {
        Ok(event) => {
            events.extend(event);
            (events, None)
        }
        Err(error) => (events, Some(error)),
    }
}

const CHAT: &str = "\u{feff}: hello\r\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"na\u{ef}ve \\ud83d\\ude00\"},\"logprobs\":[1]}]}\n\n\
    data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"not asked for\"}}]}\n\nretry: 5\n\n\
    event: whatever\ndata: {\"choices\":\ndata: [{\"delta\":{\"content\":\" \u{2713}\u{1f600}\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\r\r\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\ndata: x\n\n";

const MESSAGES: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n\
    event: ping\ndata: {\"type\":\"ping\"}\n\ndata: {\"type\":\"something_new\",\"delta\":7}\n\n\
    data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"thinking\",\"text\":7}}\n\n\
    data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n\
    data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"na\u{ef}ve \u{1f600}\"}}\n\n\
    data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\" \u{2713}\u{1f600}\"}}\r\n\r\n\
    data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":{\"output_tokens\":4}}\n\n\
    data: {\"type\":\"message_stop\"}\n\n";

fn expected() -> Vec<CompletionEvent> {
    let text = |text: &str| CompletionEvent::Text(text.to_owned());
    let usage = Usage {
        input_tokens: Some(3),
        output_tokens: Some(4),
    };
    vec![
        text("na\u{ef}ve \u{1f600}"),
        text(" \u{2713}\u{1f600}"),
        CompletionEvent::Done(Completion {
            text: "na\u{ef}ve \u{1f600} \u{2713}\u{1f600}".to_owned(),
            finish: Some(FinishReason::Length),
            usage,
        }),
    ]
}

const STREAMS: [(Provider, &str); 2] = [(Provider::OpenAi, CHAT), (Provider::Anthropic, MESSAGES)];

#[test]
fn a_stream_is_read_byte_by_byte_and_whole() {
    for (provider, text) in STREAMS {
        let bytes = text.as_bytes();
        assert_eq!(decode(provider, [bytes]), (expected(), None), "{provider}");
        assert_eq!(decode(provider, bytes.chunks(1)), (expected(), None));
    }
}

#[test]
fn a_stream_that_ends_early_is_cut_short_unless_it_said_why() {
    for (provider, text) in STREAMS {
        let finish = text.find("length").or(text.find("max_tokens")).unwrap();
        for end in 0..text.len() {
            let (events, error) = decode(provider, [&text.as_bytes()[..end]]);
            let is_done = matches!(events.last(), Some(CompletionEvent::Done(_)));
            assert_eq!(is_done, error.is_none(), "{end}");
            if end < finish {
                assert_eq!(error, Some(DecodeError::CutShort), "{end}");
            }
        }
        // After the reason nothing of the answer is missing, though the count of tokens may be.
        let (_, rest) = text.split_at(finish);
        let rest = rest.find("\n\n").or(rest.find("\r\r")).unwrap();
        let end = finish + rest + 2;
        assert_eq!(decode(provider, [&text.as_bytes()[..end]]).1, None);
    }
}

fn shown(error: Option<DecodeError>) -> String {
    error.map(|error| error.to_string()).unwrap_or_default()
}

const WRONG_STREAMS: [(Provider, &str, &str); 15] = [
    (Provider::OpenAi, "[DONE]", "`choices` is missing"),
    (Provider::OpenAi, "{}", "`choices` is missing"),
    (
        Provider::OpenAi,
        "[]",
        "`body` is of another type, or stands there twice",
    ),
    (
        Provider::OpenAi,
        "nonsense",
        "it is not JSON: line 1, column 2",
    ),
    (
        Provider::OpenAi,
        r#"{"choices":[{"delta":{"content":5}}]}"#,
        "`choices[0].delta.content` is of another type, or stands there twice",
    ),
    (
        Provider::OpenAi,
        r#"{"choices":["#,
        "it ends before its end",
    ),
    (
        Provider::OpenAi,
        r#"{"error":{"code":500,"type":"server_error"}}"#,
        "the server reports an error: `server_error`",
    ),
    (
        Provider::OpenAi,
        r#"{"error":"words that are not shown"}"#,
        "the server reports an error",
    ),
    (Provider::Anthropic, "{}", "`type` is missing"),
    (
        Provider::Anthropic,
        r#"{"type":"message_start"}"#,
        "`message` is missing",
    ),
    (
        Provider::Anthropic,
        r#"{"type":"message_stop"}"#,
        "`message_start` is missing",
    ),
    (
        Provider::Anthropic,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#,
        "the server reports an error: `overloaded_error`",
    ),
    (
        Provider::Anthropic,
        r#"{"type":"error"}"#,
        "the server reports an error",
    ),
    (
        Provider::Anthropic,
        r#"{"type":"content_block_delta","delta":{"text":"x"}}"#,
        "`delta.type` is missing",
    ),
    (
        Provider::Anthropic,
        r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":[]}}"#,
        "`delta.text` is of another type",
    ),
];

#[test]
fn wrong_streams_are_told_by_their_field() {
    for (provider, data, expected) in WRONG_STREAMS {
        let text = format!("data: {data}\n\n");
        let (events, error) = decode(provider, [text.as_bytes()]);
        assert!(events.is_empty());
        assert_eq!(shown(error), expected, "{data}");
    }
    let mut decoder = StreamDecoder::new(Provider::OpenAi, 10);
    decoder.push(Bytes::from_static(b"data: 12345678901\n\n"));
    assert_eq!(
        decoder.next_event(),
        Err(DecodeError::TooLarge { limit: 10 })
    );
    assert!(decoder.is_over());
}

const WRONG_ANSWERS: [(Provider, &str, &str); 11] = [
    (Provider::OpenAi, "", "it ends before its end"),
    (
        Provider::OpenAi,
        "{} {}",
        "it is not JSON: line 1, column 4",
    ),
    (Provider::OpenAi, "{}", "`choices` is missing"),
    (
        Provider::OpenAi,
        r#"{"choices":[]}"#,
        "`choices[0]` is missing",
    ),
    (
        Provider::OpenAi,
        r#"{"choices":[{}]}"#,
        "`choices[0].message` is missing",
    ),
    (
        Provider::OpenAi,
        r#"{"choices":{}}"#,
        "`choices` is of another type, or stands there twice",
    ),
    (
        Provider::OpenAi,
        r#"{"choices":[{"message":{"content":"sk-1","content":"b"}}]}"#,
        "`choices[0].message` is of another type, or stands there twice",
    ),
    (
        Provider::OpenAi,
        r#"{"usage":{"prompt_tokens":-1}}"#,
        "`usage.prompt_tokens` is of another type, or stands there twice",
    ),
    (Provider::Anthropic, "{}", "`content` is missing"),
    (
        Provider::Anthropic,
        r#"{"content":[{"type":"text"}]}"#,
        "`content[0].text` is missing",
    ),
    (
        Provider::Anthropic,
        r#"{"content":["sk-1"]}"#,
        "`content[0]` is of another type, or stands there twice",
    ),
];

#[test]
fn wrong_answers_are_told_by_their_field() {
    for (provider, body, expected) in WRONG_ANSWERS {
        let error = read_completion(provider, body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{body}");
    }
    let deep = "[".repeat(100_000);
    assert!(read_completion(Provider::OpenAi, deep.as_bytes()).is_err());
    let ignored = format!(r#"{{"x":{},"choices":"#, "[".repeat(100_000));
    assert!(read_completion(Provider::OpenAi, ignored.as_bytes()).is_err());
    let invalid = b"{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}";
    assert!(read_completion(Provider::OpenAi, invalid).is_err());
}

#[test]
fn answers_of_many_servers_are_read() {
    let read = |provider, body: &str| read_completion(provider, body.as_bytes()).unwrap();
    let plain = read(
        Provider::OpenAi,
        r#"{"choices":[{"message":{"content":"a"}}],"usage":null}"#,
    );
    assert_eq!((plain.text.as_str(), plain.finish), ("a", None));
    assert_eq!(plain.usage, Usage::default());
    let refused =
        r#"{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}"#;
    let refused = read(Provider::OpenAi, refused);
    assert_eq!(
        (refused.text.as_str(), refused.finish),
        ("No.", Some(FinishReason::Filter))
    );
    let tool = r#"{"choices":[{"message":{"content":null,"tool_calls":[{}]},"finish_reason":"tool_calls"}]}"#;
    let tool = read(Provider::OpenAi, tool);
    assert_eq!(
        (tool.text.as_str(), tool.finish),
        ("", Some(FinishReason::Other))
    );
    let blocks = r#"{"content":[{"type":"text","text":"a"},{"type":"tool_use"},{"type":"text","text":"b"}],"stop_reason":"refusal"}"#;
    let blocks = read(Provider::Anthropic, blocks);
    assert_eq!(
        (blocks.text.as_str(), blocks.finish),
        ("ab", Some(FinishReason::Filter))
    );
}

#[test]
fn codes_of_errors_are_short_words() {
    for (body, expected) in [
        (
            r#"{"error":{"code":"model_not_found","type":"x"}}"#,
            Some("model_not_found"),
        ),
        (
            r#"{"type":"error","error":{"type":"not_found_error"}}"#,
            Some("not_found_error"),
        ),
        (
            r#"{"error":{"code":404,"type":"NotFound"}}"#,
            Some("NotFound"),
        ),
        (r#"{"error":{"code":"two words","type":""}}"#, None),
        (r#"{"error":"words"}"#, None),
        (r#"{"error":null}"#, None),
        ("[]", None),
        ("", None),
    ] {
        assert_eq!(
            read_error_code(body.as_bytes()).as_deref(),
            expected,
            "{body}"
        );
    }
    let long = format!(r#"{{"error":{{"code":"{}"}}}}"#, "x".repeat(65));
    assert_eq!(read_error_code(long.as_bytes()), None);
}

#[test]
fn the_bound_on_tokens_has_the_name_that_the_server_knows() {
    let mut settings = ModelSettings::new(Provider::OpenAi, "m");
    let name = |settings: &ModelSettings| {
        let body = write_chat_request(settings, &ChatRequest::user("a"), false);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let fields = body.as_object().unwrap().keys().cloned();
        fields
            .filter(|name| name.contains("tokens"))
            .collect::<Vec<_>>()
    };
    assert_eq!(name(&settings), ["max_completion_tokens"]);
    settings.endpoint.base_url = "https://api.openai.com.example/v1".to_owned();
    assert_eq!(name(&settings), ["max_tokens"]);
    settings.token_parameter = Some(TokenParameter::MaxCompletionTokens);
    assert_eq!(name(&settings), ["max_completion_tokens"]);
}

#[test]
fn wrong_vectors_are_told_by_their_place() {
    for (body, expected) in [
        ("{}", "`data` is missing"),
        (r#"{"data":[{}]}"#, "`data[0].embedding` is missing"),
        (
            r#"{"data":[{"embedding":[1,"sk-1"]}]}"#,
            "`data[0].embedding[1]` is of another type, or stands there twice",
        ),
        (
            r#"{"data":[{"embedding":"sk-1"}]}"#,
            "`data[0].embedding` is of another type, or stands there twice",
        ),
        (
            r#"{"data":[{"embedding":"AAAA"}]}"#,
            "`data[0].embedding` is of another type, or stands there twice",
        ),
        (
            r#"{"data":[{"embedding":[1,1e300]}]}"#,
            "`data[0].embedding[1]` must be a finite number of at most 1e18 in magnitude",
        ),
        (
            r#"{"data":[{"embedding":[1,NaN]}]}"#,
            "it is not JSON: line 1, column 26",
        ),
        (
            r#"{"data":[{"embedding":[0,-0.0]}]}"#,
            "`data[0].embedding` must not be of length 0",
        ),
        (
            r#"{"data":[{"embedding":[1e-45,0]}]}"#,
            "`data[0].embedding` must not be of length 0",
        ),
        (
            r#"{"data":[{"embedding":[1,0],"index":1}]}"#,
            "`data[0].index` is out of range or stands there twice",
        ),
    ] {
        let error = read_embeddings(body.as_bytes(), 1, 2).unwrap_err();
        assert_eq!(error.to_string(), expected, "{body}");
    }
    let body = br#"{"data":[{"embedding":[1,2]}]}"#;
    let found = read_embeddings(body, 1, 2).unwrap();
    assert_eq!(found.vectors, [[1.0, 2.0]]);
}

fn cuts(length: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..=length, 0..20).prop_map(|mut cuts| {
        cuts.sort_unstable();
        cuts
    })
}

fn split<'a>(mut bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    for cut in cuts {
        let (piece, rest) = bytes.split_at((cut - start).min(bytes.len()));
        pieces.push(piece);
        (bytes, start) = (rest, *cut);
    }
    pieces.push(bytes);
    pieces
}

/// Bytes that look like a stream, here and there.
fn odd_stream() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<_> = CHAT
        .split_inclusive('\n')
        .chain(MESSAGES.split_inclusive('\n'))
        .collect();
    let line = proptest::sample::select(lines).prop_map(|line| line.as_bytes().to_vec());
    let odd = proptest::collection::vec(any::<u8>(), 0..20);
    let pieces = proptest::collection::vec(prop_oneof![4 => line, 1 => odd], 0..30);
    pieces.prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_stream_is_the_same_however_it_is_split(chat in cuts(CHAT.len()), messages in cuts(MESSAGES.len())) {
        for ((provider, text), cuts) in STREAMS.into_iter().zip([chat, messages]) {
            let pieces = split(text.as_bytes(), &cuts);
            prop_assert_eq!(decode(provider, pieces), (expected(), None));
        }
    }

    #[test]
    fn odd_streams_end_the_same_however_they_are_split(bytes in odd_stream(), cuts in cuts(3000)) {
        for (provider, _) in STREAMS {
            let whole = decode(provider, [bytes.as_slice()]);
            prop_assert_eq!(decode(provider, split(&bytes, &cuts)), whole);
        }
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[\\[\\]{}\":,a-c0-9 ]{0,60}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            for (provider, _) in STREAMS {
                let _ = read_completion(provider, bytes);
                let _ = decode(provider, [bytes]);
            }
            let _ = read_embeddings(bytes, 2, 3);
            let _ = read_error_code(bytes);
        }
    }
}
