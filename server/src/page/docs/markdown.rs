//! Markdown as HTML in which nothing but Markdown is markup.

use std::collections::HashSet;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::Guide;
use crate::html;

/// A document, drawn.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// The text of its first heading.
    pub title: String,
    /// What stands before its first section, as HTML, without the title.
    pub lead: String,
    /// Its sections, as HTML.
    pub sections: String,
    /// Its headings, in their order.
    pub contents: Vec<Heading>,
}

/// A heading that can be linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 2 for a section, and deeper.
    pub level: usize,
    /// Its id in the page.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// Draws a guide. `taken` are ids that its page has already.
#[must_use]
pub fn draw(guide: &Guide, markdown: &str, taken: &[&str]) -> Drawn {
    let ids = taken.iter().map(|id| (*id).to_owned()).collect();
    let mut pen = Pen { guide, drawn: Drawn::default(), html: String::new(), ids, within: Within::default() };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        pen.take(event);
    }
    pen.drawn.sections = pen.html;
    pen.drawn
}

/// Writes the HTML as events come.
struct Pen<'g> {
    guide: &'g Guide,
    drawn: Drawn,
    html: String,
    ids: HashSet<String>,
    within: Within,
}

/// What the pen is in.
#[derive(Default)]
struct Within {
    /// The text of a heading so far. Links in it are text: it is one itself.
    heading: Option<String>,
    /// Whether links lead anywhere, from the outermost on.
    links: Vec<bool>,
    /// Where a table's head begins in the HTML, while in it.
    head: Option<usize>,
    /// Whether anything stands in that head.
    head_filled: bool,
}

impl Pen<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            // A picture on a line of its own stands for the widget, which is on this page itself.
            Event::Html(text) if text.starts_with("<img ") => {}
            // Raw HTML is text like any other.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(code) => self.code(&code),
            Event::SoftBreak => self.text("\n"),
            Event::HardBreak => self.html.push_str("<br>"),
            Event::Rule => self.html.push_str("<hr>\n"),
            // Of extensions that are not turned on.
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.within.head_filled |= self.within.head.is_some();
        match &mut self.within.heading {
            Some(heading) => heading.push_str(text),
            None => html::text(&mut self.html, text),
        }
    }

    /// A span of code. One that is the path of another guide leads there: a link would be broken in the package's own page at
    /// the registry, so the README has none.
    fn code(&mut self, code: &str) {
        if self.within.heading.is_some() {
            return self.text(code);
        }
        let leads_to = Guide::at(code).filter(|to| *to != self.guide.address && self.within.links.is_empty());
        if let Some(to) = leads_to {
            self.open_link(to);
        }
        self.html.push_str("<code>");
        self.text(code);
        self.html.push_str("</code>");
        if leads_to.is_some() {
            self.html.push_str("</a>");
        }
    }

    fn open_link(&mut self, to: &str) {
        self.html.push_str("<a href=\"");
        html::text(&mut self.html, to);
        self.html.push_str("\">");
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph => self.html.push_str("<p>"),
            Tag::Heading { level, .. } => {
                if *level == HeadingLevel::H2 && self.drawn.contents.is_empty() {
                    self.drawn.lead = std::mem::take(&mut self.html);
                }
                self.within.heading = Some(String::new());
            }
            Tag::BlockQuote(_) => self.html.push_str("<blockquote>\n"),
            Tag::CodeBlock(kind) => self.open_code(kind),
            Tag::List(Some(1)) => self.html.push_str("<ol>\n"),
            Tag::List(Some(first)) => self.html.push_str(&format!("<ol start=\"{first}\">\n")),
            Tag::List(None) => self.html.push_str("<ul>\n"),
            Tag::Item => self.html.push_str("<li>"),
            Tag::Table(_) => self.open_table(),
            Tag::TableHead => {
                self.within.head = Some(self.html.len());
                self.within.head_filled = false;
                self.html.push_str("<thead><tr>");
            }
            Tag::TableRow => self.html.push_str("<tr>"),
            Tag::TableCell if self.within.head.is_some() => self.html.push_str("<th scope=\"col\">"),
            Tag::TableCell => self.html.push_str("<td>"),
            Tag::Emphasis => self.markup("<em>"),
            Tag::Strong => self.markup("<strong>"),
            Tag::Link { dest_url, .. } => {
                let to = self.guide.leads_to(dest_url).filter(|_| self.within.heading.is_none());
                self.within.links.push(to.is_some());
                if let Some(to) = to {
                    self.open_link(&to);
                }
            }
            // An image is the text that stands for it. The rest is of extensions that are not turned on.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.html.push_str("</p>\n"),
            TagEnd::Heading(level) => self.close_heading(level),
            TagEnd::BlockQuote(_) => self.html.push_str("</blockquote>\n"),
            TagEnd::CodeBlock => self.html.push_str("</code></pre>\n"),
            TagEnd::List(true) => self.html.push_str("</ol>\n"),
            TagEnd::List(false) => self.html.push_str("</ul>\n"),
            TagEnd::Item => self.html.push_str("</li>\n"),
            TagEnd::Table => self.html.push_str("</tbody></table></div>\n"),
            TagEnd::TableHead => self.close_head(),
            TagEnd::TableRow => self.html.push_str("</tr>\n"),
            TagEnd::TableCell if self.within.head.is_some() => self.html.push_str("</th>"),
            TagEnd::TableCell => self.html.push_str("</td>"),
            TagEnd::Emphasis => self.markup("</em>"),
            TagEnd::Strong => self.markup("</strong>"),
            TagEnd::Link if self.within.links.pop() == Some(true) => self.html.push_str("</a>"),
            _ => {}
        }
    }

    /// Headings are text alone.
    fn markup(&mut self, markup: &str) {
        if self.within.heading.is_none() {
            self.html.push_str(markup);
        }
    }

    /// A block of code scrolls inside itself, so a keyboard has to reach it.
    fn open_code(&mut self, kind: &CodeBlockKind<'_>) {
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split_whitespace().next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        self.html.push_str("<pre tabindex=\"0\" role=\"group\" aria-label=\"Code");
        if !language.is_empty() {
            self.html.push_str(", ");
            html::text(&mut self.html, language);
        }
        // A parser drops the first line end.
        self.html.push_str("\">\n<code>");
    }

    /// A wide table scrolls inside a box of its own.
    fn open_table(&mut self) {
        self.html.push_str("<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"Table, ");
        let heading = self.drawn.contents.last().map_or(&self.drawn.title, |heading| &heading.text);
        html::text(&mut self.html, heading);
        self.html.push_str("\"><table>");
    }

    /// A head without words, which Markdown wants of every table, is none.
    fn close_head(&mut self) {
        self.html.push_str("</tr></thead>");
        if let Some(began) = self.within.head.take().filter(|_| !self.within.head_filled) {
            self.html.truncate(began);
        }
        self.html.push_str("<tbody>\n");
    }

    fn close_heading(&mut self, level: HeadingLevel) {
        let text = self.within.heading.take().unwrap_or_default();
        // A page has one first heading, and that is drawn by the page.
        if level == HeadingLevel::H1 && self.drawn.title.is_empty() {
            self.drawn.title = text;
            return;
        }
        let level = (level as usize).max(2);
        let id = self.fresh_id(&text);
        self.html.push_str(&format!("<h{level} id=\""));
        html::text(&mut self.html, &id);
        self.html.push_str("\"><a href=\"#");
        html::text(&mut self.html, &id);
        self.html.push_str("\">");
        html::text(&mut self.html, &text);
        self.html.push_str(&format!("</a></h{level}>\n"));
        self.drawn.contents.push(Heading { level, id, text });
    }

    /// The id that GitHub gives to such a heading, so that links work in both places.
    fn fresh_id(&mut self, text: &str) -> String {
        let kept = text.to_lowercase().replace(' ', "-");
        let base: String = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
        let numbered = (1..).map(|number| format!("{base}-{number}"));
        let mut candidates = std::iter::once(base.clone()).chain(numbered);
        let id = candidates.find(|id| !self.ids.contains(id)).unwrap_or(base);
        self.ids.insert(id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::docs::guide::{BACKEND, PACKAGE};

    fn drawn(markdown: &str) -> Drawn {
        draw(&PACKAGE, markdown, &["try-it"])
    }

    #[test]
    fn a_picture_on_a_line_of_its_own_is_left_out() {
        let page = drawn("# A\n\nB\n\n<img src=\"../docs/pictures/a.webp\" alt=\"A picture\">\n\nC\n");
        assert!(!format!("{}{}", page.lead, page.sections).contains("picture"));
    }

    #[test]
    fn raw_html_is_text() {
        let raw = "# <b>A</b>\n\n<script>alert(1)</script>\n\nA <img src=x onerror=alert(1)> `<i>`\n\n## <i>B</i>\n\n\
                   ```html\n</pre><script>\n```\n\n| <u>a</u> |\n|---|\n| <s>b</s> |\n\n<!-- c -->\n";
        let page = drawn(raw);
        assert_eq!(page.title, "<b>A</b>");
        let html = format!("{}{}", page.lead, page.sections);
        for tag in ["<script", "<img", "<i>", "<u>", "<s>", "<!--", "<b>"] {
            assert!(!html.contains(tag), "{tag} in {html}");
        }
        for text in ["&lt;script&gt;alert(1)", "&lt;img src=x", "&lt;u&gt;a", "&lt;!-- c --&gt;"] {
            assert!(html.contains(text), "{text} in {html}");
        }
    }

    #[test]
    fn links_that_are_no_links_for_a_page_are_text() {
        let page =
            drawn("[a](javascript:alert(1)) [b](../LICENSE) [c](https://example.com/?\"x) ![d](e.png)");
        assert_eq!(page.sections, "<p>a b <a href=\"https://example.com/?%22x\">c</a> d</p>\n");
    }

    #[test]
    fn headings_have_ids_of_their_own_and_are_listed() {
        let page = drawn("# T\n\nlead\n\n## Try it\n\n### A `b` [c](#d), e?\n\n## Try it\n");
        assert_eq!(page.lead, "<p>lead</p>\n");
        let listed: Vec<_> =
            page.contents.iter().map(|heading| (heading.level, heading.id.as_str())).collect();
        assert_eq!(listed, [(2, "try-it-1"), (3, "a-b-c-e"), (2, "try-it-2")]);
        assert!(page.sections.contains("<h3 id=\"a-b-c-e\"><a href=\"#a-b-c-e\">A b c, e?</a></h3>"));
    }

    #[test]
    fn a_table_without_a_head_has_none_and_a_path_of_a_guide_leads_to_it() {
        let page = drawn("| | |\n|---|---|\n| a | `docs/backend.md` |\n\n| b |\n|---|\n| c |\n");
        assert_eq!(page.sections.matches("<thead>").count(), 1);
        assert!(
            page.sections.contains("<td><a href=\"/docs/backend\"><code>docs/backend.md</code></a></td>")
        );
        assert!(page.sections.contains("<th scope=\"col\">b</th>"));
        let own = draw(&BACKEND, "`docs/backend.md`", &[]);
        assert_eq!(own.sections, "<p><code>docs/backend.md</code></p>\n");
    }
}
