use crate::number::number;
use crate::{Element, Node};

impl Element {
    /// This element and everything in it, part by part, for a host that builds it while it reads.
    ///
    /// The first character of a part says what it is, the rest is its content:
    ///
    /// | | what follows |
    /// |---|---|
    /// | `<` | the tag of an element that begins here |
    /// | `@` | an attribute of it: name, `=`, value |
    /// | `"` | text |
    /// | `$` | an amount: ISO 4217 code, then minor units |
    /// | `#` | a day: the instant it holds, in UTC |
    /// | `&` | a moment, in UTC |
    /// | `>` | nothing: the element ends |
    #[must_use]
    pub fn drawing(&self) -> Vec<String> {
        let mut parts = Vec::new();
        draw(&mut parts, self);
        parts
    }
}

fn draw(to: &mut Vec<String>, element: &Element) {
    part(to, &["<", element.tag]);
    for (name, value) in &element.attributes {
        part(to, &["@", name, "=", value]);
    }
    for node in &element.children {
        match node {
            Node::Element(child) => draw(to, child),
            Node::Text(content) => part(to, &["\"", content]),
            Node::Money(money) => part(to, &["$", &money.currency, &number(money.amount)]),
            Node::Date(at) => part(to, &["#", &at.0]),
            Node::Moment(at) => part(to, &["&", &at.0]),
        }
    }
    part(to, &[">"]);
}

#[inline(never)]
fn part(to: &mut Vec<String>, texts: &[&str]) {
    to.push(texts.concat());
}
