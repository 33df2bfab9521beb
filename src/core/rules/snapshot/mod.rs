//! A knowledge base as bytes that load without reading or compiling its sources.
//!
//! In the frame of every snapshot, in this order: sources, warnings, strings and functors, built-ins by name,
//! predicates with their clauses, code. Numbers are in groups of seven bits; symbols and built-ins are numbered
//! in the order in which clauses and code name them, and facts that were removed are not there: equal bases give
//! equal bytes. What follows from the rest is made anew: hash tables, indexes when they are first needed, and what
//! explanations need of the sources when the first is asked for.
//!
//! Whoever wrote the bytes, a base that is restored from them is safe to ask. `verify` says what that takes.

mod clauses;
mod code_read;
mod code_write;
mod input;
mod numbering;
mod opcode;
mod terms;
mod verify;
mod warnings;

use super::builtins;
use super::knowledge_base::KnowledgeBase;
use super::program::Program;
use super::program::symbols::{Functor, Symbols};
use super::source::Format;
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};
use input::Input;
use numbering::Met;
use std::sync::Arc;
use warnings::write_text;

/// Why bytes are no knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// They are no snapshot of one, were damaged, or hold what is impossible.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A built-in that this build does not have.
    #[error("the snapshot uses the built-in `{name}/{arity}`, which this build does not have")]
    UnknownBuiltin {
        /// Its name.
        name: String,
        /// Its number of arguments.
        arity: usize,
    },
    /// Code that no rule has.
    #[error("the snapshot is malformed: {problem}, at instruction {place} of its code")]
    Code {
        /// The number of the instruction, from 0.
        place: u32,
        /// What is wrong.
        problem: &'static str,
    },
}

impl KnowledgeBase {
    /// The base as bytes, from which [`KnowledgeBase::restore`] makes it again: facts as they are now, and the
    /// sources. Equal bases give equal bytes. The checksum in them finds accidents, not attackers.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut met = Met::default();
        let mut body = Writer::raw();
        clauses::write(&mut body, &mut met, &self.program.predicates);
        code_write::write(&mut body, &mut met, &self.program.block);
        let mut writer = Writer::new(Kind::KnowledgeBase);
        writer.number(self.sources.len() as u64);
        for source in self.sources.iter() {
            write_text(&mut writer, &source.name);
            writer.boolean(source.format == Format::Structured);
            write_text(&mut writer, &source.text);
        }
        warnings::write(&mut writer, &self.warnings);
        write_symbols(&mut writer, &met, &self.program.symbols);
        writer.number(met.builtins.met().len() as u64);
        for number in met.builtins.met() {
            let builtin = u16::try_from(*number).ok().and_then(builtins::by_index);
            if let Some(builtin) = builtin {
                write_text(&mut writer, builtin.name);
                writer.u8(builtin.parameters.len() as u8);
            }
        }
        writer.append(&body);
        writer.finish()
    }

    /// The base of a snapshot: it answers as the one that was written does. Sources are neither read nor compiled;
    /// the first explanation reads them. The bytes may come from anybody: what a query of the base costs stays
    /// within its limits.
    ///
    /// # Errors
    ///
    /// Bytes that are no snapshot of a knowledge base, of another version, damaged, or not what a program compiles
    /// to; a built-in that this build does not have.
    ///
    /// # Example
    ///
    /// ```
    /// use assize_core::rules::{KnowledgeBase, QueryOptions};
    ///
    /// let policy = KnowledgeBase::from_text("p.rules", r#"may("ann", "read")."#)?;
    /// let restored = KnowledgeBase::restore(&policy.snapshot())?;
    /// let answers = restored.ask(r#"may(who, "read")"#, QueryOptions::default())?;
    /// assert_eq!(answers.answers.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let mut input = Input::new(Reader::open(Kind::KnowledgeBase, bytes)?);
        let sources = input.read_sources()?;
        let warnings = input.read_warnings()?;
        let symbols = Arc::new(input.read_symbols()?);
        input.read_builtins()?;
        let mut program = Program {
            symbols,
            ..Program::default()
        };
        let entries = input.read_predicates(&mut program)?;
        let block = input.read_block()?;
        input.reader.finish()?;
        verify::verify(&block, &clauses::arities(&program.predicates), &entries)?;
        program.block = Arc::new(block);
        Ok(Self::compiled(sources, program, warnings.into()))
    }
}

fn write_symbols(writer: &mut Writer, met: &Met, symbols: &Symbols) {
    writer.number(met.texts.met().len() as u64);
    for number in met.texts.met() {
        let text = symbols.texts.get(*number);
        write_text(writer, text.map_or("", |text| text));
    }
    writer.number(met.functors.met().len() as u64);
    for number in met.functors.met() {
        match symbols.functors.get(*number) {
            Some(Functor::Record(fields)) => {
                writer.boolean(true);
                writer.number(fields.len() as u64);
                fields.iter().for_each(|field| write_text(writer, field));
            }
            Some(Functor::Compound(name, arity)) => {
                writer.boolean(false);
                write_text(writer, name);
                writer.number(u64::from(*arity));
            }
            None => {}
        }
    }
}
