//! The land: blocks cut again and again along a lattice, and a smooth warp that turns the lattice into a town.
//!
//! Every border runs along lattice lines, and a lattice point has one position. So neighbours share all their vertices and the
//! grids tile communities, streets and the district exactly, whatever the warp does.

use crate::content::district;
use crate::model::{Position, Ring};
use crate::plan::{Community, Street};
use crate::rng::{Rng, mix};

/// Metres between lattice lines.
pub const CELL: f64 = 150.0;
/// Lattice cells for a grid of weight 1.
const CELLS: f64 = 36.0;
const LON: f64 = 1_128_800_000.0;
const LAT: f64 = 330_900_000.0;
/// Units of 1e-7 degrees in a metre at 33.1° north.
const LON_PER_METRE: f64 = 107.2;
const LAT_PER_METRE: f64 = 90.16;

/// East, south, west and north: the order of the sides of a block.
pub const EAST: usize = 0;
/// See [`EAST`].
pub const SOUTH: usize = 1;
/// See [`EAST`].
pub const WEST: usize = 2;
/// See [`EAST`].
pub const NORTH: usize = 3;

/// A block in lattice coordinates; y grows to the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    pub x0: i32,
    pub y0: i32,
    pub x1: i32,
    pub y1: i32,
}

impl Rect {
    fn width(self) -> i32 {
        self.x1 - self.x0
    }

    fn height(self) -> i32 {
        self.y1 - self.y0
    }

    /// Cuts at a share of the width (west part first) or of the height (north part first), keeping both parts wide enough.
    fn cut(self, upright: bool, share: f64, least: (i32, i32)) -> (Self, Self, i32) {
        let length = if upright { self.width() } else { self.height() };
        let first = ((f64::from(length) * share).round() as i32).clamp(least.0.min(length - 1), (length - least.1).max(1));
        if upright {
            let at = self.x0 + first;
            (Self { x1: at, ..self }, Self { x0: at, ..self }, at)
        } else {
            let at = self.y1 - first;
            (Self { y0: at, ..self }, Self { y1: at, ..self }, at)
        }
    }
}

/// Rank of a road.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Arterial,
    Secondary,
    Street,
    Lane,
    /// The border of the district, where no road runs.
    Border,
}

/// A cut: a road, or a side of the district.
#[derive(Clone, Debug)]
pub struct Line {
    pub upright: bool,
    pub at: i32,
    pub from: i32,
    pub to: i32,
    pub class: Class,
    pub name: String,
}

/// A block with the lines that bound it.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub rect: Rect,
    pub sides: [usize; 4],
}

/// A grid on the lattice.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Index of the community, in the order of the plan.
    pub community: usize,
    /// Index into strips, then blocks of the community for a dedicated grid.
    pub dedicated: Option<usize>,
    pub block: Block,
}

/// Everything that has a place on the lattice.
#[derive(Clone, Debug)]
pub struct Layout {
    pub width: i32,
    pub height: i32,
    pub lines: Vec<Line>,
    /// Of the streets.
    pub streets: Vec<Block>,
    /// Of the communities.
    pub communities: Vec<Block>,
    /// Grids in the order of their codes: west to east, then north to south inside a community.
    pub cells: Vec<Cell>,
    warp: Warp,
}

/// Cuts the land for these streets.
pub fn layout(seed: u64, streets: &[Street]) -> Layout {
    let mut rng = Rng::new(seed, "layout");
    let weight = |s: &Street| s.communities.iter().map(Community::weight).sum::<f64>();
    let total: f64 = streets.iter().map(weight).sum();
    let width = ((total * CELLS * 1.25).sqrt().round() as i32).max(8);
    let height = ((total * CELLS / f64::from(width)).ceil() as i32).max(8);
    let mut lines = vec![
        Line { upright: true, at: 0, from: 0, to: height, class: Class::Arterial, name: district("embankment") },
        Line { upright: true, at: width, from: 0, to: height, class: Class::Border, name: district("east") },
        Line { upright: false, at: 0, from: 0, to: width, class: Class::Border, name: district("south") },
        Line { upright: false, at: height, from: 0, to: width, class: Class::Border, name: district("north") },
    ];
    let land = Block { rect: Rect { x0: 0, y0: 0, x1: width, y1: height }, sides: [1, 2, 0, 3] };
    let mut cutter = Cutter { rng: &mut rng, lines: &mut lines };
    let weights: Vec<f64> = streets.iter().map(weight).collect();
    let street_blocks = cutter.divide(land, &weights, Class::Arterial);
    let (mut communities, mut cells) = (Vec::new(), Vec::new());
    for (street, block) in streets.iter().zip(&street_blocks) {
        let weights: Vec<f64> = street.communities.iter().map(Community::weight).collect();
        for (community, block) in street.communities.iter().zip(cutter.divide(*block, &weights, Class::Secondary)) {
            cutter.grids(community, communities.len(), block, &mut cells);
            communities.push(block);
        }
    }
    name_lines(&mut lines, streets, &communities);
    name_specials(&mut lines, streets, &cells);
    Layout { width, height, lines, streets: street_blocks, communities, cells, warp: Warp { seed, width, height } }
}

struct Cutter<'a> {
    rng: &'a mut Rng,
    lines: &'a mut Vec<Line>,
}

impl Cutter<'_> {
    /// Divides a block among items by weight: by halves, each time across the longer side.
    fn divide(&mut self, block: Block, weights: &[f64], class: Class) -> Vec<Block> {
        if weights.len() < 2 {
            return vec![block];
        }
        let total: f64 = weights.iter().sum();
        // Streets are halved by their number: the invented district then has one street along the river and two behind it.
        let middle = if class == Class::Arterial { weights.len() / 2 } else { balanced(weights) };
        let (left, right) = weights.split_at(middle);
        let upright = block.rect.width() >= block.rect.height();
        let share = left.iter().sum::<f64>() / total;
        let (a, b) = self.cut(block, upright, share, class, (6, 6));
        let mut blocks = self.divide(a, left, class);
        blocks.extend(self.divide(b, right, class));
        blocks
    }

    /// Cuts a block in two along a new line.
    fn cut(&mut self, block: Block, upright: bool, share: f64, class: Class, least: (i32, i32)) -> (Block, Block) {
        let (a, b, at) = block.rect.cut(upright, share, least);
        let (from, to) = if upright { (a.y0, a.y1) } else { (a.x0, a.x1) };
        let line = self.lines.len();
        self.lines.push(Line { upright, at, from, to, class, name: String::new() });
        let (mut first, mut second) = (block.sides, block.sides);
        if upright {
            (first[EAST], second[WEST]) = (line, line);
        } else {
            (first[SOUTH], second[NORTH]) = (line, line);
        }
        (Block { rect: a, sides: first }, Block { rect: b, sides: second })
    }

    /// Cuts a community: line-shaped grids along its west, then rows of grids.
    fn grids(&mut self, community: &Community, index: usize, block: Block, cells: &mut Vec<Cell>) {
        let mut rest = block;
        for strip in 0..community.strips.len() {
            let (west, east) = self.cut(rest, true, 0.0, Class::Lane, (2, 3));
            cells.push(Cell { community: index, dedicated: Some(strip), block: west });
            rest = east;
        }
        let mut items: Vec<(Option<usize>, f64)> = vec![(None, community.grid_weight()); community.residential];
        let first = community.strips.len();
        items.extend(community.blocks.iter().enumerate().map(|(i, d)| (Some(first + i), d.weight)));
        let tall = rest.rect.height() * 10 > rest.rect.width() * 13;
        let rows = if tall && items.len() == 5 && !community.village { vec![2, 2, 1] } else { community.rows.clone() };
        let mut items = items.as_slice();
        for (r, count) in rows.iter().enumerate() {
            let (row, others) = items.split_at((*count).min(items.len()));
            let weight = |items: &[(Option<usize>, f64)]| items.iter().map(|i| i.1).sum::<f64>();
            let block = if r + 1 < rows.len() {
                let share = weight(row) / weight(items) + self.rng.range(-0.04, 0.04);
                let (north, south) = self.cut(rest, false, share, Class::Street, (3, 3));
                rest = south;
                north
            } else {
                rest
            };
            self.row(row, index, block, cells);
            items = others;
        }
    }

    fn row(&mut self, items: &[(Option<usize>, f64)], community: usize, block: Block, cells: &mut Vec<Cell>) {
        let mut rest = block;
        for (i, (dedicated, weight)) in items.iter().enumerate() {
            let left = items.len() - i;
            let (own, others) = if left > 1 {
                let share = weight / items[i..].iter().map(|i| i.1).sum::<f64>() + self.rng.range(-0.05, 0.05);
                self.cut(rest, true, share, Class::Lane, (2, 2 * (left as i32 - 1)))
            } else {
                (rest, rest)
            };
            cells.push(Cell { community, dedicated: *dedicated, block: own });
            rest = others;
        }
    }
}

/// Where to part the weights so that both sides are as equal as possible.
fn balanced(weights: &[f64]) -> usize {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let mut best = (f64::MAX, 1);
    for (i, w) in weights.iter().enumerate().take(weights.len() - 1) {
        sum += w;
        let fault = (total - 2.0 * sum).abs();
        if fault < best.0 - 1e-9 {
            best = (fault, i + 1);
        }
    }
    best.1
}

/// Names the cuts: roads inside a community after it, the others after what lies to their west or north.
fn name_lines(lines: &mut [Line], streets: &[Street], communities: &[Block]) {
    let all = || streets.iter().flat_map(|s| &s.communities).zip(communities);
    for line in lines.iter_mut().filter(|l| l.name.is_empty()) {
        let inside = |r: &Rect| {
            if line.upright {
                line.at > r.x0 && line.at < r.x1 && line.from >= r.y0 && line.to <= r.y1
            } else {
                line.at > r.y0 && line.at < r.y1 && line.from >= r.x0 && line.to <= r.x1
            }
        };
        let touches =
            |r: &Rect| if line.upright { line.at == r.x1 && line.to == r.y1 } else { line.at == r.y0 && line.from == r.x0 };
        let found = match line.class {
            Class::Street | Class::Lane => all().find(|(_, b)| inside(&b.rect)),
            _ => all().find(|(_, b)| touches(&b.rect)),
        };
        line.name = found.map_or_else(|| "环城路".to_owned(), |(c, _)| c.stem.clone());
    }
    let mut used = std::collections::BTreeMap::<String, usize>::new();
    for line in lines.iter_mut() {
        if (line.upright, line.at) == (true, 0) {
            continue;
        }
        let endings: &[&str] = match line.class {
            Class::Border => continue,
            Class::Arterial => &["大道", "东大道", "南大道", "西大道", "北大道"],
            Class::Secondary => &["大街", "东街", "南街", "西街", "北街", "中街"],
            Class::Street => &["路", "南路", "北路"],
            Class::Lane => &["支路", "一巷", "二巷", "三巷", "四巷", "五巷", "六巷"],
        };
        let key = format!("{}{:?}", line.name, line.class);
        let n = used.entry(key).or_default();
        line.name = match endings.get(*n) {
            Some(ending) => format!("{}{ending}", line.name),
            None => format!("{}{}{}", line.name, endings[0], *n + 1),
        };
        *n += 1;
    }
}

/// Gives roads the names that the content wants at certain grids; a road that had the name takes the other's.
fn name_specials(lines: &mut [Line], streets: &[Street], cells: &[Cell]) {
    for (c, community) in streets.iter().flat_map(|s| &s.communities).enumerate() {
        for (key, number, name) in &community.special {
            let side = match key.as_str() {
                "east" => EAST,
                "south" => SOUTH,
                "west" => WEST,
                "north" => NORTH,
                _ => continue,
            };
            let Some(cell) = cells.iter().filter(|cell| cell.community == c).nth(number - 1) else { continue };
            let line = cell.block.sides[side];
            let old = std::mem::replace(&mut lines[line].name, name.clone());
            if let Some(other) = (0..lines.len()).find(|l| *l != line && lines[*l].name == *name) {
                lines[other].name = old;
            }
        }
    }
}

impl Layout {
    /// Position of a lattice point or of any place between, in units of 1e-7 degrees.
    pub fn position(&self, u: f64, v: f64) -> Position {
        let (x, y) = self.warp.metres(u, v);
        [(LON + x * LON_PER_METRE).round() as i64, (LAT + y * LAT_PER_METRE).round() as i64]
    }

    /// Outline of a block with every lattice point on it, counter-clockwise, closed.
    pub fn ring(&self, r: Rect) -> Ring {
        let south = (r.x0..r.x1).map(|x| (x, r.y0));
        let east = (r.y0..r.y1).map(|y| (r.x1, y));
        let north = (r.x0 + 1..=r.x1).rev().map(|x| (x, r.y1));
        let west = (r.y0 + 1..=r.y1).rev().map(|y| (r.x0, y));
        let mut ring: Ring = south.chain(east).chain(north).chain(west).map(|(x, y)| self.position(x.into(), y.into())).collect();
        ring.push(ring[0]);
        ring
    }

    /// Outline of the whole district.
    pub fn outline(&self) -> Ring {
        self.ring(Rect { x0: 0, y0: 0, x1: self.width, y1: self.height })
    }

    /// A small outline between lattice points, counter-clockwise, closed: corners in lattice coordinates.
    pub fn outline_of(&self, corners: &[(f64, f64)]) -> Ring {
        let mut ring: Ring = corners.iter().map(|(u, v)| self.position(*u, *v)).collect();
        ring.push(ring[0]);
        ring
    }

    /// The course of a line.
    pub fn course(&self, line: &Line) -> Vec<Position> {
        let place = |i: i32| {
            let (u, v) = if line.upright { (line.at, i) } else { (i, line.at) };
            self.position(u.into(), v.into())
        };
        (line.from..=line.to).map(place).collect()
    }
}

/// A smooth, invertible distortion of the plane: hills and rivers have no right angles.
#[derive(Clone, Debug)]
struct Warp {
    seed: u64,
    width: i32,
    height: i32,
}

impl Warp {
    fn metres(&self, u: f64, v: f64) -> (f64, f64) {
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        // All in cells. Slopes stay below one half, so that no cell can fold over.
        let mut x = u + 1.14 * self.noise(1, u / 13.0, v / 13.0) + 0.13 * self.noise(2, u / 4.0, v / 4.0);
        let mut y = v + 1.14 * self.noise(3, u / 13.0, v / 13.0) + 0.13 * self.noise(4, u / 4.0, v / 4.0);
        let near = |distance: f64, reach: f64| (1.0 - (distance / reach).clamp(0.0, 1.0)).powi(2);
        x += 1.7 * self.noise(5, 0.0, v / 7.0) * near(w - u, 11.0);
        x += 2.4 * self.noise(6, 0.0, v / 17.0) * near(u, 16.0);
        y += 1.55 * self.noise(7, u / 7.0, 0.0) * near(v, 11.0);
        y += 1.55 * self.noise(8, u / 7.0, 0.0) * near(h - v, 11.0);
        let (x, y) = (x * CELL, y * CELL);
        // Turned by six degrees: a town follows its river, not the compass.
        (x * 0.994_522 + y * 0.104_528, y * 0.994_522 - x * 0.104_528)
    }

    /// Value noise in [-1, 1] with a quintic fade; only additions and products, so that every machine agrees.
    fn noise(&self, field: u64, x: f64, y: f64) -> f64 {
        let (i, j) = (x.floor(), y.floor());
        let fade = |t: f64| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let (fx, fy) = (fade(x - i), fade(y - j));
        let corner = |di: i64, dj: i64| {
            let key = (i as i64 + di) as u64 ^ ((j as i64 + dj) as u64).rotate_left(32) ^ self.seed.rotate_left(17);
            (mix(mix(key) ^ field) >> 11) as f64 / 4_503_599_627_370_496.0 - 1.0
        };
        let mixed = |a: f64, b: f64, t: f64| a + (b - a) * t;
        mixed(mixed(corner(0, 0), corner(1, 0), fx), mixed(corner(0, 1), corner(1, 1), fx), fy)
    }
}

/// Is the position inside the ring? Crossing test in whole numbers; positions on the border may count either way.
pub fn contains(ring: &[Position], p: Position) -> bool {
    let mut inside = false;
    for pair in ring.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if (a[1] > p[1]) != (b[1] > p[1]) {
            let cross = i128::from(b[0] - a[0]) * i128::from(p[1] - a[1]) - i128::from(b[1] - a[1]) * i128::from(p[0] - a[0]);
            if (cross > 0) == (b[1] > a[1]) {
                inside = !inside;
            }
        }
    }
    inside
}

/// Twice the area of a ring, positive when it runs counter-clockwise, in squared units of 1e-7 degrees.
pub fn area2(ring: &[Position]) -> i128 {
    ring.windows(2).map(|w| i128::from(w[0][0]) * i128::from(w[1][1]) - i128::from(w[1][0]) * i128::from(w[0][1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;

    #[test]
    fn streets_and_communities_are_the_sum_of_their_parts() {
        let streets = plan(3, 133);
        let layout = layout(3, &streets);
        let area = |r: Rect| area2(&layout.ring(r));
        assert_eq!(layout.streets.iter().map(|b| area(b.rect)).sum::<i128>(), area2(&layout.outline()));
        assert_eq!(layout.communities.iter().map(|b| area(b.rect)).sum::<i128>(), area2(&layout.outline()));
        for (c, block) in layout.communities.iter().enumerate() {
            let parts = layout.cells.iter().filter(|cell| cell.community == c).map(|cell| area(cell.block.rect));
            assert_eq!(parts.sum::<i128>(), area(block.rect));
        }
    }

    #[test]
    fn no_cell_of_the_lattice_folds_over() {
        for seed in 0..20 {
            let layout = layout(seed, &plan(seed, 60));
            for x0 in 0..layout.width {
                for y0 in 0..layout.height {
                    assert!(area2(&layout.ring(Rect { x0, y0, x1: x0 + 1, y1: y0 + 1 })) > 0, "seed {seed} at {x0},{y0}");
                }
            }
        }
    }

    #[test]
    fn inside_is_inside() {
        let square = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]];
        assert!(contains(&square, [5, 5]) && contains(&square, [1, 9]));
        assert!(!contains(&square, [11, 5]) && !contains(&square, [5, -1]));
        assert_eq!(area2(&square), 200);
    }
}
