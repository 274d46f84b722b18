//! The polygons of an index, flat in memory, each with its edges sorted into bands of latitude.

use crate::lattice::{Vertex, ray_crosses};
use crate::point::{Point, distance_to_segment_m};
use crate::shape::{Polygon, snap_ring};

/// A band should hold about this many edges: few enough to test them all, many enough to be worth the look-up.
const EDGES_PER_BAND: usize = 16;
/// An edge that spans many bands stands in each of them; bands are made taller until a part has at most this many entries per edge.
const MOST_COPIES: usize = 3;

/// An edge, lower end first. Horizontal edges never count by the half-open rule and are left out.
#[derive(Clone, Copy, Debug)]
struct Edge {
    low: Vertex,
    high: Vertex,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    cell: u32,
    /// Where the part's bands start in `band_starts`; band i holds the edges `band_starts[i]..band_starts[i + 1]`.
    first_band: u32,
    bands: u32,
    first_ring: u32,
    rings: u32,
    min: Vertex,
    max: Vertex,
}

/// All parts of all cells, in the order of their cells.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    list: Vec<Part>,
    band_starts: Vec<u32>,
    edges: Vec<Edge>,
    ring_starts: Vec<u32>,
    vertices: Vec<Vertex>,
}

impl Parts {
    /// Adds a polygon; one without an outer ring of an area is left out.
    pub fn push(&mut self, cell: u32, polygon: &Polygon) {
        let first_ring = self.ring_starts.len() as u32;
        let first_vertex = self.vertices.len();
        for ring in polygon.rings() {
            self.ring_starts.push(self.vertices.len() as u32);
            self.vertices.extend(snap_ring(ring));
        }
        let vertices = &self.vertices[first_vertex..];
        let Some((min, max)) = box_around(vertices) else {
            self.ring_starts.truncate(first_ring as usize);
            return;
        };
        let rings = self.ring_starts.len() as u32 - first_ring;
        self.list.push(Part { cell, first_band: self.band_starts.len() as u32, bands: 1, first_ring, rings, min, max });
        let part = self.list.len() as u32 - 1;
        let edges: Vec<Edge> = self.segments(part).filter_map(upward).collect();
        self.add_bands(part, &edges);
    }

    fn add_bands(&mut self, part: u32, edges: &[Edge]) {
        let Part { min, max, .. } = self.list[part as usize];
        let mut bands = (edges.len() / EDGES_PER_BAND).max(1) as u32;
        let copies = |bands: u32| -> usize {
            edges.iter().map(|e| (band(e.high.y - 1, min, max, bands) - band(e.low.y, min, max, bands)) as usize + 1).sum()
        };
        while bands > 1 && copies(bands) > MOST_COPIES * edges.len() {
            bands /= 2;
        }
        let mut filled = vec![Vec::new(); bands as usize];
        for &edge in edges {
            for at in band(edge.low.y, min, max, bands)..=band(edge.high.y - 1, min, max, bands) {
                filled[at as usize].push(edge);
            }
        }
        for edges in filled {
            self.band_starts.push(self.edges.len() as u32);
            self.edges.extend(edges);
        }
        // The end of the last band.
        self.band_starts.push(self.edges.len() as u32);
        self.list[part as usize].bands = bands;
    }

    pub fn shrink_to_fit(&mut self) {
        self.list.shrink_to_fit();
        self.band_starts.shrink_to_fit();
        self.edges.shrink_to_fit();
        self.ring_starts.shrink_to_fit();
        self.vertices.shrink_to_fit();
    }

    /// Whether the part holds the point by the half-open even-odd rule.
    pub fn holds(&self, part: u32, p: Vertex) -> bool {
        let Part { min, max, bands, first_band, .. } = self.list[part as usize];
        if p.x < min.x || p.x > max.x || p.y < min.y || p.y >= max.y {
            return false;
        }
        let at = (first_band + if bands == 1 { 0 } else { band(p.y, min, max, bands) }) as usize;
        let edges = &self.edges[self.band_starts[at] as usize..self.band_starts[at + 1] as usize];
        edges.iter().fold(false, |inside, e| inside ^ ray_crosses(e.low, e.high, p))
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn cell(&self, part: u32) -> u32 {
        self.list[part as usize].cell
    }

    pub fn box_of(&self, part: u32) -> (Vertex, Vertex) {
        let Part { min, max, .. } = self.list[part as usize];
        (min, max)
    }

    /// The box around all parts.
    pub fn bounds(&self) -> Option<(Vertex, Vertex)> {
        self.list
            .iter()
            .map(|part| (part.min, part.max))
            .reduce(|(a, b), (c, d)| (Vertex { x: a.x.min(c.x), y: a.y.min(c.y) }, Vertex { x: b.x.max(d.x), y: b.y.max(d.y) }))
    }

    /// The part's closed rings, the outer one first.
    pub fn rings(&self, part: u32) -> impl Iterator<Item = &[Vertex]> {
        let Part { first_ring, rings, .. } = self.list[part as usize];
        (first_ring as usize..(first_ring + rings) as usize).map(|ring| {
            let end = self.ring_starts.get(ring + 1).map_or(self.vertices.len(), |&end| end as usize);
            &self.vertices[self.ring_starts[ring] as usize..end]
        })
    }

    /// Every side of every ring, horizontal ones too.
    pub fn segments(&self, part: u32) -> impl Iterator<Item = (Vertex, Vertex)> {
        self.rings(part).flat_map(|ring| ring.windows(2).map(|edge| (edge[0], edge[1])))
    }

    pub fn boundary_distance_m(&self, part: u32, p: Point) -> f64 {
        self.segments(part).map(|(a, b)| distance_to_segment_m(p, a.point(), b.point())).fold(f64::INFINITY, f64::min)
    }

    pub fn memory_bytes(&self) -> usize {
        self.list.capacity() * size_of::<Part>()
            + (self.band_starts.capacity() + self.ring_starts.capacity()) * size_of::<u32>()
            + self.edges.capacity() * size_of::<Edge>()
            + self.vertices.capacity() * size_of::<Vertex>()
    }
}

fn upward((a, b): (Vertex, Vertex)) -> Option<Edge> {
    match a.y.cmp(&b.y) {
        std::cmp::Ordering::Less => Some(Edge { low: a, high: b }),
        std::cmp::Ordering::Greater => Some(Edge { low: b, high: a }),
        std::cmp::Ordering::Equal => None,
    }
}

/// The band that the latitude `y` falls into when `bands` equal bands cover the box from bottom to top.
fn band(y: i32, min: Vertex, max: Vertex, bands: u32) -> u32 {
    let (above, height) = (i64::from(y) - i64::from(min.y), i64::from(max.y) - i64::from(min.y) + 1);
    (above * i64::from(bands) / height) as u32
}

fn box_around(vertices: &[Vertex]) -> Option<(Vertex, Vertex)> {
    let (xs, ys) = (vertices.iter().map(|v| v.x), vertices.iter().map(|v| v.y));
    let min = Vertex { x: xs.clone().min()?, y: ys.clone().min()? };
    let max = Vertex { x: xs.max()?, y: ys.max()? };
    (min.x < max.x && min.y < max.y).then_some((min, max))
}
