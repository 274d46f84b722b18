//! What is done in the background.

use std::{sync::Arc, time::Duration};

use ::jobs::{Every, Worker};
use kernel::Error;

use super::{
    actions::{Due, Ground, OVER, Over, REVIEW_DUE, emergency, ladder::sweep, over, review_due, unanswered, whistle},
    daily,
    learn::learn,
};
use crate::app::Shared;

/// Acts on a case, and once more when somebody else was faster: two jobs of one case are often due at one instant.
macro_rules! settled {
    ($act:expr) => {
        async move {
            for _ in 0..TRIES {
                match $act.await {
                    Err(Error::Stale) => {}
                    other => return other,
                }
            }
            $act.await
        }
    };
}

/// Adds this slice's jobs to a worker: learning from corrections every two minutes, warnings, escalation and replies that are
/// overdue every minute, and the timers of cases.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (learning, reviewing, sweeping) = (Arc::clone(app), Arc::clone(app), Arc::clone(app));
    let (ringing, reminding) = (Arc::clone(app), Arc::clone(app));
    let (pausing, awaiting) = (Arc::clone(app), Arc::clone(app));
    summons(daily::work(worker, app), app)
        .every("incident.sweep", Every::new(Duration::from_mins(1)).sweeping())
        .on("incident.sweep", move |_, _: serde_json::Value| {
            let app = Arc::clone(&sweeping);
            async move { sweep(&app).await.map(drop) }
        })
        .every("supervision.unanswered", Every::new(Duration::from_mins(1)).sweeping())
        .on("supervision.unanswered", move |_, _: serde_json::Value| {
            let app = Arc::clone(&awaiting);
            async move { unanswered(&app).await.map(drop) }
        })
        .every("classifier.learn", Every::new(Duration::from_mins(2)).sweeping())
        .on("classifier.learn", move |_, _: serde_json::Value| {
            let app = Arc::clone(&learning);
            async move { learn(&app).await.map(drop) }
        })
        .on(REVIEW_DUE, move |context, due: Due| {
            let app = Arc::clone(&reviewing);
            async move { review_due(&app, &context, &due).await }
        })
        .on(emergency::RING, move |context, ring| {
            let app = Arc::clone(&ringing);
            settled!(emergency::ring(&app, &context, &ring))
        })
        .on(emergency::FIRST_BULLETIN, move |context, due| {
            let app = Arc::clone(&reminding);
            settled!(emergency::remind(&app, &context, &due))
        })
        .on(OVER, move |context, job: Over| {
            let app = Arc::clone(&pausing);
            async move {
                let ground = Ground::of(&app);
                let mut tx = app.db.begin();
                if context.not_yet(&mut tx, ground.now).await? {
                    return tx.commit().await;
                }
                ground.check(&mut tx).await?;
                over(&mut tx, &app, &ground, &job).await?;
                context.finish(&mut tx).await?;
                tx.commit().await
            }
        })
}

/// Adds the one job that looks whether summoned units reported in.
#[must_use]
pub fn summons(worker: Worker, app: &Shared) -> Worker {
    let missing = Arc::clone(app);
    worker.on(whistle::REPORT_BY, move |context, expected| {
        let app = Arc::clone(&missing);
        settled!(whistle::missing(&app, &context, &expected))
    })
}

/// How often a job that was overtaken tries again at once; the queue's own tries come after.
const TRIES: usize = 5;
