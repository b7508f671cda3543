//! What happened, for spreadsheets and programs: a row for each run of each session ([`SessionRows`]), or for each entry of the ledger
//! of cancellations ([`CancellationRows`]), oldest first.
//!
//! Rows are read a page at a time and written a page at a time, so that an export of any size needs little memory and keeps
//! nobody waiting.

mod cancellations;
mod encode;
mod filter;
mod session;
mod sessions;

use serde::Serialize;

use crate::store::Error;

pub use cancellations::{CancellationRow, CancellationRows};
pub use encode::{Encoder, Format};
pub use filter::Filter;
pub(crate) use session::step_name;
pub use session::{SessionRow, SessionText};
pub use sessions::SessionRows;

/// What is exported. Serialized, it is an object that has each column as a member, those of texts only where they were asked for.
pub trait Row: Serialize {
    /// The columns, in their order. New ones come last; none is ever renamed or taken away.
    const COLUMNS: &[&str];
    /// The columns of what customers have written, behind the others where they are asked for.
    const TEXT_COLUMNS: &[&str];
}

/// Rows that are read a page at a time.
pub trait Rows {
    /// What is read.
    type Row: Row;

    /// The next rows; None when there are no more.
    ///
    /// # Errors
    /// The database cannot be read, or holds something unexpected.
    fn next_page(&mut self) -> impl Future<Output = Result<Option<Vec<Self::Row>>, Error>> + Send;
}
