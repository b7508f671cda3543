use super::Want;

/// What a form of the hub says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// Nothing but the hub is wanted.
    Home,
    /// A customer wants to do something with a subscription.
    Open {
        /// The subscription's id.
        subscription: String,
        /// What.
        want: Want,
        /// What was chosen before, where they come back.
        choice: Option<String>,
    },
    /// It was chosen what exactly.
    Preview {
        /// The subscription's id.
        subscription: String,
        /// What is wanted.
        want: Want,
        /// What was chosen or typed.
        choice: Option<String>,
    },
    /// It is to be done.
    Confirm {
        /// What the customer was shown, sealed.
        quote: String,
    },
    /// It is not to be done.
    Back {
        /// The subscription's id.
        subscription: String,
        /// What was wanted.
        want: Want,
    },
    /// What became of a change.
    Look {
        /// The change's number within the session.
        change: String,
    },
    /// Every invoice is to be shown.
    Invoices,
    /// The customer wants to say what to pay with.
    Payment,
}

/// The fields of the hub's forms, besides those that say whose hub it is.
pub const FIELDS: &str = "`do` is `plan`, `pause`, `resume`, `renew` or `code` (with `subscription`), `preview` (with `subscription`, `want` and, \
     where there is a choice, `choice`), `confirm` (with `quote`), `back` (with `subscription` and `want`), `look` (with `change`), \
     `invoices`, `payment` or `home`.";

impl Posted {
    /// Reads the fields of a form.
    ///
    /// # Errors
    /// What is wrong with it and what would be right, in a sentence for a developer.
    pub fn from_form(fields: &[(String, String)]) -> Result<Self, String> {
        let field = |name: &str| {
            let found = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
            found.filter(|value| !value.is_empty())
        };
        let must = |name: &str| field(name).ok_or_else(|| format!("`{name}` is missing. {FIELDS}"));
        let subscription = || must("subscription");
        let want = || {
            let name = must("want")?;
            Want::named(&name).ok_or_else(|| format!("`want` is not known. {FIELDS}"))
        };
        let verb = must("do")?;
        Ok(match verb.as_str() {
            "home" => Self::Home,
            "preview" => {
                Self::Preview { subscription: subscription()?, want: want()?, choice: field("choice") }
            }
            "confirm" => Self::Confirm { quote: must("quote")? },
            "back" => Self::Back { subscription: subscription()?, want: want()? },
            "look" => Self::Look { change: must("change")? },
            "invoices" => Self::Invoices,
            "payment" => Self::Payment,
            verb => {
                let want = Want::named(verb).ok_or_else(|| format!("`do` is not known. {FIELDS}"))?;
                Self::Open { subscription: subscription()?, want, choice: field("choice") }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<Posted, String> {
        let fields: Vec<_> = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Posted::from_form(&fields)
    }

    #[test]
    fn forms_are_read_and_what_is_missing_is_named() {
        let subscription = || "sub_1".to_owned();
        let open = Posted::Open { subscription: subscription(), want: Want::Pause, choice: None };
        assert_eq!(read(&[("do", "pause"), ("subscription", "sub_1")]), Ok(open));
        let back = Posted::Back { subscription: subscription(), want: Want::Code };
        assert_eq!(read(&[("do", "back"), ("want", "code"), ("subscription", " sub_1 ")]), Ok(back));
        for (fields, named) in [
            (&[][..], "`do` is missing"),
            (&[("do", "cancel")], "`do` is not known"),
            (&[("do", "plan")], "`subscription` is missing"),
            (&[("do", "confirm")], "`quote` is missing"),
            (&[("do", "preview"), ("subscription", "s")], "`want` is missing"),
            (&[("do", "preview"), ("subscription", "s"), ("want", "more")], "`want` is not known"),
        ] {
            let said = read(fields).expect_err(named);
            assert!(said.contains(named), "{said}");
        }
    }
}
