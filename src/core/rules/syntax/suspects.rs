//! Data that was probably meant to be computed: a compound whose name is almost that of a function.

use super::parser::Parser;
use super::token::shorten;
use crate::rules::ast::{AggregateFunction, Atom, Name, Term, TermKind};
use crate::rules::builtins;
use crate::rules::check::walk::each_part;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::{count_arguments, nearest};
use crate::rules::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Compounds in bodies, and what is known of their names.
#[derive(Default)]
pub(super) struct Suspects {
    found: Vec<Suspect>,
    /// Names of data in facts and heads.
    data: BTreeSet<Name>,
    meanings: BTreeMap<(Name, usize), Option<Meaning>>,
}

struct Suspect {
    name: Name,
    arguments: usize,
    has_variable: bool,
    span: Span,
    /// Whether it stands where a value is computed: beside a comparison, or in a function.
    is_wanted: bool,
}

#[derive(Clone)]
struct Meaning {
    help: String,
    /// What to write instead of the name.
    name: Option<&'static str>,
    /// Whether it is the name of a built-in or an aggregate, and not only like one.
    is_known: bool,
}

/// So many names are compared with those of functions.
const MOST_NAMES: usize = 200;
/// So many of them are reported.
const MOST_REPORTED: usize = 100;

impl Suspects {
    /// Remembers the names of data in a head.
    pub(super) fn know(&mut self, head: &Atom) {
        for argument in &head.arguments {
            if matches!(argument.kind, TermKind::Constant(_) | TermKind::Variable(_)) {
                continue;
            }
            each_part(argument, &mut |part| {
                if let TermKind::Compound(name, _) = &part.kind
                    && !self.data.contains(name)
                {
                    self.data.insert(name.clone());
                }
            });
        }
    }

    /// Forgets those of a head or of what could not be read.
    pub(super) fn forget(&mut self, from: usize) {
        self.found.truncate(from);
    }

    pub(super) const fn count(&self) -> usize {
        self.found.len()
    }

    fn meaning(&mut self, name: &Name, arguments: usize) -> Option<Meaning> {
        let key = (name.clone(), arguments);
        if let Some(meaning) = self.meanings.get(&key) {
            return meaning.clone();
        }
        if self.meanings.len() >= MOST_NAMES {
            return None;
        }
        let meaning = meaning(name, arguments);
        self.meanings.insert(key, meaning.clone());
        meaning
    }
}

impl Parser<'_> {
    /// A compound whose name stands without backticks.
    pub(super) fn suspect(&mut self, name: &Name, arguments: &[Term], span: Span) {
        self.suspects.found.push(Suspect {
            name: name.clone(),
            arguments: arguments.len(),
            has_variable: hold_variable(arguments),
            span,
            is_wanted: false,
        });
    }

    /// A term stands where a value is computed.
    pub(super) fn wanted(&mut self, term: &Term) {
        if !matches!(term.kind, TermKind::Compound(..)) {
            return;
        }
        let mut found = self.suspects.found.iter_mut().rev();
        if let Some(suspect) = found.find(|suspect| suspect.span == term.span) {
            suspect.is_wanted = true;
        }
    }

    /// Says of which compounds it is probable that they were meant to be computed.
    pub(super) fn report_suspects(&mut self) {
        let mut reported = 0;
        for suspect in std::mem::take(&mut self.suspects.found) {
            let Some(meaning) = self.suspects.meaning(&suspect.name, suspect.arguments) else {
                continue;
            };
            let is_data = self.suspects.data.contains(&suspect.name);
            if is_data && !(suspect.is_wanted && meaning.is_known) {
                continue;
            }
            if suspect.has_variable || (suspect.is_wanted && meaning.is_known) {
                let diagnostic = describe(&suspect, meaning);
                self.report(diagnostic);
                reported += 1;
                if reported >= MOST_REPORTED {
                    break;
                }
            }
        }
    }
}

/// Whether built-ins or aggregates have a name.
pub(super) fn is_taken(name: &str) -> bool {
    AggregateFunction::ALL
        .iter()
        .any(|aggregate| aggregate.name() == name)
        || builtins::all().iter().any(|builtin| builtin.name == name)
}

/// Whether data of this name looks as if it were to be computed.
pub(super) fn looks_computed(name: &str, arguments: &[Term]) -> bool {
    is_taken(name) || (hold_variable(arguments) && meaning(name, arguments.len()).is_some())
}

fn hold_variable(terms: &[Term]) -> bool {
    let mut found = false;
    for term in terms {
        each_part(term, &mut |part| {
            found |= matches!(part.kind, TermKind::Variable(_) | TermKind::Anonymous);
        });
    }
    found
}

fn describe(suspect: &Suspect, meaning: Meaning) -> Diagnostic {
    let name = shorten(&suspect.name);
    let message = match meaning.is_known {
        true => format!("`{name}/{}` is no function", suspect.arguments),
        false => format!("there is no function `{name}`"),
    };
    let diagnostic = match suspect.is_wanted {
        true => Diagnostic::error("unknown-function", suspect.span, message),
        false => Diagnostic::warning("data-like-function", suspect.span, message),
    };
    let diagnostic = diagnostic
        .label("this is data, and is not computed")
        .help(format!(
            "{}; data of this name has it in backticks: `` `{name}`(…) ``",
            meaning.help
        ));
    let length = u32::try_from(suspect.name.len()).unwrap_or(0);
    match meaning.name {
        Some(meant) => {
            let end = suspect.span.start.saturating_add(length);
            diagnostic.suggestion(
                Span {
                    end,
                    ..suspect.span
                },
                meant,
            )
        }
        None => diagnostic,
    }
}

fn meaning(name: &str, arguments: usize) -> Option<Meaning> {
    let known = |help: String| {
        Some(Meaning {
            help,
            name: None,
            is_known: true,
        })
    };
    let mut aggregates = AggregateFunction::ALL.into_iter();
    let of_name = || {
        builtins::all()
            .iter()
            .filter(|builtin| builtin.name == name)
    };
    let arities: BTreeSet<usize> = of_name()
        .filter(|builtin| builtin.function)
        .map(|builtin| builtin.parameters.len().saturating_sub(1))
        .collect();
    if !arities.is_empty() {
        return known(format!("`{name}` takes {}", count_arguments(&arities)));
    }
    if aggregates.any(|aggregate| aggregate.name() == name) {
        return known(format!(
            "an aggregate says of what it is: `{name}(… for goal)`"
        ));
    }
    if of_name().next().is_some() {
        return known(format!(
            "`{name}` is a goal of its own, joined to others by `and`"
        ));
    }
    let functions = builtins::all().iter().filter(|builtin| builtin.function);
    let alike = nearest(name, functions.map(|builtin| builtin.name));
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == name);
    let meant = elsewhere.map(|(_, meant)| *meant).or(alike)?;
    Some(Meaning {
        help: format!("did you mean `{meant}`?"),
        name: builtins::is_function(meant, arguments).then_some(meant),
        is_known: false,
    })
}

/// What functions are called in other languages.
const ELSEWHERE: [(&str, &str); 20] = [
    ("len", "string_length"),
    ("length", "string_length"),
    ("strlen", "string_length"),
    ("size", "list_length"),
    ("lowercase", "lower"),
    ("to_lower", "lower"),
    ("tolower", "lower"),
    ("uppercase", "upper"),
    ("to_upper", "upper"),
    ("toupper", "upper"),
    ("substr", "substring"),
    ("replace", "string_replace"),
    ("split", "string_split"),
    ("join", "string_join"),
    ("strip", "trim"),
    ("str", "to_string"),
    ("string", "to_string"),
    ("int", "to_number"),
    ("union", "set_union"),
    ("keys", "record_keys"),
];
