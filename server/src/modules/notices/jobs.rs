//! What is done in the background.

use std::{sync::Arc, time::Duration};

use jobs::{Every, Worker};
use serde::Deserialize;

use super::{actions::tidy, mail::deliver};
use crate::app::Shared;

/// What a periodic job is given; only that it is an object matters here.
#[derive(Deserialize)]
struct Tick {}

/// Adds this slice's jobs to a worker: [`deliver`] each minute, [`tidy`] at four in the night.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (delivering, tidying) = (Arc::clone(app), Arc::clone(app));
    // Four in the night at UTC+8 is 20:00 in UTC.
    let night = Every::new(Duration::from_hours(24)).shifted(Duration::from_hours(20));
    worker
        .every("notices.deliver", Every::new(Duration::from_mins(1)).sweeping())
        .on("notices.deliver", move |_, _: Tick| {
            let app = Arc::clone(&delivering);
            async move { deliver(&app).await.map(drop) }
        })
        .every("notices.tidy", night)
        .on("notices.tidy", move |_, _: Tick| {
            let app = Arc::clone(&tidying);
            async move { tidy(&app).await.map(drop) }
        })
}
