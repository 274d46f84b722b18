//! From the sealed audit record to deliveries. Each receiver remembers how far it was fed, so that whoever dies between a commit and the
//! feeding loses nothing, and two processes that feed at once do it once.

use db::Tx;
use jobs::Job;
use kernel::{Error, Id, Result, Time};

use super::{
    jobs::DELIVER,
    model::{self, DeliveryState, Event},
    store::{self, DeliveryRow, EndpointRow},
};
use crate::{
    app::App,
    modules::access::audit::{self, Detailed, Sealed},
    relay::Following,
};

/// Rows of the record read at once.
const BATCH: usize = 500;

/// Follows the record. The rows that the relay hands over only say that there are some: where to go on is known per receiver.
pub fn follow<'a>(app: &'a App, _: &'a [Sealed]) -> Following<'a> {
    Box::pin(async move { feed(app).await.map(drop) })
}

/// Makes deliveries of what is new in the record and says how many. One read when there is no receiver.
pub async fn feed(app: &App) -> Result<usize> {
    let endpoints = store::enabled(&mut *app.db.read().await?).await?;
    let mut made = 0;
    for mut endpoint in endpoints {
        loop {
            let rows = audit::detailed(&mut *app.db.read().await?, endpoint.fed, BATCH).await?;
            let Some(last) = rows.last().map(|r| r.number) else { break };
            let now = app.clock.now();
            let fresh: Vec<DeliveryRow> = rows.iter().filter_map(|row| delivery(&endpoint, row, now)).collect();
            let mut tx = app.db.begin();
            if !store::advance(&mut tx, endpoint.id, endpoint.fed, last).await? {
                // Another process feeds it, or it was switched off.
                tx.rollback().await?;
                break;
            }
            store::enter(&mut tx, &fresh).await?;
            if !fresh.is_empty() {
                soon(&mut tx, now).await?;
            }
            tx.commit().await?;
            made += fresh.len();
            endpoint.fed = last;
            if rows.len() < BATCH || app.is_stopping() {
                break;
            }
        }
    }
    Ok(made)
}

/// Deliveries go out as soon as this is committed.
pub async fn soon(tx: &mut Tx, now: Time) -> Result<()> {
    jobs::enqueue(tx, now, &Job::new(DELIVER, serde_json::json!({})).once("soon")).await.map(drop)
}

fn delivery(endpoint: &EndpointRow, row: &Detailed, now: Time) -> Option<DeliveryRow> {
    let event = model::event(row.at, &row.action, &row.object_kind, row.object, &row.path, &row.details)?;
    // Steps of one instant are sealed in no particular order; a case's own versions have one.
    let version = event.data["version"].as_i64()?;
    model::wants(&endpoint.kinds.0, &event.kind).then(|| made(endpoint, version, row.object, &event, now)).and_then(Result::ok)
}

/// A delivery of an event: its body is fixed here, so that each attempt sends the same bytes.
pub fn made(endpoint: &EndpointRow, number: i64, object: uuid::Uuid, event: &Event, now: Time) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: Id::new(now),
        endpoint_id: endpoint.id,
        number,
        object_id: object,
        kind: event.kind.clone(),
        body: serde_json::to_string(event).map_err(Error::internal)?,
        state: DeliveryState::Waiting,
        attempts: 0,
        due_at: now,
        made_at: now,
        sent_at: None,
        status: None,
        fault: None,
    })
}
