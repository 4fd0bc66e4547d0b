//! Where calls may go: anywhere for what an operator configures, only to the public internet for
//! what users name.
//!
//! The address that was checked is the one that is connected to: the name is not looked up again
//! in between (server-side request forgery, OWASP's cheat sheet).

mod network;

pub use network::{Network, is_public};

use std::net::{IpAddr, SocketAddr};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver as Resolve};
use ureq::unversioned::transport::NextTimeout;

/// Where calls may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Wherever the operator says.
    Anywhere,
    /// To public addresses, and to those that the operator allows.
    Public {
        /// Networks that are allowed though they are not public.
        allowed: Vec<Network>,
    },
}

/// A target that may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Forbidden(String);

impl Reach {
    /// Whether a URL may be called as far as it can be told without looking its name up: what to
    /// refuse where somebody registers it.
    pub fn admits(&self, url: &str) -> Result<(), Forbidden> {
        let forbidden = |reason: &str| Forbidden(format!("{url:?} {reason}"));
        let uri: Uri = url.parse().map_err(|_| forbidden("is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(forbidden("does not begin with http:// or https://"));
        }
        let authority = uri.authority().ok_or_else(|| forbidden("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(forbidden("has a name or a password in it, which would not be sent"));
        }
        match literal(authority.host()) {
            Some(address) => self.admits_address(address, authority.host()),
            None if authority.host().is_empty() => Err(forbidden("names no host")),
            None => Ok(()),
        }
    }

    fn admits_address(&self, address: IpAddr, host: &str) -> Result<(), Forbidden> {
        let Reach::Public { allowed } = self else { return Ok(()) };
        if is_public(address) || allowed.iter().any(|network| network.holds(address)) {
            return Ok(());
        }
        Err(Forbidden(format!("{host} is {address}, which is not a public address")))
    }
}

/// Looks names up, and lets through what is within reach.
#[derive(Debug)]
pub(super) struct Resolver<Names = DefaultResolver> {
    reach: Reach,
    names: Names,
}

impl Resolver {
    pub(super) fn new(reach: Reach) -> Resolver {
        Resolver { reach, names: DefaultResolver::default() }
    }
}

impl<Names: Resolve> Resolve for Resolver<Names> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let forbidden = |error: Forbidden| ureq::Error::Other(Box::new(error));
        self.reach.admits(&uri.to_string()).map_err(forbidden)?;
        let host = uri.host().unwrap_or_default();
        let found = match literal(host) {
            // The library would begin a thread to look it up.
            Some(address) => {
                let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
                let mut found = self.empty();
                found.push(SocketAddr::new(address, uri.port_u16().unwrap_or(default)));
                found
            }
            None => self.names.resolve(uri, config, timeout)?,
        };
        // One that is not public is enough: a name with both is no mistake of anybody honest.
        for address in &found {
            self.reach.admits_address(address.ip(), host).map_err(forbidden)?;
        }
        Ok(found)
    }
}

/// A host that is an address; those of IPv6 stand in brackets.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests;
