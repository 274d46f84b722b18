//! A coarse raster over all parts: for a point, the few parts that may hold it, or the one that surely does.

use super::parts::Parts;
use crate::lattice::Vertex;
use crate::point::{Bounds, Point};

/// The raster is refined as long as it has at most this many tiles per part …
const TILES_PER_PART: u64 = 8;
/// … and the boxes of all parts together cover at most this many tiles per part, which bounds memory when large parts are stacked.
const COVERED_PER_PART: u64 = 64;
/// So many tiles are cheap enough for any index.
const FREE_TILES: u64 = 4096;

/// A part that touches a tile, and whether it fills it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(u32);

impl Entry {
    fn new(part: u32, full: bool) -> Self {
        Self(part << 1 | u32::from(full))
    }

    pub fn part(self) -> u32 {
        self.0 >> 1
    }

    pub fn is_full(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Tiles are 2^`shift` lattice steps wide and high, so that finding one is a subtraction and a shift. The outermost tiles reach as far as
/// there are parts: one part far off the others must not make all tiles coarse.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// The box around all parts.
    min: Vertex,
    max: Vertex,
    /// South-western corner of the first tile.
    origin: Vertex,
    shift: u32,
    columns: u32,
    rows: u32,
}

/// Tile by tile (rows from the south), the parts that touch it in order of preference.
#[derive(Clone, Debug)]
pub(super) struct Raster {
    frame: Frame,
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

impl Raster {
    pub fn over(parts: &Parts) -> Self {
        let frame = choose_frame(parts);
        let mut found: Vec<(u32, Entry)> = Vec::new();
        let mut marks = Vec::new();
        for part in 0..parts.len() as u32 {
            frame.enter(parts, part, &mut marks, &mut found);
        }
        // A counting sort by tile, which leaves the parts of a tile in their order.
        let mut starts = vec![0_u32; frame.tiles() as usize + 1];
        for (tile, _) in &found {
            starts[*tile as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![Entry(0); found.len()];
        for (tile, entry) in found {
            entries[next[tile as usize] as usize] = entry;
            next[tile as usize] += 1;
        }
        Self { frame, starts, entries }
    }

    /// The parts that may hold the point.
    pub fn candidates(&self, p: Vertex) -> &[Entry] {
        let Frame { min, max, .. } = self.frame;
        if p.x < min.x || p.x > max.x || p.y < min.y || p.y > max.y {
            return &[];
        }
        self.tile(self.frame.column(p.x), self.frame.row(p.y))
    }

    /// The entries of all tiles that the box touches; a part comes once per tile.
    pub fn touched_by(&self, bounds: Bounds) -> impl Iterator<Item = Entry> {
        let corner = |p: Point| Vertex::snap(p).unwrap_or(self.frame.min);
        self.in_box(corner(bounds.min), corner(bounds.max))
    }

    /// The same for a box on the lattice.
    pub fn in_box(&self, min: Vertex, max: Vertex) -> impl Iterator<Item = Entry> {
        let frame = self.frame;
        let apart = min.x > frame.max.x || max.x < frame.min.x || min.y > frame.max.y || max.y < frame.min.y;
        let rows = if apart { 0..0 } else { frame.row(min.y.max(frame.min.y))..frame.row(max.y.min(frame.max.y)) + 1 };
        rows.flat_map(move |row| {
            let columns = frame.column(min.x.max(frame.min.x))..=frame.column(max.x.min(frame.max.x));
            columns.flat_map(move |column| self.tile(column, row).iter().copied())
        })
    }

    fn tile(&self, column: u32, row: u32) -> &[Entry] {
        if self.entries.is_empty() {
            return &[];
        }
        let at = (row * self.frame.columns + column) as usize;
        &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    pub fn memory_bytes(&self) -> usize {
        self.starts.capacity() * size_of::<u32>() + self.entries.capacity() * size_of::<Entry>()
    }
}

fn choose_frame(parts: &Parts) -> Frame {
    let nowhere = Vertex { x: 0, y: 0 };
    let (min, max) = parts.bounds().unwrap_or((nowhere, nowhere));
    let most_tiles = parts.len() as u64 * TILES_PER_PART + FREE_TILES;
    let most_covered = parts.len() as u64 * COVERED_PER_PART + FREE_TILES;
    // A tile of 2^32 steps holds the Earth, so the search ends.
    let fits = |frame: &Frame| frame.tiles() <= most_tiles && frame.covered(parts) <= most_covered;
    let (from, to) = dense_box(parts, min, max);
    let frame = |shift| Frame::new((min, max), (from, to), shift);
    (4..32).map(frame).find(fits).unwrap_or_else(|| frame(32))
}

/// Where most parts are: the middles of all but the outermost hundredth on each side, and a quarter of that width around them.
fn dense_box(parts: &Parts, min: Vertex, max: Vertex) -> (Vertex, Vertex) {
    let span = |axis: fn(Vertex) -> i32| {
        let middle = |part| {
            let (low, high) = parts.box_of(part);
            i32::midpoint(axis(low), axis(high))
        };
        let mut middles: Vec<i32> = (0..parts.len() as u32).map(middle).collect();
        middles.sort_unstable();
        let at = |hundredths: usize| middles.get((middles.len().saturating_sub(1)) * hundredths / 100).copied().unwrap_or(0);
        let (low, high) = (i64::from(at(1)), i64::from(at(99)));
        let around = (high - low) / 4;
        let inside = |v: i64| v.clamp(i64::from(axis(min)), i64::from(axis(max))) as i32;
        (inside(low - around), inside(high + around))
    };
    let ((west, east), (south, north)) = (span(|v| v.x), span(|v| v.y));
    (Vertex { x: west, y: south }, Vertex { x: east, y: north })
}

impl Frame {
    fn new((min, max): (Vertex, Vertex), (from, to): (Vertex, Vertex), shift: u32) -> Self {
        let count = |from: i32, to: i32| (((i64::from(to) - i64::from(from)) >> shift) + 1) as u32;
        Self { min, max, origin: from, shift, columns: count(from.x, to.x), rows: count(from.y, to.y) }
    }

    fn tiles(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }

    fn covered(&self, parts: &Parts) -> u64 {
        let span = |a: u32, b: u32| u64::from(b - a + 1);
        (0..parts.len() as u32)
            .map(|part| {
                let (min, max) = parts.box_of(part);
                span(self.column(min.x), self.column(max.x)) * span(self.row(min.y), self.row(max.y))
            })
            .sum()
    }

    fn column(&self, x: i32) -> u32 {
        ((i64::from(x) - i64::from(self.origin.x)) >> self.shift).clamp(0, i64::from(self.columns) - 1) as u32
    }

    fn row(&self, y: i32) -> u32 {
        ((i64::from(y) - i64::from(self.origin.y)) >> self.shift).clamp(0, i64::from(self.rows) - 1) as u32
    }

    fn corner(&self, column: u32, row: u32) -> Vertex {
        let at = |from: i32, n: u32| (i64::from(from) + (i64::from(n) << self.shift)) as i32;
        Vertex { x: at(self.origin.x, column), y: at(self.origin.y, row) }
    }

    /// Finds the tiles that the part's border runs through and those that it fills.
    fn enter(&self, parts: &Parts, part: u32, marks: &mut Vec<bool>, found: &mut Vec<(u32, Entry)>) {
        let (min, max) = parts.box_of(part);
        let (left, right, bottom, top) = (self.column(min.x), self.column(max.x), self.row(min.y), self.row(max.y));
        let width = (right - left + 1) as usize;
        marks.clear();
        marks.resize(width * (top - bottom + 1) as usize, false);
        for (a, b) in parts.segments(part) {
            self.walk(a, b, |from, to, row| {
                let start = (row - bottom) as usize * width;
                marks[start + (from - left) as usize..=start + (to - left) as usize].fill(true);
            });
        }
        for row in bottom..=top {
            // A tile without border is inside or outside as a whole, and so is its neighbour without border.
            let mut last = None;
            for column in left..=right {
                let tile = row * self.columns + column;
                if marks[(row - bottom) as usize * width + (column - left) as usize] {
                    found.push((tile, Entry::new(part, false)));
                    last = None;
                } else if *last.get_or_insert_with(|| parts.holds(part, self.corner(column, row))) {
                    found.push((tile, Entry::new(part, true)));
                }
            }
        }
    }

    /// Calls `mark(first column, last column, row)` for the tiles that the segment may touch; at worst a neighbour too many.
    fn walk(&self, a: Vertex, b: Vertex, mut mark: impl FnMut(u32, u32, u32)) {
        let (low, high) = if a.y <= b.y { (a, b) } else { (b, a) };
        let (west, east) = (a.x.min(b.x), a.x.max(b.x));
        let slope =
            if low.y == high.y { 0.0 } else { (f64::from(high.x) - f64::from(low.x)) / (f64::from(high.y) - f64::from(low.y)) };
        let at = |y: i64| f64::from(low.x) + (y - i64::from(low.y)) as f64 * slope;
        for row in self.row(low.y)..=self.row(high.y) {
            if low.y == high.y {
                mark(self.column(west), self.column(east), row);
                continue;
            }
            // What of the segment lies in this row; the first and the last row have no end to the outside.
            let (bottom, top) = (i64::from(low.y), i64::from(high.y));
            let floor = i64::from(self.origin.y) + (i64::from(row) << self.shift);
            let from = if row == 0 { bottom } else { bottom.max(floor) };
            let to = if row + 1 == self.rows { top } else { top.min(floor + (1_i64 << self.shift) - 1) };
            let (x0, x1) = (at(from), at(to));
            // Two steps of margin are far more than f64 can be wrong by here.
            let from = (x0.min(x1).floor() as i32).saturating_sub(2).max(west);
            let to = (x0.max(x1).ceil() as i32).saturating_add(2).min(east);
            mark(self.column(from), self.column(to), row);
        }
    }
}
