//! `farewell serve`: what keeps it from starting, and what stops it.

use std::io::{BufRead, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{configured, fails_with, free_port, run, serve};

#[test]
fn a_port_in_use_is_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let directory = configured(taken.local_addr().expect("an address").port());
    fails_with(&run(directory.path(), &["serve"]), &["another program uses it", "into `listen`"]);
    let directory = configured(free_port());
    let file = directory.path().join("farewell.toml");
    let metrics = format!("[server]\nmetrics = \"{}\"\n", taken.local_addr().expect("an address"));
    let config = std::fs::read_to_string(&file).expect("a configuration").replace("[server]\n", &metrics);
    std::fs::write(&file, config).expect("a configuration");
    fails_with(&run(directory.path(), &["serve"]), &["another program uses it", "into `metrics`"]);
}

#[test]
fn a_database_that_cannot_be_opened_is_a_sentence() {
    let directory = configured(free_port());
    std::fs::create_dir(directory.path().join("farewell.db")).expect("a directory in its place");
    fails_with(&run(directory.path(), &["serve"]), &["farewell.db", "writable"]);
}

#[test]
fn a_signal_stops_the_server_cleanly() {
    for signal in ["-TERM", "-INT"] {
        let directory = configured(free_port());
        let (mut child, log) = serve(directory.path());
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("a signal");
        assert!(sent.success());
        let said: Vec<String> = log.lines().map_while(Result::ok).collect();
        assert!(child.wait().expect("an end").success(), "{said:?}");
        assert!(said.iter().any(|line| line.contains("stopping")), "{said:?}");
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let port = free_port();
    let directory = configured(port);
    let (mut child, mut log) = serve(directory.path());
    // A request that is never finished would be waited for.
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let head = "POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("a head");
    let mut said = [0; 12];
    stream.read_exact(&mut said).expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 100");
    let signal = |id: u32| Command::new("kill").arg(id.to_string()).status().expect("a signal");
    signal(child.id());
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert_ne!(log.read_line(&mut line).expect("its log"), 0, "the server has not waited");
    }
    let began = Instant::now();
    signal(child.id());
    let said: Vec<String> = log.lines().map_while(Result::ok).collect();
    assert_eq!(child.wait().expect("an end").code(), Some(1), "{said:?}");
    assert!(said.iter().any(|line| line.contains("second signal")), "{said:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
