//! GeoJSON out, and back from what was written.

use serde_json::{Value, json};

use crate::lattice::Vertex;
use crate::point::Point;
use crate::shape::{MultiPolygon, Polygon, Ring};

/// The shape as a GeoJSON geometry in WGS84: a Polygon when it has one part, else a MultiPolygon, rounded to seven digits.
pub fn to_geojson(shape: &MultiPolygon) -> Value {
    match shape.0.as_slice() {
        [part] => json!({ "type": "Polygon", "coordinates": coordinates(part) }),
        parts => json!({ "type": "MultiPolygon", "coordinates": parts.iter().map(coordinates).collect::<Vec<_>>() }),
    }
}

/// The shape of a geometry that [`to_geojson`] made; `None` for anything else. It believes what it reads: files from outside go through
/// [`crate::read_geojson`].
pub fn from_geojson(geometry: &Value) -> Option<MultiPolygon> {
    let coordinates = geometry.get("coordinates")?;
    match geometry.get("type")?.as_str()? {
        "Polygon" => Some(MultiPolygon(vec![polygon(coordinates)?])),
        "MultiPolygon" => coordinates.as_array()?.iter().map(polygon).collect::<Option<_>>().map(MultiPolygon),
        _ => None,
    }
}

fn coordinates(part: &Polygon) -> Value {
    part.rings().map(|ring| ring.iter().map(|&p| position(p)).collect::<Value>()).collect()
}

fn position(p: Point) -> Value {
    let p = Vertex::snap(p).map_or(p, Vertex::point);
    json!([p.lon, p.lat])
}

fn polygon(rings: &Value) -> Option<Polygon> {
    let mut rings = rings.as_array()?.iter().map(ring);
    Some(Polygon { outer: rings.next()??, holes: rings.collect::<Option<_>>()? })
}

fn ring(positions: &Value) -> Option<Ring> {
    let point = |p: &Value| Some(Point::new(p.get(0)?.as_f64()?, p.get(1)?.as_f64()?)).filter(|p| p.is_on_earth());
    positions.as_array()?.iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Datum, read_geojson};

    #[test]
    fn what_is_written_reads_back_the_same() {
        let ring = |w: f64| [(w, 39.0), (w + 0.1, 39.0), (w + 0.1, 39.1), (w, 39.0)].map(|(x, y)| Point::new(x, y)).to_vec();
        let one = Polygon { outer: ring(116.0), holes: vec![ring(116.012_345_678_9)] };
        for shape in
            [MultiPolygon(vec![one.clone()]), MultiPolygon(vec![one.clone(), Polygon { outer: ring(117.0), holes: vec![] }])]
        {
            let written = to_geojson(&shape);
            let back = from_geojson(&written).unwrap();
            assert_eq!(to_geojson(&back), written);
            assert_eq!(back.0[0].holes[0][0], Point::new(116.012_345_7, 39.0));
            let read = read_geojson(written.to_string().as_bytes(), Datum::Wgs84).unwrap();
            assert_eq!(read.features[0].geometry.0.len(), shape.0.len());
        }
        assert_eq!(to_geojson(&MultiPolygon(vec![one]))["type"], "Polygon");
        assert_eq!(from_geojson(&to_geojson(&MultiPolygon::default())), Some(MultiPolygon::default()));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "null",
            r#"{"type":"Point","coordinates":[1,2]}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[[1]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[1,"2"]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[1,91]]]}"#,
        ] {
            assert_eq!(from_geojson(&serde_json::from_str(text).unwrap()), None, "{text}");
        }
    }
}
