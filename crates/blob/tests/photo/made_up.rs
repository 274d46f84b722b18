//! Pictures and metadata made by hand: EXIF by EXIF 2.32, JPEG by ITU T.81 annex B, PNG by ISO 15948, WebP by RFC 9649.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb};

/// What a camera writes about a picture.
#[derive(Clone, Debug)]
pub struct Camera {
    pub orientation: u16,
    pub taken_at: &'static str,
    pub offset: &'static str,
    pub lat: (u32, u32, f64, char),
    pub lon: (u32, u32, f64, char),
    pub datum: &'static str,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            orientation: 1,
            taken_at: "2025:01:26 08:30:05",
            offset: "+08:00",
            lat: (30, 40, 0.0, 'N'),
            lon: (104, 3, 0.0, 'E'),
            datum: "WGS-84",
        }
    }
}

/// A picture with some structure, so that encoders have something to do.
pub fn picture(width: u32, height: u32) -> DynamicImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 28;
        Rgb([(x % 256) as u8, (y % 256) as u8, (noise * 8) as u8])
    })
    .into()
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A field of a TIFF directory: tag, type (2 text, 3 short, 4 long, 5 fraction), count and bytes.
struct Field(u16, u16, u32, Vec<u8>);

fn text(tag: u16, text: &str) -> Field {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    Field(tag, 2, bytes.len() as u32, bytes)
}

fn angle(tag: u16, (degrees, minutes, seconds, _): (u32, u32, f64, char)) -> Field {
    let fractions = [degrees, 1, minutes, 1, (seconds * 10_000.0).round() as u32, 10_000];
    Field(tag, 5, 3, fractions.iter().flat_map(|n| n.to_le_bytes()).collect())
}

/// A directory that begins at `at`, with the values that do not fit into its fields behind it.
fn directory(at: usize, fields: &[Field]) -> Vec<u8> {
    let mut head = (fields.len() as u16).to_le_bytes().to_vec();
    let values_at = at + 2 + fields.len() * 12 + 4;
    let mut values = Vec::new();
    for Field(tag, kind, count, bytes) in fields {
        head.extend(tag.to_le_bytes());
        head.extend(kind.to_le_bytes());
        head.extend(count.to_le_bytes());
        if bytes.len() <= 4 {
            head.extend(bytes.iter().copied().chain([0; 4]).take(4));
        } else {
            head.extend(((values_at + values.len()) as u32).to_le_bytes());
            values.extend(bytes);
            values.extend((values.len() % 2 == 1).then_some(0));
        }
    }
    head.extend([0; 4]);
    head.extend(values);
    head
}

/// The TIFF structure of EXIF: the first directory points to one with the time and one with the position.
pub fn exif(camera: &Camera) -> Vec<u8> {
    let pointer = |tag, at: usize| Field(tag, 4, 1, (at as u32).to_le_bytes().to_vec());
    let time = |at| directory(at, &[text(0x9003, camera.taken_at), text(0x9011, camera.offset)]);
    let place = |at| {
        directory(
            at,
            &[
                text(1, &camera.lat.3.to_string()),
                angle(2, camera.lat),
                text(3, &camera.lon.3.to_string()),
                angle(4, camera.lon),
                text(0x12, camera.datum),
            ],
        )
    };
    let first = |time_at, place_at| {
        let orientation = Field(0x112, 3, 1, camera.orientation.to_le_bytes().to_vec());
        directory(8, &[text(0x10f, "A maker of cameras"), orientation, pointer(0x8769, time_at), pointer(0x8825, place_at)])
    };
    let time_at = 8 + first(0, 0).len();
    let place_at = time_at + time(0).len();
    [b"II*\0\x08\0\0\0".to_vec(), first(time_at, place_at), time(time_at), place(place_at)].concat()
}

const XMP: &[u8] =
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><exif:GPSLatitude>30,40N</exif:GPSLatitude></rdf:RDF></x:xmpmeta>";

fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[0xff, marker][..], &((body.len() + 2) as u16).to_be_bytes(), &body].concat()
}

/// A JPEG with EXIF, XMP, a colour profile, a comment and something behind its end.
pub fn jpeg_with(picture: &DynamicImage, camera: &Camera) -> Vec<u8> {
    let plain = encoded(picture, ImageFormat::Jpeg);
    [
        &plain[..2],
        &segment(0xe1, &[b"Exif\0\0", &exif(camera)]),
        &segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP]),
        &segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &[0; 128]]),
        &segment(0xfe, &[b"made by a person with a name"]),
        &plain[2..],
        b"a hidden archive",
    ]
    .concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
    })
}

fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&name[..], body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// Where the chunks behind IHDR begin.
const AFTER_HEADER: usize = 8 + 25;

/// A PNG with EXIF and texts.
pub fn png_with(picture: &DynamicImage, camera: &Camera) -> Vec<u8> {
    let plain = encoded(picture, ImageFormat::Png);
    [
        &plain[..AFTER_HEADER],
        &chunk(*b"eXIf", &exif(camera)),
        &chunk(*b"tEXt", b"Author\0a person with a name"),
        &chunk(*b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", XMP].concat()),
        &plain[AFTER_HEADER..],
    ]
    .concat()
}

/// A PNG whose header claims another size, with the right checksum.
pub fn png_claiming(png: &[u8], width: u32, height: u32) -> Vec<u8> {
    let body = [&width.to_be_bytes()[..], &height.to_be_bytes(), &png[24..29]].concat();
    [&png[..8], &chunk(*b"IHDR", &body), &png[AFTER_HEADER..]].concat()
}

/// A JPEG whose frame claims another size.
pub fn jpeg_claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg.to_vec();
    let frame = file.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

fn riff(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let pad: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [&name[..], &(body.len() as u32).to_le_bytes(), body, pad].concat()
}

/// The extended header: flags and a canvas, each edge less one in three bytes.
fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let edges = [&(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat();
    riff(*b"VP8X", &[&[flags, 0, 0, 0][..], &edges].concat())
}

/// A WebP with EXIF and XMP.
pub fn webp_with(picture: &DynamicImage, camera: &Camera) -> Vec<u8> {
    let plain = encoded(picture, ImageFormat::WebP);
    let body = [
        b"WEBP".to_vec(),
        canvas(0b1100, picture.width(), picture.height()),
        plain[12..].to_vec(),
        riff(*b"EXIF", &exif(camera)),
        riff(*b"XMP ", XMP),
    ]
    .concat();
    riff(*b"RIFF", &body)
}

/// A WebP whose header and picture claim a size that a few bytes cannot hold.
pub fn webp_claiming(width: u32, height: u32) -> Vec<u8> {
    let edges = (width - 1) | ((height - 1) << 14);
    let picture = riff(*b"VP8L", &[&[0x2f][..], &edges.to_le_bytes(), &[0; 16]].concat());
    riff(*b"RIFF", &[b"WEBP".to_vec(), picture].concat())
}

/// A small generator of chances (xorshift64*), so that every run tries the same files.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(2_685_821_657_736_338_717) >> 33) as usize % limit.max(1)
    }
}

/// One to eight changes that break lengths, offsets, order and content.
pub fn mutated(seed: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut file = seed.to_vec();
    // Changes in the first part hit headers and metadata; later ones hit pixels.
    for _ in 0..=chance.below(8) {
        let reach = if chance.below(2) == 0 { file.len().min(700) } else { file.len() };
        let at = chance.below(reach);
        match chance.below(7) {
            0 => file[at] ^= 1 << chance.below(8),
            1 => file[at] = [0, 0xff, 0x7f, 0x80][chance.below(4)],
            2 if at + 4 <= file.len() => file[at..at + 4].copy_from_slice(&[0xff; 4]),
            3 => drop(file.drain(at..(at + chance.below(16)).min(file.len()))),
            4 => {
                let piece = seed[at.min(seed.len())..(at + chance.below(64)).min(seed.len())].to_vec();
                let to = chance.below(file.len());
                drop(file.splice(to..to, piece));
            }
            5 if chance.below(4) == 0 => file.truncate(at),
            _ => file[at] = file[at].wrapping_add(1),
        }
        if file.is_empty() {
            file.push(0);
        }
    }
    file
}
