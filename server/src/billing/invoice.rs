use flow::Money;
use jiff::Timestamp;
use url::Url;

/// What a customer was, or is, asked to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its id in billing.
    pub id: String,
    /// What it is called on paper.
    pub number: Option<String>,
    /// When it was made.
    pub at: Timestamp,
    /// The subscription it is of, where it is of one.
    pub subscription: Option<String>,
    /// The whole of it, discounts and credits taken off.
    pub total: Money,
    /// How it stands.
    pub status: InvoiceStatus,
    /// Where the customer can see it.
    pub page: Option<Url>,
    /// Where the customer can get it as a file.
    pub pdf: Option<Url>,
}

/// How an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceStatus {
    /// It is paid.
    Paid,
    /// It is to be paid.
    Open,
    /// It will not be paid any more: the merchant has given it up.
    Uncollectible,
    /// It does not count.
    Void,
}
