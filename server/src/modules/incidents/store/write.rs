//! What is written: cases, their history, their tasks, followers and answers.

use db::{Query, Tx, bind, sql};
use kernel::{Error, Id, Result, Time};
use uuid::Uuid;

use super::{Case, Entry, RatingRow, TaskRow};
use crate::modules::incidents::model::Incident;

/// Enters a new case.
pub async fn insert(tx: &mut Tx, c: &Case) -> Result<()> {
    let statement = sql!(
        "insert into incident (id, code, version, state, round, reported_at, channel, source, urgency, title, redacted, body_sealed, address,
         address_sealed, name_sealed, phone_sealed, phone_blind, confidential, reported_for, reported_by, lon, lat, datum, lon_given, lat_given,
         grid_id, matter_id, confidence, classified, rule, class, fields, owner_id, owner_path, filed_path, lead_unit, lead_person, handler,
         attention, yellow_at, red_at, next_at, due_at, paused, late, resolved_at, closed_at, result, public_reply, satisfied, reporters, photos,
         upstream_no, upstream_due, track_hash, fingerprint, call_at, opened_at, contact_by, contact_at, dispatches, misrouted, reworked, overran, checked)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
         $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57,
         $58, $59, $60, $61, $62, $63, $64, $65)"
    );
    let cells = bind![
        c.id,
        c.code,
        c.version,
        c.state,
        c.round,
        c.reported_at,
        c.channel,
        c.source,
        c.urgency,
        c.title,
        c.redacted,
        c.body_sealed,
        c.address,
        c.address_sealed,
        c.name_sealed,
        c.phone_sealed,
        c.phone_blind,
        c.confidential,
        c.reported_for,
        c.reported_by,
        c.lon,
        c.lat,
        c.datum,
        c.lon_given,
        c.lat_given,
        c.grid_id,
        c.matter_id,
        c.confidence,
        c.classified,
        c.rule,
        c.class,
        c.fields,
        c.owner_id,
        c.owner_path,
        c.filed_path,
        c.lead_unit,
        c.lead_person,
        c.handler,
        c.attention,
        c.yellow_at,
        c.red_at,
        c.next_at,
        c.due_at,
        c.paused,
        c.late,
        c.resolved_at,
        c.closed_at,
        c.result,
        c.public_reply,
        c.satisfied,
        c.reporters,
        c.photos,
        c.upstream_no,
        c.upstream_due,
        c.track_hash,
        c.fingerprint,
        c.call_at,
        c.opened_at,
        c.contact_by,
        c.contact_at,
        c.dispatches,
        c.misrouted,
        c.reworked,
        c.overran,
        c.checked
    ];
    tx.later(statement, cells).await?;
    tx.later(sql!("insert into incident_unindexed (incident_id) values ($1)"), bind![c.id]).await
}

/// Saves the instants of a case alone, for a repair: no step is entered and the version stays. `Stale` when somebody saved it since.
pub async fn rewind(tx: &mut Tx, c: &Case) -> Result<()> {
    let statement = sql!(
        "update incident set yellow_at = $3, red_at = $4, due_at = $5, next_at = $6, late = $7, overran = $8, paused = $9, paused_until = $10
         where id = $1 and version = $2"
    );
    let cells = bind![c.id, c.version, c.yellow_at, c.red_at, c.due_at, c.next_at, c.late, c.overran, c.paused, c.paused_until];
    if tx.execute(statement, cells).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Saves what can change in a case; `Stale` when somebody saved it since `version_before`.
pub async fn save(tx: &mut Tx, c: &Case, version_before: i64) -> Result<()> {
    let statement = sql!(
        "update incident set version = $3, state = $4, round = $5, urgency = $6, lon = $7, lat = $8, grid_id = $9, matter_id = $10, rule = $11,
         class = $12, fields = $13, owner_id = $14, owner_path = $15, lead_unit = $16, lead_person = $17, handler = $18, attention = $19,
         yellow_at = $20, red_at = $21, next_at = $22, due_at = $23, paused = $24, late = $25, resolved_at = $26, closed_at = $27, result = $28,
         public_reply = $29, satisfied = $30, reporters = $31, photos = $32, filed_path = $33,
         paused_until = $34, merged_into = $35, card = $36, call_at = $37, opened_at = $38, contact_by = $39, contact_at = $40, dispatches = $41,
         misrouted = $42, reworked = $43, overran = $44, checked = $45 where id = $1 and version = $2"
    );
    let cells = bind![
        c.id,
        version_before,
        c.version,
        c.state,
        c.round,
        c.urgency,
        c.lon,
        c.lat,
        c.grid_id,
        c.matter_id,
        c.rule,
        c.class,
        c.fields,
        c.owner_id,
        c.owner_path,
        c.lead_unit,
        c.lead_person,
        c.handler,
        c.attention,
        c.yellow_at,
        c.red_at,
        c.next_at,
        c.due_at,
        c.paused,
        c.late,
        c.resolved_at,
        c.closed_at,
        c.result,
        c.public_reply,
        c.satisfied,
        c.reporters,
        c.photos,
        c.filed_path,
        c.paused_until,
        c.merged_into,
        c.card,
        c.call_at,
        c.opened_at,
        c.contact_by,
        c.contact_at,
        c.dispatches,
        c.misrouted,
        c.reworked,
        c.overran,
        c.checked
    ];
    if tx.execute(statement, cells).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Appends to the history, all entries in one statement.
pub async fn append(tx: &mut Tx, case: Id<Incident>, entries: &[Entry]) -> Result<()> {
    let mut query = Query::new(
        "insert into incident_step (incident_id, n, id, at, round, action, state_before, state_after, actor_kind, actor_id, actor_name, words,
         words_sealed, reasons, is_public, clock, details, spoken) values",
    );
    let unsaid = entries.iter().find(|entry| !entry.is_said()).map(|entry| entry.action);
    debug_assert!(unsaid.is_none(), "the program says this in one language alone: {unsaid:?}");
    for (i, e) in entries.iter().enumerate() {
        let cells = bind![
            case,
            e.n,
            e.id,
            e.at,
            e.round,
            e.action,
            e.state_before,
            e.state_after,
            e.actor_kind,
            e.actor_id,
            e.actor_name,
            e.words,
            e.words_sealed,
            e.reasons,
            e.is_public,
            e.clock,
            e.details,
            e.spoken
        ];
        query = query.push_list(if i == 0 { "" } else { "," }, cells);
    }
    tx.later_query(query).await
}

/// Enters new tasks, all in one statement.
pub async fn offer(tx: &mut Tx, tasks: &[TaskRow]) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let mut query = Query::new(
        "insert into incident_task (id, incident_id, round, role, state, unit_id, unit_path, person_id, reasons, offered_at, accept_by, due_at,
         yellow_at, red_at, whistle_id, report_by, warn_at, binding) values",
    );
    for (i, t) in tasks.iter().enumerate() {
        let cells = bind![
            t.id,
            t.incident_id,
            t.round,
            t.role,
            t.state,
            t.unit_id,
            t.unit_path,
            t.person_id,
            t.reasons,
            t.offered_at,
            t.accept_by,
            t.due_at,
            t.yellow_at,
            t.red_at,
            t.whistle_id,
            t.report_by,
            t.warn_at,
            t.binding
        ];
        query = query.push_list(if i == 0 { "" } else { "," }, cells);
    }
    tx.later_query(query).await
}

/// Saves what can change in a task.
pub async fn save_task(tx: &mut Tx, t: &TaskRow) -> Result<()> {
    let statement = sql!(
        "update incident_task set state = $2, person_id = $3, accepted_at = $4, done_at = $5, accept_by = $6, due_at = $7, yellow_at = $8,
         red_at = $9, result = $10, words = $11, done_by = $12, report_by = $13, arrived_at = $14, unsigned = $15, signed_by = $16 where id = $1"
    );
    let cells = bind![
        t.id,
        t.state,
        t.person_id,
        t.accepted_at,
        t.done_at,
        t.accept_by,
        t.due_at,
        t.yellow_at,
        t.red_at,
        t.result,
        t.words,
        t.done_by,
        t.report_by,
        t.arrived_at,
        t.unsigned,
        t.signed_by
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Withdraws every open task of a case: before a new dispatch, and when the case ends otherwise.
pub async fn withdraw(tx: &mut Tx, case: Id<Incident>) -> Result<()> {
    let statement = sql!(
        "update incident_task set state = 'withdrawn', yellow_at = null, red_at = null where incident_id = $1 and state in ('offered', 'accepted', 'signing')"
    );
    tx.execute(statement, bind![case]).await.map(|_| ())
}

/// Another reporter joins an open case.
pub async fn follow(
    tx: &mut Tx,
    id: Uuid,
    case: Id<Incident>,
    at: Time,
    body: &[u8],
    phone: Option<(&[u8], &[u8])>,
    track: &[u8],
) -> Result<()> {
    let statement = sql!(
        "insert into incident_follower (id, incident_id, at, body_sealed, phone_sealed, phone_blind, track_hash) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    let (sealed, blind) = phone.map_or((None, None), |(s, b)| (Some(s.to_vec()), Some(b.to_vec())));
    tx.execute(statement, bind![id, case, at, body, sealed, blind, track]).await.map(|_| ())
}

/// Enters an answer of a reporter.
pub async fn rate(tx: &mut Tx, id: Uuid, case: Id<Incident>, r: &RatingRow) -> Result<()> {
    let statement = sql!(
        "insert into incident_rating (id, incident_id, round, at, asked_by, outcome, contacted, solved, satisfied, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let cells = bind![id, case, r.round, r.at, r.asked_by, r.outcome, r.contacted, r.solved, r.satisfied, r.reason];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Hands out a block of case numbers of a day and returns the first.
pub async fn numbers(tx: &mut Tx, day: &str, size: i64) -> Result<i64> {
    let statement = sql!(
        "insert into incident_number (day, next) values ($1, 1 + $2)
         on conflict (day) do update set next = incident_number.next + $2 returning next as value"
    );
    let next: Option<i64> = tx.value(statement, bind![day, size]).await?;
    next.map(|n| n - size).ok_or_else(|| Error::internal("no case number"))
}
