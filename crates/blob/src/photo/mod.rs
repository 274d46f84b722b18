//! Photographs made safe: decoded, turned upright, made smaller and encoded anew, so that nothing but pixels is left.

mod tags;

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use kernel::{Error, codes};

use crate::Key;

codes! {
    /// The file has more bytes than a photograph may have.
    PHOTO_TOO_LARGE = "photo-too-large";
    /// The picture has more pixels, or a longer edge, than a photograph may have.
    PHOTO_TOO_MANY_PIXELS = "photo-too-many-pixels";
    /// The file is not a JPEG, PNG or WebP picture.
    NOT_A_PHOTO = "not-a-photo";
    /// The file begins like a picture and cannot be decoded.
    PHOTO_DAMAGED = "photo-damaged";
}

/// A picture above this size is suspicious when it also packs too much.
const SMALL_PIXELS: u64 = 1 << 20;
/// Pixels in a byte of a file. Photographs stay below 100 even in poor quality; only a made-up file that unfolds holds more.
const PACKED: u64 = 200;
/// JPEG's quality of what is kept: no visible loss on a phone at about 0.2 bytes a pixel.
const QUALITY: u8 = 82;

/// What is taken, and how large what is made of it may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Pixels of the picture.
    pub pixels: u64,
    /// Pixels along either edge of the picture.
    pub edge: u32,
    /// Pixels along the longer edge of what is kept.
    pub kept_edge: u32,
    /// Pixels along the longer edge of the thumbnail.
    pub thumb_edge: u32,
}

impl Default for Limits {
    /// 15 MiB, 50 megapixels, edges of 20,000; kept at 1,600, thumbnails of 320.
    fn default() -> Self {
        Self { bytes: 15 << 20, pixels: 50_000_000, edge: 20_000, kept_edge: 1600, thumb_edge: 320 }
    }
}

/// A photograph without metadata, and what was read before it went.
#[derive(Clone, PartialEq)]
pub struct Photo {
    /// The picture as JPEG: upright, pixels only.
    pub jpeg: Vec<u8>,
    /// The thumbnail as JPEG.
    pub thumb: Vec<u8>,
    /// Pixels across of `jpeg`.
    pub width: u32,
    /// Pixels down of `jpeg`.
    pub height: u32,
    /// SHA-256 of `jpeg`, under which a store will keep it.
    pub key: Key,
    /// Where it was taken, as the camera says.
    pub gps: Option<Position>,
    /// When it was taken, as the camera says: `2025-01-26T08:30:00`, with the offset (`+08:00`) when the camera gave one.
    pub taken_at: Option<String>,
}

impl std::fmt::Debug for Photo {
    /// Neither pixels nor position: they must not get into a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Photo")
            .field("key", &self.key)
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// A position in WGS 84 degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// East of Greenwich, −180 to 180.
    pub lon: f64,
    /// North of the equator, −90 to 90.
    pub lat: f64,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than the limit.
    #[error("{bytes} bytes are above the limit of {limit}")]
    TooLarge {
        /// Bytes of the file.
        bytes: usize,
        /// Bytes that are taken.
        limit: usize,
    },
    /// More pixels than a limit, or more than a photograph packs into so few bytes.
    #[error("{width} x {height} pixels are too many")]
    TooManyPixels {
        /// Pixels across that the file claims.
        width: u32,
        /// Pixels down that the file claims.
        height: u32,
    },
    /// Not JPEG, PNG or WebP by content.
    #[error("not a JPEG, PNG or WebP picture")]
    NotAnImage,
    /// It cannot be decoded, or not be encoded anew.
    #[error("damaged: {0}")]
    Damaged(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLarge { limit, .. } => Self::refused_with(PHOTO_TOO_LARGE, "limit", limit),
            Refusal::TooManyPixels { .. } => Self::refused(PHOTO_TOO_MANY_PIXELS),
            Refusal::NotAnImage => Self::refused(NOT_A_PHOTO),
            Refusal::Damaged(_) => Self::refused(PHOTO_DAMAGED),
        }
    }
}

/// Makes an uploaded file safe. Takes up to about a second of CPU time at the limits: never call it inside a transaction, nor on a
/// thread that serves others.
pub fn clean(file: &[u8], limits: &Limits) -> Result<Photo, Refusal> {
    // The decoders are the work of others and the bytes are a stranger's; a panic in them is a refusal, not the end of a worker.
    catch_unwind(AssertUnwindSafe(|| clean_trusting(file, limits)))
        .unwrap_or_else(|_| Err(Refusal::Damaged("the decoder gave up".to_owned())))
}

/// [`clean`] without the net under the decoders: tests use it to see a panic where it happens.
#[doc(hidden)]
pub fn clean_trusting(file: &[u8], limits: &Limits) -> Result<Photo, Refusal> {
    if file.len() > limits.bytes {
        return Err(Refusal::TooLarge { bytes: file.len(), limit: limits.bytes });
    }
    let format = image::guess_format(file).ok().filter(|f| matches!(f, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP));
    let format = format.ok_or(Refusal::NotAnImage)?;
    let picture = decode(file, format, limits)?;
    let tags = tags::read(file);
    let mut picture = shrink(picture, limits.kept_edge);
    picture.apply_orientation(tags.orientation);
    let picture = on_white(picture);
    let thumb = on_white(shrink(DynamicImage::ImageRgb8(picture.clone()), limits.thumb_edge));
    let jpeg = encode(&picture)?;
    Ok(Photo {
        thumb: encode(&thumb)?,
        width: picture.width(),
        height: picture.height(),
        key: Key::of(&jpeg),
        jpeg,
        gps: tags.gps,
        taken_at: tags.taken_at,
    })
}

fn decode(file: &[u8], format: ImageFormat, limits: &Limits) -> Result<DynamicImage, Refusal> {
    let damaged = |e: ImageError| Refusal::Damaged(e.to_string());
    let mut allowed = image::Limits::default();
    // 16-bit RGBA is the widest that a picture of the allowed size may be, plus as much for the decoder itself.
    allowed.max_alloc = Some(limits.pixels.saturating_mul(12).max(1 << 24));
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(allowed);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let unfolds = pixels > SMALL_PIXELS && pixels / PACKED > file.len() as u64;
    if width.max(height) > limits.edge || pixels > limits.pixels || unfolds {
        return Err(Refusal::TooManyPixels { width, height });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err(Refusal::Damaged("no pixels".to_owned()));
    }
    Ok(picture)
}

/// Makes the longer edge at most `edge`. A much larger picture is averaged: there it looks the same as a filter, in a third of the time
/// and without a copy in floating point.
fn shrink(picture: DynamicImage, edge: u32) -> DynamicImage {
    let longer = picture.width().max(picture.height());
    if longer <= edge {
        picture
    } else if longer >= edge.saturating_mul(2) {
        picture.thumbnail(edge, edge)
    } else {
        picture.resize(edge, edge, FilterType::CatmullRom)
    }
}

/// JPEG knows no transparency: what is transparent becomes white paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0.map(u32::from);
        image::Rgb([r, g, b].map(|c| ((c * a + 255 * (255 - a)) / 255) as u8))
    })
}

fn encode(picture: &RgbImage) -> Result<Vec<u8>, Refusal> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(picture).map_err(|e| Refusal::Damaged(e.to_string()))?;
    Ok(jpeg)
}
