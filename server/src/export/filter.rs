use jiff::Timestamp;

use crate::session::Environment;

/// Which rows. What is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of the brand with this slug.
    pub brand: Option<String>,
    /// Of this environment.
    pub environment: Option<Environment>,
    /// Sessions that were opened, and customers who wanted to leave, at this moment or later.
    pub since: Option<Timestamp>,
    /// The same, before this moment.
    pub until: Option<Timestamp>,
    /// Whether what customers have written is wanted.
    pub with_text: bool,
}
