/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run of a session has ended, with whatever outcome.
    SessionCompleted,
    /// Billing has answered for a run whose effect was pending.
    SessionSettled,
    /// The customer took an offer.
    OfferAccepted,
    /// A receipt was issued.
    ReceiptIssued,
    /// A cancellation was entered into the ledger of cancellations.
    CancellationCreated,
    /// What is known of such a cancellation has changed.
    CancellationUpdated,
    /// What a customer has agreed to in the hub is done, or is not.
    SubscriptionChanged,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::SessionCompleted,
        Self::SessionSettled,
        Self::OfferAccepted,
        Self::ReceiptIssued,
        Self::CancellationCreated,
        Self::CancellationUpdated,
        Self::SubscriptionChanged,
    ];

    /// The name it has in payloads, in the configuration and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SessionCompleted => "session.completed",
            Self::SessionSettled => "session.settled",
            Self::OfferAccepted => "offer.accepted",
            Self::ReceiptIssued => "receipt.issued",
            Self::CancellationCreated => "cancellation.created",
            Self::CancellationUpdated => "cancellation.updated",
            Self::SubscriptionChanged => "subscription.changed",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
