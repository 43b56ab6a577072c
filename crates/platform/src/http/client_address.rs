//! Where a request comes from, when there are proxies in between.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::X_FORWARDED_FOR;
use actix_web::web::Data;
use ipnet::IpNet;
use serde::Deserialize;

/// Whose word on the client's address is taken: nobody's, unless the settings name them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct TrustedProxies(Vec<IpNet>);

/// The setting is not a list of addresses and networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected addresses or networks as `10.0.0.0/8,192.0.2.1`")]
pub struct MalformedProxies;

impl TryFrom<String> for TrustedProxies {
    type Error = MalformedProxies;

    fn try_from(text: String) -> Result<Self, MalformedProxies> {
        let network = |part: &str| {
            let address = || part.parse().map(|address: IpAddr| address.to_canonical().into());
            part.parse::<IpNet>().or_else(|_| address()).map_err(|_| MalformedProxies)
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The client's address: the peer's, or, if that is a trusted proxy, the right-most one in `X-Forwarded-For` that is none.
/// What stands further left was written by the client. Other headers have no effect.
pub fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
    let mut client = peer.to_canonical();
    let Some(trusted) = request.app_data::<Data<TrustedProxies>>() else { return client };
    let lines: Vec<&str> = request
        .headers()
        .get_all(X_FORWARDED_FOR)
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.include(client) {
            break;
        }
        let Some(address) = read(entry.trim()) else { break };
        client = address.to_canonical();
    }
    client
}

/// An address; some proxies add the port.
fn read(entry: &str) -> Option<IpAddr> {
    entry.parse().ok().or_else(|| entry.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PROXIES: &str = "10.0.0.0/8, 192.0.2.1,2001:db8::/32";

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted = TrustedProxies::try_from(PROXIES.to_owned()).unwrap();
        let mut request = TestRequest::default()
            .app_data(Data::new(trusted))
            .peer_addr(SocketAddr::new(peer.parse().unwrap(), 1234));
        for header in headers {
            request = request.append_header(*header);
        }
        client_address(&request.to_http_request()).to_string()
    }

    fn behind_proxy(line: &str) -> String {
        seen("10.1.2.3", &[("X-Forwarded-For", line)])
    }

    #[test]
    fn a_stranger_says_what_they_like() {
        for name in
            ["X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP"]
        {
            assert_eq!(seen("203.0.113.9", &[(name, "198.51.100.1")]), "203.0.113.9");
            let counts = name == "X-Forwarded-For";
            let expected = if counts { "198.51.100.1" } else { "10.1.2.3" };
            assert_eq!(seen("10.1.2.3", &[(name, "198.51.100.1")]), expected, "{name}");
        }
        assert_eq!(seen("::ffff:203.0.113.9", &[]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_whom_it_names_is_not() {
        assert_eq!(behind_proxy("198.51.100.1"), "198.51.100.1");
        assert_eq!(behind_proxy("1.1.1.1, 198.51.100.1"), "198.51.100.1");
        assert_eq!(behind_proxy("1.1.1.1,198.51.100.1 , 10.9.9.9,192.0.2.1"), "198.51.100.1");
        assert_eq!(behind_proxy("2001:db8::7"), "2001:db8::7", "trusted all the way");
        assert_eq!(behind_proxy("1.1.1.1, 2001:db9::7"), "2001:db9::7");
        assert_eq!(behind_proxy("::ffff:198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("::ffff:10.1.2.3", &[("X-Forwarded-For", "::ffff:10.0.0.1")]), "10.0.0.1");
        assert_eq!(behind_proxy("198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(behind_proxy("[2001:db9::7]:4711"), "2001:db9::7");
        let lines = [("X-Forwarded-For", "1.1.1.1,198.51.100.1"), ("x-forwarded-for", "10.9.9.9")];
        assert_eq!(seen("10.1.2.3", &lines), "198.51.100.1");
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        for line in ["", "unknown", "1.1.1.1,", "1.1.1.1, 198.51.100.256", "1.1.1.1;2.2.2.2"] {
            assert_eq!(behind_proxy(line), "10.1.2.3", "{line:?}");
        }
        assert_eq!(behind_proxy("1.1.1.1, unknown, 10.9.9.9"), "10.9.9.9");
        assert_eq!(seen("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn without_the_setting_nobody_is_trusted() {
        let none = TrustedProxies::try_from(String::new()).unwrap();
        assert!(!none.include([127, 0, 0, 1].into()));
        for text in ["localhost", "10.0.0.0/33", "10.0.0.0/8;10.1.0.0/8", "*"] {
            assert_eq!(TrustedProxies::try_from(text.to_owned()).unwrap_err(), MalformedProxies);
        }
    }
}
