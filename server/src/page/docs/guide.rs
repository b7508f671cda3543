use url::Url;

/// A document of the repository that the server has a page of.
#[derive(Debug)]
pub struct Guide {
    /// What links to it say.
    pub name: &'static str,
    /// Where its page is.
    pub address: &'static str,
    /// Where it is in the repository.
    path: &'static str,
    markdown: &'static str,
}

/// The package's README: what a page has to do.
pub static PACKAGE: Guide = Guide {
    name: "Your page",
    address: "/docs",
    path: "pkg-template/README.md",
    markdown: include_str!("../../../../pkg-template/README.md"),
};

/// What a backend has to do.
pub static BACKEND: Guide = Guide {
    name: "Your backend",
    address: "/docs/backend",
    path: "docs/backend.md",
    markdown: include_str!("../../../../docs/backend.md"),
};

/// What can be asked of the server: drawn from the document that it serves.
pub static API: Guide = Guide { name: "The API", address: "/docs/api", path: "openapi.json", markdown: "" };

/// All of them, in the order of the navigation.
pub static ALL: [&Guide; 3] = [&PACKAGE, &BACKEND, &API];

/// What stands for the server's address in them.
const PLACEHOLDER: &str = "https://farewell.example.com";

/// Stands for the repository where links are resolved. No such host can exist: RFC 6761.
const REPOSITORY: &str = "https://repository.invalid/";

impl Guide {
    /// Its Markdown, with this server's address in the samples, so that what is copied works.
    #[must_use]
    pub fn markdown(&self, public_url: &str) -> String {
        self.markdown.replace(PLACEHOLDER, public_url)
    }

    /// Where a link in it leads on this server. None where it leads into what is not served, or is no link for a page.
    #[must_use]
    pub fn leads_to(&self, link: &str) -> Option<String> {
        let url = Url::parse(REPOSITORY).ok()?.join(self.path).ok()?.join(link).ok()?;
        let Some(path) = url.as_str().strip_prefix(REPOSITORY) else {
            return matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into());
        };
        let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
        let address = ALL.iter().find(|guide| guide.path == path)?.address;
        Some(if fragment.is_empty() { address.into() } else { format!("{address}#{fragment}") })
    }

    /// Where the page of the document at this path of the repository is.
    #[must_use]
    pub fn at(path: &str) -> Option<&'static str> {
        ALL.iter().find(|guide| guide.path == path).map(|guide| guide.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_what_is_served_or_nowhere() {
        let leads = |link| BACKEND.leads_to(link);
        for (link, expected) in [
            ("#node", Some("/docs/backend#node")),
            ("backend.md", Some("/docs/backend")),
            ("../pkg-template/README.md#start", Some("/docs#start")),
            ("../examples/backend", None),
            ("policies.md", None),
            ("http-api.md#receipts", None),
            ("/docs/backend.md", Some("/docs/backend")),
            ("https://example.com/a?b#c", Some("https://example.com/a?b#c")),
            ("mailto:help@example.com", Some("mailto:help@example.com")),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
        ] {
            assert_eq!(leads(link).as_deref(), expected, "{link}");
        }
    }
}
