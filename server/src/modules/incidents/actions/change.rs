//! The one way in which a case changes: load it, add entries to its history, recompute its clocks, save all of it.

use std::sync::Arc;

use db::{Conn, Json, Tx};
use kernel::{Actor, Error, Id, Result, Scope, Time, Zone};

use super::ladder;
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        admission::{self, InForce},
        catalogue::{AccessClass, Catalogue, Matter, NO_CALENDAR, Urgency},
        incidents::{
            clocks::{Clocks, Days, Event, Instants},
            model::{Action, Attention, CASE_ERASED, Incident, Reason, State, attention_list, attention_text},
            rules::{
                callback::CALLBACK,
                figures::{self, CONTACT},
                ladder::Fired,
                photos::{self, RESULT_PHOTOS},
            },
            store::{self, Case, Entry},
            transitions::transition,
        },
        org::Directory,
    },
    snapshot::{self, AsOf},
};

/// What decisions stand on: the snapshots as they were when the command came in.
pub struct Ground {
    /// Units, grids, posts.
    pub org: Arc<AsOf<Directory>>,
    /// Matters and the calendar.
    pub catalogue: Arc<AsOf<Catalogue>>,
    /// The access list in force.
    pub admission: Arc<AsOf<InForce>>,
    /// The instant of the command.
    pub now: Time,
}

impl Ground {
    /// The newest snapshots that this node has.
    pub fn of(app: &App) -> Self {
        Self { org: app.org.directory(), catalogue: app.catalogue.get(), admission: app.admission.get(), now: app.clock.now() }
    }

    /// `Stale` when another node has changed what was relied on.
    pub async fn check(&self, tx: &mut Tx) -> Result<()> {
        snapshot::check(tx, &self.relied_on()).await
    }

    /// Holds a transaction to the same: it is `Stale`, and nothing of it stays, when another node has changed what was relied on.
    pub fn hold(&self, tx: &mut Tx) {
        snapshot::hold(tx, &self.relied_on());
    }

    fn relied_on(&self) -> [(&'static str, i64); 3] {
        [("org", self.org.revision), ("catalogue", self.catalogue.revision), (admission::REVISION, self.admission.revision)]
    }

    /// Whose matter it is now, by the access list in force, else by the catalogue.
    pub fn class(&self, matter: &Matter) -> AccessClass {
        self.admission.value.class(matter, self.now)
    }

    /// Until when a result of this matter and urgency must show a photograph; nothing where none is asked for.
    pub fn photo_until(&self, app: &App, matter: Option<Id<Matter>>, urgency: Urgency) -> Option<Time> {
        let matter = matter.and_then(|m| self.catalogue.value.matter(m));
        photos::asked(app.access.open_until(&RESULT_PHOTOS, self.now), matter, urgency)
    }
}

/// What a case was before a command, as far as it tells whether it becomes an emergency by it.
struct Before {
    urgency: Urgency,
    round: i64,
    state: State,
}

/// A case being changed by one command.
pub struct Change<'a> {
    /// The app, for keys and the zone.
    pub app: &'a App,
    /// Who does it.
    pub actor: &'a Actor,
    /// When.
    pub now: Time,
    /// The case as it will be saved.
    pub case: Case,
    version_before: i64,
    before: Option<Before>,
    log: Vec<(Time, Event)>,
    fired: Vec<Fired>,
    entries: Vec<Entry>,
    counted: usize,
}

impl<'a> Change<'a> {
    /// Loads a case that the scope may see. `expected` is the version the caller saw; another one is `Stale`.
    pub async fn load(
        tx: &mut Tx,
        app: &'a App,
        actor: &'a Actor,
        scope: &Scope,
        id: Id<Incident>,
        expected: Option<i64>,
    ) -> Result<Self> {
        let case = store::hold(tx, scope, id).await?;
        Self::of(tx, app, actor, case, expected).await
    }

    /// The same for a case that was found otherwise; the caller holds it ([`store::hold`], [`store::hold_all`]).
    pub async fn of(conn: &mut Conn, app: &'a App, actor: &'a Actor, case: Case, expected: Option<i64>) -> Result<Self> {
        if case.erased_at.is_some() {
            return Err(Error::refused(CASE_ERASED));
        }
        if expected.is_some_and(|v| v != case.version) {
            return Err(Error::Stale);
        }
        let log = store::events(conn, case.id).await?;
        let fired = store::ladder::fired(conn, &[case.id]).await?;
        Ok(Self {
            app,
            actor,
            now: app.clock.now(),
            version_before: case.version,
            before: Some(Before { urgency: case.urgency, round: case.round, state: case.state }),
            case,
            log,
            fired,
            entries: vec![],
            counted: 0,
        })
    }

    /// A case that does not exist yet.
    pub fn new(app: &'a App, actor: &'a Actor, now: Time, case: Case) -> Self {
        Self { app, actor, now, version_before: 0, before: None, case, log: vec![], fired: vec![], entries: vec![], counted: 0 }
    }

    /// Takes an action by the table of transitions: the case moves, and its history gains an entry.
    pub fn act(&mut self, action: Action) -> Result<&mut Entry> {
        let to = transition(self.case.state, action)?.to;
        Ok(self.enter(action, to))
    }

    /// Adds an entry that is no transition: what the reporter adds, or the system does.
    pub fn enter(&mut self, action: Action, to: State) -> &mut Entry {
        let before = std::mem::replace(&mut self.case.state, to);
        self.case.version += 1;
        self.entries.push(Entry {
            n: self.case.version,
            id: Id::new(self.now),
            at: self.now,
            round: self.case.round,
            action,
            state_before: before,
            state_after: to,
            actor_kind: self.actor.kind.word().to_owned(),
            actor_id: self.actor.id,
            actor_name: self.actor.name.clone(),
            words: String::new(),
            words_sealed: None,
            reasons: Json(vec![]),
            is_public: true,
            clock: Json(vec![]),
            details: None,
            spoken: None,
        });
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }

    /// The entry that was added last.
    pub fn last(&mut self) -> Option<&mut Entry> {
        self.entries.last_mut()
    }

    /// Which attentions remain and which come: `keep` decides about those that are there.
    pub fn attend(&mut self, keep: impl Fn(Attention) -> bool, more: &[Attention]) {
        let mut list: Vec<Attention> = attention_list(&self.case.attention).into_iter().filter(|a| keep(*a)).collect();
        list.extend_from_slice(more);
        self.case.attention = attention_text(&list);
    }

    /// What the clocks show with the entries so far; also sets it on the case. A pause that an entry has ended is over.
    pub fn wind(&mut self, ground: &Ground) -> Result<Instants> {
        let catalogue = &ground.catalogue.value;
        let (clocks, by_newest) = self.clocks(catalogue, [])?;
        let shown = clocks.instants();
        let case = &mut self.case;
        if let Some(Json(rule)) = case.rule.as_mut().filter(|_| by_newest) {
            rule.calendar_version = catalogue.calendar_version();
        }
        (case.yellow_at, case.red_at, case.due_at) = (shown.yellow_at, shown.red_at, shown.due_at);
        case.late = shown.late;
        case.overran = shown.overran;
        if !shown.paused {
            (case.paused, case.paused_until) = (None, None);
        }
        let new = self.entries.iter().flat_map(|e| e.clock.0.iter().map(|c| (e.at, c)));
        let log = self.log.iter().map(|(at, e)| (*at, e)).chain(new);
        self.case.next_at = ladder::next_at(&self.case, log, &self.fired);
        Ok(shown)
    }

    /// What the clocks would show if these events came now, on top of the entries so far.
    pub fn would(&self, ground: &Ground, events: &[Event]) -> Result<Instants> {
        Ok(self.clocks(&ground.catalogue.value, events.iter().map(|e| (self.now, e)))?.0.instants())
    }

    /// The stages on the way that are not reached yet.
    pub fn stages(&self, ground: &Ground) -> Result<Vec<String>> {
        let faces = self.clocks(&ground.catalogue.value, [])?.0.faces();
        Ok(faces.into_iter().filter_map(|face| face.stage).collect())
    }

    fn clocks<'e>(
        &'e self,
        catalogue: &Catalogue,
        more: impl IntoIterator<Item = (Time, &'e Event)>,
    ) -> Result<(Clocks<'e>, bool)> {
        let new = self.entries.iter().flat_map(|e| e.clock.0.iter().map(|c| (e.at, c)));
        let log: Vec<_> = self.log().chain(new).chain(more).collect();
        counted(catalogue, &self.case, self.app.zone, &log)
    }

    /// Adds the new entries to what the case is counted as, and to the queue of calls; those that were added before are left alone.
    pub fn count(&mut self) {
        let now = self.app.clock.now();
        let (contact, practice) = (self.app.access.setting(&CONTACT, now), self.app.access.setting(&CALLBACK, now));
        for entry in &self.entries[self.counted..] {
            figures::count(&mut self.case, entry, &contact);
            practice.follow(&mut self.case, entry, now);
        }
        self.counted = self.entries.len();
    }

    /// Passes over the stages that came before this instant, for a case that was kept elsewhere until then: nobody is told, and they
    /// do not come again.
    pub fn pass_over(&mut self, until: Time) -> Vec<(Fired, Time)> {
        let log: Vec<(Time, &Event)> = self
            .log
            .iter()
            .map(|(at, e)| (*at, e))
            .chain(self.entries.iter().flat_map(|e| e.clock.0.iter().map(|c| (e.at, c))))
            .collect();
        let ahead = ladder::ahead(&ladder::Watched::of(&self.case), log.iter().copied(), &self.fired);
        let passed: Vec<(Fired, Time)> =
            ahead.iter().take_while(|a| a.due_at <= until).map(|a| (a.fired(self.case.id, self.case.round), a.due_at)).collect();
        self.case.next_at = ahead.get(passed.len()).map(|a| a.due_at);
        passed
    }

    /// Enters a new case with its history.
    pub async fn insert(mut self, tx: &mut Tx) -> Result<Case> {
        self.count();
        store::insert(tx, &self.case).await?;
        self.record(tx).await
    }

    /// Saves the case, its history and the audit row.
    pub async fn save(mut self, tx: &mut Tx) -> Result<Case> {
        self.count();
        store::save(tx, &self.case, self.version_before).await?;
        self.record(tx).await
    }

    async fn record(self, tx: &mut Tx) -> Result<Case> {
        store::append(tx, self.case.id, &self.entries).await?;
        super::merge::answered(tx, self.now, &self.case, &self.entries).await?;
        let actions: Vec<&str> = self.entries.iter().map(|e| e.action.word()).collect();
        let action = self.entries.last().map_or("save", |e| e.action.word());
        Audit::new(action, "incident", self.case.id.uuid())
            .under(&self.case.owner_path)
            .with("code", self.case.code.as_str())
            .with("version", self.case.version)
            .with("actions", actions)
            .with("state", self.case.state.word())
            .record(tx, self.now, self.actor)
            .await?;
        if self.alarms() {
            super::emergency::begin(tx, self.app, self.now, &self.case, self.version_before == 0).await?;
        } else if self.case.urgency == Urgency::Emergency
            && self.case.state.is_open()
            && self.before.as_ref().is_some_and(|b| !b.state.is_open())
        {
            super::emergency::ring_on(tx, self.app, self.now, &self.case).await?;
        }
        Ok(self.case)
    }

    /// Whether the case is an open emergency by this command: a new one, or again by a new round or out of another case.
    fn alarms(&self) -> bool {
        let was = |b: &Before| b.urgency == Urgency::Emergency && b.round == self.case.round && b.state != State::Merged;
        self.case.urgency == Urgency::Emergency && self.case.state.is_open() && !self.before.as_ref().is_some_and(was)
    }

    /// What was done to the clocks before this command, in order.
    pub fn log(&self) -> impl Iterator<Item = (Time, &Event)> {
        self.log.iter().map(|(at, event)| (*at, event))
    }
}

/// A case is counted by the calendar that it was opened under; one edited later leaves it alone.
pub fn days<'c>(catalogue: &'c Catalogue, case: &Case, zone: Zone) -> Days<'c> {
    let version = case.rule.as_ref().map(|r| r.0.calendar_version);
    let calendar = version.and_then(|v| catalogue.calendar_at(v)).unwrap_or_else(|| catalogue.calendar());
    Days { calendar, zone }
}

/// The clocks of a case after these events, and whether the newest calendar counts them: it does where the calendar of the opening does not know
/// the year that they have run into.
pub fn counted<'e>(catalogue: &Catalogue, case: &Case, zone: Zone, log: &[(Time, &'e Event)]) -> Result<(Clocks<'e>, bool)> {
    match Clocks::of(&days(catalogue, case, zone), log.iter().copied()) {
        Err(Error::Refused(NO_CALENDAR, _)) => {
            let newest = Days { calendar: catalogue.calendar(), zone };
            Clocks::of(&newest, log.iter().copied()).map(|clocks| (clocks, true))
        }
        other => other.map(|clocks| (clocks, false)),
    }
}

/// Reasons as they are kept.
pub fn reasons<'r>(list: impl IntoIterator<Item = &'r crate::modules::org::Reason>) -> Vec<Reason> {
    list.into_iter().map(Reason::from).collect()
}
