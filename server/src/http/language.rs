//! The language of pages that know nothing of their reader but what the browser says.

use std::cmp::Reverse;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::locale::Pack;
use crate::page::Message;

/// The words of the first language of `Accept-Language` that there are words for; English when there are none.
///
/// Read here, since the crates for it either leave out the weights or compare them as floats, where `q=nan` makes sorting panic.
#[must_use]
pub fn accepted(headers: &HeaderMap) -> &'static Pack {
    let values = headers.get_all(header::ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
    let mut wishes: Vec<(u16, &str)> = values.flat_map(|value| value.split(',')).map(weighed).collect();
    wishes.retain(|(weight, _)| *weight > 0);
    wishes.sort_by_key(|(weight, _)| Reverse(*weight));
    wishes.iter().find_map(|(_, tag)| Pack::find(tag)).unwrap_or_else(|| Pack::of("en"))
}

/// A language and its weight, in thousandths.
fn weighed(wish: &str) -> (u16, &str) {
    let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
    let weight: f32 = weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse().ok()).unwrap_or(0.0);
    // What is not a number becomes 0, and what is too large the largest there is.
    ((weight * 1000.0) as u16, tag.trim())
}

/// Says messages in the reader's language.
pub async fn translate(request: Request, next: Next) -> Response {
    let pack = accepted(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Message>() {
        Some(message) => message.say(pack),
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(header: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, header.parse().expect("a header"));
        accepted(&headers).language()
    }

    #[test]
    fn the_wish_with_the_most_weight_that_there_are_words_for_is_granted() {
        assert_eq!(language("de-AT"), "de");
        assert_eq!(language("fi, ja;q=0.4, fr-CA;q=0.8, *;q=0.1"), "fr");
        assert_eq!(language("es;q=0, ar ; q=0.1"), "ar");
        assert_eq!(accepted(&HeaderMap::new()).language(), "en");
    }

    #[test]
    fn what_is_no_list_of_languages_is_english() {
        for header in ["", ",;,", "de;q=nan, fr;q=-1", "<script>", "de;level=1"] {
            assert_eq!(language(header), "en", "{header}");
        }
    }
}
