//! The slice `org`.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "org", rank: 0, beside: &[], tables: &[], routes: OpenApiRouter::new };
