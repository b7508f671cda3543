use serde::{Deserialize, Serialize};

use super::Want;

/// Where in the hub a customer is. It says what is drawn, and holds nothing that billing knows better: what it shows is asked for
/// each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Screen {
    /// The hub, and nothing else.
    Home {
        /// What a customer who comes back wanted, of which subscription: the focus goes there.
        from: Option<(String, Want)>,
        /// Why they are here, where it is not by their own wish.
        notice: Option<Notice>,
    },
    /// A choice of plans or lengths, or a field for a code.
    Choice {
        /// The subscription's id.
        subscription: String,
        /// What is wanted.
        want: Want,
        /// What is chosen or typed.
        choice: Option<String>,
    },
    /// What a change would mean.
    Preview {
        /// The subscription's id.
        subscription: String,
        /// What is wanted.
        want: Want,
        /// What was chosen or typed.
        choice: Option<String>,
        /// Whether the customer has agreed to something that is no longer so.
        changed: bool,
    },
    /// What became of a change.
    Told {
        /// The change's number within the session.
        change: String,
    },
    /// Every invoice.
    Invoices,
    /// The way to the page where a customer says what to pay with.
    Payment,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It cannot be done with the subscription as it is.
    NotNow,
    /// Another change of the subscription is being carried out.
    Waits,
}

impl Screen {
    /// The hub, as it is when it is opened.
    pub const HOME: Self = Self::Home { from: None, notice: None };

    /// Whether it is about one subscription, which may be gone.
    #[must_use]
    pub fn is_of_subscription(&self) -> bool {
        matches!(self, Self::Choice { .. } | Self::Preview { .. })
    }
}
