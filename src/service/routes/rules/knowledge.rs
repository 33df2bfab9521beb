use super::*;

fn policy(text: &str) -> Value {
    json!({"sources": [{"name": "policy.rules", "text": text}]})
}

const FIRST: &str = r#"input role/2. allow(who, "read") if role(who, "clerk")."#;
const SECOND: &str = r#"input role/2. allow(who, "read") if role(who, "auditor")."#;

fn verdict(service: &Router, name: &str) -> Value {
    let query = json!({"query": ["allow", "ann", "read"], "rules": name});
    let (status, answer) = post(service, "/query", query);
    assert_eq!(status, 200, "{answer}");
    answer["verdict"].clone()
}

#[test]
fn a_version_is_put_asked_and_rolled_back() {
    let service = service();
    let path = "/v1/rules/tools";
    let (status, answer) = call(&service, Method::PUT, path, policy(FIRST));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (&answer["version"], &answer["active"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(verdict(&service, "tools"), "deny");
    let facts = json!({"add": [["role", "ann", "clerk"], ["role", "bob", "clerk"]]});
    let (status, answer) = post(&service, "/v1/rules/tools/facts", facts.clone());
    assert_eq!(
        (status.as_u16(), answer),
        (200, json!({"added": 2, "removed": 0}))
    );
    let (_, answer) = post(&service, "/v1/rules/tools/facts", facts);
    assert_eq!(answer, json!({"added": 0, "removed": 0}));
    assert_eq!(verdict(&service, "tools"), "allow");
    call(&service, Method::PUT, path, policy(SECOND));
    assert_eq!(verdict(&service, "tools"), "deny");
    let (status, answer) = post(&service, "/v1/rules/tools/activate", json!({"version": 1}));
    assert_eq!((status.as_u16(), answer), (200, json!({"active": 1})));
    assert_eq!(verdict(&service, "tools"), "allow");
    let remove = json!({"remove": [["role", "ann", "clerk"]]});
    post(&service, "/v1/rules/tools/facts", remove);
    assert_eq!(verdict(&service, "tools"), "deny");
    let (_, answer) = call(&service, Method::GET, path, Value::Null);
    assert_eq!(
        (&answer["active"], &answer["changed_facts"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(answer["versions"].as_array().unwrap().len(), 2);
    let (_, answer) = call(
        &service,
        Method::GET,
        "/v1/rules/tools/versions/2",
        Value::Null,
    );
    assert_eq!(answer["sources"][0]["text"], SECOND);
}

#[test]
fn what_is_wrong_changes_nothing() {
    let service = service();
    let (status, answer) = call(&service, Method::PUT, "/v1/rules/p", policy("p(x) if q(."));
    assert_eq!(status, 422, "{answer}");
    let (status, _) = call(&service, Method::GET, "/v1/rules/p", Value::Null);
    assert_eq!(status, 404);
    call(&service, Method::PUT, "/v1/rules/p", policy(FIRST));
    for (path, body, expected) in [
        ("/v1/rules/p/facts", json!({"add": [["rule", "ann"]]}), 400),
        ("/v1/rules/p/facts", json!({"plus": []}), 400),
        ("/v1/rules/p/activate", json!({"version": 7}), 400),
        ("/v1/rules/absent/activate", json!({"version": 1}), 404),
        ("/query", json!({"query": "p(1)"}), 404),
    ] {
        let (status, answer) = post(&service, path, body);
        assert_eq!(status, expected, "{path}: {answer}");
    }
    let (status, _) = call(&service, Method::PUT, "/v1/rules/a~b", policy(FIRST));
    assert_eq!(status, 400);
    let facts = json!({"add": [["role", "ann", "clerk"]]});
    post(&service, "/v1/rules/p/facts", facts);
    assert_eq!(verdict(&service, "p"), "allow");
}

#[test]
fn facts_wait_for_versions_that_have_their_predicates() {
    let service = service();
    call(&service, Method::PUT, "/v1/rules/p", policy(FIRST));
    let facts = json!({"add": [["role", "ann", "clerk"]]});
    post(&service, "/v1/rules/p/facts", facts);
    assert_eq!(verdict(&service, "p"), "allow");
    let (status, answer) = call(&service, Method::PUT, "/v1/rules/p", policy("allow(1)."));
    assert_eq!(
        (status, &answer["dormant_facts"]),
        (StatusCode::OK, &json!(1)),
        "{answer}"
    );
    let (_, kept) = call(&service, Method::GET, "/v1/rules/p/facts", Value::Null);
    assert_eq!(
        kept,
        json!({"added": [["role", "ann", "clerk"]], "removed": []})
    );
    let (status, answer) = post(&service, "/v1/rules/p/activate", json!({"version": 1}));
    assert_eq!((status, answer), (StatusCode::OK, json!({"active": 1})));
    assert_eq!(verdict(&service, "p"), "allow");
}

#[test]
fn facts_that_are_kept_do_not_come_with_a_question() {
    let service = service();
    call(&service, Method::PUT, "/v1/rules/p", policy(FIRST));
    let asked =
        json!({"query": "allow(x, y)", "rules": "p", "facts": [["role", "mallory", "clerk"]]});
    let facts = json!({"add": [["role", "ann", "clerk"]]});
    assert_eq!(post(&service, "/query", asked.clone()).0, 200);
    post(&service, "/v1/rules/p/facts", facts);
    let (status, answer) = post(&service, "/query", asked);
    assert_eq!(status, 400);
    assert_eq!(answer["errors"][0]["pointer"], "/facts/0", "{answer}");
}

#[test]
fn knowledge_bases_are_listed_and_deleted() {
    let service = service();
    for name in ["b", "a"] {
        call(
            &service,
            Method::PUT,
            &format!("/v1/rules/{name}"),
            policy(FIRST),
        );
    }
    let names = |service: &Router| {
        let (_, answer) = call(service, Method::GET, "/v1/rules", Value::Null);
        let names = answer["rules"].as_array().unwrap().clone();
        names
            .iter()
            .map(|base| base["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&service), ["a", "b"]);
    let (status, _) = call(&service, Method::DELETE, "/v1/rules/a", Value::Null);
    assert_eq!(status, 204);
    assert_eq!(names(&service), ["b"]);
    let (status, _) = call(&service, Method::DELETE, "/v1/rules/a", Value::Null);
    assert_eq!(status, 404);
    let (_, answer) = call(&service, Method::PUT, "/v1/rules/a", policy(FIRST));
    assert_eq!(answer["version"], 2);
}

#[test]
fn sources_are_checked_without_being_kept() {
    let service = service();
    let (status, answer) = post(&service, "/v1/rules/check", policy("p(x) if q(x)."));
    assert_eq!(status, 200);
    assert_eq!(answer["acceptable"], false, "{answer}");
    assert_eq!(answer["findings"][0]["line"], 1);
    let (_, answer) = post(&service, "/v1/rules/check", policy(FIRST));
    assert_eq!(answer["acceptable"], true);
}

#[test]
fn a_knowledge_base_is_no_session() {
    let service = service();
    call(&service, Method::PUT, "/v1/rules/p", policy(FIRST));
    let chain = crate::knowledge::chain_of("default", "p");
    for method in [Method::GET, Method::DELETE] {
        let path = format!("/v1/governor/sessions/{chain}");
        let (status, _) = call(&service, method, &path, Value::Null);
        assert_eq!(status, 404);
    }
    assert_eq!(verdict(&service, "p"), "deny");
}

#[test]
fn every_described_request_is_accepted() {
    let service = service();
    let (_, description) = call(&service, Method::GET, "/openapi.json", Value::Null);
    let example = |reference: &Value| {
        let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
        description["components"]["schemas"][name]["example"].clone()
    };
    let rules = example(&json!("VersionBody"));
    let (status, answer) = call(&service, Method::PUT, "/v1/rules/default", rules);
    assert_eq!(status, 200, "{answer}");
    let mut asked = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let Some(body) = methods["post"].get("requestBody") else {
            continue;
        };
        // Nobody has a language model here.
        if path.contains("governor") || path == "/evaluate" || path == "/v1/generate" {
            continue;
        }
        let example = example(&body["content"]["application/json"]["schema"]["$ref"]);
        let path = path.replace("{name}", "default");
        let (status, answer) = post(&service, &path, example);
        assert_eq!(status, 200, "{path}: {answer}");
        asked += 1;
    }
    assert_eq!(asked, 15);
}
