//! Cover, catalogue and remarks sheet (备考表) of a volume, each on a page of A4.

use super::archive::Manifest;
use super::figures::WeekReport;
use super::sheet::{Block, Density, Line, Sheet, fill_text, table};
use super::week::{full_time, local};
use super::words::{Lang, code, say};
use crate::clock::UnixMs;

/// The three sheets in one document.
#[must_use]
pub fn cover(report: &WeekReport, manifest: &Manifest, lang: Lang) -> Sheet {
    let zone = &report.basis.zone;
    let made = UnixMs(manifest.made_ms);
    let fact = |key: &str, value: String| vec![Line::said(lang, key), Line::text(value)];
    let day = |at: UnixMs| local(at, zone).strftime("%Y-%m-%d").to_string();
    let days = [day(report.basis.start), day(report.basis.end.plus_ms(-1))].join(" – ");
    let facts = vec![
        fact("cover.code", manifest.code.clone()),
        fact("cover.site", manifest.site.clone()),
        fact("cover.about", manifest.about.clone()),
        fact("cover.days", days),
        fact("cover.cases", report.overview.confirmed.n().to_string()),
        fact("cover.files", manifest.files.len().to_string()),
        fact("cover.made", full_time(made, zone)),
        fact("cover.by", report.display(&manifest.made_by).to_owned()),
    ];
    let blocks = [
        vec![table(lang, Density::Plain, &["<cover.item", "<cover.value"], facts)],
        catalogue(report, lang),
        remarks(report, manifest, lang),
    ];
    Sheet {
        lang,
        title: say(lang, "volume.title").to_owned(),
        subtitle: [format!("{} · {}", manifest.code, manifest.site), manifest.about.clone()],
        running: format!("{} · {}", manifest.code, manifest.about),
        blocks: blocks.concat(),
    }
}

fn catalogue(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let mut rows = vec![vec![
        Line::number(1),
        Line::said(lang, "head.title"),
        Line::text(report.week.to_string()),
        Line::text("report.html"),
    ]];
    for (n, case) in report.ledger.iter().filter(|case| case.is_confirmed()).enumerate() {
        rows.push(vec![
            Line::number(n + 2),
            Line::text(format!("{} · {}", case.place, code(lang, "category", &case.category))),
            Line::text(local(case.opened, &report.basis.zone).strftime("%Y-%m-%d").to_string()),
            Line::text(format!("cases/{}", case.number)),
        ]);
    }
    let columns = ["cover.number", "<cover.title", "<cover.date", "<cover.place"];
    let head = Block::Appendix(say(lang, "cover.catalogue").to_owned());
    vec![head, table(lang, Density::Dense, &columns, rows)]
}

fn remarks(report: &WeekReport, manifest: &Manifest, lang: Lang) -> Vec<Block> {
    let head = Block::Appendix(say(lang, "cover.remarks").to_owned());
    let basis = [
        manifest.audit_seq.to_string(),
        report.basis.lines.to_string(),
        manifest.log_sha256.clone(),
    ];
    let mut blocks =
        vec![head, Block::Paragraph(Line::text(fill_text(lang, "cover.basis", &basis)))];
    let row = |(number, lacks): (&String, &Vec<String>)| {
        let words: Vec<String> = lacks.iter().map(|word| code(lang, "lacks", word)).collect();
        vec![Line::text(number), Line::text(words.join(lang.comma()))]
    };
    let rows: Vec<Vec<Line>> = manifest.incomplete.iter().map(row).collect();
    match rows.is_empty() {
        true => blocks.push(Block::Paragraph(Line::said(lang, "cover.complete"))),
        false => {
            let columns = ["<col.ticket", "<cover.lacks"];
            blocks.push(table(lang, Density::Plain, &columns, rows));
        }
    }
    let who = ["cover.filed", "cover.checked"].map(|key| say(lang, key).to_owned()).to_vec();
    blocks.extend([
        Block::Ruled(3),
        Block::Signatures { who, date: say(lang, "sign.date").to_owned() },
    ]);
    blocks
}
