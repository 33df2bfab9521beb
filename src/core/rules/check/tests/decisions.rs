use super::{codes, finds, finds_nothing};

const ALLOW: &str = "input role/2. allow(a, \"use\", _t) if role(a, \"clerk\"). ";

fn with(text: &str) -> String {
    format!("{ALLOW}{text}")
}

#[test]
fn a_decision_of_another_arity_is_never_asked() {
    finds(
        &with("input bad/1. deny(a) if bad(a). deny(a) if role(a, \"guest\")."),
        &[
            "decision-arity: a decision never asks `deny/1` [deny(a)] this has no effect on decisions; \
             ~ [deny(a)] and here; \
             help: write `deny(subject, action, resource)`, with the context \
             `deny(subject, action, resource, context)`, or give it another name",
        ],
    );
    finds(
        "input bad/1. oblige(a, \"use\", _t) if bad(a).",
        &[
            "decision-arity: a decision never asks `oblige/3` [oblige(a, \"use\", _t)] this has no effect on decisions; \
             help: write `oblige(subject, action, resource, obligation)`, with the context \
             `oblige(subject, action, resource, context, obligation)`, or give it another name",
        ],
    );
    codes(
        &with("allow(a, t) if role(a, t)."),
        &[("decision-arity", "allow(a, t)")],
    );
    codes(
        "input escalate/2.",
        &[("decision-arity", "input escalate/2.")],
    );
    finds_nothing(&[
        &with("deny(a, _, _) if role(a, \"guest\"). deny(a, _, _, _) if role(a, \"guest\")."),
        &with("oblige(a, _, _, \"log\") if role(a, _). oblige(a, _, _, _, \"log\") if role(a, _)."),
        &with("deny(a) if role(a, \"guest\"). deny(a, _, _) if deny(a)."),
        "input role/2. allow(a, t) if role(a, t).",
    ]);
}

#[test]
fn a_decision_that_nothing_asks_is_misspelt() {
    finds(
        &with("denny(a, _, _) if role(a, \"guest\")."),
        &[
            "misspelt-decision: nothing asks `denny/3`, which is almost `deny` [denny(a, _, _)] \
             this has no effect on decisions; help: did you mean `deny`? otherwise give it another name; \
             put: deny for [denny]",
        ],
    );
    for name in ["allowed", "DENY", "Escalate", "esclate", "obliges"] {
        let head = format!("{name}(a, _, _, _)");
        codes(
            &with(&format!("{head} if role(a, _).")),
            &[("misspelt-decision", &head)],
        );
    }
    finds_nothing(&[
        "input role/2. denny(a, _, _) if role(a, _).",
        &with("denny(a, _, _) if role(a, \"guest\"). deny(a, x, y) if denny(a, x, y)."),
    ]);
}

#[test]
fn what_a_decision_gives_as_an_identifier_has_no_fields() {
    finds(
        "input role/2. allow(a, \"use\", t) if role(a, _) and t.risk < 3.",
        &[
            "field-of-identifier: `t` is an identifier here, which has no fields [t.risk] a decision gives a string; \
             ~ [allow(a, \"use\", t)] `allow/3` is asked with identifiers; \
             help: look it up in facts, as in `risk(t, level)`, or take the four records of `allow/4`",
        ],
    );
    codes(
        "input role/2. deny(a, _, t) if role(a, r) and role(r, [t.name]).",
        &[("field-of-identifier", "t.name")],
    );
    codes(
        "input role/2. escalate(a, \"use\", {risk: 3}) if role(a, _).",
        &[("field-of-identifier", "{risk: 3}")],
    );
    finds_nothing(&[
        "input role/2. allow(a, \"use\", t, _) if role(a.id, _) and t.risk < 3.",
        "input role/2. allow(a, \"use\", t) if role(a, u) and role(t, u) and u.risk < 3.",
        "input role/2. oblige(a, _, _, o) if role(a, o) and o.due < 3.",
        "input role/2. allow(a, b, t) if role(a, b) and t.risk < 3. deny(a, b, t) if role(t, r) and allow(a, b, r).",
    ]);
}

#[test]
fn what_no_rule_of_a_decision_uses() {
    finds(
        &with("input suspended/1. level(\"ann\", 3). level(\"bob\", 4)."),
        &[
            "unused-predicate: no rule asks for `suspended/1` [input suspended/1.] this has no effect on decisions; \
             help: remove it, or use it; where a query asks it, say so with an annotation, as in `@query(\"…\")`",
            "unused-predicate: no rule asks for `level/2` [level(\"ann\", 3)] this has no effect on decisions; \
             ~ [level(\"bob\", 4)] and here; \
             help: remove it, or use it; where a query asks it, say so with an annotation, as in `@query(\"…\")`",
        ],
    );
    finds_nothing(&[
        &with("@query(\"who\") level(\"ann\", 3). may(a) if role(a, \"guest\")."),
        "input suspended/1. level(\"ann\", 3).",
        "input edge/2. reach(x, y) if edge(x, y). reach(x, y) if reach(x, z) and edge(z, y).",
    ]);
}

#[test]
fn annotations_that_are_shown() {
    finds(
        "@id(\"a\") @resaon(\"x\") p(1). @id(\"a\") q(1).",
        &[
            "misspelt-annotation: `@resaon` is almost `@reason` [@resaon(\"x\")] proofs and decisions do not show it; \
             help: did you mean `@reason`?",
            "duplicate-id: `a` is the `@id` of two clauses [@id(\"a\")] so a reason does not say which of them it was; \
             ~ [@id(\"a\")] first here; help: give each an `@id` of its own",
        ],
    );
    for name in ["ID", "ids", "Reason", "reasons", "raeson"] {
        let annotation = format!("@{name}(\"x\")");
        codes(
            &format!("{annotation} p(1)."),
            &[("misspelt-annotation", &annotation)],
        );
    }
    finds_nothing(&[
        "@id(\"a\") @reason(\"x\") @owner(\"y\") @if(\"z\") p(1). @id(\"b\") @reason(\"x\") q(1).",
    ]);
}
