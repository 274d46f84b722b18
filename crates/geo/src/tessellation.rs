//! A made-up coverage for tests and for the bench: a lattice whose corners and sides are shaken, neighbours sharing every vertex.

/// `columns` × `rows` closed rings of 4 × `per_side` vertices in degrees, from (116, 39), `step` degrees wide. Neighbours have their
/// common side vertex by vertex. The same seed gives the same rings.
pub fn shaken_lattice(columns: usize, rows: usize, per_side: usize, step: f64, seed: u64) -> Vec<Vec<[f64; 2]>> {
    let mut random = SplitMix(seed);
    let (across, up) = (columns * per_side, rows * per_side);
    let fine = step / per_side as f64;
    let mut shaken = Vec::with_capacity((across + 1) * (up + 1));
    for j in 0..=up {
        for i in 0..=across {
            // Less than half of the finest distance, so that no side can cross another.
            let (dx, dy) = ((random.unit() - 0.5) * 0.45 * fine, (random.unit() - 0.5) * 0.45 * fine);
            let snap = |v: f64| (v * 1e7).round() / 1e7;
            shaken.push([snap(116.0 + i as f64 * fine + dx), snap(39.0 + j as f64 * fine + dy)]);
        }
    }
    let at = |i: usize, j: usize| shaken[j * (across + 1) + i];
    let mut rings = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (i, j, n) = (column * per_side, row * per_side, per_side);
            let south = (0..n).map(|k| at(i + k, j));
            let east = (0..n).map(|k| at(i + n, j + k));
            let north = (0..n).map(|k| at(i + n - k, j + n));
            let west = (0..n).map(|k| at(i, j + n - k));
            let mut ring: Vec<_> = south.chain(east).chain(north).chain(west).collect();
            ring.push(ring[0]);
            rings.push(ring);
        }
    }
    rings
}

/// Vigna's SplitMix64: tests and benches want numbers that are the same everywhere.
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next number in 0..1.
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
