//! What is done in the background.

use std::{sync::Arc, time::Duration};

use jobs::{Every, Worker};
use serde::Deserialize;

use super::{actions::tidy, feed::feed, send::deliver};
use crate::app::Shared;

/// The job that sends what is due.
pub const DELIVER: &str = "webhooks.deliver";

/// What a job is given; only that it is an object matters here.
#[derive(Deserialize)]
struct Tick {}

/// Adds this slice's jobs to a worker: each minute, and as soon as something was made, what is due goes out; at half past four in the
/// night old deliveries are forgotten.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (delivering, tidying) = (Arc::clone(app), Arc::clone(app));
    // Half past four in the night at UTC+8 is 20:30 in UTC.
    let night = Every::new(Duration::from_hours(24)).shifted(Duration::from_mins(20 * 60 + 30));
    worker
        .every(DELIVER, Every::new(Duration::from_mins(1)).sweeping())
        .on(DELIVER, move |_, _: Tick| {
            let app = Arc::clone(&delivering);
            async move {
                // What the relay of a process that died had sealed but not handed on.
                feed(&app).await?;
                deliver(&app).await.map(drop)
            }
        })
        .every("webhooks.tidy", night)
        .on("webhooks.tidy", move |_, _: Tick| {
            let app = Arc::clone(&tidying);
            async move { tidy(&app).await.map(drop) }
        })
}
