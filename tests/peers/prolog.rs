//! SWI-Prolog as one process that is asked over standard input.

use crate::Error;
use crate::tasks::Task;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const NAME: &str = "SWI-Prolog";

/// A running `swipl`.
pub struct Prolog {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Prolog {
    /// Starts it; programs are written to a folder that exists.
    ///
    /// # Errors
    ///
    /// There is no `swipl`.
    pub fn start(folder: &Path) -> Result<Self, Error> {
        let server = folder.join("server.pl");
        std::fs::write(&server, include_str!("prolog.pl"))?;
        let mut child = Command::new("swipl")
            .args(["-O", "-q", "-f", "none"])
            .arg(&server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let missing = || Error::Peer(NAME, "it has no pipes".to_owned());
        let requests = child.stdin.take().ok_or_else(missing)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        Ok(Self {
            child,
            requests,
            answers,
            folder: folder.to_owned(),
        })
    }

    /// Its version, as it names itself.
    ///
    /// # Errors
    ///
    /// There is no `swipl`.
    pub fn version() -> Result<String, Error> {
        let output = Command::new("swipl").arg("--version").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn request(&mut self, request: &str) -> Result<f64, Error> {
        writeln!(self.requests, "{request}.")?;
        self.requests.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let number = line.trim().strip_prefix("ok ");
        number
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| Error::Peer(NAME, format!("{request}: {}", line.trim())))
    }

    /// Where a module's program is kept.
    pub fn file(&self, module: &str) -> PathBuf {
        self.folder.join(format!("{module}.pl"))
    }

    /// Loads a task's program into a module of its own.
    ///
    /// # Errors
    ///
    /// A program that it refuses.
    pub fn load(&mut self, module: &str, program: &str) -> Result<(), Error> {
        let file = self.file(module);
        std::fs::write(&file, program)?;
        self.request(&format!("load({module}, '{}')", file.display()))?;
        Ok(())
    }

    /// How many solutions a goal has.
    ///
    /// # Errors
    ///
    /// An error of the goal.
    pub fn count(&mut self, task: &Task, goal: &str) -> Result<usize, Error> {
        let count = self.request(&format!("count({}, ({goal}))", task.id))?;
        Ok(count as usize)
    }

    /// Whether the task's question holds.
    ///
    /// # Errors
    ///
    /// An error of the goal.
    pub fn holds(&mut self, task: &Task) -> Result<bool, Error> {
        let holds = self.request(&format!("holds({}, ({}))", task.id, task.prolog_goal))?;
        Ok(holds > 0.0)
    }

    /// How long it takes to ask the task's question so many times.
    ///
    /// # Errors
    ///
    /// An error of the goal.
    pub fn run(&mut self, task: &Task, times: u64) -> Result<Duration, Error> {
        let request = format!("run({}, ({}), {times})", task.id, task.prolog_goal);
        Ok(Duration::from_secs_f64(self.request(&request)?))
    }
}

impl Drop for Prolog {
    fn drop(&mut self) {
        let _ = writeln!(self.requests, "halt.");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
