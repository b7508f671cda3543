//! Who is at the other end, also behind proxies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap, header};
use ipnet::IpNet;

/// The other end of a request: an extension of every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address, or that of the proxy behind which nobody is told apart.
    pub ip: IpAddr,
    /// Whether it is most likely a proxy, with everybody behind it.
    pub shared: bool,
}

impl Peer {
    /// The peer of a request. Where nobody has said who it is, everybody is one.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        let unknown = Self { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), shared: true };
        extensions.get().copied().unwrap_or(unknown)
    }
}

/// The proxies in front of the server, which are believed when they say for whom they ask.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// The proxies in these networks. Without any, whoever is on this machine or in a private network is taken for one.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whoever a request on a connection from this address is from: the last address of `X-Forwarded-For` that is no proxy's.
    /// `Forwarded` (RFC 7239) is read where there is no `X-Forwarded-For`.
    ///
    /// What stands before that address, anybody may have written. Where the proxies name nobody who is none of them, the request
    /// is the proxy's own.
    #[must_use]
    pub fn peer(&self, connection: IpAddr, headers: &HeaderMap) -> Peer {
        let mut ip = connection.to_canonical();
        if self.0.is_empty() {
            return Peer { ip, shared: is_near(ip) };
        }
        let mut named = named(headers).into_iter().rev();
        while self.knows(ip) {
            match named.next().flatten() {
                Some(before) => ip = before,
                None => return Peer { ip, shared: true },
            }
        }
        Peer { ip, shared: false }
    }

    fn knows(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }
}

/// For whom proxies say they ask, in the order of the way. None for what is no address.
fn named(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    // Bytes that are no text are no address either, and must not be skipped.
    let members = |name: &str| -> Vec<String> {
        let lines = headers.get_all(name).iter();
        let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
        lines.flat_map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let forwarded_for = members("x-forwarded-for");
    if !forwarded_for.is_empty() {
        return forwarded_for.iter().map(|text| address(text)).collect();
    }
    members(header::FORWARDED.as_str()).iter().map(|element| node(element)).collect()
}

/// The address in an element of `Forwarded`, such as `for="[2001:db8::1]:4711";proto=https`. A comma within quotes, which no address
/// has, makes two elements of one: both are then no addresses.
fn node(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut nodes = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, node) = nodes.next()?;
    address(node)
}

/// An address with or without port, brackets and quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

/// Whether an address is on this machine or in a private network.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies() -> Proxies {
        Proxies::new(["10.0.0.0/8", "127.0.0.1/32", "2001:db8:f::/48"].map(|net| net.parse().unwrap()).into())
    }

    /// Address and `shared` of whoever asks by a connection from 127.0.0.1 with these headers.
    fn asks(headers: &[(&str, &str)]) -> (String, bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        let peer = proxies().peer(ip("127.0.0.1"), &map);
        (peer.ip.to_string(), peer.shared)
    }

    fn person(ip: &str) -> (String, bool) {
        (ip.into(), false)
    }

    fn proxy(ip: &str) -> (String, bool) {
        (ip.into(), true)
    }

    #[test]
    fn the_last_address_that_is_no_proxys_counts_and_what_stands_before_it_does_not() {
        let xff = |value: &str| asks(&[("x-forwarded-for", value)]);
        assert_eq!(xff("203.0.113.7"), person("203.0.113.7"));
        assert_eq!(xff("198.51.100.1, 203.0.113.7"), person("203.0.113.7"));
        assert_eq!(xff("198.51.100.1, 203.0.113.7, 10.1.2.3"), person("203.0.113.7"));
        assert_eq!(xff("garbage, 203.0.113.7 , 10.1.2.3"), person("203.0.113.7"));
        let lines = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(asks(&lines), person("203.0.113.7"));
    }

    #[test]
    fn addresses_come_with_ports_and_as_ipv6() {
        let xff = |value: &str| asks(&[("x-forwarded-for", value)]);
        assert_eq!(xff("203.0.113.7:4711"), person("203.0.113.7"));
        assert_eq!(xff("2001:db8::1"), person("2001:db8::1"));
        assert_eq!(xff("[2001:db8::1]"), person("2001:db8::1"));
        assert_eq!(xff("[2001:db8::1]:4711, 2001:db8:f::2"), person("2001:db8::1"));
        assert_eq!(xff("::ffff:203.0.113.7"), person("203.0.113.7"));
    }

    #[test]
    fn forwarded_is_read_where_nothing_else_is() {
        let forwarded = |value: &str| asks(&[("forwarded", value)]);
        assert_eq!(forwarded("for=203.0.113.7"), person("203.0.113.7"));
        assert_eq!(
            forwarded("For=198.51.100.1;proto=http, proto=https; FOR=203.0.113.7"),
            person("203.0.113.7")
        );
        assert_eq!(forwarded("for=\"[2001:db8::1]:4711\";by=10.0.0.1, for=10.0.0.2"), person("2001:db8::1"));
        assert_eq!(forwarded("for=\"unclosed, for=203.0.113.7"), person("203.0.113.7"));
        let both = [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(asks(&both), person("203.0.113.7"));
    }

    #[test]
    fn proxies_that_name_nobody_ask_for_themselves() {
        assert_eq!(asks(&[]), proxy("127.0.0.1"));
        for nobody in
            ["", "unknown", "_hidden", "203.0.113.7.8", "203.0.113.7, \u{fc}", "198.51.100.1, unix:"]
        {
            assert_eq!(asks(&[("x-forwarded-for", nobody)]), proxy("127.0.0.1"), "{nobody}");
        }
        assert_eq!(asks(&[("x-forwarded-for", "unknown, 10.0.0.2")]), proxy("10.0.0.2"));
        assert_eq!(asks(&[("x-forwarded-for", "10.0.0.1, 10.0.0.2")]), proxy("10.0.0.1"));
        assert_eq!(asks(&[("forwarded", "for=_secret;proto=https")]), proxy("127.0.0.1"));
    }

    #[test]
    fn nobody_else_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.7"));
        let stranger = ip("198.51.100.9");
        assert_eq!(proxies().peer(stranger, &headers), Peer { ip: stranger, shared: false });
        // In a private network, and told apart from the proxies.
        let neighbour = ip("192.168.1.5");
        assert_eq!(proxies().peer(neighbour, &headers), Peer { ip: neighbour, shared: false });
        let none = Proxies::default();
        assert_eq!(none.peer(stranger, &headers), Peer { ip: stranger, shared: false });
        let near = none.peer(ip("::ffff:127.0.0.1"), &headers);
        assert_eq!(near, Peer { ip: ip("127.0.0.1"), shared: true });
    }
}
