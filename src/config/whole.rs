//! What only the whole of the layers shows: what is missing, and what does not fit together.

use crate::check::report;
use crate::error::{ConfigError, ConfigErrors, Origin, Problem};
use crate::file;
use crate::fit;
use crate::schema::Shape;
use crate::settings::Settings;
use crate::tree::{self, EXCLUSIVE, Node, Table, Value, join};
use std::path::Path;

/// The fewest bytes of a secret of HS256 (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;

/// Reads files that hold secrets, and adds an error for all that is missing or does not fit together.
pub(crate) fn complete(table: &mut Table, shape: &Shape, errors: &mut Vec<ConfigError>) {
    if let Some(store) = section(table, "store") {
        at_most_one(store, "store", "store", errors);
        read_secret(store, "url", "store", Some(shape), errors);
    }
    if let Some(auth) = section(table, "auth") {
        if let Some(Node {
            value: Value::List(items),
            ..
        }) = auth.get_mut("keys")
        {
            complete_keys(items, errors);
        }
        if let Some(node) = auth.get_mut("jwt") {
            complete_jwt(node, shape, errors);
        }
    }
    for name in ["model", "embedding"] {
        complete_service(table, name, shape, errors);
    }
    fit::check(table, errors);
}

fn complete_service(table: &mut Table, name: &str, shape: &Shape, errors: &mut Vec<ConfigError>) {
    let Some(node) = table.get_mut(name) else {
        return;
    };
    let place = Node::new(Value::Null, node.origin.clone());
    let Value::Table(service) = &mut node.value else {
        return;
    };
    if let Some(Shape::Table { required, .. }) = shape.find(name) {
        for key in required.iter().filter(|key| !service.contains_key(*key)) {
            let problem = Problem::Missing(format!("`{name}` can't be asked without it"));
            report(errors, &place, &join(name, key), problem);
        }
    }
    at_most_one(service, name, name, errors);
    read_secret(service, "api_key", name, Some(shape), errors);
}

fn section<'t>(table: &'t mut Table, name: &str) -> Option<&'t mut Table> {
    match &mut table.get_mut(name)?.value {
        Value::Table(section) => Some(section),
        _ => None,
    }
}

fn exclusive(group: &str) -> &'static [&'static str] {
    let found = EXCLUSIVE.iter().find(|(of, _)| *of == group);
    found.map_or(&[], |(_, keys)| keys)
}

fn names(keys: &[&str]) -> String {
    let quoted: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(", ")
}

fn at_most_one(table: &Table, group: &str, path: &str, errors: &mut Vec<ConfigError>) {
    let keys = exclusive(group);
    let mut given = keys.iter().filter_map(|key| Some((key, table.get(*key)?)));
    if let (Some(_), Some((key, node))) = (given.next(), given.next()) {
        let problem =
            Problem::Conflict(format!("excludes the others: give one of {}", names(keys)));
        report(errors, node, &join(path, key), problem);
    }
}

/// Reads the file that `<key>_file` names into `<key>`.
fn read_secret(
    table: &mut Table,
    key: &str,
    path: &str,
    shape: Option<&Shape>,
    errors: &mut Vec<ConfigError>,
) {
    let key_file = format!("{key}_file");
    let Some(node) = table.get(&key_file) else {
        return;
    };
    let (origin, Some(name)) = (node.origin.clone(), node.as_text()) else {
        return;
    };
    let text = match file::read_text(Path::new(name)) {
        Ok(text) => text,
        Err(reason) => {
            let problem = Problem::Unreadable(format!("`{}`: {reason}", crate::error::shown(name)));
            return report(errors, node, &join(path, &key_file), problem);
        }
    };
    let secret = Node::text(text.trim_end_matches(['\r', '\n']), origin);
    let format = shape.and_then(|shape| shape.find(&join(path, key)));
    let secret_shape = Shape::Text("secret".to_owned());
    let format = format.unwrap_or(&secret_shape);
    if !crate::check::is_acceptable(&secret.value, format) {
        let expected = format!("a file that holds {}", crate::check::expected(format));
        let problem = Problem::Unacceptable {
            expected,
            got: None,
        };
        return report(errors, node, &join(path, &key_file), problem);
    }
    table.entry(key.to_owned()).or_insert(secret);
}

fn complete_keys(items: &mut [Node], errors: &mut Vec<ConfigError>) {
    let (mut seen_names, mut seen_keys) = (Vec::new(), Vec::new());
    for (index, node) in items.iter_mut().enumerate() {
        let (origin, path) = (node.origin.clone(), format!("auth.keys[{index}]"));
        let Value::Table(table) = &mut node.value else {
            continue;
        };
        at_most_one(table, "auth.keys[]", &path, errors);
        read_secret(table, "key", &path, None, errors);
        let place = Node::new(Value::Null, origin);
        if ["key", "key_file"]
            .iter()
            .all(|key| !table.contains_key(*key))
        {
            let problem = Problem::Missing("give it, or `key_file`".to_owned());
            report(errors, &place, &join(&path, "key"), problem);
        }
        for (member, seen) in [("name", &mut seen_names), ("key", &mut seen_keys)] {
            let Some(text) = table.get(member).and_then(Node::as_text) else {
                continue;
            };
            if seen.iter().any(|other| other == text) {
                let problem = Problem::Conflict("is that of another key too".to_owned());
                report(errors, &place, &join(&path, member), problem);
            }
            seen.push(text.to_owned());
        }
    }
}

fn complete_jwt(node: &mut Node, shape: &Shape, errors: &mut Vec<ConfigError>) {
    const PATH: &str = "auth.jwt";
    let place = Node::new(Value::Null, node.origin.clone());
    let (Value::Table(jwt), Some(jwt_shape)) = (&mut node.value, shape.find(PATH)) else {
        return;
    };
    if let Shape::Table { required, .. } = jwt_shape {
        for key in required.iter().filter(|key| !jwt.contains_key(*key)) {
            let problem = Problem::Missing("tokens can't be verified without it".to_owned());
            report(errors, &place, &join(PATH, key), problem);
        }
    }
    at_most_one(jwt, PATH, PATH, errors);
    read_secret(jwt, "secret", PATH, Some(shape), errors);
    let keys = exclusive(PATH);
    if !keys.iter().any(|key| jwt.contains_key(*key)) {
        let problem = Problem::Missing(format!("give one of {}", names(keys)));
        report(errors, &place, PATH, problem);
    }
    if let Some(node) = jwt.get("secret")
        && node
            .as_text()
            .is_some_and(|secret| secret.len() < SHORTEST_SECRET)
    {
        let problem = Problem::Conflict(format!("is shorter than {SHORTEST_SECRET} bytes"));
        report(errors, node, "auth.jwt.secret", problem);
    }
    algorithms_fit(jwt, errors);
}

/// A secret is for HS256 alone, a public key never.
fn algorithms_fit(jwt: &Table, errors: &mut Vec<ConfigError>) {
    let Some(node) = jwt.get("algorithms") else {
        return;
    };
    let Value::List(items) = &node.value else {
        return;
    };
    for item in items {
        let is_hmac = item.as_text() == Some("HS256");
        let problem = if jwt.contains_key("secret") && !is_hmac {
            "does not fit `secret`, which is for `HS256`"
        } else if jwt.contains_key("public_key_file") && is_hmac {
            "does not fit `public_key_file`: `HS256` has a secret"
        } else {
            continue;
        };
        report(
            errors,
            item,
            "auth.jwt.algorithms",
            Problem::Conflict(problem.to_owned()),
        );
    }
}

/// The settings that a checked table says.
pub(crate) fn settings(table: &Table) -> Result<Settings, ConfigErrors> {
    // Serde's own words could repeat a secret; the checks have said all that it could.
    serde_json::from_value(tree::to_json(table)).map_err(|_| {
        ConfigErrors::one(ConfigError {
            origin: Origin::Whole,
            key: String::new(),
            problem: Problem::Conflict("the settings do not fit together".to_owned()),
        })
    })
}
