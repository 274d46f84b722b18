//! THE list of modules, in order. A module calls only modules to its left, and within a rank only those it lists in `beside`.

use utoipa_axum::router::OpenApiRouter;

use crate::app::Shared;

pub mod access;
pub mod admission;
pub mod basemap;
pub mod catalogue;
pub mod files;
pub mod forms;
pub mod inbox;
pub mod incidents;
pub mod notices;
pub mod org;
pub mod publishing;
pub mod reports;
pub mod webhooks;

/// What the guards need to know of a module.
pub struct Module {
    /// The folder under `modules/` and the prefix of its published views.
    pub name: &'static str,
    /// Its place in the order; calls go to lower ranks.
    pub rank: u8,
    /// Modules of the same rank that it may call.
    pub beside: &'static [&'static str],
    /// The tables that only its SQL may name.
    pub tables: &'static [&'static str],
    /// Its operations.
    pub routes: fn() -> OpenApiRouter<Shared>,
}

/// Every module of the program.
pub const MODULES: &[Module] = &[
    access::MODULE,
    files::MODULE,
    basemap::MODULE,
    org::MODULE,
    catalogue::MODULE,
    forms::MODULE,
    notices::MODULE,
    admission::MODULE,
    incidents::MODULE,
    webhooks::MODULE,
    publishing::MODULE,
    inbox::MODULE,
    reports::MODULE,
];

/// Tables that belong to no slice: the edge, the migrator and the job queue.
pub const COMMON_TABLES: &[&str] = &["revision", "setting", "command", "lease", "job", "migration"];
