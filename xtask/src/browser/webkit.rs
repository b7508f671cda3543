use anyhow::Result;

use crate::program::{self, Variables, Wanted};

const WANTED: [Wanted; 3] = [
    Wanted {
        what: "MiniBrowser of WebKitGTK",
        variable: "MINIBROWSER",
        names: &["MiniBrowser"],
        places: &[
            "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
            "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
            "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
            "/usr/lib/webkit2gtk-4.1/MiniBrowser",
        ],
        proof: &[],
    },
    Wanted {
        what: "WebKitWebDriver",
        variable: "WEBKIT_DRIVER",
        names: &["WebKitWebDriver"],
        places: &[],
        proof: &[],
    },
    Wanted { what: "Xvfb", variable: "XVFB", names: &["Xvfb"], places: &[], proof: &[] },
];
/// The driver depends on the browser. That one knows no headless mode: Xvfb is the screen it shows on.
const DEBIAN: [&str; 3] = ["webkit2gtk-driver", "xvfb", "fonts-liberation"];
const ADVICE: &str = "on Linux install WebKitGTK 4.1 with its MiniBrowser and WebKitWebDriver, and Xvfb, on PATH or named by \
    MINIBROWSER, WEBKIT_DRIVER and XVFB; elsewhere there is none, and `cargo xtask test --only e2e` does without";

/// Makes sure of WebKit, by the one browser of it that runs without a Mac.
pub fn ready() -> Result<Variables> {
    let programs = program::ready(&WANTED, &DEBIAN, ADVICE)?;
    Ok(Variables(WANTED.iter().map(|wanted| wanted.variable).zip(programs).collect()))
}
