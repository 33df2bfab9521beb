//! What every program can use without defining it: one table, from which the checker, the
//! documentation and the machine take what they know.

mod arguments;
mod arithmetic;
mod call;
mod civil;
mod comparison;
mod control;
mod documentation;
mod expression;
mod external;
mod glob;
mod json;
mod json_path;
mod kinds;
mod lists;
mod networks;
mod numbers;
mod patterns;
mod records;
mod sets;
mod strings;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod types;
mod versions;
mod writing;

pub use arithmetic::{MAX_INTEGER_BYTES, arithmetic};
pub use call::call;
pub use documentation::documentation;
pub(super) use kinds::{sample, with_article};
pub use table::{all, by_index, find, index_of, is_function};

use super::value::Value;

/// A built-in predicate, found by name and number of arguments.
#[derive(Debug)]
pub struct Builtin {
    /// Its name; an operator's symbol for an operator.
    pub name: &'static str,
    /// What it takes and gives, in order.
    pub parameters: &'static [Parameter],
    /// Whether it may stand in a term without its last argument, which is then its value.
    pub function: bool,
    /// How often it may succeed.
    pub yields: Yields,
    /// The chapter of the documentation.
    pub group: Group,
    /// What it says or does: one sentence.
    pub summary: &'static str,
    /// A goal or rule body that succeeds, which the tests run.
    pub example: &'static str,
    /// How it is computed.
    pub run: Run,
}

/// One argument of a built-in.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// For documentation and messages.
    pub name: &'static str,
    /// Whether it must be known.
    pub mode: Mode,
    /// What it must be, in the words of messages: `number`, `list of strings`.
    pub kind: &'static str,
}

/// Whether an argument must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It holds no unbound variable.
    Bound,
    /// It is no unbound variable itself, but may hold some.
    Shape,
    /// Anything; unified with what the built-in gives.
    Any,
}

/// How often a built-in may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yields {
    /// Once or not, and it binds nothing.
    Test,
    /// At most once.
    One,
    /// Any number of times.
    Many,
}

/// A chapter of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Equality and order.
    Comparison,
    /// Numbers.
    Arithmetic,
    /// What kind of term something is.
    Types,
    /// Text.
    Strings,
    /// Lists.
    Lists,
    /// Sets: lists without duplicates, in standard order.
    Sets,
    /// Records and paths into them.
    Records,
    /// Times and durations.
    Time,
    /// Internet addresses and networks.
    Networks,
    /// Semantic versions.
    Versions,
    /// True, false and the like.
    Control,
    /// Answered by the host.
    External,
}

/// How a built-in is computed.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// The machine does it itself, on its own terms.
    Machine(MachineOperation),
    /// From all arguments to all solutions. Each solution has a value for each argument whose mode is not `Bound`,
    /// in order, which is then unified with it.
    Pure(fn(&[Value], &Context) -> Result<Solutions, Fault>),
    /// The host answers.
    External,
}

/// What the machine does itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineOperation {
    /// `true()`.
    True,
    /// `false()`.
    False,
    /// `eq/2`: unifies.
    Unify,
    /// `neq/2`.
    NotEqual,
    /// `lt/2`.
    Less,
    /// `lte/2`.
    LessOrEqual,
    /// `gt/2`.
    Greater,
    /// `gte/2`.
    GreaterOrEqual,
    /// `add/3` and `+`: also any other operation on two numbers, by its table entry in `arithmetic`.
    Arithmetic(ArithmeticOperation),
    /// `member(item, list)`: each item in order.
    Member,
    /// `between(low, high, number)`: each whole number in order.
    Between,
    /// A test of one argument's kind.
    TypeTest(TypeTest),
    /// The function `.`: a field of a record or an item of a list; fails where there is none.
    Field,
}

/// An operation on numbers that the machine does itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOperation {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`, a float.
    Divide,
    /// `a // b`, rounded down.
    FloorDivide,
    /// `a % b`, with the sign of `b`.
    Modulo,
    /// `-a`.
    Negate,
}

/// A kind of term that can be tested for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeTest {
    /// `is_null/1`.
    Null,
    /// `is_boolean/1`.
    Boolean,
    /// `is_integer/1`.
    Integer,
    /// `is_float/1`.
    Float,
    /// `is_number/1`.
    Number,
    /// `is_string/1`.
    String,
    /// `is_list/1`: a whole list.
    List,
    /// `is_record/1`.
    Record,
    /// `is_compound/1`.
    Compound,
    /// `is_bound/1`: no unbound variable itself.
    Bound,
    /// `is_ground/1`: holds no unbound variable.
    Ground,
}

/// What a built-in may know beside its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Milliseconds since 1970-01-01T00:00:00Z, as the caller says; none where it says nothing.
    pub now_ms: Option<i64>,
    /// How many bytes a result may have.
    pub room: usize,
}

/// What came of a built-in.
#[derive(Debug, Clone, PartialEq)]
pub enum Solutions {
    /// It does not hold.
    None,
    /// It holds.
    Yes,
    /// It holds for these values.
    One(Vec<Value>),
    /// It holds for each of these.
    Many(Vec<Vec<Value>>),
}

/// Why a built-in could not say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An argument is unbound, or holds an unbound variable.
    #[error("{} must be known, but is unbound", argument_words(*.argument, .name))]
    Unbound {
        /// Which argument, from 1.
        argument: usize,
        /// The parameter's name.
        name: &'static str,
    },
    /// An argument is of the wrong kind.
    #[error("{} must be {}, but is {}", argument_words(*.argument, .name), with_article(.expected), with_article(.found))]
    Kind {
        /// Which argument, from 1.
        argument: usize,
        /// The parameter's name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An argument is of the right kind, but not acceptable.
    #[error("{} {problem}", argument_words(*.argument, .name))]
    Unacceptable {
        /// Which argument, from 1.
        argument: usize,
        /// The parameter's name.
        name: &'static str,
        /// What is wrong and what would be right: `must not be 0`.
        problem: String,
    },
    /// The result has no value: a division by zero, a number beyond every float.
    #[error("{0}")]
    Undefined(String),
    /// The current time is needed and was not given.
    #[error("the time is not known: the query must say `now`")]
    NoTime,
    /// The result would be larger than the limit on bytes permits.
    #[error("the result would be larger than {room} bytes")]
    TooLarge {
        /// The bytes that were left.
        room: usize,
    },
    /// A whole number would have more bytes than one may have: [`MAX_INTEGER_BYTES`].
    #[error("a whole number would have {bytes} bytes, and may have {MAX_INTEGER_BYTES}")]
    IntegerTooLarge {
        /// The bytes that it has at least.
        bytes: u64,
    },
}

/// An argument as messages call it; an operator's have no names.
pub(super) fn argument_words(argument: usize, name: &str) -> String {
    match (argument, name) {
        (1, "") => "the left side".to_owned(),
        (2, "") => "the right side".to_owned(),
        (argument, "") => format!("argument {argument}"),
        (argument, name) => format!("argument {argument} (`{name}`)"),
    }
}

impl ArithmeticOperation {
    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract | Self::Negate => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
        }
    }
}
