//! What an operator watches: figures for a collector, and whether this process lives and can serve.
//!
//! The routes tell nothing of persons, but the figures tell how a district works: `/metrics` answers this machine and the addresses that
//! `--metrics-for` names, and is not there for anybody else. Whether the process lives and is ready may be asked by everybody.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::{Error, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Serialize;

use super::{Problem, allow::watches};
use crate::app::{App, Shared};

/// Seconds: the targets of the field are 150 and 250 ms.
const SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Statements: the budgets are 6 a page and 12 a command.
const STATEMENTS: &[f64] = &[0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 20.0, 50.0, 100.0];
/// A database that does not answer a ping in this time cannot serve.
const PING: Duration = Duration::from_secs(2);

/// The operator's routes: `/metrics`, `/healthz` and `/readyz`.
pub fn operations(app: Shared) -> Router {
    let _ = recorder();
    Router::new()
        .route("/metrics", get(figures))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(app)
}

/// Counts an answered request under its pattern, never its path. Costs nothing before [`operations`] was called.
pub fn answered(method: &str, route: &str, status: u16, took: Duration, statements: u32) {
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    metrics::histogram!("jingwei_request_seconds", &labels).record(took);
    metrics::histogram!("jingwei_request_statements", &labels).record(statements);
}

/// One recorder a process, whoever asks first.
fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full("jingwei_request_seconds".to_owned()), SECONDS)
            .and_then(|b| b.set_buckets_for_metric(Matcher::Full("jingwei_request_statements".to_owned()), STATEMENTS));
        match builder.and_then(PrometheusBuilder::install_recorder) {
            Ok(handle) => Some(handle),
            Err(error) => {
                tracing::error!(%error, "no figures: another recorder is installed");
                None
            }
        }
    };
    HANDLE.get_or_init(install).as_ref()
}

async fn figures(State(app): State<Shared>, request: Request) -> Response {
    if !watches(&request.into_parts().0, &app.config) {
        return Problem(Error::NotFound).into_response();
    }
    if let Err(error) = gauge(&app).await {
        // The figures of requests matter most when the database does not answer.
        tracing::warn!(%error, "figures without those of the database");
    }
    let Some(handle) = recorder() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}

async fn gauge(app: &App) -> Result<()> {
    let now = app.clock.now();
    let load = jobs::load(&mut *app.db.read().await?, now).await?;
    let lag = load.oldest_due.map_or(0, |at| (now - at).max(0));
    for (state, n) in [("due", load.due), ("later", load.later), ("running", load.running), ("dead", load.dead)] {
        metrics::gauge!("jingwei_jobs", "state" => state).set(n as f64);
    }
    metrics::gauge!("jingwei_jobs_lag_seconds").set(lag as f64 / 1000.0);
    metrics::gauge!("jingwei_streams").set(app.notices.listeners() as f64);
    Ok(())
}

/// Whether this process can serve.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: bool,
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    let database = matches!(tokio::time::timeout(PING, app.db.ping()).await, Ok(Ok(())));
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready: database, database }))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use http_body_util::BodyExt;
    use testkit::Engine;
    use tower::ServiceExt;

    use super::*;
    use crate::testing::TestApp;

    async fn got(router: &Router, path: &str) -> (u16, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap())
    }

    testkit::both! {
        async fn an_operator_sees_requests_by_route_and_the_queue(engine: Engine) {
            let app = TestApp::new(engine).await;
            let operations = operations(app.app.clone());
            let mut tx = app.db.begin();
            jobs::enqueue(&mut tx, app.now().plus_minutes(-1), &jobs::Job::new("test", ())).await.unwrap();
            tx.commit().await.unwrap();
            app.visitor().get("/api/v1/session").await.refused(401, "unauthenticated");
            app.visitor().get("/secret-track").await.refused(404, "not-found");
            let (status, text) = got(&operations, "/metrics").await;
            assert_eq!(status, 200);
            assert!(text.contains(r#"jingwei_request_seconds_count{method="GET",route="/api/v1/session",status="401"}"#), "{text}");
            assert!(text.contains("jingwei_request_statements_bucket") && text.contains(r#"jingwei_jobs{state="due"}"#), "{text}");
            assert!(text.contains(r#"route="unmatched",status="404""#) && !text.contains("secret-track"));
        }

        async fn figures_are_not_there_for_the_public(engine: Engine) {
            let app = TestApp::with(engine, |config| {
                config.proxies = vec!["10.0.0.5".parse().unwrap()];
                config.metrics_for = vec!["10.9.0.0/16".parse().unwrap()];
            })
            .await;
            let operations = operations(app.app.clone());
            let ask = async |peer: &str, headers: &[(&str, &str)], path: &str| {
                let mut request = Request::get(path);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let mut request = request.body(Body::empty()).unwrap();
                request.extensions_mut().insert(axum::extract::ConnectInfo(format!("{peer}:4711").parse::<std::net::SocketAddr>().unwrap()));
                operations.clone().oneshot(request).await.unwrap().status().as_u16()
            };
            assert_eq!(ask("127.0.0.1", &[], "/metrics").await, 200);
            assert_eq!(ask("10.9.3.4", &[], "/metrics").await, 200);
            assert_eq!(ask("203.0.113.9", &[], "/metrics").await, 404);
            assert_eq!(ask("203.0.113.9", &[], "/healthz").await, 200);
            // Whoever comes through a proxy is who the proxy says; one that nobody configured says nothing, and is not this machine either.
            assert_eq!(ask("10.0.0.5", &[("x-forwarded-for", "203.0.113.9")], "/metrics").await, 404);
            assert_eq!(ask("10.0.0.5", &[("x-forwarded-for", "10.9.3.4")], "/metrics").await, 200);
            assert_eq!(ask("127.0.0.1", &[("x-forwarded-for", "203.0.113.9")], "/metrics").await, 404);
            assert_eq!(ask("127.0.0.1", &[("x-real-ip", "127.0.0.1")], "/metrics").await, 404);
        }

        async fn a_process_without_its_database_lives_but_is_not_ready(engine: Engine) {
            let app = TestApp::new(engine).await;
            let operations = operations(app.app.clone());
            assert_eq!(got(&operations, "/healthz").await, (200, "ok\n".to_owned()));
            assert_eq!(got(&operations, "/readyz").await.0, 200);
            app.db.close().await.unwrap();
            assert_eq!(got(&operations, "/healthz").await.0, 200);
            assert_eq!(got(&operations, "/readyz").await.0, 503);
            assert_eq!(got(&operations, "/metrics").await.0, 200);
        }
    }
}
