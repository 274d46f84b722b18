//! A year of cases with honest figures, and what lies on the desk now.

mod desk;
mod figures;
mod scene;

pub use figures::{Figures, Rate, due, figures};
pub use scene::{Parts, Scene};

use crate::content::file;
use crate::hours::{DAY, Instant, Limit, at, local_day, rfc3339};
use crate::model::Incident;
use crate::rng::Rng;
use scene::Where;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Cases that the year of the brief has in 60 grids.
const YEAR: f64 = 3130.0;
/// Refusals in that year.
const INVALID: f64 = 128.0;
/// Open cases on the desk of 60 grids.
const DESK: f64 = 46.0;

/// Cases of the content that come in numbers: a hot spot of ninety days, a legacy of years, a group about one thing.
#[derive(Clone, Debug, Deserialize)]
struct Series {
    kind: String,
    matter: String,
    grid: String,
    number: usize,
    channels: String,
}

/// A case while it is being made: its row, and what the row says only in words.
pub(crate) struct Draft {
    row: Incident,
    reported: Instant,
    matter: usize,
    /// Index of the draft that it is merged into.
    master: Option<usize>,
}

/// A smaller set of cases has no room for the desk and the stories.
pub const ROOM: usize = 500;

/// Makes `number` cases (or as many as the brief's year has in this many grids), sorted by the time of report.
pub fn cases(scene: &Scene<'_>, seed: u64, number: Option<usize>) -> Vec<Incident> {
    let number = number.unwrap_or_else(|| (scene.grids.len() as f64 * YEAR / 60.0).round() as usize);
    let mut year = Year { scene, rng: Rng::new(seed, "cases"), deck: vec![], drafts: Vec::with_capacity(number) };
    year.deck = deck(number, &mut year.rng);
    let scale = if number < ROOM { 0.0 } else { number as f64 / YEAR };
    if scale > 0.0 {
        desk::lay(&mut year, (DESK * scale).round() as usize);
        for series in file!("series") {
            year.series(&series, (scale.floor() as usize).max(1));
        }
    }
    for _ in 0..(number as f64 * INVALID / YEAR).round() as usize {
        year.invalid();
    }
    while year.drafts.len() < number {
        let channel = year.deal();
        year.closed(channel, None, None);
    }
    year.drafts.truncate(number);
    year.imperfections();
    year.call_backs();
    finish(year.drafts)
}

/// Channels in their exact shares, shuffled.
fn deck(number: usize, rng: &mut Rng) -> Vec<&'static str> {
    const SHARES: [(&str, f64); 12] = [
        ("web", 32.0),
        ("patrol", 30.0),
        ("hotline", 18.0),
        ("window", 4.0),
        ("phone", 5.0),
        ("visit", 6.0),
        ("device", 2.0),
        ("superior", 1.0),
        ("department", 0.8),
        ("box", 0.4),
        ("meeting", 0.3),
        ("api", 0.5),
    ];
    let mut deck = Vec::with_capacity(number);
    let mut share = 0.0;
    for (channel, part) in SHARES {
        share += part;
        let upto = (number as f64 * share / 100.0).round() as usize;
        deck.resize(upto.max(deck.len()), channel);
    }
    rng.shuffle(&mut deck);
    deck
}

/// The year under construction.
pub(crate) struct Year<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) rng: Rng,
    deck: Vec<&'static str>,
    pub(crate) drafts: Vec<Draft>,
}

impl Year<'_> {
    fn deal(&mut self) -> &'static str {
        self.deck.pop().unwrap_or("web")
    }

    /// Takes a certain channel out of the deck, so that the shares stay exact.
    fn take(&mut self, channel: &str) -> &'static str {
        match self.deck.iter().rposition(|c| *c == channel) {
            Some(at) => self.deck.swap_remove(at),
            None => self.deal(),
        }
    }

    /// A moment of the past year when people report; workers report in their hours.
    fn moment(&mut self, channel: &str) -> Instant {
        let day = local_day(self.scene.now) - self.rng.between(1, 364);
        let hour = match channel {
            "patrol" | "visit" | "window" | "superior" | "department" | "meeting" => {
                [8, 9, 9, 10, 10, 11, 14, 15, 15, 16, 16, 17][self.rng.below(12)]
            }
            "device" => self.rng.between(0, 23),
            _ => [6, 7, 8, 8, 9, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 20, 21, 22, 23, 0, 5][self.rng.below(24)],
        };
        let mut day = day;
        while hour_is_office(channel) && !self.scene.calendar.works(day) {
            day -= 1;
        }
        let second = self.rng.between(0, 59);
        at(day, hour * 60 + self.rng.between(0, 59)) + second
    }

    /// A new draft with place, words and channel.
    fn draft(&mut self, channel: &str, matter: usize, place: &Where, reported: Instant) -> Draft {
        let row = self.scene.report(channel, matter, place, &mut self.rng);
        Draft { row: Incident { reported_at: rfc3339(reported), ..row }, reported, matter, master: None }
    }

    /// A closed case, at a place and of a matter where these are given.
    fn closed(&mut self, channel: &'static str, matter: Option<usize>, place: Option<Where>) -> usize {
        let (reported, times, matter) = loop {
            let reported = self.moment(channel);
            if matter.is_some_and(|m| !self.scene.in_season(m, reported)) {
                continue;
            }
            let matter = matter.unwrap_or_else(|| self.scene.matter(channel, reported, &mut self.rng));
            let times = self.times(reported, matter, false);
            if times.closed < self.scene.now - 600 {
                break (reported, times, matter);
            }
        };
        let place = place.unwrap_or_else(|| self.scene.place(matter, reported, &mut self.rng));
        let mut draft = self.draft(channel, matter, &place, reported);
        draft.row.state = "closed".into();
        draft.row.result = self.result(matter).into();
        self.scene.lead(&mut draft.row, matter, &mut self.rng);
        times.write(&mut draft.row);
        self.scene.reply(&mut draft.row, matter, &mut self.rng);
        self.upstream(&mut draft);
        self.drafts.push(draft);
        self.drafts.len() - 1
    }

    fn result(&mut self, matter: usize) -> &'static str {
        const KEYS: [&str; 6] = ["solved", "partly", "explained", "planned", "referred", "not_found"];
        let talk = matches!(self.scene.catalogue[matter].level1.as_str(), "民生服务" | "矛盾调解" | "营商与网格信息");
        KEYS[self.rng.weighted(if talk { &[74.0, 3.0, 17.0, 1.0, 5.0, 0.0] } else { &[89.0, 4.0, 2.0, 3.0, 0.5, 1.5] })]
    }

    /// The course of a case: each moment is a share of the handling limit, so that working time is kept to.
    pub(crate) fn times(&mut self, reported: Instant, matter: usize, late: bool) -> Times {
        let row = &self.scene.catalogue[matter];
        let limit = Limit::parse(f64::from(row.handle_limit), &row.limit_unit);
        let accept = f64::from(row.accept_limit) / f64::from(row.handle_limit);
        let accepted = accept * self.rng.range(0.05, 0.35);
        let resolved = if late { self.rng.range(1.35, 2.6) } else { self.rng.range((accepted + 0.1).max(0.22), 0.84) };
        let between = |share: f64| accepted + (resolved - accepted) * share;
        let (assigned, contact) = (between(self.rng.range(0.02, 0.1)), between(self.rng.range(0.12, 0.45)));
        let at = |share: f64| self.scene.calendar.after(reported, limit.times(share));
        let resolved = at(resolved);
        let verified = self.scene.calendar.after(resolved, Limit::Working(self.rng.range(1800.0, 20_000.0)));
        let closed = self.scene.calendar.after(verified, Limit::Working(self.rng.range(3600.0, 60_000.0)));
        Times { accepted: at(accepted), assigned: at(assigned), contact: at(contact), resolved, verified, closed }
    }

    /// An order from above keeps its number and its own, later deadline.
    fn upstream(&mut self, draft: &mut Draft) {
        let sender = match draft.row.channel.as_str() {
            "hotline" => "12345",
            "superior" => "SJ",
            _ => return,
        };
        let row = &self.scene.catalogue[draft.matter];
        let limit = Limit::parse(f64::from(row.handle_limit), &row.limit_unit);
        let own = self.scene.calendar.after(draft.reported, limit.times(2.8));
        let due = self.scene.calendar.after(own, Limit::Days(2.0));
        let day = crate::hours::date(local_day(draft.reported)).replace('-', "");
        draft.row.upstream_no = format!("{sender}{day}{:06}", self.rng.below(1_000_000));
        draft.row.upstream_due = rfc3339(due);
    }

    fn invalid(&mut self) {
        const REASONS: [&str; 6] = ["no_request", "other_area", "legal_route", "concluded", "emergency", "malicious"];
        let reason = REASONS[self.rng.weighted(&[30.0, 22.0, 15.0, 10.0, 13.0, 10.0])];
        let channel = ["web", "web", "phone", "hotline"][self.rng.below(4)];
        let channel = self.take(channel);
        let reported = self.moment(channel);
        let matter = self.scene.matter(channel, reported, &mut self.rng);
        let place = self.scene.place(matter, reported, &mut self.rng);
        let mut draft = self.draft(channel, matter, &place, reported);
        draft.row.text = self.scene.invalid(reason, &place, &mut self.rng);
        draft.row.matter.clear();
        if reason == "other_area" || reason == "malicious" {
            let elsewhere = (reason == "other_area").then(|| self.scene.outside(&mut self.rng));
            draft.row.lon = elsewhere.map(|p| p.0);
            draft.row.lat = elsewhere.map(|p| p.1);
            draft.row.grid_code.clear();
            draft.row.address.clear();
        }
        draft.row.state = "rejected".into();
        draft.row.refuse_reason = reason.into();
        let decided = self.scene.calendar.after(reported, Limit::Working(self.rng.range(600.0, 9000.0)));
        draft.row.closed_at = rfc3339(decided.min(self.scene.now - 60));
        self.upstream(&mut draft);
        self.drafts.push(draft);
    }

    /// Lays a series; groups are repeated in a larger district.
    fn series(&mut self, series: &Series, scale: usize) {
        let matter = self.scene.index_of(&series.matter);
        let grid = self.scene.grid(&series.grid);
        let channels: Vec<&str> = series.channels.split('|').collect();
        match (series.kind.as_str(), grid) {
            ("hot_spot", Some(grid)) => {
                let code = &self.scene.grids[grid].code;
                let have = self.drafts.iter().filter(|d| d.row.grid_code == *code && d.matter == matter).count();
                for i in have..series.number {
                    let channel = self.take(channels[i % channels.len()]);
                    let place = self.scene.place_in(grid, matter, &mut self.rng);
                    let reported = self.scene.now - (4 + i as i64 * 9) * DAY - self.rng.between(0, 20_000);
                    self.closed_at(channel, matter, &place, reported);
                }
            }
            ("group", _) => {
                for k in 0..scale {
                    self.group(matter, grid.filter(|_| k == 0), series.number);
                }
            }
            _ => {
                let channel = self.take(channels[0]);
                let place = grid.map(|g| self.scene.place_in(g, matter, &mut self.rng));
                let at = self.closed(channel, Some(matter), place);
                tag(&mut self.drafts[at].row, &series.kind);
            }
        }
    }

    /// A group of reports about one thing: all but the first are merged into it.
    fn group(&mut self, matter: usize, grid: Option<usize>, reporters: usize) {
        let place = grid.map(|g| self.scene.place_in(g, matter, &mut self.rng));
        let channel = self.take("web");
        let master = self.closed(channel, Some(matter), place);
        for _ in 1..reporters {
            let channel = if self.rng.chance(0.3) { self.take("hotline") } else { self.take("web") };
            self.merged(master, channel);
        }
    }

    /// A closed case at a given moment.
    fn closed_at(&mut self, channel: &'static str, matter: usize, place: &Where, reported: Instant) {
        let times = self.times(reported, matter, false);
        let mut draft = self.draft(channel, matter, place, reported);
        draft.row.state = "closed".into();
        draft.row.result = "solved".into();
        self.scene.lead(&mut draft.row, matter, &mut self.rng);
        times.write(&mut draft.row);
        self.scene.reply(&mut draft.row, matter, &mut self.rng);
        self.drafts.push(draft);
    }

    /// A later report of the same thing.
    pub(crate) fn merged(&mut self, master: usize, channel: &'static str) {
        let (matter, reported, end) = {
            let m = &self.drafts[master];
            let end = crate::hours::parse(&m.row.resolved_at).unwrap_or(self.scene.now);
            (m.matter, m.reported, end)
        };
        let moment = reported + ((end - reported) as f64 * self.rng.range(0.05, 0.8)) as i64;
        let grid = self.scene.grids.iter().position(|g| g.code == self.drafts[master].row.grid_code).unwrap_or(0);
        let place = self.scene.place_in(grid, matter, &mut self.rng);
        let mut draft = self.draft(channel, matter, &place, moment);
        let first = &self.drafts[master].row;
        // Neighbours stand a few metres apart, and tell the same address.
        (draft.row.lon, draft.row.lat) = (first.lon, first.lat);
        draft.row.address.clone_from(&first.address);
        draft.row.state = "merged".into();
        draft.row.result = "merged".into();
        let joined = (moment + self.rng.between(120, 2400)).min(end);
        draft.row.accepted_at = rfc3339(joined);
        draft.row.closed_at = rfc3339(joined);
        draft.master = Some(master);
        self.upstream(&mut draft);
        self.drafts.push(draft);
    }

    /// What goes wrong in a year: lateness, rework, returns, reopening. Counts are exact, who is hit is chance.
    fn imperfections(&mut self) {
        const REASONS: [&str; 8] = [
            "not_ours",
            "other_area",
            "missing_information",
            "duplicate",
            "higher_level",
            "not_on_list",
            "other_procedure",
            "not_as_described",
        ];
        let now = self.scene.now;
        let rows = self.drafts.iter().map(|d| &d.row);
        let figures = figures(rows, self.scene.catalogue, self.scene.calendar, now);
        let masters: BTreeSet<usize> = self.drafts.iter().filter_map(|d| d.master).collect();
        let mut plain: Vec<usize> = (0..self.drafts.len())
            .filter(|i| self.drafts[*i].row.state == "closed" && self.drafts[*i].row.story.is_empty())
            .collect();
        self.rng.shuffle(&mut plain);
        let missing = |rate: Rate, percent: f64| ((rate.of as f64 * percent / 100.0).round() as usize).saturating_sub(rate.part);
        let mut late = (figures.on_time.of as f64 * 0.036).round() as usize;
        late = late.saturating_sub(figures.on_time.of - figures.on_time.part);
        for i in &plain {
            if late == 0 {
                break;
            }
            let (reported, matter) = (self.drafts[*i].reported, self.drafts[*i].matter);
            let times = self.times(reported, matter, true);
            if times.closed < now - 600 && !masters.contains(i) {
                times.write(&mut self.drafts[*i].row);
                late -= 1;
            }
        }
        self.rng.shuffle(&mut plain);
        for i in plain.iter().take(missing(figures.rework, 2.8)) {
            tag(&mut self.drafts[*i].row, "rework");
        }
        self.rng.shuffle(&mut plain);
        for i in plain.iter().take(missing(figures.reopened, 3.1)) {
            self.drafts[*i].row.reopened_times = 1 + u32::from(self.rng.chance(0.08));
        }
        self.rng.shuffle(&mut plain);
        for i in plain.iter().take(missing(figures.returned, 4.1)) {
            let reason = REASONS[self.rng.weighted(&[34.0, 10.0, 20.0, 6.0, 10.0, 8.0, 4.0, 8.0])];
            let row = &mut self.drafts[*i].row;
            row.return_reason = reason.into();
            row.returned_times = 1 + u32::from(self.rng.chance(0.1));
        }
    }

    /// Calls to the people who reported: who could be reached, and what they said.
    fn call_backs(&mut self) {
        let mut called: Vec<usize> = (0..self.drafts.len())
            .filter(|i| {
                let row = &self.drafts[*i].row;
                row.state == "closed" && row.source == "resident" && !row.reporter_phone.is_empty()
            })
            .collect();
        self.rng.shuffle(&mut called);
        let part = |of: usize, percent: f64| (of as f64 * percent / 100.0).round() as usize;
        let (reached, unreached) = called.split_at(part(called.len(), 77.0));
        for i in unreached {
            self.drafts[*i].row.contacted = "no".into();
        }
        let mut reached = reached.to_vec();
        // Who got less than a solution, came late or was reopened is the first to say so.
        let grievance = |row: &Incident| u8::from(row.result != "solved") * 2 + u8::from(row.reopened_times > 0);
        reached.sort_by_key(|i| std::cmp::Reverse(grievance(&self.drafts[*i].row)));
        let unsolved = reached.len() - part(reached.len(), 90.2);
        let unhappy = reached.len() - part(reached.len(), 88.7);
        for (rank, i) in reached.iter().enumerate() {
            let solved = if rank >= unsolved {
                "yes"
            } else if self.rng.chance(0.55) {
                "partly"
            } else {
                "no"
            };
            let satisfied = match (rank < unhappy, rank < unsolved) {
                (true, true) if self.rng.chance(0.75) => "unsatisfied",
                (true, _) => ["no_comment", "unsatisfied"][self.rng.below(2)],
                _ if self.rng.chance(0.3) => "mostly",
                _ => "satisfied",
            };
            let row = &mut self.drafts[*i].row;
            (row.contacted, row.solved, row.satisfied) = ("yes".into(), solved.into(), satisfied.into());
        }
    }
}

fn hour_is_office(channel: &str) -> bool {
    matches!(channel, "window" | "superior" | "department" | "meeting" | "visit")
}

/// The moments of a closed case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    accepted: Instant,
    assigned: Instant,
    contact: Instant,
    resolved: Instant,
    verified: Instant,
    closed: Instant,
}

impl Times {
    fn write(&self, row: &mut Incident) {
        row.accepted_at = rfc3339(self.accepted);
        row.assigned_at = rfc3339(self.assigned);
        row.first_contact_at = rfc3339(self.contact);
        row.resolved_at = rfc3339(self.resolved);
        row.verified_at = rfc3339(self.verified);
        row.closed_at = rfc3339(self.closed);
    }
}

/// Adds a tag to the story column.
pub(crate) fn tag(row: &mut Incident, tag: &str) {
    if !row.story.is_empty() {
        row.story.push('|');
    }
    row.story.push_str(tag);
}

/// Sorts by time, numbers the cases of each day and points the merged ones to their masters.
fn finish(mut drafts: Vec<Draft>) -> Vec<Incident> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|i| (drafts[*i].reported, *i));
    let mut of_day: BTreeMap<i64, usize> = BTreeMap::new();
    for i in &order {
        let day = local_day(drafts[*i].reported);
        let n = of_day.entry(day).or_default();
        *n += 1;
        drafts[*i].row.code = format!("C{}{n:04}", crate::hours::date(day).replace('-', ""));
    }
    let masters: Vec<(usize, String)> =
        drafts.iter().enumerate().filter_map(|(i, d)| d.master.map(|m| (i, drafts[m].row.code.clone()))).collect();
    for (i, code) in masters {
        drafts[i].row.merged_into = code;
    }
    order.into_iter().map(|i| std::mem::take(&mut drafts[i].row)).collect()
}
