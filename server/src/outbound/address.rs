use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Somebody on the internet.
    Public,
    /// This machine, or one of a private network.
    Private,
    /// Nobody a webhook is for: what is on the same link only, which is where clouds tell machines their secrets, and what no
    /// machine has.
    Never,
}

/// Where clouds tell a machine its secrets, as far as these addresses do not look it: Alibaba, Azure, AWS.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Networks for one's own: private ones (RFC 1918), those behind a provider's translation (RFC 6598), and this machine.
const PRIVATE_V4: [(Ipv4Addr, u32); 5] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
];

/// What else is not globally reachable, by IANA's registry of special-purpose addresses.
const NEVER_V4: [(Ipv4Addr, u32); 9] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Of the addresses that are given out (2000::/3), those for protocols, documentation, and 6to4, which hides an IPv4 address.
const NEVER_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Who an address leads to. An IPv6 address that stands for an IPv4 address leads where that does.
#[must_use]
pub fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    }
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    let in_any = |networks: &[(Ipv4Addr, u32)]| {
        let within = |(network, bits): &(Ipv4Addr, u32)| {
            (ip.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        };
        networks.iter().any(within)
    };
    if METADATA_V4.contains(&ip) || in_any(&NEVER_V4) {
        Reach::Never
    } else if in_any(&PRIVATE_V4) {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    let within = |(network, bits): &(Ipv6Addr, u32)| {
        (ip.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
    };
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return reach_v4(mapped);
    }
    let [first, second, .., a, b] = ip.segments();
    // What a network without IPv4 reaches the rest by (RFC 6052).
    if ip.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return reach_v4(Ipv4Addr::from_bits(u32::from(a) << 16 | u32::from(b)));
    }
    if ip == METADATA_V6 || (first, second) == (0xfe80, 0) {
        return Reach::Never;
    }
    if ip.is_loopback() || ip.is_unique_local() {
        return Reach::Private;
    }
    let given_out = within(&(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3));
    if given_out && !NEVER_V6.iter().any(within) { Reach::Public } else { Reach::Never }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all(addresses: &[&str], wanted: Reach) {
        for address in addresses {
            assert_eq!(reach(address.parse().unwrap()), wanted, "{address}");
        }
    }

    #[test]
    fn the_internet_is_public() {
        all(
            &[
                "1.1.1.1",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.0.1",
                "172.32.0.1",
                "198.20.0.1",
                "223.255.255.255",
            ],
            Reach::Public,
        );
        all(&["2606:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1", "64:ff9b::101:101"], Reach::Public);
    }

    #[test]
    fn this_machine_and_networks_of_ones_own_are_private_in_every_spelling() {
        all(
            &[
                "127.0.0.1",
                "127.255.255.254",
                "10.1.2.3",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.0.1",
                "100.64.0.1",
            ],
            Reach::Private,
        );
        all(
            &["::1", "fd12::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"],
            Reach::Private,
        );
    }

    #[test]
    fn secrets_of_clouds_and_what_nobody_has_are_never_reached() {
        all(&["169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16"], Reach::Never);
        all(
            &[
                "0.0.0.0",
                "0.1.2.3",
                "192.0.0.170",
                "192.0.2.1",
                "198.18.0.1",
                "203.0.113.9",
                "224.0.0.1",
                "255.255.255.255",
            ],
            Reach::Never,
        );
        all(&["::", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd00:ec2::254"], Reach::Never);
        all(&["::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::a9fe:a9fe"], Reach::Never);
        // IPv4 addresses in disguise: IPv4-compatible, IPv4-translated, 6to4, Teredo, translated within one's own network.
        all(
            &["::127.0.0.1", "::ffff:0:127.0.0.1", "2002:7f00:1::", "2001:0:7f00:1::", "64:ff9b:1::7f00:1"],
            Reach::Never,
        );
        all(&["2001:db8::1", "3fff::1", "100::1", "4000::1"], Reach::Never);
    }
}
