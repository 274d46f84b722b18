//! What lies on the desk when the demonstration starts: the stories of the tour, the lights, and everyday work around them.

use super::{Draft, Year, tag};
use crate::content::{Pairs, file};
use crate::hours::{DAY, Instant, Limit, at, local_day, rfc3339};
use crate::model::Incident;
use serde::Deserialize;

/// An open case of the content.
#[derive(Clone, Debug, Deserialize)]
struct Open {
    matter: String,
    /// Short name of a grid; anywhere when empty.
    grid: String,
    channel: String,
    state: String,
    light: Light,
    tags: String,
    return_reason: String,
    pause_reason: String,
    /// Later reports of the same thing.
    neighbours: usize,
    /// What the reporter says, with slots; drawn like any other when empty.
    text: String,
}

/// How far a case is into its handling limit, as the desk should show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Light {
    Green,
    Yellow,
    Red,
    /// Reported in the last night.
    Night,
}

/// Lays `number` open cases on the desk: those of the content first, then everyday work.
pub fn lay(year: &mut Year<'_>, number: usize) {
    let unclear: Pairs = file!("unclear");
    let mut told: Vec<Open> = file!("desk");
    told.truncate(number.saturating_sub(unclear.len()));
    for open in told {
        lay_one(year, &open);
    }
    for (text, address) in unclear.into_iter().take(number) {
        lay_unclear(year, text, address);
    }
    // Everyday work: all green, in every state.
    let laid = year.drafts.iter().filter(|d| is_open(&d.row)).count();
    for k in 0..number.saturating_sub(laid) {
        let state = ["received", "accepted", "assigned", "in_progress", "in_progress", "assigned", "resolved"][k % 7];
        let channel = year.deal();
        let matter = loop {
            let m = year.scene.matter(channel, year.scene.now, &mut year.rng);
            if is_slow(&year.scene.catalogue[m].limit_unit, year.scene.catalogue[m].handle_limit) {
                break m;
            }
        };
        let place = year.scene.place(matter, year.scene.now, &mut year.rng);
        push(year, channel, matter, &place, state, Light::Green, "");
    }
}

fn is_open(row: &Incident) -> bool {
    !matches!(row.state.as_str(), "closed" | "rejected" | "merged")
}

/// Limits of hours would run out while somebody looks at the demonstration.
fn is_slow(unit: &str, limit: u32) -> bool {
    match unit {
        "工作时" => limit >= 16,
        "工作日" => limit >= 5,
        _ => false,
    }
}

fn lay_one(year: &mut Year<'_>, open: &Open) {
    let matter = year.scene.index_of(&open.matter);
    let channel = year.take(&open.channel);
    let place = year.scene.grid(&open.grid).map(|g| year.scene.place_in(g, matter, &mut year.rng));
    let place = place.unwrap_or_else(|| year.scene.place(matter, year.scene.now, &mut year.rng));
    let at = push(year, channel, matter, &place, &open.state, open.light, &open.tags);
    let text = year.scene.words(&open.text, &place, &mut year.rng);
    let row = &mut year.drafts[at].row;
    if !text.is_empty() {
        row.text = text;
    }
    row.returned_times = u32::from(!open.return_reason.is_empty());
    row.return_reason.clone_from(&open.return_reason);
    row.pause_reason.clone_from(&open.pause_reason);
    for _ in 0..open.neighbours {
        let channel = year.take("web");
        year.merged(at, channel);
    }
}

/// A report that no program can place: no usable point, or words that fit everything.
fn lay_unclear(year: &mut Year<'_>, text: String, address: String) {
    let channel = year.take("web");
    let matter = year.scene.matter(channel, year.scene.now, &mut year.rng);
    let place = year.scene.place(matter, year.scene.now, &mut year.rng);
    let at = push(year, channel, matter, &place, "received", Light::Green, "manual");
    let row = &mut year.drafts[at].row;
    row.matter.clear();
    row.text = text;
    if !address.is_empty() {
        (row.lon, row.lat) = (None, None);
        row.address = address;
        row.grid_code.clear();
    }
}

/// Puts one open case onto the desk, reported so long ago that its light is right now.
fn push(
    year: &mut Year<'_>,
    channel: &'static str,
    matter: usize,
    place: &super::Where,
    state: &str,
    light: Light,
    tags: &str,
) -> usize {
    let now = year.scene.now;
    let row = &year.scene.catalogue[matter];
    let limit = Limit::parse(f64::from(row.handle_limit), &row.limit_unit);
    let used = match light {
        Light::Green => year.rng.range(0.12, 0.55),
        Light::Yellow => year.rng.range(0.86, 0.92),
        Light::Red | Light::Night => year.rng.range(1.25, 1.9),
    };
    let mut used = if state == "received" { 0.02 } else { used };
    let mut reported = year.scene.calendar.before(now, limit.times(used));
    if light == Light::Night {
        reported = last_night(now);
        // Steps of a case of the night lie in its first hours.
        used = 1.0;
    }
    let mut draft: Draft = year.draft(channel, matter, place, reported);
    draft.row.state = state.into();
    let after = |share: f64| rfc3339(year.scene.calendar.after(reported, limit.times(used * share)).min(now - 30));
    let rank = ["received", "accepted", "assigned", "in_progress", "resolved", "verified"].iter().position(|s| *s == state);
    let rank = rank.unwrap_or(0);
    if rank >= 1 {
        draft.row.accepted_at = after(0.02);
        year.scene.lead(&mut draft.row, matter, &mut year.rng);
    }
    if rank == 1 {
        draft.row.handler_staff_no.clear();
    }
    if rank >= 2 {
        draft.row.assigned_at = after(0.05);
    }
    if rank >= 3 {
        draft.row.first_contact_at = after(0.2);
    }
    if rank >= 4 {
        draft.row.resolved_at = after(0.8);
        draft.row.result = "solved".into();
        year.scene.reply(&mut draft.row, matter, &mut year.rng);
    }
    if rank >= 5 {
        draft.row.verified_at = after(0.95);
    }
    year.upstream(&mut draft);
    if !tags.is_empty() {
        tag(&mut draft.row, tags);
    }
    year.drafts.push(draft);
    year.drafts.len() - 1
}

/// The latest 02:10 that is at least three hours ago.
fn last_night(now: Instant) -> Instant {
    let tonight = at(local_day(now), 130);
    if now - tonight >= 3 * 3600 { tonight } else { tonight - DAY }
}
