use crate::Declared;

/// The longest answer text that is kept, in characters. More is [`Refused::TooLong`](crate::Refused::TooLong).
pub const MAX_TEXT: usize = 2000;

/// Something a customer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The flow was opened: begins a run, unless one is open or the customer has already left.
    Shown,
    /// The survey was sent, with whatever was filled in.
    Answer {
        /// What was filled in. Everything is optional.
        answers: Answers,
        /// The customer asked to go straight to the confirmation: no offer may come in between.
        straight: bool,
    },
    /// The offer was taken.
    Accept {
        /// The claim of the offer that was on the screen.
        claim: String,
        /// Which of its choices, where there are several.
        choice: Option<String>,
    },
    /// The offer was turned down.
    Decline {
        /// The claim of the offer that was on the screen.
        claim: String,
        /// The customer asked to see what else there is. Otherwise the confirmation follows, never another offer.
        another: bool,
    },
    /// What the law lets a customer declare was filled in, where it has a step of its own.
    Declare(Declared),
    /// Back to the step before.
    Back,
    /// Cancel the subscription. Allowed on every step.
    Cancel(Declared),
    /// Keep the subscription.
    Keep,
    /// Close without deciding; on a receipt, be done.
    Close,
    /// Take a cancellation back.
    Undo,
}

/// What the survey brought. Nothing in it is required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Answers {
    /// Key of the chosen reason.
    pub reason: Option<String>,
    /// What was written under the chosen reason.
    pub follow_up: Option<String>,
    /// What was written in the free text field.
    pub feedback: Option<String>,
}

/// Where an action stands in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The run, counted from 1.
    pub run: u32,
    /// The action's number in the run, counted from 1.
    pub seq: u32,
}

/// A form of the flow, as it was sent: the page's handle, the place in the session, the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The page's handle, from the hidden field.
    pub handle: String,
    /// The number of the action the form was drawn for.
    pub at: Position,
    /// What the customer did.
    pub action: Action,
}

/// Why fields are not a form of the flow. The value is the field at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAForm(pub &'static str);

const FOLLOW_UP: &str = "follow_up.";

impl Action {
    /// Reads the fields of a form. The same fields carry an action over the browser's API.
    ///
    /// # Errors
    /// [`NotAForm`] names the field that is missing or not understood.
    pub fn from_form(fields: &[(String, String)]) -> Result<Self, NotAForm> {
        let claim = || field(fields, "claim_id").map(Into::into).ok_or(NotAForm("claim_id"));
        let declared = || Declared::from_form(|name| written(fields, name));
        Ok(match field(fields, "do").ok_or(NotAForm("do"))? {
            "shown" => Self::Shown,
            "answer" => Self::Answer { answers: Answers::from_form(fields), straight: false },
            "leave" => Self::Answer { answers: Answers::from_form(fields), straight: true },
            "accept" => Self::Accept { claim: claim()?, choice: written(fields, "choice") },
            "decline" => Self::Decline { claim: claim()?, another: false },
            "another" => Self::Decline { claim: claim()?, another: true },
            "declare" => Self::Declare(declared()),
            "back" => Self::Back,
            "cancel" => Self::Cancel(declared()),
            "keep" => Self::Keep,
            "close" => Self::Close,
            "undo" => Self::Undo,
            _ => return Err(NotAForm("do")),
        })
    }

    /// The fields that [`from_form`](Self::from_form) reads this action from.
    #[must_use]
    pub fn to_form(&self) -> Vec<(String, String)> {
        let mut fields = vec![("do".into(), self.verb().into())];
        match self {
            Self::Accept { claim, choice } => {
                fields.push(("claim_id".into(), claim.clone()));
                if let Some(choice) = choice {
                    fields.push(("choice".into(), choice.clone()));
                }
            }
            Self::Decline { claim, .. } => fields.push(("claim_id".into(), claim.clone())),
            Self::Answer { answers, .. } => answers.write(&mut fields),
            Self::Declare(declared) | Self::Cancel(declared) => declared.write(&mut fields),
            _ => {}
        }
        fields
    }

    /// What a button of this action carries as its value.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Answer { straight: false, .. } => "answer",
            Self::Answer { straight: true, .. } => "leave",
            Self::Accept { .. } => "accept",
            Self::Decline { another: false, .. } => "decline",
            Self::Decline { another: true, .. } => "another",
            Self::Declare(_) => "declare",
            Self::Back => "back",
            Self::Cancel(_) => "cancel",
            Self::Keep => "keep",
            Self::Close => "close",
            Self::Undo => "undo",
        }
    }
}

impl Answers {
    fn from_form(fields: &[(String, String)]) -> Self {
        let reason: Option<String> = written(fields, "reason");
        // Every reason has its own field on the page; only what stands under the chosen one was meant.
        let follow_up = reason.as_ref().and_then(|key| written(fields, &[FOLLOW_UP, key].concat()));
        Self { reason, follow_up, feedback: written(fields, "feedback") }
    }

    fn write(&self, fields: &mut Vec<(String, String)>) {
        if let Some(reason) = &self.reason {
            fields.push(("reason".into(), reason.clone()));
            if let Some(text) = &self.follow_up {
                fields.push((follow_up_field(reason), text.clone()));
            }
        }
        if let Some(text) = &self.feedback {
            fields.push(("feedback".into(), text.clone()));
        }
    }
}

impl Posted {
    /// Reads a whole form of the flow.
    ///
    /// # Errors
    /// [`NotAForm`] names the field that is missing or not understood.
    pub fn from_form(fields: &[(String, String)]) -> Result<Self, NotAForm> {
        let number = |name: &'static str| {
            field(fields, name).and_then(|text| text.parse().ok()).filter(|n| *n > 0).ok_or(NotAForm(name))
        };
        Ok(Self {
            handle: field(fields, "handle").ok_or(NotAForm("handle"))?.into(),
            at: Position { run: number("run")?, seq: number("seq")? },
            action: Action::from_form(fields)?,
        })
    }
}

/// The name of the field that stands under a reason.
pub(crate) fn follow_up_field(reason: &str) -> String {
    [FOLLOW_UP, reason].concat()
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// What was written into a field, if anything was. Browsers send line ends as CR LF; the CR would count against the limit.
#[inline(never)]
fn written(fields: &[(String, String)], name: &str) -> Option<String> {
    let mut text = String::new();
    for c in field(fields, name)?.trim_ascii().chars() {
        if c != '\r' {
            text.push(c);
        }
    }
    Some(text).filter(|text| !text.is_empty())
}
