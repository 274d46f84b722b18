//! From the positions of one feature to rings that can be worked with.

use geojson::Position;

use super::rings::{MOST_COMPARISONS, faults};
use super::{Effect, Finding, FindingKind, MAX_POSITIONS};
use crate::datum::{Datum, to_wgs84};
use crate::index::CellIndex;
use crate::lattice::Vertex;
use crate::point::{Point, distance_m};
use crate::shape::{MultiPolygon, Polygon};

/// Cleans the rings of one feature and collects what was wrong with them.
pub(super) struct Cleaner {
    feature: usize,
    label: Option<String>,
    datum: Datum,
    pub findings: Vec<Finding>,
}

impl Cleaner {
    pub fn new(feature: usize, label: Option<String>, datum: Datum) -> Self {
        Self { feature, label, datum, findings: Vec::new() }
    }

    /// The shape that could be kept, `None` with a finding when there is none.
    pub fn clean(&mut self, polygons: &[Vec<Vec<Position>>]) -> Option<MultiPolygon> {
        let count = polygons.iter().flatten().map(Vec::len).sum();
        if count > MAX_POSITIONS {
            self.report(FindingKind::TooManyPositions { count }, Effect::FeatureDropped, None);
            return None;
        }
        // One misplaced number puts the whole feature in doubt, and what was meant cannot be known.
        if let Some((kind, at)) = misplaced(|| polygons.iter().flatten().flatten()) {
            self.report(kind, Effect::FeatureDropped, at.map(|p| to_wgs84(self.datum, p)));
            return None;
        }
        let kept: Vec<Polygon> = polygons.iter().filter_map(|rings| self.polygon(rings)).collect();
        if kept.is_empty() {
            self.report(FindingKind::Empty, Effect::FeatureDropped, None);
            return None;
        }
        self.compare_parts(&kept);
        Some(MultiPolygon(kept))
    }

    fn compare_parts(&mut self, parts: &[Polygon]) {
        // Slivers below this are rounding where the parts touch.
        const TOLERANCE_M2: f64 = 0.01;
        if parts.len() < 2 {
            return;
        }
        let index = CellIndex::new(parts.iter().enumerate().map(|(at, part)| (at, 0, MultiPolygon(vec![part.clone()]))));
        for overlap in index.overlaps(TOLERANCE_M2, 1) {
            self.report(FindingKind::PartsOverlap { area_m2: overlap.area_m2 }, Effect::Kept, Some(overlap.at));
        }
    }

    fn polygon(&mut self, rings: &[Vec<Position>]) -> Option<Polygon> {
        let (outer, holes) = rings.split_first()?;
        let outer = self.ring(outer, true)?;
        let mut kept = vec![outer];
        kept.extend(holes.iter().filter_map(|hole| self.ring(hole, false)));
        for (kind, at) in faults(&kept, MOST_COMPARISONS) {
            self.report(kind, Effect::Kept, Some(at));
        }
        let mut points = kept.into_iter().map(|ring| ring.into_iter().map(Vertex::point).collect());
        Some(Polygon { outer: points.next()?, holes: points.collect() })
    }

    /// The ring on the lattice: closed, without repetitions, turning the right way.
    fn ring(&mut self, positions: &[Position], is_outer: bool) -> Option<Vec<Vertex>> {
        let mut ring: Vec<Vertex> =
            positions.iter().filter_map(lon_lat).filter_map(|p| Vertex::snap(to_wgs84(self.datum, p))).collect();
        let at = ring.first().map(|v| v.point());
        if let (Some(&first), Some(&last)) = (ring.first(), ring.last())
            && first != last
        {
            let gap_m = distance_m(first.point(), last.point());
            self.report(FindingKind::Unclosed { gap_m }, Effect::Repaired, Some(last.point()));
            ring.push(first);
        }
        self.drop_repetitions(&mut ring);
        let mut corners = ring.clone();
        corners.sort_unstable();
        corners.dedup();
        if corners.len() < 3 {
            self.report(FindingKind::TooFewPositions { count: positions.len() }, Effect::RingDropped, at);
            return None;
        }
        let turn = double_area(&ring);
        if turn == 0 && is_flat(&corners) {
            self.report(FindingKind::ZeroArea, Effect::RingDropped, at);
            return None;
        }
        if (turn > 0) != is_outer {
            ring.reverse();
        }
        Some(ring)
    }

    fn drop_repetitions(&mut self, ring: &mut Vec<Vertex>) {
        let repeated = ring.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].point());
        let before = ring.len();
        ring.dedup();
        if repeated.is_some() {
            self.report(FindingKind::RepeatedPositions { count: before - ring.len() }, Effect::Repaired, repeated);
        }
    }

    fn report(&mut self, kind: FindingKind, effect: Effect, at: Option<Point>) {
        self.findings.push(Finding { feature: self.feature, label: self.label.clone(), kind, effect, at });
    }
}

pub(crate) fn lon_lat(position: &Position) -> Option<Point> {
    match position.as_slice() {
        [lon, lat, ..] => Some(Point::new(*lon, *lat)),
        _ => None,
    }
}

/// The first position that is no place on Earth, if any.
pub(crate) fn misplaced<'a, I: Iterator<Item = &'a Position>>(positions: impl Fn() -> I) -> Option<(FindingKind, Option<Point>)> {
    let wrong = positions().find(|&position| !lon_lat(position).is_some_and(Point::is_on_earth))?;
    let Some(Point { lon, lat }) = lon_lat(wrong) else {
        return Some((FindingKind::Unreadable { reason: "a position needs two numbers".to_owned() }, None));
    };
    let exchanged = |p: Point| Point::new(p.lat, p.lon);
    if positions().all(|position| lon_lat(position).map(exchanged).is_some_and(Point::is_on_earth)) {
        return Some((FindingKind::Swapped { lon, lat }, Some(exchanged(Point::new(lon, lat)))));
    }
    Some((FindingKind::OutOfRange { lon, lat }, None))
}

/// Twice the signed area of a closed ring in lattice steps, counter-clockwise positive.
fn double_area(ring: &[Vertex]) -> i128 {
    let cross = |a: Vertex, b: Vertex| i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y);
    ring.windows(2).map(|pair| cross(pair[0], pair[1])).sum()
}

/// Whether all corners lie on one line. A figure of eight has no area in sum either, but it holds ground.
fn is_flat(corners: &[Vertex]) -> bool {
    corners.iter().all(|&p| crate::lattice::side(corners[0], corners[1], p).is_eq())
}
