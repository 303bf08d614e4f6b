//! One case on one sheet: its story line by line, for the archive. Names stand in it, because the
//! archive is the centre's own; it leaves the centre only by approval.

use super::figures::WeekReport;
use super::sheet::{Block, Density, Line, Sheet, Tone, fill_text, heading, table};
use super::week::full_time;
use super::words::{Lang, code, say};
use crate::ticket::history::Case;
use crate::ticket::log::LogEntry;

/// The sheet of a case. `lines`: its log in order; `files`: what lies beside the sheet.
#[must_use]
pub fn case_sheet(
    report: &WeekReport,
    case: &Case,
    lines: &[&LogEntry],
    files: &[String],
    lang: Lang,
) -> Sheet {
    let zone = &report.basis.zone;
    let row = |line: &&LogEntry| {
        vec![
            Line::toned(full_time(line.at, zone), Tone::Whole),
            Line::text(report.display(&line.actor)),
            Line::text(code(lang, "act", &line.input)),
            Line::text(line.detail.to_string()),
        ]
    };
    let columns = ["<case.at", "<col.person", "<case.act", "<case.facts"];
    let story = table(lang, Density::Plain, &columns, lines.iter().map(row).collect());
    let mut blocks = vec![heading(lang, "case.story"), story, heading(lang, "case.files")];
    blocks.extend(files.iter().map(|file| Block::Paragraph(Line::text(file))));
    if files.is_empty() {
        blocks.push(Block::Paragraph(Line::said(lang, "case.no_files")));
    }
    let facts = [
        case.place.clone(),
        code(lang, "category", &case.category),
        case.severity.as_str().to_owned(),
        code(lang, "stage", case.stage.as_str()),
    ];
    Sheet {
        lang,
        title: fill_text(lang, "case.title", &[case.number.to_string()]),
        subtitle: [facts.join(" · "), report.basis.site_name.clone()],
        running: format!("{} · {}", case.number, say(lang, "volume.title")),
        blocks,
    }
}
