//! Who listens to what changes, and how it reaches them.
//!
//! The relay hands every sealed row of the audit record to [`publish`] in the order of their numbers. A listener holds a place in one
//! shared buffer of batches, so that 5,000 of them cost their sockets and nothing more; one that falls behind the buffer reads the
//! rows again from the database.
//!
//! In the quiet hours a listener is told of urgent notices alone; what else was written waits and is told when they end. The list shows it
//! to whoever looks.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{Actor, Error, Id, Result, Scope, Time};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{
    model::{Item, QUIET},
    store,
};
use crate::{
    app::{App, Shared},
    modules::access::audit::Sealed,
    relay::Following,
    sight,
};

kernel::codes! {
    /// As many streams as one process or one account may hold are open.
    STREAMS_FULL = "streams-full";
}

/// Batches that a slow listener may fall behind.
const BATCHES: usize = 64;
/// Streams of one process.
const SEATS: usize = 6_000;
/// Streams of one account: browser tabs and a telephone.
const SEATS_EACH: usize = 20;
/// A notice is made at the beginning of a transaction and visible at its end; none takes longer than this.
const LATE_MILLIS: i64 = 30_000;

/// What listeners are told at once.
#[derive(Debug)]
pub struct Batch {
    /// In the order of their numbers.
    pub changes: Vec<Sealed>,
    /// The places beside their own from which the changed things are in sight.
    pub beside: HashMap<Uuid, Vec<String>>,
    /// New notices by account; in the quiet hours only urgent ones.
    pub notices: HashMap<Uuid, Vec<Id<Item>>>,
}

/// What this slice keeps in memory.
pub struct Memory {
    feed: broadcast::Sender<Arc<Batch>>,
    seats: Mutex<HashMap<Uuid, usize>>,
    /// Notices of the last moments that were announced.
    announced: Mutex<HashSet<Uuid>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { feed: broadcast::channel(BATCHES).0, seats: Mutex::default(), announced: Mutex::default() }
    }
}

impl Memory {
    /// How many streams are open.
    pub fn listeners(&self) -> usize {
        self.feed.receiver_count()
    }

    fn sit(&self, account: Uuid) -> Result<()> {
        let full = Error::Busy { code: STREAMS_FULL, retry_after: Duration::from_secs(30) };
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.values().sum::<usize>() >= SEATS || seats.get(&account).is_some_and(|n| *n >= SEATS_EACH) {
            return Err(full);
        }
        *seats.entry(account).or_default() += 1;
        Ok(())
    }

    fn rise(&self, account: Uuid) {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = seats.get_mut(&account) {
            *n -= 1;
            if *n == 0 {
                seats.remove(&account);
            }
        }
    }

    fn fresh(&self, told: Vec<store::Told>) -> HashMap<Uuid, Vec<Id<Item>>> {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        let now: HashSet<Uuid> = told.iter().map(|t| t.id.uuid()).collect();
        let mut fresh: HashMap<Uuid, Vec<Id<Item>>> = HashMap::new();
        for told in told.into_iter().filter(|t| !announced.contains(&t.id.uuid())) {
            fresh.entry(told.account).or_default().push(told.id);
        }
        *announced = now;
        fresh
    }
}

/// Tells every listener of this process what changed, and whoever was told something since the last call. Called by the relay of each
/// process with rows in the order of their numbers. At most two statements, none when nobody listens.
pub async fn publish(app: &App, changes: &[Sealed]) -> Result<()> {
    if changes.is_empty() || app.notices.listeners() == 0 {
        return Ok(());
    }
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let mut told = store::told_since(&mut conn, now.plus_millis(-LATE_MILLIS)).await?;
    let beside = sight::beside(&mut conn, changes).await?;
    drop(conn);
    if quiet(app, now)?.is_some() {
        told.retain(|t| t.urgent);
    }
    let batch = Batch { changes: changes.to_vec(), beside, notices: app.notices.fresh(told) };
    // An error says that the last listener left meanwhile.
    let _ = app.notices.feed.send(Arc::new(batch));
    Ok(())
}

/// The quiet hours that hold now: what is not urgent waits until they end.
pub fn quiet(app: &App, now: Time) -> Result<Option<(Time, Time)>> {
    app.access.setting(&QUIET, now).around(app.zone, now)
}

/// [`publish`] in the shape in which the relay calls it.
pub fn follow<'a>(app: &'a App, changes: &'a [Sealed]) -> Following<'a> {
    Box::pin(publish(app, changes))
}

/// A place in the feed, given back when it is dropped.
pub struct Seat {
    app: Shared,
    account: Uuid,
    feed: broadcast::Receiver<Arc<Batch>>,
}

impl Seat {
    /// Takes a place; `Busy` when there is none.
    pub fn take(app: &Shared, account: Uuid) -> Result<Self> {
        app.notices.sit(account)?;
        Ok(Self { app: Arc::clone(app), account, feed: app.notices.feed.subscribe() })
    }

    /// The next batch; nothing when some were missed.
    pub async fn next(&mut self) -> Option<Arc<Batch>> {
        self.feed.recv().await.ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.app.notices.rise(self.account);
    }
}

/// What an actor may hear of: objects of a kind within the scope of the permission to read that kind.
pub struct Sight(Vec<(&'static str, Scope)>);

impl Sight {
    /// By the permissions called `<kind>.read`.
    pub fn of(actor: &Actor) -> Self {
        let reads = actor.permissions().into_iter().filter_map(|p| Some((p, p.strip_suffix(".read")?)));
        Self(reads.map(|(p, kind)| (kind, actor.scope(kernel::Permission(p)))).collect())
    }

    /// Whether the actor may hear of a thing of this kind that is in sight from one of these places.
    pub fn holds<'p>(&self, kind: &str, mut paths: impl Iterator<Item = &'p str>) -> bool {
        paths.any(|path| self.0.iter().any(|(k, scope)| *k == kind && scope.holds(path)))
    }
}

#[cfg(test)]
mod tests {
    use kernel::{ActorKind, Permission};

    use super::*;

    #[test]
    fn one_hears_of_what_one_may_read() {
        let grants = [
            (Permission("incident.read"), Scope::under(["/1/2/"])),
            (Permission("incident.dispatch"), Scope::All),
            (Permission("org.read"), Scope::All),
        ];
        let sight = Sight::of(&Actor::new(Uuid::nil(), ActorKind::Person, "x", grants));
        let hears = |kind, paths: &[&str]| sight.holds(kind, paths.iter().copied());
        assert!(hears("incident", &["/1/2/3/"]) && hears("org", &["/9/"]) && hears("incident", &["/1/3/", "/1/2/4/"]));
        assert!(
            !hears("incident", &["/1/3/"]) && !hears("account", &["/1/2/"]) && !hears("inci", &["/1/2/"]) && !hears("org", &[])
        );
    }

    #[test]
    fn seats_are_counted_for_each_account() {
        let memory = Memory::default();
        let one = Uuid::from_u128(1);
        assert!((0..SEATS_EACH).all(|_| memory.sit(one).is_ok()));
        assert!(matches!(memory.sit(one), Err(Error::Busy { .. })) && memory.sit(Uuid::from_u128(2)).is_ok());
        memory.rise(one);
        assert!(memory.sit(one).is_ok());
        for n in 0..(SEATS - SEATS_EACH - 1) {
            memory.sit(Uuid::from_u128(10 + n as u128)).unwrap();
        }
        assert!(memory.sit(Uuid::from_u128(3)).is_err());
    }
}
