//! From a checked program to its compiled form.

use super::cell::{Cell, Tag};
use super::compile::{Compiler, TooLarge};
use super::flatten::{FlatClause, Flattener, Pattern, Scope, ground};
use super::instruction::Instruction;
use super::predicate::{ANY, Clauses, Kind, Predicate, key_of_words};
use super::symbols::{Functor, Symbols};
use super::words::{Interner, encode_row};
use super::{Block, Program};
use crate::rules::ast::{self, Clause, DeclarationKind, Item, Name};
use crate::rules::builtins;
use crate::rules::check::Analysis;
use crate::rules::diagnostic::Diagnostic;
use std::sync::Arc;

/// Compiles a program that was checked.
pub(crate) fn load(
    program: &ast::Program,
    analysis: &Analysis,
) -> Result<Program, Vec<Diagnostic>> {
    let mut loader = Loader::new(analysis);
    for item in &program.items {
        match item {
            Item::Declaration(declaration) => loader.declare(declaration),
            Item::Clause(clause) => {
                loader.predicate_of(&clause.head.name, clause.head.arguments.len());
            }
        }
    }
    for (number, item) in program.items.iter().enumerate() {
        if let Item::Clause(clause) = item {
            loader.clause(clause, number as u32);
        }
    }
    loader.finish()
}

struct Loader<'a> {
    analysis: &'a Analysis,
    program: Program,
    symbols: Symbols,
    predicates: Vec<Predicate>,
    components: Vec<u32>,
    block: Block,
    component: u32,
    errors: Vec<Diagnostic>,
}

impl Interner for Loader<'_> {
    fn string(&mut self, text: &Arc<str>) -> Cell {
        self.symbols.string(text)
    }

    fn header(&mut self, functor: Functor) -> Cell {
        self.symbols.header(functor)
    }
}

impl Scope for Loader<'_> {
    fn predicate(&mut self, name: &Name, arity: usize) -> Option<u32> {
        let key = (name.clone(), u8::try_from(arity).ok()?);
        self.program.numbers.get(&key).copied()
    }

    fn meant(&self, name: &str, arity: usize) -> Option<String> {
        self.program.meant(name, arity)
    }

    fn store(&mut self, words: Vec<u64>) -> u32 {
        self.block.stored.push(words.into());
        self.block.stored.len() as u32 - 1
    }

    fn is_mutual(&self, predicate: u32) -> bool {
        self.components.get(predicate as usize) == Some(&self.component)
    }
}

impl<'a> Loader<'a> {
    fn new(analysis: &'a Analysis) -> Self {
        let mut loader = Self {
            analysis,
            program: Program::default(),
            symbols: Symbols::default(),
            predicates: Vec::new(),
            components: Vec::new(),
            block: Block {
                code: vec![Instruction::Halt, Instruction::NewAnswer],
                ..Block::default()
            },
            component: 0,
            errors: Vec::new(),
        };
        for builtin in builtins::all() {
            if matches!(builtin.run, builtins::Run::External) {
                let name = Name::from(builtin.name);
                if let Some(number) = loader.predicate_of(&name, builtin.parameters.len())
                    && let Some(predicate) = loader.predicates.get_mut(number as usize)
                {
                    predicate.kind = Kind::External;
                    predicate.is_constant = false;
                }
            }
        }
        loader
    }

    fn predicate_of(&mut self, name: &Name, arity: usize) -> Option<u32> {
        let arity = u8::try_from(arity).ok()?;
        let key = (name.clone(), arity);
        if let Some(number) = self.program.numbers.get(&key) {
            return Some(*number);
        }
        let number = self.predicates.len() as u32;
        let analysed = self.analysis.predicate(name, usize::from(arity));
        self.predicates.push(Predicate {
            name: name.clone(),
            kind: Kind::Defined,
            is_tabled: analysed.is_some_and(|predicate| predicate.tabled),
            is_constant: analysed.is_some_and(|predicate| predicate.constant),
            clauses: Clauses::new(arity),
        });
        self.components
            .push(analysed.map_or(u32::MAX, |predicate| predicate.component as u32));
        self.program.numbers.insert(key, number);
        Some(number)
    }

    fn declare(&mut self, declaration: &ast::Declaration) {
        let number = self.predicate_of(&declaration.name, usize::from(declaration.arity));
        let predicate = number.and_then(|number| self.predicates.get_mut(number as usize));
        if let Some(predicate) = predicate {
            match declaration.kind {
                DeclarationKind::Input => predicate.kind = Kind::Input,
                DeclarationKind::External => predicate.kind = Kind::External,
                DeclarationKind::Tabled | DeclarationKind::Untabled => {}
            }
        }
    }

    fn clause(&mut self, clause: &Clause, item: u32) {
        let arity = clause.head.arguments.len();
        let Some(number) = self.predicate_of(&clause.head.name, arity) else {
            return;
        };
        if clause.body.is_none() && self.fact(clause, number, item) {
            return;
        }
        self.component = self
            .components
            .get(number as usize)
            .copied()
            .unwrap_or(u32::MAX);
        let (flat, errors) =
            Flattener::new(self).clause(&clause.head.arguments, clause.body.as_ref());
        if !errors.is_empty() {
            self.errors.extend(errors);
            return;
        }
        match Compiler::clause(&mut self.block, &flat, clause.span) {
            Ok(code) => {
                let keys = self.keys(&flat);
                if let Some(predicate) = self.predicates.get_mut(number as usize) {
                    predicate.clauses.push_rule(&keys, code, item);
                }
            }
            Err(TooLarge) => self.errors.push(too_large(clause.span)),
        }
    }

    fn fact(&mut self, clause: &Clause, number: u32, item: u32) -> bool {
        let Some(values) = clause
            .head
            .arguments
            .iter()
            .map(ground)
            .collect::<Option<Vec<_>>>()
        else {
            return false;
        };
        let words = encode_row(&values, self);
        if let Some(predicate) = self.predicates.get_mut(number as usize) {
            predicate.clauses.push_fact(&words, item);
        }
        true
    }

    /// What each argument of a head can match.
    fn keys(&self, clause: &FlatClause) -> Vec<Cell> {
        let key = |pattern: &Pattern| match pattern {
            Pattern::Variable(_) | Pattern::Void => ANY,
            Pattern::Constant(cell) => *cell,
            Pattern::Stored(number) => self
                .block
                .stored
                .get(*number as usize)
                .map_or(ANY, |words| key_of_words(words)),
            Pattern::List(items, _) if items.is_empty() => ANY,
            Pattern::List(..) => Cell::pair(0),
            Pattern::Structure(header, _) => header.with_tag(Tag::Structure),
        };
        clause.head.iter().map(key).collect()
    }

    fn finish(mut self) -> Result<Program, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        self.program.predicates = self.predicates.into_iter().map(Arc::new).collect();
        self.program.block = Arc::new(self.block);
        self.program.symbols = Arc::new(self.symbols);
        Ok(self.program)
    }
}

/// A clause or query that needs more registers than there are.
pub(crate) fn too_large(span: crate::rules::source::Span) -> Diagnostic {
    Diagnostic::error(
        "too-large",
        span,
        "this has more than 255 variables or parts of terms",
    )
    .help("split it into several rules")
}
