//! What is removed in the background.

use std::{sync::Arc, time::Duration};

use blob::{Blobs, Key};
use db::Db;
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
            gone += u64::from(delete(&app.db, &*app.blob, *key).await?);
        }
    }
    Ok(gone)
}

/// Deletes a content that no row named, and says whether it is gone. An upload of the same bytes may have committed its row in this instant: then the
/// content comes back. One that commits later finds it gone by itself, see [`super::actions::upload`].
async fn delete(db: &Db, blob: &dyn Blobs, key: Key) -> Result<bool> {
    let Some(content) = blob.get(key).await? else { return Ok(false) };
    blob.delete(key).await?;
    let named = !store::used(&mut *db.read().await?, &[key]).await?.is_empty();
    if named {
        blob.put(content).await?;
    }
    Ok(!named)
}

#[cfg(test)]
mod tests {
    use blob::{Entry, Files, Found, Future, Reading};
    use kernel::{Actor, Id, Time};
    use testkit::Engine;

    use super::{
        super::{model::File, store::Fresh},
        *,
    };
    use crate::testing::TestApp;

    /// A store that lets somebody else's upload of the same bytes commit just before a content is deleted.
    struct Raced<'a>(&'a Files, &'a TestApp);

    impl Blobs for Raced<'_> {
        fn put(&self, content: Vec<u8>) -> Future<'_, Key> {
            self.0.put(content)
        }
        fn get(&self, key: Key) -> Future<'_, Option<Vec<u8>>> {
            self.0.get(key)
        }
        fn read(&self, key: Key) -> Future<'_, Option<Reading>> {
            self.0.read(key)
        }
        fn delete(&self, key: Key) -> Future<'_, bool> {
            Box::pin(async move {
                named(self.1, key).await;
                self.0.delete(key).await
            })
        }
        fn list(&self, after: Option<Key>, limit: usize) -> Future<'_, Vec<Entry>> {
            self.0.list(after, limit)
        }
        fn verify(&self, key: Key) -> Future<'_, Found> {
            self.0.verify(key)
        }
    }

    async fn named(app: &TestApp, key: Key) {
        let (at, actor) = (Time::from_millis(1), Actor::system());
        let (id, by, secret): (Id<File>, _, _) = (Id::new(app.now()), Some(actor.id), None);
        let (lon, lat, taken_at, source) = (None, None, None, [0; 32]);
        let fresh = Fresh { id, key, thumb: key, bytes: 1, width: 1, height: 1, lon, lat, taken_at, by, secret, at, source };
        let mut tx = app.db.begin();
        store::insert(&mut tx, &fresh).await.unwrap();
        tx.commit().await.unwrap();
    }

    testkit::both! {
        async fn an_upload_in_the_instant_of_a_removal_keeps_its_picture(engine: Engine) {
            let app = TestApp::new(engine).await;
            let folder = tempfile::tempdir().unwrap();
            let blob = Files::open(folder.path()).unwrap();
            let key = blob.put(b"a picture".to_vec()).await.unwrap();
            assert!(!delete(&app.db, &Raced(&blob, &app), key).await.unwrap());
            assert_eq!(blob.get(key).await.unwrap().as_deref(), Some(&b"a picture"[..]));
            // Without such an upload it goes.
            let other = blob.put(b"another".to_vec()).await.unwrap();
            assert!(delete(&app.db, &blob, other).await.unwrap());
            assert!(blob.get(other).await.unwrap().is_none());
        }
    }
}
