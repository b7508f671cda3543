//! A server that is told to stop finishes what has begun, and begins nothing.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::mail_server::{HELD, MailServer};
use crate::server::Running;

/// Waits until nobody listens any more.
async fn refused(address: &str) {
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("a listener that closes");
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered() {
    let mut server = Running::start().await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let body = json!({ "retention": { "customer_id": "cus_1" } }).to_string();
    let head = format!(
        "POST /v1/retention/session HTTP/1.1\r\nHost: x\r\nX-Brand-Key: {}\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        server.acme,
        body.len()
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server says that once it reads the body: the request has begun.
    let mut said = [0; 25];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.tell_to_stop();
    refused(&address).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(serde_json::from_str::<Value>(body).unwrap()["id"].as_str().unwrap().starts_with("ret_"));
    server.stop().await;
}

#[tokio::test]
async fn a_mail_on_its_way_is_waited_for_and_noted() {
    let mails = MailServer::start().await;
    mails.say(HELD);
    let mut server = Running::start_with(|text| mails.configure(&text, "")).await;
    let session = server.session(1).await;
    server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    mails.until(1).await;
    let (clock, address) = (server.clock.clone(), server.url.trim_start_matches("http://").to_owned());
    assert_eq!(server.outbox("mails").await, [("pending".to_owned(), 0, None)]);
    server.tell_to_stop();
    refused(&address).await;
    mails.release();
    let directory = server.stop().await;
    let server = Running::start_as(directory, clock, |text| text).await;
    assert_eq!(server.outbox("mails").await, [("sent".to_owned(), 1, None)]);
    assert_eq!(mails.sent().len(), 1);
}
