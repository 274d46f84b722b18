//! The duty roster: who is on duty where, and when.

use axum::{
    Json,
    extract::{Query, State},
};
use kernel::{Error, Id, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::model::{Duty, Person};
use crate::{
    app::Shared,
    http::{Allow, Answer},
    permit,
};

permit! {
    /// See who is on duty.
    ReadRoster = "duty.read";
}

/// The operations.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(roster))
}

/// Which roster.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// A unit's code.
    unit: String,
    /// The day, such as `2025-03-10`; today when it is left out.
    day: Option<String>,
}

/// A turn of duty.
#[derive(Serialize, ToSchema)]
struct DutyTurn {
    /// Who; a duty room may only have a telephone.
    #[schema(value_type = Option<uuid::Uuid>)]
    person: Option<Id<Person>>,
    name: Option<String>,
    phone: Option<String>,
    from: Time,
    to: Time,
    /// Whether it is this turn now.
    now: bool,
}

/// The roster of a unit on a day.
#[derive(Serialize, ToSchema)]
struct DutyRoster {
    unit: String,
    day: String,
    turns: Vec<DutyTurn>,
}

/// Who is on duty at a unit on a day, in order of time; a turn of the night belongs to both of its days.
#[utoipa::path(get, path = "/api/v1/duty", tag = "duty", params(Asked), responses((status = 200, body = DutyRoster)),
    extensions(("x-permission" = json!("duty.read"))))]
async fn roster(State(app): State<Shared>, caller: Allow<ReadRoster>, Query(asked): Query<Asked>) -> Answer<Json<DutyRoster>> {
    let (known, now) = (app.org.directory(), app.clock.now());
    let unit = known.value.unit_by_code(&asked.unit).filter(|u| caller.scope().holds(&u.path));
    let unit = unit.ok_or_else(|| Error::invalid("unit", "unknown-unit"))?;
    let day = match asked.day.as_deref() {
        None => app.zone.date(now),
        Some(day) => day.parse().map_err(|_| Error::invalid("day", "bad-date"))?,
    };
    let from = app.zone.instant(day.to_datetime(jiff::civil::Time::midnight()));
    let to = from.plus_days(1);
    let turn = |d: &Duty| DutyTurn {
        person: d.person,
        name: d.person.map(|p| known.value.name_of(p).to_owned()),
        phone: d.phone.clone(),
        from: d.from,
        to: d.to,
        now: d.from <= now && now < d.to,
    };
    let turns = known.value.turns(unit.id).filter(|d| d.from < to && d.to > from).map(turn).collect();
    Ok(Json(DutyRoster { unit: unit.name.clone(), day: day.to_string(), turns }))
}
