//! Programs that a task keeps running: started, watched, and gone when the task is, however the task ends.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::command;

/// How long a service may take from its start to its first answer.
const START: Duration = Duration::from_secs(20);
/// How long a service may take to leave after being asked to.
const LEAVE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(25);

/// A running program with a port, in a process group of its own. Dropping it ends the whole group.
pub struct Service {
    name: &'static str,
    port: u16,
    child: Child,
}

impl Service {
    /// Starts the program. It does not outlive this process: on Linux the kernel sees to that even if this one is killed.
    pub fn start(name: &'static str, port: u16, program: &Command) -> Result<Service> {
        let mut command = tethered(program);
        let child = command::spawn(command.stdin(Stdio::null()).process_group(0))
            .with_context(|| format!("{name} cannot be started"))?;
        Ok(Service { name, port, child })
    }

    /// Waits until the service answers HTTP on its port.
    pub fn answers(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        while !answers(self.port) {
            if let Some(status) = self.ended()? {
                bail!("{} ended before it answered ({status}): what it said is above", self.name);
            }
            if Instant::now() > deadline {
                bail!("{} does not answer on port {} within {} s", self.name, self.port, START.as_secs());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// How the service ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("lost sight of {}", self.name))
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn end(&mut self) {
        let Ok(group) = i32::try_from(self.child.id()).map(Pid::from_raw) else { return };
        killpg(group, Signal::SIGTERM).ok();
        let deadline = Instant::now() + LEAVE;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(POLL);
        }
        // The leader may have left children of its own.
        killpg(group, Signal::SIGKILL).ok();
        self.child.wait().ok();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

/// Fails with a sentence if something else has the port.
pub fn port_is_free(port: u16, whose: &str) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => {
            bail!(
                "port {port} on 127.0.0.1, meant for {whose}, cannot be used ({error}): choose another one with --port"
            )
        }
    }
}

/// Whether an HTTP server on the port answers `GET /` with anything but an error of its own.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let patience = Duration::from_secs(2);
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), patience)?;
        stream.set_read_timeout(Some(patience))?;
        write!(stream, "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line)
    };
    ask().is_ok_and(|line| line.starts_with("HTTP/1.") && !line.contains(" 5"))
}

/// The same program, started through [`hold`] where the kernel offers that.
#[cfg(target_os = "linux")]
fn tethered(program: &Command) -> Command {
    // Through /proc, because a build may have replaced the file this process was started from.
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["tether", &std::process::id().to_string(), "--"])
        .arg(program.get_program())
        .args(program.get_args());
    carry_over(program, &mut command);
    command
}

#[cfg(not(target_os = "linux"))]
fn tethered(program: &Command) -> Command {
    let mut command = Command::new(program.get_program());
    command.args(program.get_args());
    carry_over(program, &mut command);
    command
}

fn carry_over(from: &Command, to: &mut Command) {
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

/// Become another program that is killed when its parent dies
///
/// For this program's own use: a death signal can only be asked for by the process that is to receive it.
#[derive(Args)]
pub struct Tether {
    /// The process id of the parent
    parent: u32,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    program: Vec<std::ffi::OsString>,
}

/// Runs the command `tether`; returns only if the program cannot be started.
pub fn hold(tether: &Tether) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)
            .context("the kernel refuses to tie a service to its task")?;
        if i32::try_from(tether.parent) != Ok(nix::unistd::getppid().as_raw()) {
            bail!("the task that wanted this service is gone");
        }
    }
    let [program, arguments @ ..] = tether.program.as_slice() else { bail!("no program to start") };
    let error = Command::new(program).args(arguments).exec();
    bail!("`{}` cannot be started: {error}", program.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_a_sentence_that_names_the_port_and_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = port_is_free(port, "the server").unwrap_err().to_string();
        assert!(error.contains(&format!("port {port}")) && error.contains("--port"), "{error}");
        drop(taken);
        assert!(port_is_free(port, "the server").is_ok());
    }

    #[test]
    fn only_a_server_that_works_counts_as_answering() {
        let respond = |line: &'static str| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                BufReader::new(&stream).read_line(&mut String::new()).unwrap();
                stream.write_all(line.as_bytes()).unwrap();
            });
            let answered = answers(port);
            server.join().unwrap();
            answered
        };
        assert!(respond("HTTP/1.1 303 See Other\r\n\r\n"));
        assert!(respond("HTTP/1.1 404 Not Found\r\n\r\n"));
        assert!(!respond("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        assert!(!respond("220 mail\r\n"));
    }
}
