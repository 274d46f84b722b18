//! The three faces, built into the binary: `/m/` for residents, `/w/` for workers, `/c/` for desks.

use std::borrow::Cow;

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
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
        let index = move |headers: HeaderMap| async move { page(name, "", &headers) };
        let below = move |headers: HeaderMap, Path(path): Path<String>| async move { page(name, &path, &headers) };
        Router::new()
            .route(&format!("/{name}/"), get(index))
            .route(&format!("/{name}/{{*path}}"), get(below))
            .route(&format!("/{name}"), get(move || async move { Redirect::permanent(&format!("/{name}/")) }))
    };
    let all =
        Router::new().route("/", get(|| async { Redirect::temporary("/m/") })).merge(face("m")).merge(face("w")).merge(face("c"));
    // Pages travel packed. Answers of the contract do not: they hold what strangers wrote beside what is not theirs, and the size of a packed answer
    // would tell of the one through the other. What the build packed goes out as it is; the layer packs the rest.
    all.layer(CompressionLayer::new().no_br())
}

fn page(face: &str, path: &str, asked: &HeaderMap) -> Response {
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
    let about = [(header::CONTENT_TYPE, kind(&name)), (header::CACHE_CONTROL, cache)];
    match Built::get(&format!("{name}.br")).filter(|_| unpacks_brotli(asked)) {
        Some(packed) => {
            (about, [(header::CONTENT_ENCODING, "br"), (header::VARY, "accept-encoding")], body(packed.data)).into_response()
        }
        None => (about, body(file.data)).into_response(),
    }
}

/// Whether a browser takes Brotli, which is a tenth smaller than gzip; browsers do over TLS only.
fn unpacks_brotli(asked: &HeaderMap) -> bool {
    let named = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
    named.map(|it| it.split_once(';').unwrap_or((it, ""))).any(|(coding, weight)| {
        let refused = weight.trim().strip_prefix("q=").is_some_and(|it| it.trim_matches(['0', '.']).is_empty());
        coding.trim().eq_ignore_ascii_case("br") && !refused
    })
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
    use axum::http::{HeaderMap, HeaderValue, Method, header};
    use testkit::Engine;

    use super::{Built, unpacks_brotli};
    use crate::testing::TestApp;

    #[tokio::test]
    async fn pages_travel_packed_to_whoever_unpacks_and_answers_do_not() {
        let app = TestApp::new(Engine::Sqlite).await;
        let packed = async |path: &str, accepts: &'static str| {
            let reply = app.visitor().send(Method::GET, path, None, &[("accept-encoding", accepts)]).await;
            reply.headers.get(header::CONTENT_ENCODING).map(|it| it.to_str().unwrap().to_owned())
        };
        // Without pages inside there is a hint in their place, which nobody packed before.
        let best = if Built::get("m/index.html.br").is_some() { "br" } else { "gzip" };
        assert_eq!(packed("/m/", "gzip, deflate, br").await.as_deref(), Some(best));
        assert_eq!(packed("/m/", "gzip, deflate").await.as_deref(), Some("gzip"));
        assert_eq!(packed("/m/", "identity").await, None);
        assert_eq!(packed("/api/v1/openapi.json", "gzip, deflate, br").await, None);
    }

    #[test]
    fn brotli_goes_to_whoever_names_it_and_does_not_refuse_it() {
        let takes = |accepts: &'static str| {
            unpacks_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepts))]))
        };
        assert!(["br", "gzip, deflate, br, zstd", "gzip;q=0.5,BR;q=0.9"].map(takes).iter().all(|it| *it));
        assert!(["", "gzip", "br;q=0", "gzip, br; q=0.0", "brotli"].map(takes).iter().all(|it| !it));
        assert!(!unpacks_brotli(&HeaderMap::new()));
    }
}
