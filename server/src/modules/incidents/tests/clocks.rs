//! The clocks: the golden cases of the rules of the field, 3, each a known bug of other systems.

use kernel::{Time, Zone};

use crate::modules::{
    catalogue::{Calendar, DayKind, Limit, Stage, Unit, Verify, content},
    incidents::{
        clocks::{Days, Event, Instants, replay},
        explain::{Effect, explain},
        model::Rule,
    },
};

pub(in crate::modules::incidents) fn calendar() -> Calendar {
    let days = content::days().unwrap();
    let shifts = content::shifts().unwrap();
    Calendar::new(days.into_iter().map(|d| (d.date, d.kind)), shifts).unwrap()
}

pub(super) fn at(text: &str) -> Time {
    format!("{text}:00+08:00").parse().unwrap()
}

pub(super) fn rule(accept: (i64, Unit), handle: (i64, Unit)) -> Rule {
    let limit = |(n, unit)| Limit { n, unit };
    Rule {
        matter_version: 1,
        calendar_version: 1,
        accept: Some(limit(accept)),
        handle: Some(limit(handle)),
        stages: vec![],
        verify: Verify::Desk,
        ladder: None,
        warn_left: None,
    }
}

pub(super) fn open(accept: (i64, Unit), handle: (i64, Unit)) -> Event {
    Event::Open { rule: rule(accept, handle), upstream: None }
}

fn shown(events: &[(&str, Event)]) -> Instants {
    let calendar = calendar();
    let days = Days { calendar: &calendar, zone: Zone::CHINA };
    replay(&days, events.iter().map(|(text, e)| (at(text), e)).collect::<Vec<_>>()).unwrap()
}

pub(super) const HOURS: Unit = Unit::WorkingHour;

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
fn a_second_offer_starts_the_accept_clock_only_when_the_first_was_taken_on() {
    let open = ("2025-03-10T09:00", open((1, HOURS), (8, HOURS)));
    let waiting = [open.clone(), ("2025-03-10T09:00", Event::Offer), ("2025-03-10T09:30", Event::Offer)];
    assert_eq!(shown(&waiting).accept_by, Some(at("2025-03-10T10:00")), "returned unopened: the next has what was left");
    let again =
        [open, ("2025-03-10T09:00", Event::Offer), ("2025-03-10T09:10", Event::TakeOn), ("2025-03-10T11:00", Event::Offer)];
    let s = shown(&again);
    assert_eq!((s.accept_by, s.due_at, s.late), (Some(at("2025-03-10T12:00")), Some(at("2025-03-11T10:00")), false));
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

fn extend(n: i64, unit: Unit) -> Event {
    Event::Extend { by: Limit { n, unit } }
}

#[test]
fn a_pause_followed_by_another_matter_keeps_the_pause() {
    let mut events = vec![
        ("2025-03-10T09:00", open((1, HOURS), (8, HOURS))),
        ("2025-03-10T10:00", Event::Pause),
        ("2025-03-10T11:00", Event::Rule { rule: rule((1, HOURS), (4, HOURS)) }),
    ];
    assert_eq!((shown(&events).red_at, shown(&events).paused), (None, true), "the correction does not start the clock");
    // One of four hours was used before the pause; the other three run from Thursday morning.
    events.push(("2025-03-13T08:30", Event::Resume));
    assert_eq!(shown(&events).due_at, Some(at("2025-03-13T11:30")));
    assert!(!shown(&events).late);
}

#[test]
fn another_matter_keeps_pauses_and_extensions_that_are_over() {
    let mut events = vec![
        ("2025-03-10T09:00", open((1, HOURS), (4, HOURS))),
        ("2025-03-10T10:00", Event::Pause),
        ("2025-03-11T10:00", Event::Resume),
        ("2025-03-11T10:30", extend(2, HOURS)),
    ];
    assert_eq!(shown(&events).due_at, Some(at("2025-03-11T17:00")));
    events.push(("2025-03-11T11:00", Event::Rule { rule: rule((1, HOURS), (5, HOURS)) }));
    assert_eq!(shown(&events).due_at, Some(at("2025-03-12T09:00")));
}

#[test]
fn a_light_that_has_turned_is_not_turned_back_by_another_matter() {
    let red = [
        ("2025-03-10T09:00", open((1, HOURS), (2, HOURS))),
        ("2025-03-10T15:00", Event::Rule { rule: rule((1, HOURS), (40, HOURS)) }),
    ];
    assert_eq!((shown(&red).red_at, shown(&red).late), (Some(at("2025-03-10T11:00")), true));
    let yellow = [
        ("2025-03-10T09:00", open((1, HOURS), (2, HOURS))),
        ("2025-03-10T10:50", Event::Rule { rule: rule((1, HOURS), (40, HOURS)) }),
    ];
    let s = shown(&yellow);
    assert_eq!((s.yellow_at, s.late), (Some(at("2025-03-10T10:36")), false), "yellow stays, the limit is the new one");
    assert!(s.due_at > Some(at("2025-03-14T00:00")));
    // With an extension it may turn back.
    let mut events = red.to_vec();
    events.push(("2025-03-10T15:30", extend(8, HOURS)));
    assert_eq!((shown(&events).due_at, shown(&events).late), (Some(at("2025-03-11T16:30")), false));
}

#[test]
fn a_matter_without_a_limit_does_not_put_out_a_light() {
    let none = Rule { accept: None, handle: None, ..rule((1, HOURS), (1, HOURS)) };
    let events = [("2025-03-10T09:00", open((1, HOURS), (2, HOURS))), ("2025-03-10T15:00", Event::Rule { rule: none.clone() })];
    assert_eq!(shown(&events).red_at, Some(at("2025-03-10T11:00")));
    let events = [("2025-03-10T09:00", open((1, HOURS), (2, HOURS))), ("2025-03-10T09:30", Event::Rule { rule: none })];
    assert_eq!(shown(&events).red_at, None, "a green one goes with its limit");
}

#[test]
fn a_reopened_round_starts_anew() {
    let events = [
        ("2025-03-10T09:00", open((1, HOURS), (2, HOURS))),
        ("2025-03-10T10:00", Event::Pause),
        ("2025-03-12T09:00", Event::Resume),
        ("2025-03-12T16:00", Event::Resolve),
        ("2025-03-17T09:00", open((1, HOURS), (8, HOURS))),
    ];
    let s = shown(&events);
    assert_eq!((s.due_at, s.late, s.paused), (Some(at("2025-03-18T10:00")), false, false), "late in the first round only");
    assert!(shown(&events[..4]).late);
}

#[test]
fn an_extension_counts_once_and_in_a_pause_too() {
    let mut events = vec![("2025-03-10T09:00", open((1, HOURS), (8, HOURS))), ("2025-03-10T10:00", extend(1, Unit::WorkingDay))];
    assert_eq!(shown(&events).due_at, Some(at("2025-03-12T10:00")));
    events.push(("2025-03-10T10:30", Event::Offer));
    assert_eq!(shown(&events).due_at, Some(at("2025-03-12T10:00")), "what comes after does not grant it again");
    let paused = [
        ("2025-03-10T09:00", open((1, HOURS), (8, HOURS))),
        ("2025-03-10T10:00", Event::Pause),
        ("2025-03-11T10:00", extend(1, Unit::WorkingDay)),
        ("2025-03-13T10:00", Event::Resume),
    ];
    // Seven hours from Thursday 10:00 end on Friday 10:00, and a working day more is Monday 10:00.
    assert_eq!(shown(&paused).due_at, Some(at("2025-03-17T10:00")));
    let overdue = [("2025-03-10T09:00", open((1, HOURS), (2, HOURS))), ("2025-03-10T15:00", extend(2, HOURS))];
    assert_eq!(shown(&overdue).due_at, Some(at("2025-03-10T17:00")), "after the end it counts from the grant");
}

#[test]
fn a_light_that_was_red_stays_red_through_a_pause() {
    let mut events = vec![("2025-03-10T09:00", open((1, HOURS), (2, HOURS))), ("2025-03-10T15:00", Event::Pause)];
    assert_eq!((shown(&events).red_at, shown(&events).late), (None, true), "the mark stays while the light stands still");
    events.push(("2025-03-12T10:00", Event::Resume));
    assert_eq!((shown(&events).red_at, shown(&events).late), (Some(at("2025-03-10T11:00")), true));
}

#[test]
fn a_return_or_another_dispatch_starts_no_total_clock() {
    let mut events = vec![
        ("2025-03-10T09:00", open((1, HOURS), (8, HOURS))),
        ("2025-03-10T09:00", Event::Offer),
        ("2025-03-10T09:40", Event::Offer),
    ];
    assert_eq!(shown(&events).accept_by, Some(at("2025-03-10T10:00")), "nobody has taken it on: the clock goes on");
    events.push(("2025-03-10T09:50", Event::TakeOn));
    events.push(("2025-03-10T15:00", Event::Offer));
    let s = shown(&events);
    assert_eq!((s.accept_by, s.due_at), (Some(at("2025-03-10T16:00")), Some(at("2025-03-11T10:00"))));
    assert!(!s.late, "who receives it after a return has a time of his own to accept");
}

#[test]
fn an_order_from_above_is_moved_by_nothing_of_ours() {
    let order = |handle: Option<Limit>| Event::Open {
        rule: Rule { handle, ..rule((1, HOURS), (40, HOURS)) },
        upstream: Some(at("2025-03-11T09:00")),
    };
    let forty = Some(Limit { n: 40, unit: HOURS });
    let events = [
        ("2025-03-10T09:00", order(forty)),
        ("2025-03-10T10:00", Event::Pause),
        ("2025-03-10T16:00", Event::Resume),
        ("2025-03-10T16:30", extend(5, Unit::WorkingDay)),
    ];
    assert_eq!(shown(&events).due_at, Some(at("2025-03-11T09:00")));
    assert_eq!(shown(&[("2025-03-10T09:00", order(None))]).due_at, Some(at("2025-03-11T09:00")), "also without a limit of ours");
    let short = [("2025-03-10T09:00", order(Some(Limit { n: 2, unit: HOURS })))];
    assert_eq!(shown(&short).due_at, Some(at("2025-03-10T11:00")));
}

#[test]
fn a_pause_ends_with_the_solution_the_end_and_a_new_round() {
    for end in [Event::Resolve, Event::End, open((1, HOURS), (8, HOURS))] {
        let events =
            [("2025-03-10T09:00", open((1, HOURS), (8, HOURS))), ("2025-03-10T10:00", Event::Pause), ("2025-03-10T11:00", end)];
        assert!(!shown(&events).paused);
    }
    // A resume that comes too late starts no clock of a solved case.
    let events = [
        ("2025-03-10T09:00", open((1, HOURS), (8, HOURS))),
        ("2025-03-10T10:00", Event::Resolve),
        ("2025-03-10T11:00", Event::Resume),
        ("2025-03-12T10:00", Event::Return),
    ];
    assert_eq!(shown(&events).due_at, Some(at("2025-03-13T10:00")));
}

#[test]
fn an_offer_during_a_pause_waits_with_its_clock() {
    let events = [
        ("2025-03-10T09:00", open((1, HOURS), (8, HOURS))),
        ("2025-03-10T10:00", Event::Pause),
        ("2025-03-10T11:00", Event::Offer),
        ("2025-03-12T09:00", Event::Resume),
    ];
    assert_eq!(shown(&events).accept_by, Some(at("2025-03-12T10:00")));
}

#[test]
fn stages_on_the_way_are_due_one_after_another() {
    let stage = |name: &str, n, unit| Stage { name: name.to_owned(), limit: Limit { n, unit } };
    let stages = vec![stage("停工", 4, HOURS), stage("处罚", 7, Unit::WorkingDay), stage("拆除", 20, Unit::WorkingDay)];
    let rule = Rule { stages, ..rule((1, HOURS), (1, HOURS)) };
    let rule = Rule { handle: Some(Limit { n: 20, unit: Unit::WorkingDay }), ..rule };
    let mut events = vec![("2025-03-10T09:00", Event::Open { rule, upstream: None })];
    let s = shown(&events);
    assert_eq!((s.stage_by, s.red_at), (Some(at("2025-03-10T15:00")), Some(at("2025-03-10T15:00"))));
    assert_eq!(s.due_at, Some(at("2025-04-08T09:00")), "the end is that of the whole; 4 April is a holiday");
    events.push(("2025-03-10T11:00", Event::Reach { stage: "停工".to_owned() }));
    assert_eq!(shown(&events).stage_by, Some(at("2025-03-19T09:00")));
    events.push(("2025-03-20T11:00", Event::Reach { stage: "处罚".to_owned() }));
    let s = shown(&events);
    assert_eq!((s.stage_by, s.late), (Some(at("2025-04-08T09:00")), true), "a stage that was reached late leaves its mark");
}

#[test]
fn a_calendar_edited_later_changes_a_result_only_when_it_is_counted_again() {
    let events = [("2025-03-12T16:30", open((1, HOURS), (4, HOURS)))];
    let edited = {
        let mut days: Vec<_> = content::days().unwrap().into_iter().map(|d| (d.date, d.kind)).collect();
        days.push(("2025-03-13".parse().unwrap(), DayKind::Holiday));
        Calendar::new(days, content::shifts().unwrap()).unwrap()
    };
    let by = |calendar: &Calendar| {
        let days = Days { calendar, zone: Zone::CHINA };
        replay(&days, events.iter().map(|(text, e)| (at(text), e)).collect::<Vec<_>>()).unwrap().due_at
    };
    assert_eq!(by(&calendar()), Some(at("2025-03-13T11:30")));
    assert_eq!(by(&edited), Some(at("2025-03-14T11:30")));
}

#[test]
fn each_step_says_what_it_did_to_the_clocks() {
    let steps = [
        (at("2025-03-10T09:00"), vec![open((1, HOURS), (8, HOURS))]),
        (at("2025-03-10T09:00"), vec![Event::Offer]),
        (at("2025-03-10T09:10"), vec![]),
        (at("2025-03-10T09:30"), vec![Event::TakeOn]),
        (at("2025-03-10T10:00"), vec![Event::Pause]),
        (at("2025-03-11T10:00"), vec![Event::Resume]),
        (at("2025-03-11T10:30"), vec![extend(1, Unit::WorkingDay)]),
        (at("2025-03-11T11:00"), vec![Event::Resolve]),
    ];
    let calendar = calendar();
    let days = Days { calendar: &calendar, zone: Zone::CHINA };
    let (all, _) = explain(&days, steps.iter().map(|(at, e)| (*at, e.as_slice()))).unwrap();
    let told: Vec<Vec<String>> = all
        .iter()
        .map(|effects| {
            let wall = |t: Option<Time>| t.map_or("-".to_owned(), |t| Zone::CHINA.wall(t).strftime("%d %H:%M").to_string());
            let one = |e: &Effect| format!("{} {} {} → {}", e.clock.word(), e.turn.word(), wall(e.before), wall(e.after));
            effects.iter().map(one).collect()
        })
        .collect();
    let expected: [&[&str]; 8] = [
        &["handle started - → 11 10:00"],
        &["accept started - → 10 10:00"],
        &[],
        &["accept ended 10 10:00 → -"],
        &["handle stopped 11 10:00 → -"],
        &["handle went_on 11 10:00 → 12 10:00"],
        &["handle extended 12 10:00 → 13 10:00"],
        &["handle stopped 13 10:00 → -"],
    ];
    assert_eq!(told, expected);
}

fn order(n: u128, due: &str) -> Event {
    Event::Bind { order: uuid::Uuid::from_u128(n), due: at(due) }
}

#[test]
fn a_merged_order_binds_until_it_is_taken_out() {
    let opened = ("2025-03-10T09:00", open((1, HOURS), (16, HOURS)));
    let due = |more: &[(&str, Event)]| {
        let mut events = vec![opened.clone()];
        events.extend_from_slice(more);
        shown(&events).due_at
    };
    let alone = due(&[]);
    assert_eq!(due(&[("2025-03-10T10:00", order(1, "2025-03-20T10:00"))]), alone, "a later one changes nothing");
    let tight = ("2025-03-10T10:00", order(1, "2025-03-10T16:00"));
    assert_eq!(due(std::slice::from_ref(&tight)), Some(at("2025-03-10T16:00")));
    let looser = ("2025-03-10T10:30", order(2, "2025-03-10T17:00"));
    assert_eq!(due(&[tight.clone(), looser.clone()]), Some(at("2025-03-10T16:00")), "the earliest decides");
    let out = |text| (text, Event::Unbind { order: uuid::Uuid::from_u128(1) });
    assert_eq!(due(&[tight.clone(), looser, out("2025-03-10T11:00")]), Some(at("2025-03-10T17:00")));
    assert_eq!(due(&[tight.clone(), out("2025-03-10T11:00")]), alone);
    let again = ("2025-03-10T12:00", order(1, "2025-03-10T16:00"));
    assert_eq!(
        due(&[tight.clone(), out("2025-03-10T11:00"), again]),
        Some(at("2025-03-10T16:00")),
        "merged again it binds again"
    );
    // Another rule does not undo it; one that came before the opening holds from the opening on.
    let rule = ("2025-03-10T13:00", Event::Rule { rule: rule((1, HOURS), (40, HOURS)) });
    assert_eq!(due(&[tight, rule]), Some(at("2025-03-10T16:00")));
    assert_eq!(shown(&[("2025-03-10T08:30", order(1, "2025-03-10T16:00")), opened]).due_at, Some(at("2025-03-10T16:00")));
}

#[test]
fn what_was_merged_and_given_back_goes_on_with_what_was_left() {
    let opened = ("2025-03-10T09:00", open((1, HOURS), (16, HOURS)));
    let before = shown(std::slice::from_ref(&opened)).due_at;
    let merged = shown(&[opened.clone(), ("2025-03-10T10:00", Event::End)]);
    assert_eq!((merged.due_at, merged.red_at), (None, None));
    let back = |text| shown(&[opened.clone(), ("2025-03-10T10:00", Event::End), (text, Event::Return)]).due_at;
    assert_eq!(back("2025-03-10T10:00"), before);
    assert_eq!(back("2025-03-11T10:00"), before.map(|due| due.plus_days(1)), "not started anew, not run on meanwhile");
}

fn hasten(accept: i64, handle: i64) -> Event {
    Event::Hasten { rule: rule((accept, Unit::Minute), (handle, Unit::Minute)) }
}

#[test]
fn greater_urgency_counts_from_now_and_makes_nobody_late() {
    let mut events = vec![
        ("2025-03-10T09:00", open((4, HOURS), (16, HOURS))),
        ("2025-03-10T09:00", Event::Offer),
        ("2025-03-10T10:30", hasten(10, 240)),
    ];
    let s = shown(&events);
    assert_eq!((s.accept_by, s.due_at, s.late), (Some(at("2025-03-10T10:40")), Some(at("2025-03-10T14:30")), false));
    // Who is offered it later has the emergency's minutes from then on.
    events.push(("2025-03-10T10:35", Event::TakeOn));
    events.push(("2025-03-10T12:00", Event::Offer));
    assert_eq!((shown(&events).accept_by, shown(&events).late), (Some(at("2025-03-10T12:10")), false));
    // What was taken on in time stays so.
    let taken = [
        ("2025-03-10T09:00", open((1, HOURS), (16, HOURS))),
        ("2025-03-10T09:00", Event::Offer),
        ("2025-03-10T09:30", Event::TakeOn),
        ("2025-03-10T15:00", hasten(10, 240)),
    ];
    assert_eq!((shown(&taken).red_at, shown(&taken).late), (Some(at("2025-03-10T19:00")), false));
}

#[test]
fn greater_urgency_gives_nobody_more_time() {
    let soon = [("2025-03-10T09:00", open((1, HOURS), (2, HOURS))), ("2025-03-10T10:30", hasten(10, 240))];
    assert_eq!(shown(&soon).due_at, Some(at("2025-03-10T11:00")));
    let over = [("2025-03-10T09:00", open((1, HOURS), (2, HOURS))), ("2025-03-10T15:00", hasten(10, 240))];
    assert_eq!((shown(&over).red_at, shown(&over).late), (Some(at("2025-03-10T11:00")), true), "red stays red");
    let unlimited = Event::Open { rule: Rule { handle: None, ..rule((1, HOURS), (1, HOURS)) }, upstream: None };
    let first = [("2025-03-10T09:00", unlimited), ("2025-03-10T10:30", hasten(10, 240))];
    assert_eq!(shown(&first).due_at, Some(at("2025-03-10T14:30")), "a matter without a limit gets one");
}

#[test]
fn greater_urgency_in_a_pause_leaves_what_was_left_and_no_more_than_the_limit() {
    let due = |handle: i64| {
        let events = [
            ("2025-03-10T09:00", open((1, HOURS), (handle, HOURS))),
            ("2025-03-10T10:00", Event::Pause),
            ("2025-03-10T20:00", hasten(10, 240)),
            ("2025-03-12T22:00", Event::Resume),
        ];
        assert_eq!(shown(&events[..3]).red_at, None, "it starts no clock");
        shown(&events).due_at
    };
    assert_eq!(due(2), Some(at("2025-03-12T23:00")), "one hour was left");
    assert_eq!(due(40), Some(at("2025-03-13T02:00")), "of much that was left, four hours are");
}

#[test]
fn greater_urgency_is_kept_when_the_matter_is_corrected() {
    let events = [
        ("2025-03-10T09:00", open((4, HOURS), (16, HOURS))),
        ("2025-03-10T10:00", hasten(10, 240)),
        ("2025-03-10T10:30", Event::Rule { rule: rule((4, HOURS), (40, HOURS)) }),
        ("2025-03-10T10:45", Event::Offer),
    ];
    assert_eq!((shown(&events).due_at, shown(&events).accept_by), (Some(at("2025-03-10T14:00")), Some(at("2025-03-10T10:55"))));
}

#[test]
fn a_corrected_emergency_has_its_usual_limits_before_it_was_raised_and_the_emergencys_after() {
    let usual = || Event::Rule { rule: rule((4, HOURS), (40, HOURS)) };
    let corrected = |handle: i64| {
        shown(&[
            ("2025-03-10T09:00", open((4, HOURS), (16, HOURS))),
            ("2025-03-10T14:00", hasten(10, 240)),
            ("2025-03-10T15:00", usual()),
            ("2025-03-10T15:00", hasten(10, handle)),
        ])
    };
    assert_eq!((corrected(240).due_at, corrected(240).late), (Some(at("2025-03-10T18:00")), false), "as it was raised");
    assert_eq!((corrected(60).due_at, corrected(60).late), (Some(at("2025-03-10T16:00")), false), "the other matter's, from now");
    // Whose time by the other matter's usual limits is over is late by those.
    let over = [
        ("2025-03-10T09:00", open((4, HOURS), (16, HOURS))),
        ("2025-03-10T14:00", hasten(10, 240)),
        ("2025-03-10T15:00", Event::Rule { rule: rule((4, HOURS), (2, HOURS)) }),
        ("2025-03-10T15:00", hasten(10, 240)),
    ];
    assert_eq!((shown(&over).red_at, shown(&over).late), (Some(at("2025-03-10T11:00")), true));
}
