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
    let sandbox_key = table.text("sandbox_key_file").map(|path| directory.join(path.into_inner()));
    let api =
        if table.has("api_url") { checked(&table, "api_url", address) } else { Url::parse(STRIPE).ok() };
    table.finish();
    Some(StripeAccount { key: key?, sandbox_key, api: api? })
}

/// Where Stripe is, or what stands in for it. A secret key is sent there: http is for this machine and private networks.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let mut url = value::page(text)?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}
