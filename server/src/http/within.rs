//! Requests that this process makes of itself: through the same router, with the same rights, as those of the network.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use kernel::{Error, Result};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{app::Shared, modules::access::sessions};

/// The largest answer that is read.
const LARGEST: usize = 8 * 1024 * 1024;

/// A router without a network before it.
pub struct Within {
    app: Shared,
    router: Router,
}

impl Within {
    /// The router of a district.
    pub fn new(app: &Shared) -> Self {
        Self { app: app.clone(), router: super::router(app.clone()) }
    }

    /// Asks with the secret of a session and gives the status and the JSON of the answer.
    ///
    /// # Errors
    /// When the request cannot be written; what the district refuses is an answer.
    pub async fn ask(&self, secret: &str, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let method = Method::from_bytes(method.as_bytes()).map_err(Error::internal)?;
        let sent = if method == Method::GET { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, format!("{}={secret}", sessions::LOCAL_COOKIE))
            .header("x-csrf-token", sessions::csrf(&self.app.keys, secret))
            .body(sent)
            .map_err(Error::internal)?;
        let (parts, answer) = match self.router.clone().oneshot(request).await {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        let bytes = to_bytes(answer, LARGEST).await.map_err(Error::internal)?;
        Ok((parts.status.as_u16(), serde_json::from_slice(&bytes).unwrap_or_default()))
    }
}
