use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_spanned::Spanned;
use url::Url;

use super::table::Table;
use super::{hub, market, offer, pelcro, reason, receipts, stripe, theme, value, webhook, wording, words};
use crate::brand::{Access, BillingKind, Brand, CancelTiming, Hosted, Plan, PublicPages, StripeAccount};
use crate::declaration::{Kind, demanded};
use crate::locale;
use crate::place::Place;

/// The brands read so far, to find what only one of them may have.
#[derive(Default)]
pub(super) struct Brands {
    pub(super) list: Vec<Arc<Brand>>,
    slugs: Vec<String>,
    site_ids: Vec<i64>,
    mail: bool,
    private_webhooks: bool,
    directory: PathBuf,
}

impl Brands {
    /// No brands yet; `mail` says whether there is a mail server, `private_webhooks` what `[server]` says of them.
    pub(super) fn new(mail: bool, private_webhooks: bool, directory: &Path) -> Self {
        Self { mail, private_webhooks, directory: directory.into(), ..Self::default() }
    }

    /// Reads one `[[brand]]`. It joins the list only when nothing in it is wrong.
    pub(super) fn read(&mut self, table: Table<'_>) {
        let slug = self.slug(&table);
        let site_id = self.site_id(&table);
        let name = table.required("name", "\"Example\"");
        let plan = table.choice("plan", &[("core", Plan::Core), ("advanced", Plan::Advanced)]);
        let access = table.choice(
            "access",
            &[("full", Access::Full), ("read_only", Access::ReadOnly), ("demo", Access::Demo)],
        );
        let locale = checked(&table, "locale", locale::supported);
        let time_zone = checked(&table, "time_zone", value::time_zone);
        let markets = list(&table, "markets", Place::read);
        let support_email = checked(&table, "support_email", value::email);
        let origins = list(&table, "origins", value::origin);
        let return_urls = list(&table, "return_urls", value::page);
        let billing = table.choice(
            "billing",
            &[
                ("ledger", BillingKind::Ledger),
                ("stripe", BillingKind::Stripe),
                ("pelcro", BillingKind::Pelcro),
                ("merchant", BillingKind::Merchant),
            ],
        );
        let stripe = self.stripe(&table, billing);
        let pelcro = pelcro::read(&table, billing);
        let action_url = checked(&table, "action_url", |text| webhook::target(text, self.private_webhooks));
        if matches!(billing, Some(BillingKind::Ledger | BillingKind::Stripe | BillingKind::Pelcro))
            && action_url.is_some()
        {
            let span = table.span("action_url").unwrap_or_default();
            let message =
                "`action_url` is for a merchant who bills; leave it out, or write `billing = \"merchant\"`.";
            table.wrong(span, message);
        }
        let cancel = table.choice(
            "cancel",
            &[("at_period_end", CancelTiming::AtPeriodEnd), ("immediately", CancelTiming::Immediately)],
        );
        let receipts = receipts::read(&table, &markets, self.mail);
        let webhooks = webhook::read(&table, self.private_webhooks);
        let public = public(&table, &markets);
        let hosted = hosted(&table);
        let hub = hub::read(&table);
        let survey = table.flag("survey");
        let feedback = table.flag("feedback");
        let (ids, offers) = unique(&table, "offer", "[[brand.offer]]", "id", offer::read);
        pelcro::check_coupons(&table, billing, &offers);
        let (_, reasons) =
            unique(&table, "reason", "[[brand.reason]]", "key", |table| reason::read(table, &ids));
        let billing = billing.unwrap_or(BillingKind::Merchant);
        let place = market::place(&table, billing, &markets);
        let max_offers = market::max_offers(&table, &markets);
        let words = words::read(&table, &markets);
        let theme = theme::read(&table);
        market::never_shown(&table, &markets);
        wording::check(&table);
        table.finish();
        let brand = (|| {
            Some(Brand {
                slug: slug?,
                site_id: site_id?,
                name: name?.into_inner().into(),
                plan: plan.unwrap_or(Plan::Core),
                access: access.unwrap_or_default(),
                hosted,
                locale: locale.unwrap_or_else(|| "en".into()),
                time_zone: time_zone.unwrap_or_else(|| "UTC".into()),
                markets,
                support_email,
                origins,
                return_urls,
                billing,
                action_url,
                stripe,
                pelcro,
                place,
                max_offers,
                words,
                theme,
                cancel: cancel.unwrap_or(CancelTiming::AtPeriodEnd),
                receipts,
                webhooks,
                public,
                hub,
                survey: survey.unwrap_or(true),
                feedback: feedback.unwrap_or(true),
                reasons,
                offers,
            })
        })();
        self.list.extend(brand.map(Arc::new));
    }

    /// Where Stripe is asked: said where it bills, and nowhere else.
    fn stripe(&self, table: &Table<'_>, billing: Option<BillingKind>) -> Option<StripeAccount> {
        let account = stripe::read(table, &self.directory);
        match (billing, table.has("stripe")) {
            (Some(BillingKind::Stripe), false) => {
                let span = table.span("billing").unwrap_or_default();
                let example = "[brand.stripe] with `key_file = \"stripe.key\"`, a file with the secret key";
                table.wrong(
                    span,
                    format!("`billing` is \"stripe\", and nothing says which account; add {example}."),
                );
            }
            (Some(BillingKind::Ledger | BillingKind::Merchant | BillingKind::Pelcro) | None, true) => {
                let span = table.span("stripe").unwrap_or_default();
                table.wrong(span, "[brand.stripe] is for a brand that Stripe bills; leave it out, or write `billing = \"stripe\"`.");
            }
            _ => {}
        }
        account
    }

    fn slug(&mut self, table: &Table<'_>) -> Option<String> {
        let text = table.required("slug", "\"example\"")?;
        match value::name(text.get_ref(), &['-']) {
            Ok(slug) if self.slugs.contains(&slug) => {
                let message = format!("the slug \"{slug}\" is another brand's; write one of its own.");
                table.wrong(text.span(), message);
                None
            }
            Ok(slug) => {
                self.slugs.push(slug.clone());
                Some(slug)
            }
            Err(message) => {
                table.wrong(text.span(), message);
                None
            }
        }
    }

    fn site_id(&mut self, table: &Table<'_>) -> Option<i64> {
        if !table.has("site_id") {
            table.wrong_here("[[brand]] has no `site_id`; add a number of its own, such as `site_id = 1`.");
        }
        let number = table.integer_in("site_id", 1..i64::from(i32::MAX))?;
        if self.site_ids.contains(number.get_ref()) {
            let found = number.get_ref();
            table.wrong(
                number.span(),
                format!("`site_id` {found} is another brand's; write a number of its own."),
            );
            return None;
        }
        self.site_ids.push(*number.get_ref());
        Some(number.into_inner())
    }
}

/// Reads `[brand.public]`. A page that the law of a market demands is there without it.
fn public(brand: &Table<'_>, markets: &[Place]) -> PublicPages {
    let written = brand.table("public", "[brand.public]");
    let page = |kind: Kind| {
        let demanded = demanded(kind, markets);
        let flag = written.as_ref().and_then(|table| table.flag(kind.name()));
        if let (Some(place), Some(false), Some(table)) = (demanded, flag, &written) {
            let (name, country) = (kind.name(), &place.country);
            table.wrong_here(format!(
                "`{name}` is false, but the law of {country}, one of the `markets`, demands the page; leave it out."
            ));
        }
        flag.unwrap_or(demanded.is_some())
    };
    let pages = PublicPages { cancel: page(Kind::Cancel), withdraw: page(Kind::Withdraw) };
    if let Some(table) = written {
        table.finish();
    }
    pages
}

/// Reads `[brand.hosted]`.
fn hosted(brand: &Table<'_>) -> Hosted {
    let Some(table) = brand.table("hosted", "[brand.hosted]") else { return Hosted::default() };
    let hosted = Hosted {
        return_url: checked(&table, "return_url", value::page),
        changes_billing: table.flag("changes_billing").unwrap_or(false),
    };
    table.finish();
    hosted
}

/// A text that has to pass a check.
pub(super) fn checked<T>(
    table: &Table<'_>,
    field: &'static str,
    check: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let text = table.text(field)?;
    check(text.get_ref()).map_err(|message| table.wrong(text.span(), format!("`{field}`: {message}"))).ok()
}

/// A list of texts that each have to pass a check.
fn list<T>(table: &Table<'_>, field: &'static str, check: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
    let wrong = |text: &Spanned<&str>, message| table.wrong(text.span(), format!("`{field}`: {message}"));
    let texts = table.texts(field);
    texts
        .iter()
        .filter_map(|text| check(text.get_ref()).map_err(|message| wrong(text, message)).ok())
        .collect()
}

/// Tables inside a brand that each have a name of their own. Gives every name, also of wrong ones, and what was right.
fn unique<'t, T>(
    brand: &Table<'t>,
    field: &'static str,
    written: &'static str,
    name: &'static str,
    read: impl Fn(Table<'t>) -> Option<(Spanned<String>, Option<T>)>,
) -> (Vec<String>, Vec<T>) {
    let mut names = Vec::new();
    let mut list = Vec::new();
    for table in brand.tables(field, written) {
        let Some((found, value)) = read(table) else { continue };
        let span = found.span();
        let found = found.into_inner();
        if names.contains(&found) {
            brand.wrong(
                span,
                format!("the {name} \"{found}\" is there twice in this brand; write one of its own."),
            );
            continue;
        }
        names.push(found);
        list.extend(value);
    }
    (names, list)
}

/// Reads the page a visitor without a session is sent to.
pub(super) fn home(table: &Table<'_>) -> Option<Url> {
    checked(table, "home_url", value::page)
}
