//! The four datums that maps in China come in, and the way between each of them and WGS84.
//!
//! GCJ-02 and BD-09 were never published; the formulas are those that the public reverse engineering agrees on (the `eviltransform` family).
//! Both are WGS84 plus a smooth, place-dependent shift of some hundred metres, so both are inverted by fixed-point iteration:
//! subtract the shift found at the last guess. The shift changes by less than 3 % of the distance walked, which makes every round about 40 times better.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::point::{Bounds, Point};

/// What a pair of coordinates refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// GPS, and what everything is stored in.
    #[default]
    Wgs84,
    /// The shifted datum of WeChat, Gaode and Tencent maps.
    Gcj02,
    /// Baidu's, a second shift on top of GCJ-02.
    Bd09,
    /// EPSG:4490 (Tianditu). It differs from WGS84 by centimetres and is taken as equal.
    Cgcs2000,
}

impl Datum {
    /// Every datum, for lists to choose from.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Gcj02, Self::Bd09, Self::Cgcs2000];

    /// The name in files and in the API: `wgs84`, `gcj02`, `bd09`, `cgcs2000`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
            Self::Cgcs2000 => "cgcs2000",
        }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no datum that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown datum {0:?}, expected wgs84, gcj02, bd09 or cgcs2000")]
pub struct UnknownDatum(pub String);

impl FromStr for Datum {
    type Err = UnknownDatum;

    fn from_str(name: &str) -> Result<Self, UnknownDatum> {
        Self::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| UnknownDatum(name.to_owned()))
    }
}

/// Takes a WGS84 point to `datum`. Points outside the box that the shifted datums cover stay as they are.
pub fn from_wgs84(datum: Datum, wgs84: Point) -> Point {
    match shift(datum) {
        Some(forward) if COVERED.contains(wgs84) => forward(wgs84),
        _ => wgs84,
    }
}

/// Takes a point given in `datum` to WGS84, the inverse of [`from_wgs84`] to well below a millimetre.
///
/// Points outside the covered box stay as they are. Along its edges, far from any land the shifted datums are used on, a shifted point may
/// leave the box and then has two origins; the unshifted one is taken, so that `from_wgs84(d, to_wgs84(d, p)) == p` for every `p`
/// that has an origin at all.
pub fn to_wgs84(datum: Datum, given: Point) -> Point {
    match shift(datum) {
        Some(forward) if COVERED.contains(given) => {
            let origin = invert(forward, given);
            if COVERED.contains(origin) { origin } else { given }
        }
        _ => given,
    }
}

/// Where GCJ-02 and BD-09 differ from WGS84.
const COVERED: Bounds = Bounds { min: Point::new(72.004, 0.8293), max: Point::new(137.8347, 55.8271) };

fn shift(datum: Datum) -> Option<fn(Point) -> Point> {
    match datum {
        Datum::Wgs84 | Datum::Cgcs2000 => None,
        Datum::Gcj02 => Some(gcj02_from_wgs84),
        Datum::Bd09 => Some(|p| bd09_from_gcj02(gcj02_from_wgs84(p))),
    }
}

fn invert(forward: fn(Point) -> Point, target: Point) -> Point {
    let mut guess = target;
    for _ in 0..16 {
        let there = forward(guess);
        let (lon, lat) = (target.lon - there.lon, target.lat - there.lat);
        guess = Point::new(guess.lon + lon, guess.lat + lat);
        // 1e-12 degree is a tenth of a micrometre, and about the last digit that a longitude in f64 can carry.
        if lon.abs() + lat.abs() < 1e-12 {
            break;
        }
    }
    guess
}

fn gcj02_from_wgs84(p: Point) -> Point {
    // The Krasovsky 1940 ellipsoid that the shift is computed on.
    const A: f64 = 6_378_245.0;
    const E2: f64 = 0.006_693_421_622_965_943;
    let (east, north) = gcj02_shift_m(p.lon - 105.0, p.lat - 35.0);
    let lat = p.lat.to_radians();
    let magic = 1.0 - E2 * lat.sin() * lat.sin();
    let root = magic.sqrt();
    Point {
        lon: p.lon + east * 180.0 / (A / root * lat.cos() * PI),
        lat: p.lat + north * 180.0 / (A * (1.0 - E2) / (magic * root) * PI),
    }
}

/// Shift to the east and to the north in metres; `x`, `y` are degrees from (105, 35).
fn gcj02_shift_m(x: f64, y: f64) -> (f64, f64) {
    let root = x.abs().sqrt();
    let ripple = 20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin();
    let along = |t: f64| 20.0 * (t * PI).sin() + 40.0 * (t / 3.0 * PI).sin();
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + (ripple + along(y) + 160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + (ripple + along(x) + 150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    (east, north)
}

fn bd09_from_gcj02(p: Point) -> Point {
    const TURN: f64 = PI * 3000.0 / 180.0;
    let radius = p.lon.hypot(p.lat) + 0.000_02 * (p.lat * TURN).sin();
    let angle = p.lat.atan2(p.lon) + 0.000_003 * (p.lon * TURN).cos();
    Point::new(radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::distance_m;
    use proptest::prelude::*;

    fn assert_near(p: Point, lon: f64, lat: f64, tolerance: f64) {
        assert!((p.lon - lon).abs() < tolerance && (p.lat - lat).abs() < tolerance, "{p:?} is not ({lon}, {lat})");
    }

    #[test]
    fn the_published_pair_comes_out_to_the_last_digits() {
        let p = from_wgs84(Datum::Gcj02, Point::new(116.404, 39.915));
        assert_near(p, 116.410_244_499_169_38, 39.916_404_281_501_64, 1e-11);
    }

    #[test]
    fn the_second_shift_matches_the_known_pair() {
        // GCJ-02 (116.404, 39.915) is BD-09 (116.41036949371029, 39.92133699351022) in the widely copied formulas.
        assert_near(bd09_from_gcj02(Point::new(116.404, 39.915)), 116.410_369_493_710_29, 39.921_336_993_510_22, 1e-9);
    }

    #[test]
    fn names_round_trip_and_nothing_else_is_taken() {
        for datum in Datum::ALL {
            assert_eq!(datum.to_string().parse(), Ok(datum));
            assert_eq!(serde_json::to_value(datum).unwrap(), datum.name());
        }
        assert_eq!("GCJ02".parse::<Datum>(), Err(UnknownDatum("GCJ02".into())));
    }

    #[test]
    fn outside_the_box_nothing_moves() {
        for (lon, lat) in [(-0.1276, 51.5072), (139.69, 35.68), (72.0, 30.0), (104.0, 0.5), (104.0, 56.0), (f64::NAN, 30.0)] {
            for datum in Datum::ALL {
                let p = Point::new(lon, lat);
                assert_eq!(format!("{p:?}"), format!("{:?}", from_wgs84(datum, p)));
                assert_eq!(format!("{p:?}"), format!("{:?}", to_wgs84(datum, p)));
            }
        }
    }

    fn shifted() -> impl Strategy<Value = Datum> {
        prop_oneof![Just(Datum::Gcj02), Just(Datum::Bd09)]
    }

    proptest! {
        #[test]
        fn round_trips_stay_within_a_millimetre(lon in 73.0..136.0, lat in 3.0..54.0, datum in shifted()) {
            let p = Point::new(lon, lat);
            prop_assert!(from_wgs84(datum, p) != p);
            prop_assert!(distance_m(p, to_wgs84(datum, from_wgs84(datum, p))) < 0.001);
            prop_assert!(distance_m(p, from_wgs84(datum, to_wgs84(datum, p))) < 0.001);
        }

        #[test]
        fn along_the_edges_every_image_leads_back_to_an_origin_of_it(
            along in 0.0..1.0, off in -0.05..0.05, side in 0..4, datum in shifted(),
        ) {
            let (w, e) = (COVERED.min.lon, COVERED.max.lon);
            let (s, n) = (COVERED.min.lat, COVERED.max.lat);
            let p = match side {
                0 => Point::new(w + off, s + along * (n - s)),
                1 => Point::new(e + off, s + along * (n - s)),
                2 => Point::new(w + along * (e - w), s + off),
                _ => Point::new(w + along * (e - w), n + off),
            };
            let image = from_wgs84(datum, p);
            let back = to_wgs84(datum, image);
            prop_assert!(distance_m(image, from_wgs84(datum, back)) < 0.001 || !COVERED.contains(back) && back == image);
        }

        #[test]
        fn the_national_datum_is_taken_as_equal(lon in -180.0..180.0, lat in -90.0..90.0) {
            let p = Point::new(lon, lat);
            prop_assert_eq!(from_wgs84(Datum::Cgcs2000, p), p);
            prop_assert_eq!(to_wgs84(Datum::Cgcs2000, p), p);
        }
    }
}
