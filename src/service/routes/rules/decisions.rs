use super::*;

const IDENTIFIERS: &str = r#"
role("ann", "clerk"). role("bob", "auditor"). role("eve", "clerk"). role("dan", "clerk").
document("d1"). document("d2").
@id("allow-1") @reason("clerks may read documents")
allow(who, "read", what) if role(who, "clerk") and document(what).
@id("allow-2") allow("ann", "write", what) if document(what).
@id("deny-1") @reason("eve is suspended")
deny("eve", _, _).
@id("human-1") @reason("writing is decided by a person")
escalate(_, "write", "d2").
@id("mask-1") @reason("mask names in d2")
oblige(_, "read", "d2", {mask: "names"}).
"#;

const RECORDS: &str = r#"
allow(subject, action, resource, context) if
    subject.type = "user" and action.name = "read" and resource.owner = subject.id
    and context.hour < 18.
"#;

fn with(name: &str, policy: &str) -> Router {
    let service = service();
    let body = json!({"sources": [{"name": "policy.rules", "text": policy}]});
    let path = format!("/v1/rules/{name}");
    let (status, answer) = call(&service, Method::PUT, &path, body);
    assert_eq!(status, 200, "{answer}");
    service
}

fn decide(service: &Router, body: Value) -> Value {
    let (status, answer) = post(service, "/v1/rules/p/decide", body);
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn what_is_denied_is_denied_whatever_permits_it() {
    let service = with("p", IDENTIFIERS);
    for (subject, action, resource, verdict, code, rule) in [
        ("ann", "read", "d1", "allow", "rules:proved", "allow-1"),
        ("eve", "read", "d1", "deny", "rules:denied", "deny-1"),
        ("eve", "write", "d2", "deny", "rules:denied", "deny-1"),
        (
            "ann",
            "write",
            "d2",
            "escalate",
            "rules:escalated",
            "human-1",
        ),
        ("ann", "write", "d1", "allow", "rules:proved", "allow-2"),
        ("ann", "read", "d2", "transform", "rules:obliged", "mask-1"),
        ("bob", "read", "d1", "deny", "rules:not-provable", ""),
        ("bob", "read", "d2", "deny", "rules:not-provable", ""),
    ] {
        let body = json!({"subject": subject, "action": {"name": action},
            "resource": {"type": "document", "id": resource}});
        let answer = decide(&service, body);
        let asked = format!("{subject} {action} {resource}: {answer}");
        assert_eq!(answer["verdict"], verdict, "{asked}");
        assert_eq!(answer["reasons"][0]["code"], code, "{asked}");
        assert_eq!(
            answer["reasons"][0]["rule"].as_str().unwrap_or(""),
            rule,
            "{asked}"
        );
        let obligations = &answer["obligations"];
        if verdict == "transform" {
            assert_eq!(obligations, &json!([{"mask": "names"}]));
        } else {
            assert_eq!(obligations, &Value::Null);
        }
    }
    let answer = decide(
        &service,
        json!({"subject": "eve", "action": "read", "resource": "d1"}),
    );
    assert_eq!(answer["reasons"][0]["message"], "eve is suspended");
}

#[test]
fn records_are_judged_whole() {
    let service = with("p", RECORDS);
    let question = |subject: &str, hour: u32| {
        json!({"subject": {"type": "user", "id": subject}, "action": "read",
            "resource": {"id": "d1", "owner": "ann"}, "context": {"hour": hour}})
    };
    assert_eq!(decide(&service, question("ann", 9))["verdict"], "allow");
    assert_eq!(decide(&service, question("ann", 20))["verdict"], "deny");
    assert_eq!(decide(&service, question("bob", 9))["verdict"], "deny");
    let mut body = question("bob", 9);
    body["why_not"] = json!(true);
    assert!(decide(&service, body)["why_not"][0]["attempts"].is_array());
}

#[test]
fn what_can_not_be_decided_is_not_permitted() {
    let policy = r#"external blocked/1. input bad/1.
        allow(_, "read", _). allow(_, "write", _).
        deny(who, "read", _) if blocked(who).
        deny(_, "write", _) if 1 / 0 > 1."#;
    let service = with("p", policy);
    let ask = |action: &str| {
        decide(
            &service,
            json!({"subject": "a", "action": action, "resource": "b"}),
        )
    };
    let answer = ask("read");
    assert_eq!(answer["verdict"], "refine");
    assert_eq!(answer["needs"]["name"], "blocked");
    let answer = ask("write");
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(answer["reasons"][0]["code"], "rules:runtime-error");
    let service = with("p", "p(1).");
    let body = json!({"subject": "a", "action": "b", "resource": "c"});
    let (status, _) = post(&service, "/v1/rules/p/decide", body);
    assert_eq!(status, 409);
    let (status, answer) = post(
        &service,
        "/v1/rules/p/decide",
        json!({"subject": 1, "acton": "b"}),
    );
    assert_eq!(status, 400);
    assert_eq!(answer["errors"].as_array().unwrap().len(), 4, "{answer}");
}

#[test]
fn a_permission_without_all_of_its_obligations_is_none() {
    let policy = r#"allow(_, _, _). oblige(_, _, _, "log"). oblige(_, _, _, "mask")."#;
    let service = with("p", policy);
    let mut body = json!({"subject": "a", "action": "b", "resource": "c"});
    assert_eq!(decide(&service, body.clone())["verdict"], "transform");
    body["max_answers"] = json!(1);
    let answer = decide(&service, body);
    assert_eq!(answer["verdict"], "deny", "{answer}");
    assert_eq!(answer["reasons"][0]["code"], "rules:limit");
}

#[test]
fn authzen_evaluates() {
    let service = with("default", IDENTIFIERS);
    let question = |subject: &str| {
        json!({"subject": {"type": "user", "id": subject}, "action": {"name": "read"},
            "resource": {"type": "document", "id": "d1"}, "unknown": 1})
    };
    let path = "/access/v1/evaluation";
    let (status, answer) = post(&service, path, question("ann"));
    assert_eq!((status.as_u16(), &answer["decision"]), (200, &json!(true)));
    assert_eq!(answer["context"]["reasons"][0]["rule"], "allow-1");
    let (_, answer) = post(&service, path, question("eve"));
    assert_eq!(answer["decision"], false);
    let body = question("ann").to_string();
    let other = [("x-assize-rules", "absent")];
    let (status, _) = text(&service, (Method::POST, path), &other, &body);
    assert_eq!(status, 404);
    let (status, _) = post(&service, path, json!({"subject": {"type": "user"}}));
    assert_eq!(status, 400);
}

#[test]
fn authzen_evaluates_many() {
    let service = with("default", IDENTIFIERS);
    let ask = |semantic: &str| {
        let subject = |id: &str| json!({"subject": {"type": "user", "id": id}});
        let body = json!({"action": {"name": "read"}, "resource": {"type": "document", "id": "d1"},
            "evaluations": [subject("bob"), subject("ann"), {"subject": 7}, subject("dan")],
            "options": {"evaluations_semantic": semantic}});
        let (status, answer) = post(&service, "/access/v1/evaluations", body);
        assert_eq!(status, 200, "{answer}");
        let all = answer["evaluations"].as_array().unwrap().clone();
        all.iter()
            .map(|item| item["decision"].as_bool().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(ask("execute_all"), [false, true, false, true]);
    assert_eq!(ask("deny_on_first_deny"), [false]);
    assert_eq!(ask("permit_on_first_permit"), [false, true]);
    let single = json!({"subject": {"type": "user", "id": "ann"}, "action": {"name": "read"},
        "resource": {"type": "document", "id": "d1"}});
    let (_, answer) = post(&service, "/access/v1/evaluations", single);
    assert_eq!(answer["decision"], true);
}

#[test]
fn authzen_searches() {
    let service = with("default", IDENTIFIERS);
    let (user, read, document) = (
        json!({"type": "user", "id": "ann"}),
        json!({"name": "read"}),
        json!({"type": "document", "id": "d1"}),
    );
    let results = |path: &str, body: Value| {
        let (status, answer) = post(&service, path, body);
        assert_eq!(status, 200, "{answer}");
        answer["results"].clone()
    };
    let body = json!({"subject": {"type": "user"}, "action": read, "resource": document});
    assert_eq!(
        results("/access/v1/search/subject", body),
        json!([{"type": "user", "id": "ann"}, {"type": "user", "id": "dan"}])
    );
    let body = json!({"subject": user, "action": read, "resource": {"type": "document"}});
    assert_eq!(
        results("/access/v1/search/resource", body),
        json!([{"type": "document", "id": "d1"}, {"type": "document", "id": "d2"}])
    );
    let body = json!({"subject": user, "resource": document});
    assert_eq!(
        results("/access/v1/search/action", body),
        json!([{"name": "read"}, {"name": "write"}])
    );
}

#[test]
fn authzen_says_where_everything_is() {
    let path = "/.well-known/authzen-configuration";
    let host = [("host", "pdp.example.com")];
    let (status, text) = text(&service(), (Method::GET, path), &host, "");
    assert_eq!(status, 200);
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["policy_decision_point"], "https://pdp.example.com");
    let evaluation = "https://pdp.example.com/access/v1/evaluation";
    assert_eq!(answer["access_evaluation_endpoint"], evaluation);
}
