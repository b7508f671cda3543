//! The widget: the retention flow in a browser.
//!
//! Two functions are exported to JavaScript, [`mountCancelButton`](mount_cancel_button) and
//! [`showRetentionView`](show_retention_view). They take the session's document, and adopt a button or an open dialog that
//! the small facade of the npm package has put there before the WebAssembly arrived. What to do when the document does not
//! come is the facade's. Packaging leaves out what only callers without the facade need (the feature `bare`).
//!
//! What a step is and what may follow it is decided by the crate `flow`. Here is what needs a browser: a modal dialog with
//! a shadow root ([`stage`]), elements built from the flow's tree ([`drawing`]), requests ([`client`]), and one customer's
//! visit that ties them together ([`visit`]).
#![warn(clippy::unwrap_used)]

#[cfg(feature = "bare")]
mod button;
mod client;
mod drawing;
mod result;
#[cfg(feature = "bare")]
mod session;
mod stage;
mod value;
mod visit;

use wasm_bindgen::prelude::*;
use web_sys::HtmlDialogElement;

/// The smallest allocator there is for a module that lives for minutes; the default one costs 2.5 kB more.
#[global_allocator]
#[allow(unsafe_code, reason = "the allocator asks its user to know that there is one thread")]
// SAFETY: the module is built without threads: nothing can share its memory.
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// Puts a cancel button into an element, or adopts the one marked `data-farewell` that is already in it.
///
/// `options` is a class name, or an object: `classes`, `label`, and everything [`show_retention_view`] takes. Returns the
/// button.
///
/// # Errors
/// Throws an `Error` when the session id does not begin with `ret_` or no element has this id, checked in this order; a
/// `TypeError` when the session id is not a string.
#[cfg(feature = "bare")]
#[wasm_bindgen(js_name = mountCancelButton)]
pub fn mount_cancel_button(
    element_id: &str,
    session_id: JsValue,
    options: JsValue,
) -> Result<web_sys::HtmlElement, JsValue> {
    let session = session::retention(&session_id)?;
    button::mount(element_id, session, options)
}

/// Opens the flow in a modal dialog and returns the dialog.
///
/// `options` has `document` (what `GET /v1/flow` answered) and `style` (the text of `flow/src/style.css`, which a script carries
/// in fewer bytes than the module), and may have `apiBase` (the Farewell server; the page's own origin
/// when absent), `publicKey`, `fallbackEmail` (where the document names no address), `callbacks` (`onRetained`, `onCancelled`,
/// `onComplete`), `fragment` (false keeps the result token out of the page's fragment), `dialog` (an open dialog to take over), `drawn` (that dialog shows the first step of this document already),
/// `again` (forms to be sent at once, each as names and values in turn) and `renew` (begins in another session with such forms,
/// when this one has expired, and gives a promise).
///
/// # Errors
/// Throws an `Error` when the session id begins with neither `ret_` nor `sub_`, and one that names the member of the document
/// that cannot be read; a `TypeError` when the session id is not a string.
#[wasm_bindgen(js_name = showRetentionView)]
pub fn show_retention_view(session_id: JsValue, options: JsValue) -> Result<HtmlDialogElement, JsValue> {
    #[cfg(feature = "bare")]
    let session = session::any(&session_id)?;
    #[cfg(not(feature = "bare"))]
    let session = session_id.as_string().unwrap_or_default();
    visit::begin(session, options)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#[path = "../tests/browser/mod.rs"]
mod browser;
