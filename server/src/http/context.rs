//! What is known of the request that is being answered: its id, its statements, its line in the log.

use std::{any::Any, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderValue, header::HeaderName},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use super::Problem;
use crate::app::Shared;

tokio::task_local! {
    static REQUEST_ID: String;
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_STATEMENTS: HeaderName = HeaderName::from_static("x-statements");

/// The id of the request that is being answered; empty outside of one.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// Wraps the routes: an id for each request, statements counted, one line in the log, a panic answered as a fault of ours.
pub fn layers(router: Router<Shared>) -> Router<Shared> {
    router.layer(CatchPanicLayer::custom(panicked)).layer(middleware::from_fn(no_nul)).layer(middleware::from_fn(observe))
}

/// The character zero, which PostgreSQL cannot store, is never part of an address of ours.
async fn no_nul(request: Request, next: Next) -> Response {
    let target = request.uri().path_and_query().map_or("", |p| p.as_str());
    if target.contains("%00") {
        return Problem(kernel::Error::invalid("url", "bad-character")).into_response();
    }
    next.run(request).await
}

async fn observe(request: Request, next: Next) -> Response {
    let id = format!("{:016x}", rand::random::<u64>());
    let method = request.method().clone();
    // The pattern, not the path: tracks and tokens stand in paths and never reach the log.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |p| p.as_str().to_owned());
    let started = Instant::now();
    let (mut response, statements) = REQUEST_ID.scope(id.clone(), db::count::scope(next.run(request))).await;
    let status = response.status().as_u16();
    let took = started.elapsed();
    let micros = took.as_micros() as u64;
    super::metrics::answered(method.as_str(), &route, status, took, statements);
    if status >= 500 {
        tracing::error!(%method, route, status, micros, statements, request_id = id, "failed");
    } else {
        tracing::debug!(%method, route, status, micros, statements, request_id = id, "answered");
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_STATEMENTS, HeaderValue::from(statements));
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer asks for")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let what = cause.downcast_ref::<&str>().map(ToString::to_string).or_else(|| cause.downcast_ref::<String>().cloned());
    Problem(kernel::Error::internal(format_args!("panic: {}", what.unwrap_or_default()))).into_response()
}
