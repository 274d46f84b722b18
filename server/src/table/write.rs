//! Tables that people take away: CSV and XLSX of the same rows.
//!
//! No cell is ever a formula: XLSX cells are written as text, and in CSV what begins like a formula gets a quote in front, which the
//! import takes off again.

use kernel::{Error, Result};
use rust_xlsxwriter::{Format, Workbook};

/// The rows as CSV in UTF-8 with the mark that spreadsheet programs need to see that.
///
/// # Errors
/// `Internal` when the writer fails.
pub fn csv<'a>(header: impl IntoIterator<Item = &'a str>, rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(header).map_err(Error::internal)?;
    for row in rows {
        writer.write_record(row.into_iter().map(harmless)).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

/// The same as XLSX, with the header and the first `frozen` columns standing still.
///
/// # Errors
/// `Internal` when the writer fails, which it does beyond a sheet's million rows.
pub fn xlsx<'a>(
    header: impl IntoIterator<Item = &'a str>,
    frozen: u16,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Vec<u8>> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    let write = |e: rust_xlsxwriter::XlsxError| Error::internal(e);
    for (column, name) in header.into_iter().enumerate() {
        sheet.write_string_with_format(0, column as u16, name, &bold).map_err(write)?;
    }
    for (row, cells) in rows.into_iter().enumerate() {
        for (column, text) in cells.into_iter().enumerate() {
            sheet.write_string(row as u32 + 1, column as u16, text).map_err(write)?;
        }
    }
    sheet.set_freeze_panes(1, frozen).map_err(write)?;
    book.save_to_buffer().map_err(write)
}

fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
