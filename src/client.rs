use flow::{Action, Position};
use gloo_net::http::{Request, Response};
use js_sys::{Array, JSON};
use wasm_bindgen::JsValue;

use crate::stage;
use crate::value::{Value, get};

/// How long a request may take before the customer is told what to do instead, in milliseconds. The server itself waits
/// for billing for less than that.
const PATIENCE: u32 = 10_000;

/// One session's line to the server.
pub(crate) struct Client {
    /// The session's id. It travels in a header only.
    pub(crate) session: String,
    /// `apiBase` and `publicKey` are read from here.
    pub(crate) options: JsValue,
}

/// The server's word on the session.
pub(crate) struct Answer {
    /// Whether it took what was sent. If not, the body says how things are now.
    pub(crate) taken: bool,
    pub(crate) body: Value,
}

/// Why there is no answer: a sentence for the developer.
pub(crate) type Trouble = &'static str;

const UNREACHABLE: Trouble = "the server did not answer. Is the option `apiBase` its address?";
const NONSENSE: Trouble = "the answer was not a Farewell server's. Is the option `apiBase` its address?";
/// The session is not taken any more: only another one can help.
pub(crate) const EXPIRED: Trouble = "the server refused the session. It may have expired: create a new one.";

impl Client {
    /// Sends actions that the server has not acknowledged, as [`entries`].
    pub(crate) async fn send(&self, actions: JsValue) -> Result<Answer, Trouble> {
        let response = self.request(&actions).map_err(|_| EXPIRED)?.send().await.map_err(|_| UNREACHABLE)?;
        Self::read(&response).await
    }

    fn request(&self, actions: &JsValue) -> Result<Request, JsValue> {
        let option = |name| get(&self.options, name);
        let base = option("apiBase").as_string().unwrap_or_default();
        let url = [&base, "/v1/flow/actions"].concat();
        stage::request(&url, &self.session, &option("publicKey"), PATIENCE, actions).map(Request::from)
    }

    async fn read(response: &Response) -> Result<Answer, Trouble> {
        let taken = match response.status() {
            200 => true,
            409 => false,
            401 => return Err(EXPIRED),
            _ => return Err(NONSENSE),
        };
        let text = response.text().await.map_err(|_| UNREACHABLE)?;
        let body = JSON::parse(&text).map_err(|_| NONSENSE)?;
        Ok(Answer { taken, body: Value(body) })
    }
}

/// Actions as lists of names and values.
pub(crate) fn entries(actions: &[(Position, Action)]) -> JsValue {
    let list = Array::new();
    for (at, action) in actions {
        list.push(&fields(*at, action));
    }
    list.into()
}

/// An action as names and values: the same fields that a form would carry.
pub(crate) fn fields(at: Position, action: &Action) -> Array {
    let entries = Array::new();
    let entry = |name: JsValue, value: JsValue| entries.push(&Array::of2(&name, &value));
    entry("run".into(), at.run.into());
    entry("seq".into(), at.seq.into());
    for (name, value) in action.to_form() {
        entry(name.into(), value.into());
    }
    entries
}
