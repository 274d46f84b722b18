//! 交接班: one shift hands its open cases to the next, and both confirm it.

use db::Tx;
use kernel::{Actor, Error, Id, Result, Scope, Time};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{optional, required};
use crate::{
    app::App,
    modules::{
        access::{self, audit::Audit},
        incidents::store::handover::{self as rows, Handover, HandoverRow},
        notices::{self, Notice},
        org::{Person, Unit},
    },
};

/// The most cases that a hand-over lists; their number is kept beside.
const MOST_ITEMS: i64 = 100;

kernel::codes! {
    /// A shift is handed to somebody else than oneself, and only that one takes it over.
    NOT_THE_RECEIVER = "not-the-receiver";
    /// The hand-over was confirmed already.
    ALREADY_CONFIRMED = "already-confirmed";
}

/// 交班: what is open is listed by the system, never typed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The unit whose shift it is.
    #[schema(value_type = uuid::Uuid)]
    pub unit: Id<Unit>,
    /// Which shift, such as 夜班.
    pub shift: String,
    /// Who takes over.
    #[schema(value_type = uuid::Uuid)]
    pub to: Id<Person>,
    /// What the next shift has to know.
    #[serde(default)]
    pub words: String,
}

/// 接班.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TakeOver {
    /// What is to be said.
    pub words: String,
}

/// Hands a shift over, which is the first confirmation; the receiver is told.
pub async fn hand_over(tx: &mut Tx, app: &App, now: Time, actor: &Actor, scope: &Scope, body: &HandOver) -> Result<HandoverRow> {
    let shift = required("shift", &body.shift, 50)?.to_owned();
    let words = text::redact(optional("words", &body.words, 2_000)?).text;
    let org = app.org.directory();
    let unit =
        org.value.unit(body.unit).filter(|u| scope.holds(&u.path)).ok_or_else(|| Error::invalid("unit", "unknown-unit"))?;
    let person = org.value.person(body.to).ok_or_else(|| Error::invalid("to", "unknown-person"))?;
    let account = access::store::account_of_person(tx, body.to.uuid()).await?;
    let to_by = account.ok_or_else(|| Error::invalid("to", "no-account"))?;
    if to_by == actor.id {
        return Err(Error::refused(NOT_THE_RECEIVER));
    }
    let (items, open_cases, emergencies) = rows::open_items(tx, &Scope::under([unit.path.clone()]), MOST_ITEMS).await?;
    let row = HandoverRow {
        id: Id::new(now),
        unit_id: unit.id,
        unit_path: unit.path.clone(),
        shift,
        from_by: actor.id,
        from_name: actor.name.clone(),
        to_by,
        to_name: person.name.to_owned(),
        at: now,
        words,
        items: db::Json(items),
        open_cases,
        emergencies,
        confirmed_at: None,
        answer: None,
    };
    rows::insert(tx, &row).await?;
    record(tx, now, actor, "duty.hand-over", &row).await?;
    let params = serde_json::json!({ "unit": unit.name, "open": open_cases, "emergencies": emergencies });
    let (object_kind, object) = ("handover", row.id.uuid());
    let notice = Notice { to: to_by, kind: "duty-handed-over", object_kind, object, params, urgent: emergencies > 0 };
    notices::tell(tx, now, &[notice]).await?;
    Ok(row)
}

/// The receiver confirms: the shift is taken over.
pub async fn take_over(
    tx: &mut Tx,
    now: Time,
    actor: &Actor,
    scope: &Scope,
    id: Id<Handover>,
    body: &TakeOver,
) -> Result<HandoverRow> {
    let words = text::redact(optional("words", &body.words, 1_000)?).text;
    let mut row = rows::find(tx, scope, id).await?;
    if row.to_by != actor.id {
        return Err(Error::refused(NOT_THE_RECEIVER));
    }
    if !rows::confirm(tx, id, now, &words).await? {
        return Err(Error::refused(ALREADY_CONFIRMED));
    }
    record(tx, now, actor, "duty.take-over", &row).await?;
    (row.confirmed_at, row.answer) = (Some(now), Some(words));
    Ok(row)
}

async fn record(tx: &mut Tx, now: Time, actor: &Actor, action: &'static str, row: &HandoverRow) -> Result<()> {
    let audit = Audit::new(action, "handover", row.id.uuid()).under(&row.unit_path).with("open", row.open_cases);
    audit.with("emergencies", row.emergencies).record(tx, now, actor).await
}
