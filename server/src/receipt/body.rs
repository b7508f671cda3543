use flow::{Flow, OfferRecord, Outcome, Run, Word};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::format::Format;
use crate::locale::Pack;
use crate::policy::WITHDRAWAL;
use crate::session::Stored;

/// What a receipt says: the payload of its signature, a set of JWT claims.
///
/// `title`, `text`, `lines` and `note` are what the customer reads, in the customer's language; the rest says the same for
/// programs. Nothing in it changes once it is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The server's origin.
    pub iss: String,
    /// The brand's slug.
    pub aud: String,
    /// The merchant's user id, else the customer's id in billing.
    pub sub: String,
    /// The moment of the press, in seconds since 1970.
    pub iat: i64,
    /// What the customer quotes.
    pub reference: String,
    /// What was done.
    pub kind: Kind,
    /// `prod`, or `sandbox` where nothing counts.
    pub environment: String,
    /// The brand, as customers know it.
    pub brand: String,
    /// The session's id.
    pub session: String,
    /// The run of the session, counted from 1.
    pub run: u32,
    /// What it is about.
    pub contract: Contract,
    /// The moment of the press: RFC 3339, UTC.
    pub issued_at: String,
    /// IANA name of the zone that dates are written in.
    pub time_zone: String,
    /// When a cancellation takes effect: RFC 3339, UTC. None where it is not a cancellation, and where nobody can say.
    pub effective_at: Option<String>,
    /// What had become of it in billing when this was issued: `pending`, since it is issued at the press.
    pub effect: String,
    /// The policy the customer's flow obeyed.
    pub policy: String,
    /// The offer that was taken.
    pub offer: Option<Agreed>,
    /// Reference of the cancellation that was taken back.
    pub takes_back: Option<String>,
    /// BCP 47 tag of the language of what follows.
    pub lang: String,
    /// What it is, in a line.
    pub title: String,
    /// What was done, in a sentence or two.
    pub text: String,
    /// Everything there is to say, each with its label.
    pub lines: Vec<Line>,
    /// What the customer can do with it.
    pub note: String,
}

/// What a receipt is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The customer canceled.
    Cancellation,
    /// The customer withdrew from the contract.
    Withdrawal,
    /// The customer took an offer.
    Offer,
    /// The customer took a cancellation back.
    Undo,
}

/// The contract a receipt is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The subscription's id in billing.
    pub subscription: Option<String>,
    /// The plan's name.
    pub plan: Option<String>,
}

/// An offer that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// The merchant's key of the offer.
    pub id: String,
    /// The offer in a line.
    pub headline: String,
    /// What was shown with it, in the order it was shown: what is billed, when, and what follows.
    pub terms: Vec<String>,
}

/// A line of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it says something about.
    pub label: String,
    /// What it says: one line.
    pub text: String,
}

impl Kind {
    /// The name it has in APIs and in the keys of words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancellation => "cancellation",
            Self::Withdrawal => "withdrawal",
            Self::Offer => "offer",
            Self::Undo => "undo",
        }
    }

    fn of(run: &Run, policy: &str) -> Self {
        match (run.outcome, run.accepted()) {
            (Some(Outcome::Canceled), _) if policy == WITHDRAWAL.id => Self::Withdrawal,
            (Some(Outcome::Canceled), _) => Self::Cancellation,
            (_, Some(_)) => Self::Offer,
            _ => Self::Undo,
        }
    }
}

impl Body {
    /// The receipt of a run of this session that has just been pressed to its end. None when the run has no receipt.
    #[must_use]
    pub fn of(session: &Stored, run: u32, origin: &str, now: Timestamp) -> Option<Self> {
        let (flow, index) = (&session.flow, (run as usize).checked_sub(1)?);
        let ended = session.state.runs.get(index)?;
        let receipt = ended.receipt.as_ref()?;
        let kind = Kind::of(ended, &session.policy.id);
        let (pack, format) = (Pack::of(&flow.locale), Format::of(flow));
        let offer = ended.accepted().and_then(|record| agreed(flow, record, &format));
        let before = session.state.runs.iter().take(index).rev();
        let takes_back = before.filter_map(|run| run.receipt.as_ref()).next();
        let takes_back = takes_back.filter(|_| kind == Kind::Undo).map(|receipt| receipt.reference.clone());
        let mut body = Self {
            iss: origin.into(),
            aud: session.brand.clone(),
            sub: session.user_id.clone().unwrap_or_else(|| session.customer.clone()),
            iat: now.as_second(),
            reference: receipt.reference.clone(),
            kind,
            environment: session.environment.name().into(),
            brand: one_line(&flow.brand),
            session: session.id.clone(),
            run,
            contract: Contract {
                subscription: session.subscription.clone(),
                plan: flow.subscription.plan.clone(),
            },
            issued_at: receipt.issued_at.0.clone(),
            time_zone: flow.time_zone.clone(),
            effective_at: receipt.effective_at.as_ref().map(|at| at.0.clone()),
            effect: "pending".into(),
            policy: session.policy.id.clone(),
            offer,
            takes_back,
            lang: flow.locale.clone(),
            title: word(pack, kind, "title"),
            text: word(pack, kind, "text"),
            lines: Vec::new(),
            note: pack.page("receipt_note").into(),
        };
        body.lines = body.lines(pack, &format, flow.support_email.as_deref());
        let declared = declared(session, ended, &format)
            .into_iter()
            .map(|(word, text)| Line { label: flow.words.get(word).into(), text: one_line(&text) });
        // Behind the contract, before what comes of it.
        let at = body.lines.iter().position(|line| line.label == pack.page("receipt_effective"));
        let at = at.unwrap_or(body.lines.len());
        body.lines.splice(at..at, declared);
        Some(body)
    }

    fn lines(&self, pack: &Pack, format: &Format, support_email: Option<&str>) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut say = |label: &str, text: Option<String>| {
            let label = pack.page(label).to_owned();
            lines.extend(text.map(|text| Line { label, text: one_line(&text) }));
        };
        let at = |at: &String| flow::Instant(at.clone());
        say("receipt_reference", Some(self.reference.clone()));
        say("receipt_issued", Some(format!("{} ({})", format.moment(&at(&self.issued_at)), self.time_zone)));
        say("receipt_brand", Some(self.brand.clone()));
        say("receipt_plan", self.contract.plan.clone());
        say("receipt_contract", self.contract.subscription.clone());
        if matches!(self.kind, Kind::Cancellation | Kind::Withdrawal) {
            let day = self.effective_at.as_ref().map(|effective| format.date(&at(effective)));
            say("receipt_effective", Some(day.unwrap_or_else(|| pack.page("receipt_soon").into())));
        }
        if let Some(offer) = &self.offer {
            say("receipt_offer", Some(offer.headline.clone()));
            say("receipt_terms", Some(offer.terms.join(" ")).filter(|terms| !terms.is_empty()));
        }
        say("receipt_takes_back", self.takes_back.clone());
        say("receipt_status", Some(pack.page("receipt_received").into()));
        if self.environment != "prod" {
            say("receipt_test", Some(pack.page("receipt_sandbox").into()));
        }
        say("receipt_questions", support_email.map(Into::into));
        lines
    }

    /// The subject of a mail with this receipt.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{} · {}", self.title, self.reference)
    }
}

/// A word that each kind has one of.
fn word(pack: &Pack, kind: Kind, what: &str) -> String {
    pack.page(&format!("receipt_{}_{what}", kind.name())).to_owned()
}

/// What the customer agreed to, in the words of the screen with the button.
fn agreed(flow: &Flow, record: &OfferRecord, format: &Format) -> Option<Agreed> {
    let offer = flow.offer(&record.id)?;
    let choice = offer.choice(record.choice.as_deref());
    let label = choice.map(|choice| one_line(&choice.label)).filter(|label| !label.is_empty());
    let lines = choice.into_iter().flat_map(|choice| &choice.lines).map(|line| format.line(line));
    Some(Agreed {
        id: offer.id.clone(),
        headline: one_line(&offer.headline),
        terms: offer.body.clone().into_iter().chain(label).chain(lines).map(|text| one_line(&text)).collect(),
    })
}

/// What the customer has declared, where leaving is a declaration: the law wants its content confirmed.
fn declared(session: &Stored, run: &Run, format: &Format) -> Vec<(Word, String)> {
    let (words, said) = (&session.flow.words, &run.declared);
    if !session.policy.declares || !session.flow.declaration.ends {
        return Vec::new();
    }
    let kind = if said.extraordinary { Word::Extraordinary } else { Word::Ordinary };
    let day = said.until.as_ref().map(|day| format.date(&flow::Instant(format!("{day}T12:00:00Z"))));
    let mut lines = vec![
        (Word::Kind, words.get(kind).to_owned()),
        (Word::When, day.unwrap_or_else(|| words.get(Word::Earliest).to_owned())),
    ];
    lines.extend(said.cause.clone().map(|cause| (Word::Cause, cause)));
    lines
}

/// A text in one line: no merchant's text makes a line of a receipt.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}
