//! Facts by the hundred thousand, and decisions.

use super::{Ask, CedarTask, RegoTask, Task};
use std::fmt::Write;

const FACTS: u32 = 100_000;
const KEY: u32 = 77_777;

/// 100,000 facts for us and for Prolog: the text is the same.
pub fn load_facts() -> String {
    let mut facts = String::new();
    for number in 0..FACTS {
        let _ = writeln!(facts, "owner(\"u{number}\", \"d{number}\", \"t{number}\").");
    }
    facts
}

/// One fact among 100,000 by each of its arguments.
pub fn lookups() -> Vec<Task> {
    let facts = load_facts();
    let rules = format!(
        "{facts}first(x) if owner(x, _, _).\nsecond(x) if owner(_, x, _).\nthird(x) if owner(_, _, x).\n"
    );
    let prolog = format!(
        ":- set_prolog_flag(double_quotes, atom).\n{facts}first(X) :- owner(X, _, _).\n\
         second(X) :- owner(_, X, _).\nthird(X) :- owner(_, _, X).\n"
    );
    let lookup = |id, title, predicate, letter: &str| Task {
        id,
        title,
        rules: rules.clone(),
        ask: Ask::Holds(predicate, vec![format!("{letter}{KEY}")]),
        prolog: prolog.clone(),
        prolog_goal: format!("{predicate}({letter}{KEY})"),
        holds: true,
        ..Task::default()
    };
    vec![
        lookup(
            "lookup1",
            "lookup in 100,000 facts, first argument",
            "first",
            "u",
        ),
        lookup("lookup2", "… second argument", "second", "d"),
        lookup("lookup3", "… third argument", "third", "t"),
    ]
}

const USERS: u32 = 1_000;
const ROLES: u32 = 100;
const PERMISSIONS: u32 = 1_000;

fn roles_of(user: u32) -> [u32; 2] {
    [user % ROLES, (user * 7 + 13) % ROLES]
}

/// 1,000 users of two roles each, 100 roles, 1,000 permissions: may the user, by the second role?
pub fn rbac() -> Vec<Task> {
    let (user, permission) = (421, 660);
    let mut facts = String::new();
    let mut users = Vec::new();
    let mut grants = vec![Vec::new(); ROLES as usize];
    let mut entities = Vec::new();
    for user in 0..USERS {
        let [one, two] = roles_of(user);
        let _ = writeln!(
            facts,
            "role(\"u{user}\", \"r{one}\").\nrole(\"u{user}\", \"r{two}\")."
        );
        users.push(format!("\"u{user}\": [\"r{one}\", \"r{two}\"]"));
        entities.push(format!(
            "{{\"uid\": {{\"type\": \"User\", \"id\": \"u{user}\"}}, \"attrs\": {{}}, \"parents\": [{}, {}]}}",
            role(one),
            role(two)
        ));
    }
    for number in 0..PERMISSIONS {
        let of = number % ROLES;
        let _ = writeln!(facts, "grants(\"r{of}\", \"p{number}\").");
        if let Some(granted) = grants.get_mut(of as usize) {
            granted.push(format!("\"p{number}\": true"));
        }
        entities.push(format!(
            "{{\"uid\": {{\"type\": \"Permission\", \"id\": \"p{number}\"}}, \"attrs\": {{\"roles\": [{{\"__entity\": {}}}]}}, \"parents\": []}}",
            role(of)
        ));
    }
    entities.extend((0..ROLES).map(|number| {
        format!(
            "{{\"uid\": {}, \"attrs\": {{}}, \"parents\": []}}",
            role(number)
        )
    }));
    let grants: Vec<String> = grants
        .iter()
        .enumerate()
        .map(|(number, granted)| format!("\"r{number}\": {{{}}}", granted.join(", ")))
        .collect();
    let by_handles = Task {
        id: "rbac",
        title: "RBAC decision",
        rules: format!("{facts}allow(user, permission) if role(user, r) and grants(r, permission).\n"),
        ask: Ask::Holds("allow", vec![format!("u{user}"), format!("p{permission}")]),
        prolog: format!(
            ":- set_prolog_flag(double_quotes, atom).\n:- discontiguous role/2, grants/2.\n{facts}\
             allow(U, P) :- role(U, R), grants(R, P).\n"
        ),
        prolog_goal: format!("allow(u{user}, p{permission})"),
        holds: true,
        rego: Some(RegoTask {
            policy: "package task\nimport rego.v1\ndefault allow := false\n\
                     allow if {\n some r in data.roles[input.user]\n data.grants[r][input.permission]\n}\n"
                .to_owned(),
            data: format!("{{\"roles\": {{{}}}, \"grants\": {{{}}}}}", users.join(", "), grants.join(", ")),
            input: format!("{{\"user\": \"u{user}\", \"permission\": \"p{permission}\"}}"),
        }),
        cedar: Some(CedarTask {
            policies: "permit(principal, action == Action::\"use\", resource)\n\
                       when { principal in resource.roles };"
                .to_owned(),
            entities: format!("[{}]", entities.join(",\n")),
            request: [
                format!("User::\"u{user}\""),
                "Action::\"use\"".to_owned(),
                format!("Permission::\"p{permission}\""),
            ],
            context: "{}".to_owned(),
        }),
        ..Task::default()
    };
    let as_text = Task {
        id: "rbac_text",
        title: "RBAC decision, as text",
        ask: Ask::Text(format!("allow(\"u{user}\", \"p{permission}\")")),
        prolog: String::new(),
        rego: None,
        cedar: None,
        ..by_handles.clone()
    };
    vec![by_handles, as_text]
}

fn role(number: u32) -> String {
    format!("{{\"type\": \"Role\", \"id\": \"r{number}\"}}")
}

/// `risk < 0.4 and confidence > 0.8`, for 0.3 and 0.9.
pub fn thresholds() -> Vec<Task> {
    let as_text = Task {
        id: "threshold_text",
        title: "threshold rule, as text",
        rules: "allow(risk, confidence) if risk < 0.4 and confidence > 0.8.\n".to_owned(),
        ask: Ask::Text("allow(0.3, 0.9)".to_owned()),
        holds: true,
        ..Task::default()
    };
    let of_facts = Task {
        id: "threshold",
        title: "threshold rule, numbers in a fact",
        rules: "output(\"o1\", 0.3, 0.9).\noutput(\"o2\", 0.5, 0.9).\n\
                allow(o) if output(o, risk, confidence) and risk < 0.4 and confidence > 0.8.\n"
            .to_owned(),
        ask: Ask::Holds("allow", vec!["o1".to_owned()]),
        prolog: "allow(R, C) :- R < 0.4, C > 0.8.\n".to_owned(),
        prolog_goal: "allow(0.3, 0.9)".to_owned(),
        holds: true,
        rego: Some(RegoTask {
            policy: "package task\nimport rego.v1\ndefault allow := false\n\
                     allow if {\n input.risk < 0.4\n input.confidence > 0.8\n}\n"
                .to_owned(),
            data: "{}".to_owned(),
            input: "{\"risk\": 0.3, \"confidence\": 0.9}".to_owned(),
        }),
        cedar: Some(CedarTask {
            policies: "permit(principal, action, resource) when {\n\
                       context.risk.lessThan(decimal(\"0.4\")) && context.confidence.greaterThan(decimal(\"0.8\")) };"
                .to_owned(),
            entities: "[]".to_owned(),
            request: ["User::\"a\"".to_owned(), "Action::\"use\"".to_owned(), "Tool::\"t\"".to_owned()],
            context: "{\"risk\": {\"__extn\": {\"fn\": \"decimal\", \"arg\": \"0.3\"}}, \
                      \"confidence\": {\"__extn\": {\"fn\": \"decimal\", \"arg\": \"0.9\"}}}"
                .to_owned(),
        }),
        ..Task::default()
    };
    vec![of_facts, as_text]
}

/// So many rules, of which the one in the middle allows.
pub fn rules_of(count: u32) -> Task {
    let chosen = count / 2;
    let mut ours = format!("role(\"ann\", \"r{chosen}\").\n");
    let mut prolog = format!(":- discontiguous allow/2.\nrole(ann, r{chosen}).\n");
    let mut rego = "package task\nimport rego.v1\ndefault allow := false\n".to_owned();
    let mut cedar = String::new();
    for rule in 0..count {
        let _ = writeln!(
            ours,
            "allow(agent, \"t{rule}\") if role(agent, \"r{rule}\")."
        );
        let _ = writeln!(prolog, "allow(A, t{rule}) :- role(A, r{rule}).");
        let _ = writeln!(
            rego,
            "allow if {{\n input.tool == \"t{rule}\"\n data.roles[input.agent][\"r{rule}\"]\n}}"
        );
        let _ = writeln!(
            cedar,
            "permit(principal in Role::\"r{rule}\", action == Action::\"use\", resource == Tool::\"t{rule}\");"
        );
    }
    Task {
        id: if count > 10 { "rules1000" } else { "rules10" },
        title: if count > 10 {
            "1,000 rules, one matches"
        } else {
            "10 rules, one matches"
        },
        rules: ours,
        ask: Ask::Holds("allow", vec!["ann".to_owned(), format!("t{chosen}")]),
        prolog,
        prolog_goal: format!("allow(ann, t{chosen})"),
        holds: true,
        rego: Some(RegoTask {
            policy: rego,
            data: format!("{{\"roles\": {{\"ann\": {{\"r{chosen}\": true}}}}}}"),
            input: format!("{{\"agent\": \"ann\", \"tool\": \"t{chosen}\"}}"),
        }),
        cedar: Some(CedarTask {
            policies: cedar,
            entities: format!(
                "[{{\"uid\": {{\"type\": \"User\", \"id\": \"ann\"}}, \"attrs\": {{}}, \"parents\": [{}]}},\n\
                 {{\"uid\": {}, \"attrs\": {{}}, \"parents\": []}}]",
                role(chosen),
                role(chosen)
            ),
            request: [
                "User::\"ann\"".to_owned(),
                "Action::\"use\"".to_owned(),
                format!("Tool::\"t{chosen}\""),
            ],
            context: "{}".to_owned(),
        }),
        ..Task::default()
    }
}
