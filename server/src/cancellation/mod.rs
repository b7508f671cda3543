//! The ledger of cancellations: why customers wanted to leave, and what came of it.
//!
//! A merchant with a cancel flow of their own tells the ledger what happens there ([`record`]) and how it ended ([`settle`]).
//! What happens in the flow of this server is written by itself ([`follow`]), in the transaction of the press.

mod event;
mod follow;
mod list;
mod record;
mod tell;

pub use event::{Cancellation, LedgerOutcome, OfferMade, Settled, Source, Status};
pub use follow::follow;
pub use list::{Filter, LONGEST_PAGE, Page, list};
pub use record::{Change, NewCancellation, Recorded, SettleResult, record, settle};
