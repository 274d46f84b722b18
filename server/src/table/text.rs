//! CSV in the encodings and with the separators that are met.

use std::{io::Cursor, sync::Arc};

use super::{Cells, Fault, Unreadable};

type Rows = (Vec<String>, Box<dyn Iterator<Item = Result<Cells, Fault>> + Send>);

pub(super) fn rows(bytes: Vec<u8>) -> Result<Rows, Unreadable> {
    let text = decode(bytes)?;
    let delimiter = separator(&text);
    let text: Arc<[u8]> = text.into_bytes().into();
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(Cursor::new(Arc::clone(&text)));
    let header =
        reader.headers().map_err(|e| Unreadable::new(format!("无法读取表头：{e}"), format!("cannot read the header: {e}")))?;
    let header: Vec<String> = header.iter().map(str::to_owned).collect();
    let rows = reader.into_records().map(move |record| match record {
        Ok(record) => {
            // The position is where the row before ended, so blank lines in between are counted here.
            let blank = |p: &csv::Position| {
                text[p.byte() as usize..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count()
            };
            let number = record.position().map_or(0, |p| p.line() as usize + blank(p));
            Ok((number, record.iter().map(plain).collect()))
        }
        Err(e) => {
            let row = e.position().map_or(0, |p| p.line() as usize);
            let (zh, en) = (format!("这一行无法读取：{e}"), format!("this row cannot be read: {e}"));
            Err(Fault { row, column: String::new(), value: String::new(), zh, en })
        }
    });
    Ok((header, Box::new(rows)))
}

/// Some programs keep leading zeros by writing `="001"`: the text between the quotes is meant, and nothing is ever evaluated.
fn plain(cell: &str) -> String {
    cell.strip_prefix("=\"").and_then(|c| c.strip_suffix('"')).unwrap_or(cell).to_owned()
}

/// UTF-8 when it is valid UTF-8, UTF-16 when a mark says so, else GB 18030, of which GBK and GB 2312 are parts.
fn decode(bytes: Vec<u8>) -> Result<String, Unreadable> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(&bytes) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if bad { Err(bad_text(encoding.name())) } else { Ok(text.into_owned()) };
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(not) => {
            let (text, bad) = encoding_rs::GB18030.decode_without_bom_handling(not.as_bytes());
            if bad { Err(bad_text("UTF-8, GB18030")) } else { Ok(text.into_owned()) }
        }
    }
}

fn bad_text(tried: &str) -> Unreadable {
    Unreadable::new(
        format!("文字编码无法识别（试过 {tried}），请另存为 UTF-8 CSV"),
        format!("unknown text encoding (tried {tried}); save it as UTF-8 CSV"),
    )
}

/// The separator that the header line has most of.
fn separator(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |c: u8| line.bytes().filter(|b| *b == c).count();
    // The comma comes last because of equal counts the last is taken.
    [b'\t', b';', b','].into_iter().max_by_key(|c| count(*c)).unwrap_or(b',')
}
