//! Programs that a task runs to their end.

use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::step::Seconds;

/// How long a silent program may work before we say that it still does.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Runs a program that shows its own progress. An exit code other than 0 is an error that names the program.
pub fn run(command: &mut Command) -> Result<()> {
    let status = spawn(command)?.wait().with_context(|| format!("lost sight of `{}`", line(command)))?;
    succeeded(command, status)
}

/// Runs a program that says nothing while it works, and says every ten seconds that it still does.
pub fn run_silent(command: &mut Command) -> Result<()> {
    let mut child = spawn(command)?;
    let name = name(command);
    let started = Instant::now();
    let (over, ended) = channel::<()>();
    let heartbeat = thread::spawn(move || {
        while ended.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            println!("    {name} is still working ({})", Seconds(started.elapsed()));
        }
    });
    let status = child.wait();
    drop(over);
    heartbeat.join().ok();
    succeeded(command, status.with_context(|| format!("lost sight of `{}`", line(command)))?)
}

/// Runs a program and hands every line it writes to standard output or standard error (chosen by `stream`) to `each`, as it
/// comes. The other stream is shown untouched.
pub fn run_watched(command: &mut Command, stream: Stream, mut each: impl FnMut(&str)) -> Result<()> {
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Error => command.stderr(Stdio::piped()),
    };
    let mut child = spawn(command)?;
    let mut lines = |reader: &mut dyn BufRead| -> Result<()> {
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            each(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
        Ok(())
    };
    match (child.stdout.take(), child.stderr.take()) {
        (Some(output), _) => lines(&mut BufReader::new(output))?,
        (_, Some(error)) => lines(&mut BufReader::new(error))?,
        _ => {}
    }
    let status = child.wait().with_context(|| format!("lost sight of `{}`", line(command)))?;
    succeeded(command, status)
}

/// Which of a program's two streams is read.
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Runs a program and returns what it wrote to standard output. Standard error is shown.
pub fn read(command: &mut Command) -> Result<String> {
    let child = spawn(command.stdout(Stdio::piped()))?;
    let output = child.wait_with_output().with_context(|| format!("lost sight of `{}`", line(command)))?;
    succeeded(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts a program; a program that is not there is a sentence.
pub fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            anyhow::anyhow!("`{}` cannot be started: there is no such program on PATH", name(command))
        }
        _ => anyhow::anyhow!("`{}` cannot be started: {error}", line(command)),
    })
}

/// The command as it would be typed.
pub fn line(command: &Command) -> String {
    let mut line = name(command);
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        line.push(' ');
        if argument.contains(' ') {
            line.push_str(&format!("'{argument}'"))
        } else {
            line.push_str(&argument)
        }
    }
    line
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    match status.code() {
        Some(code) => bail!("`{}` failed with exit code {code}", line(command)),
        None => bail!("`{}` was ended by a signal", line(command)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(error.to_string().contains("`no-such-program-anywhere` cannot be started"), "{error}");
    }

    #[test]
    fn a_failing_program_is_quoted_with_its_exit_code() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c 'exit 3'` failed with exit code 3");
    }

    #[test]
    fn a_watched_program_gives_its_lines() {
        let mut lines = Vec::new();
        let script = "echo one >&2; printf two >&2";
        run_watched(Command::new("sh").args(["-c", script]), Stream::Error, |line| {
            lines.push(line.to_owned())
        })
        .unwrap();
        assert_eq!(lines, ["one", "two"]);
    }
}
