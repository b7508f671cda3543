//! The server's own keys, as the command shows and rotates them.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use super::Failed;
use super::keys::OwnKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::{KeyFile, RetiredKeys};
use crate::outbound::key_name;
use crate::sign;

/// A key, without its secret.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    /// `sealing`, `signing` or `webhook`.
    #[serde(skip)]
    pub(super) kind: &'static str,
    /// The slug of the brand whose secret for webhooks it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<String>,
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
        let brand = self.brand.as_ref().map(|brand| format!("  {brand}")).unwrap_or_default();
        format!("{}  {}{brand}{made}  {state}{retired}", self.id, self.kind)
    }
}

/// A key as JSON, with what kind of key it is.
pub(super) fn tagged(kind: &str, key: &impl Serialize) -> Value {
    let mut value = json!(key);
    value["kind"] = kind.into();
    value
}

/// Every key of the server's own, and the secrets of its brands' webhooks. Makes none.
pub(super) fn list(config: &Config) -> Result<Vec<Listed>, Failed> {
    let directory = &config.server.keys;
    let mut listed = of_file(directory, "sealing", "sealing.key", None)?;
    listed.extend(of_file(directory, "signing", "signing.key", None)?);
    for key in RetiredKeys::open(directory)?.all() {
        listed.push(Listed {
            kind: "signing",
            brand: None,
            id: sign::name(key.id),
            made_at: None,
            state: "verifying_only",
            retired_at: Some(key.retired_at.clone()),
        });
    }
    for brand in &config.brands {
        listed.extend(of_file(directory, "webhook", &key_name(&brand.slug), Some(&brand.slug))?);
    }
    Ok(listed)
}

fn of_file(
    directory: &Path,
    kind: &'static str,
    name: &str,
    brand: Option<&str>,
) -> Result<Vec<Listed>, Failed> {
    let file = KeyFile::find_file(directory, name)?;
    let keys = file.iter().flat_map(KeyFile::accepted).enumerate();
    let listed = keys.map(|(index, key)| Listed {
        kind,
        brand: brand.map(Into::into),
        id: sign::name(key.id),
        made_at: key.made_at.clone(),
        state: if index == 0 { "current" } else { "accepted" },
        retired_at: None,
    });
    Ok(listed.collect())
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
