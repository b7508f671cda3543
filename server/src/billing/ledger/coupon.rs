//! Coupons: codes that lower what is paid.

use jiff::Timestamp;
use sqlx::{FromRow, Row as _, sqlite::SqliteRow};

use super::plan::Plan;
use super::realm::{Realm, seen_by};
use super::{malformed, maybe_moment, segment};
use crate::billing::{DiscountTerms, LookupError, QuoteError, Reduction, RunningDiscount, Span};
use crate::clock;
use crate::store::Tx;

/// What the discount of a coupon is noted as, with its code behind it.
pub(super) const OFFER: &str = "coupon:";

/// A coupon.
#[derive(Clone, Debug)]
pub(super) struct Coupon {
    pub id: i64,
    /// In capitals.
    pub code: String,
    pub terms: DiscountTerms,
    pub redeem_by: Option<Timestamp>,
    max_redemptions: Option<i64>,
}

impl FromRow<'_, SqliteRow> for Coupon {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let off = match (row.try_get("percent_off")?, row.try_get("amount_off")?, row.try_get("currency")?) {
            (Some(percent), None, None) => Reduction::Percent(percent),
            (None, Some(amount), Some(currency)) => Reduction::Amount { amount, currency },
            _ => return Err(malformed("percent_off", "neither a percentage nor an amount")),
        };
        let lasts = match (row.try_get("duration")?, row.try_get("months")?) {
            ("once", None) => Span::Once,
            ("repeating", Some(months)) => Span::Months(months),
            ("forever", None) => Span::Forever,
            _ => return Err(malformed("duration", "neither once nor repeating nor forever")),
        };
        Ok(Self {
            id: row.try_get("id")?,
            code: row.try_get("code")?,
            terms: DiscountTerms { off, lasts },
            redeem_by: maybe_moment(row, "redeem_by")?,
            max_redemptions: row.try_get("max_redemptions")?,
        })
    }
}

/// Terms that are about to be replaced: what came with them is free again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Freed {
    Nothing,
    /// Those of this subscription that begin after this moment.
    Upcoming(i64, Timestamp),
}

impl Freed {
    fn parts(self) -> (i64, String) {
        match self {
            // Rows count from 1.
            Self::Nothing => (0, String::new()),
            Self::Upcoming(subscription, after) => (subscription, clock::text(after)),
        }
    }
}

/// How a code is stored: as customers type it, in capitals.
pub(in crate::billing::ledger) fn stored(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

impl Coupon {
    /// The offer its discount is noted as.
    pub(super) fn offer(&self) -> String {
        format!("{OFFER}{}", self.code)
    }

    /// The coupon with this code, if this customer can use it for this plan now: once, on whatever subscription of theirs.
    pub(super) async fn usable(
        tx: &mut Tx,
        realm: &Realm,
        customer: &str,
        code: &str,
        plan: &Plan,
        freed: Freed,
        now: Timestamp,
    ) -> Result<Self, QuoteError> {
        let coupon: Option<Self> =
            sqlx::query_as("SELECT * FROM ledger_coupons WHERE brand = $1 AND code = $2")
                .bind(&realm.brand)
                .bind(stored(code))
                .fetch_optional(&mut *tx)
                .await
                .map_err(unavailable)?;
        let coupon = coupon.ok_or(QuoteError::UnknownCoupon)?;
        if coupon.is_taken(tx, realm, customer, freed).await.map_err(unavailable)? {
            return Err(QuoteError::CouponApplied);
        }
        coupon.check(tx, realm, customer, plan, freed, now).await?;
        Ok(coupon)
    }

    /// Whether a customer has used it, also where its discount has ended since. The sandbox sees what was used in prod, as it sees
    /// everything else.
    async fn is_taken(&self, tx: &mut Tx, realm: &Realm, customer: &str, freed: Freed) -> sqlx::Result<bool> {
        let (subscription, after) = freed.parts();
        sqlx::query_scalar(concat!(
            "SELECT EXISTS (SELECT 1 FROM ledger_discounts AS d JOIN ledger_subscriptions AS s ON s.id = d.subscription_id \
             JOIN ledger_customers AS c ON c.id = s.customer_id LEFT JOIN ledger_phases AS f ON f.id = d.phase_id \
             WHERE d.coupon_id = $1 AND c.brand = $2 AND c.external_id = $3 AND ",
            seen_by!("$4"),
            " AND NOT (f.id IS NOT NULL AND f.subscription_id = $5 AND f.starts_at > $6))"
        ))
        .bind(self.id)
        .bind(&realm.brand)
        .bind(customer)
        .bind(realm.environment.name())
        .bind(subscription)
        .bind(after)
        .fetch_one(tx)
        .await
    }

    /// Whether this customer can use it for this plan now.
    pub(super) async fn check(
        &self,
        tx: &mut Tx,
        realm: &Realm,
        customer: &str,
        plan: &Plan,
        freed: Freed,
        now: Timestamp,
    ) -> Result<(), QuoteError> {
        if self.redeem_by.is_some_and(|by| by <= now) {
            return Err(QuoteError::CouponExpired);
        }
        let plans = self.plans(&mut *tx).await.map_err(unavailable)?;
        if !plans.is_empty() && !plans.contains(&plan.id) {
            return Err(QuoteError::CouponNotForPlan);
        }
        let segments = segment::of_coupon(&mut *tx, self.id).await.map_err(unavailable)?;
        if !segment::grants(&mut *tx, realm, customer, &segments).await.map_err(unavailable)? {
            return Err(QuoteError::CouponNotForCustomer);
        }
        if let Reduction::Amount { currency, .. } = &self.terms.off
            && *currency != plan.price.currency
        {
            return Err(QuoteError::CouponOtherCurrency);
        }
        if self.is_used_up(tx, realm, freed, now).await.map_err(unavailable)? {
            return Err(QuoteError::CouponUsedUp);
        }
        Ok(())
    }

    /// Whether nobody can use it any more: its time is over, or it was used as often as it may be.
    pub(super) async fn is_used_up(
        &self,
        tx: &mut Tx,
        realm: &Realm,
        freed: Freed,
        now: Timestamp,
    ) -> sqlx::Result<bool> {
        if self.redeem_by.is_some_and(|by| by <= now) {
            return Ok(true);
        }
        let Some(most) = self.max_redemptions else { return Ok(false) };
        let redeemed: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM ledger_discounts AS d JOIN ledger_subscriptions AS s ON s.id = d.subscription_id \
             LEFT JOIN ledger_phases AS f ON f.id = d.phase_id WHERE d.coupon_id = $1 AND s.environment = $2 \
             AND NOT (f.id IS NOT NULL AND f.subscription_id = $3 AND f.starts_at > $4)",
        )
        .bind(self.id)
        .bind(realm.environment.name())
        .bind(freed.parts().0)
        .bind(freed.parts().1)
        .fetch_one(tx)
        .await?;
        Ok(redeemed >= most)
    }

    /// Numbers of the plans it is for. None: every plan.
    pub(super) async fn plans(&self, tx: &mut Tx) -> sqlx::Result<Vec<i64>> {
        sqlx::query_scalar("SELECT plan_id FROM ledger_coupon_plans WHERE coupon_id = $1 ORDER BY plan_id")
            .bind(self.id)
            .fetch_all(tx)
            .await
    }
}

impl Coupon {
    /// Notes its discount at a subscription, and at the scheduled term it begins with.
    pub(super) async fn grant(
        &self,
        tx: &mut Tx,
        subscription: i64,
        phase: Option<i64>,
        discount: &RunningDiscount,
        key: &str,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        grant(tx, subscription, discount, self.terms.lasts, key, now).await?;
        sqlx::query("UPDATE ledger_discounts SET coupon_id = $1, phase_id = $2 WHERE operation = $3")
            .bind(self.id)
            .bind(phase)
            .bind(key)
            .execute(tx)
            .await?;
        Ok(())
    }
}

/// Notes a discount at a subscription.
pub(super) async fn grant(
    tx: &mut Tx,
    subscription: i64,
    discount: &RunningDiscount,
    lasts: Span,
    key: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (duration, months) = match lasts {
        Span::Once => ("once", None),
        Span::Months(months) => ("repeating", Some(months)),
        Span::Forever => ("forever", None),
    };
    let (percent_off, amount_off, currency) = match &discount.off {
        Reduction::Percent(percent) => (Some(*percent), None, None),
        Reduction::Amount { amount, currency } => (None, Some(*amount), Some(currency)),
    };
    sqlx::query(
        "INSERT INTO ledger_discounts (subscription_id, offer, percent_off, amount_off, currency, duration, months, \
         starts_at, ends_at, created_at, operation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(subscription)
    .bind(&discount.offer)
    .bind(percent_off)
    .bind(amount_off)
    .bind(currency)
    .bind(duration)
    .bind(months)
    .bind(clock::text(discount.starts_at))
    .bind(discount.ends_at.map(clock::text))
    .bind(clock::text(now))
    .bind(key)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether a discount of a subscription that runs at a moment came from a coupon that is not for this plan: it would follow there.
/// What came with terms that are about to be replaced does not.
pub(super) async fn keeps_to_another_plan(
    tx: &mut Tx,
    subscription: i64,
    plan: i64,
    at: Timestamp,
    freed: Freed,
) -> sqlx::Result<bool> {
    let (replaced, after) = freed.parts();
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM ledger_discounts AS d LEFT JOIN ledger_phases AS f ON f.id = d.phase_id \
         WHERE d.subscription_id = $1 AND (d.ends_at IS NULL OR d.ends_at > $3) \
         AND EXISTS (SELECT 1 FROM ledger_coupon_plans WHERE coupon_id = d.coupon_id) \
         AND NOT EXISTS (SELECT 1 FROM ledger_coupon_plans WHERE coupon_id = d.coupon_id AND plan_id = $2) \
         AND NOT (f.id IS NOT NULL AND f.subscription_id = $4 AND f.starts_at > $5))",
    )
    .bind(subscription)
    .bind(plan)
    .bind(clock::text(at))
    .bind(replaced)
    .bind(after)
    .fetch_one(tx)
    .await
}

/// All coupons of a brand, by code.
pub(super) async fn all(tx: &mut Tx, brand: &str) -> sqlx::Result<Vec<Coupon>> {
    sqlx::query_as("SELECT * FROM ledger_coupons WHERE brand = $1 ORDER BY code")
        .bind(brand)
        .fetch_all(tx)
        .await
}

pub(super) fn unavailable(error: sqlx::Error) -> QuoteError {
    LookupError::Unavailable(error.to_string()).into()
}
