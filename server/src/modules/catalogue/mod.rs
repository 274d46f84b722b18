//! The catalogue of matters and the calendars: what a matter is, whose it is, and how long it may take.
//!
//! Words: a *matter* (事项) stands on three levels; its *rules* have versions, each holding from one instant until another; an
//! *access class* (基本、配合、上级、未列入) says whose it is; a *limit* is a number of minutes, hours, working hours, days or working
//! days; the *calendar* says which days are worked and when, and has a version number too.
//!
//! Invariants: no matter and no version is ever deleted, so a case keeps the rules it was opened under; at most one version of a
//! matter holds at an instant; no two matters share their three names; a deadline names the calendar version it was counted by,
//! and any version can be counted by again; every change moves the revision `catalogue`.

mod actions;
mod calendar;
pub mod calendar_file;
mod columns;
pub mod content;
pub mod export;
mod http;
pub mod import;
mod memory;
mod model;
mod store;

use crate::modules::Module;
pub use actions::{Draft, LATER_VERSION, MATTER_EXISTS, Origin, retire, revise, seed, set_calendar, take};
pub use calendar::{BAD_SHIFTS, Calendar, DayKind, Interval, Limit, MonthDay, NO_CALENDAR, Shift, Unit};
pub use memory::{Catalogue, Memory, REVISION};
pub use model::{AccessClass, Matter, Rules, Stage, Urgency, Verify};
pub use store::Counts;

/// See [`crate::modules`].
pub const MODULE: Module = Module {
    name: "catalogue",
    rank: 2,
    beside: &["forms"],
    tables: &["matter", "matter_version", "catalogue_batch", "calendar_version", "calendar_day", "shift"],
    routes: http::routes,
};

#[cfg(test)]
mod tests;
