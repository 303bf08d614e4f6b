//! One case on one sheet: its story line by line, for the archive. Names stand in it, because the
//! archive is the centre's own; it leaves the centre only by approval.

use super::case_facts::facts;
use super::figures::WeekReport;
use super::sheet::{Block, Density, Line, Sheet, Tone, fill_text, heading, note, table};
use super::week::full_time;
use super::words::{Lang, code, say};
use crate::ticket::Role;
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
            Line::text(line.version.to_string()),
            Line::toned(full_time(line.at, zone), Tone::Whole),
            Line::toned(by(report, line, lang), Tone::Whole),
            Line::toned(code(lang, "act", &line.input), Tone::Whole),
            Line::text(facts(report, line, lang)),
        ]
    };
    let columns = ["<case.number", "<case.at", "<col.person", "<case.act", "<case.facts"];
    let story = table(lang, Density::Plain, &columns, lines.iter().map(row).collect());
    let mut blocks = vec![
        heading(lang, "case.story"),
        story,
        note(lang, "case.note"),
        heading(lang, "case.files"),
    ];
    blocks.extend(files.iter().map(|file| Block::Paragraph(evidence(file, lang))));
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

/// Who did it; steps that come by themselves are the system's.
fn by<'a>(report: &'a WeekReport, line: &'a LogEntry, lang: Lang) -> &'a str {
    match line.role {
        Role::System => say(lang, "by.system"),
        Role::Operator
        | Role::ShiftLeader
        | Role::Director
        | Role::PatrolMember
        | Role::Admin
        | Role::Wall => report.display(&line.actor),
    }
}

/// A file of the evidence with the word of what it is: `02-clip.mp4`.
fn evidence(file: &str, lang: Lang) -> Line {
    let kind = file.split_once('-').and_then(|(_, rest)| rest.split('.').next());
    let link = Line::file(file);
    match kind {
        Some(kind) => link.then(Line::text(format!(" · {}", code(lang, "evidence", kind)))),
        None => link,
    }
}
