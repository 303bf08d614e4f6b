//! The workbook: the same report as the page, numbers as numbers, read back by another library.

use std::io::Cursor;

use calamine::{Data, DataType as _, Range, Reader as _, Xlsx, open_workbook_from_rs};
use gengfu::report::{Form, Lang, WeekReport, render};
use gengfu::ticket::Severity;

use super::book::{OPERATOR, Seen, confirm};
use super::{Book, HOUR, example_week, report, seen, start};

fn written(report: &WeekReport, lang: Lang) -> Vec<u8> {
    let bytes = render(report, Form::Xlsx, lang).unwrap();
    // To look at the file: GENGFU_REPORT_OUT=folder cargo test.
    if let Ok(folder) = std::env::var("GENGFU_REPORT_OUT") {
        std::fs::write(format!("{folder}/report-{}.xlsx", lang.tag()), &bytes).unwrap();
    }
    bytes
}

/// The worksheets by their place.
fn read(bytes: &[u8]) -> Vec<(String, Range<Data>)> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    book.worksheets()
}

/// The row that begins with these cells.
fn row(sheet: &Range<Data>, begins: &[&str]) -> Vec<Data> {
    let fits = |row: &&[Data]| {
        row.iter().zip(begins).all(|(cell, text)| cell.as_string().unwrap_or_default() == *text)
    };
    let found = sheet.rows().find(fits);
    found.unwrap_or_else(|| panic!("no row begins with {begins:?}")).to_vec()
}

#[test]
fn the_same_week_is_the_same_workbook_in_both_languages() {
    let report = example_week();
    for lang in [Lang::Zh, Lang::En] {
        assert!(written(&report, lang) == written(&report, lang), "two runs differ");
    }
}

#[test]
fn the_workbook_says_what_the_report_says() {
    let report = example_week();
    let sum = &report.overview;
    let n = |n: usize| Data::Float(f64::from(u32::try_from(n).unwrap()));
    for (lang, names, observations) in [
        (Lang::Zh, ["周报", "图表", "指标", "工单"], "可疑信息"),
        (Lang::En, ["Report", "Charts", "Figures", "Tickets"], "Observations"),
    ] {
        let sheets = read(&written(&report, lang));
        assert_eq!(sheets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
        let [page, charts, figures, tickets] = [0, 1, 2, 3].map(|at| &sheets[at].1);
        assert_eq!(row(page, &[observations])[1], n(sum.observations.n()));
        assert_eq!(row(figures, &["overview", "", "confirmed"])[3], n(sum.confirmed.n()));
        // A head, then one row a ticket; its opening is a moment that can be counted with.
        assert_eq!(tickets.height(), 1 + report.ledger.len());
        let first = tickets.rows().nth(1).unwrap();
        assert_eq!(first[0], Data::Float(1059.0));
        assert!(matches!(first[2], Data::DateTime(_)), "{:?}", first[2]);
        // The numbers under the chart of acknowledgements are its distribution.
        let drawn: usize = report.distributions[0].buckets.iter().map(|bucket| bucket.n).sum();
        let under: f64 = (1..=report.distributions[0].buckets.len())
            .map(|at| charts.get_value((u32::try_from(at).unwrap(), 1)).unwrap())
            .map(|cell| cell.get_float().unwrap_or_else(|| panic!("{cell:?} is no number")))
            .sum();
        assert_eq!(Data::Float(under), n(drawn));
        let texts = sheets.iter().flat_map(|(_, sheet)| sheet.rows().flatten());
        let missing = texts.filter(|cell| cell.to_string().contains('⟦'));
        assert_eq!(missing.count(), 0, "words are missing");
    }
}

#[test]
fn a_share_that_is_not_met_is_a_number_with_its_mark() {
    let report = example_week();
    let finding = report.findings.iter().find(|f| f.check == "verified").unwrap();
    let sheets = read(&written(&report, Lang::En));
    let verified = row(&sheets[0].1, &["2 Verify"]);
    assert_eq!(verified[3], Data::Float(finding.share().unwrap()));
}

#[test]
fn a_text_from_outside_is_a_text_and_no_formula() {
    let mut book = Book::new();
    let evil = "=cmd()+1";
    let mut t = book.open(Seen { place: evil, ..seen(1, Severity::S3, start() + HOUR) });
    book.act(&mut t, OPERATOR, start() + HOUR + 1000, &confirm());
    let bytes = written(&report(&book.entries, None), Lang::Zh);
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let tickets = workbook.worksheet_range("工单").unwrap();
    assert_eq!(tickets.get_value((1, 6)), Some(&Data::String(evil.into())));
    for name in workbook.sheet_names() {
        let formulas = workbook.worksheet_formula(&name).unwrap();
        assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()), "{name} calculates");
    }
}

#[test]
fn a_week_without_data_is_a_workbook_that_says_so() {
    let sheets = read(&written(&report(&Book::new().entries, None), Lang::Zh));
    let mut cells = sheets[0].1.rows().flatten();
    assert!(cells.any(|cell| cell.to_string().contains("本周没有任何记录")));
}
