//! Grids with their names, and what stands in them: roads, compounds, buildings with addresses, water.

use crate::content::{Pairs, district, file};
use crate::model::{Building, Compound, Grid, Position, Ring, Road, Water};
use crate::plan::{Community, Street};
use crate::rng::Rng;
use crate::shape::{Cell, Class, EAST, Layout, NORTH, Rect, SOUTH, WEST, contains};

/// Everything that is drawn on the map, and where cases may lie.
pub struct Town {
    pub grids: Vec<Grid>,
    pub compounds: Vec<Compound>,
    pub buildings: Vec<Building>,
    pub roads: Vec<Road>,
    pub water: Vec<Water>,
    /// For each grid: where its buildings are and which roads bound it.
    pub places: Vec<Places>,
}

/// Where a case of a grid may lie.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Indices of its buildings.
    pub buildings: std::ops::Range<usize>,
    /// How many of them are homes; these come first.
    pub homes: usize,
    /// Centre and half size of each building, in lattice coordinates.
    spots: Vec<[f64; 4]>,
    /// Named roads along its sides: side and name.
    pub roads: Vec<(usize, String)>,
    rect: Option<Rect>,
}

/// Builds the town on a layout.
pub fn build(seed: u64, streets: &[Street], layout: &Layout) -> Town {
    let communities: Vec<&Community> = streets.iter().flat_map(|s| &s.communities).collect();
    let mut builder = Builder {
        rng: Rng::new(seed, "town"),
        layout,
        numbers: vec![0; layout.lines.len()],
        reserved: communities.iter().flat_map(|c| &c.special).filter(|s| s.0 == "address").map(|s| s.2.clone()).collect(),
        public: file!("public_buildings"),
        town: Town { grids: vec![], compounds: vec![], buildings: vec![], roads: roads(layout), water: vec![], places: vec![] },
    };
    let mut cells = layout.cells.iter().peekable();
    for (c, community) in communities.iter().enumerate() {
        let mut own = Vec::new();
        while let Some(cell) = cells.next_if(|cell| cell.community == c) {
            own.push(cell);
        }
        let households = households(community, own.iter().map(|cell| cell.dedicated.is_none()));
        for (i, (cell, households)) in own.iter().zip(households).enumerate() {
            builder.grid(community, i, cell, households);
        }
    }
    let river = river(layout);
    builder.town.water.insert(0, river);
    builder.town
}

/// Households of the grids of a community: equal shares, but for the two sizes that raise an alarm.
fn households(community: &Community, residential: impl Iterator<Item = bool>) -> Vec<u32> {
    let fixed = community.special.iter().find(|s| s.0 == "households");
    let fixed = fixed.and_then(|s| Some((s.1 - 1, s.2.parse::<u32>().ok()?)));
    let others = community.residential as u32 - u32::from(fixed.is_some());
    let left = community.households - fixed.map_or(0, |f| f.1);
    let (mut rank, mut given) = (0, 0);
    residential
        .map(|is| {
            if !is {
                return 0;
            }
            let own = fixed.filter(|f| f.0 == rank).map(|f| f.1);
            rank += 1;
            own.unwrap_or_else(|| {
                let (base, extra) = (left / others, left % others);
                // A wave around the mean keeps the sum and makes the grids differ.
                let wave = [11, -7, 4, -8, 0][given % 5] * i64::from(given < (others as usize) / 5 * 5);
                given += 1;
                (i64::from(base) + wave + i64::from(given as u32 <= extra)) as u32
            })
        })
        .collect()
}

fn roads(layout: &Layout) -> Vec<Road> {
    let rank = |class| match class {
        Class::Arterial => ("arterial", 36),
        Class::Secondary => ("secondary", 24),
        Class::Street => ("street", 14),
        _ => ("lane", 8),
    };
    let drawn = layout.lines.iter().filter(|l| l.class != Class::Border);
    drawn
        .map(|l| {
            let (class, width) = rank(l.class);
            Road { name: l.name.clone(), class: class.into(), width, line: layout.course(l) }
        })
        .collect()
}

fn river(layout: &Layout) -> Water {
    let h = layout.height;
    let bank = (-2..=h + 2).rev().map(|v| layout.position(-0.3, v.into()));
    let far = (-2..=h + 2).map(|v| layout.position(-3.6, v.into()));
    // Down the far bank in the west, up the near one: counter-clockwise.
    let mut ring: Ring = far.rev().chain(bank.rev()).collect();
    ring.push(ring[0]);
    Water { name: district("river"), kind: "river".into(), ring }
}

struct Builder<'a> {
    rng: Rng,
    layout: &'a Layout,
    /// Last house number given on each line.
    numbers: Vec<u32>,
    /// Addresses that the content has given away.
    reserved: Vec<String>,
    /// Public buildings and their kinds.
    public: Pairs,
    town: Town,
}

/// A piece of land in lattice coordinates: west, south, east, north.
type Land = [f64; 4];

impl Builder<'_> {
    fn grid(&mut self, community: &Community, index: usize, cell: &Cell, households: u32) {
        let code = format!("{}{:03}", community.code, index + 1);
        let dedicated = cell.dedicated.map(|d| community.strips.iter().chain(&community.blocks).nth(d).cloned());
        let dedicated = dedicated.flatten();
        let ordinal = ordinal(index + 1);
        let side = |s: usize| self.layout.lines[cell.block.sides[s]].name.clone();
        let mut bounds = [side(EAST), side(SOUTH), side(WEST), side(NORTH)];
        for (side, key) in [(EAST, "east-text"), (SOUTH, "south-text"), (WEST, "west-text"), (NORTH, "north-text")] {
            if let Some(text) = community.special(key, index + 1) {
                text.clone_into(&mut bounds[side]);
            }
        }
        let name = dedicated.as_ref().map_or(format!("第{ordinal}网格"), |d| format!("{}网格", d.zh));
        let short = dedicated.as_ref().map_or(format!("{ordinal}格"), |d| d.zh.clone());
        let [east, south, west, north] = bounds;
        let first = self.town.buildings.len();
        let named = |s: &usize| self.layout.lines[cell.block.sides[*s]].class != Class::Border;
        let roads: Vec<_> = (0..4).filter(named).map(|s| (s, side(s))).collect();
        self.town.places.push(Places { roads, rect: Some(cell.block.rect), ..Places::default() });
        let compounds = match &dedicated {
            None => self.residential(community, index, cell, &code, households),
            Some(d) => {
                self.dedicated(&d.subtype, &d.place, cell, &code);
                vec![]
            }
        };
        if let Some(places) = self.town.places.last_mut() {
            places.buildings = first..self.town.buildings.len();
            places.homes = self.town.buildings[first..].iter().filter(|b| b.kind == "residential").count();
        }
        self.town.grids.push(Grid {
            code,
            name: format!("{}{name}", community.name()),
            community: community.code.clone(),
            kind: if dedicated.is_some() { "dedicated" } else { "residential" }.into(),
            subtype: dedicated.map_or_else(String::new, |d| d.subtype),
            area_kind: if community.village { "rural" } else { "urban" }.into(),
            layer: "main".into(),
            households,
            alias: format!("{}{short}", community.stem),
            east,
            south,
            west,
            north,
            compounds,
            ring: self.layout.ring(cell.block.rect),
        });
    }

    /// Fills a residential grid with compounds, and sometimes a corner with public buildings.
    fn residential(&mut self, community: &Community, index: usize, cell: &Cell, code: &str, households: u32) -> Vec<String> {
        let [w, s, e, n] = inside(cell.block.rect, 0.35);
        let wide = (e - w) > (n - s);
        let count = if community.village { 2 } else { 2 + usize::from(self.rng.chance(0.3)) };
        let public = self.rng.range(0.16, 0.26);
        let mut share: Vec<f64> = (0..count).map(|_| self.rng.range(0.8, 1.2)).collect();
        let sum: f64 = share.iter().sum();
        for x in &mut share {
            *x *= (1.0 - public) / sum;
        }
        let piece = |from: f64, to: f64| {
            if wide { [w + (e - w) * from, s, w + (e - w) * to, n] } else { [w, s + (n - s) * from, e, s + (n - s) * to] }
        };
        let (mut at, mut left, mut names) = (0.0, households, Vec::new());
        for (i, part) in share.iter().enumerate() {
            let name = community.compounds[(index + i) % community.compounds.len()].clone();
            let own = if i + 1 == count { left } else { (f64::from(households) * part / (1.0 - public)) as u32 };
            left -= own;
            let land = inset(piece(at, at + part), 0.12);
            at += part;
            let fixed = community.special("address", index + 1).filter(|_| i == 0);
            let road = fixed.map_or_else(|| self.number(cell, code), str::to_owned);
            self.compound(community, road, code, &name, land, own);
            names.push(name);
        }
        self.public(community, index, cell, code, inset(piece(at, 1.0), 0.12));
        names
    }

    fn compound(&mut self, community: &Community, road: String, code: &str, name: &str, land: Land, households: u32) {
        let (per_building, floors, size) = match (community.village, community.lifts) {
            (true, _) => (11.0, 2, (0.36, 0.11)),
            (_, true) => (21.0, 18, (0.28, 0.2)),
            _ => (17.0, 6, (0.54, 0.14)),
        };
        let number = ((f64::from(households) / per_building).round() as usize).max(1);
        let slots = self.slots(land, number, size);
        let base = households / number as u32;
        for (k, spot) in slots.iter().enumerate() {
            let extra = u32::from(k < households as usize % number);
            let building = Building {
                address: format!("{road}{}栋", k + 1),
                name: format!("{}栋", k + 1),
                compound: name.to_owned(),
                grid_code: code.to_owned(),
                kind: "residential".into(),
                floors: (floors + self.rng.between(-1, 1)).max(1) as u32,
                households: base + extra,
                ring: self.rectangle(*spot),
            };
            self.add(building, *spot);
        }
        let [w, s, e, n] = land;
        let kind = match (community.village, community.lifts) {
            (true, _) => "village",
            (_, true) => "gated",
            _ => "open",
        };
        self.town.compounds.push(Compound {
            name: name.to_owned(),
            grid_code: code.to_owned(),
            kind: kind.into(),
            address: road,
            households,
            lifts: community.lifts,
            property_firm: String::new(),
            ring: self.layout.outline_of(&[(w, s), (e, s), (e, n), (w, n)]),
        });
    }

    /// Places for buildings in rows on a piece of land: centre and half size.
    fn slots(&mut self, land: Land, number: usize, size: (f64, f64)) -> Vec<[f64; 4]> {
        let [w, s, e, n] = land;
        let (width, height) = (e - w, n - s);
        // As many columns as keep the houses about as far apart along the row as across it.
        let ideal = (number as f64 * width * size.1 / (height * size.0) * 0.8).sqrt().round();
        let columns = ideal.clamp(1.0, (width / (size.0 + 0.1)).floor().max(1.0)) as usize;
        let rows = number.div_ceil(columns);
        let (px, py) = (width / columns as f64, height / rows as f64);
        let half = ((size.0 / 2.0).min(px * 0.42), (size.1 / 2.0).min(py * 0.36));
        (0..number)
            .map(|k| {
                let (row, column) = (k / columns, k % columns);
                let x = w + px * (column as f64 + 0.5) + self.rng.range(-0.03, 0.03) * px;
                let y = n - py * (row as f64 + 0.5) + self.rng.range(-0.04, 0.04) * py;
                [x, y, half.0 * self.rng.range(0.85, 1.0), half.1]
            })
            .collect()
    }

    fn public(&mut self, community: &Community, index: usize, cell: &Cell, code: &str, land: Land) {
        let kinds = self.public.clone();
        let number = 2 + usize::from(self.rng.chance(0.4));
        let spots = self.slots(land, number, (0.55, 0.3));
        let turn = self.rng.below(kinds.len());
        for (i, spot) in spots.into_iter().enumerate() {
            let special = community.special("public", index + 1).filter(|_| i == 0);
            let centre = index == 0 && i == usize::from(special.is_some());
            let (what, kind) = match special {
                Some(what) => (what, "public"),
                None if centre => ("社区服务中心", "public"),
                None => {
                    let (what, kind) = &kinds[(turn + i + index * 3) % kinds.len()];
                    (what.as_str(), kind.as_str())
                }
            };
            let address = self.number(cell, "");
            let which = if special.is_some() || centre { String::new() } else { format!("第{}", ordinal(index + 1)) };
            let name = format!("{}{which}{what}", community.stem);
            let ring = self.rectangle(spot);
            let building = Building {
                address,
                name,
                compound: String::new(),
                grid_code: code.to_owned(),
                kind: kind.into(),
                floors: self.rng.between(1, 4) as u32,
                households: 0,
                ring,
            };
            self.add(building, spot);
        }
    }

    /// Buildings and water of a dedicated grid.
    fn dedicated(&mut self, subtype: &str, place: &str, cell: &Cell, code: &str) {
        let (number, kind, floors, size) = match subtype {
            "office_building" => (9, "office", 16, (0.5, 0.4)),
            "industrial_park" => (14, "factory", 2, (1.0, 0.5)),
            "park" => (3, "public", 1, (0.2, 0.2)),
            _ => (2, "public", 1, (0.16, 0.14)),
        };
        let [w, s, e, n] = inside(cell.block.rect, 0.45);
        match subtype {
            "river" => self.brook(place.trim_end_matches("步道"), cell.block.rect),
            "park" => self.pond(place, [w, s, e, n]),
            _ => {}
        }
        let land = if matches!(subtype, "park" | "hill") { [w, s, e, s + (n - s) * 0.25] } else { [w, s, e, n] };
        let land = if subtype == "river" { [w.max(e - 0.3), s, e, n] } else { land };
        for (i, spot) in self.slots(land, number, size).into_iter().enumerate() {
            let building = Building {
                address: self.number(cell, ""),
                name: format!("{place}{}号楼", i + 1),
                compound: String::new(),
                grid_code: code.to_owned(),
                kind: kind.into(),
                floors: (floors + self.rng.between(-1, 2)).max(1) as u32,
                households: 0,
                ring: self.rectangle(spot),
            };
            self.add(building, spot);
        }
    }

    fn brook(&mut self, name: &str, r: Rect) {
        let middle = f64::from(r.x0) + f64::from(r.x1 - r.x0) * 0.38;
        let steps = ((r.y1 - r.y0) * 3).max(1);
        let bend: Vec<f64> = (0..=steps).map(|_| self.rng.range(-0.1, 0.1)).collect();
        let place = |i: i32, half: f64| {
            let v = f64::from(r.y0) + f64::from(i) / 3.0;
            // The mean of neighbours makes a bank of the noise.
            let around = &bend[(i as usize).saturating_sub(2)..(i as usize + 3).min(bend.len())];
            (middle + around.iter().sum::<f64>() / around.len() as f64 * 3.0 + half, v)
        };
        let corners: Vec<_> = (0..=steps).map(|i| place(i, 0.22)).chain((0..=steps).rev().map(|i| place(i, -0.22))).collect();
        let ring = self.layout.outline_of(&corners);
        self.town.water.push(Water { name: name.into(), kind: "brook".into(), ring });
    }

    fn pond(&mut self, park: &str, land: Land) {
        const CIRCLE: [(f64, f64); 12] = [
            (1.0, 0.0),
            (0.87, 0.5),
            (0.5, 0.87),
            (0.0, 1.0),
            (-0.5, 0.87),
            (-0.87, 0.5),
            (-1.0, 0.0),
            (-0.87, -0.5),
            (-0.5, -0.87),
            (0.0, -1.0),
            (0.5, -0.87),
            (0.87, -0.5),
        ];
        let [w, s, e, n] = land;
        let (x, y) = (f64::midpoint(w, e), s + (n - s) * 0.62);
        let radius = (e - w).min(n - s) * 0.26;
        let corners: Vec<_> = CIRCLE
            .iter()
            .map(|(a, b)| {
                let r = radius * self.rng.range(0.8, 1.15);
                (x + a * r * 1.2, y + b * r)
            })
            .collect();
        let ring = self.layout.outline_of(&corners);
        self.town.water.push(Water { name: format!("{park}湖"), kind: "pond".into(), ring });
    }

    /// The next house number on one of the named roads around the grid.
    fn number(&mut self, cell: &Cell, code: &str) -> String {
        let lines = &self.layout.lines;
        let named: Vec<usize> = cell.block.sides.into_iter().filter(|l| lines[*l].class != Class::Border).collect();
        let street = named.iter().copied().find(|l| lines[*l].class == Class::Street);
        let line = match street {
            Some(l) if self.rng.chance(0.7) => Some(l),
            _ if named.is_empty() => None,
            _ => Some(*self.rng.pick(&named)),
        };
        let Some(line) = line else {
            return format!("{}内环路{}号", &code[code.len().saturating_sub(6)..], self.rng.next() % 900);
        };
        loop {
            self.numbers[line] += 2 + 2 * u32::from(self.rng.chance(0.4));
            let address = format!("{}{}号", lines[line].name, self.numbers[line]);
            if !self.reserved.contains(&address) {
                return address;
            }
        }
    }

    fn rectangle(&self, [x, y, a, b]: [f64; 4]) -> Ring {
        self.layout.outline_of(&[(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)])
    }

    fn add(&mut self, building: Building, spot: [f64; 4]) {
        self.town.buildings.push(building);
        if let Some(places) = self.town.places.last_mut() {
            places.spots.push(spot);
        }
    }
}

impl Places {
    /// A position beside the `k`-th building of the grid.
    pub fn beside(&self, k: usize, layout: &Layout, ring: &[Position], rng: &mut Rng) -> Position {
        let [x, y, a, b] = self.spots[k % self.spots.len()];
        for gap in [0.1, 0.05] {
            let side = if rng.chance(0.5) { -1.0 } else { 1.0 };
            let p = layout.position(x + rng.range(-a, a), y + side * (b + rng.range(0.02, gap)));
            if contains(ring, p) {
                return p;
            }
        }
        layout.position(x, y)
    }

    /// A position on the road along a side, just inside the grid.
    pub fn along(&self, side: usize, layout: &Layout, ring: &[Position], rng: &mut Rng) -> Option<Position> {
        let r = self.rect?;
        let (x0, y0, x1, y1) = (f64::from(r.x0), f64::from(r.y0), f64::from(r.x1), f64::from(r.y1));
        let t = rng.range(0.08, 0.92);
        (1..6).map(|k| 0.06 * f64::from(k)).find_map(|inset| {
            let p = match side {
                EAST => layout.position(x1 - inset, y0 + (y1 - y0) * t),
                SOUTH => layout.position(x0 + (x1 - x0) * t, y0 + inset),
                WEST => layout.position(x0 + inset, y0 + (y1 - y0) * t),
                _ => layout.position(x0 + (x1 - x0) * t, y1 - inset),
            };
            contains(ring, p).then_some(p)
        })
    }

    /// A position anywhere in the grid.
    pub fn anywhere(&self, layout: &Layout, ring: &[Position], rng: &mut Rng) -> Option<Position> {
        let [w, s, e, n] = inside(self.rect?, 0.2);
        (0..20).map(|_| layout.position(rng.range(w, e), rng.range(s, n))).find(|p| contains(ring, *p))
    }
}

fn inside(r: Rect, by: f64) -> Land {
    inset([r.x0.into(), r.y0.into(), r.x1.into(), r.y1.into()], by)
}

fn inset([w, s, e, n]: Land, by: f64) -> Land {
    [w + by, s + by, e - by, n - by]
}

/// 一, 二, … 十一, as grids are counted.
pub fn ordinal(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match n {
        0..=9 => DIGITS[n].into(),
        10..=19 => format!("十{}", DIGITS[n - 10]),
        _ => format!("{}十{}", DIGITS[n / 10 % 10], DIGITS[n % 10]),
    }
}
