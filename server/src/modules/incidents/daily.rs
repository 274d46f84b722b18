//! What comes by the day, not by a case's own clock: archiving, erasing, and the hand-over of leaves.

use std::{sync::Arc, time::Duration};

use ::jobs::{Every, Worker};

use super::actions::{SCRUB, Scrub, away, expire, put_away, scrub};
use crate::app::Shared;

/// Adds the jobs: archiving every hour, erasing at half past two in the night, hand-overs every minute.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (archive, leaves) = (Arc::clone(app), Arc::clone(app));
    let (expiring, scrubbing) = (Arc::clone(app), Arc::clone(app));
    // Half past two in the night at UTC+8 is 18:30 in UTC.
    let night = Every::new(Duration::from_hours(24)).shifted(Duration::from_mins(18 * 60 + 30));
    worker
        .every("incidents.archive", Every::new(Duration::from_hours(1)).sweeping())
        .on("incidents.archive", move |_, _: serde_json::Value| {
            let app = Arc::clone(&archive);
            async move { put_away(&app).await.map(drop) }
        })
        .every("incidents.expire", night)
        .on("incidents.expire", move |_, _: serde_json::Value| {
            let app = Arc::clone(&expiring);
            async move { expire(&app).await.map(drop) }
        })
        .on(SCRUB, move |_, left: Scrub| {
            let app = Arc::clone(&scrubbing);
            async move { scrub(&app, &left).await }
        })
        .every(away::SWEEP, Every::new(Duration::from_mins(1)).sweeping())
        .on(away::SWEEP, move |_, _: serde_json::Value| {
            let app = Arc::clone(&leaves);
            async move { away::sweep(&app).await.map(drop) }
        })
}
