use crate::{Effect, Interval, OfferKind, Outcome, ReasonCode, Response};

/// A closed set of words, each with its one spelling in documents, tokens and events.
pub(crate) trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

macro_rules! names {
    ($($type:ident { $($word:literal = $value:ident,)* })*) => {$(
        impl Named for $type {
            const NAMES: &'static [(&'static str, Self)] = &[$(($word, $type::$value),)*];
        }

        impl $type {
            /// The one spelling of this value, as documents, tokens and events have it.
            #[must_use]
            pub fn name(self) -> &'static str {
                $type::NAMES.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
            }

            /// The value of this spelling.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                $type::NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            }
        }
    )*};
}

names! {
    Outcome { "saved" = Saved, "canceled" = Canceled, "aborted" = Aborted, }
    Effect { "applied" = Applied, "requested" = Requested, "pending" = Pending, }
    Response { "shown" = Shown, "accepted" = Accepted, "declined" = Declined, "refused" = Refused, }
    OfferKind {
        "discount" = Discount,
        "pause" = Pause,
        "plan_change" = PlanChange,
        "trial_extension" = TrialExtension,
        "contact" = Contact,
        "redirect" = Redirect,
        "custom" = Custom,
        "other" = Other,
    }
    Interval { "day" = Day, "week" = Week, "month" = Month, "year" = Year, }
    ReasonCode {
        "customer_service" = CustomerService,
        "low_quality" = LowQuality,
        "missing_features" = MissingFeatures,
        "other" = Other,
        "switched_service" = SwitchedService,
        "too_complex" = TooComplex,
        "too_expensive" = TooExpensive,
        "unused" = Unused,
    }
}
