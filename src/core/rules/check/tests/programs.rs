use super::{codes, finds, finds_nothing};

#[test]
fn an_unknown_predicate_has_near_misses() {
    finds(
        "role(\"ann\", \"clerk\"). p(x) if rolle(x, \"clerk\"). q(x) if rolle(_, x).",
        &[
            "unknown-predicate: `rolle/2` is not defined [rolle(x, \"clerk\")] \
         no clause, declaration or built-in has this name and number of arguments; \
         ~ [rolle(_, x)] also called here; help: did you mean `role/2`?; put: role for [rolle]",
        ],
    );
    finds(
        "role(\"ann\", \"clerk\"). p(x) if role(x).",
        &["unknown-predicate: `role/1` is not defined [role(x)] \
         no clause, declaration or built-in has this name and number of arguments; \
         ~ [role(\"ann\", \"clerk\")] `role/2` is defined here; help: `role` has 2 arguments, not 1"],
    );
    finds(
        "p(x) if membr(x, [1]).",
        &[
            "unknown-predicate: `membr/2` is not defined [membr(x, [1])] \
         no clause, declaration or built-in has this name and number of arguments; \
         help: did you mean `member/2`?; put: member for [membr]",
        ],
    );
    finds(
        "p(x) if starts_wth(x).",
        &[
            "unknown-predicate: `starts_wth/1` is not defined [starts_wth(x)] \
         no clause, declaration or built-in has this name and number of arguments; \
         help: did you mean `starts_with`, which has 2 arguments?",
        ],
    );
    finds(
        "p(x) if customer(x).",
        &[
            "unknown-predicate: `customer/1` is not defined [customer(x)] \
         no clause, declaration or built-in has this name and number of arguments; \
         help: add clauses for it, or declare it: `input customer/1.` if its facts come at run time",
        ],
    );
    finds(
        "tabled p/1.",
        &[
            "unknown-predicate: `p/1` is declared `tabled`, but has no clause [tabled p/1.] nothing defines it; \
         help: remove the declaration, correct its name, or add clauses",
        ],
    );
    finds_nothing(&[
        "input role/2. p(x) if role(x, _).",
        "external tier/2. p(x) if tier(x, _).",
        "p(x) if member(x, [1]).",
        "tabled p/1. p(1).",
    ]);
}

#[test]
fn a_builtin_is_not_defined_again() {
    finds(
        "member(x, [x | _]). member(x, [_ | t]) if member(x, t).",
        &[
            "redefined-builtin: `member/2` is a built-in [member(x, [x | _])] it can not be defined again; \
         ~ [member(x, [_ | t])] and here; help: give it another name, as in `my_member`",
        ],
    );
    finds_nothing(&["member(1)."]);
}

#[test]
fn declarations_agree() {
    finds(
        "input p/1. external p/1.",
        &[
            "declaration-clash: `p/1` is declared both `input` and `external` [external p/1.] it can not be both; \
         ~ [input p/1.] first declared here; help: remove one of the declarations",
        ],
    );
    finds(
        "untabled p/1. p(1). tabled p/1.",
        &[
            "declaration-clash: `p/1` is declared both `tabled` and `untabled` [tabled p/1.] it can not be both; \
         ~ [untabled p/1.] first declared here; help: remove one of the declarations",
        ],
    );
    finds(
        "external p/1. p(1).",
        &[
            "declaration-clash: `p/1` is declared `external`, but has a clause [p(1)] the host alone answers it; \
         ~ [external p/1.] declared here; \
         help: remove the clause or the declaration, or give one of them another name",
        ],
    );
    finds(
        "input p/1. input p/1.",
        &[
            "duplicate-declaration: `p/1` is declared `input` twice [input p/1.] this changes nothing; \
         ~ [input p/1.] first declared here; help: remove one of the declarations",
        ],
    );
    finds_nothing(&[
        "input p/1. p(1).",
        "input p/1. input p/2.",
        "tabled p/1. input p/1.",
    ]);
}

#[test]
fn a_declaration_has_the_arity_that_is_used() {
    finds(
        "input role/3. role(\"ann\", \"clerk\"). p(x) if role(x, _).",
        &[
            "arity-clash: `role/3` is declared, but only `role/2` is used [input role/3.] nothing uses this; \
         ~ [role(x, _)] used here; help: declare `role/2`, or remove the declaration",
        ],
    );
    finds_nothing(&[
        "input role/3. role(1, 2). p(x) if role(x, _, _).",
        "input role/3. input tool/1.",
    ]);
}

#[test]
fn recursion_through_negation_names_its_circle() {
    finds(
        "input move/2. win(x) if move(x, y) and not win(y).",
        &[
            "recursion-through-negation: `win/1` depends on its own negation: `win/1` → `win/1` [win(y)] \
         `win/1` calls `win/1` here under `not`; \
         help: split `win/1` so that what is asked under `not` does not depend on it",
        ],
    );
    finds(
        "input q/1. a(x) if q(x) and not b(x). b(x) if c(x). c(x) if q(x) and a(x).",
        &[
            "recursion-through-negation: `a/1` depends on its own negation: `a/1` → `b/1` → `c/1` → `a/1` [b(x)] \
         `a/1` calls `b/1` here under `not`; ~ [c(x)] `b/1` calls `c/1` here; ~ [a(x)] `c/1` calls `a/1` here; \
         help: split `a/1` so that what is asked under `not` does not depend on it",
        ],
    );
    let head = "input q/1. a(x) if q(x) and ";
    for (body, underlined) in [
        ("n = count(for a(y)) and n > y and q(y).", None),
        ("(forall q(y): a(y)).", Some("a(y)")),
        ("(if a(1) then q(1) else q(2)).", Some("a(1)")),
        ("not exists a(_).", Some("a(_)")),
    ] {
        let text = format!("{head}{body}");
        if let Some(underlined) = underlined {
            codes(&text, &[("recursion-through-negation", underlined)]);
        }
    }
    codes(
        "input q/1. a(n) if q(n) and n = sum(y for a(y)).",
        &[("recursion-through-negation", "a(y)")],
    );
    finds_nothing(&[
        "input q/1. a(x) if q(x) and not b(x). b(x) if q(x) and x > 3.",
        "input q/2. a(x) if q(x, 1). a(x) if q(x, y) and exists a(y).",
        "input q/2. a(x) if q(x, 1). a(x) if q(x, y) and if q(y, 2) then a(y) else q(y, 3).",
    ]);
}

#[test]
fn left_recursion_needs_a_table() {
    finds(
        "input edge/2. untabled reach/2. reach(x, y) if edge(x, y). reach(x, y) if reach(x, z) and edge(z, y).",
        &[
            "left-recursion-untabled: `reach/2` is not tabled, and calls itself again before anything else [reach(x, z)] \
         this asks again what the head was asked; ~ [untabled reach/2.] declared here; \
         help: remove the declaration, write `tabled reach/2.`, or put another goal first",
        ],
    );
    finds("input edge/2. path(x, y, [x, y]) if edge(x, y). path(x, y, [y | p]) if path(x, z, q) and edge(z, y) and p = q.", &[
        "left-recursion-untabled: `path/3` is not tabled, and calls itself again before anything else [path(x, z, q)] \
         this asks again what the head was asked",
    ].map(|line| format!("{line}; help: declare it with `tabled path/3.`, or put another goal first")).iter().map(String::as_str).collect::<Vec<_>>());
    codes(
        "input e/2. untabled a/1. untabled b/1. a(x) if b(x). b(x) if x != 3 and a(x). b(x) if e(x, _).",
        &[("left-recursion-untabled", "b(x)")],
    );
    finds_nothing(&[
        "input edge/2. untabled reach/2. reach(x, y) if edge(x, z) and reach(z, y). reach(x, y) if edge(x, y).",
        "input e/2. untabled a/1. a(x) if b(x). b(x) if a(x). b(x) if e(x, _).",
        "rev([], []). rev([h | t], r) if rev(t, s) and add_end(s, h, r). add_end(s, h, [h | s]).",
    ]);
}
