//! The forms in which a report is handed out, and one function that writes each of them.

use super::figures::WeekReport;
use super::words::Lang;
use super::{render_csv, render_html, render_json, render_xlsx};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Html,
    Csv,
    Json,
    Xlsx,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Html, Self::Csv, Self::Json, Self::Xlsx];

    /// Its word, and the ending of its files.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Why a form cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub struct Unwritable(#[from] rust_xlsxwriter::XlsxError);

/// The report in a form.
///
/// # Errors
/// A text that the form cannot hold.
pub fn render(report: &WeekReport, form: Form, lang: Lang) -> Result<Vec<u8>, Unwritable> {
    Ok(match form {
        Form::Html => render_html::render_html(report, lang).into_bytes(),
        Form::Csv => render_csv::render_csv(report).into_bytes(),
        Form::Json => render_json::render_json(report).into_bytes(),
        Form::Xlsx => render_xlsx::render_xlsx(report, lang)?,
    })
}
