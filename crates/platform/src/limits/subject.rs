//! Whose calls are counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use common::UserId;

/// The bits of an IPv6 address that tell networks apart. Whoever has one address has all of the rest.
const NETWORK: u128 = !(u64::MAX as u128);

/// Whose calls share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// Whoever calls from an address. IPv6 addresses count by their /64, IPv4-mapped ones as IPv4.
    Address(IpAddr),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "u:{user}"),
            Self::Address(address) => match address.to_canonical() {
                IpAddr::V4(address) => write!(f, "a:{address}"),
                IpAddr::V6(address) => {
                    write!(f, "a:{}", Ipv6Addr::from_bits(address.to_bits() & NETWORK))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(address: &str) -> String {
        Subject::Address(address.parse().unwrap()).to_string()
    }

    #[test]
    fn a_network_shares_a_limit() {
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "a:2001:db8:1:2::");
        assert_eq!(key("2001:db8:1:2:ffff::1"), key("2001:db8:1:2::"));
        assert_ne!(key("2001:db8:1:3::1"), key("2001:db8:1:2::1"));
        assert_eq!(key("::ffff:192.0.2.7"), "a:192.0.2.7");
        assert_ne!(key("192.0.2.7"), key("192.0.2.8"));
    }

    #[test]
    fn a_person_is_not_an_address() {
        let user = Subject::User(Uuid::from_u128(1).into());
        assert_eq!(user.to_string(), "u:00000000-0000-0000-0000-000000000001");
    }
}
