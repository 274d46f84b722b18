//! What the people of the district did lately beside everyday work: whistles, orders, objections, leave, the access list. Not rows but
//! steps: who did what when, in the words of the server's own interface, so that whoever plays them meets every rule.

use crate::hours::{Calendar, DAY, Instant, at, date, local_day, rfc3339};
use crate::model::{Building, Grid, Matter, Org, Staff, Step};
use crate::orgs::office_code;
use crate::people::resolve;
use crate::plan::Street;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Steps that belong together: without a person or a place of theirs, none of them is there.
#[derive(Deserialize)]
struct Scene {
    scene: String,
    steps: Vec<Told>,
}

/// A step as the content tells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// `50m` is so many minutes ago, `5d 10:30` a time of the day so many working days ago, `+1d 17:00` one to come.
    at: String,
    /// A name of the tour, or `@` and a unit, whose desk it is.
    #[serde(default)]
    who: String,
    /// A method and a path below `/api/v1`.
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    body: Value,
    /// What of the answer is called what from then on, by its place in it.
    #[serde(default)]
    keep: BTreeMap<String, String>,
    /// Of a list, the one whose member of that name is that.
    #[serde(default)]
    pick: Option<(String, String)>,
}

/// What the steps are told against.
pub struct Ground<'a> {
    pub streets: &'a [Street],
    pub grids: &'a [Grid],
    pub buildings: &'a [Building],
    pub orgs: &'a [Org],
    pub staff: &'a [Staff],
    pub catalogue: &'a [Matter],
    pub calendar: &'a Calendar,
    pub now: Instant,
}

/// The same with what is looked up again and again.
struct Stage<'a> {
    on: &'a Ground<'a>,
    by_community: BTreeMap<&'a str, Vec<&'a Grid>>,
    units: BTreeSet<&'a str>,
}

/// Every step in the order of its instant.
pub fn scenes(ground: &Ground<'_>) -> Vec<Step> {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/content/scenes.json"));
    let told: Vec<Scene> = serde_json::from_str(text).expect("the embedded content is well-formed");
    let mut by_community: BTreeMap<&str, Vec<&Grid>> = BTreeMap::new();
    for grid in ground.grids {
        by_community.entry(&grid.community).or_default().push(grid);
    }
    let units = ground.orgs.iter().map(|o| o.code.as_str()).chain(ground.grids.iter().map(|g| g.code.as_str())).collect();
    let stage = Stage { on: ground, by_community, units };
    let mut all: Vec<(Instant, Step)> = told.iter().filter_map(|s| stage.scene(s)).flatten().collect();
    all.sort_by_key(|s| s.0);
    all.into_iter().map(|s| s.1).collect()
}

impl Stage<'_> {
    fn scene(&self, scene: &Scene) -> Option<Vec<(Instant, Step)>> {
        scene.steps.iter().map(|told| self.step(&scene.scene, told)).collect()
    }

    fn step(&self, scene: &str, told: &Told) -> Option<(Instant, Step)> {
        let when = self.instant(&told.at);
        let (method, path) = told.what.split_once(' ').unwrap_or((&told.what, ""));
        let step = Step {
            scene: scene.into(),
            at: rfc3339(when),
            who: if told.who.is_empty() { String::new() } else { self.account(&told.who)? },
            method: method.into(),
            path: self.text(path)?,
            body: self.value(&told.body)?,
            keep: told.keep.clone(),
            pick: match &told.pick {
                Some((member, is)) => Some((member.clone(), self.text(is)?)),
                None => None,
            },
        };
        Some((when, step))
    }

    /// The instant of `50m`, `5d 10:30` or `+1d 17:00`.
    fn instant(&self, text: &str) -> Instant {
        if let Some(minutes) = text.strip_suffix('m') {
            return self.on.now - minutes.parse::<i64>().expect("minutes") * 60;
        }
        let (days, clock) = text.split_once("d ").expect("days and a time of the day");
        let (hour, minute) = clock.split_once(':').expect("a time of the day");
        let minute = hour.parse::<i64>().expect("an hour") * 60 + minute.parse::<i64>().expect("a minute");
        let (mut left, pace) = (days.parse::<i64>().expect("days").abs(), if days.starts_with('+') { 1 } else { -1 });
        let mut day = local_day(self.on.now);
        while left > 0 {
            day += pace;
            left -= i64::from(self.on.calendar.works(day));
        }
        at(day, minute)
    }

    /// The user name of somebody of the tour, or of a unit's desk.
    fn account(&self, who: &str) -> Option<String> {
        self.staff_of(who).map(|s| s.username.clone())
    }

    fn staff_of(&self, who: &str) -> Option<&Staff> {
        let Some(unit) = who.strip_prefix('@') else {
            return self.on.staff.iter().find(|s| s.name == who && !s.username.is_empty());
        };
        let code = self.unit(unit)?;
        let slots = ["desk", "full_time", "duty", "handler"];
        slots
            .iter()
            .find_map(|slot| self.on.staff.iter().find(|s| s.unit_code == code && s.slot == *slot && !s.username.is_empty()))
    }

    /// The code of `G:柳荫:3`, `C:柳荫`, `S:临江`, `S:临江/ZHIFA`, `DISTRICT` or of a unit that the content names by its code.
    fn unit(&self, name: &str) -> Option<String> {
        let (place, office) = name.split_once('/').map_or((name, None), |(p, o)| (p, Some(o)));
        let code = resolve(place, self.on.streets, &self.by_community)?;
        let code = office.map_or(code.clone(), |o| office_code(&code, o));
        (self.units.contains(code.as_str()) || place == "DISTRICT").then_some(code)
    }

    fn value(&self, value: &Value) -> Option<Value> {
        Some(match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(all) => Value::Array(all.iter().map(|v| self.value(v)).collect::<Option<_>>()?),
            Value::Object(all) => {
                let mut made = Map::new();
                for (key, value) in all {
                    if key == "place" {
                        self.place(value.as_str()?, &mut made)?;
                    } else {
                        made.insert(key.clone(), self.value(value)?);
                    }
                }
                Value::Object(made)
            }
            other => other.clone(),
        })
    }

    /// The point and the address of a building in a grid: `G:柳荫:3`, or `G:柳荫:3#5` for its fifth.
    fn place(&self, name: &str, made: &mut Map<String, Value>) -> Option<()> {
        let (grid, nth) = name.split_once('#').unwrap_or((name, "1"));
        let code = self.unit(grid)?;
        let building = self.on.buildings.iter().filter(|b| b.grid_code == code).nth(nth.parse::<usize>().ok()? - 1)?;
        let corners = &building.ring[1..];
        let mean = |i: usize| corners.iter().map(|c| c[i]).sum::<i64>() as f64 / corners.len() as f64 / 1e7;
        made.insert("lon".into(), ((mean(0) * 1e7).round() / 1e7).into());
        made.insert("lat".into(), ((mean(1) * 1e7).round() / 1e7).into());
        made.insert("address".into(), building.address.clone().into());
        Some(())
    }

    /// A text with what stands in braces filled in, as far as it is known here: ids are the server's.
    fn text(&self, text: &str) -> Option<String> {
        let (mut made, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after.split_once('}')?;
            made.push_str(before);
            made.push_str(&self.slot(slot)?);
            rest = after;
        }
        made.push_str(rest);
        Some(made)
    }

    fn slot(&self, slot: &str) -> Option<String> {
        let mut words = slot.split(' ');
        let verb = words.next()?;
        let rest: Vec<&str> = words.collect();
        Some(match (verb, rest.as_slice()) {
            ("unit", [unit]) => format!("{{unit {}}}", self.unit(unit)?),
            ("task", [case, unit]) => format!("{{task {case} {}}}", self.unit(unit)?),
            ("person", [who]) => format!("{{person {}}}", self.staff_of(who)?.staff_no),
            ("name", [who]) => self.staff_of(who)?.name.clone(),
            ("code", [unit]) => self.unit(unit)?,
            ("at", [day, clock]) => rfc3339(self.instant(&format!("{day} {clock}"))),
            ("day", [days]) => date(local_day(self.on.now) + days.parse::<i64>().ok()?),
            ("month", [back]) => self.month(back.parse().ok()?),
            ("year", []) => date(local_day(self.on.now - 30 * DAY)).chars().take(4).collect(),
            ("access-list", []) => self.access_list(),
            _ => format!("{{{slot}}}"),
        })
    }

    /// The month so many months before the present one, as `2026-09`.
    fn month(&self, back: i64) -> String {
        let today = date(local_day(self.on.now));
        let (year, month): (i64, i64) = (today[..4].parse().expect("a year"), today[5..7].parse().expect("a month"));
        let months = year * 12 + month - 1 - back;
        format!("{:04}-{:02}", months / 12, months % 12 + 1)
    }

    /// The access list of the district: every matter of the catalogue in the class that it has there.
    fn access_list(&self) -> String {
        let mut writer = csv::Writer::from_writer(vec![]);
        writer.write_record(["事项名称", "部门", "类别", "基层配合内容", "权限", "经费", "培训", "对应事项"]).expect("memory");
        for matter in self.on.catalogue {
            let assists = matter.access_class == "配合";
            let help = format!("发现后上报；到场协助{}，不代替执法和专业处置。", matter.lead_unit);
            let given = if assists {
                [help.as_str(), "巡查发现、劝导、请求到场", "列入牵头部门年度预算，按件随转", "牵头部门每半年培训一次"]
            } else {
                [""; 4]
            };
            let row =
                [[&*matter.level3, &*matter.lead_unit, &*matter.access_class].as_slice(), &given, &[&*matter.level3]].concat();
            writer.write_record(row).expect("memory");
        }
        String::from_utf8(writer.into_inner().expect("memory")).expect("text")
    }
}
