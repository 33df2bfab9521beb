//! What people write who know other languages, and what to write here.

use super::token::Kind;

/// An entry of the table below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Habit(u8);

struct Entry {
    written: &'static str,
    meant: &'static str,
    kind: Kind,
    help: &'static str,
}

const fn entry(
    written: &'static str,
    meant: &'static str,
    kind: Kind,
    help: &'static str,
) -> Entry {
    Entry {
        written,
        meant,
        kind,
        help,
    }
}

const EQUAL: &str = "write `=`; it unifies, and compares what is known";
const NOT_EQUAL: &str = "write `!=`";
const BRANCHES: &str = "write `if condition then goal else goal`";

/// Longer ones before shorter ones that they begin with.
const TABLE: [Entry; 24] = [
    entry("=:=", "=", Kind::Equal, EQUAL),
    entry("=\\=", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("===", "=", Kind::Equal, EQUAL),
    entry("!==", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("\\==", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("==", "=", Kind::Equal, EQUAL),
    entry("\\=", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("<>", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("~=", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("=<", "<=", Kind::LessOrEqual, "write `<=`"),
    entry(
        "=>",
        ">=",
        Kind::GreaterOrEqual,
        "write `>=` for at least; a rule is `head if body`",
    ),
    entry(":-", "if", Kind::If, "write `if` between head and body"),
    entry(
        "<-",
        "if",
        Kind::If,
        "write `if` between head and body; `x < -1` needs a space",
    ),
    entry("->", "", Kind::Bad, BRANCHES),
    entry(
        ":=",
        "=",
        Kind::Equal,
        "write `=`; a variable has one value for a whole rule",
    ),
    entry("&&", "and", Kind::And, "write `and`"),
    entry("||", "or", Kind::Or, "write `or`"),
    entry("\\+", "not", Kind::Not, "write `not`"),
    entry("&", "and", Kind::And, "write `and`"),
    entry(
        ";",
        "or",
        Kind::Or,
        "write `or` between alternatives; a statement ends with `.`",
    ),
    entry("^", "**", Kind::DoubleStar, "write `**` for a power"),
    entry("≠", "!=", Kind::NotEqual, NOT_EQUAL),
    entry("≤", "<=", Kind::LessOrEqual, "write `<=`"),
    entry("≥", ">=", Kind::GreaterOrEqual, "write `>=`"),
];

const BANG: Habit = Habit(u8::MAX);

/// The habit at the beginning of a text, and its length.
pub(super) fn find(text: &str) -> Option<(Habit, usize)> {
    let found = TABLE
        .iter()
        .position(|entry| text.starts_with(entry.written));
    if let Some(place) = found {
        let length = TABLE.get(place)?.written.len();
        return Some((Habit(u8::try_from(place).ok()?), length));
    }
    (text.starts_with('!') && !text.starts_with("!=")).then_some((BANG, 1))
}

impl Habit {
    fn entry(self) -> &'static Entry {
        const NOT: Entry = entry("!", "not", Kind::Not, "write `not`; there is no cut");
        TABLE.get(usize::from(self.0)).unwrap_or(&NOT)
    }

    /// The token that is meant.
    pub(super) fn kind(self) -> Kind {
        self.entry().kind
    }

    /// What is written.
    pub(super) fn written(self) -> &'static str {
        self.entry().written
    }

    /// What to write instead; empty where that is no single word.
    pub(super) fn meant(self) -> &'static str {
        self.entry().meant
    }

    /// What to do.
    pub(super) fn help(self) -> &'static str {
        self.entry().help
    }
}
