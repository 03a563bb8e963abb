//! Where the service says how it is.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// Settings of the health and metrics endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthConfig {
    /// Address and port of `/healthz`, `/readyz` and `/metrics`; `off` serves none. There is no authentication: let others
    /// than this machine reach it only where the network is yours.
    pub listen: Listen,
}

/// An address to listen on, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

/// The port next to those that exporters of Prometheus use.
const DEFAULT_PORT: u16 = 9464;

impl Default for Listen {
    fn default() -> Self {
        Listen(Some((Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()))
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        if text == "off" {
            return Ok(Listen(None));
        }
        text.parse().map(|address| Listen(Some(address))).map_err(|_| {
            format!(
                "'{text}' is not an address with a port: write it like \"127.0.0.1:{DEFAULT_PORT}\", or off"
            )
        })
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
