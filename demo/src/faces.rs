//! Portraits of grid workers: flat drawings that nobody takes for a photograph. A few workers have none, as in life.

use crate::model::Staff;
use crate::rng::Rng;
use image::RgbImage;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Pixels of a drawing, in the proportions of a photograph of one inch.
const SIZE: (u32, u32) = (200, 280);

type Colour = [u8; 3];

const GROUNDS: &[Colour] = &[[214, 228, 236], [228, 226, 214], [222, 232, 220], [236, 224, 218], [224, 220, 234]];
const SKINS: &[Colour] = &[[244, 208, 178], [236, 194, 160], [222, 176, 140], [248, 218, 192]];
const HAIRS: &[Colour] = &[[38, 32, 32], [58, 44, 38], [24, 26, 34], [96, 92, 92]];
const JACKETS: &[Colour] = &[[11, 96, 104], [44, 84, 140], [88, 110, 74], [150, 60, 52]];
const DARK: Colour = [46, 38, 38];
const WHITE: Colour = [252, 252, 250];

/// Of how many workers: the rest of a large district has none, so that it costs no more.
const MOST: usize = 100;

/// Writes a drawing for most full-time workers, named by their staff number.
///
/// # Errors
/// When a file cannot be made or written.
pub fn write(dir: &Path, seed: u64, staff: &[Staff]) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let workers: BTreeSet<&str> =
        staff.iter().filter(|s| s.slot == "full_time" && !s.staff_no.is_empty()).map(|s| s.staff_no.as_str()).collect();
    for (n, staff_no) in workers.into_iter().take(MOST).enumerate() {
        if n % 9 != 8 {
            let face = draw(&mut Rng::new(seed, &format!("face {staff_no}")));
            face.save(dir.join(staff_no).with_extension("png")).map_err(io::Error::other)?;
        }
    }
    Ok(())
}

/// What the parts of a face are drawn on.
struct Sheet(RgbImage);

impl Sheet {
    /// Colours what lies inside: `edge` says how many pixels outside of it a point is, negative inside.
    fn fill(&mut self, colour: Colour, (x0, y0, x1, y1): (f64, f64, f64, f64), edge: impl Fn(f64, f64) -> f64) {
        let end = |v: f64, most: u32| (v.max(0.0) as u32).min(most);
        for y in end(y0 - 1.0, SIZE.1)..end(y1 + 2.0, SIZE.1) {
            for x in end(x0 - 1.0, SIZE.0)..end(x1 + 2.0, SIZE.0) {
                let cover = (0.5 - edge(f64::from(x) + 0.5, f64::from(y) + 0.5)).clamp(0.0, 1.0);
                if cover > 0.0 {
                    let below = &mut self.0.get_pixel_mut(x, y).0;
                    for (under, over) in below.iter_mut().zip(colour) {
                        *under = (f64::from(*under) * (1.0 - cover) + f64::from(over) * cover + 0.5) as u8;
                    }
                }
            }
        }
    }

    fn oval(&mut self, colour: Colour, (cx, cy): (f64, f64), (rx, ry): (f64, f64)) {
        self.fill(colour, (cx - rx, cy - ry, cx + rx, cy + ry), |x, y| oval((x - cx, y - cy), (rx, ry)));
    }

    fn bar(&mut self, colour: Colour, (x0, y0, x1, y1): (f64, f64, f64, f64)) {
        self.fill(colour, (x0, y0, x1, y1), |x, y| (x0 - x).max(x - x1).max(y0 - y).max(y - y1));
    }
}

/// How far outside of an oval around the origin a point is, nearly.
fn oval((x, y): (f64, f64), (rx, ry): (f64, f64)) -> f64 {
    (((x / rx) * (x / rx) + (y / ry) * (y / ry)).sqrt() - 1.0) * rx.min(ry)
}

fn draw(rng: &mut Rng) -> RgbImage {
    let (skin, hair, jacket) = (*rng.pick(SKINS), *rng.pick(HAIRS), *rng.pick(JACKETS));
    let mut sheet = Sheet(RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb(*rng.pick(GROUNDS))));
    let (wide, long) = (rng.range(46.0, 53.0), rng.range(56.0, 63.0));
    let (long_hair, glasses, fringe) = (rng.chance(0.45), rng.chance(0.3), rng.range(88.0, 98.0));
    let slant = rng.range(-0.25, 0.25);
    if long_hair {
        sheet.oval(hair, (100.0, 138.0), (wide + 15.0, 84.0));
    }
    sheet.oval(jacket, (100.0, 306.0), (92.0, 94.0));
    sheet.oval(WHITE, (100.0, 212.0), (30.0, 20.0));
    sheet.bar(skin, (83.0, 160.0, 117.0, 208.0));
    sheet.oval(skin, (100.0, 207.0), (17.0, 13.0));
    for side in [-1.0, 1.0] {
        sheet.oval(skin, (100.0 + side * wide, 130.0), (9.0, 13.0));
    }
    sheet.oval(skin, (100.0, 124.0), (wide, long));
    let crown = (wide + 5.0, long + 5.0);
    sheet
        .fill(hair, (40.0, 50.0, 160.0, 130.0), |x, y| oval((x - 100.0, y - 120.0), crown).max(y - fringe - slant * (x - 100.0)));
    for side in [-1.0, 1.0] {
        let x = 100.0 + side * 20.0;
        sheet.oval(DARK, (x, 128.0), (4.0, 5.0));
        sheet.oval(hair, (x, 114.0), (10.0, 2.2));
        if glasses {
            sheet.fill(DARK, (x - 17.0, 111.0, x + 17.0, 145.0), |px, py| oval((px - x, py - 128.0), (14.5, 14.5)).abs() - 1.3);
        }
    }
    if glasses {
        sheet.bar(DARK, (94.5, 126.0, 105.5, 128.5));
    }
    sheet.fill(DARK, (80.0, 150.0, 120.0, 166.0), |x, y| (oval((x - 100.0, y - 146.0), (18.0, 12.0)).abs() - 1.4).max(151.0 - y));
    // The badge of a grid worker.
    sheet.bar(WHITE, (126.0, 244.0, 160.0, 262.0));
    sheet.bar(jacket, (131.0, 251.0, 155.0, 254.0));
    sheet.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_fixed_by_its_stream_and_others_differ() {
        let face = |name: &str| draw(&mut Rng::new(1, name)).into_raw();
        assert_eq!(face("face 100001"), face("face 100001"));
        let all: BTreeSet<Vec<u8>> = (0..20).map(|n| face(&format!("face {n}"))).collect();
        assert_eq!(all.len(), 20);
    }

    #[test]
    fn most_workers_have_a_drawing_and_others_none() {
        let dir = tempfile::tempdir().unwrap();
        let row = |n: u32, slot: &str| Staff { staff_no: format!("{n}"), slot: slot.into(), ..Staff::default() };
        let staff: Vec<Staff> = (100..120).map(|n| row(n, "full_time")).chain([row(200, "head")]).collect();
        write(dir.path(), 1, &staff).unwrap();
        let names: BTreeSet<_> = dir.path().read_dir().unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(names.len(), 18);
        assert!(names.contains("100.png") && !names.contains("108.png") && !names.contains("200.png"), "{names:?}");
    }
}
