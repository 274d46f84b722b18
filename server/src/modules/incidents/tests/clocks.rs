//! The clocks: golden cases and properties.

use kernel::{Time, Zone};
use proptest::prelude::*;

use crate::modules::{
    catalogue::{Calendar, Limit, Unit, Verify, content},
    incidents::{
        clocks::{Days, Event, Instants, replay},
        model::Rule,
    },
};

fn calendar() -> Calendar {
    let days = content::days().unwrap();
    let shifts = content::shifts().unwrap();
    Calendar::new(days.into_iter().map(|d| (d.date, d.kind)), shifts).unwrap()
}

fn at(text: &str) -> Time {
    format!("{text}:00+08:00").parse().unwrap()
}

fn rule(accept: (i64, Unit), handle: (i64, Unit)) -> Rule {
    let limit = |(n, unit)| Limit { n, unit };
    Rule {
        matter_version: 1,
        calendar_version: 1,
        accept: Some(limit(accept)),
        handle: Some(limit(handle)),
        verify: Verify::Desk,
        ladder: None,
    }
}

fn open(accept: (i64, Unit), handle: (i64, Unit)) -> Event {
    Event::Open { rule: rule(accept, handle), upstream: None }
}

fn shown(events: &[(&str, Event)]) -> Instants {
    let calendar = calendar();
    let days = Days { calendar: &calendar, zone: Zone::CHINA };
    replay(&days, events.iter().map(|(text, e)| (at(text), e)).collect::<Vec<_>>()).unwrap()
}

const HOURS: Unit = Unit::WorkingHour;

#[test]
fn reported_outside_hours_the_clock_starts_at_the_next_opening() {
    // A Friday evening; the next working day is Monday 2025-03-10.
    let s = shown(&[("2025-03-07T20:00", open((1, HOURS), (4, HOURS))), ("2025-03-07T20:00", Event::Offer)]);
    assert_eq!(s.accept_by, Some(at("2025-03-10T09:30")));
    // 08:30–12:00 is three and a half hours; the rest runs from 14:00.
    assert_eq!(s.due_at, Some(at("2025-03-10T14:30")));
    assert_eq!(s.red_at, Some(at("2025-03-10T09:30")), "the earlier clock decides");
}

#[test]
fn a_make_up_workday_counts() {
    // Sunday 2025-01-26 is worked, Tuesday 28 January begins the Spring Festival.
    let s = shown(&[("2025-01-26T09:00", open((1, HOURS), (8, HOURS)))]);
    assert_eq!(s.due_at, Some(at("2025-01-27T10:00")));
}

#[test]
fn each_clock_keeps_its_own_limit_and_lateness_stays() {
    let events = [
        ("2025-03-10T09:00", open((1, HOURS), (8, HOURS))),
        ("2025-03-10T09:00", Event::Offer),
        ("2025-03-10T15:00", Event::TakeOn),
    ];
    let s = shown(&events);
    assert!(s.late, "taken on after its limit");
    assert_eq!((s.accept_by, s.due_at), (None, Some(at("2025-03-11T10:00"))));
    assert_eq!(s.red_at, s.due_at, "the handle clock was never overruled");
}

#[test]
fn a_return_goes_on_with_what_was_left() {
    let mut events = vec![
        ("2025-03-10T09:00", open((1, HOURS), (4, HOURS))),
        ("2025-03-10T09:00", Event::Offer),
        ("2025-03-10T09:10", Event::TakeOn),
        ("2025-03-10T11:00", Event::Resolve),
    ];
    assert_eq!(shown(&events), Instants::default(), "a solved case has no light");
    // Two of four hours were used; the other two run from the return.
    events.push(("2025-03-12T15:00", Event::Return));
    assert_eq!(shown(&events).due_at, Some(at("2025-03-12T17:00")));
}

#[test]
fn a_pause_stops_both_clocks_and_resumes_with_the_rest() {
    let mut events = vec![("2025-03-10T09:00", open((2, Unit::Hour), (24, Unit::Hour))), ("2025-03-10T10:00", Event::Pause)];
    assert_eq!((shown(&events).red_at, shown(&events).yellow_at), (None, None));
    events.push(("2025-03-20T10:00", Event::Resume));
    assert_eq!(shown(&events).due_at, Some(at("2025-03-21T09:00")));
    events.push(("2025-03-20T11:00", Event::Extend { by: Limit { n: 24, unit: Unit::Hour } }));
    assert_eq!(shown(&events).due_at, Some(at("2025-03-22T09:00")));
}

#[test]
fn an_order_from_above_brings_the_earlier_deadline() {
    let event = Event::Open { rule: rule((1, HOURS), (40, HOURS)), upstream: Some(at("2025-03-11T09:00")) };
    assert_eq!(shown(&[("2025-03-10T09:00", event)]).due_at, Some(at("2025-03-11T09:00")));
}

#[test]
fn a_corrected_matter_is_counted_from_the_opening() {
    let other = Event::Rule { rule: rule((1, HOURS), (2, HOURS)) };
    let s = shown(&[("2025-03-10T09:00", open((1, HOURS), (8, HOURS))), ("2025-03-10T15:00", other)]);
    assert_eq!(s.due_at, Some(at("2025-03-10T11:00")));
    assert!(s.late, "by the other rule it is late already");
}

#[test]
fn a_clock_of_the_machine_that_went_back_makes_no_limit_longer() {
    let events = [("2025-03-10T09:00", open((1, HOURS), (4, HOURS))), ("2025-03-10T08:00", Event::Offer)];
    assert_eq!(shown(&events).accept_by, Some(at("2025-03-10T10:00")));
}

#[test]
fn a_year_without_calendar_is_refused_by_name() {
    let calendar = calendar();
    let days = Days { calendar: &calendar, zone: Zone::CHINA };
    let event = open((1, HOURS), (4, HOURS));
    let error = replay(&days, [(at("2031-03-10T09:00"), &event)]).unwrap_err();
    assert!(error.to_string().contains("no-calendar"), "{error}");
}

fn event() -> impl Strategy<Value = Event> {
    let unit = prop_oneof![Just(Unit::Minute), Just(Unit::Hour), Just(HOURS), Just(Unit::Day), Just(Unit::WorkingDay)];
    let limit = (1..20_i64, unit);
    prop_oneof![
        (limit.clone(), limit).prop_map(|(a, h)| open(a, h)),
        Just(Event::Offer),
        Just(Event::TakeOn),
        Just(Event::Resolve),
        Just(Event::Return),
        Just(Event::Pause),
        Just(Event::Resume),
        Just(Event::End),
    ]
}

proptest! {
    #[test]
    fn whatever_the_log_yellow_comes_first(log in prop::collection::vec((0..600_i64, event()), 1..12)) {
        let calendar = calendar();
        let days = Days { calendar: &calendar, zone: Zone::CHINA };
        let mut now = at("2025-02-03T08:00");
        let mut timed = vec![];
        for (minutes, event) in &log {
            now = now.plus_minutes(*minutes);
            timed.push((now, event));
        }
        let s = replay(&days, timed.clone()).unwrap();
        prop_assert_eq!(s.yellow_at.is_some(), s.red_at.is_some());
        if let (Some(yellow), Some(red)) = (s.yellow_at, s.red_at) {
            prop_assert!(yellow <= red);
        }
        // Replaying is a pure function: the same log gives the same instants.
        prop_assert_eq!(s, replay(&days, timed).unwrap());
    }

    #[test]
    fn without_a_pause_a_deadline_never_moves(log in prop::collection::vec((0..600_i64, prop_oneof![Just(Event::Offer), Just(Event::TakeOn)]), 0..8)) {
        let calendar = calendar();
        let days = Days { calendar: &calendar, zone: Zone::CHINA };
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
}
