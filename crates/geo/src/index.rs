//! Which cell holds this point: an immutable index over many polygons.

mod overlap;
mod parts;
mod raster;

pub use overlap::Overlap;

use crate::lattice::Vertex;
use crate::point::{Bounds, Point};
use crate::shape::MultiPolygon;
use parts::Parts;
use raster::Raster;

/// An immutable index over cells of any shape that answers "which cell holds this point?".
///
/// Coordinates are snapped to 1e-7 degree and every decision is made in integers, with half-open borders: where cells share their
/// border vertices, **every point lies in exactly one cell**, on edges and corners too. Within a part of a shape the even-odd rule holds,
/// so a self-crossing ring still gives one definite answer; parts are added to each other.
///
/// Each cell has a rank; where cells overlap, the lower rank wins and then the lower key. Cells that ought not to be compared with each other
/// at all (another layer) belong into an index of their own.
#[derive(Clone, Debug)]
pub struct CellIndex<K> {
    /// Keys and ranks in order of preference; a part refers to its cell by place in this list.
    cells: Vec<(K, u8)>,
    parts: Parts,
    raster: Raster,
}

impl<K: Ord> CellIndex<K> {
    /// Builds the index from (key, rank, shape). Vertices that are no place on Earth are left out, an empty shape holds nothing, and a
    /// key may occur more than once.
    pub fn new(cells: impl IntoIterator<Item = (K, u8, MultiPolygon)>) -> Self {
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        let mut parts = Parts::default();
        let mut named = Vec::with_capacity(cells.len());
        for (at, (key, rank, shape)) in cells.into_iter().enumerate() {
            for polygon in &shape.0 {
                parts.push(at as u32, polygon);
            }
            named.push((key, rank));
        }
        parts.shrink_to_fit();
        let raster = Raster::over(&parts);
        Self { cells: named, parts, raster }
    }
}

impl<K> CellIndex<K> {
    /// The preferred cell that holds the point, `None` when there is none (or the point is no place on Earth).
    pub fn locate(&self, lon: f64, lat: f64) -> Option<&K> {
        let p = Vertex::snap(Point::new(lon, lat))?;
        let entry = self.raster.candidates(p).iter().find(|entry| entry.is_full() || self.parts.holds(entry.part(), p))?;
        Some(self.key(self.parts.cell(entry.part())))
    }

    /// Puts every cell that holds the point into `found`, which is emptied first, in order of preference. More than one means that the cells
    /// overlap here.
    pub fn locate_all<'a>(&'a self, lon: f64, lat: f64, found: &mut Vec<&'a K>) {
        found.clear();
        let Some(p) = Vertex::snap(Point::new(lon, lat)) else { return };
        let mut last = None;
        for entry in self.raster.candidates(p) {
            if entry.is_full() || self.parts.holds(entry.part(), p) {
                let cell = self.parts.cell(entry.part());
                // Parts of one cell stand next to each other, so this drops the second of two parts that overlap.
                if last != Some(cell) {
                    found.push(self.key(cell));
                    last = Some(cell);
                }
            }
        }
    }

    /// The cell that holds the point or else the one whose border is nearest within `within_m` metres, with that distance (0 inside);
    /// for points that fall just off a coverage, such as on a river or a bridge. On equal distances the preferred cell is taken.
    pub fn nearest(&self, lon: f64, lat: f64, within_m: f64) -> Option<(&K, f64)> {
        if let Some(key) = self.locate(lon, lat) {
            return Some((key, 0.0));
        }
        let p = Point::new(lon, lat);
        Vertex::snap(p)?;
        let mut near: Vec<u32> = self.raster.touched_by(Bounds::around(p, within_m)).map(raster::Entry::part).collect();
        near.sort_unstable();
        near.dedup();
        let mut best: Option<(u32, f64)> = None;
        for part in near {
            let distance = self.parts.boundary_distance_m(part, p);
            if distance <= best.map_or(within_m, |(_, most)| most) && best.is_none_or(|(_, most)| distance < most) {
                best = Some((part, distance));
            }
        }
        best.map(|(part, distance)| (self.key(self.parts.cell(part)), distance))
    }

    /// The box around all cells, `None` when there is nothing in the index.
    pub fn bounds(&self) -> Option<Bounds> {
        self.parts.bounds().map(|(min, max)| Bounds { min: min.point(), max: max.point() })
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no cell at all.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The keys in order of preference.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.cells.iter().map(|(key, _)| key)
    }

    /// Bytes that the index holds on the heap, without what the keys point to.
    pub fn memory_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<(K, u8)>() + self.parts.memory_bytes() + self.raster.memory_bytes()
    }

    fn key(&self, cell: u32) -> &K {
        &self.cells[cell as usize].0
    }
}

#[cfg(test)]
mod tests;
