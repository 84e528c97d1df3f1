//! One of the processes: it reads a line with the number of commands to execute, and answers with the number of
//! conflicts.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use eventsource_benches::{Error, Orders, ServerOptions, decisions, source};

const TASKS: usize = 64;
/// Executed before anything is measured, so that connections are open and statements prepared.
const WARM_UP: u64 = 200;

/// A started process.
pub(crate) struct Worker {
    process: Child,
    input: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    done: u64,
}

impl Worker {
    /// Starts this program again, and waits until it is ready.
    pub(crate) fn start(server: &ServerOptions, url: &str, number: usize) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            "processes",
            "--server",
            &server.server,
            "--work",
            url,
            "--number",
            &number.to_string(),
        ]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take();
        let answers = process.stdout.take().ok_or("the process cannot answer")?;
        let mut worker = Self { process, input, answers: BufReader::new(answers), done: WARM_UP };
        worker.conflicts()?;
        Ok(worker)
    }

    /// Lets it execute this many commands.
    pub(crate) fn begin(&mut self, commands: u64) -> Result<(), Error> {
        writeln!(self.input.as_mut().ok_or("the process was ended")?, "{commands}")?;
        self.done += commands;
        Ok(())
    }

    /// Waits until it has finished, and returns the number of conflicts.
    pub(crate) fn conflicts(&mut self) -> Result<u64, Error> {
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer.trim().parse().map_err(|_| format!("a process failed, and said {answer:?}"))?)
    }

    /// Ends it, and returns the number of commands it has executed.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        drop(self.input.take());
        let status = self.process.wait()?;
        if status.success() { Ok(self.done) } else { Err(format!("a process failed: {status}").into()) }
    }
}

/// Runs as one of the processes, until stdin is closed.
#[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
pub(crate) async fn run(url: &str, orders: &Orders) -> Result<(), Error> {
    let mut way = orders.through("D", source(url).await?);
    let input = std::iter::once(Ok(WARM_UP.to_string())).chain(std::io::stdin().lines());
    for commands in input {
        let commands: u64 = commands?.trim().parse()?;
        let before = decisions();
        way.round(TASKS, commands).await?;
        println!("{}", decisions() - before - commands);
    }
    Ok(())
}
