use std::net::IpAddr;

use toml::de::DeValue;
use url::{Host, Url};

use super::brand::checked;
use super::table::{Table, nearest};
use super::value;
use crate::outbound::{Reach, reach};
use crate::session::Environment;
use crate::webhook::{Endpoint, Kind};

/// Whether `[server]` allows webhooks to this machine and to private networks. The field does not count as asked for.
pub(super) fn private(server: &Table<'_>) -> bool {
    server.raw("private_webhooks").is_some_and(|value| matches!(value.get_ref(), DeValue::Boolean(true)))
}

/// Reads every `[[brand.webhook]]` of a brand.
pub(super) fn read(brand: &Table<'_>, private: bool) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for table in brand.tables("webhook", "[[brand.webhook]]") {
        let span =
            table.required("url", "\"https://app.example.com/farewell/webhooks\"").map(|url| url.span());
        let url = checked(&table, "url", |text| target(text, private));
        let environments = [("prod", Environment::Prod), ("sandbox", Environment::Sandbox)];
        let environment = table.choice("environment", &environments).unwrap_or_default();
        let events = events(&table);
        table.finish();
        let Some(url) = url else { continue };
        if endpoints.iter().any(|other| other.url == url && other.environment == environment) {
            let message = format!(
                "a webhook of this `url` is there twice for \"{}\"; write it once, with all its `events`.",
                environment.name()
            );
            brand.wrong(span.unwrap_or_default(), message);
            continue;
        }
        endpoints.push(Endpoint { url, environment, events });
    }
    endpoints
}

/// The kinds of events an endpoint takes: all of them where it does not say.
fn events(table: &Table<'_>) -> Vec<Kind> {
    if !table.has("events") {
        return Kind::ALL.into();
    }
    let names = Kind::ALL.map(Kind::name);
    let texts = table.texts("events");
    let kinds: Vec<Kind> = texts
        .iter()
        .filter_map(|text| {
            let known = Kind::named(text.get_ref());
            if known.is_none() {
                let near = nearest(text.get_ref(), &names).map_or_else(
                    || format!("there are: {}.", names.join(", ")),
                    |guess| format!("did you mean \"{guess}\"?"),
                );
                table.wrong(text.span(), format!("`events`: \"{}\" is no event; {near}", text.get_ref()));
            }
            known
        })
        .collect();
    if texts.is_empty() {
        let span = table.span("events").unwrap_or_default();
        table.wrong(span, "`events` is empty, so nothing would be told; leave it out to be told everything.");
    }
    kinds
}

/// An address of a merchant's backend that may be posted to. Where a name leads is looked at when the connection is made.
pub(super) fn target(text: &str, private: bool) -> Result<Url, String> {
    let url = value::page(text)?;
    let ip: Option<IpAddr> = match url.host() {
        Some(Host::Ipv4(ip)) => Some(ip.into()),
        Some(Host::Ipv6(ip)) => Some(ip.into()),
        _ => None,
    };
    match ip.map(reach) {
        Some(Reach::Never) => {
            return Err(format!(
                "\"{text}\" is an address that webhooks are never sent to; write one of yours."
            ));
        }
        Some(Reach::Private) if !private => {
            return Err(format!(
                "\"{text}\" is on this machine or in a private network; write a public address, or \
                 `private_webhooks = true` in [server]."
            ));
        }
        _ => {}
    }
    if url.scheme() == "http" && !private {
        let secure = text.replacen("http:", "https:", 1);
        return Err(format!(
            "\"{text}\" is http; write \"{secure}\", or `private_webhooks = true` in [server] to try things out."
        ));
    }
    Ok(url)
}
