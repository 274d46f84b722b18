//! The relay: what happens a moment after a commit.
//!
//! Every process runs one. It seals the audit record (only the process that holds the lease does), hands the sealed rows to those
//! who follow what changes, and reads again what other processes have changed. It is woken by commits of its own process and looks
//! twice a second for those of others; with nothing to do a round is one indexed read for itself and one for each
//! follower, and writes nothing.

use std::{pin::Pin, sync::Arc, time::Duration};

use db::{bind, sql};
use kernel::{Error, Result};
use tokio::{sync::Notify, task::JoinHandle};
use uuid::Uuid;

use crate::{
    app::{App, Shared},
    modules::{
        access::{
            audit::{self, Sealed},
            chain,
        },
        incidents, notices, webhooks,
    },
};

/// How often it looks when nothing wakes it.
const ROUND: Duration = Duration::from_millis(500);
/// How long the last round may take when the process ends.
const LAST: Duration = Duration::from_secs(10);
/// How long it lets commits gather after it was woken, so that a busy second is ten batches and not a thousand.
const GATHER: Duration = Duration::from_millis(100);
/// How long the lease holds after the last batch, in milliseconds: what callers wait at most for their changes after a process was killed. A
/// process that is late by more only loses the lead; two that seal at once are told apart by the numbers of the record.
pub const LEASE: i64 = 2_000;
/// How often snapshots are compared with their revisions, in milliseconds.
const REFRESH: i64 = 1_000;
/// Rows handed to followers at once.
const HANDED: usize = 1_000;

/// Somebody who follows what changes: called with sealed rows in the order of their numbers, again with the same rows when it failed.
pub struct Follower {
    /// For the log.
    pub name: &'static str,
    /// Whether only the process that seals calls it (what is written once for the district), or every process (what each one's own
    /// callers are told).
    pub once: bool,
    /// What it does.
    pub follow: for<'a> fn(&'a App, &'a [Sealed]) -> Following<'a>,
}

/// A follower at work.
pub type Following<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Everybody who follows, in order. A slice that wants to adds its line here.
pub const FOLLOWERS: &[Follower] = &[
    Follower { name: "streams", once: false, follow: notices::follow },
    Follower {
        name: "search",
        once: true,
        follow: |app, _| {
            Box::pin(async move {
                // One run takes some two hundred cases; an import leaves many more.
                while incidents::search::index(app).await? > 0 && !app.is_stopping() {}
                Ok(())
            })
        },
    },
    Follower { name: "webhooks", once: true, follow: webhooks::follow },
];

/// What one relay knows from round to round.
pub struct Relay {
    me: Uuid,
    followers: &'static [Follower],
    /// The last number that each follower has taken.
    taken: Vec<i64>,
    leads: bool,
    refreshed_at: i64,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Rows that got their numbers from this process.
    pub sealed: usize,
    /// The newest number that every follower has taken.
    pub last_number: i64,
}

impl Relay {
    /// A relay that follows from now on.
    pub async fn new(app: &App) -> Result<Self> {
        Self::with(app, FOLLOWERS).await
    }

    /// The same with other followers.
    pub async fn with(app: &App, followers: &'static [Follower]) -> Result<Self> {
        let last = audit::last_number(&mut *app.db.read().await?).await?;
        let me = kernel::Id::<Self>::new(app.clock.now()).uuid();
        Ok(Self { me, followers, taken: vec![last; followers.len()], leads: false, refreshed_at: 0 })
    }

    /// One round: seal, hand on, refresh.
    pub async fn step(&mut self, app: &App) -> Result<Round> {
        let sealed = self.seal(app).await?;
        self.hand_on(app).await?;
        let now = app.clock.now().millis();
        if (now - self.refreshed_at).abs() >= REFRESH {
            self.refreshed_at = now;
            app.refresh().await?;
            incidents::watch::share(app).await?;
        }
        Ok(Round { sealed, last_number: self.taken.iter().copied().min().unwrap_or(0) })
    }

    async fn seal(&mut self, app: &App) -> Result<usize> {
        let mut sealed = 0;
        loop {
            let Some(batch) = chain::prepare(&mut *app.db.read().await?).await? else { break };
            let mut tx = app.db.begin();
            let now = app.clock.now();
            let statement = sql!(
                "insert into lease (name, holder, until) values ('relay', $1, $2)
                 on conflict (name) do update set holder = excluded.holder, until = excluded.until
                 where lease.holder = excluded.holder or lease.until < $3"
            );
            self.leads = tx.execute(statement, bind![self.me, now.plus_millis(LEASE), now]).await? == 1;
            if !self.leads {
                break;
            }
            match batch.write(&mut tx).await {
                Ok(()) => tx.commit().await?,
                // Another process took over between our look and our turn; the next round sees its work.
                Err(Error::Stale) => break,
                Err(error) => return Err(error),
            }
            sealed += batch.len();
            if let Some(anchor) = batch.anchor() {
                chain::keep(&app.config.data, anchor)?;
            }
            if batch.len() < chain::BATCH {
                break;
            }
        }
        Ok(sealed)
    }

    async fn hand_on(&mut self, app: &App) -> Result<()> {
        for (follower, taken) in self.followers.iter().zip(&mut self.taken) {
            if follower.once && !self.leads {
                continue;
            }
            loop {
                let rows = audit::after(&mut *app.db.read().await?, *taken, HANDED).await?;
                let Some(last) = rows.last().map(|r| r.number) else { break };
                if let Err(error) = (follower.follow)(app, &rows).await {
                    tracing::warn!(follower = follower.name, %error, "what changed was not taken; it is tried again");
                    break;
                }
                *taken = last;
                if rows.len() < HANDED {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Gives the lease back, so that the next process need not wait for its end.
    pub async fn leave(&self, app: &App) -> Result<()> {
        let mut tx = app.db.begin();
        tx.execute(sql!("delete from lease where name = 'relay' and holder = $1"), bind![self.me]).await?;
        tx.commit().await
    }
}

/// A relay in the background.
pub struct Running {
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Running {
    /// Seals what is left, gives the lease back and ends.
    pub async fn stop(self) {
        self.stop.notify_one();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the relay ended badly");
        }
    }
}

/// Runs the relay until it is stopped.
pub fn spawn(app: Shared) -> Running {
    with(app, FOLLOWERS)
}

fn with(app: Shared, followers: &'static [Follower]) -> Running {
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    Running { stop, task: tokio::spawn(async move { run(&app, &stopped, followers).await }) }
}

async fn run(app: &App, stop: &Notify, followers: &'static [Follower]) {
    let mut relay = None;
    loop {
        // A round may have much to catch up with; the end does not wait for it. What it had begun is undone, and the next one begins there.
        tokio::select! {
            () = stop.notified() => break,
            () = turn(app, &mut relay, followers) => {}
        }
    }
    // Before the end it seals what is left, but a long tail waits for the next start rather than keep a service manager waiting.
    match tokio::time::timeout(LAST, round(app, &mut relay, followers)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last round of the relay failed; the next start goes on"),
        Err(_) => tracing::info!("the record is not sealed to its end; the next start goes on"),
    }
    if let Some(relay) = relay
        && let Err(error) = relay.leave(app).await
    {
        tracing::warn!(%error, "the relay's lease was not given back; it ends by itself");
    }
}

/// Waits until something wakes it or it is time to look, then does a round.
async fn turn(app: &App, relay: &mut Option<Relay>, followers: &'static [Follower]) {
    tokio::select! {
        () = app.wake.notified() => tokio::time::sleep(GATHER).await,
        () = tokio::time::sleep(ROUND) => {}
    }
    if let Err(error) = round(app, relay, followers).await {
        tracing::warn!(%error, "a round of the relay failed; the next one goes on");
    }
}

async fn round(app: &App, relay: &mut Option<Relay>, followers: &'static [Follower]) -> Result<()> {
    if relay.is_none() {
        *relay = Some(Relay::with(app, followers).await?);
    }
    match relay {
        Some(relay) => relay.step(app).await.map(|_| ()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use testkit::Engine;

    use super::*;
    use crate::testing::TestApp;

    /// How often the follower was called, and that it was, by engine: their tests run side by side.
    static CALLS: [(AtomicUsize, Notify); 2] =
        [(AtomicUsize::new(0), Notify::const_new()), (AtomicUsize::new(0), Notify::const_new())];

    fn calls(engine: Engine) -> &'static (AtomicUsize, Notify) {
        &CALLS[usize::from(engine == Engine::Postgres)]
    }

    /// Never ends the first time.
    fn endless(app: &App) -> Following<'_> {
        let (count, called) = calls(app.db.engine());
        Box::pin(async move {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                called.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    const ENDLESS: &[Follower] = &[Follower { name: "endless", once: false, follow: |app, _| endless(app) }];

    testkit::both! {
        async fn the_end_does_not_wait_for_a_round_that_has_much_to_catch_up_with(engine: Engine) {
            let app = TestApp::new(engine).await;
            let relay = with(Arc::clone(&app.app), ENDLESS);
            // The relay follows from its first round on, so rows are written until it has taken one up.
            let writing = async {
                loop {
                    let mut tx = app.db.begin();
                    audit::Audit::new("test", "test", Uuid::nil()).record(&mut tx, app.now(), &kernel::Actor::system()).await.unwrap();
                    tx.commit().await.unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                () = calls(engine).1.notified() => {}
                () = writing => {}
            }
            relay.stop().await;
            assert!(calls(engine).0.load(Ordering::SeqCst) >= 2, "the last round hands on what the one before could not");
        }
    }
}
