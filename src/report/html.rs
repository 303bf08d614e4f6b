//! Small pieces of the page: escaping, links, drill-down, tables, and how numbers are written.
//!
//! Every text from outside passes `escape`; what these functions return is HTML already.

use super::figures::{SMALL_SAMPLE, Tally, TicketRef};
use super::week::local;
use super::words::{Lang, say};
use crate::clock::UnixMs;

/// Stands where there is no figure.
pub(super) const NONE: &str = "—";

/// `text` as HTML, for elements and quoted attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A ticket's number as a link to the console.
#[must_use]
pub fn ticket(ticket: &TicketRef) -> String {
    let (id, number) = (escape(&ticket.id.0), ticket.number);
    format!("<a href=\"/console?ticket={id}\" target=\"_top\">{number}</a>")
}

/// The figure `text` that opens into the tickets behind it.
#[must_use]
pub fn figure(text: &str, behind: &Tally) -> String {
    if behind.n() == 0 {
        return text.to_owned();
    }
    let links: Vec<String> = behind.tickets().iter().map(ticket).collect();
    let links = links.join(" ");
    format!("<details><summary>{text}</summary><span class=\"ids\">{links}</span></details>")
}

/// The number of tickets in `tally`, opening into them.
#[must_use]
pub fn count(tally: &Tally) -> String {
    figure(&tally.n().to_string(), tally)
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

/// A share of `n`, marked when the sample is small.
#[must_use]
pub fn percent_of(share: Option<f64>, n: usize) -> String {
    let mark = if (1..SMALL_SAMPLE).contains(&n) { "<sup>†</sup>" } else { "" };
    format!("{}{mark}", percent(share))
}

/// A mean score with one digit.
#[must_use]
pub fn score(mean: Option<f64>) -> String {
    mean.map_or_else(|| NONE.to_owned(), |mean| format!("{mean:.1}"))
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

/// As [`span`], or a dash.
#[must_use]
pub fn span_or_none(ms: Option<i64>, lang: Lang) -> String {
    ms.map_or_else(|| NONE.to_owned(), |ms| span(ms, lang))
}

/// `11-16 08:30` on the site's wall clock.
#[must_use]
pub fn day_time(at: UnixMs, zone: &jiff::tz::TimeZone) -> String {
    local(at, zone).strftime("%m-%d %H:%M").to_string()
}

/// `2026-11-16 08:30:00` on the site's wall clock.
#[must_use]
pub fn full_time(at: UnixMs, zone: &jiff::tz::TimeZone) -> String {
    local(at, zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A table. `columns`: catalogue keys, with `<` before those that stand left; cells are HTML.
#[must_use]
pub fn table(lang: Lang, columns: &[&str], rows: &[Vec<String>]) -> String {
    let class = |column: &str| {
        if column.starts_with('<') { " class=\"l\"" } else { "" }
    };
    let mut out = String::from("<table><thead><tr>");
    for column in columns {
        let label = escape(say(lang, column.trim_start_matches('<')));
        out += &format!("<th{}>{label}</th>", class(column));
    }
    out += "</tr></thead><tbody>";
    for row in rows {
        out += "<tr>";
        for (column, cell) in columns.iter().zip(row) {
            out += &format!("<td{}>{cell}</td>", class(column));
        }
        out += "</tr>\n";
    }
    out + "</tbody></table>\n"
}

/// A note under a table.
#[must_use]
pub fn note(lang: Lang, key: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(say(lang, key)))
}

/// A numbered heading.
#[must_use]
pub fn heading(lang: Lang, key: &str) -> String {
    format!("<h2>{}</h2>\n", escape(say(lang, key)))
}

/// `key` of the catalogue with `{0}`, `{1}` … replaced; the values are HTML already.
#[must_use]
pub fn fill(lang: Lang, key: &str, values: &[String]) -> String {
    let mut out = escape(say(lang, key));
    for (n, value) in values.iter().enumerate() {
        out = out.replace(&format!("{{{n}}}"), value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escape, percent, percent_of, span};
    use crate::report::words::Lang;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escape("<a b='c'>&\"\u{7}"), "&lt;a b=&#39;c&#39;&gt;&amp;&quot; ");
    }

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        let check = |share: f64, expect: &str| assert_eq!(percent(Some(share)), expect);
        check(1.0, "100%");
        check(0.9999, "99.9%");
        check(0.29, "29%");
        check(2.0 / 3.0, "66.6%");
        assert_eq!(percent(None), "—");
        assert_eq!(percent_of(Some(0.5), 4), "50%<sup>†</sup>");
        assert_eq!(percent_of(Some(0.5), 5), "50%");
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
}
