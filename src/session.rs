use js_sys::{Error, TypeError};
use wasm_bindgen::JsValue;

const RETENTION: &str = "ret_";
const SUBSCRIPTION: &str = "sub_";

/// The id of a retention session, or the error that callers of the cancel button know.
pub(crate) fn retention(id: &JsValue) -> Result<String, JsValue> {
    checked(id, &[RETENTION], "a retention")
}

/// The id of any session, or the error that callers of the retention view know.
pub(crate) fn any(id: &JsValue) -> Result<String, JsValue> {
    checked(id, &[RETENTION, SUBSCRIPTION], "a retention or subscription")
}

fn checked(id: &JsValue, prefixes: &[&str], expected: &str) -> Result<String, JsValue> {
    let Some(text) = id.as_string() else {
        let what = if id.is_null() { "null" } else { "undefined" };
        let message = ["Cannot read properties of ", what, " (reading 'startsWith')"].concat();
        return Err(TypeError::new(&message).into());
    };
    if prefixes.iter().any(|prefix| text.starts_with(prefix)) {
        return Ok(text);
    }
    Err(Error::new(&["Invalid sessionId: ", &text, ". Expected ", expected, " session ID."].concat()).into())
}
