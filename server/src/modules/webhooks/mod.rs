//! Webhooks: other programs are told that a case moved, in the manner of Standard Webhooks.
//!
//! - A **receiver** (endpoint) is an address that an administrator entered, with the kinds of events it wants and a secret that is shown
//!   once. Without a receiver nothing connects anywhere.
//! - A **delivery** is one event for one receiver. It is made from the sealed audit record, so nothing is lost between a commit and the
//!   making, whoever dies; it is sent at least once, with the same id each time, and those of one case in order.
//! - An event holds ids, numbers, codes and states. No word that anybody wrote, no name, no place finer than the unit's path.
//! - A receiver's certificate is vouched for by the public authorities, or by one that the district added (setting `webhooks.roots`).
//! - The address is resolved, judged and connected to in one go: private networks are refused unless the district named them (setting
//!   `webhooks.networks`), and so are redirects.
//!
//! Files: `model` (words, signature, waits, addresses in their parts), `reach` (which addresses may be connected to), `store` (SQL), `actions` (use cases), `feed` (from the record to
//! deliveries), `send` (one attempt), `trust` (who
//! vouches for receivers), `http` (routes), `jobs`.

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::Shared, modules::Module};

mod actions;
mod feed;
mod http;
mod jobs;
mod model;
mod reach;
mod send;
mod store;
#[cfg(test)]
mod tests;
mod trust;

pub use feed::{feed, follow};
pub use jobs::work;
pub use model::{Event, Signature};
pub use send::{Sent, deliver};

/// See [`crate::modules`].
pub const MODULE: Module =
    Module { name: "webhooks", rank: 5, beside: &[], tables: &["webhook_endpoint", "webhook_delivery"], routes };

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(http::list, http::create))
        .routes(routes!(http::change, http::end))
        .routes(routes!(http::rotate))
        .routes(routes!(http::ping))
        .routes(routes!(http::deliveries))
        .routes(routes!(http::resend))
}
