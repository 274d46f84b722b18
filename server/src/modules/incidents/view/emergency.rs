//! What a desk sees of an emergency: what it asks for, and who answered.

use db::Conn;
use kernel::{Result, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ground, Named, unit_name};
use crate::{
    app::App,
    modules::{
        catalogue::Urgency,
        incidents::{
            rules::emergency::{EMERGENCY, EmergencyNumber},
            store::{Case, emergency as rows},
        },
    },
};

/// An emergency.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EmergencyView {
    /// What to call first.
    numbers: Vec<EmergencyNumber>,
    /// When the case became one.
    since: Time,
    /// When the first bulletin is due.
    first_due: Time,
    /// When it came.
    first_at: Option<Time>,
    /// When the final bulletin came; before it the case cannot be closed.
    final_at: Option<Time>,
    /// How many bulletins there are.
    bulletins: i64,
    /// When the note afterwards was written; before it the case cannot be archived.
    after_action_at: Option<Time>,
    desks: Vec<RungView>,
}

/// A desk that is rung until it answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RungView {
    unit: Named,
    rings: i64,
    rung_at: Option<Time>,
    acknowledged_at: Option<Time>,
    acknowledged_by: Option<String>,
}

/// The emergency of a case; no statement is spent on any other case.
pub async fn view(conn: &mut Conn, app: &App, ground: &Ground, case: &Case) -> Result<Option<EmergencyView>> {
    if case.urgency != Urgency::Emergency {
        return Ok(None);
    }
    let Some(row) = rows::of(conn, case.id).await? else { return Ok(None) };
    let bells = rows::bells(conn, case.id).await?;
    let this_round = row.round == case.round;
    let rung = |a: rows::BellRow| RungView {
        unit: unit_name(ground, a.unit_id),
        rings: a.rings,
        rung_at: a.rung_at,
        acknowledged_at: a.acknowledged_at,
        acknowledged_by: a.acknowledged_name,
    };
    Ok(Some(EmergencyView {
        numbers: app.access.setting(&EMERGENCY, ground.now).numbers,
        since: row.since,
        first_due: row.first_due,
        first_at: row.first_at.filter(|_| this_round),
        final_at: row.final_at.filter(|_| this_round),
        bulletins: row.bulletins,
        after_action_at: row.after_action_at,
        desks: bells.into_iter().map(rung).collect(),
    }))
}
