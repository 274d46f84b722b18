//! 特急: urgency, acknowledgement, bulletins, the note afterwards.

use axum::extract::{Path, State};
use kernel::Id;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{answer, open};
use crate::{
    app::Shared,
    http::{Allow, Command, Outcome},
    modules::incidents::{actions::emergency as actions, model::Incident, view},
    permit,
};

permit! {
    /// Raise the urgency of a case.
    RaiseUrgency = "incident.raise_urgency";
    /// Answer for a duty desk that is rung.
    AnswerRing = "incident.acknowledge";
    /// Report on an emergency.
    SendBulletin = "incident.bulletin";
    /// Write what is learnt from an emergency.
    LookBack = "incident.after_action";
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(raise))
        .routes(routes!(acknowledge))
        .routes(routes!(bulletin))
        .routes(routes!(after_action))
}

/// Make a case more urgent, with a reason.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/urgency", tag = "emergencies", request_body = actions::Raise,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.raise_urgency"))))]
async fn raise(
    State(app): State<Shared>,
    who: Allow<RaiseUrgency>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Raise>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::raise(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Answer for the duty desks within reach: they are not rung again.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/acknowledge", tag = "emergencies", request_body = actions::Acknowledge,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.acknowledge"))))]
async fn acknowledge(
    State(app): State<Shared>,
    who: Allow<AnswerRing>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Acknowledge>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::acknowledge(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Send the first, a further or the final bulletin of an emergency.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/bulletins", tag = "emergencies", request_body = actions::NewBulletin,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.bulletin"))))]
async fn bulletin(
    State(app): State<Shared>,
    who: Allow<SendBulletin>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::NewBulletin>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::bulletin(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Write what happened, what was done and what is learnt.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/after-action", tag = "emergencies", request_body = actions::AfterAction,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.after_action"))))]
async fn after_action(
    State(app): State<Shared>,
    who: Allow<LookBack>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::AfterAction>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::after_action(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}
