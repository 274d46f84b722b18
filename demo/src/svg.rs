//! A picture of the whole district, so that a seed can be judged at a glance.

use crate::model::{District, Position};
use std::fmt::Write as _;

/// Draws the district as an SVG of about 1,400 pixels width.
pub fn map(district: &District) -> String {
    let all = || district.grids.iter().flat_map(|g| &g.ring).chain(district.water.iter().flat_map(|w| &w.ring));
    let bounds = |i: usize| (all().map(|p| p[i]).min().unwrap_or(0), all().map(|p| p[i]).max().unwrap_or(1));
    let ((west, east), (south, north)) = (bounds(0), bounds(1));
    let scale = 1400.0 / (east - west) as f64;
    // A degree of latitude is longer than one of longitude away from the equator.
    let stretch = 1.19;
    let place = |p: &Position| ((p[0] - west) as f64 * scale, (north - p[1]) as f64 * scale * stretch);
    let path = |points: &[Position]| {
        points.iter().fold(String::new(), |mut text, p| {
            let (x, y) = place(p);
            let _ = write!(text, "{}{x:.1} {y:.1}", if text.is_empty() { 'M' } else { 'L' });
            text
        })
    };
    let height = (north - south) as f64 * scale * stretch;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1400 {height:.0}\" width=\"1400\" height=\"{height:.0}\">\n\
         <rect width=\"1400\" height=\"{height:.0}\" fill=\"#eef0ea\"/>\n"
    );
    let mut draw = |points: &[Position], style: &str| {
        let _ = writeln!(svg, "<path d=\"{}\" {style}/>", path(points));
    };
    for grid in &district.grids {
        let fill = match (grid.subtype.as_str(), grid.area_kind.as_str()) {
            ("hill", _) => "#c9d8b0",
            ("park" | "riverbank" | "river", _) => "#d6e6c3",
            ("industrial_park", _) => "#e6e0ea",
            ("office_building", _) => "#e9e4dc",
            (_, "rural") => "#eef1dc",
            _ => "#f6f4ee",
        };
        draw(&grid.ring, &format!("fill=\"{fill}\""));
    }
    for compound in &district.compounds {
        draw(&compound.ring, "fill=\"#ece7da\"");
    }
    for water in &district.water {
        draw(&water.ring, "fill=\"#a9c9e3\"");
    }
    for road in &district.roads {
        let width = f64::from(road.width) * 0.22;
        draw(&road.line, &format!("fill=\"none\" stroke=\"#cfc8ba\" stroke-width=\"{:.1}\"", width + 1.2));
    }
    for road in &district.roads {
        let colour = if road.class == "arterial" { "#f7d98b" } else { "#ffffff" };
        draw(&road.line, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{:.1}\"", f64::from(road.width) * 0.22));
    }
    // In a large district they would be smaller than a dot.
    for building in district.buildings.iter().filter(|_| district.buildings.len() < 20_000) {
        let fill = match building.kind.as_str() {
            "residential" => "#cbbfa8",
            "factory" => "#b9b2c4",
            _ => "#c98f6b",
        };
        draw(&building.ring, &format!("fill=\"{fill}\""));
    }
    for grid in &district.grids {
        draw(&grid.ring, "fill=\"none\" stroke=\"#4b6a88\" stroke-width=\"0.7\" stroke-dasharray=\"4 3\"");
    }
    svg.push_str("</svg>\n");
    svg
}
