//! A photograph on its way to a browser.

use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use db::Reader;
use kernel::{Error, Id, Result};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{actions::key, model::File, store};
use crate::{
    app::{App, Shared},
    http::Problem,
};

/// Nothing in the answer may run or load anything, whatever a browser takes it for.
const POLICY: &str = "default-src 'none'; sandbox";
/// A photograph never changes under its id. Kept by the one browser that asked, for an hour, so that a list does not load it again.
const KEPT: &str = "private, max-age=3600, immutable";

/// How a caller wants to see a photograph: an argument of the handlers that serve one, and part of their contract.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Look {
    /// `thumb` for at most 320 pixels along the longer edge; the whole picture otherwise.
    pub size: Option<String>,
    /// The `ETag` that the caller already has.
    #[serde(skip)]
    #[param(ignore)]
    pub known: Option<String>,
}

impl Look {
    /// The small picture, whatever was asked for.
    #[must_use]
    pub fn small(self) -> Self {
        Self { size: Some("thumb".to_owned()), ..self }
    }
}

impl FromRequestParts<Shared> for Look {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let bad = |_| Problem(Error::invalid("size", "unknown-word"));
        let Query(mut look) = Query::<Self>::from_request_parts(parts, app).await.map_err(bad)?;
        if look.size.as_deref().is_some_and(|s| s != "thumb") {
            return Err(Error::invalid("size", "unknown-word").into());
        }
        look.known = parts.headers.get(header::IF_NONE_MATCH).and_then(|v| Some(v.to_str().ok()?.to_owned()));
        Ok(look)
    }
}

/// Answers a photograph that hangs on this thing; the caller has asked before whether the thing may be seen.
///
/// Takes the reader with it, since nothing is read from the database while the content is. Not found when it hangs on something else.
pub async fn serve(app: &App, mut conn: Reader, id: Id<File>, owner_kind: &str, owner: Uuid, look: &Look) -> Result<Response> {
    let contents = store::contents(&mut conn, id, owner_kind, owner).await?.ok_or(Error::NotFound)?;
    drop(conn);
    let key = key(if look.size.is_some() { &contents.thumb_sha256 } else { &contents.sha256 })?;
    let tag = format!("\"{key}\"");
    let headers = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, KEPT.to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if look.known.as_deref().is_some_and(|known| known.split(',').any(|k| k.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let jpeg =
        app.blob.get(key).await?.ok_or_else(|| Error::internal(format_args!("the content of photograph {id} is missing")))?;
    let what = [
        (header::CONTENT_TYPE, "image/jpeg".to_owned()),
        // Shown where a page embeds it, saved where somebody opens its address.
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.jpg\"")),
    ];
    Ok((headers, what, jpeg).into_response())
}
