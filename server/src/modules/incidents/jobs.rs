//! What is done in the background.

use std::{sync::Arc, time::Duration};

use ::jobs::{Every, Worker};

use super::learn::learn;
use crate::app::Shared;

/// Adds this slice's jobs to a worker: learning from corrections every two minutes.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let learning = Arc::clone(app);
    worker.every("classifier.learn", Every::new(Duration::from_mins(2))).on("classifier.learn", move |_, _: serde_json::Value| {
        let app = Arc::clone(&learning);
        async move { learn(&app).await.map(drop) }
    })
}
