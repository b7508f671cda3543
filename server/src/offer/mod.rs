//! Offers on their way to a customer: which ones fit, what they mean in money, and the record of what was offered.

mod fit;
mod history;
mod lines;
mod prepare;
mod record;

pub use fit::{Misfit, misfit};
pub use history::{History, Taken};
pub use prepare::{Deals, For, Prepared, deal, discount_of, prepare, reprice};
pub use record::record;
