//! The loop that runs jobs in the background.

use std::{sync::Arc, time::Duration};

use jobs::{Every, Worker};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    app::Shared,
    modules::{access, admission, files, incidents, notices, org, webhooks},
};

/// A loop in the background that ends when it is told to.
pub struct Background {
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Background {
    /// Runs a loop that is given the signal to stop.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(run: impl FnOnce(Arc<Notify>) -> F) -> Self {
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(stop.clone()));
        Self { stop, task }
    }

    /// Tells it to stop and waits until it has finished what it began.
    pub async fn stop(self) {
        self.stop.notify_one();
        if let Err(e) = self.task.await {
            tracing::error!(error = %e, "a background loop ended badly");
        }
    }
}

/// Runs jobs until told to stop.
pub fn spawn(app: Shared) -> Background {
    Background::spawn(move |stop| async move { worker(&app).run(async move { stop.notified().await }).await })
}

/// The worker with every kind of job. Each slice adds its own.
pub fn worker(app: &Shared) -> Worker {
    let tidying = Arc::clone(app);
    let worker = Worker::new(app.db.clone(), app.clock.clone())
        .on("edge.tidy", move |_, _: serde_json::Value| {
            let app = Arc::clone(&tidying);
            async move { tidy(&app).await }
        })
        .every("edge.tidy", Every::new(Duration::from_hours(1)).sweeping());
    let worker = org::work(files::work(worker, app), app);
    webhooks::work(incidents::work(admission::work(notices::work(worker, app), app), app), app)
}

/// Forgets the answers of commands whose thirty days are over, sessions and links that have ended, and jobs that ended more than a week ago.
async fn tidy(app: &Shared) -> kernel::Result<()> {
    crate::http::forget_commands(app).await?;
    access::sweep(app).await?;
    let mut tx = app.db.begin();
    jobs::purge(&mut tx, app.clock.now().plus_days(-7)).await?;
    tx.commit().await
}
