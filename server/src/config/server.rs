use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use url::Url;

use super::brand::{checked, home};
use super::retention::{self, Retention};
use super::smtp::{self, SmtpServer};
use super::table::Table;
use super::value;

/// Where the server listens, what it is called from outside, and where it keeps things.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Address and port where metrics are told, if they are.
    pub metrics: Option<SocketAddr>,
    /// The server's origin as browsers see it, without a trailing slash.
    pub public_url: String,
    /// The origin of customers' pages, where they have one of their own.
    pub cancel_url: Option<String>,
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
    /// How many requests a second a brand's backends may send, for as long as they like.
    pub requests_per_second: NonZeroU32,
    /// The networks of the proxies in front of the server, which are believed when they say for whom they ask.
    pub proxies: Vec<IpNet>,
    /// How long data is kept.
    pub retention: Retention,
    /// The mail server, if there is one.
    pub smtp: Option<SmtpServer>,
}

impl Server {
    /// The origin of customers' pages, without a trailing slash: hosted pages, public pages, and links to them.
    #[must_use]
    pub fn pages_url(&self) -> &str {
        self.cancel_url.as_deref().unwrap_or(&self.public_url)
    }

    /// Whether an origin is the server's own.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str) -> bool {
        origin == self.public_url || origin == self.pages_url()
    }
}

/// How many requests a second a brand's backends may send, unless the file says otherwise.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// Reads `[server]`. Paths are taken from the directory of the file.
pub(super) fn read(table: Table<'_>, directory: &Path) -> Option<Server> {
    let listen = checked(&table, "listen", |text| address(text, "127.0.0.1:8787"));
    let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8787)));
    let metrics = checked(&table, "metrics", |text| match address(text, "127.0.0.1:9464") {
        Ok(metrics) if metrics == listen && metrics.port() != 0 => {
            Err(format!("\"{text}\" is where the server listens for everybody; write another port."))
        }
        read => read,
    });
    table.required("public_url", "\"https://cancel.example.com\"");
    let public_url = checked(&table, "public_url", value::origin);
    let cancel_url = checked(&table, "cancel_url", |text| match value::origin(text) {
        Ok(origin) if public_url.as_ref() == Some(&origin) => {
            Err(format!("\"{text}\" is `public_url` too; write another origin, or leave it out."))
        }
        read => read,
    });
    let database = table.text("database").map(|path| directory.join(path.get_ref()));
    let keys = table.text("keys").map(|path| directory.join(path.get_ref()));
    let home_url = home(&table);
    let docs = table.flag("docs");
    let private_webhooks = table.flag("private_webhooks");
    let requests_per_second = table.integer_in("requests_per_second", 1..100_001);
    let requests_per_second =
        requests_per_second.and_then(|number| NonZeroU32::new(u32::try_from(number.into_inner()).ok()?));
    let proxies = proxies(&table);
    let retention = retention::read(table.table("retention", "[server.retention]"));
    let smtp = table.table("smtp", "[server.smtp]").and_then(|table| smtp::read(table, directory));
    table.finish();
    Some(Server {
        listen,
        metrics,
        public_url: public_url?,
        cancel_url,
        database: database.unwrap_or_else(|| directory.join("farewell.db")),
        keys: keys.unwrap_or_else(|| directory.join("keys")),
        home_url,
        docs: docs.unwrap_or(false),
        private_webhooks: private_webhooks.unwrap_or(false),
        requests_per_second: requests_per_second.unwrap_or(REQUESTS_PER_SECOND),
        proxies,
        retention,
        smtp,
    })
}

fn address(text: &str, example: &str) -> Result<SocketAddr, String> {
    let wrong = |_| format!("\"{text}\" is not an address and port; write them, such as \"{example}\".");
    text.parse().map_err(wrong)
}

/// Reads addresses and networks, such as `10.0.0.0/8`.
fn proxies(table: &Table<'_>) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for text in table.texts("proxies") {
        match value::network(text.get_ref()) {
            Ok(network) => networks.push(network),
            Err(message) => table.wrong(text.span(), message),
        }
    }
    networks
}
