//! Webhooks by https, with certificates that are really looked at.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// A receiver that shows a certificate for this name and takes everything. Gives its port and the certificate.
async fn receiver(name: &str) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let shown = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("a server's settings");
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(shown)), TcpListener::bind("127.0.0.1:0").await);
    let listener = listener.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.unwrap_or_default();
            assert!(request[..read].starts_with(b"POST /hook HTTP/1.1"), "{request:?}");
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer).await.expect("an answer");
            drop(stream.shutdown().await);
        }
    });
    (port, made.cert.pem())
}

/// Pings a receiver with a program that trusts this certificate alone.
fn ping(directory: &Path, port: u16, private: bool, trusted: &str) -> Output {
    let config = format!(
        "[server]\npublic_url = \"http://127.0.0.1:1\"\nprivate_webhooks = {private}\n\
         [[brand]]\nslug = \"acme\"\nsite_id = 1\nname = \"Acme\"\n\
         [[brand.webhook]]\nurl = \"https://localhost:{port}/hook\"\n"
    );
    std::fs::write(directory.join("farewell.toml"), config).expect("a configuration");
    std::fs::write(directory.join("trusted.pem"), trusted).expect("a certificate");
    Command::new(env!("CARGO_BIN_EXE_farewell"))
        .args(["webhooks", "test", "--brand", "acme"])
        .current_dir(directory)
        .env_remove("FAREWELL_CONFIG")
        .env("SSL_CERT_FILE", directory.join("trusted.pem"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .expect("the program")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_reaches_whom_the_certificate_names_and_nobody_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let (port, certificate) = receiver("localhost").await;
    let taken = ping(path, port, true, &certificate);
    assert!(taken.status.success() && said(&taken).contains("answered 200."), "{taken:?}");
    let refused = ping(path, port, false, &certificate);
    assert!(!refused.status.success() && said(&refused).contains("private_webhooks"), "{refused:?}");

    let (other, others) = receiver("app.example.com").await;
    for trusted in [&others, &certificate] {
        let refused = ping(path, other, true, trusted);
        assert!(!refused.status.success(), "{refused:?}");
        let said = said(&refused).to_lowercase();
        assert!(said.contains("cannot be reached") && said.contains("certificate"), "{said}");
    }
}
