//! A chain as its writer sees it.

use assize_journal::{
    Append, Archive, Break, ChainKind, ChainVerifier, Content, Draft, Event, Hash, Head, Row,
};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct Chain {
    name: Arc<str>,
    input: String,
    head: Option<Head>,
}

impl Chain {
    pub(crate) fn new(name: &str) -> Self {
        Self::with_input(name, "{\"left\":\"a\"}")
    }

    pub(crate) fn with_input(name: &str, input: &str) -> Self {
        Self {
            name: name.into(),
            input: input.to_owned(),
            head: None,
        }
    }

    /// Goes on from where it is.
    pub(crate) fn at(head: &Head) -> Self {
        Self {
            head: Some(head.clone()),
            ..Self::new(&head.chain)
        }
    }

    /// Of the event that comes next.
    pub(crate) fn sequence(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.sequence + 1)
    }

    pub(crate) fn next(&mut self, snapshot: Option<&[u8]>) -> Append {
        self.append(snapshot, false)
    }

    pub(crate) fn close(&mut self) -> Append {
        self.append(None, true)
    }

    fn append(&mut self, snapshot: Option<&[u8]>, closes: bool) -> Append {
        let draft = Draft {
            time_ms: 1_800_000_000_000 + self.sequence(),
            tenant: "t".into(),
            actor: "a".into(),
            request: "r".into(),
            engine: "governor:cycle",
            operation: "evaluate",
            input: Content::Whole(self.input.clone()),
            answer: Content::Whole("{\"verdict\":\"allow\"}".to_owned()),
            configuration: "c".into(),
            component: "m".into(),
        };
        let previous = self.head.as_ref().map_or(Hash::ZERO, |head| head.hash);
        let event = Event::seal(draft, Arc::clone(&self.name), self.sequence(), previous);
        let snapshot = snapshot.map(Arc::from);
        let append = Append::new(
            self.head.as_ref(),
            ChainKind::Session,
            &event,
            snapshot,
            closes,
        );
        self.head = Some(append.head.clone());
        append
    }
}

/// How many events of a chain were checked, page by page.
pub(crate) async fn verify(store: &impl Archive, chain: &str) -> Result<u64, Box<Break>> {
    let head = store.head(chain).await.unwrap().unwrap();
    let tombstone = store.tombstone(chain).await.unwrap();
    let mut verifier = ChainVerifier::new(head, tombstone.as_ref(), Vec::new());
    let mut from = 0;
    loop {
        let rows: Vec<Row> = store.events(chain, from, 7).await.unwrap();
        let Some(last) = rows.last() else {
            return verifier.finish();
        };
        from = last.sequence + 1;
        for row in &rows {
            verifier.push(row)?;
        }
    }
}
