//! Lists that somebody takes along as a table: on record before a byte of them leaves, and the last line says who took them.

use std::ops::Deref;

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
    response::Response,
};
use kernel::{Actor, Error, FieldError, Result, Time};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Allow, Permit, Problem, attached_table};
use crate::{
    app::{App, Shared},
    lang::Lang,
    modules::access::audit::Audit,
    table::{
        column::Column,
        write::{Cell, Format, Sheet, watermark},
    },
};

/// The most lines of one file.
pub const MOST: usize = 10_000;

/// How a file is written.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Written {
    /// `csv` (default) or `xlsx`.
    format: Option<String>,
    /// The reader's language, `zh` or `en`: then columns, states, kinds and times are said in it. Without one they are the interface's own words.
    #[param(inline)]
    lang: Option<Lang>,
}

/// Who takes a list along, with permission `P`, and how the file is to be written.
pub struct Taker<P: Permit> {
    who: Allow<P>,
    written: Written,
}

impl<P: Permit> Taker<P> {
    /// In which form.
    ///
    /// # Errors
    /// `Invalid` with the field `format`.
    pub fn format(&self) -> Result<Format> {
        Format::wished(self.written.format.as_deref())
    }

    /// In which language; none for another program.
    pub const fn lang(&self) -> Option<Lang> {
        self.written.lang
    }
}

impl<P: Permit> Deref for Taker<P> {
    type Target = Allow<P>;
    fn deref(&self) -> &Allow<P> {
        &self.who
    }
}

impl<P: Permit> FromRequestParts<Shared> for Taker<P> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let who = Allow::from_request_parts(parts, app).await?;
        let written = Query::<Written>::from_request_parts(parts, app).await;
        let Query(written) = written.map_err(|_| Error::invalid("lang", "unknown"))?;
        Ok(Self { who, written })
    }
}

/// A list that is taken along.
pub struct Along {
    /// What the record calls it, such as `supervision.export`.
    pub action: &'static str,
    /// What the file is called, without its ending.
    pub name: &'static str,
    /// What was asked for beside it, for the record.
    pub asked: Vec<(&'static str, String)>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The lines; more than [`MOST`] are refused, so that nobody takes half a list for the whole.
    pub lines: Vec<Vec<Cell>>,
}

impl Along {
    /// The file, after the record says who takes how many lines in which form.
    ///
    /// # Errors
    /// `Invalid` with the field `format`, or with `state` when the list has to be narrowed first.
    pub async fn file<P: Permit>(self, app: &App, taker: &Taker<P>, now: Time) -> Result<Response> {
        let format = taker.format()?;
        let who: &Actor = taker;
        if self.lines.len() > MOST {
            return Err(Error::Invalid(vec![FieldError::new("state", "too-many").with("limit", MOST)]));
        }
        let mut tx = app.db.begin();
        let row = Audit::new(self.action, "list", Uuid::nil()).with("file", self.name);
        let row = self.asked.into_iter().fold(row, |row, (name, value)| row.with(name, value));
        let row = row.with("format", format.word()).with("count", self.lines.len());
        row.record(&mut tx, now, who).await?;
        tx.commit().await?;
        let (lang, columns) = (taker.lang(), self.columns);
        let mut sheet = Sheet::new(format, columns.iter().map(|c| c.head(self.name, lang)), 1)?;
        for line in self.lines {
            sheet.line(line.into_iter().zip(&columns).map(|(cell, column)| column.cell(cell, lang, app.zone)))?;
        }
        sheet.note(&watermark(lang.unwrap_or_default(), who, app.zone, now))?;
        Ok(attached_table(format, self.name, sheet.finish()?))
    }
}
