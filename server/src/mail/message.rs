use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};

/// A mail as it goes to the mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What the Message-ID is made of: the same for every attempt to send it.
    pub id: String,
    /// The name of the brand, which is the sender's name.
    pub brand: String,
    /// Where the brand's customers write to.
    pub support_email: Option<String>,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub written_at: Timestamp,
}

impl Letter {
    /// The whole message, the same for every attempt. Whatever stands in the letter's texts, it makes no header of its own.
    ///
    /// # Errors
    /// Why it cannot be sent to anybody, with no customer's datum in it.
    pub(super) fn message(&self, from: &Address, reply_to: Option<&Address>) -> Result<Message, String> {
        let to: Address = self.to.parse().map_err(|_| "the recipient's address is not one".to_owned())?;
        let reply_to = reply_to.cloned().or_else(|| self.support_email.as_ref()?.parse().ok());
        let mut message = Message::builder()
            .from(Mailbox::new(Some(one_line(&self.brand)), from.clone()))
            .to(Mailbox::new(None, to))
            .subject(one_line(&self.subject))
            .date(SystemTime::from(self.written_at))
            .message_id(Some(format!("<{}@{}>", self.id, from.domain())))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ))
            .header(ContentType::TEXT_PLAIN);
        if let Some(reply_to) = reply_to {
            message = message.reply_to(Mailbox::new(None, reply_to));
        }
        message.body(self.text.clone()).map_err(|error| format!("the mail cannot be written: {error}"))
    }
}

/// A text in one line, with nothing in it that is not printed.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "7f".into(),
            brand: "Acme & Söhne".into(),
            support_email: Some("help@acme.example".into()),
            to: "ada@example.com".into(),
            subject: "Ihre Kündigung".into(),
            text: "Guten Tag,\nalles erledigt. Größe: €.\n".into(),
            written_at: "2026-11-21T12:00:00Z".parse().unwrap(),
        }
    }

    fn written(letter: &Letter) -> String {
        let from = "no-reply@mail.acme.example".parse().unwrap();
        String::from_utf8(letter.message(&from, None).unwrap().formatted()).unwrap()
    }

    #[test]
    fn every_attempt_is_the_same_message() {
        let (first, again) = (written(&letter()), written(&letter()));
        assert_eq!(first, again);
        for header in [
            "Message-ID: <7f@mail.acme.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n",
            "Reply-To: help@acme.example\r\n",
            "To: ada@example.com\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
        ] {
            assert!(first.contains(header), "{header}{first}");
        }
    }

    #[test]
    fn a_reply_goes_where_the_configuration_says() {
        let from = "no-reply@acme.example".parse().unwrap();
        let reply_to = "desk@acme.example".parse().unwrap();
        let message = letter().message(&from, Some(&reply_to)).unwrap().formatted();
        assert!(String::from_utf8(message).unwrap().contains("Reply-To: desk@acme.example\r\n"));
    }

    #[test]
    fn what_is_no_address_gets_no_mail() {
        for to in ["ada", "ada@example.com\r\nBcc: eve@example.com", "a@b.example, c@d.example", ""] {
            let from = "no-reply@acme.example".parse().unwrap();
            let error = Letter { to: to.into(), ..letter() }.message(&from, None).unwrap_err();
            assert_eq!(error, "the recipient's address is not one");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_header(any: String, tail in "[\r\nA-Za-z: ]{0,30}") {
            let text = format!("{any}\r\nBcc: eve@example.com\r\n{tail}");
            let evil = Letter { brand: text.clone(), subject: text, ..letter() };
            let message = written(&evil);
            let (headers, _) = message.split_once("\r\n\r\n").unwrap();
            let names: Vec<_> = headers
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            prop_assert_eq!(names, [
                "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Reply-To",
                "Content-Transfer-Encoding",
            ]);
        }
    }
}
