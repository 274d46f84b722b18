//! The access list in force (准入清单): whose matter it is, how a duty enters and leaves the grassroots' list, and what is done when
//! somebody burdens them past it.
//!
//! Words: a *list* (清单) is a batch with a version, a draft until the district approves it; an *item* (事项) stands for matters of the
//! catalogue and has one of three classes; a *request* (准入、退出申请) asks for a change and answers the mandatory checks; a *proposal* is a
//! matter that stood on no list when it was dispatched; a *burden complaint* (减负举报) goes from report to notice, correction and a second
//! opinion of the grassroots.
//!
//! Invariants: what was approved is never deleted, it ends; at most one version of a batch is in force at an instant; nobody decides his
//! own request; an admission with an unmet check cannot be approved; a matter without an item in force keeps the class of its catalogue row.

mod actions;
mod burden;
mod http;
mod import;
mod jobs;
mod memory;
mod model;
pub mod moves;
mod store;
#[cfg(test)]
mod tests;

use crate::modules::Module;
pub use actions::propose;
pub use jobs::work;
pub use memory::{InForce, Memory, REVISION};
pub use model::Item;

/// See [`crate::modules`].
pub const MODULE: Module = Module {
    name: "admission",
    rank: 3,
    beside: &[],
    tables: &["admission_list", "admission_item", "admission_request", "admission_proposal", "burden_complaint"],
    routes: http::routes,
};
