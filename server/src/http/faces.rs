//! The three faces, built into the binary: `/m/` for residents, `/w/` for workers, `/c/` for desks.

use std::borrow::Cow;

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use tower_http::compression::CompressionLayer;

use super::Problem;
use crate::app::Shared;

/// What `npm run build` made; empty when the server was built without the pages.
#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Built;

/// The routes of the pages. A path below a face that is no file is a place inside the face: its page answers.
pub fn routes() -> Router<Shared> {
    let face = |name: &'static str| {
        let index = move || async move { page(name, "") };
        let below = move |Path(path): Path<String>| async move { page(name, &path) };
        Router::new()
            .route(&format!("/{name}/"), get(index))
            .route(&format!("/{name}/{{*path}}"), get(below))
            .route(&format!("/{name}"), get(move || async move { Redirect::permanent(&format!("/{name}/")) }))
    };
    let all =
        Router::new().route("/", get(|| async { Redirect::temporary("/m/") })).merge(face("m")).merge(face("w")).merge(face("c"));
    // Pages travel packed. Answers of the contract do not: they hold what strangers wrote beside what is not theirs, and the size of a packed answer
    // would tell of the one through the other.
    all.layer(CompressionLayer::new())
}

fn page(face: &str, path: &str) -> Response {
    let is_asset = path.starts_with("assets/") || path.contains('.');
    let name = if is_asset { format!("{face}/{path}") } else { format!("{face}/index.html") };
    let Some(file) = Built::get(&name) else {
        if is_asset || Built::get(&format!("{face}/index.html")).is_some() {
            return Problem(kernel::Error::NotFound).into_response();
        }
        let hint = "The pages are not built in. Run `npm install && npm run build` in web/ and build the server again.";
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], hint).into_response();
    };
    // Assets carry a hash of their content in their name, so they never change; the page itself is asked for again each time.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = kind(&name);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], body(file.data)).into_response()
}

/// What is built in is not copied.
fn body(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(built_in) => Bytes::from_static(built_in),
        Cow::Owned(read) => read.into(),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Method, header};
    use testkit::Engine;

    use crate::testing::TestApp;

    #[tokio::test]
    async fn pages_travel_packed_to_whoever_unpacks_and_answers_do_not() {
        let app = TestApp::new(Engine::Sqlite).await;
        let packed = async |path: &str, accepts: &'static str| {
            let reply = app.visitor().send(Method::GET, path, None, &[("accept-encoding", accepts)]).await;
            reply.headers.get(header::CONTENT_ENCODING).is_some_and(|e| e == "gzip")
        };
        assert!(packed("/m/", "gzip, deflate, br").await && !packed("/m/", "identity").await);
        assert!(!packed("/api/v1/openapi.json", "gzip, deflate, br").await);
    }
}
