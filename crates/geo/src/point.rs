//! Positions on the ellipsoid, boxes around them, and distances between them.

use serde::{Deserialize, Serialize};

/// Mean radius of the Earth in metres, (2a + b) / 3 of WGS84 (IUGG 1980).
const MEAN_RADIUS_M: f64 = 6_371_008.8;

/// A position in degrees, longitude first. Which datum it is in is the holder's knowledge; everything but [`crate::to_wgs84`] and
/// [`crate::from_wgs84`] takes WGS84.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Degrees east, −180 to 180.
    pub lon: f64,
    /// Degrees north, −90 to 90.
    pub lat: f64,
}

impl Point {
    /// A point from longitude and latitude in degrees, in this order.
    pub const fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat }
    }

    /// Whether both numbers are finite and lie in −180..=180 and −90..=90.
    pub fn is_on_earth(self) -> bool {
        self.lon.abs() <= 180.0 && self.lat.abs() <= 90.0
    }
}

/// A box in degrees whose four sides belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// South-western corner.
    pub min: Point,
    /// North-eastern corner.
    pub max: Point,
}

impl Bounds {
    /// The smallest box around the points, `None` when there are none.
    pub fn of(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        let mut points = points.into_iter();
        let first = points.next()?;
        Some(points.fold(Self { min: first, max: first }, |b, p| Self {
            min: Point::new(b.min.lon.min(p.lon), b.min.lat.min(p.lat)),
            max: Point::new(b.max.lon.max(p.lon), b.max.lat.max(p.lat)),
        }))
    }

    /// A box that holds every point within `radius_m` metres of `centre`: the cheap first filter of a "near" query, to be followed by
    /// [`distance_m`]. It does not wrap around the antimeridian; at a pole it takes every longitude.
    pub fn around(centre: Point, radius_m: f64) -> Self {
        // A hair wider than the exact figure, so that rounding never loses a point that lies right on the circle.
        let angle = (radius_m.max(0.0) / MEAN_RADIUS_M) * (1.0 + 1e-9) + 1e-12;
        let north = (centre.lat + angle.to_degrees()).min(90.0);
        let south = (centre.lat - angle.to_degrees()).max(-90.0);
        // The widest meridian span of a circle is reached off its centre's latitude: sin Δλ = sin r / cos φ.
        let reach = angle.sin() / centre.lat.to_radians().cos();
        let half = if angle < 1.5 && reach.abs() < 1.0 { reach.asin().to_degrees() } else { 360.0 };
        Self { min: Point::new((centre.lon - half).max(-180.0), south), max: Point::new((centre.lon + half).min(180.0), north) }
    }

    /// Whether the point lies in the box or on its border.
    pub fn contains(&self, p: Point) -> bool {
        (self.min.lon..=self.max.lon).contains(&p.lon) && (self.min.lat..=self.max.lat).contains(&p.lat)
    }
}

/// Great-circle distance in metres by the haversine formula on the mean sphere; within 0.6 % of the ellipsoid's geodesic.
pub fn distance_m(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lon = ((b.lon - a.lon).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * MEAN_RADIUS_M * h.clamp(0.0, 1.0).sqrt().asin()
}

/// Distance in metres from `p` to the straight segment `a`–`b`, on the plane that touches the sphere at `p`. Good to a
/// thousandth for segments of a few kilometres, which is what borders are made of.
pub(crate) fn distance_to_segment_m(p: Point, a: Point, b: Point) -> f64 {
    let metres_per_degree = MEAN_RADIUS_M.to_radians();
    let shrink = p.lat.to_radians().cos();
    let plane = |q: Point| ((q.lon - p.lon) * shrink * metres_per_degree, (q.lat - p.lat) * metres_per_degree);
    let ((ax, ay), (bx, by)) = (plane(a), plane(b));
    let (dx, dy) = (bx - ax, by - ay);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 { (-(ax * dx + ay * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (ax + t * dx).hypot(ay + t * dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_degree_of_latitude_is_111_195_metres() {
        let d = distance_m(Point::new(116.0, 39.0), Point::new(116.0, 40.0));
        assert!((d - 111_195.08).abs() < 0.01, "{d}");
        assert!(distance_m(Point::new(116.0, 39.0), Point::new(116.0, 39.0)).abs() < f64::EPSILON);
    }

    #[test]
    fn half_way_round_is_half_the_circumference() {
        let d = distance_m(Point::new(0.0, 0.0), Point::new(180.0, 0.0));
        assert!((d - std::f64::consts::PI * MEAN_RADIUS_M).abs() < 1e-6, "{d}");
    }

    #[test]
    fn the_segment_is_met_between_its_ends_or_at_one() {
        let (a, b) = (Point::new(116.0, 40.0), Point::new(116.0, 40.01));
        let beside = Point::new(116.001, 40.005);
        let expected = distance_m(beside, Point::new(116.0, 40.005));
        assert!((distance_to_segment_m(beside, a, b) - expected).abs() < 1e-3);
        let beyond = Point::new(116.0, 40.02);
        assert!((distance_to_segment_m(beyond, a, b) - distance_m(beyond, b)).abs() < 1e-3);
        assert!((distance_to_segment_m(beyond, b, b) - distance_m(beyond, b)).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn the_box_holds_the_whole_circle(lon in -170.0..170.0_f64, lat in -89.9..89.9_f64, radius in 0.0..200_000.0_f64, turn in 0.0..360.0_f64) {
            let centre = Point::new(lon, lat);
            // The direct problem on the sphere: walk `radius` metres from the centre in direction `turn`.
            let (angle, turn, phi) = (radius / MEAN_RADIUS_M, turn.to_radians(), lat.to_radians());
            let to = (phi.sin() * angle.cos() + phi.cos() * angle.sin() * turn.cos()).asin();
            let d_lon = (turn.sin() * angle.sin() * phi.cos()).atan2(angle.cos() - phi.sin() * to.sin());
            let there = Point::new(lon + d_lon.to_degrees(), to.to_degrees());
            prop_assume!(there.is_on_earth());
            prop_assert!(Bounds::around(centre, radius * (1.0 + 1e-9) + 1e-6).contains(there));
            prop_assert!((distance_m(centre, there) - radius).abs() < 0.01);
        }
    }
}
