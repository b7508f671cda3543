use crate::{Instant, Money};

/// An HTML element to be: the server writes it as text, the widget builds it with `createElement`.
///
/// Text stays text in both, so nothing is ever escaped by hand. There are no inline styles and no inline handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The tag's name.
    pub tag: &'static str,
    /// Attributes in order. A boolean attribute has an empty value.
    pub attributes: Vec<(&'static str, String)>,
    /// What is inside, in order.
    pub children: Vec<Node>,
}

/// Something inside an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Another element.
    Element(Element),
    /// Plain text.
    Text(String),
    /// An amount, for the host to write in the customer's language.
    Money(Money),
    /// A day, for the host to write in the customer's language and the flow's time zone.
    Date(Instant),
    /// A moment with its time of day and the name of the zone.
    Moment(Instant),
}

// Not inlined: every view is made of these calls, and in the widget each byte of them counts many times over.
impl Element {
    #[inline(never)]
    pub(crate) fn new(tag: &'static str, class: &str) -> Self {
        let mut element = Self { tag, attributes: Vec::new(), children: Vec::new() };
        if !class.is_empty() {
            // A page may style by `::part` what stands in a shadow root.
            element.set("class", class).set("part", class);
        }
        element
    }

    /// Sets an attribute.
    #[inline(never)]
    pub(crate) fn set(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Appends text.
    #[inline(never)]
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// Appends a new element, and gives that one.
    #[inline(never)]
    pub(crate) fn add(&mut self, tag: &'static str, class: &str) -> &mut Element {
        self.children.push(Node::Element(Element::new(tag, class)));
        match self.children.last_mut() {
            Some(Node::Element(child)) => child,
            _ => unreachable!("it was pushed in the line above"),
        }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// This element and everything below it, in document order.
    pub fn walk(&self) -> impl Iterator<Item = &Element> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let element = open.pop()?;
            open.extend(element.children.iter().rev().filter_map(|node| match node {
                Node::Element(child) => Some(child),
                _ => None,
            }));
            Some(element)
        })
    }
}
