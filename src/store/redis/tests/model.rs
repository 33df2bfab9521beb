//! Whatever is done, in whatever order, the answers are those of the store in a file.

use super::*;
use crate::sqlite::{SqliteStore, Synchronous};
use proptest::prelude::*;

const NAMES: [&str; 3] = ["a", "b", "b\0c"];

/// What is done to one of the chains.
#[derive(Debug, Clone)]
enum Step {
    Append {
        state: bool,
    },
    Close,
    Repeat,
    BeginAgain,
    /// Of the events that there are, up to this share of a hundred.
    Bury(u64),
    /// With the marks that were asked for before the last steps.
    Checkpoint,
    Ask,
    Adopt,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        12 => any::<bool>().prop_map(|state| Step::Append { state }),
        1 => Just(Step::Close),
        1 => Just(Step::Repeat),
        1 => Just(Step::BeginAgain),
        2 => (0..100_u64).prop_map(Step::Bury),
        2 => Just(Step::Checkpoint),
        2 => Just(Step::Ask),
        1 => Just(Step::Adopt),
    ];
    (0..NAMES.len(), step)
}

/// What is asked of both.
type Answers = (
    Vec<(Head, Option<Stored>, Vec<Row>, Option<Tombstone>)>,
    Vec<Mark>,
    Option<u64>,
    Vec<Checkpoint>,
);

async fn answers(store: &impl Archive) -> Answers {
    let mut all = Vec::new();
    for head in store.chains(None, 100).await.unwrap() {
        let stored = store.load("t", &head.chain).await.unwrap();
        let rows = store.events(&head.chain, 0, 1000).await.unwrap();
        let tombstone = store.tombstone(&head.chain).await.unwrap();
        all.push((head, stored, rows, tombstone));
    }
    let count = store.count().await.unwrap();
    let checkpoints = store.checkpoints(0, 1000).await.unwrap();
    (all, marks(store).await, count, checkpoints)
}

async fn marks(store: &impl Archive) -> Vec<Mark> {
    let mut marks = store.unmarked(1000).await.unwrap();
    marks.sort();
    marks
}

/// Does a step; what came of it, as text.
async fn apply(store: &impl Archive, name: &str, step: &Step, asked: &mut Vec<Mark>) -> String {
    let head = store.head(name).await.unwrap();
    let mut chain = head.as_ref().map_or_else(|| Chain::new(name), Chain::at);
    match (step, head) {
        (Step::Append { state }, _) => {
            let append = chain.next(state.then_some(name.as_bytes()));
            format!("{:?}", store.append(append).await)
        }
        (Step::Close, _) => format!("{:?}", store.append(chain.close()).await),
        (Step::BeginAgain, _) => {
            let append = Chain::new(name).next(None);
            format!("{:?}", store.append(append).await)
        }
        (Step::Repeat, Some(mut head)) => {
            head.sequence = head.sequence.saturating_sub(1);
            let append = Chain::at(&head).next(Some(b"other"));
            format!("{:?}", store.append(append).await)
        }
        (Step::Bury(share), Some(head)) => {
            let buried = Tombstone {
                chain: name.to_owned(),
                sequence: head.sequence * share / 100,
                hash: head.hash,
                removed_ms: *share,
                snapshot: None,
                signature: None,
            };
            format!("{:?}", store.bury(&buried).await)
        }
        (Step::Checkpoint, _) => {
            let last = store.last_checkpoint().await.unwrap();
            let checkpoint = Checkpoint::after(last.as_ref(), 1, std::mem::take(asked), None);
            let added = store.add_checkpoint(&checkpoint).await;
            format!("{added:?} {:?}", store.add_checkpoint(&checkpoint).await)
        }
        (Step::Ask, _) => {
            *asked = marks(store).await;
            String::new()
        }
        (Step::Adopt, Some(mut head)) => {
            head.chain = "adopted".into();
            let tombstone = Tombstone {
                chain: "adopted".to_owned(),
                sequence: head.sequence,
                hash: head.hash,
                removed_ms: 1,
                snapshot: None,
                signature: None,
            };
            format!("{:?}", store.adopt(&head, &tombstone).await)
        }
        (_, None) => String::new(),
    }
}

#[test]
fn answers_as_a_store_in_a_file() {
    let server = RedisServer::start(&["--appendonly", "no"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let redis = runtime.block_on(store(&server));
    let folder = tempfile::tempdir().unwrap();
    let strategy = proptest::collection::vec(step(), 1..120);
    let config = Config {
        cases: 24,
        ..Config::default()
    };
    let number = std::cell::Cell::new(0);
    let same = |steps: Vec<(usize, Step)>| {
        number.set(number.get() + 1);
        let path = folder.path().join(format!("{}.db", number.get()));
        let sqlite = SqliteStore::open(&path, Synchronous::Normal).unwrap();
        runtime.block_on(async {
            tell(&redis, "FLUSHDB").await;
            let (mut asked, mut also_asked) = (Vec::new(), Vec::new());
            for (name, step) in &steps {
                let done = apply(&redis, NAMES[*name], step, &mut asked).await;
                let also_done = apply(&sqlite, NAMES[*name], step, &mut also_asked).await;
                prop_assert_eq!(done, also_done);
            }
            prop_assert_eq!(answers(&redis).await, answers(&sqlite).await);
            Ok(())
        })
    };
    TestRunner::new(config).run(&strategy, same).unwrap();
}
