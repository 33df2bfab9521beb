use super::schemas::{ForgetBody, InsertBody, NewEntryBody, SearchBody};
use super::*;
use crate::Document;
use crate::testing::{any_node, assert_described, errors_of, told};
use assize_core::embedding::HashingEmbedder;
use assize_core::memory::{
    Entry, Inserted, MemoryConfig, MemorySettings, NewEntry, PhaseMemory, Query, Recollection,
    Source,
};
use assize_core::{Error, LimitReached};
use insta::assert_json_snapshot;
use proptest::prelude::*;
use utoipa::PartialSchema;

const NAMES: &[&str] = &[
    "entries",
    "vector",
    "text",
    "phase",
    "confidence",
    "source",
    "source_name",
    "timestamp",
    "expires_at",
    "parent",
    "tolerance",
    "top_k",
    "min_confidence",
    "ids",
    "system",
];

pub(crate) fn entry() -> Entry {
    Entry {
        id: 7,
        phase: 0.1,
        confidence: 0.9,
        consolidated: false,
        source: Source::UserInput,
        source_name: Some("handbook".to_owned()),
        text: Some("refunds".to_owned()),
        timestamp: 1_700_000_000_000,
        expires_at: None,
        parent: Some(3),
    }
}

fn insert(text: &str) -> Vec<String> {
    errors_of(text, |document| InsertRequest::read(document).map(drop))
}

fn search(text: &str) -> Vec<String> {
    errors_of(text, |document| SearchRequest::read(document).map(drop))
}

fn forget(text: &str) -> Vec<String> {
    errors_of(text, |document| ForgetRequest::read(document).map(drop))
}

fn embed(text: &str) -> Result<Vec<f32>, Error> {
    Ok(HashingEmbedder::new(2).unwrap().embed(text)?)
}

#[test]
fn entries_become_what_the_memory_takes() {
    let text = br#"{"entries":[{"text":"east"},{"vector":[1,0],"phase":0.9,"confidence":0.7,"source":"retrieved",
        "source_name":"map","timestamp":1,"expires_at":9007199254740992,"parent":1}]}"#;
    let document = Document::parse(text).unwrap();
    let insertion = InsertRequest::read(&document)
        .unwrap()
        .embedded(embed)
        .unwrap();
    let east = embed("east").unwrap();
    let expected = [
        NewEntry {
            text: Some("east"),
            ..NewEntry::new(&east, 0.1)
        },
        NewEntry {
            vector: &[1.0, 0.0],
            phase: 0.9,
            confidence: 0.7,
            source: Source::Retrieved,
            source_name: Some("map"),
            text: None,
            timestamp: Some(1),
            expires_at: Some(1 << 53),
            parent: Some(1),
        },
    ];
    assert_eq!(insertion.entries(), expected);
}

#[test]
fn what_an_embedder_refuses_has_its_place() {
    let document = Document::parse(br#"{"entries":[{"vector":[1,0]},{"text":"a"}]}"#).unwrap();
    let request = InsertRequest::read(&document).unwrap();
    let error = request.clone().embedded(|_| embed(" ")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/entries/1/text` must not be empty or blank"
    );
    let limit = LimitReached {
        name: "texts".to_owned(),
        limit: 1,
        observed: 2,
    };
    let error = request.embedded(|_| Err(limit.clone().into()));
    assert_eq!(error, Err(limit.clone().into()));
}

#[test]
fn every_error_of_an_entry_has_its_place() {
    assert_eq!(insert("{}"), ["/entries: is missing"]);
    assert_eq!(
        insert(r#"{"entries":[]}"#),
        ["/entries: must have at least one item"]
    );
    let many = format!(r#"{{"entries":[{}{{}}]}}"#, "{},".repeat(1000));
    assert_eq!(
        insert(&many),
        ["/entries: must have at most 1000 items, got 1001"]
    );
    let text = r#"{"entries":[{"text":"a"},7,{},{"text":" "},{"text":""},
        {"vector":[1,null],"phase":2,"confidence":-1,"source":"users","source_name":"","timestamp":-1,
         "expires_at":1.5,"parent":0,"parrent":1}],"entry":1}"#;
    assert_eq!(
        insert(text),
        [
            "/entry: is not a known field; did you mean `entries`?",
            "/entries/1: must be an object, got a number",
            "/entries/2: must have `vector` or `text`",
            "/entries/3/text: must not be blank where there is no `vector`",
            "/entries/4/text: must have 1 to 16384 bytes, or be left out, got 0",
            "/entries/5/vector/1: must be a number from -1e18 to 1e18, got null",
            "/entries/5/phase: must be a number from 0 to 1, got 2",
            "/entries/5/confidence: must be a number from 0 to 1, got -1",
            "/entries/5/source: must be one of \"user_input\", \"llm_generation\", \"retrieved\", \"system\", got \"users\"",
            "/entries/5/source_name: must have 1 to 256 bytes, or be left out, got 0",
            "/entries/5/timestamp: must be a whole number from 0 to 9007199254740992, got -1",
            "/entries/5/expires_at: must be a whole number from 0 to 9007199254740992, got 1.5",
            "/entries/5/parent: must be a whole number from 1 to 9007199254740992, got 0",
            "/entries/5/parrent: is not a known field; did you mean `parent`?",
        ]
    );
}

#[test]
fn an_entry_alone_is_read_as_one_of_many() {
    let read = |text| errors_of(text, |document| EntryRequest::read(document).map(drop));
    assert_eq!(read(r#"{"text":"a"}"#), [""; 0]);
    assert_eq!(
        read(r#"{"vector":[],"sorce":"system"}"#),
        [
            "/vector: must have 1 to 4096 numbers, got 0",
            "/sorce: is not a known field; did you mean `source`?",
        ]
    );
    assert_described(NewEntryBody::schema(), &[], |it| {
        EntryRequest::read(it).map(drop)
    });
}

#[test]
fn searches_become_what_the_memory_takes() {
    let read = |text: &'static [u8]| {
        let document = Document::parse(text).unwrap();
        let request = SearchRequest::read(&document).unwrap();
        let vector = match &request.like {
            Search::Vector(vector) => vector.clone(),
            Search::Text(text) => embed(text).unwrap(),
        };
        let Query {
            vector: _,
            phase,
            tolerance,
            top_k,
            min_confidence,
        } = request.query(&vector);
        (vector, phase, tolerance, top_k, min_confidence)
    };
    let east = embed("east").unwrap();
    let default = Query::new(&east, 0.1);
    let expected = (east.clone(), 0.1, default.tolerance, default.top_k, 0.0);
    assert_eq!(read(br#"{"text":"east"}"#), expected);
    assert_eq!(
        read(br#"{"vector":[0,1],"phase":0.9,"tolerance":1e300,"top_k":10000,"min_confidence":1}"#),
        (vec![0.0, 1.0], 0.9, f32::MAX, 10_000, 1.0)
    );
}

#[test]
fn every_error_of_a_search_has_its_place() {
    assert_eq!(search("{}"), [": must have `vector` or `text`"]);
    assert_eq!(
        search(r#"{"vector":[1],"text":"a"}"#),
        ["/text: must not stand beside `vector`: entries are like one of them"]
    );
    assert_eq!(
        search(
            r#"{"text":7,"phase":"wake","tolerance":-0.1,"top_k":0,"min_confidence":"1","k":5}"#
        ),
        [
            "/text: must be a string or null, got a number",
            "/tolerance: must be a number of at least 0, got -0.1",
            "/phase: must be a number or null, got a string",
            "/top_k: must be a whole number from 1 to 10000, got 0",
            "/min_confidence: must be a number or null, got a string",
            "/k: is not a known field; known are vector, text, tolerance, phase, top_k, min_confidence",
        ]
    );
}

#[test]
fn every_error_of_forgetting_has_its_place() {
    assert_eq!(forget("{}"), [": must have `ids` or `source_name`"]);
    assert_eq!(
        forget(r#"{"ids":[1],"source_name":"a"}"#),
        ["/source_name: must not stand beside `ids`"]
    );
    assert_eq!(
        forget(r#"{"ids":[]}"#),
        ["/ids: must have 1 to 10000 items, got 0"]
    );
    assert_eq!(
        forget(r#"{"ids":[1,0,"2",9007199254740993]}"#),
        [
            "/ids/1: must be a whole number from 1 to 9007199254740992, got 0",
            "/ids/2: must be a whole number from 1 to 9007199254740992, got a string",
        ]
    );
    assert_eq!(
        forget(r#"{"ids":7,"id":7}"#),
        [
            "/ids: must be an array or null, got a number",
            "/id: is not a known field; did you mean `ids`?",
        ]
    );
    let document = Document::parse(br#"{"source_name":"ann"}"#).unwrap();
    assert_eq!(
        ForgetRequest::read(&document),
        Ok(ForgetRequest::SourceName("ann"))
    );
    let document = Document::parse(br#"{"ids":[3,1.0]}"#).unwrap();
    assert_eq!(
        ForgetRequest::read(&document),
        Ok(ForgetRequest::Ids(vec![3, 1]))
    );
}

#[test]
fn described_fields_are_the_known_fields() {
    assert_described(InsertBody::schema(), &[], |it| {
        InsertRequest::read(it).map(drop)
    });
    assert_described(NewEntryBody::schema(), &["entries", "0"], |it| {
        InsertRequest::read(it).map(drop)
    });
    assert_described(SearchBody::schema(), &[], |it| {
        SearchRequest::read(it).map(drop)
    });
    assert_described(ForgetBody::schema(), &[], |it| {
        ForgetRequest::read(it).map(drop)
    });
    let example = |schema| serde_json::to_value(schema).unwrap()["example"].to_string();
    assert_eq!(insert(&example(InsertBody::schema())), [""; 0]);
    assert_eq!(search(&example(SearchBody::schema())), [""; 0]);
    assert_eq!(forget(&example(ForgetBody::schema())), [""; 0]);
}

#[test]
fn answers_have_one_shape() {
    let inserted = [
        Inserted::Stored {
            id: 8,
            evicted: vec![1, 2],
        },
        Inserted::Refused {
            confidence: 0.4,
            required: 0.5,
        },
    ];
    assert_json_snapshot!("inserted", InsertAnswer::from(&inserted[..]));
    let found = [Recollection {
        resonance: 0.6,
        entry: entry(),
    }];
    assert_json_snapshot!("found", FoundEntriesAnswer::from(&found[..]));
    let config = MemoryConfig::new(MemorySettings {
        dimension: 2,
        capacity: 10,
        text_bytes: 1024,
        compressed_index: false,
    });
    let mut usage = PhaseMemory::new(config.unwrap()).unwrap().usage();
    usage.bytes = 30_796_928;
    assert_json_snapshot!("usage", UsageAnswer::from(usage));
    assert_json_snapshot!("removed", RemovedAnswer { removed: 3 });
}

#[test]
fn pages_say_where_to_go_on() {
    let entries = [entry(), Entry { id: 9, ..entry() }];
    assert_eq!(EntriesAnswer::page(&entries, 2).next, Some(9));
    assert_eq!(EntriesAnswer::page(&entries, 3).next, None);
    assert_eq!(EntriesAnswer::page(&[], 3).next, None);
}

fn memory() -> PhaseMemory {
    let config = MemoryConfig::new(MemorySettings {
        dimension: 2,
        capacity: 3,
        text_bytes: 1 << 17,
        compressed_index: true,
    });
    PhaseMemory::new(config.unwrap()).unwrap()
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused_with_places(node in any_node(NAMES)) {
        let document = Document::from(node);
        let mut refusals = Vec::new();
        refusals.extend(InsertRequest::read(&document).err());
        refusals.extend(SearchRequest::read(&document).err());
        refusals.extend(ForgetRequest::read(&document).err());
        for error in refusals {
            prop_assert!(!told(error.errors()).is_empty());
        }
        if let Ok(request) = SearchRequest::read(&document) {
            let vector = match &request.like {
                Search::Vector(vector) => vector.clone(),
                Search::Text(text) => embed(text).unwrap(),
            };
            if let Err(error) = memory().retrieve(&request.query(&vector), 0) {
                prop_assert!(error.to_string().starts_with("`/vector"), "{}", error);
            }
        }
    }

    /// Only what depends on the memory and on the time is left for the memory to refuse.
    #[test]
    fn any_entry_that_is_read_fits(node in proptest::collection::vec(any_entry(), 1..4)) {
        let node = crate::Node::Object(vec![("entries".into(), crate::Node::Array(node))]);
        let document = Document::from(node);
        let Ok(request) = InsertRequest::read(&document) else {
            return Ok(());
        };
        let insertion = request.embedded(embed).unwrap();
        let entries = insertion.entries();
        if let Err(error) = memory().insert_batch(&entries, 0) {
            let Error::InvalidInput(error) = error else {
                return Err(TestCaseError::fail(error.to_string()));
            };
            for error in error.errors() {
                let field = error.pointer.rsplit('/').next().unwrap_or_default();
                prop_assert!(["vector", "parent", "expires_at"].contains(&field), "{}", error.pointer);
            }
        }
    }
}

fn any_entry() -> impl Strategy<Value = crate::Node<'static>> {
    use crate::Node;
    let share = || prop_oneof![Just(Node::Null), (0.0..=1.0_f64).prop_map(Node::Number)];
    let whole = || {
        prop_oneof![
            Just(Node::Null),
            (0..3_u32).prop_map(|it| Node::Number(it.into()))
        ]
    };
    let text = || {
        prop_oneof![
            Just(Node::Null),
            "\\PC{1,300}".prop_map(|it| Node::Text(it.into()))
        ]
    };
    let number = any::<f32>().prop_map(|it| Node::Number(it.into()));
    let vector = prop_oneof![
        Just(Node::Null),
        proptest::collection::vec(number, 1..4).prop_map(Node::Array),
    ];
    (vector, text(), share(), share(), text(), whole(), whole()).prop_map(
        |(vector, text, phase, confidence, name, expires_at, parent)| {
            Node::Object(vec![
                ("vector".into(), vector),
                ("text".into(), text),
                ("phase".into(), phase),
                ("confidence".into(), confidence),
                ("source_name".into(), name),
                ("expires_at".into(), expires_at),
                ("parent".into(), parent),
            ])
        },
    )
}

#[test]
fn an_insertion_that_is_written_is_read_again() {
    let text = r#"{"entries":[{"text":"a \"b\"","phase":0.9,"confidence":0.1,"source":"retrieved","source_name":"x",
        "timestamp":1,"expires_at":9007199254740991,"parent":3},{"text":"b"},{"vector":[1e-45,0.1,-1e18]}]}"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    let mut request = InsertRequest::read(&document).unwrap();
    assert_eq!(request.texts_to_embed(), ["a \"b\"", "b"]);
    request.give_vectors([vec![0.1, 3.4], vec![1.0 / 3.0, 16_777_216.0]]);
    assert_eq!(request.texts_to_embed(), Vec::<&str>::new());
    let written = serde_json::to_string(&request).unwrap();
    let document = Document::parse(written.as_bytes()).unwrap();
    assert_eq!(InsertRequest::read(&document).unwrap(), request);
}
