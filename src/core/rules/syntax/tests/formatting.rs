//! How formatted texts look.

use crate::rules::syntax::format;

#[track_caller]
fn check(text: &str, expected: &str) {
    let formatted = format(text).unwrap();
    assert_eq!(formatted, expected, "\n{formatted}");
    assert_eq!(format(&formatted).unwrap(), expected);
}

#[test]
fn short_statements_take_one_line() {
    check(
        "p( x,y )if q (x)and\n  not  r( y , -1 )\n and x-1>- y.b [ 0 ] . q( {a:[1,2|t] , if : \"b\"} ).",
        "p(x, y) if q(x) and not r(y, -1) and x - 1 > -y.b[0].\nq({a: [1, 2 | t], if: \"b\"}).\n",
    );
    check(
        "input  role / 2 .\nexternal `a b`/1.@id( \"a\" )@reason(\"b\") p().",
        "input role/2.\nexternal `a b`/1.\n@id(\"a\") @reason(\"b\")\np().\n",
    );
    check("", "");
    check("# only", "# only\n");
}

#[test]
fn long_rules_have_a_line_for_each_condition() {
    check(
        "@id(\"tools-1\") @reason(\"clerks may use the tools of their role\")\nallow(agent, \"use\", tool) if role(agent, r) and grants(r, tool.name) and tool.risk < 0.4 and not suspended(agent).",
        r#"@id("tools-1") @reason("clerks may use the tools of their role")
allow(agent, "use", tool) if
    role(agent, r)
    and grants(r, tool.name)
    and tool.risk < 0.4
    and not suspended(agent).
"#,
    );
    check(
        "needs_review(user, action, thing) if first_condition_of_all(user, action) and second_condition(thing) or third_condition(thing) or fourth_condition(user, action, thing) and fifth_condition_of_all(user, action, thing) and sixth(x).",
        r"needs_review(user, action, thing) if
    first_condition_of_all(user, action) and second_condition(thing)
    or third_condition(thing)
    or fourth_condition(user, action, thing)
        and fifth_condition_of_all(user, action, thing)
        and sixth(x).
",
    );
}

#[test]
fn long_conditions_are_opened() {
    check(
        "total_of_all_orders(user, sum) if user_of_the_shop(user) and sum = sum(amount for order_of_the_shop(user, order, amount) and not cancelled_order_of_the_shop(user, order) by user) and (first_alternative_of_two(user, sum) or second_alternative_of_two(user, sum) or third_alternative_of_two(user)).",
        r"total_of_all_orders(user, sum) if
    user_of_the_shop(user)
    and sum = sum(
        amount
        for order_of_the_shop(user, order, amount) and not cancelled_order_of_the_shop(user, order)
        by user
    )
    and (
        first_alternative_of_two(user, sum)
        or second_alternative_of_two(user, sum)
        or third_alternative_of_two(user)
    ).
",
    );
    check(
        "level_of_the_user(user, level) if score_of_the_user(user, score) and if score > 5 and trusted_user_of_the_shop(user) then level = \"high\" else if score > 2 then level = \"medium\" else level = \"low\".",
        r#"level_of_the_user(user, level) if
    score_of_the_user(user, score)
    and if score > 5 and trusted_user_of_the_shop(user)
        then level = "high"
        else if score > 2 then level = "medium" else level = "low".
"#,
    );
    check(
        "a_fact_with_many_arguments(\"one argument\", \"another argument\", [\"a list\", \"of strings\"], {field: \"a record\"}).",
        r#"a_fact_with_many_arguments(
    "one argument",
    "another argument",
    ["a list", "of strings"],
    {field: "a record"}
).
"#,
    );
}

#[test]
fn comments_stay_where_they_say_something() {
    check(
        r"#!first


# above
p(x) if # why
 q(x) and # first
 # second
 r(x)# third
 , s(x) # last
 . # behind
# end"
            .replace(", s", "and s")
            .as_str(),
        r"#!first

# above
p(x) if  # why
    q(x)  # first
    # second
    and r(x)  # third
    and s(x)  # last
    .  # behind
# end
",
    );
    check(
        "p(1, # one\n 2 # two\n, 3). q(). # q\n\n\n\n# r\n\nr(\n# s\n).\n\n",
        "p(\n    1,  # one\n    2,  # two\n    3\n).\nq().  # q\n\n# r\n\nr(\n    # s\n    ).\n",
    );
}

#[test]
fn what_can_not_be_read_is_not_formatted() {
    assert_eq!(format("p(").unwrap_err()[0].code, "unexpected-token");
}
