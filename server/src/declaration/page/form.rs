use axum::http::StatusCode;
use flow::{Element, Node};

use super::paper::Paper;
use super::visit::Visit;
use crate::declaration::Kind;
use crate::declaration::form::{
    Field, LONGEST_CAUSE, LONGEST_EMAIL, LONGEST_LINE, Mistake, Typed, is_unprintable,
};
use crate::declaration::summary::fill;
use crate::page::Document;

/// The page of a form: who, which contract, how and until when, where the receipt goes, and the one button. Nothing else.
pub(super) fn page(visit: &Visit, kind: Kind, typed: &Typed, mistakes: &[Mistake], today: &str) -> Document {
    let words = visit.words();
    let language = words.language();
    let say = |key: &str| fill(words.page(key), &[("brand", visit.brand.name.as_str())]);
    let title = kind.entry(language);
    let mut form = Element::new("form", "step declaration");
    form.set("method", "post").set("novalidate", "");
    form.set("action", &format!("/b/{}/{}?lang={}", visit.brand.slug, kind.name(), visit.locale));
    form.add("h1", "").text(title);
    let (of, lead) = match kind {
        Kind::Cancel => ("declaration_cancel_of", "declaration_cancel_lead"),
        Kind::Withdraw => ("declaration_withdraw_of", "declaration_withdraw_lead"),
    };
    form.add("p", "lead").text(&format!("{}. {}", say(of), say(lead)));
    if !mistakes.is_empty() {
        summary(&mut form, mistakes, &say);
    }
    hidden(&mut form, "form", &typed.form);
    let fields = Fields { typed, mistakes, say: &say };
    if kind == Kind::Cancel {
        fields.kind(&mut form);
    }
    fields.line(&mut form, Field::Name, "name", LONGEST_LINE);
    fields.line(&mut form, Field::Contract, "off", LONGEST_LINE);
    if kind == Kind::Cancel {
        fields.end(&mut form, today);
    }
    fields.line(&mut form, Field::Email, "email", LONGEST_EMAIL);
    let actions = form.add("div", "actions");
    actions.add("button", "leave").text(kind.confirm(language));
    let (status, title) = match mistakes {
        [] => (StatusCode::OK, title.into()),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, say("declaration_mistakes")),
    };
    Paper { brand: &visit.brand, words, status, title }.with(&form)
}

/// What is wrong, on top of the form, each with a way to its field.
fn summary(form: &mut Element, mistakes: &[Mistake], say: &dyn Fn(&str) -> String) {
    let notice = form.add("div", "notice");
    // A page that has just loaded is not announced as an alert everywhere; what has the focus is.
    notice.set("role", "alert").set("tabindex", "-1").set("autofocus", "");
    notice.add("p", "").text(&say("declaration_mistakes"));
    let list = notice.add("ul", "");
    for mistake in mistakes {
        let link = list.add("li", "").add("a", "");
        link.set("href", &format!("#{}", mistake.field.name())).text(&say(mistake.sentence));
    }
}

fn hidden(form: &mut Element, name: &str, value: &str) {
    form.add("input", "").set("type", "hidden").set("name", name).set("value", value);
}

/// The fields, with what was typed in them and what is wrong with it.
struct Fields<'a> {
    typed: &'a Typed,
    mistakes: &'a [Mistake],
    say: &'a dyn Fn(&str) -> String,
}

impl Fields<'_> {
    /// Ordinary or extraordinary; the cause stands with the second.
    fn kind(&self, form: &mut Element) {
        let set = form.add("fieldset", "");
        set.add("legend", "").text(&(self.say)("declaration_kind"));
        for (value, label, chosen) in [
            ("ordinary", "declaration_ordinary", !self.typed.extraordinary),
            ("extraordinary", "declaration_extraordinary", self.typed.extraordinary),
        ] {
            let choice = set.add("div", "choice");
            let pick = choice.add("label", "pick");
            let radio = pick.add("input", "");
            radio.set("type", "radio").set("name", "kind").set("value", value);
            if chosen {
                radio.set("checked", "");
            }
            pick.add("span", "").text(&(self.say)(label));
            if value == "extraordinary" {
                let cause = choice.add("div", "follow");
                self.label(cause, Field::Cause);
                let area = cause.add("textarea", "");
                area.set("rows", "3").set("maxlength", &LONGEST_CAUSE.to_string()).set("dir", "auto");
                self.describe(area, Field::Cause, false);
                area.text(&shown(&self.typed.cause));
                self.mistake(cause, Field::Cause);
            }
        }
    }

    fn line(&self, form: &mut Element, field: Field, autocomplete: &str, most: usize) {
        let (kind, value) = match field {
            Field::Email => ("email", &self.typed.email),
            Field::Contract => ("text", &self.typed.contract),
            _ => ("text", &self.typed.name),
        };
        let row = form.add("div", "field");
        self.label(row, field);
        self.hint(row, field);
        let input = row.add("input", "");
        input.set("type", kind).set("maxlength", &most.to_string()).set("autocomplete", autocomplete);
        input.set("required", "").set("dir", "auto").set("value", &shown(value));
        self.describe(input, field, true);
        self.mistake(row, field);
    }

    fn end(&self, form: &mut Element, today: &str) {
        let row = form.add("div", "field");
        self.label(row, Field::End);
        self.hint(row, Field::End);
        let input = row.add("input", "");
        input.set("type", "date").set("min", today).set("autocomplete", "off");
        input.set("value", &shown(&self.typed.end));
        self.describe(input, Field::End, true);
        self.mistake(row, Field::End);
    }

    fn label(&self, row: &mut Element, field: Field) {
        let label = (self.say)(&format!("declaration_{}", field.name()));
        row.add("label", "").set("for", field.name()).text(&label);
    }

    fn hint(&self, row: &mut Element, field: Field) {
        let hint = (self.say)(&format!("declaration_{}_hint", field.name()));
        row.add("p", "hint").set("id", &format!("{}-hint", field.name())).text(&hint);
    }

    /// Ties a control to its hint and to its mistake.
    fn describe(&self, control: &mut Element, field: Field, hinted: bool) {
        control.set("id", field.name()).set("name", field.name());
        let mut by = Vec::new();
        if hinted {
            by.push(format!("{}-hint", field.name()));
        }
        if self.mistakes.iter().any(|mistake| mistake.field == field) {
            control.set("aria-invalid", "true");
            by.push(format!("{}-mistake", field.name()));
        }
        if !by.is_empty() {
            control.set("aria-describedby", &by.join(" "));
        }
    }

    fn mistake(&self, row: &mut Element, field: Field) {
        if let Some(mistake) = self.mistakes.iter().find(|mistake| mistake.field == field) {
            let note = row.add("p", "mistake");
            note.set("id", &format!("{}-mistake", field.name()));
            note.children.push(Node::Text((self.say)(mistake.sentence)));
        }
    }
}

/// What was typed, without what cannot be shown.
fn shown(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !is_unprintable(*c)).collect()
}
