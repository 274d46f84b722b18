//! Archiving a case by hand, and its dossier.

use axum::{
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use kernel::Id;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{PutAway, TakeDossier, Versioned, answer, open, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    lang::Reader,
    modules::incidents::{
        actions::{self, Ground},
        dossier,
        model::Incident,
        store, view,
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(archive)).routes(routes!(one_dossier))
}

/// Archive a closed case before its time; it can only be read from then on.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/archive", tag = "incidents", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.archive"))))]
async fn archive(
    State(app): State<Shared>,
    who: Allow<PutAway>,
    Path(id): Path<Id<Incident>>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::archive(&mut work.tx, change).await?;
    answer(work, &app, &ground, &who, case).await
}

/// The whole case as one page to print or to keep, in Chinese unless the reader's language is given, with personal data masked; audited like an export.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/dossier", tag = "incidents", params(Reader), responses((status = 200, content_type = "text/html")),
    extensions(("x-permission" = json!("incident.dossier"))))]
async fn one_dossier(
    State(app): State<Shared>,
    who: Allow<TakeDossier>,
    Path(id): Path<Id<Incident>>,
    Query(reader): Query<Reader>,
) -> Answer<Response> {
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    let page = dossier::page(&mut conn, &app, &ground, &who, case.clone(), reader.lang.unwrap_or_default()).await?;
    drop(conn);
    actions::dossier_taken(&app, &who, &case).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, dossier::policy()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{}.html\"", case.code)),
    ];
    Ok((headers, page).into_response())
}
