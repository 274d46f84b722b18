//! Lists that somebody takes along as a table: on record before a byte of them leaves, and the last line says who took them.

use axum::response::Response;
use kernel::{Actor, Error, FieldError, Result, Time};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::attached_table;
use crate::{
    app::App,
    modules::access::audit::Audit,
    table::write::{Cell, Format, Sheet, watermark},
};

/// The most lines of one file.
pub const MOST: usize = 10_000;

/// How a file is written.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Written {
    /// `csv` (default) or `xlsx`.
    format: Option<String>,
}

/// A list that is taken along.
pub struct Along {
    /// What the record calls it, such as `supervision.export`.
    pub action: &'static str,
    /// What the file is called, without its ending.
    pub name: &'static str,
    /// The names of the columns.
    pub head: Vec<&'static str>,
    /// The lines; more than [`MOST`] are refused, so that nobody takes half a list for the whole.
    pub lines: Vec<Vec<Cell>>,
}

impl Along {
    /// The file, after the record says who takes how many lines in which form.
    ///
    /// # Errors
    /// `Invalid` with the field `format`, or with `state` when the list has to be narrowed first.
    pub async fn file(self, app: &App, who: &Actor, now: Time, written: &Written) -> Result<Response> {
        let format = Format::wished(written.format.as_deref())?;
        if self.lines.len() > MOST {
            return Err(Error::Invalid(vec![FieldError::new("state", "too-many").with("limit", MOST)]));
        }
        let mut tx = app.db.begin();
        let row = Audit::new(self.action, "list", Uuid::nil()).with("format", format.word()).with("count", self.lines.len());
        row.record(&mut tx, now, who).await?;
        tx.commit().await?;
        let mut sheet = Sheet::new(format, self.head, 1)?;
        for line in self.lines {
            sheet.line(line)?;
        }
        sheet.note(&watermark(who, app.zone, now))?;
        Ok(attached_table(format, self.name, sheet.finish()?))
    }
}
