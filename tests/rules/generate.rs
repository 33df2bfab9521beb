//! Random programs, the same for the same seed.

use super::naive::{Atom, Literal, Program, Rule, Term};

/// A small generator of numbers: SplitMix64.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

const CONSTANTS: usize = 5;

/// A program whose recursion is free, and whose negations and counts are stratified.
pub(crate) fn program(random: &mut Random) -> Program {
    let predicates = 3 + random.below(5);
    let mut program = Program::default();
    for predicate in 0..predicates {
        program.arities.push(1 + random.below(3));
        program.strata.push(predicate / 2);
    }
    for predicate in 0..predicates {
        let facts = if predicate < 2 {
            3 + random.below(8)
        } else {
            random.below(3)
        };
        for _ in 0..facts {
            let arguments = (0..program.arities[predicate])
                .map(|_| Term::Constant(random.below(CONSTANTS) as i64))
                .collect();
            let head = Atom {
                predicate,
                arguments,
            };
            program.rules.push(Rule {
                head,
                body: Vec::new(),
            });
        }
    }
    for _ in 0..2 + random.below(8) {
        let rule = rule(random, &program);
        program.rules.push(rule);
    }
    program
}

fn atom(random: &mut Random, program: &Program, predicate: usize, variables: usize) -> Atom {
    let arguments = (0..program.arities[predicate])
        .map(|_| {
            if random.one_in(5) {
                Term::Constant(random.below(CONSTANTS) as i64)
            } else {
                Term::Variable(random.below(variables))
            }
        })
        .collect();
    Atom {
        predicate,
        arguments,
    }
}

fn rule(random: &mut Random, program: &Program) -> Rule {
    let head = random.below(program.arities.len());
    let stratum = program.strata[head];
    let variables = 2 + random.below(3);
    let reachable: Vec<usize> = (0..program.arities.len())
        .filter(|predicate| program.strata[*predicate] <= stratum)
        .collect();
    let lower: Vec<usize> = (0..program.arities.len())
        .filter(|predicate| program.strata[*predicate] < stratum)
        .collect();
    let mut body = Vec::new();
    let mut bound: Vec<usize> = Vec::new();
    for _ in 0..1 + random.below(3) {
        let predicate = reachable[random.below(reachable.len())];
        let atom = atom(random, program, predicate, variables);
        for term in &atom.arguments {
            if let Term::Variable(variable) = term
                && !bound.contains(variable)
            {
                bound.push(*variable);
            }
        }
        body.push(Literal::Positive(atom));
    }
    let known = |random: &mut Random, bound: &[usize]| {
        if bound.is_empty() || random.one_in(4) {
            Term::Constant(random.below(CONSTANTS) as i64)
        } else {
            Term::Variable(bound[random.below(bound.len())])
        }
    };
    if !lower.is_empty() && random.one_in(2) {
        let predicate = lower[random.below(lower.len())];
        let mut arguments: Vec<Term> = (0..program.arities[predicate])
            .map(|_| known(random, &bound))
            .collect();
        if random.one_in(2) {
            // A variable of the negation or the count alone.
            let place = random.below(arguments.len());
            arguments[place] = Term::Variable(100);
        }
        let atom = Atom {
            predicate,
            arguments,
        };
        if random.one_in(3) {
            body.push(Literal::Count(50, atom));
            bound.push(50);
        } else {
            body.push(Literal::Negative(atom));
        }
    }
    if random.one_in(4) {
        body.push(Literal::Different(
            known(random, &bound),
            known(random, &bound),
        ));
    }
    if random.one_in(6) {
        body.push(Literal::Less(known(random, &bound), known(random, &bound)));
    }
    let arguments = (0..program.arities[head])
        .map(|_| known(random, &bound))
        .collect();
    Rule {
        head: Atom {
            predicate: head,
            arguments,
        },
        body,
    }
}

/// A question to a program: some arguments known, some open, some the same.
pub(crate) fn query(random: &mut Random, program: &Program) -> Atom {
    let predicate = random.below(program.arities.len());
    atom(random, program, predicate, 3)
}
