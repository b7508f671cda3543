//! Where customers' pages have a host of their own: what is found at which of the two.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use url::Url;

use super::{App, nothing_here};
use crate::config::Server;

/// One of the server's two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// That of `public_url`.
    Api,
    /// That of `cancel_url`.
    Pages,
}

/// The host that a request was made to. None where it is neither of the two, or there are no two.
fn asked(request: &Request, server: &Server) -> Option<Host> {
    let pages = server.cancel_url.as_deref()?;
    let named = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
    let authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => Authority::try_from(named?).ok()?,
    };
    let hosts = [(pages, Host::Pages), (server.public_url.as_str(), Host::Api)];
    hosts.into_iter().find(|(origin, _)| is_at(origin, &authority)).map(|(_, host)| host)
}

/// Whether an origin is at this host and port. Without a port it is the usual one of the origin's scheme.
fn is_at(origin: &str, authority: &Authority) -> bool {
    let Ok(origin) = Url::parse(origin) else { return false };
    let port = match (authority.port_u16(), origin.scheme()) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, _) => 80,
    };
    let same_host = origin.host_str().is_some_and(|host| host.eq_ignore_ascii_case(authority.host()));
    same_host && origin.port_or_known_default() == Some(port)
}

/// Leads whoever asks for a customer's page at the API's host to the pages' host. Forms are sent there again as they are, and browsers
/// take fragments along.
pub async fn pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let server = &app.sessions.config.server;
    match (asked(&request, server), &server.cancel_url) {
        (Some(Host::Api), Some(origin)) => Redirect::temporary(&at(origin, request.uri())).into_response(),
        _ => next.run(request).await,
    }
}

fn at(origin: &str, uri: &Uri) -> String {
    format!("{origin}{}", uri.path_and_query().map_or("/", |path| path.as_str()))
}

/// Has nothing at the pages' host that is for merchants' backends.
pub async fn api(State(app): State<App>, request: Request, next: Next) -> Response {
    match asked(&request, &app.sessions.config.server) {
        Some(Host::Pages) => nothing_here(request.uri().clone()).await,
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_by_name_and_port() {
        let is = |origin: &str, host: &str| is_at(origin, &Authority::try_from(host).unwrap());
        for (origin, host) in [
            ("https://cancel.example.com", "cancel.example.com"),
            ("https://cancel.example.com", "Cancel.Example.COM:443"),
            ("http://localhost:8787", "localhost:8787"),
            ("http://[::1]:8787", "[::1]:8787"),
            ("http://billing", "billing:80"),
        ] {
            assert!(is(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://cancel.example.com", "api.example.com"),
            ("https://cancel.example.com", "cancel.example.com:80"),
            ("https://cancel.example.com", "cancel.example.com.evil.example"),
            ("http://localhost:8787", "localhost"),
        ] {
            assert!(!is(origin, host), "{origin} {host}");
        }
    }
}
