use jiff::Timestamp;
use serde_json::Value;

use super::event::Cancellation;
use crate::store::{Error, Tx};
use crate::webhook::{self, Kind};

/// Tells a brand's endpoints of an event in the ledger, as lists show it, without what the customer wrote. What came of a session is
/// told in order with everything else of that session.
pub(super) async fn tell(
    tx: &mut Tx,
    brand: &str,
    event: &Cancellation,
    kind: Kind,
    now: Timestamp,
) -> Result<(), Error> {
    let mut data = serde_json::to_value(event).map_err(|error| Error::Malformed(error.to_string()))?;
    if let Value::Object(members) = &mut data {
        members.remove("reasonText");
        members.insert("brand".into(), brand.into());
    }
    let subject = event.session_id.as_deref().unwrap_or(&event.event_id);
    webhook::tell(tx, webhook::Event { brand, environment: event.environment, subject, kind, data, now })
        .await
}
