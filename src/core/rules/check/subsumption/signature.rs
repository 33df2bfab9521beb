//! Numbers that are equal for equal facts and conditions, and seldom otherwise.

use super::super::walk::parts;
use crate::rules::ast::{Clause, Term, TermKind};
use crate::rules::value::Value;
use std::hash::{Hash, Hasher};

/// The 64-bit hash of Fowler, Noll and Vo, the same on every host.
#[derive(Clone)]
pub(super) struct Signature(u64);

impl Default for Signature {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Signature {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, number: usize) {
        self.write(&(number as u64).to_le_bytes());
    }
}

/// The signature of a fact with nothing but constants; none for other clauses.
pub(super) fn ground_fact(clause: &Clause) -> Option<u64> {
    if clause.body.is_some() {
        None
    } else {
        ground_head(clause)
    }
}

/// The signature of a clause's head if that holds nothing but constants.
pub(super) fn ground_head(clause: &Clause) -> Option<u64> {
    let mut signature = Signature::default();
    clause.head.name.hash(&mut signature);
    clause.head.arguments.len().hash(&mut signature);
    for argument in &clause.head.arguments {
        add_ground(argument, &mut signature)?;
    }
    Some(signature.finish())
}

fn add_ground(term: &Term, signature: &mut Signature) -> Option<()> {
    add_top(term, signature)?;
    if let TermKind::Record(fields) = &term.kind {
        // Fields may stand in any order.
        let mut sum = 0_u64;
        for (field, value) in fields {
            let mut own = Signature::default();
            field.hash(&mut own);
            add_ground(value, &mut own)?;
            sum = sum.wrapping_add(own.finish());
        }
        sum.hash(signature);
        return Some(());
    }
    for part in parts(term) {
        add_ground(part, signature)?;
    }
    if let TermKind::List(items, _) = &term.kind {
        items.len().hash(signature);
    }
    Some(())
}

/// Adds what a term is at its top, so that terms which can be made the same add the same; none for a
/// variable or function.
pub(super) fn add_top(term: &Term, signature: &mut Signature) -> Option<()> {
    match &term.kind {
        TermKind::Variable(_) | TermKind::Anonymous | TermKind::Function(..) => return None,
        TermKind::Constant(value) => add_constant(value, signature),
        TermKind::List(..) => signature.write_u8(b'l'),
        TermKind::Record(fields) => {
            signature.write_u8(b'r');
            fields.len().hash(signature);
        }
        TermKind::Compound(name, arguments) => {
            signature.write_u8(b'c');
            name.hash(signature);
            arguments.len().hash(signature);
        }
    }
    Some(())
}

fn add_constant(value: &Value, signature: &mut Signature) {
    match value {
        Value::Boolean(value) => value.hash(signature),
        Value::Integer(number) => {
            signature.write_u8(b'i');
            number.hash(signature);
        }
        Value::BigInteger(number) => number.hash(signature),
        Value::Float(number) => {
            signature.write_u8(b'f');
            number.to_bits().hash(signature);
        }
        Value::String(text) => text.hash(signature),
        other => other.kind().hash(signature),
    }
}
