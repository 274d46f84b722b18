use super::*;
use proptest::prelude::*;

const ROWS: [(&str, &str); 12] = [
    ("道路", "人民路路面破损有大坑，下雨积水"),
    ("道路", "路灯不亮，晚上走路看不见"),
    ("道路", "井盖缺失，路面塌陷很危险"),
    ("道路", "路口的红绿灯坏了，车辆拥堵"),
    ("环境", "楼道里堆满垃圾没人清运"),
    ("环境", "河水发臭，有人偷排污水"),
    ("环境", "垃圾桶满了好几天，臭气熏天"),
    ("环境", "工厂夜里排放黑烟，污染空气"),
    ("噪音", "广场舞音响太吵，影响休息"),
    ("噪音", "工地半夜施工，噪声很大"),
    ("噪音", "楼下烧烤店凌晨还在喧哗吵闹"),
    ("噪音", "酒吧音乐声太大，吵得睡不着"),
];

fn model() -> Model {
    train(ROWS, &Options::default())
}

fn first(model: &Model, text: &str) -> String {
    model.label(model.predict(text).top[0].label).to_owned()
}

#[test]
fn unseen_texts_find_their_label() {
    let model = model();
    assert_eq!(first(&model, "路面有坑"), "道路");
    assert_eq!(first(&model, "垃圾发臭"), "环境");
    assert_eq!(first(&model, "夜里太吵"), "噪音");
}

#[test]
fn answers_name_three_labels_by_falling_confidence() {
    let top = model().predict("垃圾没人清运").top;
    assert_eq!(top.len(), 3);
    assert!(top[0].confidence > top[1].confidence && top[1].confidence >= top[2].confidence);
    assert!((top.iter().map(|choice| choice.confidence).sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn explanations_come_from_the_text() {
    let words = model().explain("我们小区的垃圾怎么办");
    assert!(words[0].0.contains("垃圾"), "{words:?}");
    assert!(words.windows(2).all(|pair| pair[0].1 >= pair[1].1));
}

#[test]
fn the_same_rows_and_seed_give_the_same_bytes() {
    assert_eq!(model().save(), model().save());
}

#[test]
fn a_saved_model_answers_as_before() {
    let mut before = model();
    before.learn("电梯又坏了，老人被困", "电梯");
    let after = Model::load(&before.save()).unwrap();
    assert_eq!(after.revision(), 2);
    for (_, text) in ROWS.iter().chain(&[("", "电梯坏了"), ("", "")]) {
        assert_eq!(after.predict(text), before.predict(text));
    }
}

#[test]
fn a_correction_is_learnt_at_once() {
    let mut model = model();
    let text = "天然气管道漏气，味道很重";
    model.learn(text, "燃气");
    assert_eq!(first(&model, text), "燃气");
    assert_eq!(first(&model, "路面有坑"), "道路", "the rest is not forgotten");
    assert_eq!((model.labels().len(), model.revision()), (4, 2));
}

#[test]
fn labels_are_added_beyond_a_row_of_weights() {
    let mut model = model();
    for at in 0..20_u8 {
        let word: String = (0..6).filter_map(|k| char::from_u32(0x5000 + u32::from(at) * 16 + k)).collect();
        model.learn(&word, &format!("l{at}"));
        assert_eq!(first(&model, &word), format!("l{at}"));
    }
    assert_eq!(Model::load(&model.save()).unwrap().labels().len(), 23);
}

#[test]
fn a_model_can_start_from_nothing() {
    let mut model = train::<&str, &str>([], &Options::default());
    assert!(model.predict("路面有坑").top.is_empty());
    assert!(model.explain("路面有坑").is_empty());
    assert!(evaluate(&model, ROWS).per_label.values().all(|label| label.f1.abs() < 1e-12));
    model = Model::load(&model.save()).unwrap();
    model.learn("路面有坑", "道路");
    assert_eq!(first(&model, "路面有坑"), "道路");
}

#[test]
fn the_limit_of_weights_holds() {
    let model = train(ROWS, &Options { weights: 300, ..Options::default() });
    assert!(model.idf.len() <= 100, "{}", model.idf.len());
}

#[test]
fn damage_is_found() {
    let bytes = model().save();
    assert_eq!(Model::load(b"").unwrap_err(), ModelError::NotAModel);
    assert_eq!(Model::load(&[7; 100]).unwrap_err(), ModelError::NotAModel);
    assert!(matches!(Model::load(&bytes[..bytes.len() - 1]).unwrap_err(), ModelError::Damaged(_)));
    assert!(matches!(Model::load(&[&bytes[..], b"x"].concat()).unwrap_err(), ModelError::Damaged(_)));
    let mut later = bytes.clone();
    later[8] = 99;
    assert_eq!(Model::load(&later).unwrap_err(), ModelError::Format { found: 99 });
}

/// Figures worked out by hand, with a label that is never named and one that is not in the rows.
#[test]
fn reports_count_as_scikit_learn_does() {
    let model = train([("a", "路面破损"), ("b", "垃圾发臭")], &Options::default());
    let report = evaluate(&model, [("a", "路面破损"), ("a", "垃圾发臭"), ("c", "路面破损"), ("a", "路面破损")]);
    // a: precision 2/3, recall 2/3; b: named once, never right; c: never named.
    assert_eq!(report.n, 4);
    assert!((report.accuracy - 0.5).abs() < 1e-12);
    assert!((report.per_label["a"].f1 - 2.0 / 3.0).abs() < 1e-12);
    assert!(report.per_label["b"].support == 0 && report.per_label["b"].f1.abs() < 1e-12);
    assert!(report.per_label["c"].support == 1 && report.per_label["c"].recall.abs() < 1e-12);
    assert!((report.macro_f1 - 2.0 / 9.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn any_changed_byte_is_an_error(at in 0_usize..10_000, by in 1_u8..) {
        let mut bytes = model().save();
        let at = at % bytes.len();
        bytes[at] ^= by;
        prop_assert!(Model::load(&bytes).is_err());
    }

    /// Behind a right hash as well: whoever writes the hash can write anything.
    #[test]
    fn no_content_makes_the_reader_panic(content in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = file::load_content(1, &content);
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        let model = model();
        let top = model.predict(&text).top;
        prop_assert!(top.iter().all(|choice| (0.0..=1.0).contains(&choice.confidence)));
        model.explain(&text);
    }
}

/// Real subject lines: what an unseen fifth scores, and what corrections of a model that saw little are worth.
#[test]
fn real_subjects_are_told_apart_and_corrections_help() {
    let data =
        std::env::var("JINGWEI_DATA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into());
    let Ok(mut reader) = csv::Reader::from_path(format!("{data}/complaints/train_subjects.csv")) else {
        println!("skipped: no real subjects at hand");
        return;
    };
    let rows: Vec<(String, String)> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    let part = |from: usize, to: usize| {
        rows.iter().enumerate().filter(move |(at, _)| (from..to).contains(&(at % 10))).map(|(_, row)| (&row.0, &row.1))
    };
    let whole = evaluate(&train(part(0, 8), &Options::default()), part(8, 10));
    assert!(whole.macro_f1 > 0.86, "{}", whole.macro_f1);

    let mut model = train(part(0, 1), &Options::default());
    let before = evaluate(&model, part(8, 10));
    for (label, text) in part(1, 8) {
        if first(&model, text) != *label {
            model.learn(text, label);
        }
    }
    let after = evaluate(&model, part(8, 10));
    println!("macro-F1 {:.4}; a tenth {:.4}, corrected {:.4}", whole.macro_f1, before.macro_f1, after.macro_f1);
    assert!(after.macro_f1 > before.macro_f1 + 0.02, "{} after {}", after.macro_f1, before.macro_f1);
}
