//! Who else looks at a case (同看): known for half a minute, and forgotten by itself.
//!
//! It keeps two people from doing the same at once, and nothing else: who looked when cannot be asked afterwards. A process knows its own
//! callers from memory. On PostgreSQL, where several may serve one district, each lets the others know by rows that are not logged: at most
//! a transaction a second, none while nobody looks. On SQLite one process serves, and nothing is ever written.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use db::{Conn, Engine};
use kernel::{Actor, Id, Result, Time};
use uuid::Uuid;

use super::{model::Incident, store};
use crate::app::App;

/// How long a look counts; a page that shows the case looks again before that.
pub const KEPT_SECONDS: i64 = 25;

/// A process that serves.
pub struct Node;

/// Somebody who looks at a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The case.
    pub case: Id<Incident>,
    /// Who.
    pub account: Uuid,
    /// As colleagues see it.
    pub name: String,
    /// Until when it counts.
    pub until: Time,
}

/// Who looks at which case at this process.
pub struct Watch {
    node: Id<Node>,
    cases: Mutex<HashMap<Id<Incident>, Vec<Look>>>,
    /// What the other processes were told last.
    told: Mutex<Vec<Look>>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { node: Id::from_uuid(Uuid::from_u128(rand::random())), cases: Mutex::default(), told: Mutex::default() }
    }
}

impl Watch {
    /// Notes that somebody looks at a case, or no longer does, and names the others who do.
    pub fn look(&self, case: Id<Incident>, who: &Actor, now: Time, leaving: bool) -> Vec<Look> {
        let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut cases, now);
        let looks = cases.entry(case).or_default();
        looks.retain(|l| l.account != who.id);
        let others = looks.clone();
        if leaving {
            if looks.is_empty() {
                cases.remove(&case);
            }
        } else {
            let until = now.plus_millis(KEPT_SECONDS * 1_000);
            looks.push(Look { case, account: who.id, name: who.name.clone(), until });
        }
        others
    }

    /// Everybody who looks now, in a fixed order.
    fn all(&self, now: Time) -> Vec<Look> {
        let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut cases, now);
        let mut all: Vec<Look> = cases.values().flatten().cloned().collect();
        all.sort_unstable_by_key(|l| (l.case.uuid(), l.account));
        all
    }
}

/// Everything that is over goes whenever anybody looks at anything.
fn forget(cases: &mut HashMap<Id<Incident>, Vec<Look>>, now: Time) {
    cases.retain(|_, looks| {
        looks.retain(|l| l.until > now);
        !looks.is_empty()
    });
}

/// Names the others who have a case open, at this process and at the others, and notes that the caller does, or no longer does.
pub async fn company(conn: &mut Conn, app: &App, case: Id<Incident>, who: &Actor, leaving: bool) -> Result<Vec<String>> {
    let (watch, now) = (&app.incidents.watch, app.clock.now());
    let mut others: Vec<(Uuid, String)> = watch.look(case, who, now, leaving).into_iter().map(|l| (l.account, l.name)).collect();
    if app.db.engine() == Engine::Postgres {
        let elsewhere = store::watch::elsewhere(conn, watch.node, case, now).await?;
        others.extend(elsewhere.into_iter().map(|l| (l.account, l.name)).filter(|l| l.0 != who.id));
    }
    others.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    others.dedup_by_key(|l| l.0);
    Ok(others.into_iter().map(|l| l.1).collect())
}

/// Lets the other processes know who looks here, when that is not what they know. Called by the relay, about once a second.
pub async fn share(app: &App) -> Result<()> {
    if app.db.engine() == Engine::Sqlite {
        return Ok(());
    }
    let (watch, now) = (&app.incidents.watch, app.clock.now());
    let looks = watch.all(now);
    if *watch.told.lock().unwrap_or_else(PoisonError::into_inner) == looks {
        return Ok(());
    }
    let mut tx = app.db.begin();
    store::watch::put(&mut tx, watch.node, &looks, now).await?;
    tx.commit().await?;
    *watch.told.lock().unwrap_or_else(PoisonError::into_inner) = looks;
    Ok(())
}
