use super::Desk;
use crate::store::Error;

impl Desk {
    /// Writes an error into the log for each declaration that has waited for too long, once. It names the reference and nobody.
    pub(super) async fn raise_alarms(&self) -> Result<(), Error> {
        for reference in self.register.overdue().await? {
            tracing::error!(
                reference,
                "a declaration has waited for more than 24 hours; see `farewell declarations show`"
            );
        }
        Ok(())
    }
}
