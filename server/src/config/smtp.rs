use std::path::{Path, PathBuf};

use url::Host;

use super::brand::checked;
use super::table::Table;
use super::value;
use crate::secret::SecretText;

/// The mail server that customers' mails go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub security: Security,
    /// User name and password, where it wants them.
    pub login: Option<(String, Password)>,
    /// The address mails come from.
    pub from: String,
    /// Where answers go; the brand's support address where there is none.
    pub reply_to: Option<String>,
}

/// How a connection to a mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// It begins in the clear and must be encrypted before anything is said (usual on port 587).
    StartTls,
    /// It is encrypted from the first byte (usual on port 465).
    Tls,
    /// It is not: on this machine and in private networks only.
    None,
}

/// Where a password is. It is read when the server starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// In the configuration.
    Text(SecretText),
    /// In a file of its own, a line end after it or not.
    File(PathBuf),
    /// In the environment, as [`Password::VARIABLE`].
    Environment,
}

impl Password {
    /// The variable that may hold the mail server's password.
    pub const VARIABLE: &'static str = "FAREWELL_SMTP_PASSWORD";
}

/// Reads `[server.smtp]`. Paths are taken from the directory of the file.
pub(super) fn read(table: Table<'_>, directory: &Path) -> Option<SmtpServer> {
    let choices = [("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::None)];
    let security =
        if table.has("security") { table.choice("security", &choices) } else { Some(Security::StartTls) };
    table.required("host", "\"smtp.example.com\"");
    let host = checked(&table, "host", |text| host(text, security));
    let port = table.integer_in("port", 1..65_536).and_then(|port| u16::try_from(port.into_inner()).ok());
    table.required("from", "\"no-reply@example.com\"");
    let from = checked(&table, "from", value::email);
    let reply_to = checked(&table, "reply_to", value::email);
    let username = table.text("username").map(|name| name.into_inner().to_owned());
    let text = table.text("password").map(|text| Password::Text(SecretText::new(text.into_inner())));
    let file = table.text("password_file").map(|path| Password::File(directory.join(path.get_ref())));
    if table.has("password") && table.has("password_file") {
        table.wrong_here("[server.smtp] has `password` and `password_file`; keep one of them.");
    }
    if (table.has("password") || table.has("password_file")) && !table.has("username") {
        table.wrong_here("[server.smtp] has a password and no `username`; add the user name.");
    }
    table.finish();
    let security = security?;
    let usual = match security {
        Security::StartTls => 587,
        Security::Tls => 465,
        Security::None => 25,
    };
    Some(SmtpServer {
        host: host?,
        port: port.unwrap_or(usual),
        security,
        login: username.map(|name| (name, text.or(file).unwrap_or(Password::Environment))),
        from: from?,
        reply_to,
    })
}

fn host(text: &str, security: Option<Security>) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let read = if bare.contains(':') { Host::parse(&format!("[{bare}]")) } else { Host::parse(bare) };
    let host = read.map_err(|error| {
        format!(
            "\"{text}\" is not a host ({error}); write a name or an address, such as \"smtp.example.com\"."
        )
    })?;
    let near = match &host {
        Host::Domain(name) => value::is_near(&Host::Domain(name)),
        Host::Ipv4(ip) => value::is_near(&Host::Ipv4(*ip)),
        Host::Ipv6(ip) => value::is_near(&Host::Ipv6(*ip)),
    };
    if security == Some(Security::None) && !near {
        return Err(format!(
            "\"{text}\" is reached over other people's networks, where mail must be encrypted; write \
             `security = \"starttls\"` or \"tls\". \"none\" is for this machine and private networks."
        ));
    }
    Ok(bare.into())
}
