//! Who is let in, what they may do, how often, and by which settings: over HTTP, against real processes of
//! `assize serve`, and with the commands that look after keys and settings.

#[path = "access/attacks.rs"]
mod attacks;
#[path = "access/bounds.rs"]
mod bounds;
#[path = "access/credentials.rs"]
mod credentials;
#[path = "access/forwarded.rs"]
mod forwarded;
#[path = "access/http.rs"]
mod http;
#[path = "access/issuer.rs"]
mod issuer;
#[path = "access/key_sets.rs"]
mod key_sets;
#[path = "access/keys.rs"]
mod keys;
#[path = "access/limits.rs"]
mod limits;
#[path = "access/production.rs"]
mod production;
#[path = "access/program.rs"]
mod program;
#[expect(dead_code, reason = "the starter is shared with the store's own tests")]
#[path = "../src/store/redis/server.rs"]
mod redis_server;
#[path = "access/reload.rs"]
mod reload;
#[path = "access/scopes.rs"]
mod scopes;
#[path = "access/secrets.rs"]
mod secrets;
#[path = "access/settings.rs"]
mod settings;
#[path = "access/tenants.rs"]
mod tenants;
#[path = "access/tokens.rs"]
mod tokens;
