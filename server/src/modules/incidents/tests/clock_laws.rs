//! The clocks: laws that hold for every log.

use std::sync::LazyLock;

use kernel::{Time, Zone};
use proptest::prelude::*;

use super::clocks::{HOURS, at, calendar, open, rule};
use crate::modules::{
    catalogue::{Calendar, Limit, Stage, Unit},
    incidents::{
        clocks::{Clocks, Days, Event, Instants, Orders, Which, replay},
        explain::explain,
        model::{Light, Rule},
    },
};

/// A log: minutes since the step before, and what the step did.
type Log = Vec<(i64, Event)>;

/// The shipped calendar, read once for all logs.
fn days() -> Days<'static> {
    static SHIPPED: LazyLock<Calendar> = LazyLock::new(calendar);
    Days { calendar: &SHIPPED, zone: Zone::CHINA }
}

fn limit() -> impl Strategy<Value = Limit> {
    let unit = prop_oneof![Just(Unit::Minute), Just(Unit::Hour), Just(HOURS), Just(Unit::Day), Just(Unit::WorkingDay)];
    (1..20_i64, unit).prop_map(|(n, unit)| Limit { n, unit })
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let stages = prop::collection::vec((0..3_usize, limit()), 0..3).prop_map(|mut all| {
        all.dedup_by_key(|(n, _)| *n);
        all.into_iter().map(|(n, limit)| Stage { name: ["停工", "处罚", "拆除"][n].to_owned(), limit }).collect()
    });
    let share = prop::option::weighted(0.3, 1..=90_i64);
    (prop::option::of(limit()), prop::option::weighted(0.9, limit()), stages, share).prop_map(
        |(accept, handle, stages, warn_left)| Rule { accept, handle, stages, warn_left, ..rule((1, HOURS), (1, HOURS)) },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let upstream = prop::option::weighted(0.2, (0..20_000_i64).prop_map(|m| at("2025-02-03T08:00").plus_minutes(m)));
    let stage = (0..3_usize).prop_map(|n| Event::Reach { stage: ["停工", "处罚", "拆除"][n].to_owned() });
    prop_oneof![
        2 => (any_rule(), upstream).prop_map(|(rule, upstream)| Event::Open { rule, upstream }),
        2 => any_rule().prop_map(|rule| Event::Rule { rule }),
        2 => any_rule().prop_map(|rule| Event::Hasten { rule }),
        2 => limit().prop_map(|by| Event::Extend { by }),
        1 => stage,
        1 => (0..2_u128, 0..20_000_i64).prop_map(|(n, m)| Event::Bind { order: order(n), due: at("2025-02-03T08:00").plus_minutes(m) }),
        1 => (0..2_u128).prop_map(|n| Event::Unbind { order: order(n) }),
        2 => Just(Event::Offer),
        2 => Just(Event::TakeOn),
        2 => Just(Event::Resolve),
        2 => Just(Event::Return),
        3 => Just(Event::Pause),
        3 => Just(Event::Resume),
        1 => Just(Event::End),
    ]
}

const fn order(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

/// A step that changes no clock: an order that was never there is taken out.
const NOTHING: Event = Event::Unbind { order: order(9) };

fn logs() -> impl Strategy<Value = Log> {
    prop::collection::vec((0..900_i64, event()), 1..14)
}

fn timed(log: &Log) -> Vec<(Time, &Event)> {
    let mut now = at("2025-02-03T08:00");
    log.iter()
        .map(|(minutes, event)| {
            now = now.plus_minutes(*minutes);
            (now, event)
        })
        .collect()
}

/// How grave a light is; one that stands still or is out says nothing.
fn gravity(now: Time, shown: &Instants) -> u8 {
    match Light::at(now, shown.yellow_at, shown.red_at, shown.paused) {
        Light::Red => 2,
        Light::Yellow => 1,
        Light::Green | Light::Paused | Light::None => 0,
    }
}

/// Follows a log step by step and holds it to the laws. `bend` changes what is shown, so that the check can be seen to fail.
fn hold(days: &Days<'_>, log: &[(Time, &Event)], bend: fn(&Event, &mut Instants)) -> Result<(), TestCaseError> {
    let mut clocks = Clocks::default();
    let mut before = Instants::default();
    // The gravest light that a pause has covered.
    let mut covered = 0;
    for (n, (now, event)) in log.iter().enumerate() {
        let was = gravity(*now, &before);
        // What the same clocks show at this instant when nothing happens.
        let mut idle = clocks.clone();
        idle.apply(days, *now, &NOTHING).unwrap();
        clocks.apply(days, *now, event).unwrap();
        let mut shown = clocks.instants();
        bend(event, &mut shown);
        // What is stored with a step is what the log up to it gives.
        prop_assert_eq!(shown, replay(days, log[..=n].iter().copied()).unwrap());
        prop_assert_eq!(shown.yellow_at.is_some(), shown.red_at.is_some());
        prop_assert!(shown.yellow_at <= shown.red_at);
        prop_assert!(!shown.paused || (shown.red_at, shown.due_at) == (None, None));
        match event {
            Event::Hasten { .. } => {
                prop_assert!(shown.paused || gravity(*now, &shown) >= was, "greater urgency turned it back");
                let earlier = |was: Option<Time>, is: Option<Time>| was.is_none_or(|was| is.is_some_and(|is| is <= was));
                prop_assert!(earlier(before.accept_by, shown.accept_by), "greater urgency gave time to accept");
                prop_assert!(earlier(before.due_at, shown.due_at) && earlier(before.red_at, shown.red_at), "… or to solve");
                prop_assert_eq!(shown.late, idle.instants().late, "greater urgency made somebody late");
            }
            Event::Offer | Event::Return => {
                prop_assert!(shown.paused || gravity(*now, &shown) >= was, "{event:?} turned it back");
            }
            Event::Rule { .. } => {
                // Stages that the other rule does not have end with the old one.
                let staged = before.stage_by.is_some();
                prop_assert!(shown.paused || staged || gravity(*now, &shown) >= was, "another matter turned it back");
                covered = 0;
            }
            Event::Pause => covered = covered.max(was),
            Event::Resume if before.paused => {
                prop_assert!(gravity(*now, &shown) >= covered, "a pause turned it back");
                covered = 0;
            }
            Event::Resume => prop_assert!(gravity(*now, &shown) >= was),
            _ => covered = 0,
        }
        before = shown;
    }
    Ok(())
}

/// A few thousand logs in a test, a hundred thousand in `cargo xtask soak`.
fn many() -> ProptestConfig {
    ProptestConfig::with_cases(if std::env::var_os("JINGWEI_LONG").is_some() { 100_000 } else { 3_000 })
}

/// The check can fail: a step that gives more time than it says, and one after which a light is forgotten.
#[test]
fn a_clock_that_is_bent_is_found() {
    let days = days();
    let start = at("2025-02-06T09:00");
    let (opening, offer) = (open((3, HOURS), (30, HOURS)), Event::Offer);
    let log = [(start, &opening), (start.plus_minutes(30), &offer), (start.plus_minutes(600), &offer)];
    assert!(hold(&days, &log, |_, _| {}).is_ok());
    let longer = |event: &Event, shown: &mut Instants| {
        if *event == Event::Offer {
            shown.red_at = shown.red_at.map(|red| red.plus_days(1));
        }
    };
    assert!(hold(&days, &log, longer).is_err());
    assert!(hold(&days, &log, |_, shown| shown.yellow_at = None).is_err());
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn whatever_the_log_the_laws_hold(log in logs()) {
        let days = days();
        let log = timed(&log);
        hold(&days, &log, |_, _| {})?;
        // The orders of a log are those that its clocks run by.
        let mut clocks = Clocks::default();
        for (n, (now, event)) in log.iter().enumerate() {
            clocks.apply(&days, *now, event).unwrap();
            let bound = clocks.faces().into_iter().find(|face| face.which == Which::Order).map(|face| face.due);
            let orders = Orders::of(log[..=n].iter().map(|(_, event)| *event)).earliest();
            prop_assert!(bound.is_some() == orders.is_some() && bound >= orders);
        }
        // As it is stored the log says the same.
        let stored: Vec<(Time, Event)> =
            log.iter().map(|(at, e)| (*at, serde_json::from_str(&serde_json::to_string(e).unwrap()).unwrap())).collect();
        let last = replay(&days, log.iter().copied()).unwrap();
        prop_assert_eq!(last, replay(&days, stored.iter().map(|(at, e)| (*at, e))).unwrap());
        // Every step explains itself, and an effect never tells of a clock that did not move.
        let (told, _) = explain(&days, stored.iter().map(|(at, e)| (*at, std::slice::from_ref(e)))).unwrap();
        prop_assert_eq!(told.len(), stored.len());
    }

    #[test]
    fn without_a_pause_or_an_extension_a_deadline_never_moves(log in prop::collection::vec((0..600_i64, prop_oneof![Just(Event::Offer), Just(Event::TakeOn)]), 0..8)) {
        let days = days();
        let start = at("2025-02-06T16:00");
        let opening = open((3, HOURS), (30, HOURS));
        let first = replay(&days, [(start, &opening)]).unwrap().due_at;
        let mut now = start;
        let mut timed = vec![(start, &opening)];
        for (minutes, event) in &log {
            now = now.plus_minutes(*minutes);
            timed.push((now, event));
            prop_assert_eq!(replay(&days, timed.clone()).unwrap().due_at, first);
        }
    }

    #[test]
    fn a_pause_never_makes_a_deadline_earlier(limit in limit(), by in limit(), start in 0..20_000_i64, pause in 0..4_000_i64, length in 0..4_000_i64) {
        let days = days();
        let start = at("2025-02-03T08:00").plus_minutes(start);
        let opening = Event::Open { rule: Rule { accept: None, handle: Some(limit), ..rule((1, HOURS), (1, HOURS)) }, upstream: None };
        let extend = Event::Extend { by };
        let stop = start.plus_minutes(pause);
        let whole = [(start, &opening), (start, &extend), (stop, &Event::Pause), (stop.plus_minutes(length), &Event::Resume)];
        let without = replay(&days, whole[..2].iter().copied()).unwrap().due_at;
        prop_assert!(replay(&days, whole).unwrap().due_at >= without);
    }
}
