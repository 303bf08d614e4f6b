//! What stands on the monthly report: the verdict on the clauses, the scorecards, how reviewers
//! agree, objections, and what the meeting has to talk about.

use super::figures::share;
use super::month::MonthReport;
use super::scorecard::{Dimension, RUBRIC, Scorecard};
use super::sheet::{
    Block, Density, Line, NONE, Sheet, Tone, fill, fill_text, heading, note, percent, table,
};
use super::week::{day_time, full_time};
use super::words::{Lang, code, say};
use crate::regulation::{Finding, Measure};

/// The sheet in `lang`. The same report gives the same sheet.
#[must_use]
pub fn month_sheet(report: &MonthReport, lang: Lang) -> Sheet {
    let (year, month) = report.month.year_and_number();
    let numbers = [year.to_string(), month.to_string()];
    let basis = &report.basis;
    let foot = [
        full_time(basis.cut_off, &basis.zone),
        basis.zone.iana_name().unwrap_or("UTC").to_owned(),
        basis.lines.to_string(),
        basis.sha256.clone(),
    ];
    let running = [
        report.month.to_string(),
        full_time(basis.cut_off, &basis.zone),
        basis.lines.to_string(),
        basis.sha256.chars().take(12).collect(),
    ];
    let mut blocks = Vec::new();
    if basis.cut_off < basis.end {
        blocks.push(Block::Warning(Line::said(lang, "month.unfinished")));
    }
    blocks.extend(match report.overview.observations.n() {
        0 => vec![Block::Lead(Line::said(lang, "month.empty"))],
        _ => [
            vec![lead(report, lang)],
            clauses(report, lang),
            scores(report, lang, &report.members, ("part.member_scores", RUBRIC.member)),
            scores(report, lang, &report.operators, ("part.operator_scores", RUBRIC.operator)),
            agreement(report, lang),
            objections(report, lang),
            hints(report, lang),
            meeting(report, lang),
        ]
        .concat(),
    });
    blocks.push(Block::Signatures {
        who: ["sign.leader", "sign.director"].map(|key| say(lang, key).to_owned()).to_vec(),
        date: say(lang, "sign.date").to_owned(),
    });
    blocks.push(Block::Foot(vec![
        fill_text(lang, "foot.basis", &foot),
        fill_text(lang, "month.rubric", &[RUBRIC.version.to_owned()]),
    ]));
    Sheet {
        lang,
        title: say(lang, "month.title").to_owned(),
        subtitle: [
            format!("{} · {}", basis.site_name, fill_text(lang, "month.which", &numbers)),
            fill_text(lang, "head.number", &[report.month.to_string()]),
        ],
        running: fill_text(lang, "foot.running", &running),
        blocks,
    }
}

fn lead(report: &MonthReport, lang: Lang) -> Block {
    let sum = &report.overview;
    let facts = [
        Line::count(&sum.observations),
        Line::count(&sum.confirmed),
        Line::count(&sum.dispatched),
        Line::count(&sum.closed),
        Line::percent(share(sum.closed_in_time.n(), sum.closed.n())),
        Line::count(&sum.open),
        Line::count(&report.reviews.reviewed),
        Line::score(report.reviews.score),
    ];
    Block::Lead(fill(lang, "month.lead", &facts))
}

fn clauses(report: &MonthReport, lang: Lang) -> Vec<Block> {
    let row = |finding: &Finding| {
        let (limit, n) = match finding.measure {
            Measure::Share { limit, n, .. } => (Line::percent(Some(limit)), Line::number(n)),
            Measure::NotMeasured => (Line::none(), Line::none()),
        };
        let share = match (&finding.measure, finding.is_met()) {
            (Measure::NotMeasured, _) => Line::said(lang, "not_measured").in_tone(Tone::Soft),
            (_, None) => Line::said(lang, "no_case").in_tone(Tone::Soft),
            (_, Some(true)) => Line::percent(finding.share()),
            (_, Some(false)) => Line::percent(finding.share()).in_tone(Tone::Bad),
        };
        vec![
            Line::said(lang, &format!("clause.{}", finding.clause)),
            Line::said(lang, &format!("check.{}", finding.check)),
            limit,
            share,
            n,
            Line::number(finding.violations.len()),
        ]
    };
    let columns = [
        "<clause.head",
        "<clause.check",
        "clause.limit",
        "month.month",
        "clause.cases",
        "clause.violations",
    ];
    let rows = report.findings.iter().map(row).collect();
    vec![heading(lang, "part.clauses"), table(lang, Density::Named, &columns, rows)]
}

/// Ranked by nobody: in the order of the accounts, with the band where there is enough to say one.
fn scores(
    report: &MonthReport,
    lang: Lang,
    cards: &[Scorecard],
    (title, weights): (&str, &[(Dimension, f64)]),
) -> Vec<Block> {
    if cards.is_empty() {
        return Vec::new();
    }
    let head: Vec<String> =
        weights.iter().map(|(dimension, _)| format!("score.{}", dimension.as_str())).collect();
    let mut columns = vec!["<col.person", "col.tickets"];
    columns.extend(head.iter().map(String::as_str));
    columns.extend(["score.score", "<score.band"]);
    let hard = cards.iter().any(|card| card.difficulty.is_some());
    columns.extend(hard.then_some("score.difficulty"));
    let row = |card: &Scorecard| {
        let mut cells = vec![Line::text(report.display(&card.person)), Line::count(&card.tickets)];
        for (dimension, _) in weights {
            let rate = card.rates.get(dimension);
            cells.push(rate.map_or_else(Line::none, |rate| {
                Line::figure(percent(rate.share()), &rate.tickets)
            }));
        }
        let small = Line::said(lang, "sample.small").in_tone(Tone::Soft);
        cells.push(Line::score(card.score));
        cells.push(card.band.map_or(small, |band| Line::text(code(lang, "band", band))));
        if hard {
            let told = |hard| Line::text(format!("{hard:.2}"));
            cells.push(card.difficulty.map_or_else(Line::none, told));
        }
        cells
    };
    let rows = cards.iter().map(row).collect();
    vec![
        heading(lang, title),
        table(lang, Density::Figures, &columns, rows),
        note(lang, &format!("{title}.note")),
    ]
}

fn agreement(report: &MonthReport, lang: Lang) -> Vec<Block> {
    let title = heading(lang, "part.agreement");
    if report.agreements.is_empty() {
        return vec![Block::Keep(vec![title, note(lang, "agreement.none")])];
    }
    let rows = report.agreements.iter().map(|pair| {
        let (first, second) = &pair.reviewers;
        let figure = |value: Option<f64>, digits: usize| {
            value.map_or_else(Line::none, |value| Line::text(format!("{value:.digits$}")))
        };
        vec![
            Line::text(format!("{} – {}", report.display(first), report.display(second))),
            Line::number(pair.tickets),
            Line::number(pair.items),
            Line::percent(pair.same),
            figure(pair.kappa, 2),
            figure(pair.lean, 1),
            Line::number(pair.calibrate.len()),
        ]
    });
    let columns = [
        "<agreement.pair",
        "col.tickets",
        "agreement.items",
        "agreement.same",
        "agreement.kappa",
        "agreement.lean",
        "agreement.calibrate",
    ];
    let table = table(lang, Density::Figures, &columns, rows.collect());
    vec![Block::Keep(vec![title, table, note(lang, "agreement.note")])]
}

fn objections(report: &MonthReport, lang: Lang) -> Vec<Block> {
    let title = heading(lang, "part.objections");
    if report.objections.is_empty() {
        return vec![Block::Keep(vec![title, note(lang, "objections.none")])];
    }
    let zone = &report.basis.zone;
    let rows = report.objections.iter().map(|objection| {
        let answer = objection
            .answer
            .as_ref()
            .map(|answer| format!("{} · {}", report.display(&answer.by), answer.text));
        vec![
            Line::toned(day_time(objection.at, zone), Tone::Whole),
            Line::text(report.display(&objection.person)),
            Line::text(objection.ticket.map_or_else(|| NONE.to_owned(), |n| n.to_string())),
            Line::text(&objection.text),
            match answer {
                Some(answer) => Line::text(answer),
                None => Line::said(lang, "objections.open").in_tone(Tone::Bad),
            },
        ]
    });
    let columns =
        ["<case.at", "<col.person", "<col.ticket", "<objections.text", "<objections.answer"];
    vec![title, table(lang, Density::Plain, &columns, rows.collect())]
}

fn hints(report: &MonthReport, lang: Lang) -> Vec<Block> {
    let title = heading(lang, "part.hints");
    if report.hints.is_empty() {
        return vec![Block::Keep(vec![title, note(lang, "hints.none")])];
    }
    let rows = report.hints.iter().map(|hint| {
        vec![
            Line::text(report.display(&hint.person)),
            Line::said(lang, &format!("hint.{}", hint.what)),
            Line::count(&hint.tickets),
        ]
    });
    let columns = ["<col.person", "<hints.what", "col.tickets"];
    let table = table(lang, Density::Plain, &columns, rows.collect());
    vec![Block::Keep(vec![title, table, note(lang, "hints.note")])]
}

/// What the meeting has to talk about, out of the figures; the rest is written by hand.
fn meeting(report: &MonthReport, lang: Lang) -> Vec<Block> {
    let mut agenda: Vec<Line> = report
        .findings
        .iter()
        .filter(|finding| finding.is_met() == Some(false))
        .map(|finding| {
            let check = Line::said(lang, &format!("check.{}", finding.check));
            fill(lang, "meeting.clause", &[check, Line::number(finding.violations.len())])
        })
        .collect();
    if report.overview.open.n() > 0 {
        agenda.push(fill(lang, "meeting.open", &[Line::count(&report.overview.open)]));
    }
    let waiting = report.objections.iter().filter(|objection| objection.answer.is_none()).count();
    if waiting > 0 {
        agenda.push(fill(lang, "meeting.objections", &[Line::number(waiting)]));
    }
    if !report.unreviewed.is_empty() {
        let names: Vec<&str> = report.unreviewed.iter().map(|name| report.display(name)).collect();
        agenda.push(fill(lang, "meeting.unreviewed", &[Line::text(names.join(lang.comma()))]));
    }
    let mut blocks = vec![heading(lang, "part.meeting")];
    blocks.extend(
        agenda
            .into_iter()
            .enumerate()
            .map(|(n, line)| Block::Paragraph(Line::text(format!("{}. ", n + 1)).then(line))),
    );
    blocks.push(Block::Ruled(3));
    vec![Block::Keep(blocks)]
}
