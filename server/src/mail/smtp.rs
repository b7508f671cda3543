use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::Letter;
use crate::config::{Password, Security, SmtpServer};
use crate::outbox::Undelivered;

/// How long the mail server may take for each answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long the mail server may take at the start.
const START_WITHIN: Duration = Duration::from_secs(15);
/// Answers that refuse who is sending, not what is sent: the operator can put that right (RFC 4954).
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// Why mail cannot be sent. A sentence that says what to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SmtpError(String);

/// A mail server, ready to be given mails. Each mail gets a connection of its own.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    reply_to: Option<Address>,
    address: String,
}

// The transport holds the password.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Reads the password and makes everything ready. Nothing is connected yet.
    ///
    /// `greeting` is the name this server introduces itself with.
    ///
    /// # Errors
    /// The password cannot be read, or the system's trusted certificates cannot.
    pub fn new(server: &SmtpServer, greeting: &str) -> Result<Self, SmtpError> {
        let wrong = |what: &str| SmtpError(format!("[server.smtp]: {what}"));
        let tls = || {
            TlsParameters::new(server.host.clone()).map_err(|error| {
                wrong(&format!(
                    "the system's trusted certificates cannot be read: {error}; install ca-certificates."
                ))
            })
        };
        let tls = match server.security {
            Security::StartTls => Tls::Required(tls()?),
            Security::Tls => Tls::Wrapper(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(ANSWER_WITHIN))
            .hello_name(ClientId::Domain(greeting.into()));
        if let Some((username, password)) = &server.login {
            let password = read(password).map_err(|why| wrong(&why))?;
            builder = builder.credentials(Credentials::new(username.clone(), password));
        }
        let address =
            |text: &String| text.parse().map_err(|_| wrong("`from` and `reply_to` have to be addresses."));
        Ok(Self {
            transport: builder.build(),
            from: address(&server.from)?,
            reply_to: server.reply_to.as_ref().map(address).transpose()?,
            address: format!("{}:{}", server.host, server.port),
        })
    }

    /// Looks whether the mail server lets us in, without sending anything.
    ///
    /// # Errors
    /// What went wrong, and which settings to look at.
    pub async fn check(&self) -> Result<(), SmtpError> {
        let checked = tokio::time::timeout(START_WITHIN, self.transport.test_connection()).await;
        let why = match checked {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => "it does not answer NOOP".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", START_WITHIN.as_secs()),
        };
        Err(SmtpError(format!(
            "the mail server {} cannot be used: {why}. Check `host`, `port`, `security`, `username` and the password of \
             [server.smtp], and that the mail server is running.",
            self.address
        )))
    }

    /// Gives a mail to the mail server. Afterwards it is the mail server's to deliver.
    ///
    /// # Errors
    /// Why it was not taken. What the mail server refuses for good is not tried again, but where it refuses us, it is.
    pub async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let message = letter.message(&self.from, self.reply_to.as_ref()).map_err(Undelivered::ever)?;
        let Err(error) = self.transport.send(message).await else { return Ok(()) };
        // The text may repeat the recipient's address, so the log gets the code alone.
        let code = error.status().map(u16::from);
        let why = match code {
            Some(code) => format!("the mail server {} answered {code}", self.address),
            None => format!("the mail server {} cannot be reached: {error}", self.address),
        };
        let for_good = error.is_permanent() && !code.is_some_and(|code| NOT_LET_IN.contains(&code));
        Err(Undelivered { for_good, why, said: Some(error.to_string()), asked: None })
    }
}

fn read(password: &Password) -> Result<String, String> {
    match password {
        Password::Text(text) => Ok(text.expose().to_owned()),
        Password::File(path) => std::fs::read_to_string(path)
            .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| format!("cannot read `password_file` {}: {error}.", path.display())),
        Password::Environment => std::env::var(Password::VARIABLE).map_err(|_| {
            let name = Password::VARIABLE;
            format!(
                "there is a `username` and no password; set {name}, or write `password_file` or `password`."
            )
        }),
    }
}
