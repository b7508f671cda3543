use std::path::Path;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Failed, checked_brand, own_keys};
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::{ApiKey, ApiKeys, KeyFile, PublicKey};
use crate::outbound::{key_name, secret_text};
use crate::serve::open_store;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make an API key for a brand's backend. It is shown once, with the brand's public key for its pages.
    Create {
        /// The brand's slug.
        #[arg(long, value_name = "SLUG")]
        brand: String,
        /// Write one JSON object: id, brand, secret, public.
        #[arg(long)]
        json: bool,
    },
    /// List API keys, the server's own keys and the secrets of webhooks by their ids: no key itself.
    List {
        /// Write one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Stop accepting an API key, at once; or stop publishing a signing key that only verifies, because it was stolen.
    Revoke {
        /// The key's id, as `farewell keys list` shows it.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Show the secret that a brand's webhooks are signed with, for its backend. It is made if there is none.
    Webhook {
        /// The brand's slug.
        #[arg(long, value_name = "SLUG")]
        brand: String,
    },
    /// Put a new key of the server's own in front. The previous one is still accepted. A running server notices within seconds.
    Rotate {
        /// Which key.
        #[arg(value_enum)]
        which: OwnKey,
        /// The slug of the brand whose secret for webhooks it is.
        #[arg(long, value_name = "SLUG", required_if_eq("which", "webhook"))]
        brand: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum OwnKey {
    /// The key that seals session ids. Rotated twice within 24 hours, it makes unopened ids invalid.
    Sealing,
    /// The key that signs results. Rotated twice within 24 hours, it makes results invalid.
    Signing,
    /// The secret that a brand's webhooks are signed with. Each is signed with the new and with the previous one, until it is
    /// rotated again.
    Webhook,
}

impl Keys {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        match &self {
            Self::Rotate { which, brand } => return rotate(&config, *which, brand.as_deref()),
            Self::Webhook { brand } => {
                checked_brand(&config, brand)?;
                let keys = KeyFile::open(&config.server.keys, &key_name(brand))?;
                println!("{}", secret_text(keys.current()));
                return Ok(());
            }
            Self::Revoke { id } if own_keys::forget(&config.server.keys, id)? => {
                println!("The key is no longer published: what it has signed cannot be checked any more.");
                return Ok(());
            }
            Self::Create { .. } | Self::List { .. } | Self::Revoke { .. } => {}
        }
        let store = open_store(&config.server.database).await?;
        let done = self.with(&config, &ApiKeys::new(store.clone(), Clock::system())).await;
        store.close().await;
        done
    }

    async fn with(self, config: &Config, keys: &ApiKeys) -> Result<(), Failed> {
        match self {
            Self::Create { brand, json } => {
                checked_brand(config, &brand)?;
                let key = ApiKey::generate(&brand)?;
                let listed = keys.add(&brand, &key).await?;
                let public = PublicKey { brand, server: config.server.public_url.clone() }.to_string();
                if json {
                    let secret = key.expose();
                    println!(
                        "{}",
                        json!({ "id": listed.id, "brand": listed.brand, "secret": secret, "public": public })
                    );
                } else {
                    println!("API key, for the backend only. It is not shown again:\n  {}", key.expose());
                    println!("Public key, for pages:\n  {public}");
                    println!("Revoke it with:\n  farewell keys revoke {}", listed.id);
                }
            }
            Self::List { json } => {
                let listed = keys.list().await?;
                let own = own_keys::list(config)?;
                if json {
                    let all: Vec<_> = listed
                        .iter()
                        .map(|key| own_keys::tagged("api", key))
                        .chain(own.iter().map(|key| own_keys::tagged(key.kind, key)))
                        .collect();
                    println!("{}", serde_json::to_string(&all)?);
                } else {
                    for key in listed {
                        let state =
                            key.revoked_at.map_or_else(|| "valid".into(), |at| format!("revoked {at}"));
                        println!(
                            "{}  {}  …{}  made {}  {state}",
                            key.id, key.brand, key.hint, key.created_at
                        );
                    }
                    own.iter().for_each(|key| println!("{}", key.line()));
                }
            }
            Self::Revoke { id } => {
                if !keys.revoke(&id).await? {
                    return Err(
                        format!("no valid key has the id {id}; `farewell keys list` shows them.").into()
                    );
                }
                println!("The key is no longer accepted.");
            }
            Self::Webhook { .. } | Self::Rotate { .. } => {}
        }
        Ok(())
    }
}

fn rotate(config: &Config, which: OwnKey, brand: Option<&str>) -> Result<(), Failed> {
    match (which, brand) {
        (OwnKey::Webhook, Some(brand)) => {
            checked_brand(config, brand)?;
            let mut keys = KeyFile::open(&config.server.keys, &key_name(brand))?;
            keys.rotate()?;
            println!("{}", secret_text(keys.current()));
            eprintln!(
                "The new secret of {brand}'s webhooks. They are signed with it and with the previous one, so put it into the \
                 backend at your leisure."
            );
            Ok(())
        }
        (OwnKey::Webhook, None) => Err("name the brand with --brand.".into()),
        (_, Some(_)) => Err("--brand is for `webhook`; the other keys are of all brands.".into()),
        (_, None) => which.rotate(&config.server.keys),
    }
}
