//! The groups that operations fall into, in the order they are told of.

/// Session ids for a customer.
pub const SESSIONS: &str = "Sessions";
/// Links to the hosted flow.
pub const LINKS: &str = "Hosted links";
/// What came of it.
pub const RESULTS: &str = "Results";
/// The ledger of cancellations.
pub const CANCELLATIONS: &str = "Cancellations";
/// What was told to the merchant's endpoints.
pub const WEBHOOKS: &str = "Webhooks";
/// What was declared on public pages.
pub const DECLARATIONS: &str = "Declarations";
/// The built-in billing.
pub const LEDGER: &str = "Ledger";
/// What Pelcro's clients call.
pub const SDK: &str = "Pelcro's calls";
/// What the widget asks for.
pub const BROWSER: &str = "For the browser";
/// The flow as plain HTML.
pub const HOSTED: &str = "The hosted page";
/// Declarations without a login.
pub const PUBLIC: &str = "The public pages";
/// The server itself.
pub const SERVER: &str = "The server";

/// All of them, with a sentence about each.
pub const ALL: [(&str, &str); 12] = [
    (
        SESSIONS,
        "A session id lets one customer's browser run the flow. Your backend asks for it with its API key.",
    ),
    (LINKS, "A link to the hosted flow, for a customer whom nobody here needs to know."),
    (
        RESULTS,
        "What a customer has decided, signed. Ask this server what a result token stands for, or verify it offline.",
    ),
    (
        CANCELLATIONS,
        "Why customers wanted to leave, and what came of it: told by your backend, or by this server's flow.",
    ),
    (WEBHOOKS, "What was told to your endpoints, and telling it again."),
    (DECLARATIONS, "What customers have declared on the public pages, and waits for you."),
    (LEDGER, "What the built-in billing knows of your customers."),
    (
        SDK,
        "What clients of Pelcro call with a customer's own token, answered by the built-in billing in Pelcro's own form: errors too.",
    ),
    (
        BROWSER,
        "What the widget asks for, with a session id. Pages of the brand's `origins` may ask; any other is 403. The id is never in \
         a URL.",
    ),
    (HOSTED, "The flow as plain HTML, with no script needed."),
    (
        PUBLIC,
        "Pages to cancel or to withdraw without a login, where a law demands them or the brand wants them.",
    ),
    (SERVER, "The server itself."),
];
