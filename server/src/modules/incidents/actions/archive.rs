//! 归档: by the system when the time has come, or by a desk before. An archived case is read-only: the table allows nothing from there.

use db::{Json, Tx};
use kernel::{Actor, Error, Result};

use super::{Change, emergency::looked_back};
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        incidents::{
            model::{Action, Reason},
            rules::{archive::ARCHIVE, emergency::may_archive, spoken::Spoken},
            store::{self, Case},
        },
    },
};

/// How many cases are archived in one transaction.
const BATCH: i64 = 50;

/// Puts a closed case away; an emergency only after its after-action note.
pub async fn archive(tx: &mut Tx, change: Change<'_>) -> Result<Case> {
    put(tx, change, vec![]).await
}

async fn put(tx: &mut Tx, mut change: Change<'_>, why: Vec<Reason>) -> Result<Case> {
    may_archive(change.case.urgency, looked_back(tx, &change.case).await?).map_err(Error::refused)?;
    let entry = change.act(Action::Archive)?;
    (entry.is_public, entry.reasons) = (false, Json(why));
    change.save(tx).await
}

/// Archives every case whose time has come, and says how many. Whoever is overtaken writes nothing: a case is archived once.
pub async fn put_away(app: &App) -> Result<usize> {
    let system = Actor::system();
    let mut count = 0;
    loop {
        let now = app.clock.now();
        let rule = app.access.setting(&ARCHIVE, now);
        let closed_by = rule.closed_by(now);
        let ripe = store::archive::due(&mut *app.db.read().await?, closed_by, BATCH).await?;
        if ripe.is_empty() {
            return Ok(count);
        }
        let mut tx = app.db.begin();
        store::hold_all(&mut tx, &ripe.iter().map(|c| c.id).collect::<Vec<_>>()).await?;
        for case in ripe {
            let change = Change::of(&mut tx, app, &system, case, None).await?;
            let why = Reason::said("archive-due", Spoken::ArchiveDue { days: rule.days.into() });
            put(&mut tx, change, vec![why]).await?;
            count += 1;
        }
        tx.commit().await?;
        if app.is_stopping() {
            return Ok(count);
        }
    }
}

/// Writes that somebody took a case's dossier away.
pub async fn dossier_taken(app: &App, who: &Actor, case: &Case) -> Result<()> {
    let mut tx = app.db.begin();
    let row = Audit::new("incident.dossier", "incident", case.id.uuid()).under(&case.owner_path);
    row.with("code", case.code.as_str()).with("version", case.version).record(&mut tx, app.clock.now(), who).await?;
    tx.commit().await
}
