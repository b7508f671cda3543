use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use url::Url;

use super::brand::{checked, home};
use super::smtp::{self, SmtpServer};
use super::table::Table;
use super::value;

/// Where the server listens, what it is called from outside, and where it keeps things.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The server's origin as browsers see it, without a trailing slash.
    pub public_url: String,
    /// The database's file.
    pub database: PathBuf,
    /// The directory the server keeps its sealing and signing keys in.
    pub keys: PathBuf,
    /// Where visitors of the server's bare address are sent.
    pub home_url: Option<Url>,
    /// Whether there are pages of the documentation, with a button that anybody may try.
    pub docs: bool,
    /// Whether webhooks may go to this machine and to private networks.
    pub private_webhooks: bool,
    /// The mail server, if there is one.
    pub smtp: Option<SmtpServer>,
}

/// Reads `[server]`. Paths are taken from the directory of the file.
pub(super) fn read(table: Table<'_>, directory: &Path) -> Option<Server> {
    let listen = checked(&table, "listen", |text| {
        text.parse::<SocketAddr>().map_err(|_| {
            format!("\"{text}\" is not an address and port; write them, such as \"127.0.0.1:8787\".")
        })
    });
    table.required("public_url", "\"https://cancel.example.com\"");
    let public_url = checked(&table, "public_url", value::origin);
    let database = table.text("database").map(|path| directory.join(path.get_ref()));
    let keys = table.text("keys").map(|path| directory.join(path.get_ref()));
    let home_url = home(&table);
    let docs = table.flag("docs");
    let private_webhooks = table.flag("private_webhooks");
    let smtp = table.table("smtp", "[server.smtp]").and_then(|table| smtp::read(table, directory));
    table.finish();
    Some(Server {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8787))),
        public_url: public_url?,
        database: database.unwrap_or_else(|| directory.join("farewell.db")),
        keys: keys.unwrap_or_else(|| directory.join("keys")),
        home_url,
        docs: docs.unwrap_or(false),
        private_webhooks: private_webhooks.unwrap_or(false),
        smtp,
    })
}
