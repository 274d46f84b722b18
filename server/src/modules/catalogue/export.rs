//! The catalogue as a table that people open in a spreadsheet program and that the import reads back.

use kernel::{Error, Result};

use super::{Catalogue, Matter, columns::COLUMNS};
use crate::table::write::{Format, Sheet, texts};

/// Every matter that holds now.
pub fn table(catalogue: &Catalogue, format: Format) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(format, header(), 3)?;
    for matter in catalogue.all() {
        sheet.line(texts(cells(catalogue, matter)?))?;
    }
    sheet.finish()
}

/// Every column but the unit: each limit is written with its own.
fn header() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().filter(|(name, _)| *name != "limit_unit").map(|(name, headers)| headers.first().copied().unwrap_or(name))
}

fn cells(catalogue: &Catalogue, m: &Matter) -> Result<Vec<String>> {
    let limit = |l: Option<super::Limit>| l.map(super::Limit::chinese).unwrap_or_default();
    let stages: Vec<String> = m.stages.iter().map(|s| format!("{}:{}", s.name, s.limit.chinese())).collect();
    let form = m.form.and_then(|f| catalogue.form(f));
    let fields = form.map(|f| serde_json::to_string(&f.fields)).transpose().map_err(Error::internal)?.unwrap_or_default();
    Ok(vec![
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
    ])
}
