//! Accounts at Stripe, with the keys and secrets that are in files.

use std::path::Path;

use super::StartError;
use crate::billing::stripe::{Customers, Listener, Listeners, Stripe};
use crate::brand::Brand;
use crate::clock::Clock;
use crate::config::Config;
use crate::secret::SecretText;
use crate::session::Environment;
use crate::store::Store;

/// A brand's account. None where Stripe does not bill there.
///
/// # Errors
/// There is no key in the file, or it is of the wrong side.
pub(crate) fn account(
    brand: &Brand,
    environment: Environment,
    store: &Store,
    clock: &Clock,
) -> Result<Option<Stripe>, StartError> {
    let Some(account) = &brand.stripe else { return Ok(None) };
    let Some(file) = of(environment, Some(&account.key), account.sandbox_key.as_ref()) else {
        return Ok(None);
    };
    let key = key(file, environment)?;
    let stripe = Stripe::new(account.api.clone(), key, clock.clone()).map_err(StartError::Stripe)?;
    Ok(Some(stripe.remembering(Customers::new(store.clone(), &brand.slug, environment))))
}

fn of<T>(environment: Environment, prod: Option<T>, sandbox: Option<T>) -> Option<T> {
    match environment {
        Environment::Prod => prod,
        Environment::Sandbox => sandbox,
    }
}

/// The secret key in a file.
///
/// # Errors
/// There is none, or it is of the wrong side.
pub(crate) fn key(file: &Path, environment: Environment) -> Result<SecretText, StartError> {
    let text = read(file)?;
    let (is_key, tries_out) = (text.starts_with("sk_") || text.starts_with("rk_"), text.contains("_test_"));
    if !is_key || environment == Environment::Sandbox && !tries_out {
        let wanted = if is_key {
            "is not of Stripe's sandbox; write one with _test_ in it"
        } else {
            "is not a secret key; write one that begins with sk_ or rk_"
        };
        return Err(StartError::Stripe(format!("what is in {} {wanted}.", file.display())));
    }
    Ok(SecretText::new(text))
}

fn read(file: &Path) -> Result<String, StartError> {
    let text = std::fs::read_to_string(file);
    let text =
        text.map_err(|error| StartError::Stripe(format!("cannot read {}: {error}.", file.display())))?;
    Ok(text.trim().to_owned())
}

const BOTH: [Environment; 2] = [Environment::Prod, Environment::Sandbox];

/// Whom Stripe tells something: whoever has a secret.
///
/// # Errors
/// There is none in a file.
pub(super) fn listeners(config: &Config, store: &Store) -> Result<Listeners, StartError> {
    let mut all = Listeners::default();
    for brand in &config.brands {
        let Some(account) = &brand.stripe else { continue };
        for environment in BOTH {
            let files = (account.webhook_secret.as_ref(), account.sandbox_webhook_secret.as_ref());
            let Some(file) = of(environment, files.0, files.1) else { continue };
            let secret = read(file)?;
            if !secret.starts_with("whsec_") {
                let text = "is not a webhook's secret; write the one that begins with whsec_";
                return Err(StartError::Stripe(format!("what is in {} {text}.", file.display())));
            }
            let customers = Customers::new(store.clone(), &brand.slug, environment);
            all.0.push(Listener { customers, secret: SecretText::new(secret) });
        }
    }
    Ok(all)
}

/// The accounts whose customers are remembered.
///
/// # Errors
/// As those of [`account`].
pub(super) fn rereaders(config: &Config, store: &Store, clock: &Clock) -> Result<Vec<Stripe>, StartError> {
    let mut all = Vec::new();
    for brand in &config.brands {
        for environment in BOTH {
            all.extend(account(brand, environment, store, clock)?);
        }
    }
    Ok(all)
}
