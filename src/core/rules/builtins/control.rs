//! True, false and the like.

use super::table::machine;
use super::{Builtin, Group, MachineOperation, Yields};

const G: Group = Group::Control;

pub(super) static TABLE: &[Builtin] = &[
    machine(
        G,
        ("true", Yields::Test),
        &[],
        ("Holds.", "true()"),
        MachineOperation::True,
    ),
    machine(
        G,
        ("false", Yields::Test),
        &[],
        ("Does not hold.", "not false()"),
        MachineOperation::False,
    ),
];
