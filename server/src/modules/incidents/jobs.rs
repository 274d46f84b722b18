//! What is done in the background.

use std::{sync::Arc, time::Duration};

use ::jobs::{Every, Worker};

use super::{
    actions::{Due, REVIEW_DUE, review_due},
    learn::learn,
};
use crate::app::Shared;

/// Adds this slice's jobs to a worker: learning from corrections every two minutes, the timers of reviews.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (learning, reviewing) = (Arc::clone(app), Arc::clone(app));
    worker
        .every("classifier.learn", Every::new(Duration::from_mins(2)))
        .on("classifier.learn", move |_, _: serde_json::Value| {
            let app = Arc::clone(&learning);
            async move { learn(&app).await.map(drop) }
        })
        .on(REVIEW_DUE, move |context, due: Due| {
            let app = Arc::clone(&reviewing);
            async move { review_due(&app, &context, &due).await }
        })
}
