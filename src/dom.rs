use flow::{Flow, Node};
use wasm_bindgen::UnwrapThrowExt;
use web_sys::{Document, Element};

use crate::stage;

/// The page's document. The widget runs nowhere else than in a page.
pub(crate) fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).unwrap_throw()
}

/// Builds an element of the flow's tree. Text becomes text nodes, never markup.
pub(crate) fn draw(document: &Document, flow: &Flow, element: &flow::Element) -> Element {
    let drawn = document.create_element(element.tag).unwrap_throw();
    for (name, value) in &element.attributes {
        drawn.set_attribute(name, value).unwrap_throw();
    }
    for node in &element.children {
        let (instant, moment) = match node {
            Node::Element(child) => {
                drawn.append_with_node_1(&draw(document, flow, child)).unwrap_throw();
                continue;
            }
            Node::Text(text) => {
                drawn.append_with_str_1(text).unwrap_throw();
                continue;
            }
            Node::Money(money) => {
                let written = stage::money(money.amount as f64, &money.currency, &flow.locale);
                drawn.append_with_str_1(&written).unwrap_throw();
                continue;
            }
            Node::Date(instant) => (instant, false),
            Node::Moment(instant) => (instant, true),
        };
        let time = document.create_element("time").unwrap_throw();
        time.set_attribute("datetime", &instant.0).unwrap_throw();
        let written = stage::date(&instant.0, &flow.locale, &flow.time_zone, moment);
        time.append_with_str_1(&written).unwrap_throw();
        drawn.append_with_node_1(&time).unwrap_throw();
    }
    drawn
}
