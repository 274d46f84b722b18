//! A link to how a case goes on that shows no words: made and ended by whoever holds the reporter's link.

use db::Tx;
use kernel::{Actor, Error, Result, Time};

use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        incidents::{
            store::{self, Case},
            track,
        },
    },
};

/// Shares a case, and gives the link's secret; the same one while it is shared. It is derived like the reporter's, so it need not be stored.
pub async fn share(tx: &mut Tx, app: &App, now: Time, actor: &Actor, case: &Case) -> Result<String> {
    let since = store::open::shared_at(tx, case.id).await?;
    let secret = track::of_share(&app.keys, case.id.uuid(), since.unwrap_or(now));
    if since.is_none() {
        store::open::share(tx, case.id, &track::hash(&secret), now).await?;
        Audit::new("incident.share", "incident", case.id).under(&case.owner_path).record(tx, now, actor).await?;
    }
    Ok(secret)
}

/// Ends the sharing; the next link will be another.
pub async fn unshare(tx: &mut Tx, now: Time, actor: &Actor, case: &Case) -> Result<()> {
    if !store::open::unshare(tx, case.id).await? {
        return Err(Error::NotFound);
    }
    Audit::new("incident.unshare", "incident", case.id).under(&case.owner_path).record(tx, now, actor).await
}
