//! Facts and rules, loaded and ready to be asked.

use super::answer::QueryOptions;
use super::ast::{self, Goal};
use super::check::{self, Analysis};
use super::diagnostic::{Diagnostic, Severity};
use super::error::{LoadError, QueryError};
use super::explain::Explainer;
use super::program::Program;
use super::query::Query;
use super::source::{Format, Source};
use super::syntax;
use std::sync::{Arc, OnceLock};

/// Facts and rules. Cheap to clone; a clone does not see later changes.
#[derive(Debug, Clone)]
pub struct KnowledgeBase {
    pub(super) sources: Arc<[Source]>,
    pub(super) program: Arc<Program>,
    pub(super) warnings: Arc<[Diagnostic]>,
    /// What its sources say; read when it is first needed where it was restored.
    reading: Arc<OnceLock<Result<Reading, LoadError>>>,
}

/// What sources say, as far as it is more than what runs.
#[derive(Debug)]
struct Reading {
    ast: Arc<ast::Program>,
    analysis: Analysis,
    explainer: Explainer,
}

impl Reading {
    fn new(ast: ast::Program, analysis: Analysis) -> Self {
        let ast = Arc::new(ast);
        Self {
            explainer: Explainer::new(ast.clone()),
            ast,
            analysis,
        }
    }
}

/// What sources say and what is to be warned of.
fn read(sources: &[Source]) -> Result<(ast::Program, Analysis, Vec<Diagnostic>), LoadError> {
    let (program, mut diagnostics) = parse(sources);
    if has_errors(&diagnostics) {
        return Err(LoadError { diagnostics });
    }
    let checked = check::check(&program);
    diagnostics.extend(checked.diagnostics);
    if has_errors(&diagnostics) {
        return Err(LoadError { diagnostics });
    }
    Ok((program, checked.analysis, diagnostics))
}

/// What a source says and what is wrong with it, before it is loaded.
pub fn parse(sources: &[Source]) -> (ast::Program, Vec<Diagnostic>) {
    let mut program = ast::Program::default();
    let mut diagnostics = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        let (mut part, found) = match source.format {
            Format::Text => syntax::parse(source, number),
            Format::Structured => super::structured::parse(source, number),
        };
        program.items.append(&mut part.items);
        diagnostics.extend(found);
    }
    (program, diagnostics)
}

/// Everything that is wrong with some sources: what their readers and the checks find.
#[must_use]
pub fn check(sources: &[Source]) -> Vec<Diagnostic> {
    let (program, mut diagnostics) = parse(sources);
    // What could not be read would only make the checks find more that is not there.
    if !has_errors(&diagnostics) {
        diagnostics.extend(check::check(&program).diagnostics);
    }
    diagnostics
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

impl KnowledgeBase {
    /// Loads all of the sources, or nothing.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn load(sources: &[Source]) -> Result<Self, LoadError> {
        let (program, analysis, mut diagnostics) = read(sources)?;
        match super::program::load::load(&program, &analysis) {
            Ok(compiled) => Ok(Self {
                sources: sources.into(),
                program: Arc::new(compiled),
                warnings: diagnostics.into(),
                reading: Arc::new(OnceLock::from(Ok(Reading::new(program, analysis)))),
            }),
            Err(errors) => {
                diagnostics.extend(errors);
                Err(LoadError { diagnostics })
            }
        }
    }

    /// What was compiled before; its sources are read when that is first needed.
    pub(super) fn compiled(
        sources: Arc<[Source]>,
        program: Program,
        warnings: Arc<[Diagnostic]>,
    ) -> Self {
        Self {
            sources,
            program: Arc::new(program),
            warnings,
            reading: Arc::default(),
        }
    }

    fn reading(&self) -> Result<&Reading, LoadError> {
        self.reading
            .get_or_init(|| {
                let (program, analysis, _) = read(&self.sources)?;
                Ok(Reading::new(program, analysis))
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Explains its answers.
    pub(super) fn explainer(&self) -> Result<&Explainer, LoadError> {
        self.reading().map(|reading| &reading.explainer)
    }

    /// Loads one text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    ///
    /// # Example
    ///
    /// ```
    /// use assize_core::rules::{KnowledgeBase, QueryOptions};
    ///
    /// let policy = KnowledgeBase::from_text(
    ///     "policy.rules",
    ///     r#"role("ann", "clerk"). allow(who, "read") if role(who, "clerk")."#,
    /// )?;
    /// let answers = policy.ask(r#"allow(who, "read")"#, QueryOptions::default())?;
    /// assert_eq!(answers.answers.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_text(name: &str, text: &str) -> Result<Self, LoadError> {
        Self::load(&[Source {
            name: name.into(),
            text: text.into(),
            format: Format::Text,
        }])
    }

    /// What it was loaded from.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the sources of a snapshot that it was restored from; none where it was loaded.
    pub fn program(&self) -> Result<&ast::Program, LoadError> {
        self.reading().map(|reading| reading.ast.as_ref())
    }

    /// What is known of its predicates.
    ///
    /// # Errors
    ///
    /// As for [`KnowledgeBase::program`].
    pub fn analysis(&self) -> Result<&Analysis, LoadError> {
        self.reading().map(|reading| &reading.analysis)
    }

    /// What was noticed when it was loaded.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Whether there is such a predicate, defined or declared.
    #[must_use]
    pub fn has_predicate(&self, name: &str, arity: usize) -> bool {
        self.program.predicate(name, arity).is_some()
    }

    /// Starts a query.
    ///
    /// # Errors
    ///
    /// A query that names what there is not, or is too large.
    pub fn query(&self, goal: &Goal, options: QueryOptions) -> Result<Query, QueryError> {
        Query::start(self.clone(), goal, options)
    }

    /// Starts a query given as text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn query_text(&self, text: &str, options: QueryOptions) -> Result<Query, QueryError> {
        let goal = syntax::parse_query(text, u16::MAX)
            .map_err(|diagnostics| QueryError::Query(LoadError { diagnostics }))?;
        self.query(&goal, options)
    }

    /// Answers a query that needs nothing from outside, all at once.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, and what stopped it.
    pub fn ask(
        &self,
        text: &str,
        options: QueryOptions,
    ) -> Result<super::query::Answers, QueryError> {
        self.query_text(text, options)?.all()
    }
}
