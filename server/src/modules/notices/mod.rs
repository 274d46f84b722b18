//! The slice `notices`.

use utoipa_axum::router::OpenApiRouter;

use crate::modules::Module;

/// See [`crate::modules`].
pub const MODULE: Module = Module { name: "notices", rank: 2, beside: &[], tables: &[], routes: OpenApiRouter::new };
