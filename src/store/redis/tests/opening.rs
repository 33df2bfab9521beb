//! What is in the way of opening a store.

use super::*;

async fn refusal(url: &str) -> String {
    let opened = match RedisOptions::new(url) {
        Ok(options) => RedisStore::open(options).await,
        Err(error) => Err(error),
    };
    let error = opened.unwrap_err();
    assert!(matches!(error, OpenError::Server { .. }), "{error}");
    format!("{error} {error:?}")
}

#[tokio::test]
async fn wrong_addresses_are_told_without_the_password() {
    let server = RedisServer::start(&[]);
    let url = server.url();
    let place = url.rsplit_once('@').unwrap().1;
    let cases = [
        (url.replace("correct", "secret"), "WRONGPASS"),
        (url.replace(":correct%20horse@", ""), "NOAUTH"),
        (url.replace("://:", "://nobody:secret"), "WRONGPASS"),
        (url.replace("/3", "/99"), "DB index is out of range"),
        (url.replace("/3", "/secret"), "Invalid database number"),
        (
            format!("{}#insecure", url.replace("redis://", "rediss://")),
            "`#insecure`",
        ),
        ("redis://:secret@127.0.0.1:1/0".to_owned(), "127.0.0.1:1/0"),
        ("redis://:secret@127.0.0.1:port".to_owned(), "did not parse"),
        ("http://:secret@127.0.0.1".to_owned(), "did not parse"),
        (String::new(), "did not parse"),
    ];
    for (url, expected) in cases {
        let text = refusal(&url).await;
        assert!(text.contains(expected), "{url}: {text}");
        assert!(
            !text.contains("secret") && !text.contains("horse"),
            "{text}"
        );
    }
    let text = refusal(&url.replace("correct", "secret")).await;
    assert!(text.contains(place), "{text}");
    let store = store(&server).await;
    let text = format!("{:?} {store:?}", options(&server));
    assert!(!text.contains("horse"), "{text}");
}

#[tokio::test]
async fn encryption_is_not_given_up_where_the_server_has_none() {
    let server = RedisServer::start(&[]);
    let url = server.url().replace("redis://", "rediss://");
    let mut options = RedisOptions::new(&url).unwrap();
    options.timeout = Duration::from_millis(200);
    let error = RedisStore::open(options).await.unwrap_err();
    assert!(matches!(error, OpenError::Server { .. }), "{error}");
}

#[tokio::test]
async fn who_accepts_and_says_nothing_is_no_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = RedisOptions::new(&format!("redis://{address}")).unwrap();
    options.timeout = Duration::from_millis(50);
    let error = RedisStore::open(options).await.unwrap_err();
    assert!(matches!(error, OpenError::Server { .. }), "{error}");
}

#[tokio::test]
async fn later_formats_and_keys_of_others_are_refused() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    tell(&store, "SET assize:format 99").await;
    let error = RedisStore::open(options(&server)).await.unwrap_err();
    let OpenError::TooNew {
        found: 99,
        known: FORMAT,
        ref place,
    } = error
    else {
        panic!("{error}");
    };
    assert!(
        place.starts_with("127.0.0.1:") && place.ends_with("/3"),
        "{place}"
    );
    for other in ["0", "-1", "one"] {
        tell(&store, &format!("SET assize:format {other}")).await;
        let text = refusal(&server.url()).await;
        assert!(
            text.contains("`assize:format` is a key of another program"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn server_that_took_the_place_of_another_is_checked_as_well() {
    let server = RedisServer::start(&[]);
    let (first, other) = (store(&server).await, store(&server).await);
    tell(&other, "SET assize:format 99").await;
    tell(&other, "CLIENT KILL TYPE normal SKIPME yes").await;
    let text = loop {
        match first.ping().await {
            Err(error) if error.to_string().contains("format") => break error.to_string(),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert!(text.contains("format 99"), "{text}");
    tell(&other, "SET assize:format 1").await;
    until_ok(|| first.ping()).await;
}

#[tokio::test]
async fn stores_with_other_prefixes_are_apart() {
    let server = RedisServer::start(&[]);
    let mut others = options(&server);
    others.prefix = "others:".to_owned();
    let (first, second) = (
        store(&server).await,
        RedisStore::open(others).await.unwrap(),
    );
    first.append(Chain::new("a").next(None)).await.unwrap();
    assert_eq!(second.head("a").await, Ok(None));
    assert_eq!(second.count().await, Ok(Some(0)));
    for name in contents(&first).await.into_keys() {
        let own = name.starts_with("assize:") || name == "others:format";
        assert!(own, "{name}");
    }
}

#[tokio::test]
async fn what_the_server_promises_is_told() {
    let server = RedisServer::start(&[]);
    let first = store(&server).await;
    assert_eq!(first.durability(), Durability::Always);
    assert_eq!(first.eviction_warning(), None);
    for (setting, value, expected) in [
        ("appendfsync", "everysec", Durability::EverySecond),
        ("appendfsync", "no", Durability::OperatingSystem),
        ("appendonly", "no", Durability::MemoryOnly),
        ("save", "3600 1", Durability::SnapshotsOnly),
    ] {
        let mut set = command(&format!("CONFIG SET {setting}"));
        let () = first.link.query(set.arg(value)).await.unwrap();
        assert_eq!(store(&server).await.durability(), expected, "{setting}");
    }
    tell(&first, "CONFIG SET maxmemory-policy allkeys-lru").await;
    let warning = store(&server).await.eviction_warning().unwrap();
    assert!(warning.contains("allkeys-lru"), "{warning}");
}

#[tokio::test]
async fn users_who_may_do_half_of_it_are_refused() {
    let server = RedisServer::start(&[]);
    let store = store(&server).await;
    let url = server.url().replace(":correct%20horse@", "USER:secret@");
    tell(
        &store,
        "ACL SETUSER hosted on >secret ~assize:* +@all -config -info -@admin",
    )
    .await;
    let hosted = RedisOptions::new(&url.replace("USER", "hosted")).unwrap();
    let hosted = RedisStore::open(hosted).await.unwrap();
    assert_eq!(hosted.durability(), Durability::Unknown);
    let appended = hosted.append(Chain::new("a").next(Some(b"state"))).await;
    assert_eq!(appended, Ok(Appended::Stored));
    assert!(!contents(&store).await.contains_key("assize:probe"));
    for denied in [
        "XADD", "XTRIM", "HSET", "ZADD", "SADD", "SREM", "SET", "INCR", "DECR", "DEL",
    ] {
        let words = format!(
            "ACL SETUSER half on >secret ~assize:* +@all -{}",
            denied.to_lowercase()
        );
        tell(&store, &words).await;
        // Otherwise refused before it is asked for: the format is there already.
        let text = refusal(&url.replace("USER", "half")).await;
        assert!(text.contains(&format!("may not use {denied}")), "{text}");
        tell(&store, "ACL DELUSER half").await;
    }
    tell(
        &store,
        "ACL SETUSER elsewhere on >secret ~assize:format +@all",
    )
    .await;
    let text = refusal(&url.replace("USER", "elsewhere")).await;
    assert!(text.contains("no permissions"), "{text}");
}
