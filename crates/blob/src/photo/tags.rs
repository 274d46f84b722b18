//! What is worth keeping of EXIF: position, time and which way is up. A tag that makes no sense is as good as absent.

use std::io::Cursor;

use exif::{Exif, In, Rational, Tag, Value};
use image::metadata::Orientation;

use super::Position;

pub(super) struct Tags {
    pub(super) gps: Option<Position>,
    pub(super) taken_at: Option<String>,
    pub(super) orientation: Orientation,
}

pub(super) fn read(file: &[u8]) -> Tags {
    let exif = exif::Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(file))
        .or_else(|e| e.distill_partial_result(|_| {}))
        .ok();
    Tags {
        gps: exif.as_ref().and_then(position),
        taken_at: exif.as_ref().and_then(taken_at),
        orientation: exif.as_ref().and_then(orientation).unwrap_or(Orientation::NoTransforms),
    }
}

fn orientation(exif: &Exif) -> Option<Orientation> {
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}

/// EXIF 2.32, 4.6.6: degrees, minutes and seconds as fractions, with the hemisphere beside them.
fn position(exif: &Exif) -> Option<Position> {
    // A datum that is named and is not WGS 84 is not guessed at.
    if text(exif, Tag::GPSMapDatum).is_some_and(|datum| !datum.is_empty() && !datum.to_ascii_uppercase().contains("WGS")) {
        return None;
    }
    let lat = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, ["N", "S"])?;
    let lon = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, ["E", "W"])?;
    // Cameras without a fix write zeros.
    let somewhere = lat.abs() <= 90.0 && lon.abs() <= 180.0 && (lat != 0.0 || lon != 0.0);
    somewhere.then_some(Position { lon, lat })
}

fn degrees(exif: &Exif, value: Tag, hemisphere: Tag, signs: [&str; 2]) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(value, In::PRIMARY)?.value else { return None };
    let part = |r: &Rational| (r.denom != 0).then(|| f64::from(r.num) / f64::from(r.denom));
    let mut size = part(parts.first()?)?;
    for (part_of, r) in [60.0, 3600.0].into_iter().zip(&parts[1..]) {
        // Seconds that are not given are sometimes written as 0/0.
        size += part(r).unwrap_or(0.0) / part_of;
    }
    match text(exif, hemisphere)? {
        sign if sign == signs[0] => Some(size),
        sign if sign == signs[1] => Some(-size),
        _ => None,
    }
}

/// When the shutter opened, or else when the file was made, as an ISO text that exists in the calendar.
fn taken_at(exif: &Exif) -> Option<String> {
    let tags = [(Tag::DateTimeOriginal, Tag::OffsetTimeOriginal), (Tag::DateTime, Tag::OffsetTime)];
    tags.into_iter().find_map(|(time, offset)| {
        let at = exif::DateTime::from_ascii(text(exif, time)?.as_bytes()).ok()?;
        let number = |n: u8| i8::try_from(n).ok();
        let wall = jiff::civil::DateTime::new(
            i16::try_from(at.year).ok().filter(|year| *year >= 1)?,
            number(at.month)?,
            number(at.day)?,
            number(at.hour)?,
            number(at.minute)?,
            number(at.second)?,
            0,
        )
        .ok()?;
        Some(format!("{wall}{}", text(exif, offset).filter(|o| is_offset(o)).unwrap_or_default()))
    })
}

/// `+08:00` or `-03:30`.
fn is_offset(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| text.get(range).and_then(|d| d.parse::<u8>().ok());
    let shape = text.len() == 6 && text.starts_with(['+', '-']) && text.as_bytes()[3] == b':';
    shape && text.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b':') && digits(1..3) <= Some(14) && digits(4..6) <= Some(59)
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    Some(String::from_utf8(lines.first()?.clone()).ok()?.trim_end().to_owned())
}
