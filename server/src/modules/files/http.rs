//! The one public operation.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Multipart, Request, State},
    http::{StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use blob::photo;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::{Actor, Error, Result};
use tokio::sync::Semaphore;

use super::{FileInfo, actions};
use crate::{
    app::Shared,
    http::{Answer, Visitor},
    modules::access::{self, limits},
};

/// What a multipart body adds around the photograph.
const AROUND: usize = 16 << 10;
/// Uploads whose bytes are in memory at the same time: together at most 360 MiB.
static RECEIVING: Semaphore = Semaphore::const_new(24);
/// How long the bytes of one upload may take: 15 MiB at 1 Mbit/s.
const SLOWEST: Duration = Duration::from_mins(2);

/// Takes a photograph, as the body itself or as the multipart field `photo`. It belongs to nobody until a command names its id.
#[utoipa::path(
    post,
    path = "/api/v1/photos",
    tag = "files",
    request_body(content_type = "image/*", content = Vec<u8>, description = "JPEG, PNG or WebP, at most 15 MiB and 50 megapixels"),
    params(("Content-Digest" = Option<String>, Header, description = "`sha-256=:…:` (RFC 9530); with a log-in the same bytes are one upload")),
    responses((status = 201, body = FileInfo), (status = 413, description = "more bytes than a photograph may have")),
    extensions(("x-public" = json!(true)))
)]
pub async fn upload(visitor: Visitor, State(app): State<Shared>, request: Request) -> Answer<(StatusCode, Json<FileInfo>)> {
    limits::take(&app, "public_photos", &limits::network(visitor.address))?;
    let (parts, body) = request.into_parts();
    let actor = access::authenticate(&app, &parts).await.unwrap_or_else(|_| Actor::anonymous());
    let digest = parts.headers.get("content-digest").map(|h| sha256(h.to_str().unwrap_or_default())).transpose()?;
    let _slot = RECEIVING.try_acquire().map_err(|_| Error::Busy { code: actions::PHOTOS_BUSY, retry_after: SLOWEST / 12 })?;
    let received = tokio::time::timeout(SLOWEST, receive(Request::from_parts(parts, body))).await;
    let bytes = received.map_err(|_| Error::invalid("body", "too-slow"))??;
    Ok((StatusCode::CREATED, Json(actions::upload(&app, &actor, bytes, digest).await?)))
}

/// The hash that a `Content-Digest` names; other algorithms than SHA-256 beside it are passed over.
fn sha256(header: &str) -> Result<[u8; 32]> {
    let said = header.split(',').find_map(|part| part.trim().strip_prefix("sha-256=:")?.strip_suffix(':'));
    let bytes = said.and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Error::invalid("Content-Digest", "bad-digest"))
}

fn too_large() -> Error {
    Error::refused_with(crate::http::BODY_TOO_LARGE, "bytes", photo::Limits::default().bytes)
}

/// Reads the photograph's bytes; a body that says that it is too large is not read at all, one that turns out to be so not further.
async fn receive(request: Request) -> Result<Vec<u8>> {
    let most = photo::Limits::default().bytes;
    if said(&request, header::CONTENT_LENGTH).parse::<usize>().is_ok_and(|n| n > most + AROUND) {
        return Err(too_large());
    }
    let parted = said(&request, header::CONTENT_TYPE).starts_with("multipart/form-data");
    let request = request.map(|body| Body::new(Limited::new(body, most + AROUND)));
    let bytes = if parted { field(request).await? } else { whole(request.into_body()).await? };
    if bytes.len() > most { Err(too_large()) } else { Ok(bytes) }
}

fn said(request: &Request, name: header::HeaderName) -> &str {
    request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

async fn whole(body: Body) -> Result<Vec<u8>> {
    let collected = body.collect().await.map_err(|e| broken(&e))?;
    Ok(collected.to_bytes().into())
}

async fn field(request: Request) -> Result<Vec<u8>> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Error::invalid("body", "bad-multipart"))?;
    while let Some(part) = parts.next_field().await.map_err(|e| broken(&e))? {
        if part.name() == Some("photo") {
            return Ok(part.bytes().await.map_err(|e| broken(&e))?.into());
        }
    }
    Err(Error::invalid("photo", "required"))
}

/// A body that ended early is the caller's fault; one that went on too long met our limit, however deep the error wraps that.
fn broken(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut causes = std::iter::successors(Some(error), |e| e.source());
    if causes.any(<dyn std::error::Error>::is::<LengthLimitError>) { too_large() } else { Error::invalid("body", "broken-off") }
}
