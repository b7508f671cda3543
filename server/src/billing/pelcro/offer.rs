//! Discounts of offers, which are coupons at Pelcro.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Pelcro;
use super::api::Failure;
use super::object::{Coupon, Of, Order, Subscription};
use super::value::Id;
use crate::billing::{DiscountTerms, Reduction, Span, Terms};
use crate::brand::{Brand, OfferTerms};
use crate::offer::discount_of;
use crate::secret::SecretText;

/// The coupon of each offer that is a discount, by the offer's id.
pub(super) type Coupons = BTreeMap<String, Promise>;

/// What an offer promises, and the coupon that is to keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub code: String,
    pub terms: DiscountTerms,
}

/// What stands before a coupon's code in the place of an offer's id, where a customer has typed it.
pub(super) const TYPED: &str = "coupon:";

/// The coupons that a brand's offers name.
pub(super) fn of_brand(brand: &Brand) -> Coupons {
    let named = brand.offers.iter().filter_map(|offer| match &offer.terms {
        OfferTerms::Discount { cut, duration, months } => {
            let terms = discount_of(cut, *duration, *months);
            Some((offer.id.clone(), Promise { code: offer.pelcro_coupon.clone()?, terms }))
        }
        _ => None,
    });
    named.collect()
}

impl Coupon {
    fn read(value: &Value) -> Option<Self> {
        serde::Deserialize::deserialize(value).ok()
    }

    /// Whether it takes off what was promised, for as long. What it does not say of how long is left to Pelcro's word.
    fn keeps(&self, promised: &DiscountTerms) -> bool {
        let off = match &promised.off {
            Reduction::Percent(percent) => {
                self.percent_off == Some(i64::from(*percent)) && self.amount_off.is_none_or(|off| off == 0)
            }
            Reduction::Amount { amount, currency } => {
                self.amount_off == Some(*amount)
                    && self.currency.as_ref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(currency))
            }
        };
        let lasts = match (self.duration.as_deref(), promised.lasts) {
            (None, _) | (Some("once"), Span::Once) | (Some("forever"), Span::Forever) => true,
            (Some("repeating"), Span::Months(months)) => self.duration_in_months == Some(months.into()),
            _ => false,
        };
        off && lasts
    }
}

impl Coupon {
    /// What it takes off, where it says so in whole percent or one currency, and for how long.
    fn terms(&self) -> Option<DiscountTerms> {
        let off = match (self.percent_off, self.amount_off.filter(|off| *off != 0)) {
            (Some(percent), None) => Reduction::Percent(u32::try_from(percent).ok()?),
            (None | Some(0), Some(amount)) => {
                Reduction::Amount { amount, currency: self.currency.as_ref()?.to_ascii_uppercase() }
            }
            _ => return None,
        };
        let lasts = match self.duration.as_deref()? {
            "once" => Span::Once,
            "forever" => Span::Forever,
            "repeating" => Span::Months(u32::try_from(self.duration_in_months?).ok()?),
            _ => return None,
        };
        Some(DiscountTerms { off, lasts }).filter(DiscountTerms::in_range)
    }
}

impl Pelcro {
    /// What was promised: by an offer, or with a code that a customer typed. None where it is not what the offer promises any more.
    pub(super) fn promised(&self, offer: &str, discount: &DiscountTerms) -> Option<Promise> {
        match offer.strip_prefix(TYPED) {
            Some(code) => Some(Promise { code: code.into(), terms: discount.clone() }),
            None => self.coupons.get(offer).filter(|promise| promise.terms == *discount).cloned(),
        }
    }

    /// The promise of a code that a customer typed. None where no such coupon is open to them, or nobody can say what it takes off.
    pub(super) async fn typed(&self, token: &SecretText, code: &str) -> Result<Option<Promise>, Failure> {
        let open = self.open_coupons(token).await?;
        let found =
            open.iter().filter_map(Coupon::read).find(|coupon| coupon.code.eq_ignore_ascii_case(code));
        Ok(found.and_then(|coupon| Some(Promise { terms: coupon.terms()?, code: coupon.code })))
    }

    /// Ids of the offers whose discount this customer could not have.
    ///
    /// Where Pelcro cannot be asked it is all of them: nobody is kept from leaving by that.
    pub(super) async fn withheld(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        terms: Option<&Terms>,
    ) -> Vec<String> {
        let ids = || self.coupons.keys().cloned().collect();
        let Some(terms) = terms.filter(|_| !self.coupons.is_empty()) else { return ids() };
        let open = match self.open_coupons(token).await {
            Ok(open) => open,
            Err(failure) => {
                tracing::warn!(%failure, "Pelcro does not say which coupons are open: discounts are not offered");
                return ids();
            }
        };
        let fits = self.coupons.iter().map(async |(id, promise)| {
            let kept = self.is_kept(token, subscription, terms, promise, &open).await;
            if let Err(why) = &kept {
                tracing::info!(offer = id, %why, "a discount is not offered");
            }
            kept.err().map(|_| id.clone())
        });
        join_all(fits).await.into_iter().flatten().collect()
    }

    /// Whether a coupon keeps a promise to this customer now.
    pub(super) async fn keeps(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        terms: &Terms,
        promise: &Promise,
    ) -> Result<(), Failure> {
        let open = self.open_coupons(token).await?;
        self.is_kept(token, subscription, terms, promise, &open).await
    }

    async fn is_kept(
        &self,
        token: &SecretText,
        subscription: &Subscription,
        terms: &Terms,
        promise: &Promise,
        open: &[Value],
    ) -> Result<(), Failure> {
        let refused = |why: &str| Failure::Refused(why.into());
        let is_it =
            |one: &&Value| one["code"].as_str().is_some_and(|code| code.eq_ignore_ascii_case(&promise.code));
        let found =
            open.iter().find(is_it).ok_or_else(|| refused("the coupon is not open to this customer"))?;
        let coupon = Coupon::read(found)
            .ok_or_else(|| Failure::Unknown("one of Pelcro's coupons is not as documented".into()))?;
        if !coupon.keeps(&promise.terms) {
            return Err(refused("the coupon takes off something else than the offer promises"));
        }
        let reduced = promise.terms.off.applied_to(terms.amount, &terms.currency);
        let reduced = reduced.ok_or_else(|| refused("the coupon is in another currency"))?;
        let body = json!({
            "plan_id": Id::value(&terms.plan),
            "coupon_code": coupon.code,
            "subscription_id": Id::value(&subscription.id.0),
        });
        let order: Of<Order> = self.api.preview("order", token, &body).await?;
        // Of all of them, or of one, which is what an order without a quantity is of.
        let each = terms.amount / subscription.quantity.unwrap_or(1).max(1);
        let of_one = promise.terms.off.applied_to(each, &terms.currency);
        match order.data.total {
            Some(total) if total != reduced && Some(total) != of_one => {
                Err(refused("the order with the coupon costs something else than the offer promises"))
            }
            _ => Ok(()),
        }
    }

    async fn open_coupons(&self, token: &SecretText) -> Result<Vec<Value>, Failure> {
        self.open("customer/coupons", token).await
    }

    /// What is open to a customer by segment. Nothing is answered as an error.
    pub(super) async fn open<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &SecretText,
    ) -> Result<Vec<T>, Failure> {
        match self.api.get::<Of<Vec<T>>>(path, token).await {
            Ok(open) => Ok(open.data),
            Err(Failure::Refused(_)) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }
}
