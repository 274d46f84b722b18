//! What a partner unit sees by its link: its task, what was reported, where by the grid, until when. Nothing of the reporter, and no address.

use db::Conn;
use kernel::{Id, Result, Scope, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    actions::Ground,
    model::{Light, Outcome, Role, TaskState},
    store::{self, links::LinkRow},
    view::GridName,
};
use crate::{
    app::App,
    modules::{
        catalogue::Urgency,
        files::{self, File},
    },
};

/// What photographs of the report are kept as.
const REPORT: &str = "report";

/// The task as whoever holds its link sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartnerView {
    /// The case number.
    code: String,
    /// The unit whose task it is.
    unit: String,
    role: Role,
    state: TaskState,
    urgency: Urgency,
    /// The matter, as residents say it.
    matter: Option<String>,
    /// Its English name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter_en: Option<String>,
    /// What was reported, without personal data.
    text: String,
    grid: Option<GridName>,
    light: Light,
    /// By when the task has to be taken on, while it is offered.
    accept_by: Option<Time>,
    /// By when it has to be done.
    due_at: Option<Time>,
    /// What the unit wrote.
    words: Option<String>,
    result: Option<Outcome>,
    /// Photographs of the report.
    photos: Vec<uuid::Uuid>,
    /// Until when the link works.
    expires_at: Time,
    /// Until when the result must show a photograph; null where none is asked for.
    photo_until: Option<Time>,
    /// What can be done now: `accept`, `done`, `note`.
    may: Vec<&'static str>,
}

/// Whether a photograph is one of the report that the link's task belongs to.
pub async fn shows(conn: &mut Conn, link: &LinkRow, photo: Id<File>) -> Result<bool> {
    let photos = files::of(conn, "incident", link.incident_id.uuid()).await?;
    Ok(photos.iter().any(|p| p.id == photo && p.purpose.as_deref() == Some(REPORT)))
}

/// Puts together what the holder of a link sees.
pub async fn seen(conn: &mut Conn, app: &App, ground: &Ground, link: &LinkRow) -> Result<PartnerView> {
    let case = store::find(conn, &Scope::All, link.incident_id).await?;
    let task = store::tasks(conn, case.id).await?.into_iter().find(|t| t.id == link.task_id).ok_or(kernel::Error::NotFound)?;
    let photos = files::of(conn, "incident", case.id.uuid()).await?;
    let unit = |id: Id<_>| ground.org.value.unit(id);
    let light = if task.state.is_open() {
        Light::at(ground.now, task.yellow_at, task.red_at, case.paused.is_some())
    } else {
        Light::None
    };
    Ok(PartnerView {
        unit: unit(task.unit_id).map(|u| u.name.clone()).unwrap_or_default(),
        grid: case.grid_id.and_then(unit).map(|u| GridName { code: u.code.clone(), name: u.name.clone() }),
        matter: case.matter_id.and_then(|m| ground.catalogue.value.matter(m)).map(|m| m.spoken().to_owned()),
        matter_en: ground.catalogue.value.english(case.matter_id),
        photos: photos.into_iter().filter(|p| p.purpose.as_deref() == Some(REPORT)).map(|p| p.id.uuid()).collect(),
        photo_until: ground.photo_until(app, case.matter_id, case.urgency).filter(|_| task.role == Role::Lead),
        may: match task.state {
            TaskState::Offered => vec!["accept"],
            TaskState::Accepted => vec!["done", "note"],
            _ => vec![],
        },
        light,
        code: case.code,
        role: task.role,
        state: task.state,
        urgency: case.urgency,
        text: case.redacted,
        accept_by: task.accept_by.filter(|_| task.state == TaskState::Offered),
        due_at: task.due_at,
        words: task.words,
        result: task.result,
        expires_at: link.expires_at,
    })
}
