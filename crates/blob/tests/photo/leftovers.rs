//! Reads a file's segments or chunks, apart from any decoder, and names everything that is not needed to show the pixels.

/// What a file holds beside pixels. Bytes that cannot be followed are named too.
pub fn leftovers(file: &[u8]) -> Vec<String> {
    let found = match file {
        [0xff, 0xd8, ..] => jpeg(file),
        [0x89, b'P', b'N', b'G', ..] => png(file),
        [b'R', b'I', b'F', b'F', ..] => webp(file),
        _ => None,
    };
    found.unwrap_or_else(|| vec!["unreadable".to_owned()])
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |n, byte| (n << 8) | usize::from(*byte))
}

fn jpeg(file: &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        let [0xff, marker] = *file.get(at..at + 2)? else { return None };
        if marker == 0xd9 {
            if at + 2 < file.len() {
                found.push("bytes after the end".to_owned());
            }
            return Some(found);
        }
        let length = number(file.get(at + 2..at + 4)?);
        let body = file.get(at + 4..at + 2 + length)?;
        match marker {
            // JFIF without a thumbnail has 14 bytes; tables, frame and restart interval.
            0xe0 if body.starts_with(b"JFIF\0") && body.len() == 14 => {}
            0xdb | 0xc4 | 0xc0..=0xc2 | 0xda | 0xdd => {}
            0xe1 if body.starts_with(b"Exif") => found.push("EXIF".to_owned()),
            0xe1 => found.push("XMP".to_owned()),
            0xfe => found.push("comment".to_owned()),
            other => found.push(format!("segment {other:02x}")),
        }
        at += 2 + length;
        if marker == 0xda {
            // The coded pixels: ff is followed by 00 or a restart marker until the next segment.
            while !matches!(file.get(at..at + 2)?, [0xff, m] if *m != 0 && !(0xd0..=0xd7).contains(m)) {
                at += 1;
            }
        }
    }
}

fn png(file: &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < file.len() {
        let length = number(file.get(at..at + 4)?);
        match file.get(at + 4..at + 8)? {
            b"IHDR" | b"IDAT" | b"IEND" | b"PLTE" | b"tRNS" => {}
            b"eXIf" => found.push("EXIF".to_owned()),
            other => found.push(String::from_utf8_lossy(other).into_owned()),
        }
        at += 12 + length;
    }
    Some(found)
}

fn webp(file: &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 12;
    while at < file.len() {
        let mut length = file.get(at + 4..at + 8)?.to_vec();
        length.reverse();
        match file.get(at..at + 4)? {
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" => {}
            other => found.push(String::from_utf8_lossy(other).into_owned()),
        }
        let length = number(&length);
        at += 8 + length + length % 2;
    }
    Some(found)
}
