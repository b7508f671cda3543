use std::io;
use std::net::SocketAddr;

use crate::keys::KeyFileError;
use crate::receipt::NotReady;
use crate::store;

/// Why the server does not start. A sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error("{0}; the file and its directory have to be writable for the user the server runs as.")]
    Store(#[from] store::Error),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// Receipts cannot be brought to customers.
    #[error("{0}")]
    Receipts(String),
    /// A brand whose customers must get a receipt to keep cannot bring it to them.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// Stripe cannot be asked.
    #[error("{0}")]
    Stripe(String),
    /// Pelcro cannot be asked.
    #[error("{0}")]
    Pelcro(String),
    /// Webhooks cannot be posted.
    #[error("{0}")]
    Webhooks(String),
    /// Nothing can be listened on.
    #[error("cannot listen on {address}: {}", sentence(field, source))]
    Listen {
        /// The field of `[server]` that has the address.
        field: &'static str,
        /// The address of the configuration.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

fn sentence(field: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("another program uses it. Stop that one, or write another port into `{field}`.")
        }
        io::ErrorKind::PermissionDenied => {
            format!("the port may only be used by root. Write one above 1023 into `{field}`.")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "this machine does not have the address. Write one it has into `{field}`, such as 127.0.0.1."
            )
        }
        _ => format!("{error}. Write another address into `{field}`."),
    }
}
