//! The sheet as one HTML page for the screen, and for A4 paper from a browser.
//!
//! Black on white, serif, hairlines. One file without script and without anything from outside; on
//! the screen a figure opens into the tickets behind it, on paper it stays a figure.

use super::figures::{TicketRef, WeekReport};
use super::page::sheet;
use super::sheet::{Block, Chart, Column, Density, Key, Line, Piece, Sheet, Table, Tone};
use super::words::Lang;

/// The page in `lang`. The same report gives the same bytes.
#[must_use]
pub fn render_html(report: &WeekReport, lang: Lang) -> String {
    html(&sheet(report, lang), &report.week.to_string())
}

/// A sheet as a page; `of` says in the window's title which one it is.
#[must_use]
pub fn html(sheet: &Sheet, of: &str) -> String {
    let [left, right] = sheet.subtitle.each_ref().map(|text| escape(text));
    let body: String = sheet.blocks.iter().map(block).collect();
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{} {}</title>\n\
         <style>{}{}</style></head>\n<body><main>\n<header><h1>{}</h1><div class=\"sub\">\
         <span>{left}</span><span>{right}</span></div></header>\n{body}</main></body></html>\n",
        sheet.lang.tag(),
        escape(&sheet.title),
        escape(of),
        include_str!("page.css"),
        running_feet(&sheet.running),
        escape(&sheet.title),
    )
}

/// The line under every page that a browser prints. Inside a string of CSS and inside a style
/// element: no quotes, no backslash, nothing that could end either.
fn running_feet(text: &str) -> String {
    let safe: String = text.chars().filter(|c| !"\"\\<>".contains(*c)).collect();
    format!(
        "@page{{@bottom-left{{content:\"{safe}\"}}\
         @bottom-right{{content:counter(page) \" / \" counter(pages)}}}}"
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("<h2>{}</h2>\n", escape(text)),
        Block::Appendix(text) => {
            format!("<div class=\"appendix\"><h2>{}</h2></div>\n", escape(text))
        }
        Block::Subheading(text) => format!("<h3>{}</h3>\n", escape(text)),
        Block::Lead(words) => format!("<div class=\"lead\">{}</div>\n", line(words)),
        Block::Paragraph(words) => format!("<div class=\"text\">{}</div>\n", line(words)),
        Block::Note(words) => format!("<div class=\"note\">{}</div>\n", line(words)),
        Block::Warning(words) => format!("<div class=\"note strong\">{}</div>\n", line(words)),
        Block::Keys(keys) => {
            format!("<div class=\"k\">{}</div>\n", keys.iter().map(key).collect::<String>())
        }
        Block::Table(set) => table(set),
        Block::Charts(charts) => {
            let class = if charts.len() > 1 { "charts" } else { "chart" };
            let charts: String = charts.iter().map(chart).collect();
            format!("<div class=\"{class}\">{charts}</div>\n")
        }
        Block::Columns(columns) => {
            let column = |blocks: &Vec<Block>| format!("<div>{}</div>", all(blocks));
            let columns: String = columns.iter().map(column).collect();
            format!("<div class=\"two\">{columns}</div>\n")
        }
        Block::Keep(blocks) => format!("<section class=\"keep\">{}</section>\n", all(blocks)),
        Block::Ruled(lines) => "<div class=\"rule\"></div>".repeat(*lines),
        Block::Signatures { who, date } => signatures(who, date),
        Block::Foot(lines) => {
            let lines: String =
                lines.iter().map(|text| format!("<p>{}</p>", escape(text))).collect();
            format!("<footer>{lines}</footer>\n")
        }
    }
}

fn all(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect()
}

fn key(key: &Key) -> String {
    let (figure, label, more) = (line(&key.figure), escape(&key.label), line(&key.more));
    format!("<div><b>{figure}</b><span>{label}</span><span>{more}</span></div>")
}

fn chart(chart: &Chart) -> String {
    format!("<div><h3>{}</h3>{}</div>", escape(&chart.title), chart.svg)
}

fn signatures(who: &[String], date: &str) -> String {
    let one = |who: &String| {
        format!("<span>{}<i></i> {}<i class=\"short\"></i></span>", escape(who), escape(date))
    };
    format!("<div class=\"sign\">{}</div>\n", who.iter().map(one).collect::<String>())
}

fn table(set: &Table) -> String {
    let class = |column: &Column| if column.words { " class=\"l\"" } else { "" };
    let density = match set.density {
        Density::Plain => "plain",
        Density::Named => "clauses",
        Density::Figures => "num",
        Density::Dense => "num dense",
    };
    let mut out = format!("<table class=\"{density}\"><thead><tr>");
    for column in &set.columns {
        out += &format!("<th{}>{}</th>", class(column), escape(&column.label));
    }
    out += "</tr></thead><tbody>";
    for row in &set.rows {
        out += "<tr>";
        for (column, cell) in set.columns.iter().zip(row) {
            out += &format!("<td{}>{}</td>", class(column), line(cell));
        }
        out += "</tr>\n";
    }
    out + "</tbody></table>\n"
}

fn line(line: &Line) -> String {
    line.pieces.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Text(text, tone) => {
            let text = escape(text);
            match tone {
                Tone::Plain => text,
                Tone::Bad => format!("<span class=\"bad nw\">{text}</span>"),
                Tone::Soft => format!("<i class=\"nw\">{text}</i>"),
                Tone::Sum => format!("<span class=\"sum\">{text}</span>"),
                Tone::Mark => format!("<sup>{text}</sup>"),
                Tone::Whole => format!("<span class=\"nw\">{text}</span>"),
            }
        }
        Piece::Figure(text, behind) => {
            let links: Vec<String> = behind.iter().map(ticket).collect();
            let (text, links) = (escape(text), links.join(" "));
            format!(
                "<details><summary>{text}</summary><span class=\"ids\">{links}</span></details>"
            )
        }
        Piece::Ticket(about) => ticket(about),
        Piece::File(name) => format!("<a href=\"{0}\">{0}</a>", escape(name)),
    }
}

/// A ticket's number as a link to the console.
fn ticket(ticket: &TicketRef) -> String {
    let (id, number) = (escape(&ticket.id.0), ticket.number);
    format!("<a href=\"/console?ticket={id}\" target=\"_top\">{number}</a>")
}

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

#[cfg(test)]
mod tests {
    use super::{escape, running_feet};

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escape("<a b='c'>&\"\u{7}"), "&lt;a b=&#39;c&#39;&gt;&amp;&quot; ");
    }

    #[test]
    fn the_running_foot_ends_neither_its_string_nor_the_style() {
        let css = running_feet("a\"}</style>\\");
        assert!(css.contains("content:\"a}/style\""), "{css}");
    }
}
