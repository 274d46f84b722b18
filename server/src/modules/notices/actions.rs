//! What happens to notices: told, read, forgotten.

use db::Tx;
use kernel::{Error, Id, Result, Time};
use uuid::Uuid;

use super::{
    model::{Item, Notice},
    store,
};
use crate::app::App;

/// How long read notices and sent messages are kept.
const KEPT_DAYS: i64 = 90;

/// Tells accounts that something happened, in the transaction in which it happens: one statement however many are told, none for nobody.
///
/// An account that is named twice for the same thing is told once.
pub async fn tell(tx: &mut Tx, now: Time, notices: &[Notice]) -> Result<()> {
    let mut once: Vec<Notice> = Vec::with_capacity(notices.len());
    for notice in notices {
        let same = |n: &Notice| (n.to, n.kind, n.object) == (notice.to, notice.kind, notice.object);
        if !once.iter().any(same) {
            once.push(notice.clone());
        }
    }
    if once.is_empty() { Ok(()) } else { store::insert(tx, now, &once).await }
}

/// Marks a notice as read; not found when it is another person's.
pub async fn read(tx: &mut Tx, account: Uuid, id: Id<Item>, now: Time) -> Result<()> {
    if store::read(tx, account, id, now).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// Forgets everything that this slice knows of an account, for erasure.
pub async fn forget(tx: &mut Tx, account: Uuid) -> Result<()> {
    store::forget(tx, account).await
}

/// Removes read notices and sent messages after 90 days, and says how many rows. Run it once a day.
pub async fn tidy(app: &App) -> Result<u64> {
    let mut tx = app.db.begin();
    let gone = store::forget_old(&mut tx, app.clock.now().plus_days(-KEPT_DAYS)).await?;
    tx.commit().await?;
    Ok(gone)
}
