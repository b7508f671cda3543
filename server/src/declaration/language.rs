//! Which language a visitor of a public page is spoken to in.

use axum::http::{HeaderMap, header};

use crate::locale;

/// How many languages of a browser are looked at. Nobody reads more.
const MOST: usize = 20;

/// The language and country of a page: as its address asks (`?lang=`), else as the browser likes it best, else the brand's.
pub(super) fn choose(asked: Option<&str>, headers: &HeaderMap, brand: &str) -> String {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked
        .and_then(spoken)
        .or_else(|| accepted.and_then(best))
        .or_else(|| spoken(brand))
        .unwrap_or_else(|| "en".into())
}

/// The tag, plain, if there are words for it.
fn spoken(tag: &str) -> Option<String> {
    locale::supported(tag).ok().and_then(|_| locale::plain(tag))
}

/// The language of an `Accept-Language` header that there are words for and that is liked best.
fn best(header: &str) -> Option<String> {
    let mut best: Option<(String, f32)> = None;
    for item in header.split(',').take(MOST) {
        let (tag, parameter) = item.split_once(';').unwrap_or((item, ""));
        let weight = match parameter.trim().strip_prefix("q=") {
            Some(weight) => weight.trim().parse().unwrap_or(0.0),
            None => 1.0,
        };
        let better = weight > best.as_ref().map_or(0.0, |(_, weight)| *weight);
        if better && let Some(tag) = spoken(tag.trim()) {
            best = Some((tag, weight));
        }
    }
    best.map(|(tag, _)| tag)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn chosen(asked: Option<&str>, accepted: &str, brand: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
        choose(asked, &headers, brand)
    }

    #[test]
    fn the_address_goes_before_the_browser_and_the_browser_before_the_brand() {
        assert_eq!(chosen(Some("de"), "en", "en"), "de");
        assert_eq!(chosen(None, "de-AT,de;q=0.9,en;q=0.8", "en"), "de-AT");
        assert_eq!(chosen(None, "tlh, *", "de"), "de");
        assert_eq!(chosen(Some("tlh"), "", "de-CH"), "de-CH");
        assert_eq!(chosen(None, "", "tlh"), "en");
    }

    #[test]
    fn the_browsers_weights_count_and_nonsense_does_not() {
        assert_eq!(chosen(None, "en;q=0.1, de;q=0.9", "en"), "de");
        assert_eq!(chosen(None, "de;q=0, en;q=0.1", "de"), "en");
        assert_eq!(chosen(None, "de;q=NaN, en;q=inf", "de"), "en");
        assert_eq!(chosen(None, ";;;q=,,=;q=q=1,de", "en"), "de");
        assert_eq!(chosen(None, &["tlh"; 21].join(",").replace("tlh,tlh", "tlh,xx"), "de"), "de");
    }
}
