//! The brand of the button in the documentation. It is built in, and nobody's.

use std::collections::BTreeMap;

use flow::{Link, Reason, ReasonCode};

use crate::billing::{Interval, Length};
use crate::brand::{
    Access, BillingKind, Brand, BrandOffer, CancelTiming, Cut, Duration, Hosted, OfferTerms, Plan,
    PublicPages, Receipts, When,
};
use crate::hub::HubSettings;
use crate::theme::Theme;

/// Its slug. No configured brand can have it: a name there does not begin with `_`.
const SLUG: &str = "_docs";

/// The brand. Its billing is left to a merchant that there is none of, so that nothing is changed anywhere.
pub(super) fn brand(public_url: &str) -> Brand {
    Brand {
        slug: SLUG.into(),
        // Those that are configured begin with 1.
        site_id: 0,
        name: "Example Magazine".into(),
        plan: Plan::Core,
        access: Access::Full,
        hosted: Hosted::default(),
        locale: "en".into(),
        time_zone: "UTC".into(),
        markets: Vec::new(),
        support_email: None,
        origins: vec![public_url.into()],
        return_urls: Vec::new(),
        action_url: None,
        stripe: None,
        pelcro: None,
        billing: BillingKind::Merchant,
        place: None,
        max_offers: None,
        words: BTreeMap::new(),
        theme: Theme::default(),
        cancel: CancelTiming::AtPeriodEnd,
        receipts: Receipts::None,
        webhooks: Vec::new(),
        public: PublicPages::default(),
        hub: HubSettings::default(),
        survey: true,
        feedback: true,
        reasons: reasons(),
        offers: offers(public_url),
    }
}

fn reasons() -> Vec<Reason> {
    let reason = |key: &str, label: &str, code, follow_up: Option<&str>, offers: &[&str]| Reason {
        key: key.into(),
        label: label.into(),
        code: Some(code),
        follow_up: follow_up.map(Into::into),
        offers: offers.iter().map(|id| (*id).into()).collect(),
    };
    let fair = Some("What would be a fair price for you?");
    vec![
        reason("too_expensive", "It costs too much", ReasonCode::TooExpensive, fair, &["twenty_percent"]),
        reason("not_reading", "I don't read it enough", ReasonCode::Unused, None, &["break"]),
        reason("complicated", "It is too complicated", ReasonCode::TooComplex, None, &["guide"]),
        reason("other", "Something else", ReasonCode::Other, None, &[]),
    ]
}

fn offers(public_url: &str) -> Vec<BrandOffer> {
    let offer = |id: &str, headline: &str, body: &str, terms| BrandOffer {
        id: id.into(),
        headline: headline.into(),
        body: Some(body.into()),
        terms,
        when: When::default(),
        cooldown_days: 0,
        pelcro_coupon: None,
    };
    let discount =
        OfferTerms::Discount { cut: Cut::Percent(20), duration: Duration::Repeating, months: Some(3) };
    let lengths = [1, 2, 3].map(|count| Length { interval: Interval::Month, count });
    let guide = Link { url: format!("{public_url}/docs/backend"), label: "Read it".into() };
    vec![
        offer("twenty_percent", "20% off for three months", "The same magazine for less.", discount),
        offer(
            "break",
            "Take a break",
            "We start again when you are back.",
            OfferTerms::Pause(lengths.into()),
        ),
        offer("guide", "There is a guide", "It takes ten minutes to read.", OfferTerms::Redirect(guide)),
    ]
}
