//! A small town for tests: one district, two streets, three communities, five square grids, departments, matters, a calendar and a
//! classifier. The grids are squares of 0.01° from (112.90, 33.10), west to east; the last overlaps the one before it by half.

use db::Tx;
use kernel::{Actor, Id};
use serde_json::json;

use super::TestApp;
use crate::{
    modules::{
        catalogue::{self, Catalogue, Matter, Origin},
        incidents::learn,
        org::{self, import},
    },
    table::Table,
};

/// The district's path.
pub const DISTRICT: &str = "/990101/";
/// The first street's path.
pub const STREET: &str = "/990101/990101001/";
/// The second street's path.
pub const OTHER_STREET: &str = "/990101/990101002/";
/// The first community's path.
pub const COMMUNITY: &str = "/990101/990101001/990101001001/";
/// Its sibling in the same street.
pub const SIBLING: &str = "/990101/990101001/990101001002/";
/// The first grid's path.
pub const GRID: &str = "/990101/990101001/990101001001/990101001001001/";
/// The path of the department of lamps and roads.
pub const DEPARTMENT: &str = "/990101/D-ROADS/";
/// A point inside the first grid.
pub const HOME: (f64, f64) = (112.905, 33.105);
/// A point inside the grid of the second street.
pub const FAR: (f64, f64) = (112.935, 33.105);
/// A point that two grids claim.
pub const DISPUTED: (f64, f64) = (112.947, 33.105);
/// A point in no grid.
pub const NOWHERE: (f64, f64) = (113.5, 33.105);

const UNITS: &str = "\
code,name,kind,parent_code,alias,phone,valid_from,serves
990101,某区,district,,,,2024-01-01,
990101001,东街道,street,990101,,,2024-01-01,
990101002,西街道,street,990101,,,2024-01-01,
990101001001,一社区,community,990101001,,,2024-01-01,
990101001002,二社区,community,990101001,,,2024-01-01,
990101002001,三社区,community,990101002,,,2024-01-01,
S001-LAW,东街道综合执法队,office,990101001,综合执法队,,2024-01-01,
D-ROADS,区市政中心,operating_unit,990101,,,2024-01-01,
D-FIRE,区消防队,department,990101,,,2024-01-01,
P-HOME,一号物业,partner,990101001,,,2024-01-01,990101001001001
";

const MATTERS: &str = r#"level1,level2,level3,level3_en,access_class,lead_unit,helpers,urgency,accept_limit,handle_limit,limit_unit,public_name,verify,publishable,evidence,fields
市政设施,照明,楼道灯不亮,Stairwell lamp out,基本,属地社区,小区物业,一般,1,8,工作时,楼道灯坏了,desk,yes,处置后照片1张,"[{""key"":""floor"",""label"":""楼层"",""type"":""integer"",""required"":true}]"
市政设施,照明,路灯不亮,Street lamp out,上级,区市政中心,,一般,4,24,小时,路灯不亮,none,yes,,
公共安全,消防,占用消防通道,Fire lane blocked,配合,区消防队,属地社区,紧急,20,240,分钟,消防通道被堵了,field,yes,,
公共安全,应急,道路塌陷,Road caved in,上级,区市政中心,区消防队,特急,10,120,分钟,路面塌了,field,yes,处置前后照片各1张,
民生服务,其他,历史遗留问题,,未列入,,,一般,1,5,工作日,说不清归谁管,desk,no,,
"#;

/// Phrases that the classifier learns; enough to be sure of these words and of no others.
const PHRASES: &[(&str, &str)] = &[
    ("楼道灯不亮", "楼道灯坏了 单元楼道里的灯不亮 楼梯间照明坏了晚上看不见 楼道感应灯不亮"),
    ("路灯不亮", "马路路灯不亮 街上路灯坏了一排 大道路灯整夜不亮 路口路灯坏"),
    ("占用消防通道", "消防通道被车堵了 消防车道停满车 安全出口被锁 疏散通道堆满东西"),
    ("道路塌陷", "路面突然塌陷出现大坑 路塌了一个洞 马路中间下陷 路面空洞塌下去"),
    ("历史遗留问题", "多年的老问题没人管 历史遗留的产权问题 十几年前的旧账 老厂区遗留事情"),
];

impl TestApp {
    /// The same app with the town in it.
    ///
    /// # Panics
    /// When the town cannot be made.
    pub async fn with_town(self) -> Self {
        let now = self.clock.now();
        let mut tx = self.db.begin();
        org::ensure_root(&mut tx, now, "990101", "某区").await.expect("a root");
        catalogue::seed(&mut tx, now).await.expect("a calendar");
        tx.commit().await.expect("a commit");
        let units = Table::read(UNITS.into()).expect("a table");
        let taken = import::orgs(&self.db, now, self.zone, units, &import::Options::default()).await.expect("units");
        assert!(taken.faults.is_empty(), "{:?}", taken.faults);
        let taken = import::grids(&self.db, now, borders(), &import::GridOptions::default()).await.expect("grids");
        assert!(taken.faults.is_empty(), "{:?}", taken.faults);
        let mut tx = self.db.begin();
        matters(&mut tx, &self).await;
        tx.commit().await.expect("a commit");
        self.refresh().await.expect("a refresh");
        self
    }

    /// The id of a matter by its name.
    ///
    /// # Panics
    /// When there is none.
    pub fn matter(&self, name: &str) -> Id<Matter> {
        self.catalogue.get().value.by_name(name).expect("a matter of the town").id
    }
}

fn borders() -> Vec<u8> {
    let square = |code: &str, west: f64| {
        let (e, s, n) = (west + 0.01, 33.10, 33.11);
        let ring = [[west, s], [e, s], [e, n], [west, n], [west, s]];
        let properties =
            json!({ "code": code, "name": format!("{}号格", &code[14..]), "type": "residential", "households": 350 });
        json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Polygon", "coordinates": [ring] } })
    };
    let features = [
        square("990101001001001", 112.90),
        square("990101001001002", 112.91),
        square("990101001002001", 112.92),
        square("990101002001001", 112.93),
        square("990101002001002", 112.94),
        square("990101002001003", 112.945),
    ];
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

async fn matters(tx: &mut Tx, app: &TestApp) {
    let now = app.clock.now();
    let table = Table::read(MATTERS.into()).expect("a table");
    let reading = catalogue::import::read(table, &[], |_| None).expect("a catalogue");
    assert!(reading.faults.is_empty(), "{:?}", reading.faults);
    let origin = Origin { now, source: "town", actor: &Actor::system() };
    catalogue::take(tx, origin, reading.drafts, false).await.expect("matters");
    let known = Catalogue::load(tx, now).await.expect("the catalogue");
    assert_eq!(known.all().len(), PHRASES.len());
    let rows: Vec<(&str, String)> = PHRASES
        .iter()
        .flat_map(|(label, phrases)| {
            phrases.split(' ').flat_map(move |p| (0..6).map(move |n| (*label, format!("{n}号{p}请处理"))))
        })
        .collect();
    let model = text::train(rows.iter().map(|(l, t)| (*l, t.as_str())), &text::Options::default());
    learn::publish(tx, now, &model, 0).await.expect("a model");
}
