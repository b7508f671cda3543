//! Promotion codes: what customers type, and the coupon behind it.

use serde::Deserialize;

use super::accept::beside;
use super::api::{Failure, Form};
use super::execute::Stop;
use super::holding::moment;
use super::mark::{CODES, Marks};
use super::object::{List, Product, Subscription};
use super::{Stripe, lookup_error, path};
use crate::billing::{DiscountTerms, LookupError, QuoteError, Reduction, Span};

/// What the discount of a code is noted as, with the code's id behind it.
pub(super) const OFFER: &str = "promotion:";

/// A code.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PromotionCode {
    pub id: String,
    active: bool,
    customer: Option<String>,
    expires_at: Option<i64>,
    max_redemptions: Option<i64>,
    #[serde(default)]
    times_redeemed: i64,
    coupon: Behind,
    restrictions: Option<Restrictions>,
}

/// The coupon behind a code.
#[derive(Clone, Debug, Deserialize)]
struct Behind {
    id: String,
    valid: bool,
    percent_off: Option<f64>,
    amount_off: Option<i64>,
    currency: Option<String>,
    duration: String,
    duration_in_months: Option<u32>,
    applies_to: Option<AppliesTo>,
}

#[derive(Clone, Debug, Deserialize)]
struct AppliesTo {
    products: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Restrictions {
    #[serde(default)]
    first_time_transaction: bool,
    minimum_amount: Option<i64>,
}

impl Stripe {
    /// The code that a customer typed, if it can be used for this subscription now.
    pub(super) async fn promotion_code(
        &self,
        text: &str,
        subscription: &Subscription,
    ) -> Result<PromotionCode, QuoteError> {
        let query: Form = vec![
            ("code".into(), text.trim().into()),
            // The same text may be a code of each of several customers, and of codes that are in use no more.
            ("limit".into(), "100".into()),
            ("expand[]".into(), "data.coupon.applies_to".into()),
        ];
        if text.trim().is_empty() {
            return Err(QuoteError::UnknownCoupon);
        }
        let found = self.api.get::<List<PromotionCode>>("v1/promotion_codes", &query).await;
        let found = found.map_err(|failure| lookup_error(failure, LookupError::UnknownSubscription))?;
        let own = |code: &PromotionCode| code.customer.as_ref() == Some(&subscription.customer);
        let rank = |code: &PromotionCode| (!code.active, !own(code), code.customer.is_some());
        let code = found.data.into_iter().min_by_key(rank).ok_or(QuoteError::UnknownCoupon)?;
        code.check(subscription, self.clock.now())?;
        if self.has_used(&subscription.customer, &code).await? {
            return Err(QuoteError::CouponApplied);
        }
        if Marks::of(subscription).with_code(&code.id).is_none() {
            return Err(QuoteError::NotNow("the subscription's metadata has no room to note the code"));
        }
        Ok(code)
    }

    /// Whether a customer has used a code, on whatever subscription of theirs, also where its discount or all of the subscription has
    /// ended since. What was not used here is seen for as long as Stripe shows the discount.
    async fn has_used(&self, customer: &str, code: &PromotionCode) -> Result<bool, LookupError> {
        let all = self.subscriptions(customer).await?;
        Ok(all.iter().any(|one| Marks::of(one).has_code(&code.id) || code.is_on(one)))
    }

    /// What is asked for so that the code of an offer takes this off, once for the customer. It notes the code in the same request.
    pub(super) async fn redeem(
        &self,
        id: &str,
        discount: &DiscountTerms,
        subscription: &Subscription,
        currency: &str,
    ) -> Result<Form, Stop> {
        let Some(code) = self.still_open(id, subscription).await? else {
            return Err("the code cannot be used any more".into());
        };
        if code.terms(currency).ok().as_ref() != Some(discount) {
            return Err("the code takes off something else by now".into());
        }
        match self.has_used(&subscription.customer, &code).await {
            Ok(false) => {}
            Ok(true) => return Err(QuoteError::CouponApplied.to_string().as_str().into()),
            Err(error) => return Err(Failure::Unknown(error.to_string()).into()),
        }
        let Some(codes) = Marks::of(subscription).with_code(&code.id) else {
            return Err("the subscription's metadata has no room to note the code".into());
        };
        let mut form = beside(subscription, "promotion_code", code.id);
        form.push((format!("metadata[{CODES}]"), codes));
        Ok(form)
    }

    /// The code of an offer, as it is now. None where it can be used no more.
    async fn still_open(
        &self,
        id: &str,
        subscription: &Subscription,
    ) -> Result<Option<PromotionCode>, Failure> {
        let Some(path) = path("v1/promotion_codes", id) else { return Ok(None) };
        let expand: Form = vec![("expand[]".into(), "coupon.applies_to".into())];
        match self.api.get::<PromotionCode>(&path, &expand).await {
            Ok(code) => Ok(Some(code).filter(|code| code.check(subscription, self.clock.now()).is_ok())),
            Err(Failure::Missing(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

impl PromotionCode {
    /// The offer its discount is noted as.
    pub(super) fn offer(&self) -> String {
        format!("{OFFER}{}", self.id)
    }

    /// Whether its discount is on a subscription.
    fn is_on(&self, subscription: &Subscription) -> bool {
        subscription.discounts.iter().any(|one| one.promotion_code.as_ref() == Some(&self.id))
    }

    fn check(&self, subscription: &Subscription, now: jiff::Timestamp) -> Result<(), QuoteError> {
        if self.expires_at.and_then(moment).is_some_and(|end| end <= now) {
            return Err(QuoteError::CouponExpired);
        }
        if self.max_redemptions.is_some_and(|most| self.times_redeemed >= most) {
            return Err(QuoteError::CouponUsedUp);
        }
        if !self.active || !self.coupon.valid {
            return Err(QuoteError::CouponExpired);
        }
        if self.customer.as_ref().is_some_and(|customer| *customer != subscription.customer) {
            return Err(QuoteError::CouponNotForCustomer);
        }
        // The same by another code would take off twice.
        let same = |one: &super::object::Discount| one.coupon.id == self.coupon.id;
        if self.is_on(subscription) || subscription.discounts.iter().any(same) {
            return Err(QuoteError::CouponApplied);
        }
        if let Some(restrictions) = &self.restrictions {
            // Whoever has a subscription has paid before.
            if restrictions.first_time_transaction {
                return Err(QuoteError::CouponNotForCustomer);
            }
            if restrictions.minimum_amount.is_some() {
                return Err(QuoteError::CouponNotForPlan);
            }
        }
        if let Some(AppliesTo { products }) = &self.coupon.applies_to {
            let rate = subscription.item().and_then(super::object::Item::rate);
            let product = rate.and_then(|rate| rate.product);
            if !matches!(product, Some(Product::Id(id)) if products.contains(id)) {
                return Err(QuoteError::CouponNotForPlan);
            }
        }
        Ok(())
    }

    /// What it takes off.
    pub(super) fn terms(&self, currency: &str) -> Result<DiscountTerms, QuoteError> {
        let Behind { percent_off, amount_off, currency: theirs, duration, duration_in_months, .. } =
            &self.coupon;
        let off = match (percent_off, amount_off, theirs) {
            (Some(percent), None, _) if percent.fract() == 0.0 && (1.0..=100.0).contains(percent) =>
            {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, 1 to 100")]
                Reduction::Percent(*percent as u32)
            }
            (None, Some(amount), Some(theirs)) if theirs.eq_ignore_ascii_case(currency) => {
                Reduction::Amount { amount: *amount, currency: currency.into() }
            }
            (None, Some(_), Some(_)) => return Err(QuoteError::CouponOtherCurrency),
            _ => return Err(QuoteError::NotNow("what the code takes off cannot be told in advance")),
        };
        let lasts = match (duration.as_str(), duration_in_months) {
            ("once", _) => Span::Once,
            ("repeating", Some(months)) => Span::Months(*months),
            ("forever", _) => Span::Forever,
            _ => return Err(QuoteError::NotNow("for how long the code holds cannot be told")),
        };
        Ok(DiscountTerms { off, lasts })
    }
}
