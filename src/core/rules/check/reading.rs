//! What readers of sources can find, for those who list rules: a code and what is wrong, in one sentence.

/// Sorted.
const READING: &[(&str, &str)] = &[
    ("alias", "YAML has an alias, which is not supported"),
    (
        "ambiguous-scalar",
        "a YAML value without quotes may be read as one of two things",
    ),
    ("anchor", "YAML has an anchor, which is not supported"),
    ("annotated-declaration", "a declaration has annotations"),
    (
        "atom-shape",
        "a predicate with arguments is not written as a list",
    ),
    ("body-shape", "a body is not a list of goals"),
    ("chained-comparison", "comparisons are chained"),
    ("compound-name", "a compound does not begin with its name"),
    (
        "data-like-function",
        "data has the name of a function, or almost",
    ),
    ("declaration-shape", "a declaration is not a mapping"),
    (
        "direction-control",
        "an invisible character makes a text look other than it is",
    ),
    (
        "document-shape",
        "a document is not a mapping of facts, rules and declarations",
    ),
    ("duplicate-field", "a record has a field twice"),
    ("duplicate-key", "a mapping has a key twice"),
    (
        "empty-atom",
        "a list of a predicate and its arguments is empty",
    ),
    ("empty-body", "a body has no goals"),
    ("empty-compound", "a compound has no name"),
    ("empty-source", "a document says nothing"),
    ("foreign-body", "a body stands in braces, as in Rego"),
    (
        "foreign-comment",
        "a comment is written as in another language",
    ),
    (
        "foreign-operator",
        "an operator or a word of another language",
    ),
    ("foreign-statement", "a statement of another language"),
    (
        "function-in-head",
        "something is computed in the head of a rule",
    ),
    ("goal-arguments", "a goal has other arguments than it takes"),
    (
        "implicit-mapping",
        "YAML has a mapping where a list or a value was meant",
    ),
    ("invalid-escape", "an escape in a text has no meaning"),
    ("invalid-number", "a number is not written as one"),
    ("invalid-syntax", "a document is neither JSON nor YAML"),
    (
        "item-shape",
        "an item of a document is not what it should be",
    ),
    ("key-not-string", "a key is no string"),
    (
        "misplaced-aggregate",
        "an aggregate does not stand alone on one side of `=`",
    ),
    ("missing-body", "a rule has no body"),
    ("missing-head", "a rule has no head"),
    (
        "missing-parentheses",
        "a predicate without arguments has no parentheses",
    ),
    (
        "missing-space",
        "a `.` that ends a statement touches a name",
    ),
    ("missing-stop", "a statement does not end with `.`"),
    (
        "missing-template",
        "an aggregate does not say of what it is",
    ),
    ("missing-value", "a value is missing"),
    ("misspelt-keyword", "a word of the language is misspelt"),
    (
        "mixed-items",
        "a document mixes two ways of writing its items",
    ),
    (
        "name-and-arity",
        "a predicate is not written as its name and number of arguments",
    ),
    ("not-a-goal", "a term stands where a goal is expected"),
    ("not-a-term", "a goal stands where a term is expected"),
    (
        "not-a-value",
        "a variable or a function stands where a value is expected",
    ),
    (
        "not-an-atom",
        "something else stands where a predicate with arguments is expected",
    ),
    ("not-finite", "a number is not finite"),
    ("number-too-long", "a number has too many digits"),
    ("or-of-values", "an `or` joins values and not goals"),
    ("predicate-name", "a predicate does not begin with its name"),
    ("reserved-name", "a name has a meaning of its own"),
    ("rest-alone", "a list has a rest and no items before it"),
    ("rest-is-list", "the rest of a list is written as a list"),
    ("rule-shape", "a rule is not a mapping"),
    ("single-quotes", "a string stands in single quotes"),
    (
        "special-key-not-alone",
        "a key with `$` stands beside others",
    ),
    ("stray-quote", "a quote stands within a text without quotes"),
    ("tag", "YAML has a tag, which is not supported"),
    ("too-deep", "something is nested too deeply"),
    ("too-large", "a source or a clause is too large"),
    (
        "too-many-arguments",
        "a predicate or compound has too many arguments",
    ),
    (
        "too-many-errors",
        "the rest is not read after so many errors",
    ),
    (
        "too-many-problems",
        "the rest is not reported after so many errors",
    ),
    (
        "unexpected-character",
        "a character has no meaning where it stands",
    ),
    ("unexpected-token", "something else is expected"),
    ("unknown-aggregate", "there is no such aggregate"),
    ("unknown-function", "there is no such function"),
    ("unknown-key", "a key has no meaning where it stands"),
    ("unknown-special-key", "a key with `$` has no meaning"),
    ("unquoted-variable", "a variable in YAML has no quotes"),
    ("unterminated-string", "a text has no end"),
    ("variable-field", "the name of a field is a variable"),
    (
        "wrong-shape",
        "something is not of the shape that it should have",
    ),
];

/// What is wrong where a reader gives a code.
pub(super) fn summary(code: &str) -> Option<&'static str> {
    let place = READING.binary_search_by(|(known, _)| (*known).cmp(code));
    place
        .ok()
        .and_then(|place| READING.get(place))
        .map(|(_, summary)| *summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn codes(folder: &Path, found: &mut Vec<String>) {
        let call =
            r#"(?:(?:error|warning|mismatch)(?:::<[^>]*>)?\(\s*|code: )"([a-z]+(?:-[a-z]+)*)","#;
        let call = regex_lite::Regex::new(call).unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                codes(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("\nmod tests {").next().unwrap_or_default();
                found.extend(call.captures_iter(text).map(|found| found[1].to_owned()));
            }
        }
    }

    #[test]
    fn every_code_of_a_reader_is_listed_and_documented() {
        assert!(READING.is_sorted());
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let mut found = Vec::new();
        for folder in ["syntax", "structured", "program"] {
            codes(&rules.join(folder), &mut found);
        }
        found.sort();
        found.dedup();
        assert!(found.len() > 60, "{found:?}");
        for code in &found {
            let is_known = summary(code).is_some() || super::super::code(code).is_some();
            assert!(is_known, "{code} is not listed");
        }
        let page = include_str!("../../../../docs/rules-checks.md");
        for (code, summary) in READING {
            assert!(
                found.iter().any(|known| known == code),
                "{code} is given by nothing"
            );
            assert!(
                page.contains(&format!("| `{code}` | {summary} |\n")),
                "{code}"
            );
        }
    }
}
