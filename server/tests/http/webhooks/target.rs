//! Where webhooks may not go.

use farewell_server::clock::Clock;
use farewell_server::outbound::Client;
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use super::receiver::without_private;
use crate::server::{Running, config};

/// A port of this machine that notices whether anybody comes.
async fn guarded() -> (TcpListener, u16) {
    let listener = TcpListener::bind("[::]:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

async fn nobody_came(listener: &TcpListener) -> bool {
    // A connection that was made is there at once: nothing has to be waited for.
    let accepted =
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context).is_ready()));
    !accepted.await
}

#[tokio::test]
async fn nothing_on_this_machine_is_reached_in_whatever_spelling() {
    let (listener, port) = guarded().await;
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "http://127.0.0.1:1", |text| text);
    let client = Client::new(&config, Clock::system()).unwrap();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "localhost",
        "LOCALHOST",
    ];
    for host in hosts {
        let url = Url::parse(&format!("http://{host}:{port}/")).unwrap();
        let why = client.post("acme", &url, "evt_1", "{}").await.unwrap_err();
        assert!(why.contains("private_webhooks"), "{host}: {why}");
    }
    for host in [
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "100.100.100.200",
    ] {
        let url = Url::parse(&format!("http://{host}:{port}/")).unwrap();
        let why = client.post("acme", &url, "evt_1", "{}").await.unwrap_err();
        assert!(why.contains("never sent to"), "{host}: {why}");
    }
    assert!(nobody_came(&listener).await);
}

#[tokio::test]
async fn what_no_webhook_is_for_is_not_reached_where_private_networks_are() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "http://127.0.0.1:1", |text| {
        text.replacen("[server]", "[server]\nprivate_webhooks = true", 1)
    });
    let client = Client::new(&config, Clock::system()).unwrap();
    let (listener, port) = guarded().await;
    for host in ["0.0.0.0", "[::]", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]"] {
        let url = Url::parse(&format!("http://{host}:{port}/")).unwrap();
        let why = client.post("acme", &url, "evt_1", "{}").await.unwrap_err();
        assert!(why.contains("never sent to"), "{host}: {why}");
    }
    assert!(nobody_came(&listener).await);
    // The same port is reached by an address that is allowed, so what came to nothing above was refused.
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    let (_, came) = tokio::join!(
        tokio::time::timeout(std::time::Duration::from_millis(500), client.post("acme", &url, "evt_1", "{}")),
        listener.accept()
    );
    came.unwrap();
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_when_the_connection_is_made() {
    let (listener, port) = guarded().await;
    let table = format!("[[brand.webhook]]\nurl = \"https://localhost:{port}/\"\n");
    let server = Running::start_with(|text| without_private(&text, &table)).await;
    let session = server.session(1).await;
    server.act(&session, json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    for _ in 0..1000 {
        let rows = server.outbox("webhooks").await;
        if let Some((status, _, Some(error))) = rows.iter().find(|row| row.1 == 1) {
            assert_eq!(status, "pending");
            assert!(error.contains("`private_webhooks = true`"), "{error}");
            assert!(nobody_came(&listener).await);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?}", server.outbox("webhooks").await);
}
