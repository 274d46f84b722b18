//! One attempt to send a delivery: resolve, judge, connect, post, read the status. Nothing is followed and nothing of the answer kept.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use kernel::{Actor, Error, Id, Result, Time};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    jobs::DELIVER,
    model::{Delivery, DeliveryState, Fault, Signature, Target, again, message_id, target},
    reach::Reach,
    store::{self, DeliveryRow, EndpointRow},
    trust::ROOTS,
};
use crate::{app::App, modules::access::audit::Audit};

/// What a secret is sealed for.
pub const SECRET: &str = "webhook secret";
/// How long one attempt may take in all.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a claim holds: longer than any attempt.
const CLAIM_MINUTES: i64 = 1;
/// Attempts at the same time.
const AT_ONCE: i64 = 16;
/// The answer of a receiver that wants nothing any more.
const GONE: u16 = 410;

/// What a round of deliveries did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Taken by their receivers.
    pub sent: u32,
    /// To be tried again.
    pub later: u32,
    /// Given up.
    pub dead: u32,
}

/// Sends what is due until nothing is. Nothing connects anywhere without a receiver.
///
/// A delivery may go out twice when the process ends between the answer and the note of it; both bear the same `webhook-id`.
pub async fn deliver(app: &App) -> Result<Sent> {
    let mut all = Sent::default();
    loop {
        let endpoints = store::enabled(&mut *app.db.read().await?).await?;
        if endpoints.is_empty() {
            return Ok(all);
        }
        let claimed = take(app).await?;
        if claimed.is_empty() {
            return Ok(all);
        }
        let trusted = app.access.setting(&ROOTS, app.clock.now()).client();
        let (trusted, reach) = (&trusted, &Reach::of(app));
        let receiver = |d: &DeliveryRow| endpoints.iter().find(|e| e.id == d.endpoint_id);
        let attempts = claimed.iter().map(|d| async move {
            match receiver(d) {
                Some(endpoint) => {
                    timeout(PATIENCE, attempt(app, trusted, reach, endpoint, d)).await.unwrap_or(Err(Fault::Timeout))
                }
                None => Err(Fault::Ended),
            }
        });
        let answers = futures_util::future::join_all(attempts).await;
        note(app, claimed, &answers, &mut all).await?;
        if app.is_stopping() {
            return Ok(all);
        }
    }
}

async fn take(app: &App) -> Result<Vec<DeliveryRow>> {
    let now = app.clock.now();
    let due = store::due(&mut *app.db.read().await?, now, AT_ONCE).await?;
    if due.is_empty() {
        return Ok(due);
    }
    let ids: Vec<Id<Delivery>> = due.iter().map(|d| d.id).collect();
    let mut tx = app.db.begin();
    let mine = store::claim(&mut tx, &ids, now, now.plus_minutes(CLAIM_MINUTES)).await?;
    tx.commit().await?;
    Ok(due.into_iter().filter(|d| mine.contains(&d.id)).collect())
}

/// The status of the answer, or why there is none.
async fn attempt(
    app: &App,
    trusted: &Result<Arc<ClientConfig>, Fault>,
    reach: &Reach,
    endpoint: &EndpointRow,
    delivery: &DeliveryRow,
) -> Result<u16, Fault> {
    let target = target(&endpoint.url, reach).map_err(|_| Fault::Address)?;
    let request = request(app, &target, endpoint, delivery).map_err(|error| {
        tracing::error!(%error, "a delivery cannot be signed");
        Fault::Broken
    })?;
    let stream = connect(&target, reach).await?;
    if !target.tls {
        return post(stream, request).await;
    }
    let name = ServerName::try_from(target.host).map_err(|_| Fault::Address)?;
    post(TlsConnector::from(trusted.clone()?).connect(name, stream).await.map_err(|_| Fault::Tls)?, request).await
}

/// Connects to the very address that was judged, so that a name cannot mean another one a moment later. One private address among those
/// of a name that the district did not name condemns them all.
pub(super) async fn connect(target: &Target, reach: &Reach) -> Result<TcpStream, Fault> {
    let found = lookup_host((target.host.as_str(), target.port)).await.map_err(|_| Fault::Address)?;
    let addresses: Vec<SocketAddr> = found.collect();
    if addresses.is_empty() || !addresses.iter().all(|a| reach.holds(a.ip())) {
        return Err(Fault::Address);
    }
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|_| Fault::Connection)?;
    let peer = stream.peer_addr().map_err(|_| Fault::Connection)?;
    if reach.holds(peer.ip()) { Ok(stream) } else { Err(Fault::Address) }
}

fn request(app: &App, target: &Target, endpoint: &EndpointRow, delivery: &DeliveryRow) -> Result<Request<Full<Bytes>>> {
    let now = app.clock.now();
    let (id, seconds) = (message_id(delivery.id), now.millis().div_euclid(1_000));
    let before = endpoint.secret_before.as_ref().filter(|_| endpoint.before_until.is_some_and(|until| now < until));
    let mut signatures = vec![];
    for sealed in std::iter::once(&endpoint.secret).chain(before) {
        signatures.push(Signature::of(&app.keys.open(sealed, SECRET)?, &id, seconds, &delivery.body)?);
    }
    Request::post(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::USER_AGENT, concat!("jingwei/", env!("CARGO_PKG_VERSION")))
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signatures.join(" "))
        .body(Full::new(Bytes::from(delivery.body.clone())))
        .map_err(Error::internal)
}

async fn post(stream: impl AsyncRead + AsyncWrite + Unpin + Send, request: Request<Full<Bytes>>) -> Result<u16, Fault> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Fault::Broken)?;
    let (mut answer, connection) = (pin!(sender.send_request(request)), pin!(connection));
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    answer.map(|a| a.status().as_u16()).map_err(|_| Fault::Broken)
}

async fn note(app: &App, claimed: Vec<DeliveryRow>, answers: &[Result<u16, Fault>], all: &mut Sent) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin();
    let mut next: Option<Time> = None;
    for (mut delivery, answer) in claimed.into_iter().zip(answers) {
        delivery.attempts += 1;
        delivery.status = answer.ok().map(i64::from);
        if let Ok(200..=299) = answer {
            (delivery.state, delivery.sent_at, delivery.fault) = (DeliveryState::Sent, Some(now), None);
            all.sent += 1;
        } else {
            delivery.fault = Some(answer.err().unwrap_or(Fault::Refused));
            if let Some(due) = again(now, delivery.attempts, rand::random()).filter(|_| *answer != Ok(GONE)) {
                delivery.due_at = due;
                next = Some(next.map_or(due, |n| n.min(due)));
                all.later += 1;
            } else {
                delivery.state = DeliveryState::Dead;
                all.dead += 1;
            }
        }
        store::ended(&mut tx, &delivery).await?;
        if *answer == Ok(GONE) {
            switch_off(&mut tx, &delivery, now).await?;
        }
    }
    if let Some(next) = next {
        // The minute's round would come too late for the first tries.
        jobs::enqueue(&mut tx, now, &jobs::Job::new(DELIVER, serde_json::json!({})).at(next).once("again")).await?;
    }
    tx.commit().await
}

/// A receiver that says it is gone is asked no more.
async fn switch_off(tx: &mut db::Tx, delivery: &DeliveryRow, now: Time) -> Result<()> {
    let Some(mut endpoint) = store::find(tx, delivery.endpoint_id).await?.filter(|e| e.enabled) else { return Ok(()) };
    endpoint.enabled = false;
    store::save(tx, &endpoint).await?;
    Audit::new("webhook.gone", "webhook", endpoint.id.uuid()).record(tx, now, &Actor::system()).await
}
