//! `GET /events`: what changes, as server-sent events.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, request::Parts},
    response::{Sse, sse::Event},
};
use futures_util::{Stream, stream};
use kernel::{Id, Result, Time};
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{
    hub::{Batch, Seat, Sight, quiet},
    model::Item,
    store,
};
use crate::{
    app::Shared,
    http::Answer,
    modules::access::{
        audit::{self, Sealed},
        sessions,
    },
    sight,
};

/// A line that keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Sessions also end by time, which no row tells.
const CHECK: Duration = Duration::from_mins(1);
/// How long rows are told again, in days.
const KEPT_DAYS: i64 = 7;
/// Rows that are told again; whoever missed more reads everything anew.
const MOST_MISSED: usize = 1_000;
/// Notices that are told again; the list has them all.
const MOST_NOTICES: i64 = 50;
/// Objects of one event.
const MOST_OBJECTS: usize = 200;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What changes within the caller's sight: events `change` `{number, objects: [{kind, id}]}`, `notice` `{id}` of the caller's own
/// notices, and `reload` when more was missed than is told again. `Last-Event-ID` resumes within seven days. In the quiet hours only urgent
/// notices come; the others follow when these end.
#[utoipa::path(get, path = "/api/v1/events", tag = "notices",
    params(("Last-Event-ID" = Option<i64>, Header, description = "the last `id` that the caller saw")),
    responses((status = 200, content_type = "text/event-stream", body = String)),
    extensions(("x-permission" = json!("logged-in"))))]
pub async fn events(
    State(app): State<Shared>,
    parts: Parts,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>> {
    let me = sessions::current(&app, &parts).await?;
    let since = last_event_id(&parts.headers);
    let mut listener = Listener {
        // The place is taken before the rows are read, so that none falls in between.
        seat: Seat::take(&app, me.actor.id)?,
        account: me.actor.id,
        session: me.id,
        sight: Sight::of(&me.actor),
        app,
        parts,
        last: 0,
        told: 0,
        quiet: None,
        ready: VecDeque::new(),
        beat_at: Instant::now() + HEARTBEAT,
        check_at: Instant::now() + CHECK,
    };
    listener.begin(since).await?;
    Ok(Sse::new(stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })))
}

fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    headers.get(LAST_EVENT_ID)?.to_str().ok()?.trim().parse().ok()
}

/// One open stream.
struct Listener {
    app: Shared,
    /// What the request showed, to ask again whether its session still stands.
    parts: Parts,
    account: Uuid,
    session: Uuid,
    sight: Sight,
    seat: Seat,
    /// The last row that was looked at.
    last: i64,
    /// The last number that the client was told.
    told: i64,
    /// The quiet hours that this listener lives through.
    quiet: Option<(Time, Time)>,
    ready: VecDeque<Event>,
    beat_at: Instant,
    check_at: Instant,
}

impl Listener {
    /// Starts where the client left off, or now.
    async fn begin(&mut self, since: Option<i64>) -> Result<()> {
        self.quiet = quiet(&self.app, self.app.clock.now())?;
        if let Some(number) = since {
            return if self.catch_up(number).await? { Ok(()) } else { Err(kernel::Error::Unauthenticated) };
        }
        self.last = audit::last_number(&mut *self.app.db.read().await?).await?;
        // An id without data is no event, but from now on the client knows where to resume.
        self.push(Event::default());
        Ok(())
    }

    /// The next event; nothing when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let stands = match timeout_at(self.beat_at.min(self.check_at), self.seat.next()).await {
                Ok(Some(batch)) => self.hear(&batch).await,
                Ok(None) => self.catch_up(self.last).await,
                Err(_) => self.idle().await,
            };
            match stands {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    tracing::debug!(%error, "a stream ends, its client comes again");
                    return None;
                }
            }
        }
    }

    /// Takes what is for this listener from a batch; false when the session has ended.
    async fn hear(&mut self, batch: &Arc<Batch>) -> Result<bool> {
        // The numbers have no gap: what lies between was sealed elsewhere before the relay of this process began, and is read with this batch.
        if batch.changes.first().is_some_and(|c| c.number > self.last + 1) {
            let stands = self.catch_up(self.last).await?;
            self.mind_quiet().await?;
            return Ok(stands);
        }
        if !self.stands_after(&batch.changes).await? {
            return Ok(false);
        }
        self.tell(&batch.changes, &batch.beside);
        self.announce(batch.notices.get(&self.account).into_iter().flatten());
        self.mind_quiet().await?;
        Ok(true)
    }

    /// Tells what waited when the quiet hours are over.
    async fn mind_quiet(&mut self) -> Result<()> {
        let now = self.app.clock.now();
        if let Some(hours) = self.quiet.take_if(|(_, end)| *end <= now) {
            let mut conn = self.app.db.read().await?;
            let waited = store::waited(&mut conn, self.account, hours, MOST_NOTICES).await?;
            drop(conn);
            self.announce(waited.iter().map(|t| &t.id));
        }
        if self.quiet.is_none() {
            self.quiet = quiet(&self.app, now)?;
        }
        Ok(())
    }

    /// A heartbeat, and now and then the question whether the session still stands.
    async fn idle(&mut self) -> Result<bool> {
        self.mind_quiet().await?;
        let now = Instant::now();
        if now >= self.check_at {
            self.check_at = now + CHECK;
            if !self.stands().await? {
                return Ok(false);
            }
        }
        if now >= self.beat_at {
            self.beat_at = now + HEARTBEAT;
            // Rows that were not for this listener count as heard.
            if self.told < self.last {
                self.push(Event::default());
            } else {
                self.ready.push_back(Event::default().comment(""));
            }
        }
        Ok(true)
    }

    /// Whether the caller still is who he was after these rows.
    async fn stands_after(&mut self, changes: &[Sealed]) -> Result<bool> {
        Ok(!changes.iter().any(|c| c.object == self.session || c.object == self.account) || self.stands().await?)
    }

    /// Asks who the caller is now: grants may have changed, or the session ended.
    async fn stands(&mut self) -> Result<bool> {
        match sessions::peek(&self.app, &self.parts).await {
            Ok(me) => {
                self.sight = Sight::of(&me.actor);
                Ok(true)
            }
            Err(kernel::Error::Unauthenticated) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tells the rows after `number` from the database, or that there are too many; false when the session has ended.
    async fn catch_up(&mut self, number: i64) -> Result<bool> {
        let mut conn = self.app.db.read().await?;
        // The number first: a row that is sealed between the two readings is then among the rows, or comes with the next batch.
        let newest = audit::last_number(&mut conn).await?;
        let rows = audit::after(&mut conn, number, MOST_MISSED + 1).await?;
        let kept = self.app.clock.now().plus_days(-KEPT_DAYS);
        let Some(first) = rows.first() else {
            // A number from the future is another database's, restored since.
            self.last = newest;
            self.push(if number > newest { reload() } else { Event::default() });
            return Ok(true);
        };
        if rows.len() > MOST_MISSED || first.at < kept || first.number != number + 1 {
            drop(conn);
            self.last = newest;
            self.push(reload());
            return self.stands().await;
        }
        let since = first.at.plus_minutes(-1);
        let told = store::unread_since(&mut conn, self.account, since, MOST_NOTICES).await?;
        let beside = sight::beside(&mut conn, &rows).await?;
        drop(conn);
        if !self.stands_after(&rows).await? {
            return Ok(false);
        }
        self.tell(&rows, &beside);
        let waits = |t: &&store::Told| !t.urgent && self.quiet.is_some_and(|(began, end)| (began..end).contains(&t.made_at));
        let told: Vec<Id<Item>> = told.iter().filter(|t| !waits(t)).map(|t| t.id).collect();
        self.announce(told.iter());
        Ok(true)
    }

    fn tell(&mut self, changes: &[Sealed], beside: &HashMap<Uuid, Vec<String>>) {
        let Some(newest) = changes.last().map(|c| c.number).filter(|n| *n > self.last) else { return };
        let mut objects: Vec<(&str, Uuid)> = Vec::new();
        let in_sight = |c: &&Sealed| {
            let others = beside.get(&c.object).into_iter().flatten().map(String::as_str);
            self.sight.holds(&c.object_kind, std::iter::once(c.path.as_str()).chain(others))
        };
        for change in changes.iter().filter(|c| c.number > self.last).filter(in_sight) {
            if !objects.contains(&(change.object_kind.as_str(), change.object)) {
                objects.push((&change.object_kind, change.object));
            }
        }
        self.last = newest;
        if objects.len() > MOST_OBJECTS {
            self.push(reload());
        } else if !objects.is_empty() {
            let objects: Vec<_> = objects.into_iter().map(|(kind, id)| json!({"kind": kind, "id": id})).collect();
            let data = json!({"number": newest, "objects": objects});
            self.push(Event::default().event("change").data(data.to_string()));
        }
    }

    fn announce<'a>(&mut self, notices: impl Iterator<Item = &'a Id<Item>>) {
        for id in notices {
            self.push(Event::default().event("notice").data(json!({"id": id}).to_string()));
        }
    }

    /// Every event bears the number up to which the client then knows everything.
    fn push(&mut self, event: Event) {
        self.told = self.last;
        self.ready.push_back(event.id(self.last.to_string()));
    }
}

fn reload() -> Event {
    Event::default().event("reload").data("{}")
}
