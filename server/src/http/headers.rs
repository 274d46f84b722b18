//! Headers on every answer, 404 and 500 included.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::{Config, Shared};

/// Scripts, styles, pictures and connections from this host only, nothing inline but the square code of a second factor (`data:`). The map and the widgets set styles through the
/// CSSOM, which the policy permits.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

/// Adds the headers; a route that set one itself (a photograph's sandbox policy) keeps it.
pub fn layers(router: Router<Shared>, config: &Config) -> Router<Shared> {
    let fixed =
        |name: HeaderName, value: &'static str| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let router = router
        .layer(fixed(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(header::CACHE_CONTROL, "no-store"))
        .layer(fixed(HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(self), microphone=(self)"));
    if config.secure { router.layer(fixed(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")) } else { router }
}
