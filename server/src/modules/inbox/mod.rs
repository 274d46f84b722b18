//! What a worker carries along (外勤): the pack that a device keeps for work without network, the log of a day that writes itself, the meter of
//! burdens, and the must-reports (七必报).
//!
//! Words: the *pack* is what belongs to the caller's own grids, whole; a *deed* is a step that somebody took; a *told report* says that the
//! health service was told, and nothing else.
//!
//! Invariants: the pack is read under the caller's scope, masked like every other read, and bounded ([`model::MOST_CASES`]); log and meter are
//! about the caller alone, there is no way to ask for another's and nothing that ranks; a told report has no place for a person, a home or a
//! word; what somebody adds to a day is sealed under a key of its own, and taking it back destroys the key.
//!
//! Files: `model` (words, the setting, what a step asked of whom), `store` (SQL), `actions` and `meter` (use cases), `http` (routes).

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::Shared, modules::Module};

mod actions;
mod http;
mod meter;
pub mod model;
mod store;
#[cfg(test)]
mod tests;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "inbox", rank: 6, beside: &[], tables: &["day_entry", "told_report"], routes };

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(http::pack))
        .routes(routes!(http::day))
        .routes(routes!(http::add_entry))
        .routes(routes!(http::take_back))
        .routes(routes!(http::meter))
        .routes(routes!(http::meter_steps))
        .routes(routes!(http::told))
}
