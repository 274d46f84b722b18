//! What is done in the background.

use std::sync::Arc;

use ::jobs::Worker;

use super::burden::{REPLY_BY, unanswered};
use crate::app::Shared;

/// Adds this slice's job to a worker: the end of the time in which a unit has to answer a complaint.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let app = Arc::clone(app);
    worker.on(REPLY_BY, move |context, due| {
        let app = Arc::clone(&app);
        async move { unanswered(&app, &context, &due).await }
    })
}
