//! The slice `incidents`.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "incidents", rank: 4, beside: &[], tables: &[], routes: OpenApiRouter::new };
