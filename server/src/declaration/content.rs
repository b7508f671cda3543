use jiff::civil::Date;

/// What a declaration says, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Who declares it.
    pub name: String,
    /// Which contract, in the words of who declares it.
    pub contract: String,
    /// Whether it is an extraordinary cancellation. Never so for a withdrawal.
    pub extraordinary: bool,
    /// The cause; there exactly where `extraordinary` is.
    pub cause: Option<String>,
    /// The day the contract is to end. None: as early as possible, for an extraordinary one at once.
    pub wished_end: Option<Date>,
    /// Where the receipt goes.
    pub email: String,
}
