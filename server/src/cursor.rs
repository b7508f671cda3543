//! Where a list goes on: opaque to whoever is given it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor behind a row, in a list that is ordered by a moment and then by id.
#[must_use]
pub fn after(at: &str, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{at} {id}"))
}

/// Moment and id of the row a cursor is behind. None when the text is no cursor.
#[must_use]
pub fn read(cursor: &str) -> Option<(String, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, id) = text.split_once(' ')?;
    Some((at.into(), id.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_made_and_nothing_else_is_one() {
        let cursor = after("2026-11-21T12:00:00.000Z", "an id");
        assert_eq!(read(&cursor), Some(("2026-11-21T12:00:00.000Z".into(), "an id".into())));
        for text in ["", "x", "%", "bm9zcGFjZQ"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
