use std::fmt;

use flow::{Element, Node, View};

use crate::format::Format;

/// A step of the flow as text, with everything in it that can be chosen, filled in or pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The step: `survey`, `offer`, `details`, `confirm` or `receipt`.
    pub step: String,
    /// What the customer reads, line by line; a line that is a control begins with its number.
    pub lines: Vec<String>,
    /// What can be done, in the order of the numbers.
    pub controls: Vec<Control>,
    /// What the form sends by itself.
    pub(super) hidden: Vec<(String, String)>,
    open: String,
}

/// Something in a step that a customer can choose, fill in or press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// One of several, or one that is ticked.
    Choice {
        /// The form's field.
        field: String,
        /// What it sends.
        value: String,
    },
    /// A field to write into.
    Text {
        /// The form's field.
        field: String,
    },
    /// A button.
    Button {
        /// The action: `answer`, `accept`, `cancel`, ….
        verb: String,
    },
}

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "h2", "h3", "p", "div", "legend", "label", "li", "ul", "ol", "dl", "dt", "dd", "fieldset", "form",
    "details", "summary", "section", "tr",
];

impl Sheet {
    /// Reads a step as a customer does who gets it read out.
    #[must_use]
    pub fn of(view: &View, format: &Format) -> Self {
        let mut sheet = Self { step: view.step.into(), ..Self::default() };
        sheet.read(&view.form, format);
        sheet.end_line();
        sheet
    }

    /// The control that a word names: its number, the value of a choice, the action of a button, or a field.
    #[must_use]
    pub fn named(&self, word: &str) -> Option<&Control> {
        if let Ok(number) = word.parse::<usize>() {
            return self.controls.get(number.checked_sub(1)?);
        }
        self.controls.iter().find(|control| match control {
            Control::Choice { value, .. } => value == word,
            Control::Text { field } => field == word,
            Control::Button { verb } => verb == word,
        })
    }

    fn read(&mut self, element: &Element, format: &Format) {
        let attribute = |name| element.attribute(name).unwrap_or_default().to_owned();
        match element.tag {
            "input" if attribute("type") == "hidden" => {
                self.hidden.push((attribute("name"), attribute("value")));
                return;
            }
            "input" if matches!(attribute("type").as_str(), "radio" | "checkbox") => {
                let mark = if attribute("type") == "radio" { "( )" } else { "[ ]" };
                self.control(Control::Choice { field: attribute("name"), value: attribute("value") }, mark);
                return;
            }
            "input" | "textarea" => {
                let field = attribute("name");
                let mark = format!("{field}=…");
                self.control(Control::Text { field }, &mark);
                return;
            }
            "button" => {
                self.end_line();
                self.control(Control::Button { verb: attribute("value") }, "");
                if let Some(label) = element.attribute("aria-label") {
                    self.open.push_str(label);
                }
            }
            tag if BLOCKS.contains(&tag) => self.end_line(),
            _ => {}
        }
        for node in &element.children {
            match node {
                Node::Element(child) => self.read(child, format),
                Node::Text(text) => self.open.push_str(text),
                Node::Money(money) => self.open.push_str(&format.money(money)),
                Node::Date(at) => self.open.push_str(&format.date(at)),
                Node::Moment(at) => self.open.push_str(&format.moment(at)),
            }
        }
        if element.tag == "button" || BLOCKS.contains(&element.tag) {
            if matches!(element.tag, "h2") {
                let heading = std::mem::take(&mut self.open);
                self.open = format!("== {} ==", heading.trim());
            }
            self.end_line();
        }
    }

    fn control(&mut self, control: Control, mark: &str) {
        self.controls.push(control);
        let number = self.controls.len();
        if !self.open.is_empty() {
            self.open.push(' ');
        }
        self.open.push_str(&format!("[{number}] {mark} "));
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.open);
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() {
            self.lines.push(line);
        }
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}
