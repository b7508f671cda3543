use super::button;
use crate::{Action, Element, Flow, Word};

/// Something a host has to tell the customer on top of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An accepted offer was refused by billing. The customer can still leave.
    OfferRefused,
    /// Something was changed elsewhere; the step shows how it is now.
    Changed,
    /// The server did not answer, or not in a way that can be understood. It is not known whether the action arrived.
    Failed,
    /// The session has expired. Nothing was done, and nothing more can be in it.
    Expired,
    /// A text was too long to be kept.
    TooLong,
}

impl Notice {
    /// The one spelling of this notice, for whoever draws the flow on their own.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OfferRefused => "offer_refused",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::TooLong => "too_long",
        }
    }
}

/// What the button that leads to the page of the session carries as its value. It is no action of the flow.
pub const OPEN_AS_PAGE: &str = "page";

/// Draws a notice, to be put into the form right after its heading.
///
/// `again` is the action that failed: one button sends the same once more, another one, [`OPEN_AS_PAGE`], leads to the page of
/// the session. An address to write to is linked bare; who knows what the customer wrote can fill the letter in.
#[must_use]
pub fn notice(flow: &Flow, notice: Notice, again: Option<&Action>) -> Element {
    let word = match notice {
        Notice::OfferRefused => Word::NoticeOfferRefused,
        Notice::Changed => Word::NoticeChanged,
        Notice::Failed => Word::NoticeFailed,
        Notice::Expired => Word::NoticeExpired,
        Notice::TooLong => Word::NoticeTooLong,
    };
    let mut drawn = Element::new("div", "notice");
    drawn.set("role", "alert").add("p", "").text(flow.words.get(word));
    if let (Notice::Failed | Notice::Expired, Some(email)) = (notice, &flow.support_email) {
        let line = drawn.add("p", "");
        line.text(flow.words.get(Word::NoticeEmail)).text(" ");
        line.add("a", "").set("href", &["mailto:", email].concat()).text(email);
    }
    if let (Notice::Failed, Some(action)) = (notice, again) {
        button(flow, &mut drawn, "plain", action.verb(), Word::TryAgain);
        button(flow, &mut drawn, "plain", OPEN_AS_PAGE, Word::OpenAsPage);
    }
    drawn
}
