//! Public notices (公示、通知): what a grid, a community, a street or the district tells its residents, from when to when.
//!
//! Words: a *publication* is a title and a text for the residents of one unit's ground; it *runs* from an instant until another, or until it is
//! withdrawn with a reason.
//!
//! Invariants: it is read without a log-in, so it is written for everybody; nobody publishes for ground outside his scope; what was published is
//! never deleted, only changed with its version or withdrawn, and each of that is in the record.

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::Shared, modules::Module};

mod actions;
mod http;
mod import;
mod model;
pub mod moves;
mod store;
#[cfg(test)]
mod tests;

pub use import::publications;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "publishing", rank: 5, beside: &[], tables: &["publication"], routes };

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(http::read, http::publish))
        .routes(routes!(http::managed))
        .routes(routes!(http::change))
        .routes(routes!(http::withdraw))
}
