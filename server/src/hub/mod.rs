//! The subscription hub: what a customer pays for, in one place, and the ways to change it.
//!
//! What it shows is what billing knows at that moment. To cancel is a session of the retention flow. Everything else is done in the hub
//! itself, in three steps: what is wanted, what it would mean, and a button that says what it does. What a customer agrees to is
//! written down before billing is asked, and from then on it is the [executor](crate::intents)'s.

mod act;
mod change;
mod claims;
mod left_behind;
mod overview;
mod page;
mod posted;
mod quoted;
mod record;
mod screen;
mod session;
mod settings;
mod view;
mod want;

pub use change::{Standing, note_authentication, settle};
pub use claims::HubClaims;
pub use left_behind::{is_left_behind, left_behind};
pub use overview::{Changed, Overview};
pub use page::HubPage;
pub use posted::{FIELDS, Posted};
pub use record::{Filter, Record};
pub use screen::{Notice, Screen};
pub use session::NewHub;
pub use settings::{HubSettings, Upgrades};
pub use view::Surface;
pub use want::Want;
