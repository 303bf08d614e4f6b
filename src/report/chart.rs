//! Two small charts as SVG text: bars and a heat map. Ink only, so that a grey printer loses
//! nothing: what was late is hatched, not red; a cell of the heat map carries its number.

use super::render_html::escape;
use super::trend::Limits;

/// What a chart says of its letters, for those who look at it outside of the page.
const LETTERS: &str = "font-family=\"Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, sans-serif\" \
     font-size=\"9.5\" fill=\"#15191e\" text-anchor=\"middle\"";

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub label: String,
    pub n: usize,
    /// How many of `n` were late; drawn hatched, on top.
    pub late: usize,
}

// Sizes in units of the view box, tried on the printed page; `TOP` is room for the numbers over
// the bars. Guess, revisit.
const BAR_W: usize = 32;
const BAR_STEP: usize = 40;
const BAR_H: usize = 84;
const TOP: usize = 16;

// As above; 24 cells fill the width of A4, `LEFT` holds the days. Guess, revisit.
const CELL_W: usize = 25;
const CELL_H: usize = 17;
const LEFT: usize = 34;

/// Bars from left to right. `id` keeps the hatching apart from other charts of the page.
#[must_use]
pub fn bars(id: &str, title: &str, bars: &[Bar]) -> String {
    let (width, height) = (bars.len() * BAR_STEP, TOP + BAR_H + 18);
    let most = bars.iter().map(|bar| bar.n).max().unwrap_or(0).max(1);
    let (id, title) = (escape(id), escape(title));
    let mut out = format!(
        "<svg class=\"bars\" {LETTERS} role=\"img\" aria-label=\"{title}\" \
         viewBox=\"0 0 {width} {height}\"><defs><pattern id=\"late-{id}\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect width=\"4\" height=\"4\" fill=\"#fff\"/>\
         <line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"4\" stroke=\"#15191e\" stroke-width=\"2.2\"/>\
         </pattern></defs>"
    );
    for (n, bar) in bars.iter().enumerate() {
        out += &one_bar(&id, n * BAR_STEP, bar, most);
    }
    let base = TOP + BAR_H;
    out + &format!(
        "<line x1=\"0\" x2=\"{width}\" y1=\"{base}.5\" y2=\"{base}.5\" stroke=\"#15191e\"/></svg>"
    )
}

fn one_bar(id: &str, left: usize, bar: &Bar, most: usize) -> String {
    let height = |n: usize| (n * BAR_H).div_ceil(most);
    let (whole, late) = (height(bar.n), height(bar.late.min(bar.n)));
    let (top, x, middle) = (TOP + BAR_H - whole, left + 4, left + 4 + BAR_W / 2);
    let good = whole - late;
    let mut out = String::new();
    if good > 0 {
        let y = top + late;
        out += &format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{BAR_W}\" height=\"{good}\" fill=\"#56606b\"/>"
        );
    }
    if late > 0 {
        out += &format!(
            "<rect x=\"{x}.5\" y=\"{top}\" width=\"{}\" height=\"{late}\" fill=\"url(#late-{id})\" \
             stroke=\"#15191e\"/>",
            BAR_W - 1
        );
    }
    let (over, under) = (top - 4, TOP + BAR_H + 14);
    out + &format!(
        "<text x=\"{middle}\" y=\"{over}\">{}</text>\
         <text class=\"under\" x=\"{middle}\" y=\"{under}\">{}</text>",
        bar.n,
        escape(&bar.label)
    )
}

/// Rows of cells. `rows`: a label and its numbers, each with words for a pointing hand.
/// `columns`: labels under the columns, empty ones left out.
#[must_use]
pub fn heat(title: &str, rows: &[(String, Vec<(usize, String)>)], columns: &[String]) -> String {
    let most = rows.iter().flat_map(|row| &row.1).map(|cell| cell.0).max().unwrap_or(0).max(1);
    let (width, bottom) = (LEFT + columns.len() * CELL_W, rows.len() * CELL_H);
    let mut out = format!(
        "<svg class=\"heat\" {LETTERS} role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {}\">",
        escape(title),
        bottom + 15
    );
    for (y, (label, cells)) in rows.iter().enumerate() {
        let text_y = y * CELL_H + 12;
        out += &format!(
            "<text class=\"day\" text-anchor=\"start\" x=\"0\" y=\"{text_y}\">{}</text>",
            escape(label)
        );
        for (x, (n, words)) in cells.iter().enumerate() {
            out += &cell((LEFT + x * CELL_W, y * CELL_H), *n, most, words);
        }
    }
    for (x, label) in columns.iter().enumerate().filter(|(_, label)| !label.is_empty()) {
        let (x, y) = (LEFT + x * CELL_W + CELL_W / 2, bottom + 12);
        out += &format!("<text x=\"{x}\" y=\"{y}\">{}</text>", escape(label));
    }
    out + "</svg>"
}

fn cell((x, y): (usize, usize), n: usize, most: usize, words: &str) -> String {
    // White to a dark grey in which white figures are still read.
    let grey = 255 - (n * 175).div_ceil(most);
    let (w, h) = (CELL_W - 1, CELL_H - 1);
    let mut out = format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"rgb({grey},{grey},{grey})\" \
         stroke=\"#cfd5db\" stroke-width=\".5\"><title>{}</title></rect>",
        escape(words)
    );
    if n > 0 {
        let ink = if grey < 122 { "#fff" } else { "#15191e" };
        let (x, y) = (x + w / 2, y + 12);
        out += &format!("<text x=\"{x}\" y=\"{y}\" style=\"fill:{ink}\">{n}</text>");
    }
    out
}

/// Counts of weeks as lines, the first in grey, with the limits of the first as dashes.
#[must_use]
pub fn course(title: &str, lines: &[&[usize]], limits: Option<&Limits>) -> String {
    let (width, height) = (LEFT + 24 * CELL_W, 76);
    let most = lines.iter().flat_map(|line| line.iter()).max().copied().unwrap_or(0);
    #[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
    let top = limits.map_or(0.0, |limits| limits.high).max(most as f64).max(1.0);
    // Whole tenths, so that the same counts are the same text on every machine.
    let y = |count: f64| format!("{:.1}", 66.0 - count / top * 56.0);
    let mut out = format!(
        "<svg class=\"course\" {LETTERS} role=\"img\" aria-label=\"{}\" \
         viewBox=\"0 0 {width} {height}\">\
         <line x1=\"0\" x2=\"{width}\" y1=\"66.5\" y2=\"66.5\" stroke=\"#15191e\" \
         stroke-width=\".5\"/>",
        escape(title)
    );
    for end in limits.map_or(Vec::new(), |limits| vec![limits.low, limits.high]) {
        let y = y(end);
        out += &format!(
            "<line x1=\"0\" x2=\"{width}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#56606b\" \
             stroke-width=\".7\" stroke-dasharray=\"4 3\"/>"
        );
    }
    // The last count of the upper line stands above its end, that of the lower one below it.
    for (counts, (ink, dy)) in lines.iter().zip([("#8b949e", -1), ("#15191e", 8)]) {
        let step = (width - LEFT) / counts.len().saturating_sub(1).max(1);
        #[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
        let points: Vec<(usize, String)> =
            counts.iter().enumerate().map(|(n, count)| (10 + n * step, y(*count as f64))).collect();
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        out += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.4\"/>",
            path.join(" ")
        );
        if let Some((count, (x, y))) = counts.last().zip(points.last()) {
            out += &format!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"2.4\" fill=\"{ink}\"/>\
                 <text x=\"{}\" y=\"{y}\" dy=\"{dy}\" text-anchor=\"start\">{count}</text>",
                x + 5
            );
        }
    }
    out + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::{Bar, bars, heat};

    fn check(svg: &str, holds: &[&str], lacks: &[&str]) {
        for text in holds {
            assert!(svg.contains(text), "{text} is missing in {svg}");
        }
        for text in lacks {
            assert!(!svg.contains(text), "{text} is in {svg}");
        }
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
    }

    #[test]
    fn the_longest_bar_is_full_and_late_is_hatched() {
        let bar = |n, late| Bar { label: "<30".into(), n, late };
        let svg = bars("ack", "a & b", &[bar(10, 0), bar(5, 5), bar(0, 0)]);
        check(&svg, &["height=\"84\"", "url(#late-ack)", "&lt;30", "a &amp; b"], &["<30", "NaN"]);
        check(&bars("x", "", &[]), &[], &["NaN"]);
    }

    #[test]
    fn an_empty_cell_is_white_and_has_no_number() {
        let row = ("Mon".to_owned(), vec![(0, "none".to_owned()), (3, "1, 2, 3".to_owned())]);
        let svg = heat("hours", &[row], &["0".into(), String::new()]);
        check(&svg, &["rgb(255,255,255)", "rgb(80,80,80)", ">3</text>"], &[">0</text><text"]);
    }
}
