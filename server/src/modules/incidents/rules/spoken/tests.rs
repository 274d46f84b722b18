use db::Json;
use kernel::Id;

use super::*;
use crate::modules::incidents::{
    model::{Reason, State},
    store::Entry,
};

#[test]
fn a_sentence_names_its_kind_and_says_what_stands_in_its_gaps() {
    let helpers = vec!["一号物业".to_owned(), "消防队".to_owned()];
    let ruled = Spoken::Ruled { lead: "一社区 周以宁".to_owned(), helpers };
    assert_eq!(ruled.zh(), "改派。主办：一社区 周以宁；协办：一号物业、消防队");
    let kept = serde_json::to_value(&ruled).unwrap();
    assert_eq!((&kept["kind"], &kept["helpers"][1]), (&"ruled".into(), &"消防队".into()));
    assert_eq!(serde_json::from_value::<Spoken>(kept).unwrap(), ruled);
    let rated = Spoken::Rated { contacted: Some(false), solved: Some(Solved::Partly), satisfied: None };
    assert_eq!(rated.zh(), "未联系，部分解决");
    assert_eq!(Spoken::Merged.zh(), "与邻居反映的是同一个问题，已合并办理");
}

/// What the pages say, by language.
fn pages(language: &str) -> serde_json::Value {
    let words = match language {
        "zh" => include_str!("../../../../../../web/src/locales/zh/common.json"),
        _ => include_str!("../../../../../../web/src/locales/en/common.json"),
    };
    serde_json::from_str::<serde_json::Value>(words).unwrap()["spoken"].clone()
}

#[test]
fn the_pages_say_every_reason_of_the_directory() {
    for language in ["zh", "en"] {
        let said = pages(language)["responsible"].as_object().unwrap().clone();
        assert_eq!(said.len(), org::REASONS.len());
        for (code, zh, _) in org::REASONS {
            let said = said[*code].as_str().unwrap();
            let gaps = |text: &str| {
                let mut gaps: Vec<String> =
                    text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect();
                gaps.sort();
                gaps.dedup();
                gaps
            };
            assert_eq!(gaps(said), gaps(zh), "{language} {code}");
        }
    }
}

fn step(action: Action, actor: &str, words: &str, reasons: Vec<Reason>) -> Entry {
    Entry {
        n: 1,
        id: Id::new(Time::from_millis(0)),
        at: Time::from_millis(0),
        round: 1,
        action,
        state_before: State::Accepted,
        state_after: State::Accepted,
        actor_kind: actor.to_owned(),
        actor_id: uuid::Uuid::nil(),
        actor_name: String::new(),
        words: words.to_owned(),
        words_sealed: None,
        reasons: Json(reasons),
        is_public: false,
        clock: Json(vec![]),
        details: None,
        spoken: None,
    }
}

#[test]
fn a_step_of_the_program_in_words_alone_is_found() {
    let person = |action, words: &str| step(action, "person", words, vec![]);
    assert!(person(Action::Note, "看过了").is_said() && person(Action::TakeOn, "").is_said());
    assert!(!person(Action::Ring, "第1次呼叫").is_said(), "nobody writes the words of a ring");
    assert!(!step(Action::Note, "system", "已超时", vec![]).is_said());
    let mut ring = person(Action::Ring, "");
    ring.say(Spoken::Rung { n: 1, desk: "东街道".into(), people: vec![] });
    assert!(ring.is_said());
    ring.reasons = Json(vec![Reason::new("ring", "每5分钟呼叫一次")]);
    assert!(!ring.is_said(), "nor its reason");
    ring.reasons = Json(vec![Reason::said("ring", Spoken::RingsOn { minutes: 5 })]);
    assert!(ring.is_said());
    assert!(step(Action::Escalate, "person", "", vec![Reason::new("by-hand", "无力解决")]).is_said());
}

#[test]
fn a_sentence_without_room_for_gaps_is_read_back() {
    let (unit, code) = ("东街道".to_owned(), "C20250310-0001".to_owned());
    let review = [Spoken::ReviewHandedUp { unit }, Spoken::ReviewMerged { code }, Spoken::ReviewAnnulled, Spoken::ReviewResolved];
    for said in review.into_iter().chain([Spoken::Late { hours: 26 }]) {
        assert_eq!(Spoken::read(&said.zh()), Some(said));
    }
    for written in ["", "请查明原因", "案件已办结", "案件超期已 26 小时，请查明原因", "Spoken 26"] {
        assert_eq!(Spoken::read(written), None, "{written}");
    }
}

#[test]
fn a_moment_is_said_by_the_clock_on_the_wall() {
    let missing = |by: &str| Spoken::NotReportedIn { unit: "消防队".into(), by: by.into() }.zh();
    assert_eq!(missing("2025-03-10T02:05"), "消防队未在3月10日 02:05前报到");
    assert_eq!(missing("soon"), "消防队未在soon前报到");
    let units = vec!["一社区".to_owned(), "二社区".to_owned()];
    let called = Spoken::Whistled {
        from: "东街道".into(),
        lead: Some("区市政中心".into()),
        helpers: units,
        by: "2025-03-10T10:30".into(),
        words: "请到场".into(),
    };
    assert_eq!(called.zh(), "东街道吹哨，请区市政中心（主办）、一社区、二社区于3月10日 10:30前报到：请到场");
}
