use std::path::Path;

use url::Url;

use super::brand::checked;
use super::table::Table;
use super::value;
use crate::billing::stripe::STRIPE;
use crate::brand::StripeAccount;

/// Reads `[brand.stripe]`. Paths are taken from the directory of the file.
pub(super) fn read(brand: &Table<'_>, directory: &Path) -> Option<StripeAccount> {
    let table = brand.table("stripe", "[brand.stripe]")?;
    let key = table.required("key_file", "\"stripe.key\"").map(|path| directory.join(path.into_inner()));
    let file = |field| table.text(field).map(|path| directory.join(path.into_inner()));
    let sandbox_key = file("sandbox_key_file");
    let (webhook_secret, sandbox_webhook_secret) =
        (file("webhook_secret_file"), file("sandbox_webhook_secret_file"));
    if sandbox_key.is_none() && sandbox_webhook_secret.is_some() {
        let span = table.span("sandbox_webhook_secret_file").unwrap_or_default();
        table.wrong(
            span,
            "`sandbox_webhook_secret_file` is for a sandbox that Stripe bills; add `sandbox_key_file`, or leave it out.",
        );
    }
    let api =
        if table.has("api_url") { checked(&table, "api_url", address) } else { Url::parse(STRIPE).ok() };
    table.finish();
    Some(StripeAccount { key: key?, sandbox_key, webhook_secret, sandbox_webhook_secret, api: api? })
}

/// Where Stripe is, or what stands in for it. A secret key is sent there: http is for this machine and private networks.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let mut url = value::page(text)?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}
