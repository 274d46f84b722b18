use db::Json;
use kernel::Id;

use super::*;
use crate::modules::{
    incidents::{
        model::{Reason, State},
        store::Entry,
    },
    org,
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
            assert!(language == "en" || said == *zh, "{code}: the page says {said}, the directory {zh}");
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

/// As they stand in orders and reviews of before: whoever changes the pages' words has to keep reading these.
#[test]
fn the_sentences_that_were_kept_still_read() {
    let kept = [
        ("案件超期已 26 小时，请查明原因，抓紧办结并书面回复。", Spoken::Late { hours: 26 }),
        ("案件已上报东街道，不再裁定", Spoken::ReviewHandedUp { unit: "东街道".to_owned() }),
        ("已并入C20250310-0001，不再裁定", Spoken::ReviewMerged { code: "C20250310-0001".to_owned() }),
        ("案件已作废，不再裁定", Spoken::ReviewAnnulled),
        ("案件已办结，不再裁定", Spoken::ReviewResolved),
    ];
    for (words, said) in kept {
        assert_eq!(Spoken::read(words), Some(said), "{words}");
    }
}

#[test]
fn every_sentence_is_there_in_both_languages() {
    let contract: serde_json::Value = serde_json::from_str(include_str!("../../../../../../api/openapi.json")).unwrap();
    let kinds = contract["components"]["schemas"]["Spoken"]["oneOf"].as_array().unwrap();
    assert!(kinds.len() > 60, "{}", kinds.len());
    let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for kind in kinds {
        let kept = sample(kind);
        let said: Spoken = serde_json::from_value(kept.clone()).unwrap_or_else(|e| panic!("{kept}: {e}"));
        let [zh, en] = [Lang::Zh, Lang::En].map(|lang| said.said(lang));
        assert!(han(&zh) && !zh.contains('{'), "{kept}: {zh}");
        assert!(!en.is_empty() && !han(&en) && !en.contains('{'), "{kept}: {en}");
    }
}

/// A sentence of a kind of the contract, with something in each of its gaps.
fn sample(kind: &serde_json::Value) -> serde_json::Value {
    let gap = |name: &str, of: &serde_json::Value| match (name, of["type"].as_str(), of["$ref"].as_str()) {
        ("kind", ..) => of["enum"][0].clone(),
        ("why", ..) => "desk".into(),
        ("names", ..) => serde_json::json!({ "unit": "A" }),
        ("words" | "item", ..) => "as written".into(),
        (_, Some("integer"), _) => 3.into(),
        (_, Some("boolean"), _) => true.into(),
        (_, Some("array"), _) => vec!["A", "B"].into(),
        (_, _, Some(of)) => match of.rsplit('/').next().unwrap() {
            "Limit" => serde_json::json!({ "n": 3, "unit": "working_day" }),
            "AccessClass" => "own".into(),
            "Bulletin" => "first".into(),
            "Card" => "red".into(),
            "Cause" => "unsolved".into(),
            "Reached" => "no_answer".into(),
            "Refusal" => "settled".into(),
            "Rung" => "leader".into(),
            "Shelf" => "seasonal".into(),
            "Urgency" => "urgent".into(),
            other => panic!("{other}"),
        },
        ("contacted", ..) => false.into(),
        ("solved", ..) => "partly".into(),
        ("satisfied", ..) => "no".into(),
        _ => "A".into(),
    };
    kind["properties"].as_object().unwrap().iter().map(|(name, of)| (name.clone(), gap(name, of))).collect()
}

#[test]
fn a_matter_is_named_in_the_readers_language_and_an_old_sentence_still_reads() {
    let old = r#"{"kind":"classed","matter":"楼道灯不亮","class":"own","item":null}"#;
    let old: Spoken = serde_json::from_str(old).unwrap();
    assert_eq!(old.said(Lang::En), "“楼道灯不亮”: grassroots’ own duty, handled where it happened");
    assert_eq!(serde_json::to_value(&old).unwrap().get("matter_en"), None);
    let matter_en = Some("Stairwell lamp out".to_owned());
    let new = Spoken::Recognised { matter: "楼道灯不亮".to_owned(), matter_en };
    assert_eq!((new.said(Lang::En).as_str(), new.zh().as_str()), ("Recognised as “Stairwell lamp out”", "识别为“楼道灯不亮”"));
}

#[test]
fn a_preset_is_named_in_the_readers_language() {
    let returned = |reason: &str| Spoken::Returned { unit: "A".into(), reason: reason.into(), words: String::new() };
    assert_eq!(returned("不在本辖区").said(Lang::En), "A returned it: Outside this unit’s area");
    assert_eq!(returned("我们自己的理由").said(Lang::En), "A returned it: 我们自己的理由");
    let names = [("word", "属地社区"), ("place", "第1网格")].map(|(gap, name)| (gap.to_owned(), name.to_owned())).into();
    let why = Spoken::Responsible { why: "lead-relative".into(), names };
    assert_eq!(why.said(Lang::En), "The catalogue names “the community of the place”, which depends on the place, 第1网格");
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
