use js_sys::Error;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use web_sys::{Document, HtmlElement};

use crate::value::get;
use crate::visit;

const CLASS: &str = "farewell-cancel-btn";
const LABEL: &str = "Cancel Subscription";

/// The page's document. The widget runs nowhere else than in a page.
pub(crate) fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).unwrap_throw()
}

/// Puts the button into the element with this id. It never submits a form it may stand in.
pub(crate) fn mount(element_id: &str, session: String, options: JsValue) -> Result<HtmlElement, JsValue> {
    let Some(container) = document().get_element_by_id(element_id) else {
        return Err(Error::new(&["Element with id ", element_id, " not found"].concat()).into());
    };
    let button = match container.query_selector("[data-farewell]").ok().flatten() {
        Some(button) => button,
        None => {
            let button = document().create_element("button").unwrap_throw();
            let option = |name| get(&options, name).as_string();
            let class = options.as_string().or_else(|| option("classes"));
            button.set_attribute("type", "button").unwrap_throw();
            button.set_attribute("class", class.as_deref().unwrap_or(CLASS)).unwrap_throw();
            button.append_with_str_1(option("label").as_deref().unwrap_or(LABEL)).unwrap_throw();
            container.append_with_node_1(&button).unwrap_throw();
            button
        }
    };
    let pressed = Closure::<dyn FnMut()>::new(move || {
        if let Err(error) = visit::begin(session.clone(), options.clone()) {
            wasm_bindgen::throw_val(error);
        }
    });
    button.add_event_listener_with_callback("click", pressed.into_js_value().unchecked_ref()).unwrap_throw();
    Ok(button.unchecked_into())
}
