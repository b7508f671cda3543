use crate::{Element, Instant, Money, Node};

/// Declares every word with the key it has in a locale pack.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)*) => {
        /// A text of the flow that is not the merchant's own. Its key names it in a locale pack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Word { $($(#[$doc])* $name,)* }

        impl Word {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [Word] = &[$(Word::$name,)*];

            /// The name of this word in a locale pack.
            #[must_use]
            pub fn key(self) -> &'static str {
                const KEYS: &[&str] = &[$($key,)*];
                KEYS[self as usize]
            }
        }
    };
}

words! {
    /// Heading of the survey.
    SurveyTitle = "survey_title",
    /// Says that every answer is optional.
    SurveyHint = "survey_hint",
    /// Label of the free text field.
    Feedback = "feedback",
    /// Sends the survey and goes on.
    Continue = "continue",
    /// Goes straight to the confirmation.
    SkipToCancel = "skip_to_cancel",
    /// Keeps the subscription.
    Keep = "keep",
    /// Closes without deciding.
    Close = "close",
    /// Back to the survey.
    Back = "back",
    /// Name of the offer step, read out when it opens.
    OfferTitle = "offer_title",
    /// Takes the offer.
    Accept = "accept",
    /// Takes an offer that obliges the customer to pay.
    AcceptAndPay = "accept_and_pay",
    /// Turns the offer down and goes to the confirmation.
    Decline = "decline",
    /// Turns the offer down and shows another.
    Another = "another",
    /// Cancels at once, beside an offer.
    ClickToCancel = "click_to_cancel",
    /// Heading of the step where a declaration is filled in.
    DetailsTitle = "details_title",
    /// Label of the customer's name.
    Name = "name",
    /// Label of the address the confirmation goes to.
    Email = "email",
    /// Label of the kind of termination.
    Kind = "kind",
    /// The ordinary way.
    Ordinary = "ordinary",
    /// For cause.
    Extraordinary = "extraordinary",
    /// Label of the cause.
    Cause = "cause",
    /// Label of the day it is to end.
    When = "when",
    /// As early as possible.
    Earliest = "earliest",
    /// On a day that is named.
    OnDate = "on_date",
    /// Label of that day.
    Until = "until",
    /// Heading of the confirmation.
    ConfirmTitle = "confirm_title",
    /// Until when access lasts: `{date}`.
    ConfirmUntil = "confirm_until",
    /// That access ends at once.
    ConfirmNow = "confirm_now",
    /// That nothing is charged any more.
    ConfirmNoCharge = "confirm_no_charge",
    /// Cancels.
    Cancel = "cancel",
    /// Heading once canceled.
    CanceledTitle = "canceled_title",
    /// Heading once the merchant has been asked to cancel.
    RequestedTitle = "requested_title",
    /// Says that the merchant will act.
    RequestedText = "requested_text",
    /// Says that billing has not answered yet and nothing more is needed of the customer.
    PendingText = "pending_text",
    /// Until when access lasts, on the receipt: `{date}`.
    CanceledUntil = "canceled_until",
    /// Heading once an offer was taken.
    SavedTitle = "saved_title",
    /// Heading when nothing has changed.
    UnchangedTitle = "unchanged_title",
    /// That the subscription goes on as before.
    UnchangedText = "unchanged_text",
    /// Heading once a cancellation was taken back.
    UndoneTitle = "undone_title",
    /// Label of the reference on a receipt.
    Reference = "reference",
    /// Label of the moment on a receipt.
    IssuedAt = "issued_at",
    /// Label of the plan on a receipt.
    Plan = "plan",
    /// Label of the end date on a receipt.
    EffectiveAt = "effective_at",
    /// Label of the offer on a receipt.
    OfferTaken = "offer_taken",
    /// Leads to the receipt as a page that can be printed and kept.
    SaveReceipt = "save_receipt",
    /// Takes the cancellation back.
    Undo = "undo",
    /// Leaves the receipt.
    Done = "done",
    /// Opens the flow again after it was closed.
    OpenAgain = "open_again",
    /// An offer was taken and billing refused it.
    NoticeOfferRefused = "notice_offer_refused",
    /// Something was changed elsewhere meanwhile; what is shown is how it is now.
    NoticeChanged = "notice_changed",
    /// The server could not be reached or did not understand.
    NoticeFailed = "notice_failed",
    /// A text was too long.
    NoticeTooLong = "notice_too_long",
    /// Where else to go. The support address follows.
    NoticeEmail = "notice_email",
    /// Sends the same again.
    TryAgain = "try_again",
    /// Said while the server works.
    Working = "working",
}

/// The words of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub(crate) Vec<String>);

impl Words {
    /// The words of a language, each asked for by its key.
    ///
    /// # Errors
    /// The key of the first word there is no text for.
    pub fn from_pack(text: impl Fn(&'static str) -> Option<String>) -> Result<Self, &'static str> {
        let mut words = Vec::with_capacity(Word::ALL.len());
        for word in Word::ALL {
            words.push(text(word.key()).ok_or(word.key())?);
        }
        Ok(Self(words))
    }

    pub(crate) fn each(text: impl Fn(&'static str) -> String) -> Self {
        let mut words = Vec::with_capacity(Word::ALL.len());
        for word in Word::ALL {
            words.push(text(word.key()));
        }
        Self(words)
    }

    /// The text of a word, placeholders unfilled.
    #[must_use]
    pub fn get(&self, word: Word) -> &str {
        self.0.get(word as usize).map_or("", String::as_str)
    }

    /// Appends the text of a word, `{date}` replaced by what it stands for.
    pub(crate) fn fill(&self, to: &mut Element, word: Word, date: Option<&Instant>) {
        fill(to, self.get(word), None, date);
    }
}

/// Appends a text, `{price}` and `{date}` replaced by what they stand for. A placeholder that stands for nothing here stays
/// as it is written.
pub(crate) fn fill(to: &mut Element, text: &str, price: Option<&Money>, date: Option<&Instant>) {
    let mut rest = text;
    while let Some((before, name, after)) = placeholder(rest) {
        let leaf = match (name, price, date) {
            ("price", Some(price), _) => Node::Money(price.clone()),
            ("date", _, Some(date)) => Node::Date(date.clone()),
            _ => break,
        };
        to.text(before);
        to.children.push(leaf);
        rest = after;
    }
    to.text(rest);
}

fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let at =
        |mark: u8, from: usize| text.bytes().skip(from).position(|byte| byte == mark).map(|at| at + from);
    let open = at(b'{', 0)?;
    let close = at(b'}', open)?;
    Some((text.get(..open)?, text.get(open + 1..close)?, text.get(close + 1..)?))
}
