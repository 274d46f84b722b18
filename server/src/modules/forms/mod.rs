//! The slice `forms`.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "forms", rank: 2, beside: &[], tables: &[], routes: OpenApiRouter::new };
