//! A flow for tests.

use flow::{Cancellation, Declaration, Flow, Page, Subscription};

use crate::locale::{Pack, Texts};

pub(crate) fn flow() -> Flow {
    Flow {
        brand: "Example".into(),
        locale: "en".into(),
        rtl: false,
        time_zone: "UTC".into(),
        support_email: None,
        page: Page { action: "https://cancel.example.com/c".into(), handle: "handle".into() },
        subscription: Subscription::default(),
        reasons: Vec::new(),
        feedback: true,
        offers: Vec::new(),
        cancellation: Cancellation { effective_at: None },
        declaration: Declaration::default(),
        words: Pack::of("en").words("default", &Texts::new()),
    }
}
