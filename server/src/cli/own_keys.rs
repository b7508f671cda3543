//! The server's own keys, as the command shows and rotates them.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use super::Failed;
use super::keys::OwnKey;
use crate::clock::Clock;
use crate::keys::{KeyFile, RetiredKeys};
use crate::sign;

/// A key, without its secret.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    /// `sealing` or `signing`.
    #[serde(skip)]
    pub(super) kind: &'static str,
    id: String,
    made_at: Option<String>,
    /// `current`, `accepted` or `verifying_only`.
    state: &'static str,
    retired_at: Option<String>,
}

impl Listed {
    pub(super) fn line(&self) -> String {
        let made = self.made_at.as_ref().map(|at| format!("  made {at}")).unwrap_or_default();
        let state = self.state.replace('_', " ");
        let retired = self.retired_at.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
        format!("{}  {}{made}  {state}{retired}", self.id, self.kind)
    }
}

/// A key as JSON, with what kind of key it is.
pub(super) fn tagged(kind: &str, key: &impl Serialize) -> Value {
    let mut value = json!(key);
    value["kind"] = kind.into();
    value
}

/// Every key of the server's own. Makes none.
pub(super) fn list(directory: &Path) -> Result<Vec<Listed>, Failed> {
    let mut listed = Vec::new();
    for (kind, name) in [("sealing", "sealing.key"), ("signing", "signing.key")] {
        let Some(file) = KeyFile::find_file(directory, name)? else { continue };
        for (index, key) in file.accepted().iter().enumerate() {
            let state = if index == 0 { "current" } else { "accepted" };
            listed.push(Listed {
                kind,
                id: sign::name(key.id),
                made_at: key.made_at.clone(),
                state,
                retired_at: None,
            });
        }
    }
    for key in RetiredKeys::open(directory)?.all() {
        listed.push(Listed {
            kind: "signing",
            id: sign::name(key.id),
            made_at: None,
            state: "verifying_only",
            retired_at: Some(key.retired_at.clone()),
        });
    }
    Ok(listed)
}

/// Takes a signing key that only verifies out of the published ones. False when the id names none.
pub(super) fn forget(directory: &Path, id: &str) -> Result<bool, Failed> {
    let Some(key) = URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| bytes.try_into().ok()) else {
        return Ok(false);
    };
    for name in ["sealing.key", "signing.key"] {
        if KeyFile::find_file(directory, name)?.is_some_and(|file| file.find(key).is_some()) {
            let which = name.trim_end_matches(".key");
            return Err(
                format!("{id} is in use; `farewell keys rotate {which}`, done twice, replaces it.").into()
            );
        }
    }
    Ok(RetiredKeys::open(directory)?.remove(key)?)
}

impl OwnKey {
    /// Puts a new key in front.
    pub(super) fn rotate(self, directory: &Path) -> Result<(), Failed> {
        let name = match self {
            Self::Sealing => {
                KeyFile::open(directory, "sealing.key")?.rotate()?;
                "sealing.key"
            }
            Self::Signing => {
                sign::rotate(directory, Clock::system().now())?;
                "signing.key"
            }
            Self::Webhook => return Err("name the brand with --brand.".into()),
        };
        println!("{name} has a new key. A running server uses it within seconds.");
        Ok(())
    }
}
