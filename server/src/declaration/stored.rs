use jiff::civil::Date;
use serde::Serialize;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use utoipa::ToSchema;

use super::{Content, Kind};
use crate::billing::LookupError;
use crate::store::Error;

/// A declaration as the database holds it.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// UUID.
    pub id: String,
    /// What its sender quotes, such as `FW-7K3Q-9XPD`.
    pub reference: String,
    /// The brand's slug.
    pub brand: String,
    /// What is declared.
    pub kind: Kind,
    /// What was typed. Never changes.
    pub content: Content,
    /// BCP 47 tag of the language it was sent in.
    pub locale: String,
    /// When it arrived.
    pub received_at: String,
    /// Until when the mailed link confirms it.
    pub confirm_until: String,
    /// Whether its receipt was mailed. A mailbox that has got too many gets no more for a while.
    pub mailed: bool,
    /// Where it is.
    pub status: Status,
    /// Why a person has to see to it.
    pub why: Option<Why>,
    /// The customer it was matched to, by the id in billing.
    pub customer: Option<String>,
    /// The subscription it was matched to, by the id in billing.
    pub subscription: Option<String>,
    /// When the period that is paid for ends, as it was when the subscription was found.
    pub period_end: Option<String>,
    /// When it was confirmed.
    pub confirmed_at: Option<String>,
    /// Who has confirmed it: `email` or `merchant`.
    pub confirmed_by: Option<String>,
    /// The session it is carried out in.
    pub session: Option<String>,
    /// What became of it in billing: `applied`, `requested` or `by_hand`.
    pub effect: Option<String>,
    /// When the contract ends or ended, where that is known.
    pub effective_at: Option<String>,
    /// When it was done or dismissed.
    pub settled_at: Option<String>,
    /// When it has waited for too long.
    pub alarm_at: String,
}

/// Where a declaration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeclarationStatus)]
pub enum Status {
    /// It has arrived, and was not looked up yet.
    Received,
    /// A person has to see to it.
    Open,
    /// Its subscription is known. It waits to be confirmed.
    Matched,
    /// It is confirmed and being carried out.
    Confirmed,
    /// It is carried out.
    Done,
    /// The merchant has closed it.
    Dismissed,
}

impl Status {
    const ALL: [Self; 6] =
        [Self::Received, Self::Open, Self::Matched, Self::Confirmed, Self::Done, Self::Dismissed];

    /// The name it has in the database and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Open => "open",
            Self::Matched => "matched",
            Self::Confirmed => "confirmed",
            Self::Done => "done",
            Self::Dismissed => "dismissed",
        }
    }

    /// Whether something is left to do.
    #[must_use]
    pub fn is_waiting(self) -> bool {
        !matches!(self, Self::Done | Self::Dismissed)
    }
}

/// Why a person has to see to a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WhyOpen)]
pub enum Why {
    /// Nobody in billing has the e-mail address.
    UnknownCustomer,
    /// Several customers have it.
    SeveralCustomers,
    /// The customer has several subscriptions.
    SeveralSubscriptions,
    /// There is nothing left to cancel.
    NothingToCancel,
    /// The contract would end before the wished day.
    LaterEnd,
    /// Billing is the merchant's own.
    MerchantBilling,
    /// Billing has refused the cancellation.
    Refused,
    /// It is canceled, but a period later than it was when the declaration arrived.
    LaterPeriod,
    /// The time to withdraw is over, or nobody knows that it is not, or the customer's country has no such function.
    NoWithdrawal,
}

impl Why {
    const ALL: [Self; 9] = [
        Self::UnknownCustomer,
        Self::SeveralCustomers,
        Self::SeveralSubscriptions,
        Self::NothingToCancel,
        Self::LaterEnd,
        Self::MerchantBilling,
        Self::Refused,
        Self::LaterPeriod,
        Self::NoWithdrawal,
    ];

    /// The name it has in the database and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownCustomer => "unknown_customer",
            Self::SeveralCustomers => "several_customers",
            Self::SeveralSubscriptions => "several_subscriptions",
            Self::NothingToCancel => "nothing_to_cancel",
            Self::LaterEnd => "later_end",
            Self::MerchantBilling => "merchant_billing",
            Self::Refused => "refused",
            Self::LaterPeriod => "later_period",
            Self::NoWithdrawal => "no_withdrawal",
        }
    }

    /// What it means, for the merchant.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoWithdrawal => {
                "The time to withdraw is over or not known, or the customer's country has no such function."
            }
            Self::UnknownCustomer => "Nobody in billing has this e-mail address.",
            Self::SeveralCustomers => "Several customers have this e-mail address.",
            Self::SeveralSubscriptions => "The customer has several subscriptions.",
            Self::NothingToCancel => "Billing has nothing that could be canceled.",
            Self::LaterEnd => "The contract would end before the wished day. Cancel it in billing in time.",
            Self::MerchantBilling => "Billing is your own. Carry it out there.",
            Self::Refused => "Billing has refused the cancellation. Carry it out there.",
            Self::LaterPeriod => {
                "It is canceled, but a new period has begun between its arrival and its confirmation. Give back what was \
                 charged for that."
            }
        }
    }

    /// Why a lookup did not lead to one subscription. None where billing could not be asked, and may be later.
    pub(super) fn of(error: &LookupError) -> Option<Self> {
        Some(match error {
            LookupError::Unavailable(_) => return None,
            // Whoever declares has no token: only the merchant can say who it is.
            LookupError::NobodyNamed
            | LookupError::TokenNeeded
            | LookupError::TokenExpired
            | LookupError::UnknownCustomer
            | LookupError::UnknownSubscription
            | LookupError::DifferentCustomers => Self::UnknownCustomer,
            LookupError::SeveralCustomers | LookupError::AmbiguousCustomer => Self::SeveralCustomers,
            LookupError::SeveralSubscriptions(_) => Self::SeveralSubscriptions,
            LookupError::NothingToCancel => Self::NothingToCancel,
        })
    }
}

impl Declaration {
    /// Whether it has waited for too long.
    #[must_use]
    pub fn is_overdue(&self, now: &str) -> bool {
        self.status.is_waiting() && self.alarm_at.as_str() <= now
    }

    pub(super) fn read(row: &SqliteRow) -> Result<Self, Error> {
        let reference: String = row.try_get("reference")?;
        let named = |column: &str| Error::Malformed(format!("{column} of declaration {reference}"));
        let kind = Kind::named(row.try_get("kind")?).ok_or_else(|| named("kind"))?;
        let status: &str = row.try_get("status")?;
        let status =
            Status::ALL.into_iter().find(|one| one.name() == status).ok_or_else(|| named("status"))?;
        let why: Option<&str> = row.try_get("why")?;
        let why =
            why.map(|why| Why::ALL.into_iter().find(|one| one.name() == why).ok_or_else(|| named("why")));
        let wished_end: Option<&str> = row.try_get("wished_end")?;
        let wished_end = wished_end.map(|day| day.parse::<Date>().map_err(|_| named("wished_end")));
        Ok(Self {
            kind,
            status,
            why: why.transpose()?,
            content: Content {
                name: row.try_get("name")?,
                contract: row.try_get("contract")?,
                extraordinary: row.try_get("extraordinary")?,
                cause: row.try_get("cause")?,
                wished_end: wished_end.transpose()?,
                email: row.try_get("email")?,
            },
            id: row.try_get("id")?,
            brand: row.try_get("brand")?,
            locale: row.try_get("locale")?,
            received_at: row.try_get("received_at")?,
            confirm_until: row.try_get("confirm_until")?,
            mailed: row.try_get("mailed")?,
            customer: row.try_get("customer")?,
            subscription: row.try_get("subscription")?,
            period_end: row.try_get("period_end")?,
            confirmed_at: row.try_get("confirmed_at")?,
            confirmed_by: row.try_get("confirmed_by")?,
            session: row.try_get("session")?,
            effect: row.try_get("effect")?,
            effective_at: row.try_get("effective_at")?,
            settled_at: row.try_get("settled_at")?,
            alarm_at: row.try_get("alarm_at")?,
            reference,
        })
    }
}
