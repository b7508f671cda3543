//! Mail over encrypted connections, by the real program: with the certificates the system trusts, and with no others.

#[path = "http/mail_server.rs"]
mod mail_server;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use mail_server::{MailServer, Privacy};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// A certificate of this machine, as PEM, and who shows it.
fn certificate() -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let shown =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    (made.cert.pem(), TlsAcceptor::from(Arc::new(shown.expect("a server's settings"))))
}

/// Mails a test, where only the certificates in this file are trusted.
async fn mail(directory: &Path, trusted: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farewell"));
    command
        .args(["receipts", "test", "--brand", "acme", "--to", "ada@example.com"])
        .current_dir(directory)
        .env_remove("FAREWELL_CONFIG")
        .env("FAREWELL_SMTP_PASSWORD", "swordfish")
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR");
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("a run").expect("the program")
}

async fn arrives_over(security: &str, privacy: impl Fn(TlsAcceptor) -> Privacy) {
    let (pem, acceptor) = certificate();
    let mails = MailServer::start_as(Some(("acme", "swordfish")), privacy(acceptor)).await;
    let directory = tempfile::tempdir().expect("a directory");
    let config = "[server]\npublic_url = \"http://127.0.0.1:1\"\n[[brand]]\nslug = \"acme\"\nsite_id = 1\nname = \"Acme\"\n";
    let config = mails.configure(config, "username = \"acme\"");
    let config = config.replace("security = \"none\"", &format!("security = \"{security}\""));
    std::fs::write(directory.path().join("farewell.toml"), config).expect("a configuration");
    let (own, other) = (directory.path().join("own.pem"), directory.path().join("other.pem"));
    std::fs::write(&own, pem).expect("a certificate");
    std::fs::write(&other, certificate().0).expect("a certificate");

    let refused = mail(directory.path(), &other).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("certificate"), "{said}");
    assert_eq!((mails.logins(), mails.sent().len()), (0, 0), "a stranger gets neither password nor mail");

    let taken = mail(directory.path(), &own).await;
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let sent = mails.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].to.contains("<ada@example.com>") && sent[0].message.contains("Subject: Acme: test"));
}

#[tokio::test]
async fn mail_goes_over_tls_to_a_server_that_is_trusted() {
    arrives_over("tls", Privacy::Tls).await;
}

#[tokio::test]
async fn mail_goes_over_starttls_to_a_server_that_is_trusted() {
    arrives_over("starttls", Privacy::StartTls).await;
}
