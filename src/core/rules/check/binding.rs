//! Whether what a goal needs can be known when the goal is reached.
//!
//! Goals are taken in order. A call binds all variables of its arguments, a built-in those that it
//! gives, `=` both sides. A variable of the head is known, for the caller may give it: if it does not,
//! that is an error of the query. What negations and aggregates bind stays within them.

use super::Find;
use super::codes::{UNBOUND_INPUT, UNSAFE_NEGATION};
use super::variables::{Variables, text_meant};
use super::walk::{each_goal_variable, each_variable};
use crate::rules::ast::{Aggregate, Atom, Comparison, Goal, GoalKind, Term, TermKind};
use crate::rules::builtins::{Builtin, MachineOperation, Mode, Run, Yields};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;

/// Gives for each variable whether an error was found about it.
pub(super) fn check(
    body: &Goal,
    variables: &Variables<'_>,
    find: Find<'_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<bool> {
    let all = variables.all();
    let mut walk = Walk {
        variables,
        find,
        found,
        outer: all.iter().map(|variable| variable.places.len()).collect(),
        known: all.iter().map(|variable| variable.in_head > 0).collect(),
        reported: vec![false; all.len()],
        trail: Vec::new(),
        called: None,
    };
    walk.goal(body);
    walk.reported
}

struct Walk<'a, 'p> {
    variables: &'a Variables<'p>,
    find: Find<'a>,
    found: &'a mut Vec<Diagnostic>,
    /// How often each variable occurs on the ways through the clause that lead here.
    outer: Vec<usize>,
    /// What is bound, or given by the head.
    known: Vec<bool>,
    reported: Vec<bool>,
    /// What has become known, in order.
    trail: Vec<usize>,
    /// The built-in that the present goal calls.
    called: Option<&'static Builtin>,
}

/// How often variables occur in some goals: by number, each once.
type Counts = Vec<(usize, usize)>;

impl<'p> Walk<'_, 'p> {
    /// Takes in what a goal needs and binds. Gives whether it may hold at all.
    fn goal(&mut self, goal: &'p Goal) -> bool {
        match &goal.kind {
            GoalKind::Call(atom) => return self.call(atom),
            GoalKind::Compare(Comparison::Equal, left, right) => {
                for term in [left, right] {
                    self.functions(term);
                }
                for term in [left, right] {
                    self.bind_term(term);
                }
            }
            GoalKind::Compare(comparison, left, right) => {
                for term in [left, right] {
                    self.need(term, comparison.symbol());
                }
            }
            GoalKind::And(goals) => {
                return self.all(goals.iter());
            }
            GoalKind::Or(goals) => {
                let ways: Vec<Vec<&Goal>> = goals.iter().map(|goal| vec![goal]).collect();
                return self.ways(&ways, &mut |_| {});
            }
            GoalKind::Not(inner) => self.scope(&[inner], goal.span, "`not`"),
            GoalKind::Exists(inner) => self.scope(&[inner], goal.span, "`exists`"),
            GoalKind::Forall(condition, inner) => {
                self.scope(&[condition, inner], goal.span, "`forall`");
            }
            GoalKind::If(condition, then, otherwise) => {
                return self.choice(goal.span, condition, then, otherwise);
            }
            GoalKind::Aggregate(aggregate) => self.aggregate(aggregate, goal.span),
        }
        true
    }

    /// Takes in goals one after another. Gives whether all may hold.
    fn all(&mut self, goals: impl Iterator<Item = &'p Goal>) -> bool {
        let mut may_hold = true;
        for goal in goals {
            may_hold &= self.goal(goal);
        }
        may_hold
    }

    fn call(&mut self, atom: &'p Atom) -> bool {
        let Some(builtin) = (self.find)(&atom.name, atom.arguments.len()) else {
            for argument in &atom.arguments {
                self.functions(argument);
            }
            for argument in &atom.arguments {
                self.bind_term(argument);
            }
            return true;
        };
        self.called = Some(builtin);
        self.inputs(builtin, &atom.arguments);
        self.called = None;
        if builtin.yields != Yields::Test {
            for argument in &atom.arguments {
                self.bind_term(argument);
            }
        }
        !matches!(builtin.run, Run::Machine(MachineOperation::False))
    }

    /// Asks for what a built-in needs; it may stand as a function, without its last argument.
    fn inputs(&mut self, builtin: &'static Builtin, arguments: &'p [Term]) {
        for (parameter, argument) in builtin.parameters.iter().zip(arguments) {
            let is_variable = matches!(argument.kind, TermKind::Variable(_) | TermKind::Anonymous);
            match parameter.mode {
                Mode::Bound => self.need(argument, builtin.name),
                Mode::Shape if is_variable => self.need(argument, builtin.name),
                Mode::Shape | Mode::Any => self.functions(argument),
            }
        }
    }

    /// Asks for what the functions in a term need.
    fn functions(&mut self, term: &'p Term) {
        if let TermKind::Function(name, arguments) = &term.kind {
            match (self.find)(name, arguments.len() + 1) {
                Some(builtin) => self.inputs(builtin, arguments),
                None => arguments
                    .iter()
                    .for_each(|argument| self.need(argument, name)),
            }
            return;
        }
        for part in super::walk::parts(term) {
            self.functions(part);
        }
    }

    /// Asks for all variables of a term.
    fn need(&mut self, term: &'p Term, what: &str) {
        match &term.kind {
            TermKind::Variable(name) => {
                if let Some(number) = self.variables.number(name)
                    && !self.is_known(number)
                {
                    self.unbound(number, term.span, what);
                }
            }
            TermKind::Anonymous => self.found.push(
                UNBOUND_INPUT
                    .at(
                        term.span,
                        format!("`{what}` needs a value where `_` stands"),
                    )
                    .label(self.at_builtin("this is never known", what))
                    .help("name a variable that a goal before gives a value"),
            ),
            TermKind::Function(..) => self.functions(term),
            _ => super::walk::parts(term).for_each(|part| self.need(part, what)),
        }
    }

    fn unbound(&mut self, number: usize, span: Span, what: &str) {
        let Some(variable) = self.variables.get(number) else {
            return;
        };
        let name = variable.name;
        let mut diagnostic = UNBOUND_INPUT
            .at(
                span,
                format!("`{what}` needs the value of `{name}`, which nothing before gives"),
            )
            .label(self.at_builtin("not known here", what));
        let later = variable
            .places
            .iter()
            .find(|place| place.start > span.start);
        let is_only = variable.places.len() == 1;
        let text = text_meant(name).filter(|_| is_only);
        diagnostic = match (later, self.variables.nearest(name)) {
            (Some(later), _) => diagnostic
                .related(*later, "it occurs later, here")
                .help(format!(
                    "put the goal that gives `{name}` a value before this one"
                )),
            (None, Some(other)) if is_only => diagnostic.help(format!("did you mean `{other}`?")),
            _ => {
                let give = format!("give `{name}` a value in a goal before this one");
                diagnostic.help(match text {
                    Some(text) => format!("write `{text}` if the text is meant; otherwise {give}"),
                    None => give,
                })
            }
        };
        self.report(number, diagnostic);
    }

    /// A name that looks like one of the program's own may be a built-in's.
    fn at_builtin(&self, label: &str, what: &str) -> String {
        let called = self.called.filter(|builtin| builtin.name == what);
        called.map_or(label.to_owned(), |builtin| {
            let parameters = builtin.parameters.iter().map(|parameter| parameter.name);
            let parameters = parameters.collect::<Vec<_>>().join(", ");
            format!("{label}; `{what}({parameters})` is a built-in")
        })
    }

    fn report(&mut self, number: usize, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
        if let Some(reported) = self.reported.get_mut(number) {
            *reported = true;
        }
    }

    /// Whether a variable has a value here; one that was reported is not reported again.
    fn is_known(&self, number: usize) -> bool {
        let is = |list: &[bool]| list.get(number).copied().unwrap_or_default();
        is(&self.known) || is(&self.reported)
    }

    /// Binds the variables of a term, but not those that its functions need.
    fn bind_term(&mut self, term: &'p Term) {
        match &term.kind {
            TermKind::Variable(name) => {
                if let Some(number) = self.variables.number(name) {
                    self.bind(number);
                }
            }
            TermKind::Function(..) => {}
            _ => super::walk::parts(term).for_each(|part| self.bind_term(part)),
        }
    }

    fn bind(&mut self, number: usize) {
        if let Some(known) = self.known.get_mut(number).filter(|known| !**known) {
            *known = true;
            self.trail.push(number);
        }
    }

    /// Forgets what has become known since, and gives it.
    fn forget(&mut self, mark: usize) -> Vec<usize> {
        let since = self.trail.split_off(mark.min(self.trail.len()));
        for number in &since {
            if let Some(known) = self.known.get_mut(*number) {
                *known = false;
            }
        }
        since
    }

    /// Goes each of several ways; known after is what each of them binds that may hold. `first` runs at
    /// the beginning of the first way.
    fn ways(&mut self, ways: &[Vec<&'p Goal>], first: &mut dyn FnMut(&mut Self)) -> bool {
        let counts: Vec<Counts> = ways.iter().map(|way| self.count(way)).collect();
        counts.iter().for_each(|counts| self.take(counts));
        let mut bound = Vec::new();
        let mut open = 0;
        for (place, (way, counts)) in ways.iter().zip(&counts).enumerate() {
            self.put_back(counts);
            if place == 0 {
                first(self);
            }
            let mark = self.trail.len();
            let may_hold = self.all(way.iter().copied());
            let since = self.forget(mark);
            if may_hold {
                open += 1;
                bound.extend(since);
            }
            self.take(counts);
        }
        counts.iter().for_each(|counts| self.put_back(counts));
        bound.sort_unstable();
        for group in bound.chunk_by(|left, right| left == right) {
            if let Some(number) = group.first().filter(|_| group.len() == open) {
                self.bind(*number);
            }
        }
        open > 0
    }

    fn choice(
        &mut self,
        span: Span,
        condition: &'p Goal,
        then: &'p Goal,
        otherwise: &'p Goal,
    ) -> bool {
        let asked: Counts = self.count(&[condition]);
        let inside: Counts = self.count(&[condition, then]);
        let ways = [vec![condition, then], vec![otherwise]];
        self.ways(&ways, &mut |walk| {
            let is_asked =
                |number: usize| asked.binary_search_by_key(&number, |pair| pair.0).is_ok();
            let mut inside = inside.clone();
            inside.retain(|(number, _)| is_asked(*number));
            walk.closed(&inside, span, "the condition of `if`");
        })
    }

    /// Goals whose variables are bound within them alone.
    fn scope(&mut self, goals: &[&'p Goal], span: Span, what: &str) {
        let counts = self.count(goals);
        self.closed(&counts, span, what);
        let mark = self.trail.len();
        for goal in goals {
            self.goal(goal);
        }
        self.forget(mark);
    }

    fn aggregate(&mut self, aggregate: &'p Aggregate, span: Span) {
        let what = format!("`{}`", aggregate.function.name());
        let by = |number: usize, variables: &Variables<'_>| {
            aggregate
                .by
                .iter()
                .any(|(name, _)| variables.number(name) == Some(number))
        };
        let mut counts = self.count(&[&aggregate.goal]);
        let in_goal = counts.clone();
        if let Some(template) = &aggregate.template {
            self.count_term(template, &mut counts);
        }
        counts.retain(|(number, _)| !by(*number, self.variables));
        self.closed(&counts, span, &what);
        let mark = self.trail.len();
        self.goal(&aggregate.goal);
        if let Some(template) = &aggregate.template {
            self.need(template, aggregate.function.name());
        }
        self.forget(mark);
        for (name, span) in &aggregate.by {
            let Some(number) = self.variables.number(name) else {
                continue;
            };
            if in_goal
                .binary_search_by_key(&number, |pair| pair.0)
                .is_err()
            {
                let diagnostic = UNBOUND_INPUT
                    .at(
                        *span,
                        format!(
                            "{what} can not be grouped by `{name}`, which its goal does not hold"
                        ),
                    )
                    .label("not in the goal")
                    .help(format!("use `{name}` in the goal, or remove it from `by`"));
                self.report(number, diagnostic);
            }
            self.bind(number);
        }
        self.functions(&aggregate.result);
        self.bind_term(&aggregate.result);
    }

    /// Reports variables that occur both in such a scope and outside, and are not known before it.
    fn closed(&mut self, counts: &Counts, scope: Span, what: &str) {
        for (number, inside) in counts {
            let all = self.outer.get(*number).copied().unwrap_or_default();
            if all <= *inside || self.is_known(*number) {
                continue;
            }
            let Some(variable) = self.variables.get(*number) else {
                continue;
            };
            let name = variable.name;
            let is_inside = |place: &&Span| scope.start <= place.start && place.end <= scope.end;
            let span = variable
                .places
                .iter()
                .find(is_inside)
                .copied()
                .unwrap_or(scope);
            let mut diagnostic = UNSAFE_NEGATION
                .at(
                    span,
                    format!("`{name}` is not known where {what} asks about it"),
                )
                .label(format!("nothing before {what} binds it"));
            let later = variable
                .places
                .iter()
                .find(|place| place.start >= scope.end);
            diagnostic = match later {
                Some(later) => diagnostic
                    .related(*later, "it also occurs here")
                    .help(format!("put the goal that binds `{name}` before {what}")),
                None => diagnostic.help(format!(
                    "bind `{name}` in a goal before {what}; if it is another value there, give it another name"
                )),
            };
            self.report(*number, diagnostic);
        }
    }

    fn count(&self, goals: &[&'p Goal]) -> Counts {
        let mut numbers = Vec::new();
        for goal in goals {
            each_goal_variable(goal, &mut |name, _| {
                numbers.extend(self.variables.number(name));
            });
        }
        numbers.sort_unstable();
        let groups = numbers.chunk_by(|left, right| left == right);
        groups
            .filter_map(|group| Some((*group.first()?, group.len())))
            .collect()
    }

    fn count_term(&self, term: &'p Term, counts: &mut Counts) {
        each_variable(term, &mut |name, _| {
            let Some(number) = self.variables.number(name) else {
                return;
            };
            match counts.binary_search_by_key(&number, |pair| pair.0) {
                Ok(place) => {
                    if let Some(pair) = counts.get_mut(place) {
                        pair.1 += 1;
                    }
                }
                Err(place) => counts.insert(place, (number, 1)),
            }
        });
    }

    fn take(&mut self, counts: &Counts) {
        for (number, count) in counts {
            if let Some(outer) = self.outer.get_mut(*number) {
                *outer = outer.saturating_sub(*count);
            }
        }
    }

    fn put_back(&mut self, counts: &Counts) {
        for (number, count) in counts {
            if let Some(outer) = self.outer.get_mut(*number) {
                *outer += count;
            }
        }
    }
}
