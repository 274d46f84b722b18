//! Which cells cover the same ground.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;

use super::CellIndex;
use super::parts::Parts;
use crate::lattice::Vertex;
use crate::point::Point;
use crate::shape::{MultiPolygon, Polygon, Ring};

/// Intersections are computed on a lattice so many times finer than the index's own, so that rounding a crossing moves it by less than 0.1 mm.
const FINER: i64 = 128;

/// Two cells of one rank whose interiors share ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap<'a, K> {
    /// The preferred one of the two, which [`CellIndex::locate`] answers with.
    pub first: &'a K,
    /// The other one.
    pub second: &'a K,
    /// The ground they share, in square metres.
    pub area_m2: f64,
    /// A place inside the largest piece of it.
    pub at: Point,
}

impl<K> CellIndex<K> {
    /// Pairs of cells of the same rank that overlap by more than `tolerance_m2` square metres, in order of preference, at most `limit`
    /// of them. A tolerance of a few hundredths passes over the slivers that rounding leaves where three borders meet.
    pub fn overlaps(&self, tolerance_m2: f64, limit: usize) -> Vec<Overlap<'_, K>> {
        let mut found: BTreeMap<(u32, u32), (f64, f64, Point)> = BTreeMap::new();
        let mut intersection = Overlay::<i64>::new(64);
        let mut others = Vec::new();
        for part in 0..self.parts.len() as u32 {
            self.neighbours(part, &mut others);
            for &other in &others {
                let pair = (self.parts.cell(part), self.parts.cell(other));
                if found.len() >= limit && !found.contains_key(&pair) {
                    continue;
                }
                let Some((area, at)) = common_ground(&mut intersection, &self.parts, part, other, tolerance_m2) else { continue };
                match found.entry(pair) {
                    Entry::Vacant(first) => _ = first.insert((area, area, at)),
                    Entry::Occupied(mut more) => {
                        let (total, largest, place) = more.get_mut();
                        *total += area;
                        if area > *largest {
                            (*largest, *place) = (area, at);
                        }
                    }
                }
            }
            if found.len() >= limit && found.last_key_value().is_none_or(|((first, _), _)| *first < self.parts.cell(part)) {
                break;
            }
        }
        let name = |((a, b), (area_m2, _, at))| Overlap { first: self.key(a), second: self.key(b), area_m2, at };
        found.into_iter().map(name).collect()
    }

    /// Later parts of other cells of the same rank whose boxes share ground with this part's.
    fn neighbours(&self, part: u32, others: &mut Vec<u32>) {
        let (min, max) = self.parts.box_of(part);
        let cell = self.parts.cell(part);
        others.clear();
        others.extend(self.raster.in_box(min, max).map(super::raster::Entry::part).filter(|&other| {
            let (low, high) = self.parts.box_of(other);
            let apart = low.x >= max.x || high.x <= min.x || low.y >= max.y || high.y <= min.y;
            let of = self.parts.cell(other);
            other > part && !apart && of != cell && self.cells[of as usize].1 == self.cells[cell as usize].1
        }));
        others.sort_unstable();
        others.dedup();
    }
}

fn common_ground(overlay: &mut Overlay<i64>, parts: &Parts, a: u32, b: u32, tolerance_m2: f64) -> Option<(f64, Point)> {
    overlay.clear();
    for (part, role) in [(a, ShapeType::Subject), (b, ShapeType::Clip)] {
        for ring in parts.rings(part) {
            overlay.add_path_iter(ring.iter().skip(1).copied().map(finer), role);
        }
    }
    let pieces = overlay.overlay(OverlayRule::Intersect, FillRule::EvenOdd);
    let shape = MultiPolygon(pieces.into_iter().map(polygon).collect());
    let area = shape.area_m2();
    if area <= tolerance_m2 || area <= 0.0 {
        return None;
    }
    // A sliver may hold no point of the lattice; one of its corners then shows the place well enough.
    let at = shape.inner_point().or_else(|| shape.rings().flatten().next().copied())?;
    Some((area, at))
}

fn finer(v: Vertex) -> IntPoint<i64> {
    IntPoint::new(i64::from(v.x) * FINER, i64::from(v.y) * FINER)
}

fn polygon(contours: Vec<Vec<IntPoint<i64>>>) -> Polygon {
    let scale = FINER as f64 * 1e7;
    let mut rings = contours.into_iter().map(|contour| {
        let mut ring: Ring = contour.iter().map(|p| Point::new(p.x as f64 / scale, p.y as f64 / scale)).collect();
        ring.extend(ring.first().copied());
        ring
    });
    Polygon { outer: rings.next().unwrap_or_default(), holes: rings.collect() }
}
