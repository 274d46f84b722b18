//! What comes by the day, not by a case's own clock: archiving.

use std::{sync::Arc, time::Duration};

use ::jobs::{Every, Worker};

use super::actions::put_away;
use crate::app::Shared;

/// Adds the job: archiving every hour.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let archive = Arc::clone(app);
    worker.every("incidents.archive", Every::new(Duration::from_hours(1))).on(
        "incidents.archive",
        move |_, _: serde_json::Value| {
            let app = Arc::clone(&archive);
            async move { put_away(&app).await.map(drop) }
        },
    )
}
