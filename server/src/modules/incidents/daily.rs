//! What comes by the day, not by a case's own clock: archiving, and the hand-over of leaves.

use std::{sync::Arc, time::Duration};

use ::jobs::{Every, Worker};

use super::actions::{away, put_away};
use crate::app::Shared;

/// Adds the jobs: archiving every hour, hand-overs every minute.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (archive, leaves) = (Arc::clone(app), Arc::clone(app));
    worker
        .every("incidents.archive", Every::new(Duration::from_hours(1)))
        .on("incidents.archive", move |_, _: serde_json::Value| {
            let app = Arc::clone(&archive);
            async move { put_away(&app).await.map(drop) }
        })
        .every(away::SWEEP, Every::new(Duration::from_mins(1)))
        .on(away::SWEEP, move |_, _: serde_json::Value| {
            let app = Arc::clone(&leaves);
            async move { away::sweep(&app).await.map(drop) }
        })
}
