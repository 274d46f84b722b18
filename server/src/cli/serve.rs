//! `jingwei serve` and `jingwei work`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use clap::Args;
use db::Durability;

use super::{Place, say};
use crate::{
    app::{Config, Shared},
    http, relay, work,
};

/// Serve the district over HTTP.
#[derive(Args)]
#[command(after_help = "Example: jingwei serve --data ./district --listen 127.0.0.1:8080")]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The certificate chain, PEM. Phones need HTTPS for their position.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key, PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front ends TLS: cookies and headers are those of a secure page.
    #[arg(long)]
    behind_tls: bool,
    /// Addresses of proxies whose forwarded headers are believed.
    #[arg(long, value_delimiter = ',')]
    proxies: Vec<std::net::IpAddr>,
    /// Addresses or networks that may read `/metrics`, such as 10.0.0.7 or 10.0.0.0/8; this machine always may.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS")]
    metrics_for: Vec<http::Network>,
    /// Do not run jobs here; `jingwei work` runs them.
    #[arg(long)]
    no_work: bool,
    /// How many database connections read at the same time.
    #[arg(long, default_value_t = 8)]
    connections: u32,
    /// Answer before COMMIT. Loses data on a crash: the negative control of the crash test, for nothing else.
    #[arg(long, hide = true)]
    answer_before_commit: bool,
}

/// Run the jobs alone.
#[derive(Args)]
#[command(after_help = "Example: jingwei work --data ./district")]
pub struct WorkOnly {
    #[command(flatten)]
    place: Place,
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("JINGWEI_LOG").unwrap_or_else(|_| "info".into());
    // A line that cannot be written, for the disk is full, is lost; complaining of it on the same disk would be a panic in the request.
    // A second subscriber in one process is a test's; the first one stays.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false).try_init();
}

/// Serves until it is told to stop, then finishes what it has begun.
pub async fn serve(args: Serve) -> anyhow::Result<()> {
    log();
    let durability = if args.answer_before_commit { Durability::AnswerBeforeCommit } else { Durability::Full };
    let secure = args.tls_cert.is_some() || args.behind_tls;
    let config = Config { secure, proxies: args.proxies, metrics_for: args.metrics_for, ..Config::default() };
    let app = args.place.open_as(args.connections, durability, config).await?;
    let handle = Handle::new();
    let stopping = tokio::spawn(stop(app.clone(), handle.clone()));
    let relay = relay::spawn(app.clone());
    let worker = (!args.no_work).then(|| work::spawn(app.clone()));
    let service = http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let listener = std::net::TcpListener::bind(args.listen).with_context(|| format!("cannot listen on {}", args.listen))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    say(format_args!("listening on {scheme}://{address}"));
    tracing::info!(%address, scheme, engine = ?app.db.engine(), jobs = !args.no_work, version = env!("CARGO_PKG_VERSION"), "serving");
    match (args.tls_cert, args.tls_key) {
        (Some(cert), Some(key)) => {
            // Two providers may be compiled in by other crates; the choice is made here, once.
            if rustls::crypto::ring::default_provider().install_default().is_err() {
                tracing::debug!("a TLS provider was chosen before");
            }
            let tls = RustlsConfig::from_pem_file(&cert, &key).await.context("the certificate or its key cannot be read")?;
            axum_server::from_tcp_rustls(listener, tls)?.handle(handle).serve(service).await?;
        }
        (None, None) => axum_server::from_tcp(listener)?.handle(handle).serve(service).await?,
        _ => bail!("--tls-cert and --tls-key go together"),
    }
    stopping.abort();
    if let Some(worker) = worker {
        worker.stop().await;
    }
    relay.stop().await;
    app.db.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Runs jobs until it is told to stop.
pub async fn work(args: WorkOnly) -> anyhow::Result<()> {
    log();
    let app = args.place.open().await?;
    let relay = relay::spawn(app.clone());
    let worker = work::spawn(app.clone());
    say("working");
    signal().await;
    app.stop();
    worker.stop().await;
    relay.stop().await;
    app.db.close().await?;
    Ok(())
}

async fn stop(app: Shared, handle: Handle<SocketAddr>) {
    signal().await;
    tracing::info!("stopping");
    app.stop();
    // Streams never end by themselves; other requests have this long.
    handle.graceful_shutdown(Some(Duration::from_secs(3)));
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
