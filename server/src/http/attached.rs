//! Files that a browser saves instead of showing.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};

/// An answer that is saved under this name.
pub fn attached(kind: &str, name: &str, body: impl Into<Body>) -> Response {
    let name = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body.into()).into_response()
}

/// A table that is saved under this name and the ending of its format.
pub fn attached_table(format: crate::table::write::Format, name: &str, bytes: Vec<u8>) -> Response {
    attached(format.media_type(), &format!("{name}.{format}"), bytes)
}
