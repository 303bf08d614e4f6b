//! The forms in which a report is handed out, and one function that writes each of them.

use super::figures::WeekReport;
use super::words::Lang;
use super::{render_csv, render_html, render_json};

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Html,
    Csv,
    Json,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Html, Self::Csv, Self::Json];

    /// Its word, and the ending of its files.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// The report in a form.
#[must_use]
pub fn render(report: &WeekReport, form: Form, lang: Lang) -> Vec<u8> {
    let text = match form {
        Form::Html => render_html::render_html(report, lang),
        Form::Csv => render_csv::render_csv(report),
        Form::Json => render_json::render_json(report),
    };
    text.into_bytes()
}
