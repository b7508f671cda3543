/// What the law of the customer's place allows and demands on the way out.
///
/// The server chooses it and sends it with the session. A merchant's configuration can be stricter than the policy, never
/// laxer: [`apply`](crate::apply) obeys the policy whatever the flow contains.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Policy {
    /// The policy's name, such as `default` or `us-mn`. Recorded with every outcome.
    pub id: String,
    /// How many different offers may be put to the customer before a cancellation, however often the flow is opened. 0
    /// forbids offers.
    pub max_offers: u32,
    /// Whether the customer may be asked why before the confirmation.
    pub survey: bool,
    /// Whether the way out beside an offer cancels at once, instead of leading to the confirmation.
    pub direct: bool,
    /// Whether leaving is a declaration: the confirmation takes what the law lets a customer say in it, and holds nothing
    /// else. No survey and no offer come before it.
    pub declares: bool,
    /// Whether what is declared is filled in on a step of its own, and the confirmation repeats it.
    pub recap: bool,
}

impl Policy {
    /// The policy where no law is stricter: the survey may be asked, and one offer may be made.
    #[must_use]
    pub fn default_policy() -> Self {
        Self {
            id: "default".into(),
            max_offers: 1,
            survey: true,
            direct: false,
            declares: false,
            recap: false,
        }
    }

    /// How many offers may come before a cancellation: none where leaving is a declaration.
    pub(crate) fn offers(&self) -> usize {
        if self.declares { 0 } else { self.max_offers as usize }
    }

    /// Whether a declaration is filled in on a step of its own.
    pub(crate) fn details(&self) -> bool {
        self.declares && self.recap
    }
}
