//! Clauses as steps over numbered variables: functions in terms become steps of their own.

use super::cell::Cell;
use super::symbols::Functor;
use super::words::{Interner, encode_value};
use crate::rules::ast::{
    Aggregate, AggregateFunction, Atom, Comparison, Goal, GoalKind, Name, Term, TermKind,
};
use crate::rules::builtins::{self, ArithmeticOperation, MachineOperation, Run, TypeTest, Yields};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;
use crate::rules::value::Value;

/// What a clause or a query is compiled against.
pub(crate) trait Scope: Interner {
    /// The number of a predicate that has clauses, or is declared.
    fn predicate(&mut self, name: &Name, arity: usize) -> Option<u32>;
    /// What a name that no predicate has was probably meant to be.
    fn meant(&self, name: &str, arity: usize) -> Option<String>;
    /// Keeps a constant of several words.
    fn store(&mut self, words: Vec<u64>) -> u32;
    /// Whether a predicate and the clause's own depend on each other.
    fn is_mutual(&self, predicate: u32) -> bool;
}

/// A term of a clause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    Variable(u16),
    /// A variable that occurs nowhere else.
    Void,
    Constant(Cell),
    Stored(u32),
    List(Vec<Pattern>, Box<Pattern>),
    Structure(Cell, Vec<Pattern>),
}

/// One step of a body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Call(u32, Vec<Pattern>),
    Unify(Pattern, Pattern),
    Compare(Comparison, Pattern, Pattern),
    Arithmetic(ArithmeticOperation, Vec<Pattern>, Pattern),
    TypeTest(TypeTest, Pattern),
    Field(Pattern, Pattern, Pattern),
    Builtin(u16, Vec<Pattern>),
    /// Built-ins that may hold many times.
    Generate(Generator, Vec<Pattern>),
    Fail,
    Or(Vec<Vec<Located>>),
    If(Vec<Located>, Vec<Located>, Vec<Located>),
    Not(Vec<Located>),
    /// Whether it is left after its first solution.
    Exists(Vec<Located>, bool),
    Aggregate(Box<FlatAggregate>),
}

/// What generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generator {
    Member,
    Between,
    Builtin(u16),
}

/// An aggregate over steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FlatAggregate {
    pub(crate) function: AggregateFunction,
    pub(crate) template: Option<u16>,
    pub(crate) body: Vec<Located>,
    /// The variables of the goal as it was written: what makes two solutions differ.
    pub(crate) variables: Vec<u16>,
    pub(crate) by: Vec<u16>,
    pub(crate) result: u16,
}

/// A step and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Located {
    pub(crate) step: Step,
    pub(crate) span: Span,
}

/// A clause, or a query, whose head has no arguments.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FlatClause {
    pub(crate) head: Vec<Pattern>,
    pub(crate) body: Vec<Located>,
    /// The names of the variables that have one.
    pub(crate) names: Vec<Option<Name>>,
}

/// Flattens one clause.
pub(crate) struct Flattener<'a, S: Scope> {
    scope: &'a mut S,
    names: Vec<Option<Name>>,
    steps: Vec<Located>,
    pub(crate) errors: Vec<Diagnostic>,
}

impl<'a, S: Scope> Flattener<'a, S> {
    pub(crate) fn new(scope: &'a mut S) -> Self {
        Self {
            scope,
            names: Vec::new(),
            steps: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(crate) fn clause(
        mut self,
        head: &[Term],
        body: Option<&Goal>,
    ) -> (FlatClause, Vec<Diagnostic>) {
        let head = self.patterns(head);
        if let Some(body) = body {
            self.goal(body);
        }
        let clause = FlatClause {
            head,
            body: self.steps,
            names: self.names,
        };
        (clause, self.errors)
    }

    fn variable(&mut self, name: &Name) -> u16 {
        let known = self
            .names
            .iter()
            .position(|known| known.as_ref() == Some(name));
        let number = known.unwrap_or_else(|| {
            self.names.push(Some(name.clone()));
            self.names.len() - 1
        });
        number as u16
    }

    fn fresh(&mut self) -> u16 {
        self.names.push(None);
        (self.names.len() - 1) as u16
    }

    fn step(&mut self, step: Step, span: Span) {
        self.steps.push(Located { step, span });
    }

    /// The steps of a goal on their own.
    fn steps_of(&mut self, goal: &Goal) -> Vec<Located> {
        let outer = std::mem::take(&mut self.steps);
        self.goal(goal);
        std::mem::replace(&mut self.steps, outer)
    }

    fn goal(&mut self, goal: &Goal) {
        match &goal.kind {
            GoalKind::And(goals) => goals.iter().for_each(|goal| self.goal(goal)),
            GoalKind::Call(atom) => self.call(atom),
            GoalKind::Compare(comparison, left, right) => {
                let (left, right) = (self.term(left), self.term(right));
                let step = match comparison {
                    Comparison::Equal => Step::Unify(left, right),
                    comparison => Step::Compare(*comparison, left, right),
                };
                self.step(step, goal.span);
            }
            GoalKind::Or(goals) => {
                let branches = goals.iter().map(|goal| self.steps_of(goal)).collect();
                self.step(Step::Or(branches), goal.span);
            }
            GoalKind::Not(inner) => {
                let steps = self.steps_of(inner);
                self.step(Step::Not(steps), goal.span);
            }
            GoalKind::Exists(inner) => {
                let steps = self.steps_of(inner);
                let cut = !self.is_mutual(&steps);
                self.step(Step::Exists(steps, cut), goal.span);
            }
            GoalKind::Forall(condition, inner) => {
                let mut steps = self.steps_of(condition);
                let step = Step::Not(self.steps_of(inner));
                steps.push(Located {
                    step,
                    span: inner.span,
                });
                self.step(Step::Not(steps), goal.span);
            }
            GoalKind::If(condition, then, otherwise) => {
                let condition = self.steps_of(condition);
                let (then, otherwise) = (self.steps_of(then), self.steps_of(otherwise));
                self.step(Step::If(condition, then, otherwise), goal.span);
            }
            GoalKind::Aggregate(aggregate) => self.aggregate(aggregate, goal.span),
        }
    }

    fn is_mutual(&self, steps: &[Located]) -> bool {
        steps.iter().any(|located| match &located.step {
            Step::Call(predicate, _) => self.scope.is_mutual(*predicate),
            Step::Or(branches) => branches.iter().any(|steps| self.is_mutual(steps)),
            Step::If(condition, then, otherwise) => [condition, then, otherwise]
                .iter()
                .any(|steps| self.is_mutual(steps)),
            Step::Not(steps) | Step::Exists(steps, _) => self.is_mutual(steps),
            Step::Aggregate(aggregate) => self.is_mutual(&aggregate.body),
            _ => false,
        })
    }

    fn aggregate(&mut self, aggregate: &Aggregate, span: Span) {
        let body = self.steps_of(&aggregate.goal);
        let mut variables = Vec::new();
        each_variable(&body, &mut |variable| {
            if !variables.contains(&variable) {
                variables.push(variable);
            }
        });
        let outer = std::mem::replace(&mut self.steps, body);
        let template = aggregate.template.as_ref().map(|template| {
            let span = template.span;
            match self.term(template) {
                Pattern::Variable(variable) => variable,
                pattern => {
                    let variable = self.fresh();
                    self.step(Step::Unify(Pattern::Variable(variable), pattern), span);
                    variable
                }
            }
        });
        let body = std::mem::replace(&mut self.steps, outer);
        let by = aggregate
            .by
            .iter()
            .map(|(name, _)| self.variable(name))
            .collect();
        let result = self.fresh();
        let flat = FlatAggregate {
            function: aggregate.function,
            template,
            body,
            variables,
            by,
            result,
        };
        self.step(Step::Aggregate(Box::new(flat)), span);
        let outcome = self.term(&aggregate.result);
        self.step(Step::Unify(Pattern::Variable(result), outcome), span);
    }

    fn call(&mut self, atom: &Atom) {
        if let Some(predicate) = self.scope.predicate(&atom.name, atom.arguments.len()) {
            let arguments = self.patterns(&atom.arguments);
            return self.step(Step::Call(predicate, arguments), atom.span);
        }
        let arguments = self.patterns(&atom.arguments);
        let Some(number) = builtins::index_of(&atom.name, arguments.len()) else {
            let message = format!("no predicate `{}/{}`", atom.name, atom.arguments.len());
            let mut diagnostic = Diagnostic::error("unknown-predicate", atom.span, message);
            // Each search looks at all names.
            if self.errors.len() < 20
                && let Some(help) = self.scope.meant(&atom.name, arguments.len())
            {
                diagnostic = diagnostic.help(help);
            }
            self.errors.push(diagnostic);
            return;
        };
        self.builtin(number, arguments, atom.span);
    }

    fn builtin(&mut self, number: u16, mut arguments: Vec<Pattern>, span: Span) {
        let Some(builtin) = builtins::by_index(number) else {
            return;
        };
        let step = match (builtin.run, arguments.as_mut_slice()) {
            (Run::Machine(operation), patterns) => match (operation, patterns) {
                (MachineOperation::True, _) => return,
                (MachineOperation::False, _) => Step::Fail,
                (MachineOperation::Unify, [left, right]) => Step::Unify(take(left), take(right)),
                (MachineOperation::TypeTest(test), [term]) => Step::TypeTest(test, take(term)),
                (MachineOperation::Field, [term, key, value]) => {
                    Step::Field(take(term), take(key), take(value))
                }
                (MachineOperation::Arithmetic(operation), [operands @ .., result]) => {
                    Step::Arithmetic(operation, operands.to_vec(), take(result))
                }
                (MachineOperation::Member, _) => Step::Generate(Generator::Member, arguments),
                (MachineOperation::Between, _) => Step::Generate(Generator::Between, arguments),
                (operation, [left, right]) => match comparison(operation) {
                    Some(comparison) => Step::Compare(comparison, take(left), take(right)),
                    None => return,
                },
                _ => return,
            },
            (Run::Pure(_), _) if builtin.yields == Yields::Many => {
                Step::Generate(Generator::Builtin(number), arguments)
            }
            (Run::Pure(_), _) => Step::Builtin(number, arguments),
            (Run::External, _) => {
                // A program's numbers begin with those of the external built-ins.
                match self
                    .scope
                    .predicate(&Name::from(builtin.name), arguments.len())
                {
                    Some(predicate) => Step::Call(predicate, arguments),
                    None => return,
                }
            }
        };
        self.step(step, span);
    }

    fn patterns(&mut self, terms: &[Term]) -> Vec<Pattern> {
        terms.iter().map(|term| self.term(term)).collect()
    }

    /// A term, with the functions in it evaluated before.
    fn term(&mut self, term: &Term) -> Pattern {
        match &term.kind {
            TermKind::Variable(name) => Pattern::Variable(self.variable(name)),
            TermKind::Anonymous => Pattern::Variable(self.fresh()),
            TermKind::Constant(value) => self.constant(value),
            TermKind::Function(name, arguments) => self.function(name, arguments, term.span),
            _ => match ground(term) {
                Some(value) => self.constant(&value),
                None => self.compound(term),
            },
        }
    }

    fn compound(&mut self, term: &Term) -> Pattern {
        match &term.kind {
            TermKind::List(items, rest) => {
                let items = self.patterns(items);
                let rest = rest
                    .as_ref()
                    .map_or(Pattern::Constant(Cell::EMPTY_LIST), |rest| self.term(rest));
                Pattern::List(items, Box::new(rest))
            }
            TermKind::Record(fields) => {
                let mut parts: Vec<(Name, Pattern)> = fields
                    .iter()
                    .map(|(name, term)| (name.clone(), self.term(term)))
                    .collect();
                parts.sort_by(|(left, _), (right, _)| left.cmp(right));
                let names = parts.iter().map(|(name, _)| name.clone()).collect();
                let header = self.scope.header(Functor::Record(names));
                Pattern::Structure(header, parts.into_iter().map(|(_, part)| part).collect())
            }
            TermKind::Compound(name, arguments) => {
                let arguments = self.patterns(arguments);
                let functor = Functor::Compound(name.clone(), arguments.len() as u32);
                Pattern::Structure(self.scope.header(functor), arguments)
            }
            _ => Pattern::Void,
        }
    }

    fn constant(&mut self, value: &Value) -> Pattern {
        let mut words = Vec::new();
        encode_value(value, self.scope, &mut words);
        match words.as_slice() {
            [word] if Cell::from_bits(*word).is_atomic() => {
                Pattern::Constant(Cell::from_bits(*word))
            }
            _ => Pattern::Stored(self.scope.store(words)),
        }
    }

    fn function(&mut self, name: &Name, arguments: &[Term], span: Span) -> Pattern {
        let mut patterns = self.patterns(arguments);
        let result = Pattern::Variable(self.fresh());
        patterns.push(result.clone());
        match builtins::index_of(name, patterns.len()) {
            Some(number) => self.builtin(number, patterns, span),
            None => {
                let message = format!("no function `{name}` of {} arguments", arguments.len());
                self.errors
                    .push(Diagnostic::error("unknown-function", span, message));
            }
        }
        result
    }
}

fn take(pattern: &mut Pattern) -> Pattern {
    std::mem::replace(pattern, Pattern::Void)
}

const fn comparison(operation: MachineOperation) -> Option<Comparison> {
    Some(match operation {
        MachineOperation::NotEqual => Comparison::NotEqual,
        MachineOperation::Less => Comparison::Less,
        MachineOperation::LessOrEqual => Comparison::LessOrEqual,
        MachineOperation::Greater => Comparison::Greater,
        MachineOperation::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The value of a term without variables and functions.
pub(crate) fn ground(term: &Term) -> Option<Value> {
    let all = |terms: &[Term]| terms.iter().map(ground).collect::<Option<Vec<_>>>();
    Some(match &term.kind {
        TermKind::Constant(value) => value.clone(),
        TermKind::List(items, rest) => {
            let items = all(items)?;
            match rest.as_ref().map(|rest| ground(rest)) {
                None => Value::List(items.into()),
                Some(rest) => match rest? {
                    Value::List(more) => Value::list(items.into_iter().chain(more.iter().cloned())),
                    rest => Value::PartialList(items.into(), rest.into()),
                },
            }
        }
        TermKind::Record(fields) => Value::record(
            fields
                .iter()
                .map(|(name, term)| Some((name.clone(), ground(term)?)))
                .collect::<Option<Vec<_>>>()?,
        ),
        TermKind::Compound(name, arguments) => {
            Value::Compound(name.clone(), all(arguments)?.into())
        }
        TermKind::Variable(_) | TermKind::Anonymous | TermKind::Function(..) => return None,
    })
}

/// Calls for each occurrence of a variable.
pub(crate) fn each_variable(steps: &[Located], visit: &mut impl FnMut(u16)) {
    for located in steps {
        each_variable_of_step(&located.step, visit);
    }
}

pub(crate) fn each_variable_of_step(step: &Step, visit: &mut impl FnMut(u16)) {
    fn all(patterns: &[Pattern], visit: &mut impl FnMut(u16)) {
        patterns
            .iter()
            .for_each(|pattern| each_variable_of_pattern(pattern, visit));
    }
    match step {
        Step::Call(_, patterns) | Step::Builtin(_, patterns) | Step::Generate(_, patterns) => {
            all(patterns, visit);
        }
        Step::Unify(left, right) | Step::Compare(_, left, right) => {
            each_variable_of_pattern(left, visit);
            each_variable_of_pattern(right, visit);
        }
        Step::Arithmetic(_, operands, result) => {
            all(operands, visit);
            each_variable_of_pattern(result, visit);
        }
        Step::TypeTest(_, pattern) => each_variable_of_pattern(pattern, visit),
        Step::Field(term, key, value) => {
            [term, key, value]
                .into_iter()
                .for_each(|pattern| each_variable_of_pattern(pattern, visit));
        }
        Step::Fail => {}
        Step::Or(branches) => branches
            .iter()
            .for_each(|steps| each_variable(steps, visit)),
        Step::If(condition, then, otherwise) => [condition, then, otherwise]
            .into_iter()
            .for_each(|steps| each_variable(steps, visit)),
        Step::Not(steps) | Step::Exists(steps, _) => each_variable(steps, visit),
        Step::Aggregate(aggregate) => {
            each_variable(&aggregate.body, visit);
            let extra = aggregate
                .template
                .iter()
                .chain(&aggregate.by)
                .chain(&aggregate.variables);
            extra.for_each(|variable| visit(*variable));
            visit(aggregate.result);
        }
    }
}

pub(crate) fn each_variable_of_pattern(pattern: &Pattern, visit: &mut impl FnMut(u16)) {
    match pattern {
        Pattern::Variable(variable) => visit(*variable),
        Pattern::List(items, rest) => {
            items
                .iter()
                .for_each(|item| each_variable_of_pattern(item, visit));
            each_variable_of_pattern(rest, visit);
        }
        Pattern::Structure(_, parts) => parts
            .iter()
            .for_each(|part| each_variable_of_pattern(part, visit)),
        Pattern::Void | Pattern::Constant(_) | Pattern::Stored(_) => {}
    }
}
