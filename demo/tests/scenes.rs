//! The scenes: steps that people of the tour took lately.

use demo::{Options, Step, generate};
use std::collections::BTreeSet;

fn steps(today: &str, grids: usize, cases: Option<usize>) -> Vec<Step> {
    generate(&Options { grids, cases, ..Options::at_text(today).expect("a moment") }).scenes
}

fn names(steps: &[Step]) -> BTreeSet<&str> {
    steps.iter().map(|s| s.scene.as_str()).collect()
}

#[test]
fn every_scene_is_in_the_district_of_the_tour_and_none_lies_ahead() {
    let content: Vec<serde_json::Value> = serde_json::from_str(include_str!("../content/scenes.json")).expect("well-formed");
    let told: Vec<String> = content.iter().map(|s| s["scene"].as_str().expect("a name").to_owned()).collect();
    for today in ["2026-11-20T09:00:00+08:00", "2026-11-22T02:30:00+08:00", "2026-02-18T23:59:00+08:00"] {
        let steps = steps(today, 60, Some(600));
        // A word that names nobody and nothing any more would leave its scene out.
        assert_eq!(names(&steps), told.iter().map(String::as_str).collect(), "at {today}");
        assert!(steps.is_sorted_by_key(|s| s.at.as_str()), "{today}");
        assert!(steps.iter().all(|s| s.at.as_str() < today), "{today}");
        // Whoever acts has an account; only time passes by itself.
        assert!(steps.iter().all(|s| s.who.is_empty() == (s.method == "WAIT")), "{today}");
    }
}

#[test]
fn a_district_has_the_scenes_for_which_it_has_the_people() {
    let (few, small) = (steps("2026-11-20", 7, Some(600)), steps("2026-11-20", 60, Some(40)));
    let whole = steps("2026-11-20", 60, Some(600));
    assert!(names(&few).contains("hours") && names(&few).len() < names(&whole).len(), "{:?}", names(&few));
    assert_eq!(small, [], "a small set of cases has no stories");
}
