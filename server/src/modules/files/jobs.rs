//! What is removed in the background.

use std::{sync::Arc, time::Duration};

use blob::Key;
use jobs::{Every, Worker};
use kernel::Result;
use serde::Deserialize;

use super::store;
use crate::app::{App, Shared};

/// How long an upload may wait for the command that claims it.
const CLAIM_HOURS: i64 = 24;
/// Rows of one transaction, and contents of one question.
const BATCH: usize = 500;

/// What a periodic job is given; only that it is an object matters here.
#[derive(Deserialize)]
struct Tick {}

/// Adds this slice's jobs to a worker: [`collect`] each hour, [`sweep`] at three in the night.
#[must_use]
pub fn work(worker: Worker, app: &Shared) -> Worker {
    let (collecting, sweeping) = (Arc::clone(app), Arc::clone(app));
    // Three in the night at UTC+8 is 19:00 in UTC.
    let night = Every::new(Duration::from_hours(24)).shifted(Duration::from_hours(19));
    worker
        .every("files.collect", Every::new(Duration::from_hours(1)).sweeping())
        .on("files.collect", move |_, _: Tick| {
            let app = Arc::clone(&collecting);
            async move { collect(&app).await.map(drop) }
        })
        .every("files.sweep", night)
        .on("files.sweep", move |_, _: Tick| {
            let app = Arc::clone(&sweeping);
            async move { sweep(&app).await.map(drop) }
        })
}

/// Forgets uploads that nobody claimed within a day, and says how many. Their contents go with the next [`sweep`]. Run it hourly.
pub async fn collect(app: &App) -> Result<u64> {
    let before = app.clock.now().plus_minutes(-60 * CLAIM_HOURS);
    let mut gone = 0;
    loop {
        let mut tx = app.db.begin();
        let some = store::forget_unclaimed(&mut tx, before, BATCH as i64).await?;
        tx.commit().await?;
        gone += some;
        if some < BATCH as u64 || app.is_stopping() {
            return Ok(gone);
        }
    }
}

/// Removes contents that no row names, and says how many. Run it once a day, at night: it reads every name in the store.
///
/// A young content may belong to an upload whose row is not committed yet, so only those that were put more than a day ago are removed.
pub async fn sweep(app: &App) -> Result<u64> {
    let before = app.clock.now().plus_minutes(-60 * CLAIM_HOURS);
    let (mut gone, mut after) = (0, None);
    loop {
        let page = app.blob.list(after, BATCH).await?;
        let Some(last) = page.last() else { return Ok(gone) };
        after = Some(last.key);
        let old: Vec<Key> = page.iter().filter(|e| e.put_at < before).map(|e| e.key).collect();
        gone += remove(app, &old).await?;
        if app.is_stopping() {
            return Ok(gone);
        }
    }
}

/// Removes those of these contents that no row names any more, and says how many.
pub async fn remove(app: &App, keys: &[Key]) -> Result<u64> {
    let mut gone = 0;
    for some in keys.chunks(BATCH) {
        let used = store::used(&mut *app.db.read().await?, some).await?;
        for key in some.iter().filter(|k| !used.iter().any(|u| u == k.bytes())) {
            gone += u64::from(app.blob.delete(*key).await?);
        }
    }
    Ok(gone)
}
