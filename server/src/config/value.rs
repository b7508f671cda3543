use std::net::IpAddr;

use email_address::{EmailAddress, Options};
use ipnet::IpNet;
use iso_currency::Currency;
use url::{Host, Url};

/// An origin as browsers write it: scheme, host and, if it is not the usual one, port.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let url = absolute(text)?;
    let origin = url.origin().ascii_serialization();
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || text.ends_with('/') {
        return Err(format!("\"{text}\" has more than an origin; write \"{origin}\"."));
    }
    Ok(origin)
}

/// An absolute URL that a customer may be sent to.
pub(super) fn page(text: &str) -> Result<Url, String> {
    let url = absolute(text)?;
    if url.fragment().is_some() {
        let bare = text.split('#').next().unwrap_or_default();
        return Err(format!("\"{text}\" has a fragment, which is where the result goes; write \"{bare}\"."));
    }
    Ok(url)
}

fn absolute(text: &str) -> Result<Url, String> {
    let example = "write an absolute URL, such as \"https://app.example.com\"";
    let url = Url::parse(text).map_err(|error| format!("\"{text}\" is not a URL ({error}); {example}."))?;
    match url.scheme() {
        "https" => {}
        "http" if url.host().is_some_and(|host| is_near(&host)) => {}
        "http" => {
            let secure = text.replacen("http:", "https:", 1);
            return Err(format!(
                "\"{text}\" is http, which is for this machine and private networks only; write \"{secure}\"."
            ));
        }
        _ => return Err(format!("\"{text}\" is neither https nor http; {example}.")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("\"{text}\" has a user name in it; {example}."));
    }
    Ok(url)
}

/// Whether a host is this machine or in a private network, where plain http is fit for trying things out.
pub(super) fn is_near(host: &Host<&str>) -> bool {
    let ip: IpAddr = match host {
        Host::Domain(name) => {
            return !name.contains('.') || name.ends_with(".localhost") || name.ends_with(".local");
        }
        Host::Ipv4(ip) => (*ip).into(),
        Host::Ipv6(ip) => (*ip).into(),
    };
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// A network, or one address. What stands behind its prefix does not count.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| {
        format!("\"{text}\" is neither an address nor a network; write one, such as \"10.0.0.0/8\" or \"127.0.0.1\".")
    })?;
    if network.prefix_len() == 0 {
        return Err(format!(
            "\"{text}\" is everybody, and anybody could write where they come from; write your proxies' addresses."
        ));
    }
    Ok(network.trunc())
}

/// An e-mail address.
pub(super) fn email(text: &str) -> Result<String, String> {
    let options = Options::default().without_display_text().without_domain_literal();
    EmailAddress::parse_with_options(text, options).map(|_| text.into()).map_err(|error| {
        format!("\"{text}\" is not an e-mail address ({error}); write one, such as \"help@example.com\".")
    })
}

/// The IANA name of a time zone.
pub(super) fn time_zone(text: &str) -> Result<String, String> {
    match jiff::tz::db().get(text) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(text).into()),
        Err(_) => Err(format!(
            "\"{text}\" is not a time zone; write an IANA name, such as \"Europe/Berlin\" or \"America/New_York\"."
        )),
    }
}

/// An ISO 4217 code.
pub(super) fn currency(text: &str) -> Result<String, String> {
    if Currency::from_code(text).is_some() {
        return Ok(text.into());
    }
    let upper = text.to_ascii_uppercase();
    Err(match Currency::from_code(&upper) {
        Some(_) => format!("\"{text}\" is not a currency; write \"{upper}\"."),
        None => format!("\"{text}\" is not a currency; write an ISO 4217 code, such as \"USD\"."),
    })
}

/// A name made of small letters, digits and the joining characters given.
pub(super) fn name(text: &str, joining: &[char]) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fine = text.chars().all(|c| plain(c) || joining.contains(&c));
    if fine && text.starts_with(plain) && text.ends_with(plain) && text.len() <= 64 {
        return Ok(text.into());
    }
    let joining: Vec<_> = joining.iter().map(|c| format!("`{c}`")).collect();
    let joining = joining.join(" or ");
    Err(format!(
        "\"{text}\" cannot be a name; write small letters a-z and digits, joined by {joining}, 64 characters at most."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path_and_says_what_it_should_have_been() {
        assert_eq!(origin("https://app.example.com"), Ok("https://app.example.com".into()));
        assert_eq!(origin("http://127.0.0.1:8788"), Ok("http://127.0.0.1:8788".into()));
        assert!(
            origin("https://app.example.com/billing")
                .unwrap_err()
                .contains("write \"https://app.example.com\"")
        );
        assert!(origin("https://app.example.com/").is_err());
        assert!(origin("http://app.example.com").unwrap_err().contains("write \"https://app.example.com\""));
        assert!(origin("app.example.com").is_err());
        assert!(origin("ftp://app.example.com").is_err());
        assert!(origin("https://me:secret@app.example.com").is_err());
    }

    #[test]
    fn plain_http_is_for_this_machine_and_private_networks() {
        for near in
            ["http://localhost:1", "http://[::1]:1", "http://192.168.1.5", "http://billing", "http://a.local"]
        {
            assert!(origin(near).is_ok(), "{near}");
        }
        for far in ["http://8.8.8.8", "http://example.com", "http://[2001:db8::1]"] {
            assert!(origin(far).is_err(), "{far}");
        }
    }

    #[test]
    fn a_page_may_have_a_path_and_a_query_but_no_fragment() {
        assert!(page("https://app.example.com/callback?x=1").is_ok());
        assert!(page("https://app.example.com/callback#x").unwrap_err().contains("fragment"));
    }

    #[test]
    fn other_values_are_checked_against_their_registers() {
        assert!(email("help@example.com").is_ok());
        assert!(email("help").is_err());
        assert!(email("Help <help@example.com>").is_err());
        assert_eq!(time_zone("europe/berlin"), Ok("Europe/Berlin".into()));
        assert!(time_zone("Berlin").is_err());
        assert!(currency("usd").unwrap_err().contains("\"USD\""));
        assert!(currency("XYZ").is_err());
        assert!(name("too_expensive", &['_', '-']).is_ok());
        for wrong in ["", "-a", "a-", "A", "a b", "ä"] {
            assert!(name(wrong, &['-']).is_err(), "{wrong}");
        }
    }
}
