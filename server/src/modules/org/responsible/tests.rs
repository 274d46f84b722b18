use kernel::Time;
use proptest::prelude::*;

use super::*;
use crate::modules::org::{
    directory::Parts,
    model::{Duty, Holder, Leave, Post, RelativeWord, UnitKind, UnitState},
    roll::Gathering,
};

const START: Time = Time::from_millis(0);
const NOW: Time = Time::from_millis(1_000_000);

fn id<T>(n: u128) -> Id<T> {
    Id::from_uuid(uuid::Uuid::from_u128(n))
}

fn unit(n: u128, parent: Option<u128>, kind: &str, name: &str) -> Unit {
    let state = UnitState {
        parent: parent.map(id),
        kind: kind.into(),
        code: format!("{n}"),
        path: String::new(),
        name: name.into(),
        name_en: None,
        alias: None,
        phone: None,
        serves: vec![],
        from: START,
        to: None,
    };
    Unit { id: id(n), states: vec![state] }
}

fn post(n: u128, unit: u128, slot: &str, holder: Option<u128>) -> (Post, Option<Holder>) {
    let holder = holder.map(|p| Holder { id: id(n), person: id(p), employment: None, from: START, to: None });
    (Post { id: id(n), unit: id(unit), slot: slot.into(), title: slot.into(), from: START, to: None }, holder)
}

/// Worker and head of the grids 4 and 5; nobody works in 5.
fn posts() -> Vec<(Post, Option<Holder>)> {
    vec![post(101, 4, WORKER, Some(41)), post(102, 4, HEAD, Some(42)), post(103, 5, WORKER, None), post(104, 5, HEAD, Some(42))]
}

fn roll(posts: &[(Post, Option<Holder>)]) -> Gathering {
    let mut roll = Gathering::default();
    for (n, name) in [(41, "周以宁"), (42, "韩溪"), (43, "沈禾"), (44, "江越")] {
        roll.person(&Person { id: id(n), staff_no: n.to_string(), name: name.into() });
    }
    for (post, holder) in posts {
        roll.post(post);
        if let Some(holder) = holder {
            roll.holder(post.id, holder);
        }
    }
    roll
}

fn leave(n: u128, person: u128, deputy: Option<u128>, from: i64, to: i64) -> Leave {
    Leave { id: id(n), person: id(person), deputy: deputy.map(id), from: Time::from_millis(from), to: Time::from_millis(to) }
}

/// District 1, street 2 with offices, community 3 with grids 4 (worker 41, head 42), 5 (vacant, head 42), 6 (empty), firm 7 at grid 4, department 8.
fn parts() -> Parts {
    let kind = |key: &str, staffed| UnitKind { key: key.into(), zh: key.into(), en: key.into(), sort: 0, staffed };
    let word = |word: &str, rule, kinds: &[&str]| RelativeWord {
        word: word.into(),
        rule,
        kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
    };
    let mut firm = unit(7, Some(1), "partner", "青和物业");
    firm.states[0].serves = vec!["4".into()];
    let mut team = unit(22, Some(2), "office", "临江街道综合执法队");
    team.states[0].alias = Some("综合执法队".into());
    Parts {
        units: vec![
            unit(1, None, "district", "区"),
            unit(2, Some(1), "street", "临江街道"),
            unit(21, Some(2), "duty_room", "值班室"),
            team,
            unit(3, Some(2), "community", "柳荫社区"),
            unit(31, Some(3), "branch", "网格党支部"),
            unit(4, Some(3), "grid", "一格"),
            unit(5, Some(3), "grid", "二格"),
            unit(6, Some(3), "grid", "三格"),
            unit(61, Some(4), "micro_grid", "微网格"),
            firm,
            unit(8, Some(1), "department", "区水务局"),
        ],
        kinds: vec![
            kind("street", true),
            kind("community", true),
            kind("office", true),
            kind("duty_room", true),
            kind("department", true),
            kind("partner", true),
            kind("branch", false),
            kind("grid", false),
            kind("micro_grid", false),
        ],
        roll: roll(&posts()),
        words: vec![
            word("属地网格", Rule::Grid, &[]),
            word("属地社区", Rule::Ancestor, &["community"]),
            word("属地街道", Rule::Office, &["street"]),
            word("属地城镇", Rule::Ancestor, &["town"]),
            word("小区物业", Rule::Serving, &["partner"]),
        ],
        ..Parts::default()
    }
}

struct Asked {
    unit: Id<Unit>,
    person: Option<Id<Person>>,
    codes: Vec<&'static str>,
    attention: Vec<&'static str>,
    zh: String,
}

fn ask(directory: &Directory, lead: &str, place: Option<u128>, at: Time, not: &[Id<Person>]) -> Asked {
    let lead = directory.lead(lead);
    let answer = directory.responsible(&Question { place: place.map(id), lead: &lead, at, not });
    let zh = answer.reasons.iter().map(Reason::zh).collect::<Vec<_>>().join("；");
    Asked {
        unit: answer.unit,
        person: answer.person,
        codes: answer.reasons.iter().map(|r| r.code).collect(),
        attention: answer.attention,
        zh,
    }
}

#[test]
fn each_word_of_the_catalogue_finds_its_unit() {
    let directory = Directory::new(parts());
    for (lead, place, unit, person, codes, attention) in [
        ("属地网格", Some(4), 4, Some(41), &["lead-relative", "worker"][..], &[][..]),
        ("属地网格", Some(61), 4, Some(41), &["lead-relative", "worker"], &[]),
        ("属地网格", Some(5), 5, Some(42), &["lead-relative", "vacant", "head"], &[NO_PERSON]),
        ("属地网格", Some(6), 3, None, &["lead-relative", "vacant", "no-person", "desk"], &[NO_PERSON]),
        ("属地网格", Some(3), 3, None, &["lead-relative", "desk"], &[]),
        ("属地网格", None, 1, None, &["no-place", "desk"], &[NO_GRID]),
        ("属地社区", Some(4), 3, None, &["lead-relative", "area", "desk"], &[]),
        ("属地街道", Some(4), 2, None, &["lead-relative", "area", "desk"], &[]),
        ("属地街道综合执法队", Some(4), 22, None, &["lead-relative", "office", "desk"], &[]),
        ("属地街道执法队", Some(4), 22, None, &["lead-relative", "office", "desk"], &[]),
        ("属地街道司法所", Some(4), 2, None, &["lead-relative", "no-office", "desk"], &[NO_UNIT]),
        ("属地城镇", Some(4), 3, None, &["lead-relative", "no-ancestor", "desk"], &[NO_UNIT]),
        ("小区物业", Some(4), 7, None, &["lead-relative", "serves", "desk"], &[]),
        ("小区物业", Some(5), 3, None, &["lead-relative", "no-partner", "desk"], &[]),
        ("区水务局", Some(4), 8, None, &["lead-named", "desk"], &[]),
        ("区水务局", None, 8, None, &["lead-named", "desk"], &[]),
        ("区气象局", Some(4), 3, None, &["unknown-unit", "desk"], &[NO_UNIT]),
        ("区气象局", None, 1, None, &["unknown-unit", "desk"], &[NO_UNIT]),
        ("网格党支部", None, 3, None, &["lead-named", "no-desk", "desk"], &[NO_UNIT]),
    ] {
        let asked = ask(&directory, lead, place, NOW, &[]);
        assert_eq!((asked.unit, asked.person), (id(unit), person.map(id)), "{lead} at {place:?}: {}", asked.zh);
        assert_eq!((asked.codes.as_slice(), asked.attention.as_slice()), (codes, attention), "{lead} at {place:?}");
    }
}

#[test]
fn who_is_away_is_replaced_for_as_long_as_the_leave_lasts() {
    let with_deputy = Directory::new(Parts { leave: vec![leave(1, 41, Some(43), 500_000, 2_000_000)], ..parts() });
    let asked = ask(&with_deputy, "属地网格", Some(4), NOW, &[]);
    assert_eq!((asked.person, asked.attention.len()), (Some(id(43)), 0));
    assert_eq!(asked.zh, "事项目录规定由“属地网格”负责，按事发地点一格确定；周以宁正在请假；沈禾代班");
    for at in [499_999, 2_000_000] {
        assert_eq!(ask(&with_deputy, "属地网格", Some(4), Time::from_millis(at), &[]).person, Some(id(41)));
    }

    let alone = Directory::new(Parts { leave: vec![leave(1, 41, None, 0, 2_000_000)], ..parts() });
    let asked = ask(&alone, "属地网格", Some(4), NOW, &[]);
    assert_eq!((asked.unit, asked.person, asked.attention.as_slice()), (id(4), Some(id(42)), [NO_PERSON].as_slice()));

    let all_away = vec![leave(1, 41, Some(43), 0, 2_000_000), leave(2, 43, None, 0, 2_000_000), leave(3, 42, None, 0, 2_000_000)];
    let nobody = Directory::new(Parts { leave: all_away, ..parts() });
    let asked = ask(&nobody, "属地网格", Some(4), NOW, &[]);
    assert_eq!((asked.unit, asked.person, asked.attention.as_slice()), (id(3), None, [NO_PERSON].as_slice()));

    let stand_in = Directory::new(Parts {
        leave: vec![leave(1, 41, None, 0, 2_000_000)],
        roll: roll(&[posts(), vec![post(105, 4, DEPUTY, Some(43))]].concat()),
        ..parts()
    });
    assert_eq!(ask(&stand_in, "属地网格", Some(4), NOW, &[]).person, Some(id(43)));
}

#[test]
fn a_second_handling_is_by_somebody_else_and_needs_no_attention() {
    let directory = Directory::new(parts());
    let asked = ask(&directory, "属地网格", Some(4), NOW, &[id(41)]);
    assert_eq!((asked.person, asked.attention.len()), (Some(id(42)), 0), "{}", asked.zh);
}

#[test]
fn a_desk_names_whoever_is_on_duty() {
    let duty = Duty { person: Some(id(44)), phone: None, from: START, to: Time::from_millis(2_000_000) };
    let directory = Directory::new(Parts { duty: vec![(id(21), duty)], ..parts() });
    assert_eq!(ask(&directory, "值班室", None, NOW, &[]).person, Some(id(44)));
    assert_eq!(ask(&directory, "值班室", None, Time::from_millis(2_000_000), &[]).person, None);
}

#[test]
fn the_past_is_answered_as_it_was() {
    let mut parts = parts();
    // The department was called otherwise until 600,000 and grid 4 belonged to the street itself until then.
    let change = Time::from_millis(600_000);
    let again = |unit: &mut Unit, edit: &dyn Fn(&mut UnitState)| {
        let mut before = unit.states[0].clone();
        before.to = Some(change);
        edit(&mut before);
        unit.states[0].from = change;
        unit.states.insert(0, before);
    };
    again(&mut parts.units[11], &|s| s.name = "区水利局".into());
    again(&mut parts.units[6], &|s| s.parent = Some(id(2)));
    let directory = Directory::new(parts);
    let before = Time::from_millis(599_999);
    assert_eq!(ask(&directory, "区水利局", None, before, &[]).unit, id(8));
    assert_eq!(ask(&directory, "区水利局", None, change, &[]).unit, id(1));
    assert_eq!(ask(&directory, "区水务局", None, change, &[]).unit, id(8));
    assert_eq!(ask(&directory, "属地社区", Some(4), change, &[]).unit, id(3));
    assert_eq!(ask(&directory, "属地社区", Some(4), before, &[]).attention, [NO_UNIT]);
    assert_eq!(ask(&directory, "属地街道", Some(4), before, &[]).unit, id(2));
}

#[test]
fn an_empty_organisation_still_answers() {
    let asked = ask(&Directory::default(), "区水务局", Some(4), NOW, &[]);
    assert_eq!((asked.unit, asked.attention.as_slice()), (Id::nil(), [NO_UNIT].as_slice()));
}

proptest! {
    /// Whatever is vacant, away, closed or unknown: there is an owner that exists and has a desk or is a grid with somebody in it, and there is a reason.
    #[test]
    fn there_is_always_an_owner_and_a_reason(
        lead in prop::sample::select(vec!["属地网格", "属地社区", "属地街道", "属地街道执法队", "属地街道平安办", "小区物业", "属地城镇", "区水务局", "一格", "无此单位", ""]),
        place in prop::option::of(prop::sample::select(vec![1_u128, 2, 21, 3, 31, 4, 5, 6, 61, 7, 8, 99])),
        away in prop::collection::vec((prop::sample::select(vec![41_u128, 42, 43]), prop::option::of(prop::sample::select(vec![41_u128, 42, 43]))), 0..4),
        closed in prop::collection::vec(1..12_usize, 0..5),
        without in prop::collection::vec(0..4_usize, 0..4),
        not in prop::collection::vec(prop::sample::select(vec![41_u128, 42, 43, 44]), 0..3),
    ) {
        let mut parts = parts();
        parts.leave = away.iter().zip(1..).map(|((p, d), n)| leave(n, *p, *d, 0, 2_000_000)).collect();
        for at in closed {
            parts.units[at].states[0].to = Some(Time::from_millis(900_000));
        }
        let mut posts = posts();
        for at in without {
            posts[at].1 = None;
        }
        parts.roll = roll(&posts);
        let directory = Directory::new(parts);
        let not: Vec<Id<Person>> = not.into_iter().map(id).collect();
        let asked = ask(&directory, lead, place, NOW, &not);
        prop_assert!(!asked.codes.is_empty());
        prop_assert!(!asked.zh.contains(['{', '}']), "{}", asked.zh);
        let unit = directory.unit(asked.unit).expect("a unit of the directory");
        prop_assert!(unit.at(NOW).is_some(), "{} is closed", unit.name);
        prop_assert!(directory.has_desk(unit, NOW) || (unit.kind == GRID && asked.person.is_some()), "{}", asked.zh);
        if let Some(person) = asked.person {
            prop_assert!(!not.contains(&person) && directory.leave(person, NOW).is_none());
        }
    }
}
