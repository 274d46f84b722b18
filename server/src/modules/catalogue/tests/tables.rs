//! Catalogues and calendars that come and go as tables.

use std::path::{Path, PathBuf};

use kernel::Clock;
use testkit::{Engine, TestDb};

use super::{NOW, district, draft, take_in};
use crate::{
    cli::import_catalogue::{self, CalendarArgs, CatalogueArgs},
    modules::catalogue::{
        AccessClass, Catalogue, Draft, Limit, Rules, Unit, Urgency, Verify, calendar_file, content, export,
        import::{self, Reading},
    },
    table::{Table, Unreadable, write::Format},
};

const HEADER: &str = "level1,level2,level3,access_class,lead_unit,helpers,urgency,accept_limit,handle_limit,limit_unit,stages,verify,publishable,fields";
const GOOD: &str = "安全,消防,通道,配合,消防大队,社区、物业|社区,紧急,20,240,分钟,,sample:20,yes,";

fn read_with(bytes: &[u8], map: &[(&str, &str)], known: &[Rules]) -> Result<Reading, Unreadable> {
    let map: Vec<(String, String)> = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    import::read(Table::read(bytes.to_vec())?, &map, |path| known.iter().find(|r| r.path() == path))
}

#[track_caller]
fn read(text: &str) -> Reading {
    read_with(text.as_bytes(), &[], &[]).unwrap()
}

#[track_caller]
fn good(bytes: &[u8], map: &[(&str, &str)]) -> Vec<Draft> {
    let reading = read_with(bytes, map, &[]).unwrap();
    assert_eq!(reading.faults, []);
    reading.drafts
}

fn demo_catalogue() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/content/catalogue.csv")).unwrap()
}

#[test]
fn a_whole_row_is_read() {
    let drafts = good(format!("{HEADER}\n{GOOD}\n").as_bytes(), &[]);
    let expected = Rules {
        level1: "安全".to_owned(),
        level2: "消防".to_owned(),
        level3: "通道".to_owned(),
        class: AccessClass::Assist,
        lead: "消防大队".to_owned(),
        helpers: vec!["社区".to_owned(), "物业".to_owned()],
        urgency: Urgency::Urgent,
        accept: Limit::new(20, Unit::Minute),
        handle: Limit::new(240, Unit::Minute),
        verify: Verify::Sample(20),
        publishable: true,
        ..Rules::default()
    };
    assert_eq!(drafts, [Draft { rules: expected, fields: None }]);
}

#[test]
fn every_kind_of_wrong_row_is_named_in_the_files_words() {
    // Each changes one cell of the good row: column, what stands there, where the fault is, what it says.
    let cases = [
        ("level1", "", "level1", "不能为空"),
        ("level3", "a/b", "level3", "不能含有“/”"),
        ("level2", &"长".repeat(61), "level2", "超过 60 个字"),
        ("access_class", "其他", "access_class", "只能是：基本、配合、上级、未列入"),
        ("lead_unit", "", "lead_unit", "不能为空"),
        ("urgency", "马上", "urgency", "只能是：一般、紧急、特急"),
        ("accept_limit", "1.5", "accept_limit", "应为整数"),
        ("accept_limit", "很快", "accept_limit", "应为整数"),
        ("accept_limit", "241", "accept_limit", "受理时限长于处置时限"),
        ("handle_limit", "0", "handle_limit", "应在 1 与"),
        ("handle_limit", "-5", "handle_limit", "应在 1 与"),
        ("handle_limit", "99999999", "handle_limit", "应在 1 与"),
        ("limit_unit", "周", "limit_unit", "只能是：分钟、小时、工作时、自然日、工作日"),
        ("limit_unit", "", "limit_unit", "只能是：分钟"),
        ("stages", "停工", "stages", "应如"),
        ("stages", "停工:4周", "stages", "应如"),
        ("stages", "停工:4小时;停工:5小时", "stages", "名称重复"),
        ("verify", "sample:0", "verify", "只能是：none"),
        ("verify", "电话", "verify", "只能是：none"),
        ("publishable", "也许", "publishable", "只能是：是、否"),
        ("fields", "{", "fields", "JSON 无法使用"),
        ("fields", "[{\"key\": \"a\"}]", "fields", "JSON 无法使用"),
    ];
    for (column, text, at, says) in cases {
        let bad: Vec<String> = HEADER
            .split(',')
            .zip(GOOD.split(','))
            .map(|(name, cell)| if name == column { format!("\"{}\"", text.replace('"', "\"\"")) } else { cell.to_owned() })
            .collect();
        let reading = read(&format!("{HEADER}\n{}\n", bad.join(",")));
        let faults: Vec<_> = reading.faults.iter().map(|f| (f.row, f.column.as_str())).collect();
        assert_eq!(faults, [(2, at)], "{column} = {text}: {:?}", reading.faults);
        let fault = &reading.faults[0];
        assert!(fault.zh.contains(says), "{column} = {text}: {}", fault.zh);
        assert!(!fault.en.is_empty() && fault.value == text.chars().take(60).collect::<String>());
    }
    let emergency = read(&format!("{HEADER}\n{}\n", GOOD.replace("紧急", "特急").replace("分钟", "工作时")));
    let columns: Vec<_> = emergency.faults.iter().map(|f| f.column.as_str()).collect();
    assert_eq!(columns, ["accept_limit", "handle_limit"]);
    let twice = read(&format!("{HEADER}\n{GOOD}\n\n{GOOD}\n"));
    assert_eq!(twice.faults.len(), 1);
    assert_eq!((twice.faults[0].row, twice.faults[0].zh.as_str()), (4, "与第 2 行重复"));
    // The column is called what the file calls it.
    let chinese = read("大类,小类,事项,责任单位,履职类别\n安全,消防,通道,,基本\n");
    assert_eq!(chinese.faults[0].column, "责任单位");
}

#[test]
fn a_file_that_is_no_catalogue_is_refused_whole() {
    assert!(read_with(b"level1,level2\na,b\n", &[], &[]).unwrap_err().en.contains("level3"));
    assert!(read_with(b"level1,level2,level3\n", &[], &[]).unwrap_err().en.contains("no matter"));
    assert!(read_with(b"a,b,c\n1,2,3\n", &[("nope", "a")], &[]).unwrap_err().en.contains("no field \"nope\""));
    assert!(read_with(b"a,b,c\n1,2,3\n", &[("level1", "z")], &[]).is_err());
}

#[test]
fn a_taxonomy_is_a_catalogue_whose_matters_are_on_no_list() {
    let text = "一级分类,二级分类,三级分类,备注\n城乡建设,安全生产,事故处理,x\n城乡建设,城市建设,园林绿化,\n";
    let reading = read(text);
    assert_eq!((reading.faults.len(), reading.ignored.as_slice()), (0, ["备注".to_owned()].as_slice()));
    let rules = &reading.drafts[0].rules;
    assert_eq!(rules.path(), "城乡建设/安全生产/事故处理");
    let rest = (rules.class, rules.urgency, rules.accept, rules.handle, rules.verify, rules.publishable);
    assert_eq!(rest, (AccessClass::Unlisted, Urgency::Normal, None, None, Verify::Desk, false));
    let odd = "甲,乙,丙\n城乡建设,安全生产,事故处理\n";
    let mapped = good(odd.as_bytes(), &[("level1", "甲"), ("level2", "乙"), ("level3", "丙")]);
    assert_eq!(mapped[0].rules, *rules);
    let swapped = good(text.as_bytes(), &[("level1", "二级分类"), ("level2", "一级分类")]);
    assert_eq!(swapped[0].rules.path(), "安全生产/城乡建设/事故处理");
}

#[test]
fn a_real_taxonomy_of_517_rows_is_taken() {
    let Some(data) = testkit::data_dir() else { return };
    let bytes = std::fs::read(data.join("complaints/taxonomy.csv")).unwrap();
    assert_eq!(good(&bytes, &[]).len(), 517);
    let by_hand = [("level1", "一级分类"), ("level2", "二级分类"), ("level3", "三级分类")];
    assert_eq!(good(&bytes, &by_hand).len(), 517);
}

#[test]
fn the_short_catalogue_is_taken() {
    let Some(data) = testkit::data_dir() else { return };
    let Ok(bytes) = std::fs::read(data.join("../demo/catalogue.csv")) else {
        eprintln!("skipped: no ../demo/catalogue.csv beside the data");
        return;
    };
    let drafts = good(&bytes, &[]);
    assert_eq!(drafts.len(), 66);
    let manhole = &drafts.iter().find(|d| d.rules.level3 == "井盖缺失或移位").unwrap().rules;
    assert_eq!((manhole.urgency, manhole.accept, manhole.helpers.len()), (Urgency::Emergency, Limit::new(15, Unit::Minute), 3));
}

#[test]
fn the_demo_catalogue_is_taken_in_any_encoding_and_as_a_workbook() {
    let bytes = demo_catalogue();
    let drafts = good(&bytes, &[]);
    assert_eq!(drafts.len(), 66);
    let illegal = drafts.iter().find(|d| d.rules.level3 == "疑似违法建设").unwrap();
    assert_eq!(illegal.rules.stages.len(), 3);
    assert_eq!(
        (illegal.rules.stages[1].name.as_str(), illegal.rules.stages[1].limit),
        ("责令整改", Limit { n: 7, unit: Unit::WorkingDay })
    );
    let lift = drafts.iter().find(|d| d.rules.level3 == "电梯困人").unwrap();
    assert_eq!(lift.fields.as_ref().unwrap().fields[1].key, "building");
    let text = String::from_utf8(bytes).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    assert_eq!(good(&encoding_rs::GBK.encode(text).0, &[]), drafts);
    assert_eq!(good(format!("\u{feff}{text}").as_bytes(), &[]), drafts);

    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    for (row, record) in rows.records().enumerate() {
        for (column, cell) in record.unwrap().iter().enumerate() {
            match cell.parse::<f64>() {
                Ok(n) => sheet.write_number(row as u32, column as u16, n).unwrap(),
                Err(_) => sheet.write_string(row as u32, column as u16, cell).unwrap(),
            };
        }
    }
    assert_eq!(good(&book.save_to_buffer().unwrap(), &[]), drafts);
}

#[test]
fn a_missing_column_leaves_what_is_known() {
    let known = &good(format!("{HEADER}\n{GOOD}\n").as_bytes(), &[])[0].rules;
    let reading = read_with(
        "大类,小类,事项,处置时限\n安全,消防,通道,4工作时\n安全,消防,新的,2 hour\n".as_bytes(),
        &[],
        std::slice::from_ref(known),
    )
    .unwrap();
    // The known accept limit of 20 minutes is not compared with a limit in another unit.
    assert_eq!(reading.faults, []);
    assert_eq!(reading.drafts[0].rules, Rules { handle: Limit::new(4, Unit::WorkingHour), ..known.clone() });
    assert_eq!(reading.drafts[1].rules.class, AccessClass::Unlisted);
    assert_eq!(reading.drafts[1].rules.handle, Limit::new(2, Unit::Hour));
}

#[test]
fn days_and_shifts_come_from_files() {
    let table = |text: &str| Table::read(text.as_bytes().to_vec()).unwrap();
    let single = calendar_file::days(table("date,kind\n2027-01-01,holiday\n2027-02-06,班\n")).unwrap().unwrap();
    assert_eq!(single.len(), 2);
    let stretch = calendar_file::days(table("开始,结束,类型,节日\n2027-10-01,2027-10-07,休,国庆节\n")).unwrap().unwrap();
    assert_eq!((stretch.len(), stretch[6].date.to_string(), stretch[6].name.as_str()), (7, "2027-10-07".to_owned(), "国庆节"));
    let faults = calendar_file::days(table("date,kind\n2027-02-30,holiday\n2027-01-01,maybe\n")).unwrap().unwrap_err();
    assert_eq!(faults.iter().map(|f| (f.row, f.column.as_str())).collect::<Vec<_>>(), [(2, "date"), (3, "kind")]);
    let long =
        calendar_file::days(table("from,to,kind\n2027-01-01,2027-03-01,off\n2027-05-02,2027-05-01,off\n")).unwrap().unwrap_err();
    assert_eq!(long.len(), 2);
    assert!(calendar_file::days(table("date,kind\n")).is_err() && calendar_file::days(table("day,kind\n1,2\n")).is_err());
    let shifts =
        calendar_file::shifts(table("name,season_from,season_to,intervals\n全年,01-01,12-31,\"09:00-12:00,13:00-17:00\"\n"));
    assert_eq!(shifts.unwrap().unwrap()[0].intervals.len(), 2);
    let bad = "name,season_from,season_to,intervals\n全年,1月1日,12-31,09:00-12:00\n,01-01,12-31,x\n春,01-01,12-31,\n";
    let faults = calendar_file::shifts(table(bad)).unwrap().unwrap_err();
    assert_eq!(faults.iter().map(|f| f.column.as_str()).collect::<Vec<_>>(), ["season_from", "name", "intervals"]);
}

async fn snapshot(test: &TestDb) -> Catalogue {
    Catalogue::load(&mut test.db.read().await.unwrap(), NOW).await.unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir_in(testkit::scratch()).unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

async fn import_file(test: &TestDb, file: PathBuf, dry_run: bool) -> (bool, String) {
    let mut said = Vec::new();
    let args = CatalogueArgs { file, map: vec![], retire_missing: false, dry_run };
    let took = import_catalogue::catalogue(&test.db, &Clock::frozen(NOW), &args, &mut said).await.unwrap();
    (took, String::from_utf8(said).unwrap())
}

testkit::both! {
    async fn an_export_is_read_back_as_the_same_catalogue(engine: Engine) {
        let test = district(engine).await;
        let mut drafts = good(&demo_catalogue(), &[]);
        drafts.push(draft("a/b/=1+1", "8工作时"));
        drafts[0].rules.lead = "@SUM(A1)".to_owned();
        let all = drafts.len();
        take_in(&test, NOW, drafts, false).await;
        let catalogue = snapshot(&test).await;
        let text = export::table(&catalogue, Format::Csv).unwrap();
        let table = String::from_utf8(text.clone()).unwrap();
        assert!(table.contains("'=1+1") && table.contains("'@SUM(A1)"), "no cell of a CSV begins like a formula");
        for bytes in [text, export::table(&catalogue, Format::Xlsx).unwrap()] {
            let again = good(&bytes, &[]);
            let counts = take_in(&test, NOW.plus_days(1), again, true).await;
            assert_eq!((counts.unchanged, counts.changed, counts.added, counts.retired), (all, 0, 0, 0));
        }
    }

    async fn the_command_takes_all_or_nothing(engine: Engine) {
        let test = district(engine).await;
        let folder = Folder::new();
        let file = folder.file("catalogue.csv", demo_catalogue());
        let (took, said) = import_file(&test, file.clone(), true).await;
        assert!(took && said.contains("added 66, changed 0, unchanged 0, retired 0"), "{said}");
        assert_eq!(snapshot(&test).await.all().len(), 0, "a dry run writes nothing");
        let (took, _) = import_file(&test, file.clone(), false).await;
        assert!(took);
        let catalogue = snapshot(&test).await;
        assert_eq!(catalogue.all().len(), 66);
        let lift = catalogue.by_name("电梯困人").unwrap();
        assert_eq!(catalogue.form(lift.form.unwrap()).unwrap().fields.len(), 3);
        let (_, said) = import_file(&test, file, false).await;
        assert!(said.contains("added 0, changed 0, unchanged 66, retired 0"), "{said}");
        let half = folder.file("half.csv", "level1,level2,level3,lead_unit,access_class\na,b,c,x,基本\na,b,d,,基本\n");
        let (took, said) = import_file(&test, half, false).await;
        assert!(!took && said.contains("第 3 行 lead_unit") && said.contains("nothing written"), "{said}");
        assert!(snapshot(&test).await.by_name("a/b/c").is_none(), "a good row beside a bad one is not taken either");
        let (took, said) = import_file(&test, folder.0.path().join("none.csv"), false).await;
        assert!(!took && !said.is_empty());
    }

    async fn later_years_come_from_a_file(engine: Engine) {
        let test = district(engine).await;
        let folder = Folder::new();
        let year: String = content::days().unwrap().iter().filter(|d| d.date.year() == 2026).map(|d| {
            format!("{},{}\n", d.date.to_string().replace("2026", "2027"), d.kind)
        }).collect();
        let days = folder.file("2027.csv", format!("date,kind\n{year}"));
        let shifts = folder.file("shifts.csv", "name,season_from,season_to,intervals\n全年,01-01,12-31,\"09:00-12:00,13:00-17:00\"\n");
        let clock = Clock::frozen(NOW);
        for (file, shifts, dry_run, version) in [
            (days.clone(), false, true, 1),
            (days, false, false, 2),
            (shifts, true, false, 3),
            (folder.file("bad.csv", "date,kind\n2028-01-01,maybe\n"), false, false, 3),
        ] {
            let mut said = Vec::new();
            let took = import_catalogue::calendar(&test.db, &clock, &CalendarArgs { file, shifts, dry_run }, &mut said).await.unwrap();
            let catalogue = snapshot(&test).await;
            assert_eq!((catalogue.calendar_version(), took), (version, !String::from_utf8_lossy(&said).contains("maybe")));
        }
        let catalogue = snapshot(&test).await;
        assert!(catalogue.calendar().covers(2027) && catalogue.calendar().covers(2024));
        assert_eq!(catalogue.calendar().shifts().len(), 1);
        assert!(!catalogue.calendar_at(1).unwrap().covers(2027));
    }
}
