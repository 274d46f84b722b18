//! Errors as RFC 9457 problems. The sentence that a person reads is in the faces' locale files, by `code`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Error, FieldError, Params};
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id;

/// An error on its way out.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// The body of a problem.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// Stable; the faces translate it.
    code: String,
    #[schema(value_type = Object)]
    params: Params,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldError>,
    request_id: String,
}

kernel::codes! {
    UNAUTHENTICATED = "unauthenticated";
    FORBIDDEN = "forbidden";
    NOT_FOUND = "not-found";
    INVALID = "invalid";
    STALE = "stale";
    INTERNAL = "internal";
    METHOD_NOT_ALLOWED = "method-not-allowed";
    /// The same idempotency key came with another body.
    KEY_REUSED = "key-reused";
    /// The body is larger than the route takes.
    BODY_TOO_LARGE = "body-too-large";
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut retry = None;
        let (status, title, code, params, fields) = match self.0 {
            Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "Log in first", UNAUTHENTICATED, Params::new(), vec![]),
            Error::Forbidden => (StatusCode::FORBIDDEN, "Not for this caller", FORBIDDEN, Params::new(), vec![]),
            Error::NotFound => (StatusCode::NOT_FOUND, "Not found", NOT_FOUND, Params::new(), vec![]),
            Error::Invalid(fields) => (StatusCode::BAD_REQUEST, "Invalid input", INVALID, Params::new(), fields),
            Error::Refused(code, params) => (refusal_status(code), "Refused", code, params, vec![]),
            Error::Stale => (StatusCode::CONFLICT, "Changed meanwhile", STALE, Params::new(), vec![]),
            Error::Busy { code, retry_after } => {
                retry = Some(retry_after.as_secs().max(1));
                (busy_status(code), "Not now", code, Params::new(), vec![])
            }
            Error::Internal(cause) => {
                tracing::error!(request_id = request_id(), "internal: {cause:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, "A fault of ours", INTERNAL, Params::new(), vec![])
            }
        };
        let body = ProblemBody {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            code: code.to_string(),
            params,
            fields,
            request_id: request_id(),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn refusal_status(code: kernel::Code) -> StatusCode {
    match code {
        KEY_REUSED => StatusCode::CONFLICT,
        BODY_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        METHOD_NOT_ALLOWED => StatusCode::METHOD_NOT_ALLOWED,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn busy_status(code: kernel::Code) -> StatusCode {
    match code {
        db::STORAGE_FULL => StatusCode::INSUFFICIENT_STORAGE,
        db::STORAGE_BUSY => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// No such route.
pub async fn not_found() -> Problem {
    Problem(Error::NotFound)
}

/// The route is there, the method is not.
pub async fn method_not_allowed() -> Problem {
    Problem(Error::refused(METHOD_NOT_ALLOWED))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn whoever_may_try_again_is_told_when() {
        let cases = [
            (db::STORAGE_FULL, StatusCode::INSUFFICIENT_STORAGE),
            (db::STORAGE_BUSY, StatusCode::SERVICE_UNAVAILABLE),
            (kernel::Code("too-many-requests"), StatusCode::TOO_MANY_REQUESTS),
        ];
        for (code, status) in cases {
            let response = Problem(Error::Busy { code, retry_after: Duration::from_secs(7) }).into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[header::RETRY_AFTER], "7");
        }
    }

    #[test]
    fn the_cause_of_a_fault_stays_in_the_log() {
        let response = Problem(Error::internal("the secret of the house")).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
