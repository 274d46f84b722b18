//! Answers that travel packed.

use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::app::Shared;

/// Packs what these routes answer, as Brotli or gzip. Only for what is the same for everybody and holds nothing that a stranger wrote: of any other answer
/// the packed size would tell.
pub fn packed(routes: OpenApiRouter<Shared>) -> OpenApiRouter<Shared> {
    routes.layer(CompressionLayer::new())
}
