use crate::secret::SecretText;

/// Whom a session is for. What is given must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The customer's id in billing, such as `cus_8fX2`; the built-in ledger also finds the merchant's own user id.
    pub customer: Option<String>,
    /// The customer's e-mail address, in any case.
    pub email: Option<String>,
    /// The subscription's id in billing. Needed only when the customer has several.
    pub subscription: Option<String>,
    /// The customer's own token, where billing answers to nothing else. Billing that needs none passes it over.
    pub token: Option<SecretText>,
}

/// Why a lookup leads nowhere. The text is for the developer of the merchant's backend, and names no customer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Nothing was given to look for. 400.
    #[error("Name the customer: give customer_id or customer_email.")]
    NobodyNamed,
    /// There is no such customer. 404.
    #[error(
        "No customer has this id or e-mail address. Check that it is the id your billing uses, and of this brand."
    )]
    UnknownCustomer,
    /// The customer has no such subscription. 404.
    #[error("This customer has no subscription with this id. Check subscription_id, or leave it out.")]
    UnknownSubscription,
    /// The id and the e-mail address are different customers'. 400.
    #[error("customer_id and customer_email name different customers. Give only the one you are sure of.")]
    DifferentCustomers,
    /// More than one customer has this e-mail address, or this user id. 409.
    #[error(
        "Several customers have this e-mail address, or this user id. Give customer_id, as billing has it."
    )]
    SeveralCustomers,
    /// The id is one customer's in billing, and may be what the merchant calls another. 409.
    #[error(
        "customer_id is one customer's number in billing, and may be your own number of another: send customer_token, or customer_email beside it."
    )]
    AmbiguousCustomer,
    /// The customer has more than one subscription that can be canceled, and none was named. 409.
    #[error("This customer has several active subscriptions. Give subscription_id: one of {}.", .0.join(", "))]
    SeveralSubscriptions(Vec<String>),
    /// The customer, or the subscription that was named, has nothing left that could be canceled. 409.
    #[error("There is nothing to cancel: the subscription is already canceled, or the customer has none.")]
    NothingToCancel,
    /// Billing answers to the customer's own token alone, and there is none. 400.
    #[error(
        "This brand's billing answers to the customer's own token alone, and has none of this customer: send customer_token."
    )]
    TokenNeeded,
    /// The customer's own token is of no use, or not any more. 409.
    #[error("The customer's token has expired, or billing does not take it: send a fresh customer_token.")]
    TokenExpired,
    /// Billing cannot be asked at the moment. 503.
    #[error("Billing cannot be reached at the moment. Try again.")]
    Unavailable(String),
}

impl LookupError {
    /// What the log may say: the sentence for the developer may name subscriptions.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NobodyNamed => "nobody_named",
            Self::UnknownCustomer => "unknown_customer",
            Self::UnknownSubscription => "unknown_subscription",
            Self::DifferentCustomers => "different_customers",
            Self::SeveralCustomers => "several_customers",
            Self::AmbiguousCustomer => "ambiguous_customer",
            Self::SeveralSubscriptions(_) => "several_subscriptions",
            Self::NothingToCancel => "nothing_to_cancel",
            Self::TokenNeeded => "token_needed",
            Self::TokenExpired => "token_expired",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Whether billing has not said anything of the customer, and may later: nothing follows for what the customer has.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::TokenNeeded | Self::TokenExpired)
    }
}
