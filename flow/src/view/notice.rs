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
    /// A text was too long to be kept.
    TooLong,
}

/// Draws a notice, to be put into the form right after its heading.
///
/// `again` is the action that failed: its button sends the same once more.
#[must_use]
pub fn notice(flow: &Flow, notice: Notice, again: Option<&Action>) -> Element {
    let word = match notice {
        Notice::OfferRefused => Word::NoticeOfferRefused,
        Notice::Changed => Word::NoticeChanged,
        Notice::Failed => Word::NoticeFailed,
        Notice::TooLong => Word::NoticeTooLong,
    };
    let mut drawn = Element::new("div", "notice");
    drawn.set("role", "alert").add("p", "").text(flow.words.get(word));
    if let (Notice::Failed, Some(email)) = (notice, &flow.support_email) {
        let line = drawn.add("p", "");
        line.text(flow.words.get(Word::NoticeEmail)).text(" ");
        line.add("a", "").set("href", &["mailto:", email].concat()).text(email);
    }
    if let Some(action) = again {
        button(flow, &mut drawn, "plain", action.verb(), Word::TryAgain);
    }
    drawn
}
