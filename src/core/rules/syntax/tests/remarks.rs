//! Comments are kept where a text is written in another form.

use super::super::{parse_with_comments, print};
use crate::rules::ast::Item;
use crate::rules::source::{Format, Source};
use crate::rules::structured;
use proptest::prelude::*;

fn source(text: &str, format: Format) -> Source {
    Source {
        name: "a".into(),
        text: text.into(),
        format,
    }
}

#[test]
fn every_comment_has_a_statement() {
    let text = "# policy\n\n# about a\na(1). # behind a\n\n# alone\n\nb(x) if # why\n  a(x) # so\n  and c(x). # behind b\ninput c/1.\n# last\n";
    let (program, diagnostics, unkept) = parse_with_comments(&source(text, Format::Text), 0);
    assert_eq!((diagnostics.len(), unkept), (0, 0));
    let comments: Vec<Vec<&str>> = program
        .items
        .iter()
        .map(|item| match item {
            Item::Clause(clause) => clause.comments.iter().map(AsRef::as_ref).collect(),
            Item::Declaration(declaration) => {
                declaration.comments.iter().map(AsRef::as_ref).collect()
            }
        })
        .collect();
    assert_eq!(
        comments,
        [
            vec!["policy", "about a", "behind a"],
            vec!["alone", "why", "so", "behind b"],
            vec!["last"],
        ]
    );
    let yaml = structured::to_yaml(&program);
    let (again, found) = structured::parse(&source(&yaml, Format::Structured), 0);
    assert_eq!(found, [], "{yaml}");
    assert_eq!(print(&again), print(&program));
}

#[test]
fn without_a_statement_comments_are_counted() {
    let (program, _, unkept) = parse_with_comments(&source("# a\n# b", Format::Text), 0);
    assert_eq!((program.items.len(), unkept), (0, 2));
}

proptest! {
    #[test]
    fn no_comment_is_lost(parts in prop::collection::vec(prop::sample::select(vec!["a(1).", "b(x) if", " a(x)", " and", "\n", "\n\n", "# c\n", " # d\n", "input e/1."]), 0..30)) {
        let text = parts.concat();
        let (program, _, unkept) = parse_with_comments(&source(&text, Format::Text), 0);
        let kept: usize = program.items.iter().map(|item| match item {
            Item::Clause(clause) => clause.comments.len(),
            Item::Declaration(declaration) => declaration.comments.len(),
        }).sum();
        prop_assert_eq!(kept + unkept, text.matches('#').count());
    }
}
