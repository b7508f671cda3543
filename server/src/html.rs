//! The flow's element tree as HTML text.

use flow::{Element, Node};

use crate::format::Format;

/// Elements that have no content and no end tag.
const VOID: &[&str] = &["br", "hr", "img", "input", "link", "meta"];

/// Writes an element and everything in it. Whatever stands in texts and attributes is read back from the page unchanged.
#[must_use]
pub fn element(element: &Element, format: &Format) -> String {
    let mut html = String::new();
    write(&mut html, element, format);
    html
}

fn write(html: &mut String, element: &Element, format: &Format) {
    open(html, element.tag, element.attributes.iter().map(|(name, value)| (*name, value.as_str())));
    if VOID.contains(&element.tag) {
        return;
    }
    // A parser drops the first line end in these.
    if matches!(element.tag, "textarea" | "pre") {
        html.push('\n');
    }
    for node in &element.children {
        match node {
            Node::Element(child) => write(html, child, format),
            Node::Text(content) => text(html, content),
            Node::Money(money) => text(html, &format.money(money)),
            Node::Date(at) => time(html, &at.0, &format.date(at)),
            Node::Moment(at) => time(html, &at.0, &format.moment(at)),
        }
    }
    close(html, element.tag);
}

fn time(html: &mut String, at: &str, written: &str) {
    open(html, "time", [("datetime", at)]);
    text(html, written);
    close(html, "time");
}

fn open<'a>(html: &mut String, tag: &str, attributes: impl IntoIterator<Item = (&'a str, &'a str)>) {
    html.push('<');
    html.push_str(tag);
    for (name, value) in attributes {
        html.push(' ');
        html.push_str(name);
        html.push_str("=\"");
        text(html, value);
        html.push('"');
    }
    html.push('>');
}

fn close(html: &mut String, tag: &str) {
    html.push_str("</");
    html.push_str(tag);
    html.push('>');
}

/// Writes text so that it is text, between tags and between double quotes alike.
pub fn text(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // A parser would make a line feed of it.
            '\r' => html.push_str("&#13;"),
            // No page can hold it, not even as a reference.
            '\0' => html.push('\u{fffd}'),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scraper::{Html, Selector};

    use super::*;
    use crate::session::sample;

    fn drawn(tag: &'static str, content: &str) -> String {
        let child = Element {
            tag,
            attributes: vec![("title", content.into())],
            children: vec![Node::Text(content.into())],
        };
        let root = Element {
            tag: "div",
            attributes: vec![("class", "x"), ("aria-label", content)]
                .into_iter()
                .map(|(n, v)| (n, v.into()))
                .collect(),
            children: vec![Node::Text(content.into()), Node::Element(child)],
        };
        element(&root, &Format::of(&sample::flow()))
    }

    /// What a page can hold: everything but NUL, which no page can.
    fn possible(text: &str) -> String {
        text.replace('\0', "\u{fffd}")
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_unchanged_wherever_it_stands(text: String, more in "[\\r\\n\\t<>&\"'=/a-z;#!\\- ]{0,40}") {
            for content in [text, more] {
                for tag in ["p", "textarea", "button", "li"] {
                    let page = Html::parse_fragment(&drawn(tag, &content));
                    let outer = page.select(&Selector::parse("div.x").unwrap()).next().unwrap();
                    let inner = page.select(&Selector::parse(tag).unwrap()).next().unwrap();
                    let expected = possible(&content);
                    prop_assert_eq!(outer.value().attr("aria-label"), Some(expected.as_str()));
                    prop_assert_eq!(inner.value().attr("title"), Some(expected.as_str()));
                    prop_assert_eq!(inner.text().collect::<String>(), expected.clone());
                    prop_assert_eq!(outer.text().collect::<String>(), expected.repeat(2));
                    prop_assert_eq!(page.select(&Selector::parse("*").unwrap()).count(), 3, "html, div and the child");
                }
            }
        }
    }

    #[test]
    fn void_elements_have_no_end_and_values_are_formatted() {
        let root = Element {
            tag: "p",
            attributes: Vec::new(),
            children: vec![
                Node::Element(Element {
                    tag: "input",
                    attributes: vec![("checked", String::new())],
                    children: Vec::new(),
                }),
                Node::Money(flow::Money { amount: 1250, currency: "USD".into() }),
                Node::Date(flow::Instant("2026-12-01T00:00:00.000Z".into())),
            ],
        };
        assert_eq!(
            element(&root, &Format::of(&sample::flow())),
            "<p><input checked=\"\">$12.50<time datetime=\"2026-12-01T00:00:00.000Z\">December 1, 2026</time></p>"
        );
    }
}
