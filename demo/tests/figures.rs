//! The figures that a visitor sees, recomputed from the rows with their denominators.

use demo::{District, Options, figures, generate, hours};
use std::collections::BTreeMap;

const TODAY: &str = "2026-11-20T09:00:00+08:00";

fn district(seed: u64, today: &str) -> District {
    generate(&Options { seed, ..Options::at_text(today).expect("an instant") })
}

fn near(what: &str, found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 0.3, "{what}: {found:.2} instead of {wanted}");
}

#[test]
fn rates_are_those_of_the_brief_whatever_the_seed_and_the_day() {
    for (seed, today) in [(1, TODAY), (2, TODAY), (3, "2026-02-16T23:00:00+08:00"), (4, "2026-07-11T01:00:00+08:00")] {
        let d = district(seed, today);
        let now = hours::parse(today).expect("an instant");
        let f = figures(&d.incidents, &d.catalogue, &demo::calendar(), now);
        assert_eq!((f.valid.part, f.valid.of), (3002, 3130));
        for (what, rate, wanted) in [
            ("on time", f.on_time, 96.4),
            ("rework", f.rework, 2.8),
            ("returned", f.returned, 4.1),
            ("reopened", f.reopened, 3.1),
            ("reached", f.reached, 77.0),
            ("solved", f.solved, 90.2),
            ("satisfied", f.satisfied, 88.7),
        ] {
            near(what, rate.percent(), wanted);
        }
    }
}

#[test]
fn channels_have_their_shares() {
    let d = district(1, TODAY);
    let share = |channels: &[&str]| {
        100.0 * d.incidents.iter().filter(|i| channels.contains(&i.channel.as_str())).count() as f64 / d.incidents.len() as f64
    };
    near("web", share(&["web"]), 32.0);
    near("patrol", share(&["patrol"]), 30.0);
    near("hotline", share(&["hotline"]), 18.0);
    near("window and phone", share(&["window", "phone"]), 9.0);
    near("device", share(&["device"]), 2.0);
    near("visit", share(&["visit"]), 6.0);
    near("superior", share(&["superior"]), 1.0);
    near("other", share(&["department", "box", "meeting", "api"]), 2.0);
}

#[test]
fn the_desk_shows_what_the_brief_wants() {
    for today in [TODAY, "2026-07-12T02:30:00+08:00"] {
        let d = district(1, today);
        let now = hours::parse(today).expect("an instant");
        let open: Vec<_> = d.incidents.iter().filter(|i| !matches!(i.state.as_str(), "closed" | "rejected" | "merged")).collect();
        assert_eq!(open.len(), 46);
        let tagged = |tag: &str| d.incidents.iter().filter(|i| i.story.split('|').any(|t| t == tag)).count();
        for (tag, number) in [
            ("red", 5),
            ("yellow", 8),
            ("paused", 3),
            ("manual", 2),
            ("whistle", 1),
            ("objection", 1),
            ("conference", 1),
            ("supervision", 1),
            ("legacy", 3),
            ("shelved", 2),
            ("1-fire-lane", 1),
            ("2-gate", 1),
            ("3-offline", 1),
            ("4-whistle", 1),
            ("5-call-back", 1),
            ("6-red", 1),
            ("7-board", 1),
        ] {
            assert_eq!(tagged(tag), number, "{tag}");
        }
        let calendar = demo::calendar();
        let mut lights = BTreeMap::<&str, usize>::new();
        for row in &open {
            let matter = d.catalogue.iter().find(|m| m.level3 == row.matter);
            let Some(due) = matter.and_then(|m| demo::due(row, m, &calendar)) else { continue };
            let waits = row.pause_reason.is_empty() && row.resolved_at.is_empty();
            let reported = hours::parse(&row.reported_at).expect("an instant");
            let tenth = matter.map(|m| hours::Limit::parse(f64::from(m.handle_limit) * 0.8, &m.limit_unit));
            let yellow = calendar.after(reported, tenth.expect("a matter"));
            let light = if !waits {
                "none"
            } else if due < now {
                "red"
            } else if yellow < now {
                "yellow"
            } else {
                "green"
            };
            *lights.entry(light).or_default() += 1;
        }
        assert_eq!((lights["red"], lights["yellow"]), (5, 8));
        assert_eq!(open.iter().filter(|i| !i.pause_reason.is_empty()).count(), 3);
        assert_eq!(open.iter().filter(|i| i.matter.is_empty()).count(), 2);
    }
}

#[test]
fn hot_spots_and_groups_are_there() {
    let d = district(1, TODAY);
    let lane = |i: &&demo::Incident| i.matter == "占用消防通道" && i.grid_code == "990101001002003";
    assert_eq!(d.incidents.iter().filter(lane).filter(|i| i.reported_at.as_str() >= "2026-08-22").count(), 9);
    let mut groups = BTreeMap::<&str, usize>::new();
    for row in d.incidents.iter().filter(|i| i.state == "merged") {
        let master = d.incidents.iter().find(|i| i.code == row.merged_into).expect("a merged case has its master");
        assert!(master.matter == row.matter && master.reported_at <= row.reported_at && master.state != "merged");
        *groups.entry(row.merged_into.as_str()).or_insert(1) += 1;
    }
    assert_eq!((groups.len(), groups.values().max().copied()), (11, Some(7)));
    let month = |i: &demo::Incident| i.reported_at[5..7].parse::<u32>().expect("a month");
    let heating: Vec<_> = d.incidents.iter().filter(|i| i.matter == "供热温度不达标" && i.state != "merged").collect();
    assert!(heating.iter().all(|i| matches!(month(i), 1..=3 | 11 | 12)), "nobody heats in summer");
    let there = heating.iter().filter(|i| i.grid_code.starts_with("990101002003")).count();
    assert!(there * 3 > heating.len(), "{there} of {}", heating.len());
}

#[test]
fn moments_follow_each_other() {
    for today in [TODAY, "2026-02-16T23:00:00+08:00"] {
        for row in &district(5, today).incidents {
            let moments = [
                &row.reported_at,
                &row.accepted_at,
                &row.assigned_at,
                &row.first_contact_at,
                &row.resolved_at,
                &row.verified_at,
                &row.closed_at,
            ];
            let told: Vec<_> = moments.into_iter().filter(|m| !m.is_empty()).collect();
            assert!(told.is_sorted(), "{row:?}");
            assert!(told.iter().all(|m| m.as_str() <= today), "{row:?}");
            assert_eq!(row.closed_at.is_empty(), !matches!(row.state.as_str(), "closed" | "rejected" | "merged"), "{row:?}");
        }
    }
}

#[test]
fn other_sizes_scale_and_small_sets_need_no_desk() {
    let options = Options::at_text(TODAY).expect("an instant");
    for (cases, grids) in [(0, 60), (1, 1), (30, 5), (499, 60)] {
        let d = generate(&Options { cases: Some(cases), grids, ..options.clone() });
        assert_eq!(d.incidents.len(), cases);
    }
    let d = generate(&Options { grids: 120, ..options });
    assert_eq!(d.incidents.len(), 6260);
    let open = d.incidents.iter().filter(|i| !matches!(i.state.as_str(), "closed" | "rejected" | "merged")).count();
    assert_eq!(open, 92);
}
