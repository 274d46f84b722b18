//! The three faces, built into the binary: `/m/` for residents, `/w/` for workers, `/c/` for desks.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::RustEmbed;

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
    Router::new().route("/", get(|| async { Redirect::temporary("/m/") })).merge(face("m")).merge(face("w")).merge(face("c"))
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
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], file.data.into_owned()).into_response()
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
