//! Our engine, natively and in the component.

use crate::Error;
use crate::tasks::{Ask, Task};
use assize::{Component, ComponentEngines, EngineOptions};
use assize_core::rules::{
    ConstantHandle, Evaluator, Format, KnowledgeBase, Limits, PredicateHandle, QueryOptions, Source,
};
use assize_service::{Engines, RulesHandle, RulesStep};
use std::time::Duration;

/// Answers of one query, bytes and seconds are no bound here.
const AMPLE: Limits = Limits {
    max_steps: u64::MAX,
    max_depth: 1_000_000,
    max_answers: u32::MAX,
    max_table_answers: u32::MAX,
    max_bytes: 1 << 30,
};

/// The component's engines, with room for a load of 100,000 facts.
///
/// # Errors
///
/// A component that was not built or does not start.
pub fn component_engines() -> Result<ComponentEngines, Error> {
    let options = EngineOptions {
        call_time: Duration::from_secs(60),
        memory_bytes: 1 << 30,
        instances: 8,
        ..EngineOptions::default()
    };
    Ok(ComponentEngines::new(&Component::embedded()?, &options)?)
}

/// Rules as the one source of a knowledge base.
pub fn source(rules: &str) -> [Source; 1] {
    [Source {
        name: "task.rules".into(),
        text: rules.into(),
        format: Format::Text,
    }]
}

/// One of our engines with a task's rules, ready to be asked its question over and over.
pub enum Subject<'a> {
    /// In this process, without the service around it.
    Native(Box<Native>),
    /// In an instance of the component.
    Component(Box<dyn RulesHandle + 'a>, Question),
}

/// The core itself.
pub struct Native {
    base: KnowledgeBase,
    evaluator: Evaluator,
    question: Question,
}

/// What is asked, in the numbers of the engine that is asked.
pub enum Question {
    /// By resident handles.
    Holds(u32, Vec<u32>),
    /// As text; whether there is an answer.
    Text(String),
}

fn options() -> QueryOptions {
    QueryOptions {
        limits: AMPLE,
        ..QueryOptions::default()
    }
}

impl<'a> Subject<'a> {
    /// The core in this process.
    ///
    /// # Errors
    ///
    /// Rules that can't be loaded.
    pub fn native(task: &Task) -> Result<Self, Error> {
        let base = KnowledgeBase::load(&source(&task.rules))?;
        let mut evaluator = Evaluator::new(&base, AMPLE);
        let question = match &task.ask {
            Ask::Text(goal) => Question::Text(goal.clone()),
            Ask::Holds(name, arguments) => {
                let predicate = evaluator
                    .predicate(name, arguments.len())
                    .ok_or_else(|| Error::Unfit(format!("there is no `{name}`")))?;
                let arguments = arguments.iter().map(|text| evaluator.text(text).to_bits());
                Question::Holds(predicate.to_bits(), arguments.collect())
            }
        };
        Ok(Self::Native(Box::new(Native {
            base,
            evaluator,
            question,
        })))
    }

    /// An instance of the component.
    ///
    /// # Errors
    ///
    /// Rules that can't be loaded; a failure of the engine.
    pub fn component(engines: &'a ComponentEngines, task: &Task) -> Result<Self, Error> {
        let mut rules = engines.load_rules(&source(&task.rules))?;
        let question = match &task.ask {
            Ask::Text(goal) => Question::Text(goal.clone()),
            Ask::Holds(name, arguments) => {
                let predicate = rules
                    .predicate(name, arguments.len() as u32)?
                    .ok_or_else(|| Error::Unfit(format!("there is no `{name}`")))?;
                let arguments = arguments
                    .iter()
                    .map(|text| rules.text_handle(text))
                    .collect::<Result<_, _>>()?;
                Question::Holds(predicate, arguments)
            }
        };
        Ok(Self::Component(rules, question))
    }

    /// Whether the task's question holds.
    ///
    /// # Errors
    ///
    /// A limit; a failure of the engine.
    pub fn ask(&mut self) -> Result<bool, Error> {
        match self {
            Self::Native(native) => native.ask(),
            Self::Component(rules, Question::Holds(predicate, arguments)) => {
                Ok(rules.holds(*predicate, arguments)?)
            }
            Self::Component(rules, Question::Text(goal)) => Ok(answers(&mut **rules, goal)? > 0),
        }
    }

    /// How many answers a query has.
    ///
    /// # Errors
    ///
    /// A limit; a failure of the engine.
    pub fn count(&mut self, goal: &str) -> Result<usize, Error> {
        match self {
            Self::Native(native) => Ok(native.base.ask(goal, options())?.answers.len()),
            Self::Component(rules, _) => answers(&mut **rules, goal),
        }
    }
}

impl Native {
    fn ask(&mut self) -> Result<bool, Error> {
        match &self.question {
            Question::Holds(predicate, arguments) => {
                let mut handles = [ConstantHandle::from_bits(0); 4];
                for (handle, bits) in handles.iter_mut().zip(arguments) {
                    *handle = ConstantHandle::from_bits(*bits);
                }
                let predicate = PredicateHandle::from_bits(*predicate);
                let handles = handles.get(..arguments.len()).unwrap_or(&[]);
                Ok(self.evaluator.holds(predicate, handles, None)?)
            }
            Question::Text(goal) => {
                let answers = self.base.ask(goal, options())?;
                complete(answers.outcome.complete, goal)?;
                Ok(!answers.answers.is_empty())
            }
        }
    }
}

fn complete(complete: bool, goal: &str) -> Result<(), Error> {
    if complete {
        return Ok(());
    }
    Err(Error::Unfit(format!("`{goal}` reached a limit")))
}

fn answers(rules: &mut dyn RulesHandle, goal: &str) -> Result<usize, Error> {
    let mut cursor = rules.query(goal, &options())?;
    let mut count = 0;
    loop {
        match cursor.next()? {
            RulesStep::Answer(_) => count += 1,
            RulesStep::Pause => {}
            RulesStep::NeedExternal(..) => {
                return Err(Error::Unfit(format!("`{goal}` asks the host")));
            }
            RulesStep::Done(ending) => {
                complete(ending.complete, goal)?;
                return Ok(count);
            }
        }
    }
}
