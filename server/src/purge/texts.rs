use serde_json::{Map, Value};

use crate::store::{Error, Tx};

/// Takes what the customer typed into the survey out of a session's state and actions. What was chosen stays, and so does what was
/// declared: that is on the receipt.
pub(super) async fn erase(tx: &mut Tx, session: &str, now: &str) -> Result<(), Error> {
    let state: String = sqlx::query_scalar("SELECT state FROM sessions WHERE id = $1")
        .bind(session)
        .fetch_one(&mut *tx)
        .await?;
    let state = without_answers(read(&state)?);
    sqlx::query("UPDATE sessions SET state = $1, texts_erased_at = $2 WHERE id = $3")
        .bind(state.to_string())
        .bind(now)
        .bind(session)
        .execute(&mut *tx)
        .await?;
    let actions: Vec<(i64, i64, String)> =
        sqlx::query_as("SELECT run, seq, content FROM actions WHERE session = $1")
            .bind(session)
            .fetch_all(&mut *tx)
            .await?;
    for (run, seq, content) in actions {
        let Value::Object(mut fields) = read(&content)? else { continue };
        let before = fields.len();
        fields.retain(|field, _| !is_typed(field));
        if fields.len() == before {
            continue;
        }
        sqlx::query("UPDATE actions SET content = $1 WHERE session = $2 AND run = $3 AND seq = $4")
            .bind(Value::Object(fields).to_string())
            .bind(session)
            .bind(run)
            .bind(seq)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

fn read(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text)
        .map_err(|error| Error::Malformed(format!("a session's state or action: {error}")))
}

fn without_answers(mut state: Value) -> Value {
    let runs = state.get_mut("runs").and_then(Value::as_array_mut).into_iter().flatten();
    let answers = runs.filter_map(|run| run.get_mut("answers")?.as_object_mut());
    answers.for_each(|answers: &mut Map<String, Value>| answers.retain(|field, _| !is_typed(field)));
    state
}

/// Whether a field of the survey holds a text.
fn is_typed(field: &str) -> bool {
    field == "feedback" || field == "follow_up" || field.starts_with("follow_up.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_typed_goes_and_what_was_chosen_stays() {
        let answers = json!({ "reason": "too_expensive", "follow_up": "10 €", "feedback": "Good bye" });
        let declared = json!({ "cause": "You moved", "email": "ada@example.com" });
        let state = json!({ "runs": [{ "seq": 2, "answers": answers, "declared": declared }, { "seq": 1 }] });
        let left = json!({ "runs": [
            { "seq": 2, "answers": { "reason": "too_expensive" }, "declared": declared }, { "seq": 1 },
        ] });
        assert_eq!(without_answers(state), left);
        assert!(is_typed("follow_up.too_expensive") && !is_typed("reason") && !is_typed("follow_ups"));
    }
}
