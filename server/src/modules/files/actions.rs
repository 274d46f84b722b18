//! What happens to photographs: uploaded, attached, forgotten.

use std::time::Duration;

use blob::{Key, photo};
use db::Tx;
use kernel::{Actor, ActorKind, Error, FieldError, Id, Result};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    model::{self, File, FileInfo},
    store::{self, Contents, Fresh},
};
use crate::{app::App, modules::access::audit::Audit};

kernel::codes! {
    /// Too many photographs are being worked on; the same upload may succeed in a moment.
    PHOTOS_BUSY = "photos-busy";
}

/// Decoding takes up to 600 MB and a second of a core, so few run at once, whoever asks.
static CLEANING: Semaphore = Semaphore::const_new(2);
/// How long an upload waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes a photograph: cleans it, keeps its content, and then, in one transaction, its row. Refuses with the codes of [`photo`].
///
/// A crash between content and row leaves a content without a row, which [`super::sweep`] removes.
///
/// `digest` is what the caller says the SHA-256 of the bytes is: others are refused, and the same bytes from the same account stay one upload
/// until something claims it, so that an answer that was lost costs nothing.
pub async fn upload(app: &App, actor: &Actor, body: Vec<u8>, digest: Option<[u8; 32]>) -> Result<FileInfo> {
    let now = app.clock.now();
    let source: [u8; 32] = Sha256::digest(&body).into();
    if digest.is_some_and(|said| said != source) {
        return Err(Error::invalid("Content-Digest", "other-content"));
    }
    if digest.is_some() && actor.kind != ActorKind::Anonymous {
        let mut tx = app.db.begin();
        if let Some(known) = store::again(&mut tx, actor.id, &source, now).await? {
            tx.commit().await?;
            return Ok(known);
        }
        tx.rollback().await?;
    }
    let photo = cleaned(body).await?;
    let (bytes, key) = (photo.jpeg.len(), photo.key);
    let fresh = Fresh {
        id: Id::new(now),
        key,
        thumb: Key::of(&photo.thumb),
        bytes,
        width: photo.width,
        height: photo.height,
        lon: photo.gps.map(|p| p.lon),
        lat: photo.gps.map(|p| p.lat),
        taken_at: photo.taken_at.as_deref().and_then(|t| model::taken_at(t, app.zone, now)),
        by: (actor.kind != ActorKind::Anonymous).then_some(actor.id),
        secret: actor.uploads,
        at: now,
        source,
    };
    app.blob.put(photo.jpeg.clone()).await?;
    app.blob.put(photo.thumb.clone()).await?;
    let mut tx = app.db.begin();
    store::insert(&mut tx, &fresh).await?;
    Audit::new("file.upload", "file", fresh.id.uuid()).record(&mut tx, now, actor).await?;
    tx.commit().await?;
    // The same bytes may have been removed in between, with the last thing that showed them; from here on the row keeps them.
    for (key, content) in [(fresh.key, photo.jpeg), (fresh.thumb, photo.thumb)] {
        if app.blob.read(key).await?.is_none() {
            app.blob.put(content).await?;
        }
    }
    Ok(FileInfo {
        id: fresh.id,
        width: fresh.width.into(),
        height: fresh.height.into(),
        lon: fresh.lon,
        lat: fresh.lat,
        taken_at: fresh.taken_at,
        purpose: None,
    })
}

async fn cleaned(body: Vec<u8>) -> Result<photo::Photo> {
    let busy = || Error::Busy { code: PHOTOS_BUSY, retry_after: Duration::from_secs(5) };
    let turn = tokio::time::timeout(PATIENCE, CLEANING.acquire()).await.map_err(|_| busy())?.map_err(Error::internal)?;
    let work = tokio::task::spawn_blocking(move || {
        // Held by the work itself: a caller who hangs up does not end the work, and its turn must not be given away.
        let _turn = turn;
        photo::clean(&body, &photo::Limits::default())
    });
    Ok(work.await.map_err(Error::internal)??)
}

/// Gives uploads to the thing that they show. One statement; a second one finds out what was wrong.
///
/// Refuses a photograph that is unknown, was uploaded by somebody else, or has an owner already with the field `photo_ids[i]`, and more than
/// [`model::MOST_PHOTOS`]. Whoever showed a secret with the upload shows it again; a program that showed none is known by the id alone.
pub async fn attach(
    tx: &mut Tx,
    actor: &Actor,
    ids: &[Id<File>],
    owner_kind: &str,
    owner: Uuid,
    purpose: &str,
) -> Result<Vec<FileInfo>> {
    model::check_list(ids)?;
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut claimed = store::claim(tx, actor, ids, owner_kind, owner, purpose).await?;
    if claimed.len() == ids.len() {
        claimed.sort_by_key(|file| file.id);
        return Ok(claimed);
    }
    let known = store::taken(tx, ids).await?;
    let why = |id| if known.contains(id) { "already-attached" } else { "unknown" };
    let wrong = ids.iter().enumerate().filter(|(_, id)| claimed.iter().all(|file| file.id != **id));
    Err(Error::Invalid(wrong.map(|(n, id)| FieldError::new(format!("photo_ids[{n}]"), why(id))).collect()))
}

/// Makes an upload the only photograph of a thing, without the place and the moment that its camera told. What hung there before is forgotten: when
/// the transaction is committed, give its keys to [`super::remove`]. Refuses an upload as [`attach`] does, with the field `photo_id`.
pub async fn put_only(
    tx: &mut Tx,
    actor: &Actor,
    id: Id<File>,
    owner_kind: &str,
    owner: Uuid,
    purpose: &str,
) -> Result<Vec<Key>> {
    let gone = forget(tx, owner_kind, owner).await?;
    attach(tx, actor, &[id], owner_kind, owner, purpose).await.map_err(|error| match error {
        Error::Invalid(fields) => Error::invalid("photo_id", fields.first().map_or("unknown", |f| f.code)),
        other => other,
    })?;
    store::strip(tx, id).await?;
    Ok(gone)
}

/// Forgets the photographs of a thing, for erasure; when the transaction is committed, give the keys to [`super::remove`].
pub async fn forget(tx: &mut Tx, owner_kind: &str, owner: Uuid) -> Result<Vec<Key>> {
    let gone = store::forget(tx, owner_kind, owner).await?;
    gone.iter().flat_map(|Contents { sha256, thumb_sha256 }| [sha256, thumb_sha256]).map(|hash| key(hash)).collect()
}

/// The key that a column holds.
pub fn key(hash: &[u8]) -> Result<Key> {
    hash.try_into().map(Key::from_bytes).map_err(|_| Error::internal("a hash in the table file has the wrong length"))
}
