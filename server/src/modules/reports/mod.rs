//! Figures (统计): rates with their denominators, by street, community, department, matter and channel; periods that are frozen; cases that a rate
//! leaves out with somebody else's consent.
//!
//! Words: a *figure* is a number of cases, a *rate* one figure divided by another, a *period* a day, week or month whose figures stand.
//!
//! Invariants: no rate without its denominator; a number and the list behind it come from one condition (`incidents::rules::figures`); a frozen
//! figure never changes, later corrections show beside it; nobody approves the exclusion that he asked for.
//!
//! Reads the published views `incidents_v_*` and its own tables, no other slice's. Formulas and their sources: `docs/rates.md`.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

mod actions;
mod export;
mod http;
mod lists;
mod live;
pub mod model;
pub mod store;
#[cfg(test)]
mod tests;

pub use actions::{Asked, rates};

/// See [`crate::modules`].
pub const MODULE: Module = Module {
    name: "reports",
    rank: 8,
    beside: &[],
    tables: &["report_period", "report_figure", "report_exclusion"],
    routes: || OpenApiRouter::new().merge(http::routes()),
};
