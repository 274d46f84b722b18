//! Who may: the permission of an operation stands in its handler's argument list.

use std::{marker::PhantomData, net::IpAddr, ops::Deref};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use kernel::{Actor, Error, Permission, Scope};

use super::Problem;
use crate::{
    app::{Config, Shared},
    modules::access,
};

/// A permission as a type, declared by `permit!`.
pub trait Permit: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

/// Declares permissions as types for handlers' signatures and enters them in the list that roles are checked against.
#[macro_export]
macro_rules! permit {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {$(
        $(#[$doc])*
        pub struct $name;
        impl $crate::http::Permit for $name {
            const PERMISSION: ::kernel::Permission = ::kernel::Permission($word);
        }
        ::kernel::inventory::submit! { ::kernel::Permission($word) }
    )+};
}

/// The caller, who holds permission `P` somewhere in the district.
pub struct Allow<P: Permit> {
    actor: Actor,
    permit: PhantomData<P>,
}

impl<P: Permit> Allow<P> {
    /// Where the permission holds.
    pub fn scope(&self) -> Scope {
        self.actor.scope(P::PERMISSION)
    }
}

impl<P: Permit> Deref for Allow<P> {
    type Target = Actor;
    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl<P: Permit> FromRequestParts<Shared> for Allow<P> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let actor = access::authenticate(app, parts).await?;
        if actor.may(P::PERMISSION) { Ok(Self { actor, permit: PhantomData }) } else { Err(Problem(Error::Forbidden)) }
    }
}

/// A caller who is logged in, whatever the roles.
pub struct SomeoneLoggedIn(pub Actor);

impl FromRequestParts<Shared> for SomeoneLoggedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        Ok(Self(access::authenticate(app, parts).await?))
    }
}

/// Whether somebody who watches this process asks: this machine itself, or an address that `--metrics-for` names. Where a proxy has passed the
/// request on, the address is the one that the proxy names; a proxy that nobody configured makes nobody an operator.
pub fn watches(parts: &Parts, config: &Config) -> bool {
    let peer = peer(parts);
    let passed_on = ["x-forwarded-for", "forwarded", "x-real-ip"].iter().any(|name| parts.headers.contains_key(*name));
    if passed_on && !config.proxies.contains(&peer) {
        return false;
    }
    let address = caller(parts, config);
    address.to_canonical().is_loopback() || config.metrics_for.iter().any(|n| n.holds(address))
}

/// A caller of a public operation: nothing is known but the address, for rate limits, and the secret of its uploads. Neither is stored.
pub struct Visitor {
    /// The address, taken from forwarded headers only when a configured proxy sent them.
    pub address: IpAddr,
    uploads: Option<[u8; 32]>,
}

impl Visitor {
    /// The caller as somebody without an account.
    pub fn actor(&self) -> Actor {
        Actor::anonymous().with_uploads(self.uploads)
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        Ok(Self { address: caller(parts, &app.config), uploads: access::sessions::uploads(&parts.headers) })
    }
}

fn peer(parts: &Parts) -> IpAddr {
    parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map_or(IpAddr::from([127, 0, 0, 1]), |c| c.0.ip())
}

/// The address of the caller.
fn caller(parts: &Parts, config: &Config) -> IpAddr {
    let peer = peer(parts);
    if !config.proxies.contains(&peer) {
        return peer;
    }
    // The right-most address that is not one of our proxies is the one that reached us; what stands left of it anybody can write.
    let forwarded = parts.headers.get("x-forwarded-for").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let address = forwarded.rsplit(',').filter_map(|a| a.trim().parse().ok()).find(|a| !config.proxies.contains(a));
    address.unwrap_or(peer)
}
