//! What a case refers to: places, matters, units, people and words.

use crate::content::{Concentration, Office, Tendency, file};
use crate::hours::{Calendar, DAY, Instant, civil, local_day};
use crate::model::{Building, Grid, Incident, Matter, Org, Position, Staff};
use crate::orgs::office_code;
use crate::rng::Rng;
use crate::shape::Layout;
use crate::town::Places;
use crate::wording::{Place, Register, Wording};
use std::collections::BTreeMap;

/// The district as cases see it.
pub struct Scene<'a> {
    pub grids: &'a [Grid],
    pub buildings: &'a [Building],
    pub catalogue: &'a [Matter],
    pub calendar: &'a Calendar,
    pub now: Instant,
    places: &'a [Places],
    layout: &'a Layout,
    wording: &'a Wording,
    tendencies: &'a [Tendency],
    /// Code of a unit by its name.
    units: BTreeMap<&'a str, &'a str>,
    /// Name of a unit or grid by its code.
    names: BTreeMap<&'a str, &'a str>,
    /// Who handles for a unit or grid.
    handlers: BTreeMap<&'a str, Vec<&'a str>>,
    /// Where a matter gathers in some months.
    concentrations: Vec<Concentration>,
    /// Matter and grid of the series that must keep their number.
    hot_spots: Vec<(usize, usize)>,
    /// Suffix of the code of a street office by its name.
    offices: Vec<Office>,
    /// Running sums of the weights of the grids, by setting.
    weights: BTreeMap<&'a str, Vec<f64>>,
}

/// A place of a case.
#[derive(Clone, Debug)]
pub struct Where {
    pub grid: usize,
    position: Position,
    address: String,
    words: Place,
}

/// What a scene is made of.
pub struct Parts<'a> {
    pub grids: &'a [Grid],
    pub buildings: &'a [Building],
    pub places: &'a [Places],
    pub layout: &'a Layout,
    pub catalogue: &'a [Matter],
    pub tendencies: &'a [Tendency],
    pub orgs: &'a [Org],
    pub staff: &'a [Staff],
    pub wording: &'a Wording,
    pub calendar: &'a Calendar,
    pub now: Instant,
}

impl<'a> Scene<'a> {
    /// Sets the scene.
    pub fn new(p: &Parts<'a>) -> Self {
        let mut handlers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        // Workers before desks before heads; a deputy is not asked while the worker is there.
        for slots in [&["handler", "full_time"][..], &["desk", "duty", "contact"], &["head"]] {
            let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for row in p.staff.iter().filter(|s| slots.contains(&s.slot.as_str()) && !s.staff_no.is_empty()) {
                found.entry(&row.unit_code).or_default().push(&row.staff_no);
            }
            for (unit, people) in found {
                handlers.entry(unit).or_insert(people);
            }
        }
        let mut names: BTreeMap<&str, &str> = p.orgs.iter().map(|o| (o.code.as_str(), o.name.as_str())).collect();
        names.extend(p.grids.iter().map(|g| (g.code.as_str(), g.name.as_str())));
        let lifts: BTreeMap<&str, bool> =
            p.buildings.iter().filter(|b| b.kind == "residential").map(|b| (b.grid_code.as_str(), b.floors > 10)).collect();
        let mut weights = BTreeMap::new();
        for tendency in p.tendencies {
            weights.entry(tendency.setting.as_str()).or_insert_with(|| {
                let mut sum = 0.0;
                p.grids
                    .iter()
                    .map(|g| {
                        let lifts = lifts.get(g.code.as_str()).copied().unwrap_or(false);
                        sum += weight(&tendency.setting, g, lifts);
                        sum
                    })
                    .collect()
            });
        }
        let series: Vec<super::Series> = file!("series");
        let hot = |s: &super::Series| {
            let matter = p.catalogue.iter().position(|m| m.level3 == s.matter)?;
            Some((matter, p.grids.iter().position(|g| g.alias == s.grid)?))
        };
        Self {
            concentrations: file!("concentrations"),
            hot_spots: series.iter().filter(|s| s.kind == "hot_spot").filter_map(hot).collect(),
            offices: file!("street_offices"),
            grids: p.grids,
            buildings: p.buildings,
            catalogue: p.catalogue,
            calendar: p.calendar,
            now: p.now,
            places: p.places,
            layout: p.layout,
            wording: p.wording,
            tendencies: p.tendencies,
            units: p.orgs.iter().map(|o| (o.name.as_str(), o.code.as_str())).collect(),
            names,
            handlers,
            weights,
        }
    }

    /// Index of a matter by its level3 name; an unknown name is a bug in the content.
    pub fn index_of(&self, matter: &str) -> usize {
        self.catalogue.iter().position(|m| m.level3 == matter).expect("the content names matters of the catalogue")
    }

    /// Index of a grid by its short name.
    pub fn grid(&self, alias: &str) -> Option<usize> {
        self.grids.iter().position(|g| g.alias == alias)
    }

    /// A matter that is reported through this channel at this time of the year.
    pub fn matter(&self, channel: &str, reported: Instant, rng: &mut Rng) -> usize {
        let finder = match source_of(channel) {
            "worker" => 'w',
            "device" => 'd',
            _ => 'r',
        };
        let (_, month, _) = civil(local_day(reported));
        let weights: Vec<f64> = self
            .tendencies
            .iter()
            .map(|t| if t.found_by.contains(finder) { t.weight * season(&t.season, month) } else { 0.0 })
            .collect();
        rng.weighted(&weights)
    }

    /// Does this matter occur at this time of the year?
    pub fn in_season(&self, matter: usize, reported: Instant) -> bool {
        let (_, month, _) = civil(local_day(reported));
        season(&self.tendencies[matter].season, month) >= 0.65
    }

    /// A place where this matter occurs, with the hot spots of the year.
    pub fn place(&self, matter: usize, reported: Instant, rng: &mut Rng) -> Where {
        let name = &self.catalogue[matter].level3;
        let month = civil(local_day(reported)).1.to_string();
        let spot = self.concentrations.iter().find(|c| c.matter == *name && c.months.split('|').any(|m| m == month));
        if let Some(spot) = spot.filter(|s| rng.chance(s.share * (60.0 / self.grids.len() as f64).min(1.0))) {
            let own = |g: &&Grid| g.alias.starts_with(&spot.community) && g.kind == "residential";
            if let Some(first) = self.grids.iter().position(|g| own(&g)) {
                let count = self.grids[first..].iter().take_while(|g| own(g)).count();
                return self.place_in(first + rng.below(count), matter, rng);
            }
        }
        let sums = &self.weights[self.tendencies[matter].setting.as_str()];
        let goal = rng.unit() * sums.last().copied().unwrap_or(0.0);
        let mut grid = sums.partition_point(|s| *s <= goal).min(self.grids.len() - 1);
        // A hot spot has exactly its own reports in the last ninety days; others fall next door.
        if self.hot_spots.contains(&(matter, grid)) && self.now - reported < 95 * DAY {
            grid = if grid + 1 < self.grids.len() { grid + 1 } else { grid - 1 };
        }
        self.place_in(grid, matter, rng)
    }

    /// A place in a grid that suits the matter.
    pub fn place_in(&self, grid: usize, matter: usize, rng: &mut Rng) -> Where {
        let (own, ring, here) = (&self.grids[grid], &self.grids[grid].ring, &self.places[grid]);
        let road = here.roads.get(rng.below(here.roads.len().max(1)));
        let road_name = road.map_or_else(|| own.name.clone(), |r| r.1.clone());
        let setting = self.tendencies[matter].setting.as_str();
        let at_home = matches!(setting, "home" | "tower" | "compound") && here.homes > 0;
        let k = rng.below(if at_home { here.homes } else { here.buildings.len().max(1) });
        let building = self.buildings.get(here.buildings.start + k).filter(|_| !here.buildings.is_empty());
        let compound = building.map(|b| b.compound.clone()).filter(|c| !c.is_empty());
        let compound = compound.or_else(|| own.compounds.first().cloned()).unwrap_or_else(|| own.name.replace("网格", ""));
        let floors = building.map_or(6, |b| b.floors.max(2));
        let outdoors = matches!(setting, "road" | "low" | "shop" | "river");
        let on_road = road.filter(|_| outdoors).and_then(|r| here.along(r.0, self.layout, ring, rng));
        let (position, address, block) = if let Some(p) = on_road {
            (p, format!("{road_name}{}附近", self.wording.part("landmark", rng)), None)
        } else if let Some(b) = building.filter(|_| setting != "park" || own.kind == "residential") {
            let stair = if b.kind == "residential" { format!("{}单元", rng.between(1, 4)) } else { String::new() };
            let name = if rng.chance(0.5) { format!("{}{}{stair}", b.compound, b.name) } else { format!("{}{stair}", b.name) };
            (here.beside(k, self.layout, ring, rng), format!("{}{stair}", b.address), Some(name))
        } else {
            let p = here.anywhere(self.layout, ring, rng);
            (p.unwrap_or(ring[0]), format!("{}内", own.name), None)
        };
        Where { grid, position, address, words: Place { compound, road: road_name, block, floors } }
    }

    /// A place outside of the district, to the west beyond the river.
    pub fn outside(&self, rng: &mut Rng) -> (f64, f64) {
        let h = f64::from(self.layout.height);
        degrees(self.layout.position(rng.range(-9.0, -5.0), rng.range(0.0, h)))
    }

    /// The part of a case that its reporter makes.
    pub fn report(&self, channel: &str, matter: usize, place: &Where, rng: &mut Rng) -> Incident {
        let register = match channel {
            "patrol" | "visit" => Register::Worker,
            "hotline" | "superior" | "department" => Register::Operator,
            "window" | "phone" => Register::Window,
            "device" => Register::Device,
            _ => Register::Resident,
        };
        let name = &self.catalogue[matter].level3;
        let (lon, lat) = degrees(place.position);
        let source = source_of(channel);
        let phone = source == "resident" && (channel != "web" || rng.chance(0.85)) && channel != "box";
        Incident {
            text: self.wording.message(name, register, &place.words, rng),
            lon: Some(lon),
            lat: Some(lat),
            address: place.address.clone(),
            channel: channel.into(),
            source: source.into(),
            reporter_phone: if phone { format!("140-0000-{:04}", rng.between(5000, 9999)) } else { String::new() },
            matter: name.clone(),
            grid_code: self.grids[place.grid].code.clone(),
            ..Incident::default()
        }
    }

    /// A text of the content with its slots filled at a place.
    pub fn words(&self, text: &str, place: &Where, rng: &mut Rng) -> String {
        self.wording.expand(text, &place.words, rng)
    }

    /// A message that is refused.
    pub fn invalid(&self, reason: &str, place: &Where, rng: &mut Rng) -> String {
        self.wording.invalid(reason, &place.words, rng)
    }

    /// Enters the unit that leads and who handles: units near the place are found from the grid.
    pub fn lead(&self, row: &mut Incident, matter: usize, rng: &mut Rng) {
        row.lead_unit = self.unit(&self.catalogue[matter].lead_unit, &row.grid_code);
        if let Some(people) = self.handlers.get(row.lead_unit.as_str()) {
            row.handler_staff_no = (*rng.pick(people)).to_owned();
        }
    }

    /// Code of a unit as the catalogue names it, at a grid.
    pub fn unit(&self, name: &str, grid: &str) -> String {
        if let Some(code) = self.units.get(name) {
            return (*code).to_owned();
        }
        match name {
            "属地网格" => grid.to_owned(),
            "属地社区" | "小区物业" => grid[..12].to_owned(),
            _ => {
                let office = self.offices.iter().find(|o| name.ends_with(&o.name)).unwrap_or(&self.offices[0]);
                office_code(&grid[..9], &office.suffix)
            }
        }
    }

    /// The reply that goes with the result.
    pub fn reply(&self, row: &mut Incident, matter: usize, rng: &mut Rng) {
        let unit = self.names.get(row.lead_unit.as_str()).copied().unwrap_or("承办单位");
        let m = &self.catalogue[matter];
        row.public_reply = self.wording.reply(&row.result, &m.public_name, unit, &m.handling_condition, rng);
    }
}

/// Who found it, by the way it came in.
pub fn source_of(channel: &str) -> &'static str {
    match channel {
        "patrol" | "visit" => "worker",
        "superior" | "department" => "department",
        "device" => "device",
        _ => "resident",
    }
}

fn degrees(p: Position) -> (f64, f64) {
    (p[0] as f64 / 1e7, p[1] as f64 / 1e7)
}

/// How likely a matter of this setting is in a grid.
fn weight(setting: &str, grid: &Grid, lifts: bool) -> f64 {
    let people = f64::from(grid.households);
    match (setting, grid.subtype.as_str()) {
        ("river", "riverbank" | "river") | ("office", "office_building" | "industrial_park") => 900.0,
        ("river", _) => 8.0,
        ("office", _) => people * 0.02,
        ("park", "park") => 700.0,
        ("road" | "shop", "office_building" | "industrial_park") => 180.0,
        ("road" | "park", "riverbank" | "hill") => 60.0,
        (_, s) if !s.is_empty() => 0.0,
        ("tower", _) => {
            if lifts {
                people
            } else {
                people * 0.08
            }
        }
        ("road" | "shop" | "compound", _) if grid.area_kind == "rural" => people * 0.5,
        _ => people,
    }
}

fn season(kind: &str, month: i64) -> f64 {
    match (kind, month) {
        ("heating", 11 | 12 | 1..=3) => 2.5,
        ("heating", _) => 0.0,
        ("rain", 6..=8) => 2.3,
        ("rain", 5 | 9) => 1.2,
        ("rain", _) => 0.45,
        ("summer", 6..=8) | ("winter", 11 | 12 | 1 | 2) => 1.8,
        ("spring", 3..=5) => 2.0,
        ("wind", 3..=5 | 7 | 8) => 1.6,
        ("newyear", 12 | 1) => 3.0,
        ("all", _) => 1.0,
        _ => 0.65,
    }
}
