//! What may import what, and that the map names everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names under `[dependencies]` of a member.
fn dependencies(member: &str) -> Vec<String> {
    let manifest = read(format!("{member}/Cargo.toml"));
    let (_, section) = manifest.split_once("[dependencies]\n").unwrap();
    let section = section.split("\n[").next().unwrap();
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap().to_owned();
    section
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(name)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn folders(parent: &str) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(root().join(parent))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Folders of the core that engines share.
const SHARED: [&str; 2] = ["embedding", "text"];

/// Folders of the core that put engines together; no engine knows them.
const COMPOSING: [&str; 1] = ["controller"];

#[test]
fn core_depends_on_nothing_that_acts() {
    assert_eq!(
        dependencies("src/core"),
        [
            "crc",
            "hashbrown",
            "libm",
            "num-bigint",
            "num-integer",
            "num-traits",
            "regex-lite",
            "saphyr-parser",
            "semver",
            "thiserror",
            "unicode-properties"
        ]
    );
}

#[test]
fn component_is_the_core_and_its_bindings() {
    assert_eq!(
        dependencies("src/component"),
        ["assize-core", "wit-bindgen"]
    );
}

#[test]
fn json_knows_the_core_only() {
    let dependencies = dependencies("src/json");
    let ours = dependencies
        .iter()
        .filter(|name| name.starts_with("assize"));
    assert_eq!(ours.collect::<Vec<_>>(), ["assize-core"]);
    for forbidden in ["axum", "http", "tokio", "wasmtime"] {
        assert!(
            !dependencies.iter().any(|name| name == forbidden),
            "{forbidden}"
        );
    }
}

#[test]
fn configuration_knows_no_host() {
    let dependencies = dependencies("src/config");
    let ours = dependencies
        .iter()
        .filter(|name| name.starts_with("assize"));
    assert_eq!(ours.collect::<Vec<_>>(), ["assize-core", "assize-model"]);
}

#[test]
fn service_knows_no_runtime_and_no_socket() {
    let dependencies = dependencies("src/service");
    for forbidden in ["tokio", "hyper", "wasmtime", "assize", "reqwest"] {
        assert!(
            !dependencies.iter().any(|name| name == forbidden),
            "{forbidden}"
        );
    }
    assert_reaches_no_socket("assize-service");
}

#[test]
fn models_are_asked_over_a_transport_that_a_host_supplies() {
    let dependencies = dependencies("src/model");
    let ours = dependencies
        .iter()
        .filter(|name| name.starts_with("assize"));
    assert_eq!(ours.collect::<Vec<_>>(), ["assize-outbound"]);
    assert_reaches_no_socket("assize-model");
}

/// Over the resolved dependency tree, with the features that a package has by itself.
fn assert_reaches_no_socket(package: &str) {
    let metadata = std::process::Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
            "--locked",
        ])
        .output()
        .unwrap();
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    for line in String::from_utf8(metadata.stdout).unwrap().lines() {
        let name = line.split(' ').next().unwrap();
        assert!(
            !["tokio", "hyper", "mio", "socket2"].contains(&name),
            "{package} reaches {line}"
        );
    }
}

#[test]
fn engines_do_not_know_each_other() {
    let engines: Vec<_> = folders("src/core")
        .into_iter()
        .filter(|name| !SHARED.contains(&name.as_str()))
        .collect();
    assert!(engines.contains(&"governor".to_owned()));
    for engine in engines
        .iter()
        .filter(|name| !COMPOSING.contains(&name.as_str()))
    {
        let mut files = Vec::new();
        sources(&root().join("src/core").join(engine), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for other in engines.iter().filter(|other| *other != engine) {
                let import = format!("crate::{other}");
                assert!(
                    !text.contains(&import),
                    "{} imports {other}",
                    file.display()
                );
            }
        }
    }
    for shared in SHARED {
        let mut files = Vec::new();
        sources(&root().join("src/core").join(shared), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for engine in &engines {
                assert!(
                    !text.contains(&format!("crate::{engine}")),
                    "{} imports {engine}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn core_has_no_conditions_and_hand_written_crates_have_no_unsafe() {
    let mut files = Vec::new();
    sources(&root().join("src/core"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.contains("cfg(")) {
            assert_eq!(line.trim(), "#[cfg(test)]", "{}", file.display());
        }
    }
    for crate_root in [
        "src/core/lib.rs",
        "src/json/lib.rs",
        "src/model/lib.rs",
        "src/service/lib.rs",
        "src/embed/lib.rs",
        "src/playground/lib.rs",
        "src/edge/shared/lib.rs",
        "src/config/lib.rs",
        "src/host/main.rs",
        "src/xtask/main.rs",
        "tests/wasi-host/main.rs",
    ] {
        assert!(
            read(crate_root).contains("#![forbid(unsafe_code)]"),
            "{crate_root}"
        );
    }
}

#[test]
fn map_names_every_crate_and_engine() {
    let map = read("ARCHITECTURE.md");
    for name in folders("src") {
        assert!(
            map.contains(&format!("`src/{name}`")),
            "ARCHITECTURE.md does not name src/{name}"
        );
    }
    for name in folders("src/core") {
        assert!(
            map.contains(&format!("`{name}`")),
            "ARCHITECTURE.md does not name the core's {name}"
        );
    }
    for folder in ["`wit`", "`tests`", "`docs`"] {
        assert!(
            map.contains(folder),
            "ARCHITECTURE.md does not name {folder}"
        );
    }
}

#[test]
fn reason_codes_are_in_the_documentation() {
    let documented = read("docs/reasons.md");
    let reasons = read("src/core/governor/reasons.rs");
    let mut found = 0;
    for part in reasons
        .split('"')
        .filter(|part| part.starts_with("governor:"))
    {
        assert!(
            documented.contains(&format!("`{part}`")),
            "docs/reasons.md does not name {part}"
        );
        found += 1;
    }
    assert!(found >= 7);
}

#[test]
fn reason_codes_of_the_gate_are_those_in_the_documentation() {
    let codes = |text: &str, quote: char| -> BTreeSet<String> {
        let codes = text.split(quote).filter(|part| {
            part.strip_prefix("gate:").is_some_and(|name| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            })
        });
        codes.map(str::to_owned).collect()
    };
    let used = codes(&read("src/core/gate/reasons.rs"), '"');
    let documented = codes(&read("docs/reasons.md"), '`');
    assert_eq!(used, documented);
    assert!(used.len() >= 20);
}

/// Names of that shape that are no reasons: scopes, and kinds of events in a journal.
const NO_REASONS: [&str; 5] = [
    "rules:read",
    "rules:write",
    "rules:query",
    "rules:knowledge-base",
    "rules:names",
];

fn reasons_of_rules(text: &str, quote: char) -> BTreeSet<String> {
    text.split(quote)
        .filter(|part| {
            part.strip_prefix("rules:").is_some_and(|name| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            })
        })
        .filter(|part| !NO_REASONS.contains(part))
        .map(str::to_owned)
        .collect()
}

#[test]
fn reason_codes_of_rules_are_those_in_the_documentation() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let used: BTreeSet<String> = files
        .iter()
        .flat_map(|file| reasons_of_rules(&read(file), '"'))
        .collect();
    let documented = reasons_of_rules(&read("docs/reasons.md"), '`');
    assert_eq!(
        used, documented,
        "codes in src, and codes in docs/reasons.md"
    );
    assert!(used.len() >= 8);
}

#[test]
fn pages_have_one_policy_wherever_they_are_served() {
    let service = read("src/service/pages.rs");
    let policy = service
        .split('"')
        .find(|text| text.starts_with("default-src"));
    let headers = read("www/_headers");
    assert!(
        headers.contains(&format!("  Content-Security-Policy: {}\n", policy.unwrap())),
        "www/_headers has another policy than src/service/pages.rs"
    );
}
