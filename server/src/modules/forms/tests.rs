use kernel::{Error, Time};
use serde_json::{Value, json};
use testkit::{Engine, TestDb};

use super::*;
use crate::app;

const FORM: &str = r#"{"fields": [
  {"key": "building", "label": "楼栋", "type": "text", "required": true, "max": 10},
  {"key": "people", "label": {"zh": "人数", "en": "People"}, "type": "integer", "min": 0, "max": 50},
  {"key": "temperature", "label": "室温", "type": "decimal"},
  {"key": "since", "label": "何时起", "type": "date"},
  {"key": "kind", "label": "障碍物", "type": "choice", "choices": [{"value": "car", "label": "车辆"}, {"value": "goods", "label": "杂物"}]},
  {"key": "seen", "label": "现象", "type": "multi", "choices": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]}
]}"#;

#[test]
fn an_answer_is_kept_in_the_types_of_its_form() {
    let form = Form::read(FORM).unwrap();
    let kept = form
        .validate(&json!({"building": " 3号楼 ", "people": "4", "temperature": 16.5, "since": "2026-01-05", "kind": "car", "seen": ["b", "a", "b"]}))
        .unwrap();
    let expected =
        json!({"building": "3号楼", "people": 4, "temperature": 16.5, "since": "2026-01-05", "kind": "car", "seen": ["b", "a"]});
    assert_eq!(kept, expected);
    assert_eq!(form.validate(&kept).unwrap(), kept, "what is kept fits again");
    assert_eq!(
        form.validate(&json!({"building": "1", "people": null, "since": "", "seen": []})).unwrap(),
        json!({"building": "1"})
    );
}

#[test]
fn every_wrong_value_is_named() {
    let form = Form::read(FORM).unwrap();
    let cases: &[(Value, &str, &str)] = &[
        (json!({}), "fields.building", "required"),
        (json!({"building": "  "}), "fields.building", "required"),
        (json!({"building": 3}), "fields.building", "not-a-text"),
        (json!({"building": "十一个字的楼栋名字太长"}), "fields.building", "too-long"),
        (json!({"building": "1", "people": 1.5}), "fields.people", "not-an-integer"),
        (json!({"building": "1", "people": -1}), "fields.people", "too-small"),
        (json!({"building": "1", "people": 51}), "fields.people", "too-large"),
        (json!({"building": "1", "temperature": "warm"}), "fields.temperature", "not-a-number"),
        (json!({"building": "1", "temperature": "NaN"}), "fields.temperature", "not-a-number"),
        (json!({"building": "1", "since": "2026-02-30"}), "fields.since", "not-a-date"),
        (json!({"building": "1", "kind": "tree"}), "fields.kind", "unknown-choice"),
        (json!({"building": "1", "seen": "a"}), "fields.seen", "not-a-list"),
        (json!({"building": "1", "seen": ["c"]}), "fields.seen", "unknown-choice"),
        (json!({"building": "1", "other": 1}), "fields.other", "unknown-field"),
        (json!([1]), "fields", "not-an-object"),
    ];
    for (values, field, code) in cases {
        match form.validate(values) {
            Err(Error::Invalid(fields)) => {
                assert_eq!((fields.len(), fields[0].field.as_str(), fields[0].code), (1, *field, *code), "{values}");
            }
            other => panic!("{values}: {other:?}"),
        }
    }
}

#[test]
fn a_form_that_makes_no_sense_is_refused() {
    let field = |extra: &str| format!(r#"[{{"key": "a", "label": "甲", "type": "text"{extra}}}]"#);
    assert!(Form::read(&field("")).is_ok());
    for bad in [
        "[]".to_owned(),
        "{}".to_owned(),
        "not json".to_owned(),
        field(r#", "choices": [{"value": "x", "label": "x"}]"#),
        field(r#", "min": 3, "max": 2"#),
        r#"[{"key": "A", "label": "甲", "type": "text"}]"#.to_owned(),
        r#"[{"key": "a", "label": "", "type": "text"}]"#.to_owned(),
        r#"[{"key": "a", "label": "甲", "type": "colour"}]"#.to_owned(),
        r#"[{"key": "a", "label": "甲", "type": "choice"}]"#.to_owned(),
        r#"[{"key": "a", "label": "甲", "type": "text"}, {"key": "a", "label": "乙", "type": "text"}]"#.to_owned(),
        r#"[{"key": "a", "label": "甲", "type": "multi", "choices": [{"value": "x", "label": "x"}, {"value": "x", "label": "y"}]}]"#.to_owned(),
    ] {
        assert!(Form::read(&bad).is_err(), "{bad}");
    }
}

testkit::both! {
    async fn versions_stay_and_an_unchanged_form_makes_none(engine: Engine) {
        let test = TestDb::new(engine, &[]).await;
        app::migrate(&test.db).await.unwrap();
        let now = Time::from_millis(1_760_000_000_000);
        let form = Form::read(FORM).unwrap();
        let mut shorter = form.clone();
        shorter.fields.truncate(1);
        let mut tx = test.db.begin();
        let first = save(&mut tx, now, "电梯困人", &form, "test").await.unwrap();
        assert_eq!(save(&mut tx, now, "电梯困人", &form, "test").await.unwrap(), first);
        let second = save(&mut tx, now, "电梯困人", &shorter, "test").await.unwrap();
        assert_eq!((second.id, second.version), (first.id, 2));
        assert_ne!(save(&mut tx, now, "停水", &shorter, "test").await.unwrap().id, first.id);
        tx.commit().await.unwrap();
        let mut read = test.db.read().await.unwrap();
        assert_eq!(load(&mut read, first).await.unwrap(), form);
        assert_eq!(load(&mut read, second).await.unwrap(), shorter);
        assert!(matches!(load(&mut read, FormRef { version: 3, ..first }).await, Err(Error::NotFound)));
        assert_eq!(all(&mut read).await.unwrap().len(), 3);
    }
}
