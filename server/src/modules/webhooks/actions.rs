//! What administrators do with receivers: enter, change, rotate the secret, try, take out, send a dead letter again.

use db::{Json, Tx};
use kernel::{Actor, Error, FieldError, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    feed::{made, soon},
    model::{
        Delivery, DeliveryState, Endpoint, EndpointView, Event, Fault, NOT_A_DEAD_LETTER, PING, RECEIVER_OFF, kinds, message_id,
        shown_secret, target,
    },
    reach::Reach,
    send::SECRET,
    store::{self, Counted, DeliveryRow, EndpointRow},
};
use crate::{
    app::App,
    modules::access::{audit, audit::Audit},
};

/// How long the secret before the present one signs too, so that a receiver can change at leisure.
const OVERLAP_HOURS: i64 = 24;
/// How many receivers a district may have.
const MOST: usize = 20;
/// How long what arrived is kept, in days.
const KEPT_DAYS: i64 = 30;

/// A receiver to be entered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// What the district calls it, at most sixty characters.
    pub name: String,
    /// Where it is: `https`, an address that is public or lies in a network that the district named.
    pub url: String,
    /// The kinds of events it wants, such as `incident.resolve`; all when empty.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// What is changed in a receiver; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointChange {
    /// Another name.
    pub name: Option<String>,
    /// Another address.
    pub url: Option<String>,
    /// Other kinds.
    pub kinds: Option<Vec<String>>,
    /// On or off. Switched on again it is told what happens from then on.
    pub enabled: Option<bool>,
}

/// A secret, shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Shown {
    /// The receiver.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id<Endpoint>,
    /// `whsec_` and the secret in base64.
    pub secret: String,
}

/// A delivery as administrators see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Delivery>,
    /// What the receiver reads as `webhook-id`.
    message: String,
    kind: String,
    object: uuid::Uuid,
    state: DeliveryState,
    attempts: i64,
    /// When it is tried next, while it waits.
    due_at: Option<Time>,
    made_at: Time,
    sent_at: Option<Time>,
    /// The status of the last answer.
    status: Option<i64>,
    /// Why the last attempt failed.
    fault: Option<Fault>,
    /// What is sent.
    #[schema(value_type = Object)]
    event: serde_json::Value,
}

/// As administrators see it.
pub fn seen(d: DeliveryRow) -> DeliveryView {
    DeliveryView {
        message: message_id(d.id),
        event: serde_json::from_str(&d.body).unwrap_or_default(),
        due_at: (d.state == DeliveryState::Waiting).then_some(d.due_at),
        id: d.id,
        kind: d.kind,
        object: d.object_id,
        state: d.state,
        attempts: d.attempts,
        made_at: d.made_at,
        sent_at: d.sent_at,
        status: d.status,
        fault: d.fault,
    }
}

/// A receiver with what became of its deliveries.
pub fn counted(c: Counted) -> EndpointView {
    EndpointView {
        id: c.id,
        name: c.name,
        url: c.url,
        kinds: c.kinds.0,
        enabled: c.enabled,
        made_at: c.made_at,
        before_until: c.before_until,
        waiting: c.waiting,
        dead: c.dead,
        sent_at: c.sent_at,
    }
}

fn named(name: &str) -> Result<String> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Error::invalid("name", "required")),
        1..=60 => Ok(text::redact(name).text),
        _ => Err(Error::Invalid(vec![FieldError::new("name", "too-long").with("limit", 60)])),
    }
}

fn wanted(list: &[String]) -> Result<Json<Vec<String>>> {
    let known = kinds();
    let mut list = list.to_vec();
    list.sort();
    list.dedup();
    match list.iter().find(|k| !known.contains(k)) {
        Some(_) => Err(Error::invalid("kinds", "unknown-kind")),
        None => Ok(Json(list)),
    }
}

fn fresh_secret() -> [u8; 32] {
    rand::random()
}

/// Enters a receiver, which is told what happens from now on.
pub async fn create(tx: &mut Tx, app: &App, who: &Actor, body: &NewEndpoint) -> Result<Shown> {
    let now = app.clock.now();
    let (name, kinds) = (named(&body.name)?, wanted(&body.kinds)?);
    target(&body.url, &Reach::of(app))?;
    if store::all(tx).await?.len() >= MOST {
        return Err(Error::Invalid(vec![FieldError::new("name", "too-many").with("limit", MOST)]));
    }
    let secret = fresh_secret();
    let endpoint = EndpointRow {
        id: Id::new(now),
        name,
        url: body.url.clone(),
        kinds,
        secret: app.keys.seal(&secret, SECRET)?,
        secret_before: None,
        before_until: None,
        enabled: true,
        fed: audit::last_number(tx).await?,
        made_at: now,
    };
    store::insert(tx, &endpoint).await?;
    Audit::new("webhook.create", "webhook", endpoint.id.uuid()).record(tx, now, who).await?;
    Ok(Shown { id: endpoint.id, secret: shown_secret(&secret) })
}

async fn found(tx: &mut Tx, id: Id<Endpoint>) -> Result<EndpointRow> {
    store::find(tx, id).await?.ok_or(Error::NotFound)
}

/// Changes a receiver.
pub async fn change(tx: &mut Tx, app: &App, who: &Actor, id: Id<Endpoint>, body: &EndpointChange) -> Result<()> {
    let mut endpoint = found(tx, id).await?;
    let mut fields = vec![];
    if let Some(name) = &body.name {
        endpoint.name = named(name)?;
        fields.push("name");
    }
    if let Some(url) = &body.url {
        target(url, &Reach::of(app))?;
        endpoint.url.clone_from(url);
        fields.push("url");
    }
    if let Some(kinds) = &body.kinds {
        endpoint.kinds = wanted(kinds)?;
        fields.push("kinds");
    }
    if let Some(enabled) = body.enabled {
        if enabled && !endpoint.enabled {
            endpoint.fed = audit::last_number(tx).await?;
        }
        endpoint.enabled = enabled;
        fields.push("enabled");
    }
    store::save(tx, &endpoint).await?;
    if endpoint.enabled {
        soon(tx, app.clock.now()).await?;
    }
    let row = Audit::new("webhook.change", "webhook", id.uuid()).with("fields", fields).with("enabled", endpoint.enabled);
    row.record(tx, app.clock.now(), who).await
}

/// A new secret; the one before it signs too for a day.
pub async fn rotate(tx: &mut Tx, app: &App, who: &Actor, id: Id<Endpoint>) -> Result<Shown> {
    let now = app.clock.now();
    let mut endpoint = found(tx, id).await?;
    let secret = fresh_secret();
    let before = std::mem::replace(&mut endpoint.secret, app.keys.seal(&secret, SECRET)?);
    (endpoint.secret_before, endpoint.before_until) = (Some(before), Some(now.plus_minutes(OVERLAP_HOURS * 60)));
    store::save(tx, &endpoint).await?;
    Audit::new("webhook.rotate", "webhook", id.uuid()).record(tx, now, who).await?;
    Ok(Shown { id, secret: shown_secret(&secret) })
}

/// Takes a receiver out. What it was sent stays in the log for its thirty days.
pub async fn end(tx: &mut Tx, app: &App, who: &Actor, id: Id<Endpoint>) -> Result<()> {
    let now = app.clock.now();
    found(tx, id).await?;
    store::end(tx, id, now).await?;
    Audit::new("webhook.end", "webhook", id.uuid()).record(tx, now, who).await
}

/// Sends a receiver an event that says nothing.
pub async fn ping(tx: &mut Tx, app: &App, who: &Actor, id: Id<Endpoint>) -> Result<DeliveryView> {
    let now = app.clock.now();
    let endpoint = found(tx, id).await?;
    if !endpoint.enabled {
        return Err(Error::refused(RECEIVER_OFF));
    }
    let event = Event { kind: PING.to_owned(), timestamp: now, data: serde_json::json!({ "id": id }) };
    let delivery = made(&endpoint, 0, id.uuid(), &event, now)?;
    store::enter(tx, std::slice::from_ref(&delivery)).await?;
    soon(tx, now).await?;
    Audit::new("webhook.ping", "webhook", id.uuid()).record(tx, now, who).await?;
    Ok(seen(delivery))
}

/// Sends a dead letter again, under its old id.
pub async fn resend(tx: &mut Tx, app: &App, who: &Actor, id: Id<Endpoint>, delivery: Id<Delivery>) -> Result<DeliveryView> {
    let now = app.clock.now();
    if !found(tx, id).await?.enabled {
        return Err(Error::refused(RECEIVER_OFF));
    }
    store::delivery(tx, id, delivery).await?.ok_or(Error::NotFound)?;
    if !store::revive(tx, delivery, now).await? {
        return Err(Error::refused(NOT_A_DEAD_LETTER));
    }
    soon(tx, now).await?;
    Audit::new("webhook.resend", "webhook", id.uuid()).with("delivery", delivery.to_string()).record(tx, now, who).await?;
    store::delivery(tx, id, delivery).await?.map(seen).ok_or(Error::NotFound)
}

/// Forgets what arrived or was given up thirty days ago. Run it once a day.
pub async fn tidy(app: &App) -> Result<u64> {
    let mut tx = app.db.begin();
    let gone = store::forget(&mut tx, app.clock.now().plus_days(-KEPT_DAYS)).await?;
    tx.commit().await?;
    Ok(gone)
}
