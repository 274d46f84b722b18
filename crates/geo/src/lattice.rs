//! The integer lattice of 1e-7 degree (about a centimetre) on which every yes-or-no question about shapes is decided exactly.

use std::cmp::Ordering;

use crate::point::Point;

const STEPS_PER_DEGREE: f64 = 1e7;

/// A lattice position. Longitudes reach ±1.8e9, which an `i32` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Vertex {
    pub x: i32,
    pub y: i32,
}

impl Vertex {
    /// The lattice position nearest to the point, `None` when that is no place on Earth.
    pub fn snap(p: Point) -> Option<Self> {
        let round = |degrees: f64| (degrees * STEPS_PER_DEGREE).round() as i32;
        p.is_on_earth().then(|| Self { x: round(p.lon), y: round(p.lat) })
    }

    /// The double nearest to the lattice position: what a decimal number of seven digits reads as.
    pub fn point(self) -> Point {
        Point::new(f64::from(self.x) / STEPS_PER_DEGREE, f64::from(self.y) / STEPS_PER_DEGREE)
    }
}

/// Where `p` lies of the directed line `a`→`b`: `Greater` to its left, `Less` to its right, `Equal` on it.
///
/// Comparing the two products instead of subtracting them keeps everything inside `i64`: a product is at most 3.6e9 × 1.8e9.
pub(crate) fn side(a: Vertex, b: Vertex, p: Vertex) -> Ordering {
    let (ax, ay) = (i64::from(a.x), i64::from(a.y));
    let (dx, dy) = (i64::from(b.x) - ax, i64::from(b.y) - ay);
    (dx * (i64::from(p.y) - ay)).cmp(&((i64::from(p.x) - ax) * dy))
}

/// Whether a ray from `p` to the east crosses the segment, by the half-open rule: the lower end belongs to the segment, the upper does
/// not, and a point on the segment counts as being east of it. Two shapes that share a segment see the same answer, which is why each
/// point of a common border has exactly one owner.
pub(crate) fn ray_crosses(a: Vertex, b: Vertex, p: Vertex) -> bool {
    let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
    low.y <= p.y && p.y < high.y && side(low, high, p) == Ordering::Greater
}

/// Whether `p` lies in the rings by the even-odd rule, each ring being closed (its first vertex repeated at its end).
pub(crate) fn holds<'a>(rings: impl IntoIterator<Item = &'a [Vertex]>, p: Vertex) -> bool {
    rings.into_iter().flat_map(|ring| ring.windows(2)).fold(false, |inside, edge| inside ^ ray_crosses(edge[0], edge[1], p))
}

/// Whether `p` lies on the closed segment.
pub(crate) fn is_on(a: Vertex, b: Vertex, p: Vertex) -> bool {
    let (x, y) = ((a.x.min(b.x), a.x.max(b.x)), (a.y.min(b.y), a.y.max(b.y)));
    (x.0..=x.1).contains(&p.x) && (y.0..=y.1).contains(&p.y) && side(a, b, p) == Ordering::Equal
}

/// How two segments meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meeting {
    /// Not at all.
    Apart,
    /// In one point that ends at least one of them.
    Touch(Point),
    /// In one point inside both.
    Cross(Point),
    /// Along a stretch; the point is an end of it.
    Along(Point),
}

/// How the segments `a`–`b` and `c`–`d`, neither of them of length zero, meet.
pub(crate) fn meet(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> Meeting {
    let (of_c, of_d) = (side(a, b, c), side(a, b, d));
    let (of_a, of_b) = (side(c, d, a), side(c, d, b));
    if of_c == Ordering::Equal && of_d == Ordering::Equal {
        return meet_on_one_line(a, b, c, d);
    }
    if of_c == of_d || of_a == of_b {
        return Meeting::Apart;
    }
    for (end, of_end, (from, to)) in [(a, of_a, (c, d)), (b, of_b, (c, d)), (c, of_c, (a, b)), (d, of_d, (a, b))] {
        if of_end == Ordering::Equal && is_on(from, to, end) {
            return Meeting::Touch(end.point());
        }
    }
    Meeting::Cross(crossing(a, b, c, d))
}

fn meet_on_one_line(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> Meeting {
    // Points of one line sort along it by (x, y), so the common stretch is the overlap of two intervals.
    let from = a.min(b).max(c.min(d));
    let to = a.max(b).min(c.max(d));
    match from.cmp(&to) {
        Ordering::Less => Meeting::Along(from.point()),
        Ordering::Equal => Meeting::Touch(from.point()),
        Ordering::Greater => Meeting::Apart,
    }
}

fn crossing(a: Vertex, b: Vertex, c: Vertex, d: Vertex) -> Point {
    let (ax, ay) = (f64::from(a.x), f64::from(a.y));
    let (abx, aby) = (f64::from(b.x) - ax, f64::from(b.y) - ay);
    let (cdx, cdy) = (f64::from(d.x) - f64::from(c.x), f64::from(d.y) - f64::from(c.y));
    let t = ((f64::from(c.x) - ax) * cdy - (f64::from(c.y) - ay) * cdx) / (abx * cdy - aby * cdx);
    Point::new((ax + t * abx) / STEPS_PER_DEGREE, (ay + t * aby) / STEPS_PER_DEGREE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v(x: i32, y: i32) -> Vertex {
        Vertex { x, y }
    }

    #[test]
    fn snapping_keeps_seven_digits_and_refuses_what_is_no_place() {
        assert_eq!(Vertex::snap(Point::new(116.123_456_7, -39.5)), Some(v(1_161_234_567, -395_000_000)));
        assert_eq!(v(1_161_234_567, 0).point(), Point::new(116.123_456_7, 0.0));
        assert_eq!(Vertex::snap(Point::new(180.0, -90.0)), Some(v(1_800_000_000, -900_000_000)));
        for p in [(180.1, 0.0), (0.0, 90.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Vertex::snap(Point::new(p.0, p.1)), None);
        }
    }

    #[test]
    fn orientation_is_exact_at_the_ends_of_the_earth() {
        let (sw, ne) = (v(-1_800_000_000, -900_000_000), v(1_800_000_000, 900_000_000));
        assert_eq!(side(sw, ne, v(0, 0)), Ordering::Equal);
        assert_eq!(side(sw, ne, v(0, 1)), Ordering::Greater);
        assert_eq!(side(sw, ne, v(1_799_999_999, 899_999_999)), Ordering::Less);
    }

    #[test]
    fn segments_meet_in_the_four_ways() {
        let at = |x, y| v(x, y).point();
        assert_eq!(meet(v(0, 0), v(4, 4), v(0, 4), v(4, 0)), Meeting::Cross(at(2, 2)));
        assert_eq!(meet(v(0, 0), v(4, 0), v(2, 0), v(2, 5)), Meeting::Touch(at(2, 0)));
        assert_eq!(meet(v(0, 0), v(4, 0), v(4, 0), v(9, 9)), Meeting::Touch(at(4, 0)));
        assert_eq!(meet(v(0, 0), v(4, 0), v(4, 0), v(9, 0)), Meeting::Touch(at(4, 0)));
        assert_eq!(meet(v(0, 0), v(4, 0), v(9, 0), v(3, 0)), Meeting::Along(at(3, 0)));
        assert_eq!(meet(v(0, 0), v(0, 4), v(0, 3), v(0, 9)), Meeting::Along(at(0, 3)));
        assert_eq!(meet(v(0, 0), v(4, 0), v(5, 0), v(9, 0)), Meeting::Apart);
        assert_eq!(meet(v(0, 0), v(4, 0), v(0, 1), v(4, 1)), Meeting::Apart);
        assert_eq!(meet(v(0, 0), v(4, 0), v(5, -1), v(5, 1)), Meeting::Apart);
    }

    fn small() -> impl Strategy<Value = Vertex> {
        (-5..5, -5..5).prop_map(|(x, y)| v(x, y))
    }

    proptest! {
        #[test]
        fn meeting_does_not_depend_on_who_is_asked(a in small(), b in small(), c in small(), d in small()) {
            prop_assume!(a != b && c != d);
            let kind = |m| match m { Meeting::Apart => 0, Meeting::Touch(_) => 1, Meeting::Cross(_) => 2, Meeting::Along(_) => 3 };
            let expected = kind(meet(a, b, c, d));
            for other in [meet(b, a, c, d), meet(a, b, d, c), meet(c, d, a, b), meet(d, c, b, a)] {
                prop_assert_eq!(kind(other), expected);
            }
        }
    }
}
