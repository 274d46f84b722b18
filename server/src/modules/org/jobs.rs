//! What is done in the background.

use std::{sync::Arc, time::Duration};

use jobs::{Every, Worker};
use serde::Deserialize;

use super::portraits;
use crate::app::Shared;

/// What a periodic job is given; only that it is an object matters here.
#[derive(Deserialize)]
struct Tick {}

/// Adds this slice's job to a worker: at half past three in the night the portraits of those who left go.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let expiring = Arc::clone(app);
    // Half past three in the night at UTC+8 is 19:30 in UTC.
    let night = Every::new(Duration::from_hours(24)).shifted(Duration::from_mins(19 * 60 + 30));
    worker.every("org.portraits", night).on("org.portraits", move |_, _: Tick| {
        let app = Arc::clone(&expiring);
        async move { portraits::expire(&app).await.map(drop) }
    })
}
