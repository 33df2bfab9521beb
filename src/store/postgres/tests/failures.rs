//! Servers that are away, full, of another version, or not what was meant.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_a_killed_server() {
    let mut server = TestServer::start_with(&["synchronous_commit=off"]);
    let store = Arc::new(open(&server).await);
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let writers = (0..8).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut chain = Chain::new(&format!("{round}-{number}"));
                let mut stored = 0;
                while let Ok(outcome) = store.append(chain.next(Some(b"state"))).await {
                    assert_eq!(outcome, Appended::Stored);
                    stored += 1;
                }
                (format!("{round}-{number}"), stored)
            })
        });
        let writers: Vec<_> = writers.collect();
        while store.head(&format!("{round}-7")).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| server.kill());
        for writer in writers {
            acknowledged.push(writer.await.unwrap());
        }
        everything_fails(&store).await;
        tokio::task::block_in_place(|| server.launch());
        until_it_answers(&store).await;
        for (name, stored) in &acknowledged {
            let found = suite::verify(store.as_ref(), name).await.unwrap();
            // The last one may be there without an acknowledgement.
            assert!(
                (*stored..=stored + 1).contains(&found),
                "{found} of {stored}"
            );
        }
    }
    let open = server.sql(
        "postgres",
        "SELECT count(*) FROM assize.chain WHERE NOT closed",
    );
    let count = store.count().await.unwrap().unwrap();
    assert_eq!(count.to_string(), open);
}

async fn everything_fails(store: &PostgresStore) {
    let quota = Quota {
        requests: 1,
        window_ms: 1000,
    };
    let append = store.append(Chain::new("away").next(None));
    assert!(matches!(append.await, Err(StoreError::Failed(_))));
    assert!(matches!(store.ping().await, Err(StoreError::Failed(_))));
    assert!(matches!(
        store.load("t", "x").await,
        Err(StoreError::Failed(_))
    ));
    assert!(matches!(store.keys().await, Err(StoreError::Failed(_))));
    assert!(matches!(store.size().await, Err(StoreError::Failed(_))));
    assert!(matches!(
        store.take("x", quota).await,
        Err(StoreError::Failed(_))
    ));
}

async fn until_it_answers(store: &PostgresStore) {
    while store.ping().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let quota = Quota {
        requests: 1,
        window_ms: 1000,
    };
    store.take("x", quota).await.unwrap();
}

/// Others are told while one tries, and one that is told to wait does not keep the rest.
#[tokio::test]
async fn server_that_does_not_answer_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let options = PostgresOptions {
        connect_timeout: Duration::from_millis(200),
        ..PostgresOptions::default()
    };
    let url = format!("postgres://u:s3cret@127.0.0.1:{port}/d");
    let error = PostgresStore::open(&url, options).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&format!("127.0.0.1:{port}/d")), "{text}");
    assert!(text.contains("200ms") && !text.contains("s3cret"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_take_too_long_are_given_up() {
    let server = TestServer::start();
    let options = PostgresOptions {
        statement_timeout: Duration::from_millis(300),
        ..PostgresOptions::default()
    };
    let store = PostgresStore::open(&server.url("postgres"), options)
        .await
        .unwrap();
    let mut chain = Chain::new("a");
    store.append(chain.next(None)).await.unwrap();
    let next = chain.next(None);
    // Another program holds the chain.
    let (holder, connection) =
        tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    let hold = "BEGIN; SELECT FROM assize.chain FOR UPDATE";
    holder.batch_execute(hold).await.unwrap();
    let error = store.append(next.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed(_)), "{error}");
    assert_eq!(store.ping().await, Ok(()));
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.append(next).await, Ok(Appended::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn full_and_damaged_servers_are_told_apart() {
    let server = TestServer::start();
    let store = open(&server).await;
    let mut chain = Chain::new("a");
    store.append(chain.next(None)).await.unwrap();
    let next = chain.next(None);
    for (code, full) in [
        ("53100", true),
        ("54000", true),
        ("XX001", false),
        ("XX002", false),
    ] {
        let raise = format!(
            "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{code}''; END';
            DROP TRIGGER IF EXISTS fail ON assize.event;
            CREATE TRIGGER fail BEFORE INSERT ON assize.event EXECUTE FUNCTION fail()"
        );
        server.sql("postgres", &raise);
        match store.append(next.clone()).await.unwrap_err() {
            StoreError::NoRoom(text) => assert!(full, "{text}"),
            StoreError::Damaged(text) => assert!(!full, "{text}"),
            other => panic!("{code}: {other}"),
        }
    }
    server.sql("postgres", "DROP TRIGGER fail ON assize.event");
    assert_eq!(store.append(next).await, Ok(Appended::Stored));
    server.sql(
        "postgres",
        "UPDATE assize.chain SET hash = '\\x00', tombstone = '{'",
    );
    let damaged = [
        store.head("a").await.unwrap_err(),
        store.load("t", "a").await.unwrap_err(),
        store.tombstone("a").await.unwrap_err(),
        store.append(chain.next(None)).await.unwrap_err(),
    ];
    for error in damaged {
        assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_places_are_named_without_the_password() {
    let mut server = TestServer::start();
    server.sql("postgres", "CREATE ROLE guarded LOGIN PASSWORD 'right'");
    server.sql("postgres", "CREATE DATABASE other");
    server.sql(
        "postgres",
        "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0",
    );
    server.sql("other", "CREATE SCHEMA assize CREATE TABLE chain (id int)");
    server.stop();
    std::fs::write(
        server.data().join("pg_hba.conf"),
        "host all guarded 127.0.0.1/32 scram-sha-256\nlocal all postgres trust\n",
    )
    .unwrap();
    server.launch();
    let nowhere = "postgres://guarded:s3cret@127.0.0.1:1/d";
    for (url, part) in [
        (
            server.tcp_url("guarded:s3cret", "postgres"),
            "password authentication failed",
        ),
        (server.tcp_url("guarded:right", "absent"), "absent"),
        (
            server.tcp_url("guarded:right", "postgres"),
            "permission denied",
        ),
        (server.url("absent"), "\"absent\" does not exist"),
        (server.url("other"), "another program"),
        (server.url("latin"), "LATIN1"),
        (nowhere.to_owned(), "refused"),
        ("s3cret".to_owned(), "postgres://"),
    ] {
        let error = PostgresStore::open(&url, PostgresOptions::default()).await;
        let error = error.unwrap_err();
        let texts = [error.to_string(), format!("{error:?}")];
        assert!(texts[0].contains(part), "{}", texts[0]);
        for secret in ["s3cret", "right"] {
            assert!(!texts.iter().any(|text| text.contains(secret)), "{texts:?}");
        }
    }
    // Who may not make tables may use those that there are.
    drop(open(&server).await);
    let grants = "GRANT USAGE ON SCHEMA assize TO guarded;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA assize TO guarded";
    server.sql("postgres", grants);
    let store = open_at(&server.tcp_url("guarded:right", "postgres")).await;
    let append = store.append(Chain::new("a").next(Some(b"state")));
    assert_eq!(append.await, Ok(Appended::Stored));
    assert!(!format!("{store:?}").contains("right"));
}

#[tokio::test(flavor = "multi_thread")]
async fn later_versions_are_refused_and_many_migrate_once() {
    let server = TestServer::start();
    let url = server.url("postgres");
    let (one, two, three) = tokio::join!(open_at(&url), open_at(&url), open_at(&url));
    drop((one, two, three));
    assert_eq!(
        server.sql("postgres", "SELECT version FROM assize.migration"),
        "1"
    );
    server.sql(
        "postgres",
        "INSERT INTO assize.migration (version) VALUES (99)",
    );
    let error = PostgresStore::open(&url, PostgresOptions::default()).await;
    let error = error.unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::TooNew {
                found: 99,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_verified_where_it_is_asked_for() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut server = TestServer::start();
    let plain = server.tcp_url("postgres", "postgres?sslmode=require");
    let error = PostgresStore::open(&plain, PostgresOptions::default()).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("does not support TLS"), "{error}");
    server.stop();
    let root = server.data().join("server.crt");
    std::fs::write(&root, certificate.cert.pem()).unwrap();
    server.write_private("server.key", &certificate.signing_key.serialize_pem());
    server.append("postgresql.conf", "ssl=on");
    server.launch();
    let root = root.display();
    let foreign = tempfile::NamedTempFile::new().unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(foreign.path(), other.cert.pem()).unwrap();
    let foreign = foreign.path().display();
    for (rest, expected) in [
        (String::new(), Ok(true)),
        ("?sslmode=disable".to_owned(), Ok(false)),
        ("?sslmode=prefer".to_owned(), Ok(true)),
        ("?sslmode=require".to_owned(), Ok(true)),
        (format!("?sslmode=verify-full&sslrootcert={root}"), Ok(true)),
        (
            format!("?sslmode=verify-full&sslrootcert={foreign}"),
            Err("certificate"),
        ),
        (
            "?sslmode=verify-full&sslrootcert=/nowhere".to_owned(),
            Err("/nowhere"),
        ),
    ] {
        let url = server.tcp_url("postgres", &format!("postgres{rest}"));
        let opened = PostgresStore::open(&url, PostgresOptions::default()).await;
        match (opened, expected) {
            (Ok(store), Ok(encrypted)) => {
                let link = store.server.connect(Role::Read).await.unwrap();
                let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
                let row = link.client.query_one(query, &[]).await.unwrap();
                assert_eq!(row.get::<_, bool>(0), encrypted, "{rest}");
            }
            (Err(error), Err(part)) => {
                let text = error.to_string();
                assert!(text.contains(part), "{text}");
            }
            (opened, _) => panic!("{rest}: {opened:?}"),
        }
    }
    // The name must fit, too.
    let url = format!("?sslmode=verify-full&sslrootcert={root}");
    let url = server.tcp_url("postgres", &format!("postgres{url}"));
    let url = url.replace("localhost", "127.0.0.1");
    assert!(
        PostgresStore::open(&url, PostgresOptions::default())
            .await
            .is_err()
    );
}
