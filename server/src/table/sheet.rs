//! XLSX, judged before it is unpacked.

use std::io::{Cursor, Read, Seek};

use calamine::{DataRef, Reader as _, Xlsx};

use super::{Cells, Fault, Unreadable, child};

/// Files inside the archive (trust T19).
const MOST_ENTRIES: usize = 1_000;
/// Unpacked bytes of the whole archive.
const MOST_BYTES: u64 = 100 * 1024 * 1024;
/// Unpacked bytes for one packed byte, above a size where it matters.
const MOST_RATIO: u64 = 100;
const SMALL: u64 = 1024 * 1024;
/// A cell to the right of this is no table that a person made.
const FARTHEST_COLUMN: u32 = 256;
/// From here on a spreadsheet program keeps only 15 significant digits of a number.
const UNSAFE_INTEGER: f64 = 1e15;

type Rows = (Vec<String>, Box<dyn Iterator<Item = Result<Cells, Fault>> + Send>);

/// The rows of a workbook: read by the limited child when there is one, else here.
pub(super) fn rows(bytes: Vec<u8>) -> Result<Rows, Unreadable> {
    let rows = if let Some(program) = child::program() {
        child::ask(program, bytes)?
    } else {
        let (mut rows, mut left) = (Vec::new(), child::MOST_ANSWER);
        each(bytes, &mut |row| {
            let size = row.as_ref().map_or(0, |(_, cells)| cells.iter().map(String::len).sum::<usize>());
            left = left.checked_sub(size).ok_or_else(child::too_much)?;
            rows.push(row);
            Ok(())
        })?;
        rows
    };
    let mut rows = rows.into_iter();
    match rows.next() {
        Some(Ok((_, header))) => Ok((header, Box::new(rows))),
        _ => Err(Unreadable::new("工作簿是空的", "the workbook is empty")),
    }
}

/// Hands over the rows of the first sheet that has one which is not blank, from that row on.
pub(super) fn each(
    bytes: Vec<u8>,
    row: &mut dyn FnMut(Result<Cells, Fault>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let broken =
        |e: &dyn std::fmt::Display| Unreadable::new(format!("XLSX 文件无法读取：{e}"), format!("cannot read the XLSX file: {e}"));
    judge(&bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    for name in book.sheet_names() {
        let mut header = false;
        let mut refused = Ok(());
        read_sheet(&mut book, &name, &mut |one| {
            header = header || matches!(&one, Ok((_, cells)) if cells.iter().any(|c| !c.trim().is_empty()));
            if header && refused.is_ok() {
                refused = row(one);
            }
            refused.is_ok()
        })
        .map_err(|e| broken(&e))?;
        refused?;
        if header {
            return Ok(());
        }
    }
    Err(Unreadable::new("工作簿是空的", "the workbook is empty"))
}

/// Sums up what the archive says it holds, then unpacks it into nothing to see that it spoke the truth.
fn judge(bytes: &[u8]) -> Result<(), Unreadable> {
    let refuse = |zh: &str, en: &str| Err(Unreadable::new(format!("拒绝打开：{zh}"), format!("refused: {en}")));
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return refuse("不是完整的 XLSX 文件", "not a whole XLSX file");
    };
    if archive.len() > MOST_ENTRIES {
        return refuse("压缩包内文件过多", "too many files in the archive");
    }
    let most = MOST_BYTES.min((bytes.len() as u64).saturating_mul(MOST_RATIO).max(SMALL));
    let mut said = 0_u64;
    for n in 0..archive.len() {
        said = said.saturating_add(archive.by_index_raw(n).map_or(u64::MAX, |e| e.size()));
    }
    if said > most {
        return refuse("解压后过大", "it would unpack to too much");
    }
    let mut left = most;
    for n in 0..archive.len() {
        let Ok(entry) = archive.by_index(n) else {
            return refuse("压缩包已损坏或有密码", "the archive is broken or has a password");
        };
        let Ok(size) = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()) else {
            return refuse("压缩包已损坏", "the archive is broken");
        };
        if size > left {
            return refuse("解压后过大", "it would unpack to too much");
        }
        left -= size;
    }
    Ok(())
}

/// Hands over row after row until the receiver has enough.
fn read_sheet<R: Read + Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    each: &mut dyn FnMut(Result<Cells, Fault>) -> bool,
) -> Result<(), calamine::XlsxError> {
    let mut open: Option<Result<Cells, Fault>> = None;
    let mut reader = book.worksheet_cells_reader(name)?;
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        let number = row as usize + 1;
        let begun = match &open {
            Some(Ok((n, _))) => *n == number,
            Some(Err(fault)) => fault.row == number,
            None => false,
        };
        if !begun && open.replace(Ok((number, Vec::new()))).is_some_and(|done| !each(done)) {
            return Ok(());
        }
        let words = if column < FARTHEST_COLUMN {
            match text(cell.get_value()) {
                Ok(value) => {
                    put(&mut open, column as usize, value);
                    continue;
                }
                Err(words) => words,
            }
        } else {
            ("表格过宽，右边很远处有内容", "there is something far to the right of the table")
        };
        // The fault takes the row's place, so that a row with an unreadable cell is not taken for a good one.
        open = Some(Err(Fault {
            row: number,
            column: column_letters(column),
            value: String::new(),
            zh: words.0.into(),
            en: words.1.into(),
        }));
    }
    if let Some(last) = open {
        each(last);
    }
    Ok(())
}

fn put(open: &mut Option<Result<Cells, Fault>>, column: usize, value: String) {
    let Some(Ok((_, cells))) = open else { return };
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = value;
}

fn text(value: &DataRef<'_>) -> Result<String, (&'static str, &'static str)> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(x) if x.fract() == 0.0 && x.abs() < UNSAFE_INTEGER => format!("{x:.0}"),
        DataRef::Float(x) if x.fract() == 0.0 => {
            return Err((
                "数字超过 15 位，表格软件已丢失末位；请把单元格设为文本后重新填写",
                "a number of more than 15 digits has lost its last ones; make the cell a text",
            ));
        }
        DataRef::Float(x) => x.to_string(),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
            match (at.as_f64() < 1.0, hour, minute) {
                (true, ..) => format!("{hour:02}:{minute:02}"),
                (false, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        DataRef::Error(_) => return Err(("公式出错", "a formula ends in an error")),
    })
}

fn column_letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (column % 26) as u8);
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    letters.iter().rev().map(|b| *b as char).collect()
}
