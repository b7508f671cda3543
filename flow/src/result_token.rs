const NAME: &str = "ci_result_token=";

/// A URL, or a fragment alone, with the result token in its fragment as `ci_result_token`.
///
/// Whatever else the fragment holds is kept (`#/route`, `#a=b`); an older token in it is replaced. The token is a compact
/// JWS, whose characters need no encoding.
#[must_use]
pub fn with_result_token(url: &str, token: &str) -> String {
    let end = url.bytes().position(|byte| byte == b'#').unwrap_or(url.len());
    let mut joined = [&url[..end], "#"].concat();
    let mut rest = url.get(end + 1..).unwrap_or_default();
    while !rest.is_empty() {
        let end = rest.bytes().position(|byte| byte == b'&').unwrap_or(rest.len());
        if end > 0 && !rest.starts_with(NAME) {
            joined.push_str(&rest[..end]);
            joined.push('&');
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    joined + NAME + token
}

#[cfg(test)]
mod tests {
    use super::with_result_token;

    #[test]
    fn the_token_joins_what_the_fragment_holds() {
        for (url, expected) in [
            ("https://a.example/x?y=1", "https://a.example/x?y=1#ci_result_token=T"),
            ("/x#", "/x#ci_result_token=T"),
            ("/x#/route", "/x#/route&ci_result_token=T"),
            ("/x#/route?q=1", "/x#/route?q=1&ci_result_token=T"),
            ("/x#a=b&c", "/x#a=b&c&ci_result_token=T"),
            ("/x#ci_result_token=old&a=b", "/x#a=b&ci_result_token=T"),
        ] {
            assert_eq!(with_result_token(url, "T"), expected);
        }
    }
}
