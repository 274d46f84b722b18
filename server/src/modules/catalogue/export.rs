//! The catalogue as a table that people open in a spreadsheet program and that the import reads back.
//!
//! No cell is ever a formula: XLSX cells are written as text, and in CSV what begins like a formula gets a quote in front, which the
//! import takes off again.

use kernel::{Error, Result};
use rust_xlsxwriter::{Format, Workbook};

use super::{Catalogue, Matter, columns::COLUMNS};

/// Every matter that holds now, as CSV in UTF-8 with the mark that spreadsheet programs need to see that.
pub fn csv(catalogue: &Catalogue) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(header()).map_err(Error::internal)?;
    for matter in catalogue.all() {
        writer.write_record(cells(catalogue, matter)?.map(harmless)).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

/// The same as XLSX.
pub fn xlsx(catalogue: &Catalogue) -> Result<Vec<u8>> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    let write = |e: rust_xlsxwriter::XlsxError| Error::internal(e);
    for (column, name) in header().enumerate() {
        sheet.write_string_with_format(0, column as u16, name, &bold).map_err(write)?;
    }
    for (row, matter) in catalogue.all().iter().enumerate() {
        for (column, text) in cells(catalogue, matter)?.enumerate() {
            sheet.write_string(row as u32 + 1, column as u16, text).map_err(write)?;
        }
    }
    sheet.set_freeze_panes(1, 3).map_err(write)?;
    book.save_to_buffer().map_err(write)
}

/// Every column but the unit: each limit is written with its own.
fn header() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().filter(|(name, _)| *name != "limit_unit").map(|(name, headers)| headers.first().copied().unwrap_or(name))
}

fn cells(catalogue: &Catalogue, m: &Matter) -> Result<impl Iterator<Item = String>> {
    let limit = |l: Option<super::Limit>| l.map(super::Limit::chinese).unwrap_or_default();
    let stages: Vec<String> = m.stages.iter().map(|s| format!("{}:{}", s.name, s.limit.chinese())).collect();
    let form = m.form.and_then(|f| catalogue.form(f));
    let fields = form.map(|f| serde_json::to_string(&f.fields)).transpose().map_err(Error::internal)?.unwrap_or_default();
    let cells = [
        m.level1.clone(),
        m.level2.clone(),
        m.level3.clone(),
        m.level1_en.clone(),
        m.level2_en.clone(),
        m.level3_en.clone(),
        m.class.chinese().to_owned(),
        m.lead.clone(),
        m.helpers.join("、"),
        m.urgency.chinese().to_owned(),
        limit(m.accept),
        limit(m.handle),
        stages.join(";"),
        m.filing_condition.clone(),
        m.handling_condition.clone(),
        m.closing_condition.clone(),
        m.evidence.clone(),
        m.public_name.clone(),
        m.verify.to_string(),
        if m.publishable { "是" } else { "否" }.to_owned(),
        fields,
    ];
    Ok(cells.into_iter())
}

fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
