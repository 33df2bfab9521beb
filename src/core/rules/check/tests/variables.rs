use super::{codes, finds, finds_nothing};

const ROLES: &str =
    "input role/2. input tool/1. input suspended/1. input order/3. input user/1. input score/2. ";

fn with(text: &str) -> String {
    format!("{ROLES}{text}")
}

#[track_caller]
fn fires(text: &str, expected: &[&str]) {
    finds(&with(text), expected);
}

#[track_caller]
fn quiet(texts: &[&str]) {
    for text in texts {
        finds(&with(text), &[]);
    }
}

#[test]
fn a_head_variable_needs_the_body() {
    fires(
        "allow(user, tool) if role(user, \"admin\").",
        &[
            "unbound-head-variable: nothing in the body binds `tool` [tool] so the rule would hold for anything here; \
         help: write `\"tool\"` if the text is meant; otherwise bind `tool` in the body, \
         or write `_` if it may be anything",
        ],
    );
    fires(
        "allow(x, y) if role(x, \"admin\").",
        &[
            "unbound-head-variable: nothing in the body binds `y` [y] so the rule would hold for anything here; \
         help: bind `y` in the body, or write `_` if it may be anything",
        ],
    );
    fires(
        "allow(user, tol) if role(user, tool) and tool(tool).",
        &[
            "unbound-head-variable: nothing in the body binds `tol` [tol] so the rule would hold for anything here; \
         help: did you mean `tool`? otherwise bind `tol` in the body, or write `_` if it may be anything",
        ],
    );
    quiet(&[
        "allow(user, _) if role(user, \"admin\").",
        "allow(user, _tool) if role(user, \"admin\").",
        "allow(user, tool) if role(user, \"admin\") and tool(tool).",
    ]);
}

#[test]
fn classic_programs_load() {
    finds_nothing(&[
        "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r).",
        "size([], 0). size([_ | t], n) if size(t, m) and n = m + 1.",
        "rev([], []). rev([h | t], r) if rev(t, s) and append(s, [h], r). \
         append([], l, l). append([h | t], l, [h | r]) if append(t, l, r).",
        "contains(x, [x | _]). contains(x, [_ | t]) if contains(x, t).",
        "fib(0, 0). fib(1, 1). fib(n, f) if n > 1 and a = n - 1 and b = n - 2 and fib(a, x) and fib(b, y) and f = x + y.",
        "input edge/2. reach(x, y) if edge(x, y). reach(x, y) if reach(x, z) and edge(z, y).",
        "same(x, x).",
    ]);
}

#[test]
fn a_variable_that_stands_alone() {
    fires(
        "p(x) if role(x, kind).",
        &[
            "singleton-variable: `kind` occurs only once in this clause [kind] so it may be anything; \
         help: write `\"kind\"` if the text is meant; otherwise write `_kind` to say that it may be anything",
        ],
    );
    fires(
        "p(x) if role(x, Kind).",
        &[
            "singleton-variable: `Kind` occurs only once in this clause [Kind] so it may be anything; \
         help: write `_Kind` to say that it may be anything; put: _Kind for [Kind]",
        ],
    );
    fires(
        "p(user) if role(user, name) and not suspended(usr) and tool(name).",
        &[
            "singleton-variable: `usr` occurs only once in this clause [usr] so it may be anything; \
         help: did you mean `user`? otherwise write `_usr` to say that it may be anything",
        ],
    );
    quiet(&["p(x) if role(x, _kind).", "p(x) if role(x, _)."]);
}

#[test]
fn a_variable_of_a_fact_may_have_been_meant_as_text() {
    fires(
        "level(ann, 3).",
        &[
            "variable-in-fact: `ann` is a variable here, so this holds for everything [ann] \
         not a text: texts stand in quotes; \
         help: write `\"ann\"` for the text, `_ann` if it holds for everything; put: \"ann\" for [ann]",
        ],
    );
    codes(
        "level(ann, clerk).",
        &[("variable-in-fact", "ann"), ("variable-in-fact", "clerk")],
    );
    codes(
        "first([head | _tail], [head | tail]).",
        &[("variable-in-fact", "tail")],
    );
    assert!(super::run("level(ann, 3).").has_errors());
    quiet(&["level(_ann, 3).", "level(_, 3).", "same(x, x)."]);
}

#[test]
fn a_negation_asks_about_known_variables() {
    fires(
        "free() if not suspended(x) and user(x).",
        &[
            "unsafe-negation: `x` is not known where `not` asks about it [x] nothing before `not` binds it; \
         ~ [x] it also occurs here; help: put the goal that binds `x` before `not`",
        ],
    );
    fires(
        "free() if not suspended(x) and not user(x).",
        &[
            "unsafe-negation: `x` is not known where `not` asks about it [x] nothing before `not` binds it; \
         ~ [x] it also occurs here; help: put the goal that binds `x` before `not`",
        ],
    );
    fires(
        "total(s) if s = sum(a for order(u, _, a)) and user(u).",
        &[
            "unsafe-negation: `u` is not known where `sum` asks about it [u] nothing before `sum` binds it; \
         ~ [u] it also occurs here; help: put the goal that binds `u` before `sum`",
        ],
    );
    let what = [("unsafe-negation", "x")];
    codes(&with("p() if exists suspended(x) and user(x)."), &what);
    codes(
        &with("p() if (forall role(x, r): tool(r)) and user(x)."),
        &what,
    );
    codes(
        &with("p() if not (tool(t) and not role(t, x)) and user(x)."),
        &what,
    );
    codes(
        &with("p() if (if suspended(x) then tool(1) else tool(2)) and user(x)."),
        &what,
    );
    codes(
        &with("p() if (user(x) or tool(_)) and not suspended(x)."),
        &what,
    );
}

#[test]
fn a_negation_may_ask_about_these() {
    quiet(&[
        "free() if user(x) and not suspended(x).",
        "free(x) if not suspended(x).",
        "free() if user(_) and not (role(x, r) and tool(r) and suspended(x)).",
        "free() if (user(x) and not suspended(x)) or (tool(x) and not suspended(x)).",
        "free() if (not (suspended(x) and user(x))) or (tool(x) and not suspended(x)).",
        "total(u, s) if user(u) and s = sum(a for order(u, _, a)).",
        "total(u, s) if s = sum(a for order(u, _, a)).",
        "count(n, r) if n = count(for role(_, r) by r).",
        "count(n) if n = count(for role(_, r) by r) and tool(r).",
        "p() if if score(1, s) then s > 5 else tool(1).",
        "p() if (if score(1, s) then s > 5 else score(2, s)) and tool(1).",
        "p(x) if user(x) and forall role(x, r): tool(r).",
    ]);
}

#[test]
fn an_input_is_known_before() {
    fires(
        "p(x) if n > 5 and score(x, n).",
        &[
            "unbound-input: `>` needs the value of `n`, which nothing before gives [n] not known here; \
         ~ [n] it occurs later, here; help: put the goal that gives `n` a value before this one",
        ],
    );
    fires(
        "p(x) if score(x, number) and numbr > 5.",
        &[
            "singleton-variable: `number` occurs only once in this clause [number] so it may be anything; \
         help: did you mean `numbr`? otherwise write `_number` to say that it may be anything",
            "unbound-input: `>` needs the value of `numbr`, which nothing before gives [numbr] not known here; \
         help: did you mean `number`?",
        ],
    );
    fires(
        "p(x) if user(x) and _ < 3.",
        &[
            "unbound-input: `<` needs a value where `_` stands [_] this is never known; \
         help: name a variable that a goal before gives a value",
        ],
    );
    fires(
        "p(x) if user(x) and starts_with(name, \"a\") and tool(name).",
        &[
            "unbound-input: `starts_with` needs the value of `name`, which nothing before gives [name] \
         not known here; `starts_with(x, x)` is a built-in; \
         ~ [name] it occurs later, here; help: put the goal that gives `name` a value before this one",
        ],
    );
    fires(
        "p(team) if member(team, _).",
        &[
            "unbound-input: `member` needs a value where `_` stands [_] \
         this is never known; `member(x, x)` is a built-in; \
         help: name a variable that a goal before gives a value",
        ],
    );
    fires(
        "p(x) if user(x) and x != clerk.",
        &[
            "unbound-input: `!=` needs the value of `clerk`, which nothing before gives [clerk] not known here; \
         help: write `\"clerk\"` if the text is meant; otherwise give `clerk` a value in a goal before this one",
        ],
    );
    let what = [("unbound-input", "m")];
    codes(&with("p(n) if n = m + 1 and tool(m)."), &what);
    codes(&with("p() if tool(m + 1) and user(m)."), &what);
    codes(&with("p() if tool(m.name) and user(m)."), &what);
    codes(&with("p() if tool(lower(m)) and user(m)."), &what);
    codes(
        &with("p(x) if user(x) and member(x, m) and tool(m)."),
        &what,
    );
    codes(&with("p(x) if user(x) and m != x and tool(m)."), &what);
    codes(&with("p() if (user(m) or tool(_)) and m > 3."), &what);
    codes(
        &with("p(s) if s = sum(m for order(_, _, n)) and n = 1 and tool(n) and m = 1."),
        &[("unsafe-negation", "m"), ("unsafe-negation", "n")],
    );
}

#[test]
fn an_input_may_be_known_so() {
    quiet(&[
        "p(n) if n > 5.",
        "p(x) if score(x, n) and n > 5.",
        "p(n) if tool(m) and n = m + 1.",
        "p() if tool(m) and add(m, 1, n) and n > 3.",
        "p() if user(l) and member(x, l) and x > 3.",
        "p() if member(x, [1, 2]) and x > 1.",
        "p() if user({name: n, age: a}) and a > 3 and tool(n).",
        "p(x) if user(u) and [x, y] = u and y > x.",
        "p(x) if (score(x, n) or order(x, _, n)) and n > 3.",
        "p(x) if user(x) and (if tool(x) then score(x, n) else false()) and n > 3.",
        "p(n) if s = count(for tool(_)) and n = s + 1.",
    ]);
}

#[test]
fn an_aggregate_groups_by_what_its_goal_holds() {
    fires(
        "p(t, n) if n = count(for user(_) by t).",
        &[
            "unbound-input: `count` can not be grouped by `t`, which its goal does not hold [t] not in the goal; \
         help: use `t` in the goal, or remove it from `by`",
        ],
    );
    codes(
        &with("p(n) if n = sum(amnt for order(_, _, amount))."),
        &[("unbound-input", "amnt"), ("singleton-variable", "amount")],
    );
}
