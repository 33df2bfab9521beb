//! The table of all built-ins, and how its entries are written.

use super::{
    Builtin, Context, Fault, Group, MachineOperation, Mode, Parameter, Run, Solutions, Yields,
};
use super::{
    comparison, control, external, lists, networks, numbers, records, sets, strings, time, types,
    versions,
};
use crate::rules::value::Value;
use std::sync::LazyLock;

/// From all arguments to all solutions.
pub(super) type Pure = fn(&[Value], &Context) -> Result<Solutions, Fault>;

static ALL: LazyLock<Vec<&'static Builtin>> = LazyLock::new(|| {
    let chapters = [
        comparison::TABLE,
        numbers::TABLE,
        types::TABLE,
        strings::TABLE,
        lists::TABLE,
        sets::TABLE,
        records::TABLE,
        time::TABLE,
        networks::TABLE,
        versions::TABLE,
        control::TABLE,
        external::TABLE,
    ];
    let mut all: Vec<&Builtin> = chapters.into_iter().flatten().collect();
    all.sort_by_key(|builtin| key(builtin));
    all
});

const fn key(builtin: &Builtin) -> (&'static str, usize) {
    (builtin.name, builtin.parameters.len())
}

/// Every built-in, by name and then number of arguments.
#[must_use]
pub fn all() -> &'static [&'static Builtin] {
    &ALL
}

/// The number of a built-in in `all`; it may change from version to version.
#[must_use]
pub fn index_of(name: &str, arity: usize) -> Option<u16> {
    let place = ALL
        .binary_search_by(|builtin| key(builtin).cmp(&(name, arity)))
        .ok()?;
    u16::try_from(place).ok()
}

/// The built-in with a number that `index_of` gave.
#[must_use]
pub fn by_index(index: u16) -> Option<&'static Builtin> {
    ALL.get(usize::from(index)).copied()
}

/// The built-in of a name and number of arguments.
#[must_use]
pub fn find(name: &str, arity: usize) -> Option<&'static Builtin> {
    index_of(name, arity).and_then(by_index)
}

/// Whether a name with this number of arguments, which does not count the value, is a function.
#[must_use]
pub fn is_function(name: &str, arguments: usize) -> bool {
    arguments
        .checked_add(1)
        .and_then(|arity| find(name, arity))
        .is_some_and(|builtin| builtin.function)
}

/// An argument that must be known.
pub(super) const fn known(name: &'static str, kind: &'static str) -> Parameter {
    Parameter {
        name,
        mode: Mode::Bound,
        kind,
    }
}

/// An argument that may hold unbound variables, but is none.
pub(super) const fn shape(name: &'static str, kind: &'static str) -> Parameter {
    Parameter {
        name,
        mode: Mode::Shape,
        kind,
    }
}

/// An argument that is unified with what the built-in gives.
pub(super) const fn gives(name: &'static str, kind: &'static str) -> Parameter {
    Parameter {
        name,
        mode: Mode::Any,
        kind,
    }
}

/// What an entry says about itself: its summary and its example.
pub(super) type Text = (&'static str, &'static str);

/// Something that holds or not.
pub(super) const fn test(
    group: Group,
    name: &'static str,
    parameters: &'static [Parameter],
    (summary, example): Text,
    run: Pure,
) -> Builtin {
    let run = Run::Pure(run);
    Builtin {
        name,
        parameters,
        function: false,
        yields: Yields::Test,
        group,
        summary,
        example,
        run,
    }
}

/// Something with at most one value, which is its last argument.
pub(super) const fn function(
    group: Group,
    name: &'static str,
    parameters: &'static [Parameter],
    (summary, example): Text,
    run: Pure,
) -> Builtin {
    let run = Run::Pure(run);
    Builtin {
        name,
        parameters,
        function: true,
        yields: Yields::One,
        group,
        summary,
        example,
        run,
    }
}

/// Something with any number of values, each its last argument.
pub(super) const fn generator(
    group: Group,
    name: &'static str,
    parameters: &'static [Parameter],
    (summary, example): Text,
    run: Pure,
) -> Builtin {
    let run = Run::Pure(run);
    Builtin {
        name,
        parameters,
        function: true,
        yields: Yields::Many,
        group,
        summary,
        example,
        run,
    }
}

/// Something that the machine does itself and that stands as a goal only.
pub(super) const fn machine(
    group: Group,
    (name, yields): (&'static str, Yields),
    parameters: &'static [Parameter],
    (summary, example): Text,
    operation: MachineOperation,
) -> Builtin {
    let run = Run::Machine(operation);
    Builtin {
        name,
        parameters,
        function: false,
        yields,
        group,
        summary,
        example,
        run,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_sorted_and_without_duplicates() {
        assert!(all().windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        for (place, builtin) in all().iter().enumerate() {
            let index = index_of(builtin.name, builtin.parameters.len()).unwrap();
            assert_eq!(usize::from(index), place);
            assert_eq!(by_index(index).unwrap().name, builtin.name);
        }
        assert!(find("lower", 1).is_none());
        assert!(by_index(u16::MAX).is_none());
        assert!(is_function("lower", 1) && !is_function("eq", 1));
        assert!(!is_function("lower", usize::MAX));
    }

    #[test]
    fn entries_are_consistent() {
        let mut groups = BTreeSet::new();
        for builtin in all() {
            groups.insert(builtin.group);
            let last = builtin.parameters.last().map(|parameter| parameter.mode);
            assert!(
                !builtin.function || last == Some(Mode::Any),
                "{}",
                builtin.name
            );
            assert!(
                !builtin.function || builtin.yields != Yields::Test,
                "{}",
                builtin.name
            );
            let gives = builtin
                .parameters
                .iter()
                .any(|parameter| parameter.mode == Mode::Any);
            let pure = matches!(builtin.run, Run::Pure(_));
            assert!(
                !pure || gives == (builtin.yields != Yields::Test),
                "{}",
                builtin.name
            );
            let names: BTreeSet<_> = builtin.parameters.iter().map(|each| each.name).collect();
            assert_eq!(names.len(), builtin.parameters.len(), "{}", builtin.name);
            assert!(builtin.summary.ends_with('.') && !builtin.summary.contains('\n'));
        }
        assert_eq!(groups.len(), 12);
    }

    #[test]
    fn common_names_stay_free() {
        for (name, arity) in [
            ("append", 3),
            ("reverse", 2),
            ("length", 2),
            ("last", 2),
            ("sum", 2),
            ("path", 2),
            ("ancestor", 2),
            ("contains", 2),
            ("split", 3),
            ("or", 2),
            ("gcd", 3),
            ("split", 4),
            ("duration", 2),
            ("nth", 3),
            ("first", 2),
            ("get", 3),
            ("sort", 2),
            ("subset", 2),
        ] {
            assert!(find(name, arity).is_none(), "{name}/{arity}");
        }
    }
}
