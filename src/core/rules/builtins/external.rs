//! What the host answers.

use super::kinds::{STRING, TERM};
use super::table::{gives, known};
use super::{Builtin, Group, Run, Yields};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "http_get_json",
    parameters: &[known("url", STRING), gives("result", TERM)],
    function: false,
    yields: Yields::One,
    group: Group::External,
    summary: "What a GET request to an address gives, read as JSON; the host decides which addresses it asks.",
    example: r#"http_get_json("https://example.com/status.json", {ok: true})"#,
    run: Run::External,
}];
