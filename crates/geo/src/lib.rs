//! Datums, point-in-polygon index, GeoJSON reading
