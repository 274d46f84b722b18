//! Posts, the people who hold them, their leave and their duty.

use crate::content::{Absence, NamePart, Named, Unit, file};
use crate::hours::{civil, date, day_of};
use crate::model::{Duty, Grid, Leave, Org, Staff};
use crate::orgs::{FOUNDED, office_code};
use crate::plan::{Community, DISTRICT, Street};
use crate::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// All posts of the district.
pub fn staff(seed: u64, streets: &[Street], grids: &[Grid], orgs: &[Org]) -> Vec<Staff> {
    let mut by_community: BTreeMap<&str, Vec<&Grid>> = BTreeMap::new();
    for grid in grids {
        by_community.entry(&grid.community).or_default().push(grid);
    }
    let mut roster = Roster::new(seed);
    roster.named(streets, &by_community);
    roster.district(orgs);
    let mut index = 0;
    for street in streets {
        roster.street(street, index);
        for community in &street.communities {
            roster.community(community, index, by_community.get(community.code.as_str()).map_or(&[], Vec::as_slice));
            index += 1;
        }
    }
    roster.rows
}

/// A person before any post.
#[derive(Clone, Debug)]
struct Person {
    no: String,
    name: String,
    phone: String,
    username: String,
}

/// What a row says beside the person.
struct Post<'a> {
    unit: &'a str,
    title: &'a str,
    slot: &'a str,
    employment: &'a str,
    role: &'a str,
}

struct Roster {
    rng: Rng,
    rows: Vec<Staff>,
    surnames: Vec<NamePart>,
    given: Vec<NamePart>,
    used: BTreeSet<String>,
    logins: BTreeMap<String, u32>,
    /// Departments that second their officials as guides.
    departments: Vec<String>,
    number: u32,
}

impl Roster {
    fn new(seed: u64) -> Self {
        let (surnames, given) = file!("names").into_iter().partition(|p: &NamePart| p.part == "surname");
        let (rows, used, logins) = (vec![], BTreeSet::new(), BTreeMap::new());
        let units: Vec<Unit> = file!("units");
        let departments = units.into_iter().filter(|u| u.kind == "department").map(|u| u.name).collect();
        Self { rng: Rng::new(seed, "people"), rows, surnames, given, used, logins, departments, number: 0 }
    }

    /// Somebody new. Names repeat only when the list is used up, as they do in life.
    fn person(&mut self) -> Person {
        let (mut name, mut spelling) = (String::new(), String::new());
        for _ in 0..40 {
            let parts = [self.rng.pick(&self.surnames).clone(), self.rng.pick(&self.given).clone()];
            let third = self.rng.chance(0.62).then(|| self.rng.pick(&self.given).clone());
            let parts: Vec<_> = parts.into_iter().chain(third).collect();
            name = parts.iter().map(|p| p.zh.as_str()).collect();
            spelling = parts.iter().map(|p| p.pinyin.as_str()).collect();
            if self.used.insert(name.clone()) {
                break;
            }
        }
        self.enrol(name, &spelling)
    }

    fn enrol(&mut self, name: String, login: &str) -> Person {
        self.number += 1;
        let n = self.logins.entry(login.to_owned()).or_default();
        *n += 1;
        let username = if *n == 1 { login.to_owned() } else { format!("{login}{n}") };
        // Reporters of cases use the upper half of the invented numbers; beyond the lower half nobody has one.
        let phone = if self.number < 5000 { format!("140-0000-{:04}", self.number) } else { String::new() };
        Person { no: format!("{:06}", 100_000 + self.number), name, phone, username }
    }

    fn post(&mut self, person: &Person, post: &Post<'_>) -> &mut Staff {
        let granted = !post.role.is_empty();
        let at = self.rows.len();
        self.rows.push(Staff {
            staff_no: person.no.clone(),
            name: person.name.clone(),
            phone: person.phone.clone(),
            unit_code: post.unit.into(),
            post: post.title.into(),
            slot: post.slot.into(),
            employment: post.employment.into(),
            role: post.role.into(),
            scope_code: if granted { post.unit.into() } else { String::new() },
            username: if granted { person.username.clone() } else { String::new() },
            from: FOUNDED.into(),
            ..Staff::default()
        });
        &mut self.rows[at]
    }

    /// The people of the guided tour. Posts in places that a smaller district lacks are left out.
    fn named(&mut self, streets: &[Street], grids: &BTreeMap<&str, Vec<&Grid>>) {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        for row in file!("named_people") {
            let row: Named = row;
            let (Some(unit), Some(scope)) = (resolve(&row.unit, streets, grids), resolve(&row.scope, streets, grids)) else {
                continue;
            };
            let person = people.get(&row.name).cloned().unwrap_or_else(|| {
                self.used.insert(row.name.clone());
                self.enrol(row.name.clone(), &row.username)
            });
            people.insert(row.name.clone(), person.clone());
            let employment = match row.slot.as_str() {
                "head" => "cadre",
                "leader" => "leader",
                _ => "full_time",
            };
            let post = Post { unit: &unit, title: &row.post, slot: &row.slot, employment, role: &row.role };
            let staff = self.post(&person, &post);
            staff.scope_code = scope;
            staff.note = row.note;
        }
    }

    fn holds(&self, unit: &str, slot: &str) -> Option<Person> {
        let row = self.rows.iter().take(40).find(|r| r.unit_code == unit && r.slot == slot)?;
        let (no, name, phone) = (row.staff_no.clone(), row.name.clone(), row.phone.clone());
        Some(Person { no, name, phone, username: row.username.clone() })
    }

    fn fill(&mut self, unit: &str, title: &str, slot: &str, employment: &str, role: &str) -> Person {
        let person = self.person();
        self.post(&person, &Post { unit, title, slot, employment, role });
        person
    }

    fn district(&mut self, orgs: &[Org]) {
        for (post, slot, role) in [("受理员", "desk", "district-intake"), ("回访员", "call_back", "call-back")] {
            let person = self.fill("CENTER", post, slot, "full_time", role);
            self.scope_of(&person, DISTRICT);
        }
        for _ in 0..4 {
            let person = self.fill("CENTER-DUTY", "值班员", "duty", "full_time", "district-dispatch");
            self.scope_of(&person, DISTRICT);
        }
        for unit in orgs {
            let contact = match unit.kind.as_str() {
                "department" | "operating_unit" | "utility" => false,
                "partner" | "alliance" | "team" => true,
                _ => continue,
            };
            if contact {
                self.fill(&unit.code, "联系人", "contact", "partner", "");
                continue;
            }
            if self.holds(&unit.code, "desk").is_none() {
                self.fill(&unit.code, "部门联络员", "desk", "full_time", "department-desk");
            }
            for _ in usize::from(self.holds(&unit.code, "handler").is_some())..2 {
                self.fill(&unit.code, "部门承办人", "handler", "full_time", "department-handler");
            }
        }
    }

    fn scope_of(&mut self, person: &Person, scope: &str) {
        for row in self.rows.iter_mut().rev().take_while(|r| r.staff_no == person.no) {
            scope.clone_into(&mut row.scope_code);
        }
    }

    fn street(&mut self, street: &Street, first: usize) {
        let code = street.code.as_str();
        if self.holds(code, "desk").is_none() {
            self.fill(code, "街道工作台", "desk", "full_time", "street-desk");
        }
        let mut leaders: Vec<Person> = self.holds(code, "leader").into_iter().collect();
        for post in ["街道分管负责人", "街道办主任", "街道党工委副书记"].iter().skip(leaders.len()) {
            leaders.push(self.fill(code, post, "leader", "leader", "street-leader"));
        }
        for (i, community) in street.communities.iter().enumerate() {
            let leader = leaders[i % leaders.len()].clone();
            let post = Post { unit: &community.code, title: "包联领导", slot: "sponsor", employment: "leader", role: "" };
            self.post(&leader, &post).note = "每月至少走访一次".into();
        }
        for (suffix, number) in
            [("GONGGUAN", 1), ("GONGFU", 1), ("PINGAN", 1), ("YINGJI", 1), ("ZHIFA", 2), ("SIFA", 1), ("WANGGE", 1)]
        {
            let unit = office_code(code, suffix);
            self.fill(&unit, "科室负责人", "desk", "full_time", "department-desk");
            for _ in 0..number {
                self.fill(&unit, "科室承办人", "handler", "full_time", "department-handler");
            }
        }
        let duty = office_code(code, "DUTY");
        for _ in 0..4 {
            let person = self.fill(&duty, "值班员", "duty", "full_time", "street-desk");
            self.scope_of(&person, code);
        }
        for kind in ["民警", "交警", "司法调解", "消防", "城管", "卫生服务", "应急"] {
            self.fill(code, &format!("专业力量·{kind}"), "professional", "official", "");
        }
        for (post, slot, every) in [("法官", "judge", 4), ("检察官", "prosecutor", 3)] {
            for i in (0..street.communities.len()).filter(|i| ((first + i) % 12).is_multiple_of(every)) {
                self.fill(&street.communities[i].code, post, slot, "official", "");
            }
        }
    }

    fn community(&mut self, community: &Community, index: usize, grids: &[&Grid]) {
        let code = community.code.as_str();
        if self.holds(code, "desk").is_none() {
            self.fill(code, "社区工作台", "desk", "full_time", "community-desk");
        }
        let residential: Vec<&Grid> = grids.iter().copied().filter(|g| g.kind == "residential").collect();
        let cadres = self.heads(community, &residential);
        for (i, grid) in grids.iter().enumerate() {
            let cadre = cadres[i % cadres.len()].clone();
            let post = Post { unit: &grid.code, title: "包联两委", slot: "sponsor", employment: "cadre", role: "" };
            self.post(&cadre, &post).note = "每月至少走访一次".into();
        }
        let guides = [self.person(), self.person()];
        for (i, grid) in residential.iter().enumerate() {
            self.workers(community, i, grid);
            self.guide(&guides[i % 2], grid, index);
            self.part_timers(grid, if i < 2 { 5 } else { 4 });
        }
        for grid in grids.iter().filter(|g| g.kind == "dedicated") {
            self.fill(&grid.code, "网格长", "head", "partner", "grid-head");
            for _ in 0..2 {
                let guide = self.person();
                self.guide(&guide, grid, index);
            }
            for _ in 0..3 {
                self.fill(&grid.code, "兼职网格员", "part_time", "part_time", "part-time-reporter");
            }
        }
        self.police(community, code);
        if !matches!(index % 12, 7 | 11) {
            self.fill(code, "法律工作者", "legal_worker", "official", "");
        }
        for _ in 0..=usize::from(index % 12 < 6) {
            self.fill(code, "调解员", "mediator", "official", "");
        }
    }

    /// Grid heads, who are cadres of the community: two where there are five grids, but for three of the twelve communities.
    fn heads(&mut self, community: &Community, residential: &[&Grid]) -> Vec<Person> {
        let mut cadres: Vec<Person> = residential.first().and_then(|g| self.holds(&g.code, "head")).into_iter().collect();
        let named = usize::from(!cadres.is_empty());
        while cadres.len() < 3 {
            cadres.push(self.person());
        }
        let alone = residential.len() < 5 || community.special_number("heads") == Some(1);
        let first = match (alone, named) {
            (true, _) => residential.len(),
            (false, 0) => 3,
            (false, _) => 4,
        };
        for (i, grid) in residential.iter().enumerate() {
            let head = cadres[usize::from(i >= first)].clone();
            if self.holds(&grid.code, "head").is_none() {
                let post = Post { unit: &grid.code, title: "网格长", slot: "head", employment: "cadre", role: "grid-head" };
                self.post(&head, &post).note = format!("{}两委成员，党员", community.name());
            }
        }
        cadres
    }

    fn workers(&mut self, community: &Community, i: usize, grid: &Grid) {
        if self.holds(&grid.code, "full_time").is_some() {
            return;
        }
        if community.special_number("vacancy") == Some(i + 1) {
            self.rows.push(Staff {
                unit_code: grid.code.clone(),
                post: "专职网格员".into(),
                slot: "full_time".into(),
                employment: "full_time".into(),
                from: FOUNDED.into(),
                note: "空缺，正在招聘".into(),
                ..Staff::default()
            });
            return;
        }
        self.fill(&grid.code, "专职网格员", "full_time", "full_time", "grid-worker");
    }

    fn guide(&mut self, person: &Person, grid: &Grid, index: usize) {
        let post = Post { unit: &grid.code, title: "网格指导员", slot: "guide", employment: "seconded", role: "" };
        self.post(person, &post).note = format!("派出单位：{}", self.departments[index % self.departments.len()]);
    }

    fn part_timers(&mut self, grid: &Grid, number: usize) {
        const KINDS: [&str; 5] = ["楼栋长", "单元长", "物业管家", "志愿者", "单元长"];
        for kind in KINDS.iter().cycle().take(number) {
            let person = self.fill(&grid.code, "兼职网格员", "part_time", "part_time", "part-time-reporter");
            for row in self.rows.iter_mut().rev().take_while(|r| r.staff_no == person.no) {
                (*kind).clone_into(&mut row.note);
            }
        }
    }

    /// Police pairing: one officer and two auxiliaries for a community (two teams for the largest), one auxiliary for a village.
    fn police(&mut self, community: &Community, code: &str) {
        if community.village {
            self.fill(code, "辅警", "auxiliary", "official", "");
            return;
        }
        for _ in 0..community.special_number("police").unwrap_or(1) {
            let officer = self.fill(code, "民警", "police", "official", "");
            let post = Post { unit: code, title: "警官（五员进网）", slot: "officer", employment: "official", role: "" };
            self.post(&officer, &post);
            for _ in 0..2 {
                self.fill(code, "辅警", "auxiliary", "official", "");
            }
        }
    }
}

/// Code of a place as the content names it: `G:柳荫:3`, `C:柳荫`, `S:临江`, `DISTRICT` or a code.
pub fn resolve(place: &str, streets: &[Street], grids: &BTreeMap<&str, Vec<&Grid>>) -> Option<String> {
    let community = |stem: &str| streets.iter().flat_map(|s| &s.communities).find(|c| c.stem == stem);
    let parts: Vec<&str> = place.split(':').collect();
    match parts.as_slice() {
        ["G", stem, n] => {
            let grid = grids.get(community(stem)?.code.as_str())?.get(n.parse::<usize>().ok()? - 1)?;
            Some(grid.code.clone())
        }
        ["C", stem] => Some(community(stem)?.code.clone()),
        ["S", stem] => streets.iter().find(|s| s.stem == *stem).map(|s| s.code.clone()),
        ["DISTRICT"] => Some(DISTRICT.to_owned()),
        _ => Some(place.to_owned()),
    }
}

/// Leave around `today`: one worker with a deputy, one without, some planned.
pub fn leave(staff: &[Staff], grids: &[Grid], today: i64) -> Vec<Leave> {
    let worker = |alias: &str| {
        let grid = grids.iter().find(|g| g.alias == alias)?;
        let row = staff.iter().find(|s| s.unit_code == grid.code && s.slot == "full_time" && !s.staff_no.is_empty())?;
        Some(row.staff_no.clone())
    };
    let absences: Vec<Absence> = file!("leave");
    let row = |a: Absence| {
        let deputy_staff_no = if a.deputy_grid.is_empty() { String::new() } else { worker(&a.deputy_grid)? };
        let (from, to) = (date(today + a.from), date(today + a.to));
        Some(Leave { staff_no: worker(&a.grid)?, from, to, deputy_staff_no, reason: a.reason })
    };
    absences.into_iter().filter_map(row).collect()
}

/// Duty rooms: day and night by turns from three days ago for two weeks, and the tables of the three long holidays.
pub fn duty(staff: &[Staff], orgs: &[Org], today: i64) -> Vec<Duty> {
    let mut rows = Vec::new();
    for room in orgs.iter().filter(|o| o.kind == "duty_room") {
        let team: Vec<&Staff> = staff.iter().filter(|s| s.unit_code == room.code && s.slot == "duty").collect();
        if team.is_empty() {
            continue;
        }
        let mut turn = 0;
        let mut add = |from: i64, to: i64| {
            for (time_from, time_to) in [("08:30", "20:30"), ("20:30", "08:30")] {
                let person = team[turn % team.len()];
                turn += 1;
                rows.push(Duty {
                    unit_code: room.code.clone(),
                    date_from: date(from),
                    date_to: date(to),
                    time_from: time_from.into(),
                    time_to: time_to.into(),
                    staff_no: person.staff_no.clone(),
                    phone: room.phone.clone(),
                });
            }
        };
        let ordinary = today - 3..today + 11;
        let holidays = holidays(today);
        for day in ordinary.clone() {
            add(day, day);
        }
        for day in holidays.into_iter().flat_map(|(a, b)| a..=b).filter(|d| !ordinary.contains(d)) {
            add(day, day);
        }
    }
    rows
}

/// Spring Festival, Labour Day and National Day of the coming twelve months.
fn holidays(today: i64) -> Vec<(i64, i64)> {
    // First day of the lunar year, which the calendar of the sun does not tell.
    const NEW_YEAR: [(i64, i64, i64); 8] =
        [(2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6), (2028, 1, 26), (2029, 2, 13), (2030, 2, 3), (2031, 1, 23)];
    let (year, _, _) = civil(today);
    let mut days: Vec<(i64, i64)> = Vec::new();
    for y in [year, year + 1] {
        days.extend(NEW_YEAR.iter().filter(|n| n.0 == y).map(|n| (day_of(n.0, n.1, n.2) - 1, day_of(n.0, n.1, n.2) + 6)));
        days.push((day_of(y, 5, 1), day_of(y, 5, 5)));
        days.push((day_of(y, 10, 1), day_of(y, 10, 7)));
    }
    days.retain(|d| d.1 >= today && d.0 < today + 365);
    days
}
