use std::net::IpAddr;

/// The other end of the connection a request came on: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);
