//! Polygons with holes, and what one can ask of a single one: area, middle, a point inside, distance to the border.

use crate::lattice::{Vertex, holds};
use crate::point::{Bounds, Point, distance_to_segment_m};

/// A closed ring: at least four points, the last one equal to the first.
pub type Ring = Vec<Point>;

/// One outer ring and any number of holes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polygon {
    /// The outer border, counter-clockwise when it comes from [`crate::read_geojson`].
    pub outer: Ring,
    /// What is cut out of it, clockwise likewise.
    pub holes: Vec<Ring>,
}

impl Polygon {
    /// The outer ring, then the holes.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.outer).chain(&self.holes)
    }
}

/// A shape of any number of parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultiPolygon(pub Vec<Polygon>);

impl MultiPolygon {
    /// Every ring of every part.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        self.0.iter().flat_map(Polygon::rings)
    }

    /// The box around the shape, `None` for an empty one.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::of(self.rings().flatten().copied())
    }

    /// Area in square metres on the WGS84 ellipsoid, holes taken off. Parts that overlap count twice.
    ///
    /// The shoelace formula in Lambert's cylindrical equal-area projection (Snyder, Map Projections, 1987, formula 3-12), so that the only
    /// approximation is that an edge is straight in that projection.
    pub fn area_m2(&self) -> f64 {
        const SEMI_MAJOR_M: f64 = 6_378_137.0;
        let area = |ring: &Ring| shoelace(ring, |p| (p.lon.to_radians(), authalic(p.lat.to_radians()))).0.abs();
        let parts = self.0.iter().map(|part| area(&part.outer) - part.holes.iter().map(area).sum::<f64>());
        parts.sum::<f64>() * SEMI_MAJOR_M * SEMI_MAJOR_M / 2.0
    }

    /// The centre of mass in the plane of degrees; it may lie outside the shape. `None` when the area is zero.
    pub fn centroid(&self) -> Option<Point> {
        let origin = *self.rings().flatten().next()?;
        let (mut weight, mut lon, mut lat) = (0.0, 0.0, 0.0);
        for part in &self.0 {
            for (at, ring) in part.rings().enumerate() {
                let (area, (x, y)) = shoelace(ring, |p| (p.lon - origin.lon, p.lat - origin.lat));
                let signed = if at == 0 { area.abs() } else { -area.abs() };
                weight += signed;
                lon += signed * x;
                lat += signed * y;
            }
        }
        (weight > 0.0).then(|| Point::new(origin.lon + lon / weight, origin.lat + lat / weight))
    }

    /// Whether the point lies in one of the parts, borders by the half-open rule of [`crate::CellIndex`]. For more than a few
    /// questions build an index.
    pub fn contains(&self, p: Point) -> bool {
        Vertex::snap(p).is_some_and(|v| self.0.iter().any(|part| part_holds(&snap_part(part), v)))
    }

    /// A point inside the shape and well away from its border, for a label or a marker. `None` when no point of the 1e-7 degree lattice was
    /// found inside, as with an empty shape or a hair-thin one.
    ///
    /// Candidates are the centroid and the middles of the stretches that horizontal lines cut out of the shape; the one
    /// farthest from the border is taken.
    pub fn inner_point(&self) -> Option<Point> {
        let mut best: Option<(f64, Point)> = None;
        let mut consider = |candidate: Point, part: &[Vec<Vertex>]| {
            let Some(v) = Vertex::snap(candidate) else { return };
            if part_holds(part, v) {
                let room = self.boundary_distance_m(v.point());
                if best.is_none_or(|(most, _)| room > most) {
                    best = Some((room, v.point()));
                }
            }
        };
        let centroid = self.centroid();
        for part in &self.0 {
            let rings = snap_part(part);
            for candidate in centroid.into_iter().chain(scan_line_middles(part)) {
                consider(candidate, &rings);
            }
        }
        best.map(|(_, p)| p)
    }

    /// Distance in metres from the point to the nearest border, inside or out; infinite for an empty shape.
    pub fn boundary_distance_m(&self, p: Point) -> f64 {
        let edges = self.rings().flat_map(|ring| ring.windows(2));
        edges.map(|edge| distance_to_segment_m(p, edge[0], edge[1])).fold(f64::INFINITY, f64::min)
    }
}

fn snap_part(part: &Polygon) -> Vec<Vec<Vertex>> {
    part.rings().map(|ring| snap_ring(ring)).collect()
}

fn part_holds(rings: &[Vec<Vertex>], v: Vertex) -> bool {
    holds(rings.iter().map(Vec::as_slice), v)
}

/// The ring on the lattice, closed and without repeated vertices; places off the Earth are left out.
pub(crate) fn snap_ring(ring: &[Point]) -> Vec<Vertex> {
    let mut vertices: Vec<Vertex> = ring.iter().copied().filter_map(Vertex::snap).collect();
    vertices.dedup();
    if let (Some(&first), Some(&last)) = (vertices.first(), vertices.last())
        && first != last
    {
        vertices.push(first);
    }
    vertices
}

/// Signed area (counter-clockwise positive) and centroid of a ring in the plane that `project` makes.
fn shoelace(ring: &[Point], project: impl Fn(Point) -> (f64, f64)) -> (f64, (f64, f64)) {
    let Some(&first) = ring.first() else { return (0.0, (0.0, 0.0)) };
    // Relative to the ring's own corner, so that nothing is lost to the size of the coordinates.
    let (x0, y0) = project(first);
    let (mut double, mut x, mut y) = (0.0, 0.0, 0.0);
    let mut last = (0.0, 0.0);
    for &p in ring.iter().skip(1).chain([&first]) {
        let (px, py) = project(p);
        let next = (px - x0, py - y0);
        let cross = last.0 * next.1 - next.0 * last.1;
        double += cross;
        x += (last.0 + next.0) * cross;
        y += (last.1 + next.1) * cross;
        last = next;
    }
    if double == 0.0 {
        return (0.0, (x0, y0));
    }
    (double / 2.0, (x0 + x / (3.0 * double), y0 + y / (3.0 * double)))
}

/// Snyder's q, twice the sine of the authalic latitude up to a factor; the area between two parallels is proportional to its difference.
fn authalic(lat: f64) -> f64 {
    const E: f64 = 0.081_819_190_842_621_49;
    let s = lat.sin();
    (1.0 - E * E) * (s / (1.0 - E * E * s * s) + (E * s).atanh() / E)
}

fn scan_line_middles(part: &Polygon) -> impl Iterator<Item = Point> {
    const LINES: u32 = 15;
    let bounds = Bounds::of(part.outer.iter().copied());
    bounds.into_iter().flat_map(move |b| {
        (1..=LINES).flat_map(move |line| {
            let lat = b.min.lat + (b.max.lat - b.min.lat) * f64::from(line) / f64::from(LINES + 1);
            let mut cuts: Vec<f64> = part
                .rings()
                .flat_map(|ring| ring.windows(2))
                .filter(|e| (e[0].lat <= lat) != (e[1].lat <= lat))
                .map(|e| e[0].lon + (lat - e[0].lat) / (e[1].lat - e[0].lat) * (e[1].lon - e[0].lon))
                .collect();
            cuts.sort_by(f64::total_cmp);
            let widest = cuts.chunks_exact(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
            widest.map(|cut| Point::new(f64::midpoint(cut[0], cut[1]), lat)).into_iter()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn rectangle(w: f64, s: f64, e: f64, n: f64) -> Ring {
        [(w, s), (e, s), (e, n), (w, n), (w, s)].map(|(x, y)| Point::new(x, y)).to_vec()
    }

    fn shape(outer: Ring, holes: Vec<Ring>) -> MultiPolygon {
        MultiPolygon(vec![Polygon { outer, holes }])
    }

    #[test]
    fn the_whole_earth_has_the_area_of_the_ellipsoid() {
        let area = shape(rectangle(-180.0, -90.0, 180.0, 90.0), vec![]).area_m2();
        assert!((area / 5.100_656_217_24e14 - 1.0).abs() < 1e-10, "{area}");
    }

    #[test]
    fn a_small_square_has_the_area_of_its_sides() {
        // At 40° north a thousandth of a degree is 111.035 m along the meridian and 85.394 m along the parallel (WGS84 radii of curvature).
        let area = shape(rectangle(116.0, 39.9995, 116.001, 40.0005), vec![]).area_m2();
        assert!((area - 111.035_1 * 85.393_9).abs() < 0.5, "{area}");
    }

    #[test]
    fn a_hole_takes_off_area_and_moves_the_middle() {
        let ring = shape(rectangle(0.0, 0.0, 4.0, 4.0), vec![rectangle(2.0, 0.5, 3.5, 3.5)]);
        let full = shape(rectangle(0.0, 0.0, 4.0, 4.0), vec![]);
        assert!(ring.area_m2() < full.area_m2() * 0.75);
        assert!((full.centroid().unwrap().lon - 2.0).abs() < 1e-12);
        assert!(ring.centroid().unwrap().lon < 1.9);
        let p = ring.inner_point().unwrap();
        assert!(ring.contains(p) && p.lon < 2.0, "{p:?}");
    }

    #[test]
    fn the_inner_point_of_a_horseshoe_is_not_its_centroid() {
        let points = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (7.0, 9.0), (7.0, 1.0), (2.0, 1.0), (2.0, 9.0), (0.0, 9.0), (0.0, 0.0)];
        let horseshoe = shape(points.map(|(x, y)| Point::new(x, y)).to_vec(), vec![]);
        assert!(!horseshoe.contains(horseshoe.centroid().unwrap()));
        let p = horseshoe.inner_point().unwrap();
        assert!(horseshoe.contains(p) && horseshoe.boundary_distance_m(p) > 50_000.0, "{p:?}");
    }

    #[test]
    fn an_empty_shape_answers_nothing() {
        let empty = MultiPolygon::default();
        assert_eq!(empty.bounds(), None);
        assert_eq!(empty.centroid(), None);
        assert_eq!(empty.inner_point(), None);
        assert!(empty.area_m2().abs() < f64::EPSILON);
        assert!(empty.boundary_distance_m(Point::new(0.0, 0.0)).is_infinite());
        assert!(!empty.contains(Point::new(0.0, 0.0)));
        let flat = shape(vec![Point::new(1.0, 1.0); 4], vec![]);
        assert_eq!((flat.centroid(), flat.inner_point(), flat.area_m2()), (None, None, 0.0));
    }

    proptest! {
        #[test]
        fn a_triangle_holds_its_inner_point_and_its_centroid_is_the_mean(
            corners in prop::array::uniform3((100.0..100.1_f64, 30.0..30.1_f64)),
        ) {
            let [a, b, c] = corners.map(|(x, y)| Point::new(x, y));
            let triangle = shape(vec![a, b, c, a], vec![]);
            prop_assume!(triangle.area_m2() > 100.0);
            prop_assert!(triangle.contains(triangle.inner_point().unwrap()));
            let centroid = triangle.centroid().unwrap();
            prop_assert!((centroid.lon - (a.lon + b.lon + c.lon) / 3.0).abs() < 1e-9);
            prop_assert!((centroid.lat - (a.lat + b.lat + c.lat) / 3.0).abs() < 1e-9);
        }
    }
}
