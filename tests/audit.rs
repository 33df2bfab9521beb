//! What the journal is for: looking at decisions later, proving that none was touched, judging them again, and
//! taking all of it elsewhere. With the real program, on all three stores.

#[path = "audit/export.rs"]
mod export;
#[path = "audit/gate.rs"]
mod gate;
#[path = "audit/import.rs"]
mod import;
#[path = "audit/places.rs"]
mod places;
#[path = "audit/privacy.rs"]
mod privacy;
#[path = "audit/replay.rs"]
mod replay;
#[path = "audit/retention.rs"]
mod retention;
#[path = "audit/rules.rs"]
mod rules;
#[path = "audit/scene.rs"]
mod scene;
#[path = "audit/show.rs"]
mod show;
#[path = "audit/tamper.rs"]
mod tamper;
#[path = "audit/world.rs"]
mod world;

#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../src/store/postgres/tests/server.rs"]
mod postgres_server;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../src/store/redis/server.rs"]
mod redis_server;
