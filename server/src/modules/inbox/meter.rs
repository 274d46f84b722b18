//! 填报负担: what a month asked the caller to enter, by whom, what came by itself, and the steps behind each of these numbers. All of it is computed from
//! the steps themselves, so nothing is entered for it; it is shown to nobody else and compared with nobody.

use db::Conn;
use jiff::civil::Date;
use kernel::{Actor, Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    actions::{day_bounds, read_day},
    model::{self, AskedBy, Asker, Entry, MOST_DEEDS, Tally},
    store,
};
use crate::{
    app::App,
    modules::{
        files,
        incidents::{
            actions::Ground,
            carry::{self, Deed},
            model::Incident,
        },
    },
};

/// Steps of one page.
const PAGE: usize = 100;

/// A month of the caller's.
struct Month {
    first: Date,
    next: Date,
    from: Time,
    to: Time,
}

impl Month {
    fn of(app: &App, ground: &Ground, month: Option<&str>) -> Result<Self> {
        let first = match month {
            None => app.zone.date(ground.now).first_of_month(),
            Some(text) => read_day("month", &format!("{text}-01"))?,
        };
        let next = first.last_of_month().tomorrow().map_err(|_| Error::invalid("month", "bad-date"))?;
        Ok(Self { first, next, from: day_bounds(app, first).0, to: day_bounds(app, next).0 })
    }

    fn word(&self) -> String {
        self.first.strftime("%Y-%m").to_string()
    }

    /// What the caller did, each with what it took, in order; and whether there was more.
    async fn entries(&self, conn: &mut Conn, ground: &Ground, who: &Actor) -> Result<(Vec<(Deed, Entry)>, bool)> {
        let mut deeds = carry::deeds(conn, who.id, self.from, self.to, MOST_DEEDS + 1).await?;
        let cut = deeds.len() > MOST_DEEDS as usize;
        deeds.truncate(MOST_DEEDS as usize);
        deeds.retain(|d| !model::by_itself(d));
        let mut ids: Vec<Id<Incident>> = deeds.iter().map(|d| d.incident_id).collect();
        ids.sort();
        ids.dedup();
        let askings = carry::askings(conn, &ids).await?;
        let catalogue = &ground.catalogue.value;
        let matter = |d: &Deed| d.matter_id.and_then(|m| catalogue.matter(m)).map(|m| m.level3.clone()).unwrap_or_default();
        let entry = |d: Deed| {
            let entry = model::entry(&d, who.id, &askings, &matter(&d));
            (d, entry)
        };
        Ok((deeds.into_iter().map(entry).collect(), cut))
    }
}

/// What a month took of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Meter {
    /// `YYYY-MM`.
    month: String,
    #[serde(flatten)]
    tally: Tally,
    /// Photographs that were sent with cases.
    photos: i64,
    /// Entries added to the log by hand.
    day_entries: i64,
    /// Must-reports that were told to a service.
    told: i64,
    /// Whether there was more than is counted.
    cut: bool,
}

/// Adds up what a month took of the caller.
pub async fn meter(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, month: Option<&str>) -> Result<Meter> {
    let month = Month::of(app, ground, month)?;
    let (entries, cut) = month.entries(conn, ground, who).await?;
    let tally = model::tally(entries.iter().map(|(_, entry)| entry));
    let photos = files::sent_by(conn, who.id, "incident", month.from, month.to).await?.iter().map(|p| p.2).sum();
    let day_entries = store::count_between(conn, who.id, &month.first.to_string(), &month.next.to_string()).await?;
    let told = store::told(conn, who.id, month.from, month.to).await?.len() as i64;
    Ok(Meter { month: month.word(), tally, photos, day_entries, told, cut })
}

/// Which number of the meter is looked into; what is left out does not narrow.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Behind {
    /// `YYYY-MM`; the present month without it.
    pub month: Option<String>,
    /// The step's word.
    pub form: Option<String>,
    /// What was entered (`typed`) or came by itself (`filled`).
    #[param(inline)]
    pub what: Option<What>,
    /// The field.
    pub field: Option<String>,
    /// Who asked for it; with this only what was entered counts.
    #[param(inline)]
    pub asked: Option<AskedBy>,
    /// The asker's name, with `asked`.
    pub name: Option<String>,
    /// How many steps to leave out: `next` of the page before.
    #[serde(default)]
    pub after: usize,
}

db::words! {
    /// How a field came in.
    pub enum What {
        /// 您填了
        Typed = "typed",
        /// 系统替您填了
        Filled = "filled",
    }
}

/// A field that was entered, and who asked for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypedField {
    field: String,
    #[serde(flatten)]
    by: Asker,
}

/// A step, with those of its fields that the number counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeterStep {
    at: Time,
    /// The step's word.
    form: String,
    incident: Uuid,
    code: String,
    title: String,
    typed: Vec<TypedField>,
    filled: Vec<String>,
    /// Characters that were written in it.
    characters: i64,
}

/// The steps behind a number of the meter, in order of time, with the number itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeterSteps {
    /// `YYYY-MM`.
    month: String,
    items: Vec<MeterStep>,
    /// Pass it as `after` for the next page.
    next: Option<usize>,
    /// Of all pages.
    steps: i64,
    /// Of all pages.
    typed: i64,
    /// Of all pages.
    filled: i64,
    /// Whether there was more than is counted.
    cut: bool,
}

impl Behind {
    /// What of an entry is meant; nothing where none of it is.
    fn of(&self, entry: Entry) -> Option<Entry> {
        if self.form.as_ref().is_some_and(|form| form != entry.form) {
            return None;
        }
        let field = |name: &str| self.field.as_ref().is_none_or(|field| field == name);
        let asked =
            |by: &Asker| self.asked.is_none_or(|kind| kind == by.kind && self.name.as_ref().is_none_or(|name| *name == by.name));
        let (typed, filled) = (self.what != Some(What::Filled), self.what != Some(What::Typed) && self.asked.is_none());
        let entry = Entry {
            typed: entry.typed.into_iter().filter(|(name, by)| typed && field(name) && asked(by)).collect(),
            filled: entry.filled.into_iter().filter(|name| filled && field(name)).collect(),
            ..entry
        };
        let narrows = self.what.is_some() || self.field.is_some() || self.asked.is_some();
        (!narrows || !entry.typed.is_empty() || !entry.filled.is_empty()).then_some(entry)
    }
}

/// A page of the steps behind a number of the caller's meter.
pub async fn steps(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, behind: &Behind) -> Result<MeterSteps> {
    let month = Month::of(app, ground, behind.month.as_deref())?;
    let (entries, cut) = month.entries(conn, ground, who).await?;
    let meant: Vec<(Deed, Entry)> = entries.into_iter().filter_map(|(deed, entry)| Some((deed, behind.of(entry)?))).collect();
    let sum = |of: fn(&Entry) -> usize| meant.iter().map(|(_, entry)| of(entry) as i64).sum();
    let (steps, typed, filled) = (meant.len() as i64, sum(|e| e.typed.len()), sum(|e| e.filled.len()));
    let next = behind.after.saturating_add(PAGE);
    let next = (next < meant.len()).then_some(next);
    let items = meant.into_iter().skip(behind.after).take(PAGE).map(|(deed, entry)| step(deed, entry)).collect();
    Ok(MeterSteps { month: month.word(), items, next, steps, typed, filled, cut })
}

fn step(deed: Deed, entry: Entry) -> MeterStep {
    MeterStep {
        at: deed.at,
        form: entry.form.to_owned(),
        incident: deed.incident_id.uuid(),
        code: deed.code,
        title: deed.title,
        typed: entry.typed.into_iter().map(|(field, by)| TypedField { field, by }).collect(),
        filled: entry.filled.into_iter().map(str::to_owned).collect(),
        characters: entry.characters,
    }
}
