//! A roster as people write it: a TOML file with patterns, or a CSV table with a row for each turn.
//!
//! Times are those of the site's clock; an end that is not after its beginning lies on the next
//! day. Where clocks change, a turn lasts as long as it really does. Every fault is told at once,
//! with its place in the file. Pure: the text comes as it was read.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::span::midnight;
use super::{Line, Span, Turn};
use crate::clock::UnixMs;

/// The most days of one roster: a quarter (guess, revisit).
const DAYS_MAX: i64 = 92;
/// The most turns of one roster: ten people on each of three turns a day of a quarter.
const TURNS_MAX: usize = 3_000;

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub period: Span,
    pub note: String,
    pub turns: Vec<Turn>,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Toml,
    Csv,
}

impl Form {
    /// The form of a word or of a file name's ending.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "toml" => Some(Self::Toml),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Everything wrong with a file, a line for each fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadFile(pub Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    from: String,
    days: i64,
    #[serde(default)]
    note: String,
    #[serde(default)]
    turn: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    line: String,
    hours: String,
    who: Vec<String>,
    /// Left out: every day.
    days: Option<Vec<String>>,
}

/// Reads a file.
///
/// # Errors
/// Every fault with its place.
pub fn parse(text: &str, form: Form, zone: &TimeZone) -> Result<Sheet, BadFile> {
    // Spreadsheets write a mark of the byte order first.
    let text = text.trim_start_matches('\u{feff}');
    let sheet = match form {
        Form::Toml => patterns(text, zone),
        Form::Csv => table(text, zone),
    }?;
    match sheet.turns.len() {
        0 => Err(BadFile(vec!["the roster has no turn".into()])),
        many if many > TURNS_MAX => {
            Err(BadFile(vec![format!("{many} turns, at most {TURNS_MAX} are taken; split it")]))
        }
        _ => Ok(sheet),
    }
}

fn patterns(text: &str, zone: &TimeZone) -> Result<Sheet, BadFile> {
    let written: Written = toml::from_str(text).map_err(|e| BadFile(vec![e.to_string()]))?;
    let mut faults = Vec::new();
    let first = date(&written.from).map_err(|e| faults.push(format!("from: {e}"))).ok();
    if !(1..=DAYS_MAX).contains(&written.days) {
        faults.push(format!("days: {} is out of limits; write 1 to {DAYS_MAX}", written.days));
    }
    let (Some(first), true) = (first, faults.is_empty()) else { return Err(BadFile(faults)) };
    let dates: Vec<Date> = first
        .series(jiff::Span::new().days(1))
        .take(usize::try_from(written.days).unwrap_or(1))
        .collect();
    let mut turns = Vec::new();
    for (at, pattern) in written.turn.iter().enumerate() {
        match of_pattern(pattern, &dates, zone) {
            Ok(some) => turns.extend(some),
            Err(fault) => faults.push(format!("turn[{at}].{fault}")),
        }
    }
    done(faults, (dates, turns), (written.note, zone))
}

fn of_pattern(pattern: &Pattern, dates: &[Date], zone: &TimeZone) -> Result<Vec<Turn>, String> {
    let line = line(&pattern.line).map_err(|e| format!("line: {e}"))?;
    let hours = pattern.hours.split_once('-').ok_or("hours: write 08:00-16:00")?;
    let from = clock(hours.0).map_err(|e| format!("hours: {e}"))?;
    let until = clock(hours.1).map_err(|e| format!("hours: {e}"))?;
    if pattern.who.is_empty() {
        return Err("who: write one account or more".into());
    }
    let mut weekdays = Vec::new();
    for word in pattern.days.iter().flatten() {
        weekdays.push(weekday(word).ok_or_else(|| {
            format!("days: \"{word}\" is not a day; write mon, tue, wed, thu, fri, sat or sun")
        })?);
    }
    let on = |date: &&Date| pattern.days.is_none() || weekdays.contains(&date.weekday());
    let turn = |date: &Date, account: &String| {
        let (starts, ends) = moments(*date, (from, until), zone);
        Turn { account: account.trim().to_owned(), line, starts, ends }
    };
    Ok(dates
        .iter()
        .filter(on)
        .flat_map(|date| pattern.who.iter().map(move |account| turn(date, account)))
        .collect())
}

/// Columns of the table, in this order.
const COLUMNS: &str = "date,line,from,until,account";

fn table(text: &str, zone: &TimeZone) -> Result<Sheet, BadFile> {
    let mut faults = Vec::new();
    let mut turns = Vec::new();
    let mut dates = Vec::new();
    for (at, row) in text.lines().map(str::trim).enumerate() {
        let is_head = row.to_ascii_lowercase().replace(' ', "") == COLUMNS;
        if row.is_empty() || row.starts_with('#') || is_head {
            continue;
        }
        match of_row(row, zone) {
            Ok((date, turn)) => {
                dates.push(date);
                turns.push(turn);
            }
            Err(fault) => faults.push(format!("line {}: {fault}", at + 1)),
        }
    }
    dates.sort_unstable();
    if let (Some(first), Some(last)) = (dates.first(), dates.last()) {
        let days = first.until(*last).map_or(i64::MAX, |span| i64::from(span.get_days()) + 1);
        if days > DAYS_MAX {
            faults.push(format!("the rows reach over {days} days, at most {DAYS_MAX} are taken"));
        }
    } else if faults.is_empty() {
        faults.push(format!("there is no row; the columns are {COLUMNS}"));
    }
    done(faults, (dates, turns), (String::new(), zone))
}

fn of_row(row: &str, zone: &TimeZone) -> Result<(Date, Turn), String> {
    let fields: Vec<&str> = row.split([',', ';', '\t']).map(str::trim).collect();
    let [day, word, from, until, account] = fields[..] else {
        return Err(format!("{} fields; the columns are {COLUMNS}", fields.len()));
    };
    let date = date(day)?;
    let (starts, ends) = moments(date, (clock(from)?, clock(until)?), zone);
    if account.is_empty() {
        return Err("there is no account".into());
    }
    Ok((date, Turn { account: account.to_owned(), line: line(word)?, starts, ends }))
}

fn done(
    faults: Vec<String>,
    (dates, mut turns): (Vec<Date>, Vec<Turn>),
    (note, zone): (String, &TimeZone),
) -> Result<Sheet, BadFile> {
    if !faults.is_empty() {
        return Err(BadFile(faults));
    }
    let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else {
        return Err(BadFile(vec!["the roster has no day".into()]));
    };
    let after = last.tomorrow().unwrap_or(*last);
    let period = Span { from: midnight(*first, zone), until: midnight(after, zone) };
    turns.sort_unstable_by(|a, b| (a.line, a.starts, a).cmp(&(b.line, b.starts, b)));
    Ok(Sheet { period, note, turns })
}

fn date(text: &str) -> Result<Date, String> {
    let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| format!("\"{text}\" is not a day; write YYYY-MM-DD, such as 2026-12-07"))
}

fn line(word: &str) -> Result<Line, String> {
    Line::parse(word).ok_or_else(|| format!("\"{word}\" is no line; write duty, standby or patrol"))
}

/// A time of the clock; 24:00 is `None`.
fn clock(text: &str) -> Result<Option<Time>, String> {
    let text = text.trim();
    if text == "24:00" {
        return Ok(None);
    }
    let fits = text.len() == 5 && text.as_bytes()[2] == b':';
    let time = fits.then(|| Time::strptime("%H:%M", text).ok()).flatten();
    time.map(Some).ok_or_else(|| format!("\"{text}\" is not a time; write HH:MM, such as 08:00"))
}

fn weekday(word: &str) -> Option<Weekday> {
    let words = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let at = words.iter().position(|one| *one == word)?;
    Weekday::Monday.cycle_forward().nth(at)
}

/// Both ends on the site's clock. A time that the clock leaves out is the one after it.
fn moments(
    date: Date,
    (from, until): (Option<Time>, Option<Time>),
    zone: &TimeZone,
) -> (UnixMs, UnixMs) {
    let next = date.tomorrow().unwrap_or(date);
    let at = |date: Date, time: Option<Time>| match time {
        None => midnight(date.tomorrow().unwrap_or(date), zone),
        Some(time) => date
            .to_datetime(time)
            .to_zoned(zone.clone())
            .map_or(UnixMs(i64::MAX), |at| UnixMs(at.timestamp().as_millisecond())),
    };
    let same_day = match (from, until) {
        (Some(from), Some(until)) => from < until,
        (Some(_), None) => true,
        (None, _) => false,
    };
    (at(date, from), at(if same_day { date } else { next }, until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duty::roster::told;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("a zone")
    }

    fn read(text: &str, form: Form) -> Vec<String> {
        match parse(text, form, &zone()) {
            Err(BadFile(faults)) => faults,
            Ok(sheet) => {
                let turn = |turn: &Turn| {
                    format!(
                        "{} {} {}",
                        turn.account,
                        turn.line.as_str(),
                        told(turn.span(), &zone())
                    )
                };
                let head = told(sheet.period, &zone());
                std::iter::once(head).chain(sheet.turns.iter().map(turn)).collect()
            }
        }
    }

    #[test]
    fn a_pattern_of_a_week_becomes_turns() {
        let text = "from = \"2026-12-07\"\ndays = 2\n\
            [[turn]]\nline = \"duty\"\nhours = \"20:00-08:00\"\nwho = [\"li\", \"wang\"]\n\
            days = [\"mon\"]\n\
            [[turn]]\nline = \"standby\"\nhours = \"00:00-24:00\"\nwho = [\"sun\"]\n";
        assert_eq!(
            read(text, Form::Toml),
            [
                "2026-12-07 00:00–2026-12-09 00:00",
                "li duty 2026-12-07 20:00–2026-12-08 08:00",
                "wang duty 2026-12-07 20:00–2026-12-08 08:00",
                "sun standby 2026-12-07 00:00–2026-12-08 00:00",
                "sun standby 2026-12-08 00:00–2026-12-09 00:00",
            ]
        );
    }

    #[test]
    fn the_example_is_a_week_without_a_gap() {
        let sheet = parse(include_str!("../../config/roster.toml"), Form::Toml, &zone());
        let sheet = sheet.expect("config/roster.toml is a roster");
        assert_eq!(told(sheet.period, &zone()), "2026-12-07 00:00–2026-12-14 00:00");
        for line in Line::NEEDED {
            let spans = sheet.turns.iter().filter(|turn| turn.line == line).map(Turn::span);
            assert_eq!(crate::duty::span::cover(sheet.period, spans).gaps, [], "{line:?}");
        }
    }

    #[test]
    fn a_table_has_a_row_for_each_turn() {
        let text = "\u{feff}date,line,from,until,account\r\n2026-12-08,duty,00:00,08:00,li\r\n\
            # a remark\r\n\r\n2026-12-07;patrol;22:00;06:00;chen\r\n";
        assert_eq!(
            read(text, Form::Csv),
            [
                "2026-12-07 00:00–2026-12-09 00:00",
                "li duty 2026-12-08 00:00–08:00",
                "chen patrol 2026-12-07 22:00–2026-12-08 06:00",
            ]
        );
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let text = "2026-12-7,duty,00:00,08:00,li\n2026-12-07,night,00:00,08:00,li\n\
            2026-12-07,duty,8:00,16:00,li\n2026-12-07,duty,08:00,16:00,\n2026-12-07,duty\n";
        assert_eq!(
            read(text, Form::Csv),
            [
                "line 1: \"2026-12-7\" is not a day; write YYYY-MM-DD, such as 2026-12-07",
                "line 2: \"night\" is no line; write duty, standby or patrol",
                "line 3: \"8:00\" is not a time; write HH:MM, such as 08:00",
                "line 4: there is no account",
                "line 5: 2 fields; the columns are date,line,from,until,account",
            ]
        );
        let text = "from = \"2026-12-07\"\ndays = 7\n\
            [[turn]]\nline = \"duty\"\nhours = \"08:00\"\nwho = [\"li\"]\n\
            [[turn]]\nline = \"duty\"\nhours = \"08:00-25:00\"\nwho = []\n\
            [[turn]]\nline = \"duty\"\nhours = \"08:00-16:00\"\nwho = [\"li\"]\ndays = [\"monday\"]\n";
        assert_eq!(
            read(text, Form::Toml),
            [
                "turn[0].hours: write 08:00-16:00",
                "turn[1].hours: \"25:00\" is not a time; write HH:MM, such as 08:00",
                "turn[2].days: \"monday\" is not a day; write mon, tue, wed, thu, fri, sat or sun",
            ]
        );
        assert_eq!(read("from = \"x\"\ndays = 0\n", Form::Toml).len(), 2);
        assert_eq!(
            read("from = \"2026-12-07\"\ndays = 7\n", Form::Toml),
            ["the roster has no turn"]
        );
        assert_eq!(read("", Form::Csv).len(), 1);
        assert_eq!(
            read("2020-01-01,duty,00:00,08:00,li\n2026-12-07,duty,00:00,08:00,li", Form::Csv).len(),
            1
        );
        assert!(read("from = 3", Form::Toml)[0].contains("from"));
    }

    #[test]
    fn a_turn_lasts_as_long_as_the_clock_lets_it() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let hours = |day: &str, hours: &str| {
            let (from, until) = hours.split_once('-').expect("two times");
            let row = format!("{day},duty,{from},{until},li");
            let sheet = parse(&row, Form::Csv, &zone).expect("a good row");
            sheet.turns[0].span().ms() / 3_600_000
        };
        assert_eq!(hours("2026-03-28", "22:00-06:00"), 7);
        assert_eq!(hours("2026-10-24", "22:00-06:00"), 9);
        assert_eq!(hours("2026-10-25", "00:00-24:00"), 25);
        assert_eq!(hours("2026-03-29", "00:00-00:00"), 23);
    }
}
