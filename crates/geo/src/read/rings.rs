//! How the rings of one polygon meet themselves and each other.

use crate::lattice::{Meeting, Vertex, holds, is_on, meet};
use crate::point::Point;

use super::FindingKind;

/// So many comparisons of two sides take about a second. Borders of rivers and coasts stay far below; only a made-up comb of tens of
/// thousands of long teeth does not.
pub(super) const MOST_COMPARISONS: usize = 400_000_000;

/// What is wrong with closed rings of at least three different corners, each kind once with a place; [`FindingKind::Unchecked`] when
/// it would take more than `budget` comparisons to know all.
pub(super) fn faults(rings: &[Vec<Vertex>], budget: usize) -> Vec<(FindingKind, Point)> {
    let mut found: Vec<(FindingKind, Point)> = Vec::new();
    let mut add = |kind: FindingKind, at: Point| {
        if found.iter().all(|(known, _)| *known != kind) {
            found.push((kind, at));
        }
    };
    let sides = sides(rings);
    let mut left = budget;
    for (n, one) in sides.iter().enumerate() {
        // Sorted by their western end, so only those that start before this one ends can meet it.
        let rivals = sides[n + 1..].partition_point(|other| other.west() <= one.east());
        let Some(rest) = left.checked_sub(rivals) else {
            add(FindingKind::Unchecked, one.a.point());
            break;
        };
        left = rest;
        for other in &sides[n + 1..=n + rivals] {
            if one.low() > other.high() || other.low() > one.high() {
                continue;
            }
            match meet(one.a, one.b, other.a, other.b) {
                Meeting::Apart => {}
                Meeting::Touch(_) if one.ring != other.ring || one.follows(other) || other.follows(one) => {}
                Meeting::Touch(at) => add(FindingKind::SelfTouch, at),
                Meeting::Cross(at) | Meeting::Along(at) if one.ring == other.ring => add(FindingKind::SelfIntersection, at),
                Meeting::Cross(at) | Meeting::Along(at) => add(FindingKind::RingsCross, at),
            }
        }
    }
    if let Some((outer, holes)) = rings.split_first() {
        for hole in holes.iter().filter(|hole| lies_outside(hole, outer)) {
            add(FindingKind::HoleOutside, hole[0].point());
        }
    }
    // A ring that crosses itself mostly touches itself as well, which is no news then.
    if found.iter().any(|(kind, _)| *kind == FindingKind::SelfIntersection) {
        found.retain(|(kind, _)| *kind != FindingKind::SelfTouch);
    }
    found
}

struct Side {
    ring: usize,
    /// Place in its ring, and how many sides the ring has.
    at: usize,
    of: usize,
    a: Vertex,
    b: Vertex,
}

impl Side {
    fn west(&self) -> i32 {
        self.a.x.min(self.b.x)
    }

    fn east(&self) -> i32 {
        self.a.x.max(self.b.x)
    }

    fn low(&self) -> i32 {
        self.a.y.min(self.b.y)
    }

    fn high(&self) -> i32 {
        self.a.y.max(self.b.y)
    }

    fn follows(&self, other: &Self) -> bool {
        (other.at + 1) % other.of == self.at
    }
}

fn sides(rings: &[Vec<Vertex>]) -> Vec<Side> {
    let mut sides: Vec<Side> = Vec::new();
    for (ring, vertices) in rings.iter().enumerate() {
        let of = vertices.len() - 1;
        sides.extend(vertices.windows(2).enumerate().map(|(at, pair)| Side { ring, at, of, a: pair[0], b: pair[1] }));
    }
    sides.sort_by_key(Side::west);
    sides
}

/// A corner on the outer ring says nothing; the first one off it decides.
fn lies_outside(hole: &[Vertex], outer: &[Vertex]) -> bool {
    let off = |p: &&Vertex| !outer.windows(2).any(|side| is_on(side[0], side[1], **p));
    hole.iter().find(off).is_some_and(|&p| !holds([outer], p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entangled_border_is_given_up_and_said_so() {
        let corner = |(x, y)| Vertex { x, y };
        let mut comb: Vec<Vertex> = (0..100).flat_map(|n| [(4 * n, 0), (4 * n + 500, 900)]).map(corner).collect();
        comb.extend([(1000, 900), (1000, -9), (0, -9), (0, 0)].map(corner));
        let rings = [comb];
        assert!(faults(&rings, MOST_COMPARISONS).is_empty());
        assert!(faults(&rings, 200 * 200).is_empty());
        assert_eq!(faults(&rings, 5000).iter().map(|(kind, _)| kind.name()).collect::<Vec<_>>(), ["unchecked"]);
    }
}
