//! The slice `files`.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "files", rank: 2, beside: &[], tables: &[], routes: OpenApiRouter::new };
