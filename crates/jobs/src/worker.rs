//! The loop that does the work.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use db::{Conn, Db};
use kernel::{Clock, Error, Result, Time};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::task::{AbortHandle, JoinSet};

use crate::{Claimed, Every, Job, LONGEST_LEASE, Outcome, bell, claim, extend, fail, finish, job, release, tick};

/// The first wait of a worker that finds nothing; it doubles.
const SHORTEST_NAP: Duration = Duration::from_millis(20);

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many jobs at the same time.
    pub at_once: usize,
    /// How long a claim lasts without a sign of life; at most [`LONGEST_LEASE`].
    pub lease: Duration,
    /// The longest wait before it looks again: what a job enqueued by another process may lose.
    pub longest_nap: Duration,
    /// How long it lets running jobs finish when it is told to stop.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { at_once: 4, lease: LONGEST_LEASE, longest_nap: Duration::from_secs(1), grace: Duration::from_secs(20) }
    }
}

/// What a handler is given beside the payload.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// The job.
    pub job: Claimed,
    finished: Arc<AtomicBool>,
}

impl Context {
    /// Ends the job in the transaction of its effect, so that the effect happens once. See [`finish`].
    pub async fn finish(&self, conn: &mut Conn) -> Result<()> {
        finish(conn, self.clock.now(), &self.job).await?;
        self.finished.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Gives the job back when by `now` its instant has not come: the clock was set back after the claim. True when it did; then there is nothing
    /// else to do than to commit, and the job comes again at its instant. For handlers that do nothing when they come early.
    pub async fn not_yet(&self, conn: &mut Conn, now: Time) -> Result<bool> {
        if now >= self.job.run_at {
            return Ok(false);
        }
        release(conn, &self.job).await?;
        self.finished.store(true, Ordering::SeqCst);
        Ok(true)
    }
}

type Handler = Arc<dyn Fn(Context) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// Claims jobs and hands them to the handlers of their kinds. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    clock: Clock,
    settings: Settings,
    handlers: Arc<HashMap<&'static str, Handler>>,
    periodic: Vec<(&'static str, Every)>,
    /// The last tick of each periodic kind that this worker put into the queue, to spare a write at each look.
    ticked: Arc<Mutex<HashMap<&'static str, Time>>>,
}

impl Worker {
    /// A worker without handlers.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, settings: Settings::default(), handlers: Arc::default(), periodic: Vec::new(), ticked: Arc::default() }
    }

    /// With other settings.
    #[must_use]
    pub fn with(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Does jobs of this kind with this handler, which gets the payload as its own type. Jobs of other kinds are left for other workers.
    #[must_use]
    pub fn on<P, F, Answer>(mut self, kind: &'static str, handler: F) -> Self
    where
        P: DeserializeOwned,
        F: Fn(Context, P) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = move |context: Context| -> Pin<Box<dyn Future<Output = Result<()>> + Send>> {
            match serde_json::from_value(context.job.payload.clone()) {
                Ok(payload) => Box::pin(handler(context, payload)),
                Err(e) => Box::pin(std::future::ready(Err(Error::internal(format_args!("payload: {e}"))))),
            }
        };
        Arc::make_mut(&mut self.handlers).insert(kind, Arc::new(handler));
        self
    }

    /// Enqueues a job of this kind at each tick, with the payload `{"tick": "2025-01-26T00:00:00.000Z"}`.
    #[must_use]
    pub fn every(mut self, kind: &'static str, every: Every) -> Self {
        self.periodic.push((kind, every));
        self
    }

    /// Works until `stop` is ready, then claims nothing more and waits for what is running; what takes longer than the grace is
    /// given back.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut bell = bell::listen();
        let mut running = Running::default();
        let mut nap = SHORTEST_NAP;
        loop {
            let free = self.settings.at_once.max(1) - running.tasks.len();
            nap = match self.look(free).await {
                Ok(claimed) if claimed.is_empty() => (nap * 2).min(self.settings.longest_nap),
                Ok(claimed) => {
                    running.start(self, claimed);
                    SHORTEST_NAP
                }
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read");
                    self.settings.longest_nap
                }
            };
            let full = running.tasks.len() >= self.settings.at_once;
            tokio::select! {
                () = &mut stop => break,
                true = running.join_next() => {}
                _ = bell.changed(), if !full => nap = SHORTEST_NAP,
                () = tokio::time::sleep(nap), if !full => {}
            }
        }
        self.end(running).await;
    }

    /// Does everything that is due now, and what that enqueues for now, and says how many jobs ran. For tests and one-time commands.
    pub async fn run_due(&self) -> Result<usize> {
        let mut ran = 0;
        loop {
            let claimed = self.look(self.settings.at_once.max(1)).await?;
            if claimed.is_empty() {
                return Ok(ran);
            }
            ran += claimed.len();
            let mut running = Running::default();
            running.start(self, claimed);
            while running.join_next().await {}
        }
    }

    /// Enqueues the ticks that came, and claims up to `free` jobs.
    async fn look(&self, free: usize) -> Result<Vec<Claimed>> {
        if free == 0 {
            return Ok(Vec::new());
        }
        self.enqueue_ticks().await?;
        let kinds: Vec<&str> = self.handlers.keys().copied().collect();
        claim(&self.db, self.clock.now(), &kinds, free, self.settings.lease).await
    }

    async fn enqueue_ticks(&self) -> Result<()> {
        let now = self.clock.now();
        for (kind, every) in &self.periodic {
            let tick = every.tick(now);
            if self.ticked.lock().unwrap_or_else(PoisonError::into_inner).get(kind) == Some(&tick) {
                continue;
            }
            let job = Job::new(kind, json!({ "tick": tick })).at(tick).once(tick::KEY);
            let mut tx = self.db.begin();
            let new = job::insert(&mut tx, now, tick::id(kind, tick), &job).await?;
            if !new && every.sweeps && tick::forget_future(&mut tx, now, kind, tick).await? {
                job::insert(&mut tx, now, tick::id(kind, tick), &job).await?;
            }
            tx.commit().await?;
            self.ticked.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, tick);
        }
        Ok(())
    }

    /// Runs the handler and writes down what came of it.
    async fn work(&self, job: Claimed) {
        let Some(handler) = self.handlers.get(job.kind.as_str()) else { return };
        let finished = Arc::new(AtomicBool::new(false));
        let context = Context { db: self.db.clone(), clock: self.clock.clone(), job: job.clone(), finished: finished.clone() };
        let Some(result) = self.attended(&job, handler(context)).await else { return };
        let written = match result {
            Ok(()) if finished.load(Ordering::SeqCst) => Ok(()),
            Ok(()) => self.finish_alone(&job).await,
            Err(error) => self.fail(&job, &error).await,
        };
        // The lease ends by itself, and then the job is tried again.
        if let Err(error) = written {
            tracing::warn!(%error, kind = job.kind, id = %job.id, "the end of a job could not be written");
        }
    }

    /// Runs the handler while renewing its lease. A panic is an error; a lost lease drops the handler and gives `None`.
    async fn attended(&self, job: &Claimed, handler: Pin<Box<dyn Future<Output = Result<()>> + Send>>) -> Option<Result<()>> {
        let mut task = tokio::spawn(handler);
        let _guard = AbortOnDrop(task.abort_handle());
        loop {
            tokio::select! {
                result = &mut task => return Some(result.unwrap_or_else(|e| Err(Error::internal(format_args!("the handler stopped: {e}"))))),
                () = tokio::time::sleep(self.settings.lease / 3) => {}
            }
            match self.renew(job).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(kind = job.kind, id = %job.id, "the lease was lost while the handler ran");
                    return None;
                }
                Err(error) => tracing::warn!(%error, kind = job.kind, id = %job.id, "a lease could not be renewed"),
            }
        }
    }

    async fn renew(&self, job: &Claimed) -> Result<bool> {
        let mut tx = self.db.begin();
        let held = extend(&mut tx, self.clock.now(), job, self.settings.lease).await?;
        tx.commit().await?;
        Ok(held)
    }

    async fn finish_alone(&self, job: &Claimed) -> Result<()> {
        let mut tx = self.db.begin();
        finish(&mut tx, self.clock.now(), job).await?;
        tx.commit().await
    }

    async fn fail(&self, job: &Claimed, error: &Error) -> Result<()> {
        let mut tx = self.db.begin();
        let outcome = fail(&mut tx, self.clock.now(), job, error, rand::random()).await?;
        tx.commit().await?;
        match outcome {
            Outcome::Again(at) => tracing::info!(%error, kind = job.kind, id = %job.id, %at, "a job failed and is tried again"),
            Outcome::Dead => tracing::error!(%error, kind = job.kind, id = %job.id, "a job failed for good"),
            Outcome::Lost => tracing::warn!(%error, kind = job.kind, id = %job.id, "a job failed after its lease was lost"),
        }
        Ok(())
    }

    /// Waits for what is running as long as the grace allows, then drops it and gives it back.
    async fn end(&self, mut running: Running) {
        let all = async { while running.join_next().await {} };
        if tokio::time::timeout(self.settings.grace, all).await.is_ok() {
            return;
        }
        running.tasks.shutdown().await;
        for job in running.jobs.into_values() {
            let given_back = async {
                let mut tx = self.db.begin();
                release(&mut tx, &job).await?;
                tx.commit().await
            };
            if let Err(error) = given_back.await {
                tracing::warn!(%error, kind = job.kind, id = %job.id, "a job could not be given back; its lease will end");
            }
        }
    }
}

/// The jobs at work.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    jobs: HashMap<tokio::task::Id, Claimed>,
}

impl Running {
    fn start(&mut self, worker: &Worker, claimed: Vec<Claimed>) {
        for job in claimed {
            let (worker, held) = (worker.clone(), job.clone());
            let task = self.tasks.spawn(async move { worker.work(held).await });
            self.jobs.insert(task.id(), job);
        }
    }

    /// Waits for one to end; false when none is left.
    async fn join_next(&mut self) -> bool {
        let Some(ended) = self.tasks.join_next_with_id().await else { return false };
        self.jobs.remove(&ended.map_or_else(|e| e.id(), |(id, ())| id));
        true
    }
}

/// Ends the handler when whoever attends to it is dropped.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
