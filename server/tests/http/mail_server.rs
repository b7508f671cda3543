//! A mail server for a test: speaks enough SMTP to take mails, and says what it is told to say.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A mail that was sent, taken or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub from: String,
    pub to: String,
    pub message: String,
}

#[derive(Debug, Default)]
struct Inside {
    sent: Vec<Sent>,
    /// What is said after the next messages. Afterwards they are taken.
    says: VecDeque<&'static str>,
    logins: usize,
    released: Arc<Notify>,
    /// The one user name and password that are let in.
    login: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub struct MailServer {
    pub port: u16,
    inside: Arc<Mutex<Inside>>,
    served: JoinHandle<()>,
}

/// How connections are kept private.
#[derive(Clone)]
pub enum Privacy {
    None,
    Tls(TlsAcceptor),
    StartTls(TlsAcceptor),
}

/// Said after a message, it means that nothing is said any more.
pub const SILENCE: &str = "";
/// Said after a message, it means that it is taken once [`MailServer::release`] is called.
pub const HELD: &str = "held";

impl MailServer {
    pub async fn start() -> Self {
        Self::start_as(None, Privacy::None).await
    }

    /// One that lets in whoever has this user name and password.
    pub async fn private(username: &'static str, password: &'static str) -> Self {
        Self::start_as(Some((username, password)), Privacy::None).await
    }

    pub async fn start_as(login: Option<(&'static str, &'static str)>, privacy: Privacy) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Arc::new(Mutex::new(Inside { login, ..Inside::default() }));
        let shared = inside.clone();
        let served = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inside = shared.clone();
                // A client that goes away is no matter.
                let privacy = privacy.clone();
                tokio::spawn(async move { drop(talk(stream, &inside, privacy).await) });
            }
        });
        Self { port, inside, served }
    }

    /// After the next message that nobody has said this for, it says this.
    pub fn say(&self, answer: &'static str) {
        self.inside.lock().unwrap().says.push_back(answer);
    }

    /// Takes the message that is held.
    pub fn release(&self) {
        self.inside.lock().unwrap().released.notify_one();
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.inside.lock().unwrap().sent.clone()
    }

    /// How often somebody gave a password, right or wrong.
    pub fn logins(&self) -> usize {
        self.inside.lock().unwrap().logins
    }

    /// Waits until so many messages were sent, and gives them.
    pub async fn until(&self, count: usize) -> Vec<Sent> {
        for _ in 0..1000 {
            let sent = self.sent();
            if sent.len() >= count {
                return sent;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} of {count} messages were sent", self.sent().len());
    }

    /// Lines for `[server]`, and for the brand `acme`.
    pub fn configure(&self, text: &str, more: &str) -> String {
        let smtp = format!(
            "[server.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"no-reply@acme.example\"\n{more}\n",
            self.port
        );
        text.replacen("[[brand]]", &format!("{smtp}\n[[brand]]\nreceipts = \"mail\""), 1)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.served.abort();
    }
}

async fn talk(stream: TcpStream, inside: &Mutex<Inside>, privacy: Privacy) -> std::io::Result<()> {
    let acceptor = match privacy {
        Privacy::None => return serve(stream, inside, GREETING).await,
        Privacy::Tls(acceptor) => return serve(acceptor.accept(stream).await?, inside, GREETING).await,
        Privacy::StartTls(acceptor) => acceptor,
    };
    let mut open = BufReader::new(stream);
    open.write_all(GREETING).await?;
    let mut line = String::new();
    while open.read_line(&mut line).await? > 0 {
        let answer: &[u8] = match line.trim_end() {
            "STARTTLS" => {
                open.write_all(b"220 go on\r\n").await?;
                // After that nothing is greeted: the client says EHLO again.
                return serve(acceptor.accept(open).await?, inside, b"").await;
            }
            hello if hello.starts_with("EHLO") => b"250-mail.test\r\n250 STARTTLS\r\n",
            _ => b"530 5.7.0 not in the clear\r\n",
        };
        open.write_all(answer).await?;
        line.clear();
    }
    Ok(())
}

const GREETING: &[u8] = b"220 mail.test ESMTP\r\n";

async fn serve(
    stream: impl AsyncRead + AsyncWrite,
    inside: &Mutex<Inside>,
    greeting: &[u8],
) -> std::io::Result<()> {
    use base64::Engine as _;
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let login = inside.lock().unwrap().login;
    let mut known = login.is_none();
    let (mut from, mut to) = (String::new(), String::new());
    write.write_all(greeting).await?;
    write.flush().await?;
    while let Some(line) = lines.next_line().await? {
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
            "AUTH" => {
                inside.lock().unwrap().logins += 1;
                let given = line.strip_prefix("AUTH PLAIN ").unwrap_or_default();
                let wanted =
                    login.map(|(name, password)| format!("\0{name}\0{password}")).unwrap_or_default();
                known = given == base64::engine::general_purpose::STANDARD.encode(wanted);
                if known { "235 welcome" } else { "535 5.7.8 not you" }
            }
            "NOOP" | "RSET" => "250 fine",
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ if !known => "530 5.7.0 who are you?",
            "MAIL" => {
                from = line;
                "250 fine"
            }
            "RCPT" => {
                to = line;
                "250 fine"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                write.flush().await?;
                let mut message = String::new();
                loop {
                    // What breaks off is no mail.
                    let Some(line) = lines.next_line().await? else { return Ok(()) };
                    if line == "." {
                        break;
                    }
                    message.push_str(line.strip_prefix('.').unwrap_or(&line));
                    message.push_str("\r\n");
                }
                let mut inside = inside.lock().unwrap();
                inside.sent.push(Sent { from: from.clone(), to: to.clone(), message });
                inside.says.pop_front().unwrap_or("250 taken")
            }
            _ => "502 what?",
        };
        let released = inside.lock().unwrap().released.clone();
        let answer = if answer == HELD {
            released.notified().await;
            "250 taken"
        } else {
            answer
        };
        if answer == SILENCE {
            std::future::pending::<()>().await;
        }
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        write.flush().await?;
    }
    Ok(())
}
