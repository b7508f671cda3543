//! The `farewell` command, as a person at a terminal meets it.

mod backup;
mod changes;
mod declarations;
mod erase;
mod export;
mod help;
mod keys;
mod lint;
mod migrate;
mod receipts;
mod serve;
mod sessions;
mod shop;
mod webhooks;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn farewell(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farewell"));
    command.args(arguments).current_dir(directory).env_remove("FAREWELL_CONFIG").env_remove("FAREWELL_LOG");
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    farewell(directory, arguments).output().expect("the program")
}

fn configured(port: u16) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n\
         [[brand]]\nslug = \"acme\"\nsite_id = 1\nname = \"Acme\"\n"
    );
    std::fs::write(directory.path().join("farewell.toml"), config).expect("a configuration");
    directory
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// Starts the server and waits until it listens.
fn serve(directory: &Path) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = farewell(directory, &["serve"]).stderr(Stdio::piped()).spawn().expect("the program");
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let mut line = String::new();
    while !line.contains("farewell is listening") {
        line.clear();
        assert_ne!(log.read_line(&mut line).expect("its log"), 0, "the server has ended");
    }
    (child, log)
}

#[track_caller]
fn fails_with(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("panicked") && !said.contains("Error {"), "{said}");
}

/// Adds to the configuration of a directory.
fn add(directory: &Path, text: &str) {
    let file = directory.join("farewell.toml");
    let before = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(file, before + text).expect("a configuration");
}
