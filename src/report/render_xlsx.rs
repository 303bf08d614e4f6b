//! The sheet as a workbook for those who calculate: the report as it is printed, its charts as
//! charts of the workbook over their numbers, then figures and tickets as plain tables.
//!
//! Numbers are numbers: a share is 0..1 shown as a percentage, a time is in seconds, a moment is
//! one of the site's zone. The same report gives the same bytes; the file's own date is the
//! report's cut-off. The only file that calls rust_xlsxwriter.

use rust_xlsxwriter::{
    Chart, ChartType, ConditionalFormat2ColorScale, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::figures::{Distribution, WeekReport};
use super::page::sheet;
use super::page_figures::bucket_label;
use super::render_csv::{figures, tickets};
use super::sheet::{Block, Key, Line, Piece, Table, Tone, Value};
use super::words::{Lang, say};

/// Most characters of a cell, less the sign that there were more (limit of the format: 32,767).
const CELL_MAX: usize = 32_000;
/// Columns of the printed sheet; the first two hold words. Widths in characters, tried on the page.
const COLUMNS: u16 = 12;
const FIRST: f64 = 26.0;
const SECOND: f64 = 24.0;
const OTHERS: f64 = 13.0;
/// Half-widths of text that fit over all of them at the size of the text, with some air.
const WIDTH: u32 = 150;
/// Height of a line of text.
const LINE_PT: f64 = 15.0;
/// The highest row that the format knows.
const ROW_MAX_PT: f64 = 409.0;
/// How a moment is written in the tables of texts.
const MOMENT: &str = "yyyy-mm-dd hh:mm:ss";
/// Rows that a chart covers at the usual height of 20 pixels.
const CHART_ROWS: u32 = 16;
/// A4 in the format's table of papers.
const A4: u8 = 9;

/// The report in `lang`.
///
/// # Errors
/// Something that the format cannot hold.
pub fn render_xlsx(report: &WeekReport, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let sheet = sheet(report, lang);
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_timestamp(report.basis.cut_off.0.div_euclid(1000))?;
    book.set_properties(&DocProperties::new().set_title(&sheet.title).set_creation_datetime(&made));
    let pen = Pen::new();
    let page = book.add_worksheet().set_name(say(lang, "book.report"))?;
    let mut desk = Desk { page, row: 0, pen: &pen };
    desk.head(&sheet.title, &sheet.subtitle)?;
    for block in &sheet.blocks {
        desk.block(block)?;
    }
    charts(book.add_worksheet(), report, (lang, &pen))?;
    plain(book.add_worksheet(), say(lang, "book.figures"), &figures(report))?;
    plain(book.add_worksheet(), say(lang, "book.tickets"), &tickets(report))?;
    book.save_to_buffer()
}

/// Formats.
struct Pen {
    title: Format,
    heading: Format,
    column: Format,
    words: Format,
    soft: Format,
}

/// What is read at once in a cell.
fn cell() -> Format {
    Format::new().set_font_size(10).set_align(FormatAlign::VerticalCenter)
}

impl Pen {
    fn new() -> Self {
        Self {
            title: cell().set_bold().set_font_size(18),
            heading: cell().set_bold().set_font_size(12).set_border_bottom(FormatBorder::Medium),
            column: cell().set_bold().set_text_wrap().set_border_bottom(FormatBorder::Thin),
            words: cell().set_text_wrap(),
            soft: cell().set_font_color("#4A545F").set_text_wrap(),
        }
    }
}

/// A number's format with the marks that its line has on paper, so that it stays a number.
fn marked(line: &Line, format: &str) -> Format {
    let mut marks = ["", ""].map(str::to_owned);
    let mut bold = false;
    for piece in &line.pieces {
        match piece {
            Piece::Text(_, Tone::Bad) => marks[0] = "\"▲ \"".to_owned(),
            Piece::Text(text, Tone::Mark) => marks[1] = format!("\"{}\"", text.replace('"', "")),
            Piece::Text(_, Tone::Sum) => bold = true,
            Piece::Text(..) | Piece::Figure(..) | Piece::Ticket(_) | Piece::File(_) => {}
        }
    }
    let bold = bold || !marks[0].is_empty();
    let form = cell().set_num_format(format!("{}{format}{}", marks[0], marks[1]));
    if bold { form.set_bold() } else { form }
}

/// The printed sheet, row by row.
struct Desk<'a> {
    page: &'a mut Worksheet,
    row: u32,
    pen: &'a Pen,
}

impl Desk<'_> {
    fn head(&mut self, title: &str, subtitle: &[String; 2]) -> Result<(), XlsxError> {
        self.page.set_column_width(0, FIRST)?;
        self.page.set_column_width(1, SECOND)?;
        self.page.set_column_range_width(2, COLUMNS - 1, OTHERS)?;
        self.page.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        self.page.set_screen_gridlines(false);
        self.page.write_string_with_format(self.row, 0, title, &self.pen.title)?;
        self.row += 1;
        self.text(&subtitle.join(" · "))
    }

    /// Over all columns; the row is as high as the text needs, which merged cells do not do by
    /// themselves.
    fn text(&mut self, text: &str) -> Result<(), XlsxError> {
        let text = cut(text);
        let lines = f64::from(halves(&text).div_ceil(WIDTH).max(1));
        self.page.merge_range(self.row, 0, self.row, COLUMNS - 1, &text, &self.pen.soft)?;
        self.page.set_row_height(self.row, (lines * LINE_PT).min(ROW_MAX_PT))?;
        self.row += 1;
        Ok(())
    }

    fn heading(&mut self, text: &str) -> Result<(), XlsxError> {
        self.row += 1;
        for column in 1..COLUMNS {
            self.page.write_blank(self.row, column, &self.pen.heading)?;
        }
        self.page.write_string_with_format(self.row, 0, text, &self.pen.heading)?;
        self.row += 1;
        Ok(())
    }

    fn all<'b>(&mut self, blocks: impl IntoIterator<Item = &'b Block>) -> Result<(), XlsxError> {
        blocks.into_iter().try_for_each(|block| self.block(block))
    }

    fn block(&mut self, block: &Block) -> Result<(), XlsxError> {
        match block {
            Block::Heading(text) | Block::Appendix(text) | Block::Subheading(text) => {
                self.heading(text)
            }
            Block::Lead(line)
            | Block::Paragraph(line)
            | Block::Note(line)
            | Block::Warning(line) => self.text(&line.words()),
            Block::Keys(keys) => keys.iter().try_for_each(|key| self.key(key)),
            Block::Table(table) => self.table(table),
            // They have a worksheet of their own, over their numbers.
            Block::Charts(_) => Ok(()),
            Block::Columns(columns) => self.all(columns.iter().flatten()),
            Block::Keep(blocks) => self.all(blocks),
            Block::Ruled(lines) => {
                self.row += u32::try_from(*lines).unwrap_or(1);
                Ok(())
            }
            Block::Signatures { who, date } => {
                self.row += 1;
                let line = |who: &String| format!("{who} ____________  {date} ________");
                who.iter().try_for_each(|who| self.text(&line(who)))
            }
            Block::Foot(lines) => {
                self.row += 1;
                lines.iter().try_for_each(|line| self.text(line))
            }
        }
    }

    fn key(&mut self, key: &Key) -> Result<(), XlsxError> {
        self.page.write_string_with_format(self.row, 0, &key.label, &self.pen.words)?;
        self.cell(1, &key.figure)?;
        self.cell(2, &key.more)?;
        self.row += 1;
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result<(), XlsxError> {
        for (at, column) in (0u16..).zip(&table.columns) {
            self.page.write_string_with_format(self.row, at, &column.label, &self.pen.column)?;
        }
        self.row += 1;
        for row in &table.rows {
            for (at, line) in (0u16..).zip(row) {
                self.cell(at, line)?;
            }
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    /// A number as a number, in the unit in which it is counted with; else its words.
    fn cell(&mut self, at: u16, line: &Line) -> Result<(), XlsxError> {
        let (value, format) = match line.value {
            Some(Value::Count(n)) => (n, "#,##0.##"),
            Some(Value::Share(share)) => (share, "0.0%"),
            Some(Value::Milliseconds(ms)) => (seconds(ms), "#,##0.0 \"s\""),
            None => {
                let words = cut(&line.words());
                self.page.write_string_with_format(self.row, at, words, &self.pen.words)?;
                return Ok(());
            }
        };
        self.page.write_number_with_format(self.row, at, value, &marked(line, format))?;
        Ok(())
    }
}

/// Half-widths of a text in a cell: a Chinese character is as wide as two of Latin.
fn halves(text: &str) -> u32 {
    let width = |c: char| if u32::from(c) < 0x2E80 { 1 } else { 2 };
    text.chars().map(width).sum()
}

#[allow(clippy::cast_precision_loss, reason = "times of a year in ms are far below 2^52")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}

fn count_format() -> Format {
    cell().set_num_format("#,##0")
}

/// How long things took, as columns; and hours by days, in shades.
fn charts(
    page: &mut Worksheet,
    report: &WeekReport,
    (lang, pen): (Lang, &Pen),
) -> Result<(), XlsxError> {
    let name = say(lang, "book.charts");
    page.set_name(name)?;
    let mut row = 0;
    for distribution in &report.distributions {
        columns(page, distribution, (row, name), (lang, pen))?;
        row += CHART_ROWS + 3;
    }
    page.write_string_with_format(row, 0, say(lang, "hours.title"), &pen.heading)?;
    for hour in 0..24_u16 {
        page.write_number_with_format(row + 1, hour + 1, f64::from(hour), &pen.column)?;
    }
    for (day, hours) in (0_u32..).zip(&report.hours.0) {
        let label = say(lang, &format!("day.{day}"));
        page.write_string_with_format(row + 2 + day, 0, label, &pen.words)?;
        for (hour, tally) in (1_u16..).zip(hours) {
            page.write_number_with_format(row + 2 + day, hour, count(tally.n()), &count_format())?;
        }
    }
    let shades = ConditionalFormat2ColorScale::new()
        .set_minimum_color("#FFFFFF")
        .set_maximum_color("#4A545F");
    page.add_conditional_format(row + 2, 1, row + 8, 24, &shades)?;
    page.set_column_width(0, 22)?;
    page.set_column_range_width(1, 24, 6)?;
    Ok(())
}

/// The buckets of one clock and a chart over them.
fn columns(
    page: &mut Worksheet,
    distribution: &Distribution,
    (row, name): (u32, &str),
    (lang, pen): (Lang, &Pen),
) -> Result<(), XlsxError> {
    let clock = distribution.clock.as_str();
    let title = say(lang, &format!("chart.{clock}"));
    page.write_string_with_format(row, 0, title, &pen.heading)?;
    page.write_string_with_format(row, 1, say(lang, "col.runs"), &pen.column)?;
    page.write_string_with_format(row, 2, say(lang, "book.late"), &pen.column)?;
    let mut last = row;
    for bucket in &distribution.buckets {
        last += 1;
        page.write_string_with_format(last, 0, bucket_label(clock, bucket), &pen.words)?;
        page.write_number_with_format(last, 1, count(bucket.n), &count_format())?;
        page.write_number_with_format(last, 2, count(bucket.late), &count_format())?;
    }
    let mut chart = Chart::new(ChartType::Column);
    for column in [1, 2] {
        chart
            .add_series()
            .set_name((name, row, column))
            .set_categories((name, row + 1, 0, last, 0))
            .set_values((name, row + 1, column, last, column));
    }
    chart.title().set_name(title);
    page.insert_chart(row, 4, &chart)?;
    Ok(())
}

/// A table of texts as it is in the CSV; numbers are numbers and moments are moments.
fn plain(page: &mut Worksheet, name: &str, rows: &[Vec<String>]) -> Result<(), XlsxError> {
    page.set_name(name)?;
    page.set_freeze_panes(1, 0)?;
    let (bold, moment) = (cell().set_bold(), cell().set_num_format(MOMENT));
    for (y, row) in (0u32..).zip(rows) {
        for (x, text) in (0u16..).zip(row) {
            if y == 0 {
                page.write_string_with_format(y, x, text, &bold)?;
            } else if let Some(number) = number(text) {
                page.write_number(y, x, number)?;
            } else if let Some(at) = time(text) {
                page.write_datetime_with_format(y, x, &at, &moment)?;
            } else if !text.is_empty() {
                page.write_string(y, x, cut(text))?;
            }
        }
    }
    let widths = rows.first().map_or(0, Vec::len);
    let (down, across) = (u32::try_from(rows.len()), u16::try_from(widths));
    if let (Ok(down @ 2..), Ok(across @ 1..)) = (down, across) {
        page.set_column_range_width(0, across - 1, 18)?;
        page.autofilter(0, 0, down - 1, across - 1)?;
    }
    Ok(())
}

/// A number as it is counted with. A code such as `1e3` or `007` stays a text.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = |c: char| c.is_ascii_digit() || c == '.';
    let leads = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if leads || !digits.starts_with(|c: char| c.is_ascii_digit()) || !digits.chars().all(plain) {
        return None;
    }
    text.parse().ok()
}

/// A moment in the form of the tables.
fn time(text: &str) -> Option<ExcelDateTime> {
    let (day, hour) = text.split_once(' ')?;
    if day.len() != 10 || hour.len() != 8 {
        return None;
    }
    ExcelDateTime::parse_from_str(&format!("{day}T{hour}")).ok()
}

/// As much of a text as a cell holds.
fn cut(text: &str) -> String {
    match text.char_indices().nth(CELL_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{halves, number, time};

    #[test]
    fn only_what_is_written_as_a_number_is_one() {
        assert_eq!(
            [number("12"), number("-0.5"), number("0")],
            [Some(12.0), Some(-0.5), Some(0.0)]
        );
        for text in ["", "-", "1e3", "007", "inf", "NaN", "1.2.3", "12 13", "60306532e14", "+1"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_whole_moment_is_one() {
        assert!(time("2026-11-23 02:05:23").is_some());
        for text in ["", "2026-11-23", "a b", "2026-13-45 02:05:23", "2026-11-23 02:05"] {
            assert!(time(text).is_none(), "{text}");
        }
    }

    #[test]
    fn chinese_is_twice_as_wide() {
        assert_eq!(halves("ab 东门"), 7);
    }
}
