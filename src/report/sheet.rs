//! The report as a sheet of paper: headings, lines, tables and charts, before anything is laid out.
//!
//! Whatever lays it out, today the page, says what the sheet says and nothing else. Texts are plain
//! here; each layout escapes them in its own way. A figure keeps the tickets behind it, and its
//! value for those who calculate.

use super::figures::{SMALL_SAMPLE, Tally, TicketRef};
use super::words::{Lang, say};

/// Stands where there is no figure.
pub const NONE: &str = "—";

/// The whole sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub lang: Lang,
    pub title: String,
    /// Under the title: whose and when on the left, its number on the right.
    pub subtitle: [String; 2],
    /// Under every printed page.
    pub running: String,
    pub blocks: Vec<Block>,
}

/// A piece of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Heading(String),
    /// A heading on a new page.
    Appendix(String),
    Subheading(String),
    /// The sentences that come first.
    Lead(Line),
    Paragraph(Line),
    /// Small, under what it explains.
    Note(Line),
    /// A note that must not be missed.
    Warning(Line),
    Keys(Vec<Key>),
    Table(Table),
    Charts(Vec<Chart>),
    /// Beside each other.
    Columns(Vec<Vec<Block>>),
    /// Not broken over two pages.
    Keep(Vec<Block>),
    /// Empty lines to write on.
    Ruled(usize),
    /// Who signs, and the word for the date.
    Signatures {
        who: Vec<String>,
        date: String,
    },
    /// From what the sheet was made.
    Foot(Vec<String>),
}

/// One of the large figures at the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub figure: Line,
    pub label: String,
    pub more: Line,
}

/// How a table is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    #[default]
    Plain,
    /// The first column stays on one line.
    Named,
    /// No cell is broken.
    Figures,
    /// As `Figures`, with less air.
    Dense,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub density: Density,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Line>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub label: String,
    /// Words stand left, figures right.
    pub words: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    pub title: String,
    /// A picture of its own: fonts and sizes are in it.
    pub svg: String,
}

/// Text with its marks. Not broken into lines yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub pieces: Vec<Piece>,
    /// What it says, for those who calculate.
    pub value: Option<Value>,
}

/// What a line says as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Count(f64),
    /// 0..1.
    Share(f64),
    Milliseconds(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String, Tone),
    /// A figure that opens into the tickets behind it.
    Figure(String, Vec<TicketRef>),
    Ticket(TicketRef),
    /// A file beside the sheet.
    File(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// A requirement that is not met.
    Bad,
    /// Less than the rest.
    Soft,
    /// A sum: its row stands out.
    Sum,
    /// A raised mark.
    Mark,
    /// Not broken.
    Whole,
}

impl Line {
    /// `text` as it is.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Plain)
    }

    /// `text` in a tone.
    #[must_use]
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { pieces: vec![Piece::Text(text.into(), tone)], value: None }
    }

    /// Words of the table.
    #[must_use]
    pub fn said(lang: Lang, key: &str) -> Self {
        Self::text(say(lang, key))
    }

    /// No figure.
    #[must_use]
    pub fn none() -> Self {
        Self::text(NONE)
    }

    /// A ticket's number.
    #[must_use]
    pub fn ticket(ticket: &TicketRef) -> Self {
        Self { pieces: vec![Piece::Ticket(ticket.clone())], value: None }
    }

    /// A file that lies beside the sheet.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::File(name.into())], value: None }
    }

    /// The figure `text` and the tickets behind it.
    #[must_use]
    pub fn figure(text: impl Into<String>, behind: &Tally) -> Self {
        Self::opening(text, behind.tickets().to_vec())
    }

    /// As [`Line::figure`], of tickets in a list.
    #[must_use]
    pub fn opening(text: impl Into<String>, behind: Vec<TicketRef>) -> Self {
        if behind.is_empty() {
            return Self::text(text);
        }
        Self { pieces: vec![Piece::Figure(text.into(), behind)], value: None }
    }

    /// The number of tickets.
    #[must_use]
    pub fn count(tally: &Tally) -> Self {
        Self::figure(tally.n().to_string(), tally).worth(of(tally.n()))
    }

    /// A number without tickets.
    #[must_use]
    pub fn number(n: usize) -> Self {
        Self::text(n.to_string()).worth(of(n))
    }

    /// A number, or none.
    #[must_use]
    pub fn number_or_none(n: Option<usize>) -> Self {
        n.map_or_else(Self::none, Self::number)
    }

    /// A share as a percentage.
    #[must_use]
    pub fn percent(share: Option<f64>) -> Self {
        let line = Self::text(percent(share));
        match share {
            Some(share) => line.worth(Value::Share(share)),
            None => line,
        }
    }

    /// A share of `n`, marked when the sample is small.
    #[must_use]
    pub fn percent_of(share: Option<f64>, n: usize) -> Self {
        let line = Self::percent(share);
        if (1..SMALL_SAMPLE).contains(&n) { line.marked("†") } else { line }
    }

    /// A mean score with one digit.
    #[must_use]
    pub fn score(mean: Option<f64>) -> Self {
        match mean {
            Some(mean) => Self::text(format!("{mean:.1}")).worth(Value::Count(mean)),
            None => Self::none(),
        }
    }

    /// A time span, or none.
    #[must_use]
    pub fn span(ms: Option<i64>, lang: Lang) -> Self {
        match ms {
            Some(ms) => Self::toned(span(ms, lang), Tone::Whole).worth(Value::Milliseconds(ms)),
            None => Self::none(),
        }
    }

    /// With a raised mark.
    #[must_use]
    pub fn marked(self, mark: &str) -> Self {
        let value = self.value;
        Self { value, ..self.then(Self::toned(mark, Tone::Mark)) }
    }

    /// Followed by another line.
    #[must_use]
    pub fn then(mut self, mut next: Self) -> Self {
        self.pieces.append(&mut next.pieces);
        Self { pieces: self.pieces, value: None }
    }

    /// All its text in a tone.
    #[must_use]
    pub fn in_tone(mut self, to: Tone) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Text(_, tone) = piece
                && *tone != Tone::Mark
            {
                *tone = to;
            }
        }
        self
    }

    /// Several, with `between`.
    #[must_use]
    pub fn joined(lines: Vec<Self>, between: &str) -> Self {
        let mut out = Self::default();
        for (n, line) in lines.into_iter().enumerate() {
            out = if n > 0 { out.then(Self::text(between)) } else { out };
            out = out.then(line);
        }
        out
    }

    /// Only its words.
    #[must_use]
    pub fn words(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text, Tone::Bad) => {
                    out.push_str("▲ ");
                    out.push_str(text);
                }
                Piece::Text(text, _) | Piece::Figure(text, _) | Piece::File(text) => {
                    out.push_str(text);
                }
                Piece::Ticket(ticket) => out.push_str(&ticket.number.to_string()),
            }
        }
        out
    }

    const fn worth(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of a year are far below 2^52")]
const fn of(n: usize) -> Value {
    Value::Count(n as f64)
}

/// `key` of the words with `{0}`, `{1}` … replaced.
#[must_use]
pub fn fill(lang: Lang, key: &str, values: &[Line]) -> Line {
    let mut out = Line::default();
    let mut rest = say(lang, key);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((digit, after)) = after.split_once('}') else { break };
        let value = digit.parse::<usize>().ok().and_then(|n| values.get(n));
        out = out.then(Line::text(before)).then(value.cloned().unwrap_or_default());
        rest = after;
    }
    out = out.then(Line::text(rest));
    out.pieces.retain(|piece| !matches!(piece, Piece::Text(text, _) if text.is_empty()));
    out
}

/// As [`fill`], of texts and to a text.
#[must_use]
pub fn fill_text(lang: Lang, key: &str, values: &[String]) -> String {
    let values: Vec<Line> = values.iter().map(Line::text).collect();
    fill(lang, key, &values).words()
}

/// A table. `columns`: keys of the words, with `<` before those that hold words.
#[must_use]
pub fn table(lang: Lang, density: Density, columns: &[&str], rows: Vec<Vec<Line>>) -> Block {
    let column = |key: &&str| Column {
        label: say(lang, key.trim_start_matches('<')).to_owned(),
        words: key.starts_with('<'),
    };
    Block::Table(Table { density, columns: columns.iter().map(column).collect(), rows })
}

/// A note under a table.
#[must_use]
pub fn note(lang: Lang, key: &str) -> Block {
    Block::Note(Line::said(lang, key))
}

/// A numbered heading.
#[must_use]
pub fn heading(lang: Lang, key: &str) -> Block {
    Block::Heading(say(lang, key).to_owned())
}

/// A share as a percentage with one digit, rounded down, so that 99.97 % is not called all.
#[must_use]
pub fn percent(share: Option<f64>) -> String {
    let Some(share) = share else {
        return NONE.to_owned();
    };
    // A hair more, because 0.29 * 1000 is a little below 290 in binary.
    let tenths = (share * 1000.0 + 1e-6).floor() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}%") } else { format!("{tenths:.1}%") }
}

/// A time span in the unit in which people say it.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "times of a week in ms are far below 2^52")]
pub fn span(ms: i64, lang: Lang) -> String {
    let seconds = ms as f64 / 1000.0;
    let (value, unit) = match ms {
        i64::MIN..10_000 => (format!("{seconds:.1}"), "unit.s"),
        10_000..120_000 => (format!("{seconds:.0}"), "unit.s"),
        120_000..7_200_000 => (format!("{:.1}", seconds / 60.0), "unit.min"),
        7_200_000..172_800_000 => (format!("{:.1}", seconds / 3600.0), "unit.h"),
        _ => (format!("{:.1}", seconds / 86_400.0), "unit.d"),
    };
    let value = value.strip_suffix(".0").unwrap_or(&value);
    format!("{value}\u{a0}{}", say(lang, unit))
}

#[cfg(test)]
mod tests {
    use super::{Line, fill, percent, span};
    use crate::report::words::Lang;

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        let check = |share: f64, expect: &str| assert_eq!(percent(Some(share)), expect);
        check(1.0, "100%");
        check(0.9999, "99.9%");
        check(0.29, "29%");
        check(2.0 / 3.0, "66.6%");
        assert_eq!(percent(None), "—");
        assert_eq!(Line::percent_of(Some(0.5), 4).words(), "50%†");
        assert_eq!(Line::percent_of(Some(0.5), 5).words(), "50%");
    }

    #[test]
    fn a_span_has_the_unit_that_people_say() {
        let check =
            |ms, expect: &str| assert_eq!(span(ms, Lang::En).replace('\u{a0}', " "), expect);
        check(900, "0.9 s");
        check(31_000, "31 s");
        check(276_000, "4.6 min");
        check(86_400_000, "24 h");
        check(259_200_000, "3 d");
    }

    #[test]
    fn values_that_look_like_places_stay_as_they_are() {
        let line = fill(Lang::En, "act.refused", &[Line::text("{0}{1}")]);
        assert_eq!(line.words(), "Refused: {0}{1}");
    }
}
