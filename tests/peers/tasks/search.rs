//! Recursion and closures.

use super::{Ask, Task};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Naive reverse and Fibonacci numbers.
pub fn recursion() -> Vec<Task> {
    vec![
        reverse(),
        fibonacci("fib15", "fib(15), untabled", 15, false),
        fibonacci("fib24", "fib(24), untabled", 24, false),
        fibonacci("fib24_tabled", "fib(24), tabled, as text", 24, true),
        fibonacci("fib1000_tabled", "fib(1000), tabled, as text", 1000, true),
    ]
}

fn reverse() -> Task {
    let numbers: Vec<String> = (1..=30).map(|number| number.to_string()).collect();
    let numbers = numbers.join(", ");
    Task {
        id: "reverse30",
        title: "naive reverse of 30",
        rules: format!(
            "untabled joined/3.\nuntabled turned/2.\nnumbers([{numbers}]).\n\
             joined([], list, list).\n\
             joined([item | rest], list, [item | more]) if joined(rest, list, more).\n\
             turned([], []).\n\
             turned([item | rest], list) if turned(rest, more) and joined(more, [item], list).\n\
             run() if numbers(list) and turned(list, _).\n"
        ),
        prolog: format!(
            "numbers([{numbers}]).\n\
             joined([], L, L).\njoined([X|R], L, [X|M]) :- joined(R, L, M).\n\
             turned([], []).\nturned([X|R], L) :- turned(R, M), joined(M, [X], L).\n\
             run :- numbers(L), turned(L, _).\n"
        ),
        prolog_goal: "run".to_owned(),
        counts: Some(("run()".to_owned(), "run".to_owned())),
        holds: true,
        inferences: Some(496),
        ..Task::default()
    }
}

fn fibonacci(id: &'static str, title: &'static str, number: u32, tabled: bool) -> Task {
    let (word, table) = if tabled {
        ("tabled", ":- table fib/2.\n")
    } else {
        ("untabled", "")
    };
    Task {
        id,
        title,
        rules: format!(
            "{word} fib/2.\nfib(0, 0).\nfib(1, 1).\n\
             fib(n, f) if n > 1 and a = n - 1 and b = n - 2 and fib(a, x) and fib(b, y) and f = x + y.\n\
             run() if fib({number}, _).\n"
        ),
        prolog: format!(
            "{table}fib(0, 0).\nfib(1, 1).\n\
             fib(N, F) :- N > 1, A is N - 1, B is N - 2, fib(A, X), fib(B, Y), F is X + Y.\n\
             run :- fib({number}, _).\n"
        ),
        ask: if tabled {
            Ask::Text("run()".to_owned())
        } else {
            Ask::default()
        },
        prolog_goal: if tabled {
            "(abolish_all_tables, run)".to_owned()
        } else {
            "run".to_owned()
        },
        counts: Some((format!("fib({number}, _)"), format!("fib({number}, _)"))),
        holds: true,
        ..Task::default()
    }
}

/// All pairs of some graphs, tabled.
pub fn closures() -> Vec<Task> {
    let chain: Vec<_> = (0..100).map(|node| (node, node + 1)).collect();
    let complete: Vec<_> = (0..50)
        .flat_map(|from| {
            (0..50)
                .filter(move |to| *to != from)
                .map(move |to| (from, to))
        })
        .collect();
    let (small, large) = (acyclic(60, 200), acyclic(100, 200));
    vec![
        closure("chain_left", "chain of 100, left recursive", &chain, true),
        closure(
            "chain_right",
            "chain of 100, right recursive",
            &chain,
            false,
        ),
        closure("dag60_left", "DAG 60/200, left recursive", &small, true),
        closure("dag60_right", "DAG 60/200, right recursive", &small, false),
        closure("dag100_left", "DAG 100/200, left recursive", &large, true),
        closure(
            "dag100_right",
            "DAG 100/200, right recursive",
            &large,
            false,
        ),
        closure(
            "k50_left",
            "complete digraph of 50, left recursive",
            &complete,
            true,
        ),
        closure(
            "k50_right",
            "complete digraph of 50, right recursive",
            &complete,
            false,
        ),
    ]
}

/// Edges from lower to higher nodes, the same in each run.
fn acyclic(nodes: u32, edges: usize) -> Vec<(u32, u32)> {
    let mut state: u64 = 0x2545_f491_4f6c_dd1d;
    let mut random = |bound: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as u32 % bound
    };
    let mut known = BTreeSet::new();
    while known.len() < edges {
        let (left, right) = (random(nodes), random(nodes));
        if left != right {
            known.insert((left.min(right), left.max(right)));
        }
    }
    known.into_iter().collect()
}

/// Goes through all pairs and looks at each; none of them is what is sought.
fn closure(id: &'static str, title: &'static str, edges: &[(u32, u32)], left: bool) -> Task {
    let mut facts = String::new();
    for (from, to) in edges {
        let _ = writeln!(facts, "edge({from}, {to}).");
    }
    let (ours, prolog) = if left {
        (
            "path(x, z) if path(x, y) and edge(y, z).",
            "path(X, Z) :- path(X, Y), edge(Y, Z).",
        )
    } else {
        (
            "path(x, z) if edge(x, y) and path(y, z).",
            "path(X, Z) :- edge(X, Y), path(Y, Z).",
        )
    };
    Task {
        id,
        title,
        rules: format!("{facts}path(x, y) if edge(x, y).\n{ours}\n"),
        ask: Ask::Text("path(x, y) and x + y < 0".to_owned()),
        prolog: format!(":- table path/2.\n{facts}path(X, Y) :- edge(X, Y).\n{prolog}\n"),
        prolog_goal: "(abolish_all_tables, path(X, Y), X + Y < 0)".to_owned(),
        counts: Some(("path(x, y)".to_owned(), "path(_, _)".to_owned())),
        ..Task::default()
    }
}
