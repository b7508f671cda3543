use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};

use super::brand::checked;
use super::table::Table;

/// How long each kind of data is kept: sessions from the last action, everything else from when it was written.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Sessions that were fetched and never opened.
    pub unopened: Period,
    /// Sessions that were opened and closed without a decision.
    pub aborted: Period,
    /// Every other session. One with a receipt stays as long as that.
    pub sessions: Period,
    /// What customers typed into the survey.
    pub free_text: Period,
    /// Mails and handovers that were delivered or given up.
    pub mails: Period,
    /// Declarations that are done or dismissed.
    pub declarations: Period,
    /// Receipts.
    pub receipts: Period,
    /// Entries of the ledger of cancellations, from when something was last told of them.
    pub cancellations: Period,
    /// Webhooks that were delivered or given up.
    pub webhooks: Period,
}

/// How long something is kept.
#[derive(Clone, Copy, Debug)]
pub struct Period(Option<Span>);

impl Period {
    /// A period of whole days.
    pub(crate) fn of_days(days: i32) -> Self {
        Self(Some(Span::new().days(days)))
    }

    /// What is older than this has been kept for long enough. None: nothing has.
    #[must_use]
    pub fn ended_before(&self, now: Timestamp) -> Option<Timestamp> {
        let now = now.to_zoned(TimeZone::UTC);
        now.checked_sub(self.0?).ok().map(|at| at.timestamp())
    }

    /// When what is from this moment will have been kept for long enough. None: never.
    #[must_use]
    pub fn end(&self, from: Timestamp) -> Option<Timestamp> {
        let from = from.to_zoned(TimeZone::UTC);
        from.checked_add(self.0?).ok().map(|at| at.timestamp())
    }
}

/// What keeps a period from being shorter.
struct Least {
    span: Span,
    said: &'static str,
}

/// How long receipts and declarations are kept at least. The database holds receipts to it as well.
pub const LEGAL: &str = "3 years, for as long as consent has to be proved (Cal. Bus. & Prof. Code § 17602) and claims can be made \
     (§§ 195, 199 BGB)";

/// Reads `[server.retention]`, or its defaults where there is none.
pub(super) fn read(table: Option<Table<'_>>) -> Retention {
    let legal = || Least { span: Span::new().years(3), said: LEGAL };
    let used = || Least { span: Span::new().days(30), said: "30 days, for as long as it may be needed" };
    let period = |field, usual: Span, least: Least| {
        let read = table.as_ref().and_then(|table| checked(table, field, |text| period(text, &least)));
        read.unwrap_or(Period(Some(usual)))
    };
    let retention = Retention {
        unopened: period("unopened", Span::new().days(30), used()),
        aborted: period("aborted", Span::new().days(400), used()),
        sessions: period("sessions", Span::new().days(400), used()),
        free_text: period("free_text", Span::new().days(400), used()),
        mails: period("mails", Span::new().days(400), used()),
        declarations: period("declarations", Span::new().years(7), legal()),
        receipts: period("receipts", Span::new().years(7), legal()),
        cancellations: period("cancellations", Span::new().years(3), used()),
        webhooks: period("webhooks", Span::new().days(90), used()),
    };
    if let Some(table) = table {
        table.finish();
    }
    retention
}

fn period(text: &str, least: &Least) -> Result<Period, String> {
    if text == "forever" {
        return Ok(Period(None));
    }
    // With no 29th of February in it, so that 1095 days are three years.
    const FROM: Date = date(2025, 1, 1);
    let span: Span = text.parse().map_err(|_| {
        format!("\"{text}\" is not a period; write a number and a unit, such as \"400 days\" or \"7 years\", or \"forever\".")
    })?;
    let short = span.compare((least.span, SpanRelativeTo::from(FROM))).map_or(true, |order| order.is_lt());
    if short {
        return Err(format!("\"{text}\" is too short; write at least {}.", least.said));
    }
    Ok(Period(Some(span)))
}
