//! regorus: Rego, compiled for its virtual machine.

use crate::Error;
use crate::tasks::RegoTask;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};

const NAME: &str = "regorus";
const ENTRY: &str = "data.task.allow";

/// A policy with its data and one input.
pub struct Rego {
    machine: RegoVM,
    input: Value,
}

impl Rego {
    /// Compiles a task's policy.
    ///
    /// # Errors
    ///
    /// A policy, data or an input that it refuses.
    pub fn new(task: &RegoTask) -> Result<Self, Error> {
        let failed = Error::of(NAME);
        let mut engine = Engine::new();
        engine
            .add_policy("task.rego".to_owned(), task.policy.clone())
            .map_err(|error| failed(&error))?;
        let data = Value::from_json_str(&task.data).map_err(|error| failed(&error))?;
        engine
            .add_data(data.clone())
            .map_err(|error| failed(&error))?;
        let entry: Rc<str> = ENTRY.into();
        let compiled = engine
            .compile_with_entrypoint(&entry)
            .map_err(|error| failed(&error))?;
        let program =
            Compiler::compile_from_policy(&compiled, &[ENTRY]).map_err(|error| failed(&error))?;
        let mut machine = RegoVM::new();
        machine.load_program(program);
        machine.set_data(data).map_err(|error| failed(&error))?;
        let input = Value::from_json_str(&task.input).map_err(|error| failed(&error))?;
        Ok(Self { machine, input })
    }

    /// Whether the policy allows the input.
    ///
    /// # Errors
    ///
    /// A failure of the policy.
    pub fn ask(&mut self) -> Result<bool, Error> {
        self.machine.set_input(self.input.clone());
        let value = self
            .machine
            .execute()
            .map_err(|error| Error::of(NAME)(&error))?;
        Ok(matches!(value, Value::Bool(true)))
    }
}
