//! Photographs with everything that a camera or an attacker may put into them. All made up here, byte by byte.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod any;
mod leftovers;
mod made_up;

use std::time::{Duration, Instant};

use blob::{
    Key,
    photo::{Limits, Photo, Position, Refusal, clean, clean_trusting},
};
use image::{DynamicImage, ImageFormat, Rgb, Rgba};
use leftovers::leftovers;
use made_up::{Camera, encoded, jpeg_with, picture, png_with, webp_with};

fn cleaned(file: &[u8]) -> Photo {
    clean_trusting(file, &Limits::default()).unwrap()
}

fn assert_only_pixels(photo: &Photo) {
    assert_eq!(leftovers(&photo.jpeg), Vec::<String>::new());
    assert_eq!(leftovers(&photo.thumb), Vec::<String>::new());
    assert_eq!(photo.key, Key::of(&photo.jpeg));
}

#[test]
fn position_time_and_direction_are_read_and_then_gone() {
    let camera = Camera { lat: (30, 40, 12.5, 'N'), lon: (104, 3, 59.25, 'E'), ..Camera::default() };
    let kinds = [jpeg_with as fn(&DynamicImage, &Camera) -> Vec<u8>, png_with, webp_with];
    for (name, make) in ["jpeg", "png", "webp"].into_iter().zip(kinds) {
        let file = make(&picture(120, 80), &camera);
        let before = leftovers(&file);
        assert!(before.iter().any(|tag| tag.contains("EXIF")), "{name} must hold EXIF before: {before:?}");
        assert!(before.len() >= 2, "{name} must hold more than EXIF before: {before:?}");
        let photo = cleaned(&file);
        let Position { lon, lat } = photo.gps.unwrap();
        assert!((lat - (30.0 + 40.0 / 60.0 + 12.5 / 3600.0)).abs() < 1e-9, "{name}: {lat}");
        assert!((lon - (104.0 + 3.0 / 60.0 + 59.25 / 3600.0)).abs() < 1e-9, "{name}: {lon}");
        assert_eq!(photo.taken_at.as_deref(), Some("2025-01-26T08:30:05+08:00"));
        assert_only_pixels(&photo);
    }
}

#[test]
fn the_other_hemispheres_are_negative() {
    let camera = Camera { lat: (33, 0, 0.0, 'S'), lon: (70, 30, 0.0, 'W'), ..Camera::default() };
    let photo = cleaned(&jpeg_with(&picture(8, 8), &camera));
    assert_eq!(photo.gps, Some(Position { lon: -70.5, lat: -33.0 }));
}

#[test]
fn tags_that_make_no_sense_are_absent() {
    let odd = [
        Camera { lat: (0, 0, 0.0, 'N'), lon: (0, 0, 0.0, 'E'), ..Camera::default() },
        Camera { lat: (91, 0, 0.0, 'N'), ..Camera::default() },
        Camera { lon: (181, 0, 0.0, 'E'), ..Camera::default() },
        Camera { lat: (30, 0, 0.0, 'X'), ..Camera::default() },
        Camera { datum: "TOKYO", ..Camera::default() },
    ];
    for camera in odd {
        assert_eq!(cleaned(&jpeg_with(&picture(8, 8), &camera)).gps, None, "{camera:?}");
    }
    for (taken_at, offset, expected) in [
        ("2025:01:26 08:30:05", "", Some("2025-01-26T08:30:05")),
        ("2025:01:26 08:30:05", "<svg/>", Some("2025-01-26T08:30:05")),
        ("2025:02:30 08:30:05", "+08:00", None),
        ("0000:00:00 00:00:00", "+08:00", None),
        ("    :  :     :  :  ", "", None),
        ("<script>alert(1)</s", "", None),
    ] {
        let camera = Camera { taken_at, offset, ..Camera::default() };
        assert_eq!(cleaned(&jpeg_with(&picture(8, 8), &camera)).taken_at.as_deref(), expected, "{taken_at}");
    }
    let plain = cleaned(&encoded(&picture(8, 8), ImageFormat::Jpeg));
    assert_eq!((plain.gps, plain.taken_at), (None, None));
}

/// EXIF 2.32, table 6: where the first stored row and column lie in the upright picture.
#[test]
fn the_picture_stands_upright() {
    for (orientation, x, y) in [(1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 0, 1), (5, 0, 0), (6, 1, 0), (7, 1, 1), (8, 0, 1)] {
        let mut stored = image::RgbImage::from_pixel(96, 64, Rgb([20, 20, 200]));
        for (px, py) in (0..32).flat_map(|px| (0..32).map(move |py| (px, py))) {
            stored.put_pixel(px, py, Rgb([220, 30, 30]));
        }
        let photo = cleaned(&jpeg_with(&stored.into(), &Camera { orientation, ..Camera::default() }));
        assert_eq!((photo.width, photo.height), if orientation >= 5 { (64, 96) } else { (96, 64) }, "{orientation}");
        let upright = image::load_from_memory(&photo.jpeg).unwrap().into_rgb8();
        let corner = upright.get_pixel(8 + x * (photo.width - 16), 8 + y * (photo.height - 16));
        assert!(corner[0] > 150 && corner[2] < 100, "{orientation}: {corner:?}");
    }
}

#[test]
fn large_pictures_shrink_and_small_ones_stay() {
    for (size, kept, thumb) in [
        ((4000, 3000), (1600, 1200), (320, 240)),
        ((1700, 1000), (1600, 941), (320, 188)),
        ((300, 200), (300, 200), (300, 200)),
        ((1, 1), (1, 1), (1, 1)),
        ((5000, 2), (1600, 1), (320, 1)),
    ] {
        let photo = cleaned(&encoded(&picture(size.0, size.1), ImageFormat::Jpeg));
        let thumb_found = image::load_from_memory(&photo.thumb).unwrap();
        let kept_found = image::load_from_memory(&photo.jpeg).unwrap();
        assert_eq!((photo.width, photo.height), kept);
        assert_eq!((kept_found.width(), kept_found.height()), kept);
        assert_eq!((thumb_found.width(), thumb_found.height()), thumb);
    }
}

#[test]
fn what_is_transparent_becomes_white() {
    let glass = image::RgbaImage::from_pixel(40, 40, Rgba([0, 0, 0, 0]));
    let photo = cleaned(&encoded(&glass.into(), ImageFormat::Png));
    let pixel = *image::load_from_memory(&photo.jpeg).unwrap().into_rgb8().get_pixel(20, 20);
    assert_eq!(pixel, Rgb([255, 255, 255]));
}

#[test]
fn every_depth_of_png_is_taken() {
    let base = picture(50, 40);
    for deep in [
        DynamicImage::ImageLuma8(base.to_luma8()),
        DynamicImage::ImageLumaA8(base.to_luma_alpha8()),
        DynamicImage::ImageRgba8(base.to_rgba8()),
        DynamicImage::ImageLuma16(base.to_luma16()),
        DynamicImage::ImageRgb16(base.to_rgb16()),
        DynamicImage::ImageRgba16(base.to_rgba16()),
    ] {
        assert_only_pixels(&cleaned(&encoded(&deep, ImageFormat::Png)));
    }
}

#[test]
fn only_three_formats_are_pictures() {
    let others: [&[u8]; 7] = [
        b"",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"II*\0\x08\0\0\0",
        b"%PDF-1.7",
        b"\x00\x00\x00\x18ftypheic",
    ];
    for file in others {
        assert_eq!(clean(file, &Limits::default()), Err(Refusal::NotAnImage));
    }
    for begin in [&b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"] {
        assert!(matches!(clean(begin, &Limits::default()), Err(Refusal::Damaged(_))));
    }
    let mut too_long = encoded(&picture(8, 8), ImageFormat::Jpeg);
    too_long.resize(Limits::default().bytes + 1, 0);
    assert!(matches!(clean(&too_long, &Limits::default()), Err(Refusal::TooLarge { .. })));
}

/// Files that are small on the wire and huge in memory are refused by their header.
#[test]
fn bombs_are_refused_cheaply() {
    let bombs = [
        ("PNG of 60,000 squared", made_up::png_claiming(&encoded(&picture(8, 8), ImageFormat::Png), 60_000, 60_000)),
        ("PNG longer than any photograph", made_up::png_claiming(&encoded(&picture(8, 8), ImageFormat::Png), 1_000_000, 1)),
        ("JPEG of 65,500 squared", made_up::jpeg_claiming(&encoded(&picture(8, 8), ImageFormat::Jpeg), 65_500, 65_500)),
        ("JPEG of 49 megapixels in 700 bytes", made_up::jpeg_claiming(&encoded(&picture(8, 8), ImageFormat::Jpeg), 7000, 7000)),
        ("WebP of 16,000 squared", made_up::webp_claiming(16_000, 16_000)),
    ];
    for (name, bomb) in bombs {
        let start = Instant::now();
        let refused = clean_trusting(&bomb, &Limits::default());
        assert!(matches!(refused, Err(Refusal::TooManyPixels { .. })), "{name}: {refused:?}");
        assert!(start.elapsed() < Duration::from_millis(200), "{name} took {:?}", start.elapsed());
    }
}

/// Hostile files: whatever the decoders make of them, nothing of the metadata comes through, and nothing panics.
#[test]
fn no_tag_survives_in_hostile_files() {
    let camera = Camera::default();
    let small = picture(96, 64);
    let seeds = [jpeg_with(&small, &camera), png_with(&small, &camera), webp_with(&small, &camera)];
    assert!(seeds.iter().all(|seed| leftovers(seed).len() >= 2));
    let mut chance = made_up::Chance::new(20_250_126);
    let (mut taken, mut tagged) = (0, 0);
    let count = 1200;
    for n in 0..count {
        let file = made_up::mutated(&seeds[n % seeds.len()], &mut chance);
        if let Ok(photo) = clean_trusting(&file, &Limits::default()) {
            assert_only_pixels(&photo);
            taken += 1;
            tagged += usize::from(!leftovers(&file).is_empty());
        }
    }
    // The check means something only when many were taken that did hold tags.
    assert!(taken >= 300 && tagged >= taken / 2, "{taken} of {count} were taken, {tagged} of them with tags");
    println!("{taken} of {count} hostile files were taken, {tagged} of them with tags; none kept one");
}
