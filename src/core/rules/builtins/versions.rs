//! Semantic versions.

use super::arguments::{holds, one, text, unacceptable};
use super::kinds::STRING;
use super::table::{function, gives, known, test};
use super::{Builtin, Context, Fault, Group, Solutions};
use crate::rules::value::Value;
use semver::{Version, VersionReq};
use std::cmp::Ordering;

const G: Group = Group::Versions;

pub(super) static TABLE: &[Builtin] = &[
    function(
        G,
        "semver_compare",
        &[
            known("left", STRING),
            known("right", STRING),
            gives("order", STRING),
        ],
        (
            "Where a version stands to another by precedence, without build metadata: `\"<\"`, `\"=\"` or `\">\"`.",
            r#"semver_compare("1.10.0", "1.9.3") = ">""#,
        ),
        compare,
    ),
    test(
        G,
        "semver_matches",
        &[known("version", STRING), known("requirement", STRING)],
        (
            "A version meets a requirement such as `^1.2`, `~1.2.3`, `>=1.2, <3` or `1.*`.",
            r#"semver_matches("1.9.3", "^1.2")"#,
        ),
        matches,
    ),
    test(
        G,
        "is_semver",
        &[known("text", STRING)],
        (
            "A text is a semantic version.",
            r#"is_semver("1.0.0-rc.1+build.5")"#,
        ),
        |arguments, _| Ok(holds(Version::parse(text(arguments, 0)?).is_ok())),
    ),
];

fn version(arguments: &[Value], place: usize) -> Result<Version, Fault> {
    Version::parse(text(arguments, place)?)
        .map_err(|error| unacceptable(place, format!("must be a version such as `1.2.3`: {error}")))
}

fn compare(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (left, right) = (version(arguments, 0)?, version(arguments, 1)?);
    one(Value::string(match left.cmp_precedence(&right) {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }))
}

fn matches(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let version = version(arguments, 0)?;
    let requirement = VersionReq::parse(text(arguments, 1)?).map_err(|error| {
        unacceptable(1, format!("must be a requirement such as `^1.2`: {error}"))
    })?;
    Ok(holds(requirement.matches(&version)))
}
