//! Which variables of a clause live in registers, and which in its frame.
//!
//! A chunk is what runs between two calls: registers do not outlive it. A variable of one chunk is
//! temporary; one of several is permanent.

use super::flatten::{FlatClause, Located, Step, each_variable_of_pattern, each_variable_of_step};

/// What the compiler knows of a clause's variables before it begins.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// How often each variable occurs.
    pub(crate) occurrences: Vec<u32>,
    /// Which of them are permanent.
    pub(crate) permanent: Vec<bool>,
    /// Whether a frame is needed though no variable is permanent.
    pub(crate) needs_frame: bool,
    /// The most arguments of its head and its calls.
    pub(crate) most_arguments: u8,
}

struct Walk {
    chunk: u32,
    seen_in: Vec<Option<u32>>,
    chunks: Chunks,
}

impl Walk {
    fn visit(&mut self, variable: u16) {
        let place = usize::from(variable);
        if let Some(count) = self.chunks.occurrences.get_mut(place) {
            *count += 1;
        }
        if let (Some(seen), Some(permanent)) = (
            self.seen_in.get_mut(place),
            self.chunks.permanent.get_mut(place),
        ) {
            match *seen {
                None => *seen = Some(self.chunk),
                Some(chunk) if chunk != self.chunk => *permanent = true,
                Some(_) => {}
            }
        }
    }

    fn steps(&mut self, steps: &[Located]) {
        for located in steps {
            self.step(&located.step);
        }
    }

    fn branch(&mut self, steps: &[Located]) {
        self.chunk += 1;
        self.steps(steps);
        self.chunk += 1;
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Or(branches) => branches.iter().for_each(|steps| self.branch(steps)),
            Step::If(condition, then, otherwise) => {
                self.chunks.needs_frame = true;
                [condition, then, otherwise]
                    .into_iter()
                    .for_each(|steps| self.branch(steps));
            }
            Step::Not(steps) | Step::Exists(steps, _) => {
                self.chunks.needs_frame = true;
                self.branch(steps);
            }
            Step::Aggregate(aggregate) => {
                self.branch(&aggregate.body);
                // All that an aggregate names it finds in the frame.
                for variable in aggregate
                    .template
                    .iter()
                    .chain(&aggregate.by)
                    .chain(&aggregate.variables)
                    .chain([&aggregate.result])
                {
                    self.visit(*variable);
                    if let Some(permanent) = self.chunks.permanent.get_mut(usize::from(*variable)) {
                        *permanent = true;
                    }
                }
                self.chunk += 1;
            }
            step => {
                each_variable_of_step(step, &mut |variable| self.visit(variable));
                if let Step::Call(_, arguments) = step {
                    let count = u8::try_from(arguments.len()).unwrap_or(u8::MAX);
                    self.chunks.most_arguments = self.chunks.most_arguments.max(count);
                }
                if matches!(step, Step::Call(..) | Step::Generate(..)) {
                    self.chunk += 1;
                }
            }
        }
    }
}

impl Chunks {
    pub(crate) fn of(clause: &FlatClause, is_query: bool) -> Self {
        let count = clause.names.len();
        let mut walk = Walk {
            chunk: 0,
            seen_in: vec![None; count],
            chunks: Self {
                occurrences: vec![0; count],
                permanent: vec![false; count],
                needs_frame: is_query,
                most_arguments: u8::try_from(clause.head.len()).unwrap_or(u8::MAX),
            },
        };
        for pattern in &clause.head {
            each_variable_of_pattern(pattern, &mut |variable| walk.visit(variable));
        }
        walk.steps(&clause.body);
        let mut chunks = walk.chunks;
        if is_query {
            for (name, permanent) in clause.names.iter().zip(&mut chunks.permanent) {
                *permanent |= name.is_some();
            }
        }
        let calls = |step: &Located| !matches!(step.step, Step::Call(..)) && !is_inline(&step.step);
        let last_is_call =
            matches!(clause.body.last(), Some(last) if matches!(last.step, Step::Call(..)));
        let call_count = clause
            .body
            .iter()
            .filter(|located| matches!(located.step, Step::Call(..)))
            .count();
        chunks.needs_frame |= clause.body.iter().any(calls)
            || call_count > usize::from(last_is_call)
            || chunks.permanent.contains(&true);
        chunks
    }
}

/// Whether a step leaves registers as they are and makes no choice.
pub(crate) const fn is_inline(step: &Step) -> bool {
    matches!(
        step,
        Step::Unify(..)
            | Step::Compare(..)
            | Step::Arithmetic(..)
            | Step::TypeTest(..)
            | Step::Field(..)
            | Step::Builtin(..)
            | Step::Fail
    )
}
