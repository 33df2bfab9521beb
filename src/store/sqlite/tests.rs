use super::*;
use crate::suite::{self, Chain};

fn store(folder: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("assize.db"), Synchronous::Full).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn does_what_every_store_does() {
    let folder = tempfile::tempdir().unwrap();
    let open = || store(&folder);
    suite::run(open).await;
}

#[tokio::test]
async fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let mut chain = Chain::new("a");
    store.append(chain.next(None)).await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            entry.path()
        );
    }
}

#[test]
fn files_of_others_and_of_later_versions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assize.db");
    drop(store(&folder));
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = SqliteStore::open(&path, Synchronous::Full).unwrap_err();
    assert!(
        matches!(error, OpenError::TooNew { found: 99, .. }),
        "{error}"
    );

    let other = folder.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE x (y)")
        .unwrap();
    let error = SqliteStore::open(&other, Synchronous::Full).unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");

    let text = folder.path().join("text");
    std::fs::write(
        &text,
        "not a database, but long enough to look like one".repeat(100),
    )
    .unwrap();
    assert!(matches!(
        SqliteStore::open(&text, Synchronous::Full),
        Err(OpenError::File { .. })
    ));
    assert!(SqliteStore::open(Path::new("/nowhere/at/all"), Synchronous::Full).is_err());
}

#[tokio::test]
async fn append_that_can_not_be_stored_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let (mut spoilt, mut whole) = (Chain::new("a"), Chain::new("b"));
    store.append(spoilt.next(None)).await.unwrap();
    // An event stands where the next one belongs.
    let orphan = |connection: &mut Connection| {
        let query = "INSERT INTO event SELECT (id << 32) + 1, 'x' FROM chain WHERE name = 'a'";
        connection.execute(query, ()).map_err(failed)
    };
    store.change(orphan).await.unwrap();
    let both = [
        store.append(spoilt.next(None)),
        store.append(whole.next(None)),
    ];
    let [spoilt, whole] = both;
    assert!(matches!(spoilt.await, Err(StoreError::Failed(_))));
    assert_eq!(whole.await, Ok(Appended::Stored));
}

#[tokio::test]
async fn full_file_refuses_whole_groups_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let limit = |pages: &'static str| {
        store.change(move |connection| {
            connection
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
                .map_err(failed)
        })
    };
    limit("40").await.unwrap();
    let mut chain = Chain::new("a");
    let mut stored = 0;
    let error = loop {
        let before = chain.clone();
        match store.append(chain.next(Some(&[7; 2000]))).await {
            Ok(outcome) => assert_eq!(outcome, Appended::Stored),
            Err(error) => {
                chain = before;
                break error;
            }
        }
        stored += 1;
    };
    assert!(matches!(error, StoreError::NoRoom(_)), "{error}");
    assert!(stored > 3);
    assert_eq!(
        store.events("a", 0, usize::MAX >> 1).await.unwrap().len(),
        stored
    );
    limit("1000000").await.unwrap();
    assert_eq!(store.append(chain.next(None)).await, Ok(Appended::Stored));
    suite::verify(&store, "a").await.unwrap();
}
