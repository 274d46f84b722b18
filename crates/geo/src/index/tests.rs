use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::shape::{Polygon, Ring};
use crate::tessellation::{SplitMix, shaken_lattice};

fn ring(points: &[[f64; 2]]) -> Ring {
    points.iter().map(|&[x, y]| Point::new(x, y)).collect()
}

fn rectangle(w: f64, s: f64, e: f64, n: f64) -> Ring {
    ring(&[[w, s], [e, s], [e, n], [w, n], [w, s]])
}

fn shape(outer: Ring, holes: Vec<Ring>) -> MultiPolygon {
    MultiPolygon(vec![Polygon { outer, holes }])
}

fn index_of(rings: &[Vec<[f64; 2]>]) -> CellIndex<usize> {
    CellIndex::new(rings.iter().enumerate().map(|(key, points)| (key, 0, shape(ring(points), vec![]))))
}

fn all(index: &CellIndex<usize>, lon: f64, lat: f64) -> Vec<usize> {
    let mut found = Vec::new();
    index.locate_all(lon, lat, &mut found);
    found.into_iter().copied().collect()
}

/// The plainest even-odd test there is, in i128 and edge by edge, with the same half-open rule.
fn naive_holds(shape: &MultiPolygon, lon: f64, lat: f64) -> bool {
    let snap = |v: f64| (v * 1e7).round() as i128;
    let (px, py) = (snap(lon), snap(lat));
    let part_holds = |part: &Polygon| {
        let mut crossings = 0;
        for ring in part.rings() {
            for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
                let (ax, ay, bx, by) = (snap(a.lon), snap(a.lat), snap(b.lon), snap(b.lat));
                if (ay <= py) == (by <= py) {
                    continue;
                }
                // px < ax + (py - ay) * (bx - ax) / (by - ay), without the division.
                let (left, right) = ((px - ax) * (by - ay), (py - ay) * (bx - ax));
                if if by > ay { left < right } else { left > right } {
                    crossings += 1;
                }
            }
        }
        crossings % 2 == 1
    };
    shape.0.iter().any(part_holds)
}

#[test]
fn an_empty_index_holds_nothing() {
    for index in [CellIndex::<usize>::new([]), CellIndex::new([(1, 0, MultiPolygon::default())])] {
        assert_eq!(index.locate(116.0, 39.0), None);
        assert_eq!(index.nearest(116.0, 39.0, 1e6), None);
        assert_eq!(index.bounds(), None);
        assert!(index.overlaps(0.0, 9).is_empty());
    }
    assert!(CellIndex::<usize>::new([]).is_empty());
    assert_eq!(CellIndex::new([(1, 0, MultiPolygon::default())]).len(), 1);
}

#[test]
fn what_is_no_place_on_earth_is_in_no_cell() {
    let index = CellIndex::new([(1, 0, shape(rectangle(-180.0, -90.0, 180.0, 90.0), vec![]))]);
    assert_eq!(index.locate(0.0, 0.0), Some(&1));
    for (lon, lat) in [(f64::NAN, 0.0), (0.0, f64::INFINITY), (181.0, 0.0), (0.0, -91.0)] {
        assert_eq!(index.locate(lon, lat), None);
        assert_eq!(index.nearest(lon, lat, 1e9), None);
    }
}

#[test]
fn a_cell_nested_in_a_hole_meets_it_without_gap_or_overlap() {
    let lake = rectangle(116.3, 39.3, 116.6, 39.7);
    let land = shape(rectangle(116.0, 39.0, 117.0, 40.0), vec![lake.clone()]);
    let index = CellIndex::new([(1, 0, land), (2, 0, shape(lake, vec![]))]);
    assert_eq!(index.locate(116.1, 39.5), Some(&1));
    assert_eq!(index.locate(116.5, 39.5), Some(&2));
    for (lon, lat) in [(116.3, 39.3), (116.6, 39.7), (116.3, 39.5), (116.6, 39.5), (116.5, 39.3), (116.5, 39.7), (116.3, 39.7)] {
        assert_eq!(all(&index, lon, lat).len(), 1, "({lon}, {lat})");
    }
    assert!(index.overlaps(0.0, 9).is_empty());
}

#[test]
fn an_open_hole_holds_nothing_and_every_part_counts() {
    let parts = MultiPolygon(vec![
        Polygon { outer: rectangle(116.0, 39.0, 116.4, 39.4), holes: vec![rectangle(116.1, 39.1, 116.2, 39.2)] },
        Polygon { outer: rectangle(116.6, 39.6, 116.8, 39.8), holes: vec![] },
    ]);
    let index = CellIndex::new([("a", 0, parts)]);
    assert_eq!(index.locate(116.3, 39.3), Some(&"a"));
    assert_eq!(index.locate(116.7, 39.7), Some(&"a"));
    assert_eq!(index.locate(116.15, 39.15), None);
    assert_eq!(index.locate(116.5, 39.5), None);
}

#[test]
fn overlapping_parts_of_one_cell_are_added_and_named_once() {
    let square = |w: f64| Polygon { outer: rectangle(w, 39.0, w + 0.2, 39.2), holes: vec![] };
    let index = CellIndex::new([(7, 0, MultiPolygon(vec![square(116.0), square(116.1)]))]);
    assert_eq!(all(&index, 116.15, 39.1), [7]);
    assert!(index.overlaps(0.0, 9).is_empty());
}

#[test]
fn a_lower_rank_wins_and_then_a_lower_key() {
    let square = || shape(rectangle(116.0, 39.0, 116.2, 39.2), vec![]);
    let index = CellIndex::new([(1, 5, square()), (9, 1, square()), (8, 1, square()), (3, 5, square())]);
    assert_eq!(index.locate(116.1, 39.1), Some(&8));
    assert_eq!(all(&index, 116.1, 39.1), [8, 9, 1, 3]);
    // Only cells of one rank are a fault.
    let pairs: Vec<_> = index.overlaps(1.0, 9).iter().map(|o| (*o.first, *o.second)).collect();
    assert_eq!(pairs, [(8, 9), (1, 3)]);
    assert_eq!(index.overlaps(1.0, 1).len(), 1);
}

#[test]
fn a_self_crossing_ring_follows_the_even_odd_rule() {
    let bow = ring(&[[116.0, 39.0], [116.2, 39.2], [116.2, 39.0], [116.0, 39.2], [116.0, 39.0]]);
    let index = CellIndex::new([(1, 0, shape(bow, vec![]))]);
    assert_eq!(index.locate(116.05, 39.1), Some(&1));
    assert_eq!(index.locate(116.15, 39.1), Some(&1));
    assert_eq!(index.locate(116.1, 39.15), None);
}

#[test]
fn overlaps_are_measured_and_touching_is_none() {
    let a = shape(rectangle(116.0, 39.0, 116.2, 39.2), vec![]);
    let b = shape(rectangle(116.1, 39.1, 116.3, 39.3), vec![]);
    let beside = shape(rectangle(116.2, 39.0, 116.4, 39.1), vec![]);
    let inside = shape(rectangle(116.25, 39.02, 116.26, 39.03), vec![]);
    let common = shape(rectangle(116.1, 39.1, 116.2, 39.2), vec![]).area_m2();
    let index = CellIndex::new([(1, 0, a), (2, 0, b), (3, 0, beside), (4, 0, inside)]);
    let found = index.overlaps(0.01, 9);
    assert_eq!(found.iter().map(|o| (*o.first, *o.second)).collect::<Vec<_>>(), [(1, 2), (3, 4)]);
    assert!((found[0].area_m2 - common).abs() < 0.01 && found[0].at.lon > 116.1 && found[0].at.lat < 39.2);
    assert_eq!(index.overlaps(common + 1.0, 9).len(), 0);
}

#[test]
fn a_chord_through_shared_corners_is_an_overlap() {
    // No vertex of either lies inside the other, and no two edges cross.
    let square = shape(rectangle(116.0, 39.0, 116.2, 39.2), vec![]);
    let half = shape(ring(&[[116.0, 39.0], [116.2, 39.2], [116.0, 39.2], [116.0, 39.0]]), vec![]);
    let index = CellIndex::new([(1, 0, square), (2, 0, half)]);
    assert_eq!(index.overlaps(1.0, 9).len(), 1);
}

#[test]
fn nearest_reaches_off_the_coverage_but_not_too_far() {
    let index = CellIndex::new([
        (1, 0, shape(rectangle(116.0, 39.0, 116.1, 39.1), vec![])),
        (2, 0, shape(rectangle(116.2, 39.0, 116.3, 39.1), vec![])),
    ]);
    assert_eq!(index.nearest(116.05, 39.05, 10.0), Some((&1, 0.0)));
    let (key, distance) = index.nearest(116.17, 39.05, 5000.0).unwrap();
    assert!(*key == 2 && (distance - 2590.0).abs() < 10.0, "{key} {distance}");
    assert_eq!(index.nearest(116.17, 39.05, 2000.0), None);
    assert_eq!(index.nearest(110.0, 39.05, 2000.0), None);
}

#[test]
fn a_far_stray_and_stacks_of_large_cells_stay_within_memory() {
    let mut cells: Vec<_> = (0..3000).map(|key| (key, 0, shape(rectangle(70.0, 10.0, 130.0, 50.0), vec![]))).collect();
    cells.push((9999, 0, shape(rectangle(-1e-6, -1e-6, 1e-6, 1e-6), vec![])));
    let index = CellIndex::new(cells);
    assert!(index.memory_bytes() < 4 << 20, "{}", index.memory_bytes());
    assert_eq!(all(&index, 100.0, 30.0).len(), 3000);
    assert_eq!(index.locate(0.0, 0.0), Some(&9999));
}

#[test]
fn a_stray_far_off_leaves_the_tiles_fine() {
    let mut rings = shaken_lattice(60, 60, 2, 0.004, 3);
    rings.push(vec![[-0.1, -0.1], [0.1, -0.1], [0.0, 0.1], [-0.1, -0.1]]);
    // Reaches from among the others to far beyond them, filling and crossing outermost tiles.
    rings.push(vec![[116.2, 39.2], [150.0, 39.0], [150.0, 60.0], [116.2, 39.2]]);
    let shapes: Vec<_> = rings.iter().map(|points| shape(ring(points), vec![])).collect();
    let index = index_of(&rings);
    let mut random = SplitMix(9);
    for n in 0..4000 {
        let reach = [0.24, 2.0, 40.0][n % 3];
        let (lon, lat) = (116.0 + random.unit() * reach, 39.0 + random.unit() * reach / 2.0);
        let holders: Vec<_> = (0..rings.len()).filter(|&key| naive_holds(&shapes[key], lon, lat)).collect();
        assert_eq!(all(&index, lon, lat), holders, "({lon}, {lat})");
        let candidates = index.raster.candidates(Vertex::snap(Point::new(lon, lat)).unwrap()).len();
        assert!(candidates < 12 || n % 3 != 0, "{candidates} at ({lon}, {lat})");
    }
    assert_eq!(index.locate(0.0, 0.0), Some(&3600));
}

#[test]
fn a_border_of_many_vertices_gives_the_plain_answer() {
    // A comb: long upright edges that stand in every band.
    let mut points = vec![[116.0, 39.0]];
    for tooth in 0..400 {
        let x = 116.0 + f64::from(tooth) * 0.001;
        points.extend([[x, 39.5], [x + 0.0004, 39.5], [x + 0.0005, 39.01], [x + 0.0009, 39.01]]);
    }
    points.extend([[116.4, 39.0], [116.0, 39.0]]);
    let comb = shape(ring(&points), vec![]);
    let index = CellIndex::new([(1, 0, comb.clone())]);
    let mut random = SplitMix(5);
    for _ in 0..2000 {
        let (lon, lat) = (115.99 + random.unit() * 0.42, 38.99 + random.unit() * 0.52);
        assert_eq!(index.locate(lon, lat).is_some(), naive_holds(&comb, lon, lat), "({lon}, {lat})");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_point_of_a_tessellation_lies_in_exactly_one_cell(
        seed: u64, columns in 1..7_usize, rows in 1..7_usize, per_side in 1..6_usize, step in 1e-6..0.01_f64,
    ) {
        let rings = shaken_lattice(columns, rows, per_side, step, seed);
        let index = index_of(&rings);
        // How many rings an edge belongs to, whichever way it runs: two inside the coverage, one on its rim.
        let snap = |p: [f64; 2]| p.map(|v| (v * 1e7).round() as i64);
        let name = |a, b| (snap(a).min(snap(b)), snap(a).max(snap(b)));
        let mut rings_of_edge = BTreeMap::<_, usize>::new();
        for edge in rings.iter().flat_map(|points| points.windows(2)) {
            *rings_of_edge.entry(name(edge[0], edge[1])).or_default() += 1;
        }
        let rim: BTreeSet<_> = rings_of_edge.iter().filter(|(_, n)| **n == 1).flat_map(|((a, b), _)| [*a, *b]).collect();
        for (key, points) in rings.iter().enumerate() {
            let count = (points.len() - 1) as f64;
            let sum = points[1..].iter().fold([0.0, 0.0], |s, p| [s[0] + p[0], s[1] + p[1]]);
            prop_assert_eq!(all(&index, sum[0] / count, sum[1] / count), [key]);
            for edge in points.windows(2) {
                let (a, b) = (edge[0], edge[1]);
                let owners = all(&index, a[0], a[1]).len();
                prop_assert!(owners == 1 || owners == 0 && rim.contains(&snap(a)));
                let owners = all(&index, f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])).len();
                prop_assert!(owners == 1 || owners == 0 && rings_of_edge[&name(a, b)] == 1);
            }
        }
        prop_assert!(index.overlaps(1e-6, 9).is_empty());
    }

    #[test]
    fn rims_along_parallels_and_meridians_have_one_owner(cuts_x in prop::collection::btree_set(1..400_i32, 1..8), cuts_y in prop::collection::btree_set(1..400_i32, 1..8)) {
        // Rectangles on a lattice of 1e-7 degree itself, asked at every single lattice point.
        let at = |cuts: &BTreeSet<i32>| -> Vec<i32> { std::iter::once(0).chain(cuts.iter().copied()).chain([400]).collect() };
        let (xs, ys) = (at(&cuts_x), at(&cuts_y));
        let degree = |n: i32| f64::from(n) / 1e7;
        let cells = xs.windows(2).flat_map(|x| ys.windows(2).map(move |y| rectangle(degree(x[0]), degree(y[0]), degree(x[1]), degree(y[1]))));
        let index = CellIndex::new(cells.enumerate().map(|(key, outer)| (key, 0, shape(outer, vec![]))));
        for x in (0..400).step_by(3).chain(xs.iter().copied().filter(|&x| x < 400)) {
            for y in (0..400).step_by(7).chain(ys.iter().copied().filter(|&y| y < 400)) {
                prop_assert_eq!(all(&index, degree(x), degree(y)).len(), 1);
            }
        }
    }

    #[test]
    fn any_shape_answers_like_the_naive_test(
        corners in prop::collection::vec((0..60_i32, 0..60_i32), 3..40),
        hole in prop::collection::vec((0..60_i32, 0..60_i32), 3..9),
        probes in prop::collection::vec((-5..65_i32, -5..65_i32), 50),
        coarse in prop_oneof![Just(1.0), Just(1e4), Just(1e7)],
    ) {
        let degree = |n: i32| f64::from(n) * coarse / 1e7;
        let close = |points: &[(i32, i32)]| {
            let mut ring: Ring = points.iter().map(|&(x, y)| Point::new(degree(x), degree(y))).collect();
            ring.push(ring[0]);
            ring
        };
        let cell = shape(close(&corners), vec![close(&hole)]);
        let index = CellIndex::new([(1, 0, cell.clone())]);
        for (x, y) in probes {
            let (lon, lat) = (degree(x), degree(y));
            prop_assert_eq!(index.locate(lon, lat).is_some(), naive_holds(&cell, lon, lat));
            prop_assert_eq!(cell.contains(Point::new(lon, lat)), naive_holds(&cell, lon, lat));
        }
    }

    #[test]
    fn many_shapes_answer_like_the_naive_test(seed: u64, count in 1..60_usize) {
        let mut random = SplitMix(seed);
        let cells: Vec<_> = (0..count).map(|key| {
            let (x, y, size) = (116.0 + random.unit(), 39.0 + random.unit(), random.unit() * 0.3);
            let mut outer: Ring = (0..9).map(|_| Point::new(x + random.unit() * size, y + random.unit() * size)).collect();
            outer.push(outer[0]);
            (key, (key % 3) as u8, shape(outer, vec![]))
        }).collect();
        let index = CellIndex::new(cells.clone());
        for _ in 0..200 {
            let (lon, lat) = (116.0 + random.unit() * 1.3, 39.0 + random.unit() * 1.3);
            let mut expected: Vec<_> = cells.iter().filter(|c| naive_holds(&c.2, lon, lat)).map(|c| (c.1, c.0)).collect();
            expected.sort_unstable();
            let expected: Vec<_> = expected.into_iter().map(|(_, key)| key).collect();
            prop_assert_eq!(index.locate(lon, lat), expected.first());
            prop_assert_eq!(all(&index, lon, lat), expected);
        }
    }
}
