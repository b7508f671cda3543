use url::Url;

use super::brand::checked;
use super::stripe::address;
use super::table::Table;
use crate::brand::{BillingKind, BrandOffer, OfferTerms, PelcroAccount, PelcroSite};

/// How long a coupon's code may be.
const LONGEST_CODE: usize = 64;

/// Reads `[brand.pelcro]`: said where Pelcro bills, and nowhere else.
pub(super) fn read(brand: &Table<'_>, billing: Option<BillingKind>) -> Option<PelcroAccount> {
    let bills = billing == Some(BillingKind::Pelcro);
    if bills && !brand.has("pelcro") {
        let example = "[brand.pelcro] with `api_url = \"https://…\"` and `site_id = 1`, both as Pelcro has given them to you";
        brand.wrong(
            brand.span("billing").unwrap_or_default(),
            format!("`billing` is \"pelcro\", and nothing says which site; add {example}."),
        );
    }
    let table = brand.table("pelcro", "[brand.pelcro]")?;
    if !bills {
        let span = brand.span("pelcro").unwrap_or_default();
        brand.wrong(
            span,
            "[brand.pelcro] is for a brand that Pelcro bills; leave it out, or write `billing = \"pelcro\"`.",
        );
    }
    for (field, example) in
        [("api_url", "\"https://…\", where Pelcro is asked"), ("site_id", "1, the site's number there")]
    {
        if !table.has(field) {
            table.wrong_here(format!("[brand.pelcro] has no `{field}`; add `{field} = {example}`."));
        }
    }
    let prod = site(&table, "api_url", "site_id", None);
    let tries_out = table.has("sandbox_site_id");
    if table.has("sandbox_api_url") && !tries_out {
        table.wrong_here(
            "[brand.pelcro] has a `sandbox_api_url` without its site; add `sandbox_site_id = 2`.",
        );
    }
    let sandbox = tries_out
        .then(|| site(&table, "sandbox_api_url", "sandbox_site_id", prod.as_ref().map(|prod| &prod.api)))
        .flatten();
    if sandbox.is_some() && sandbox == prod {
        table.wrong_here(
            "the sandbox of [brand.pelcro] is the site that counts; write another `sandbox_site_id`.",
        );
    }
    table.finish();
    Some(PelcroAccount { prod: prod?, sandbox })
}

fn site(
    table: &Table<'_>,
    url: &'static str,
    number: &'static str,
    usual: Option<&Url>,
) -> Option<PelcroSite> {
    let api = if table.has(url) { checked(table, url, address) } else { usual.cloned() };
    let site_id = table.integer_in(number, 1..i64::from(i32::MAX))?.into_inner();
    Some(PelcroSite { api: api?, site_id })
}

/// Reads a coupon's code.
pub(super) fn code(text: &str) -> Result<String, String> {
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if text.is_empty() || text.len() > LONGEST_CODE || !text.bytes().all(is_code) {
        return Err(format!(
            "\"{text}\" is not a coupon's code; write at most {LONGEST_CODE} letters and digits, such as \"SAVE50\"."
        ));
    }
    Ok(text.into())
}

/// Tells which discounts have no coupon where Pelcro bills, and which have one elsewhere.
pub(super) fn check_coupons(brand: &Table<'_>, billing: Option<BillingKind>, offers: &[BrandOffer]) {
    let bills = billing == Some(BillingKind::Pelcro);
    for offer in offers {
        let (id, discount) = (&offer.id, matches!(offer.terms, OfferTerms::Discount { .. }));
        let wrong = match &offer.pelcro_coupon {
            None if bills && discount => format!(
                "the offer \"{id}\" is a discount, which is a coupon at Pelcro; add `pelcro_coupon = \"SAVE50\"`, the code of one that takes off the same."
            ),
            Some(_) if !bills => format!(
                "the offer \"{id}\" has a `pelcro_coupon`, and Pelcro does not bill; leave it out, or write `billing = \"pelcro\"`."
            ),
            _ => continue,
        };
        brand.wrong_here(wrong);
    }
}
