//! The parts of the page about the equipment, and about who looked at stored video.

use std::collections::BTreeMap;

use super::figures::{WeekReport, share};
use super::sheet::{Block, Density, Line, NONE, Tone, fill, heading, note, table};
use super::week::day_time;
use super::words::{Lang, code, say};
use crate::equipment::availability::Availability;

/// Cameras on the page; the rest is one line (all of them are in the JSON).
const CAMERAS_SHOWN: usize = 10;
const DAY_MS: i64 = 86_400_000;

pub(super) fn equipment(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let heading = heading(lang, "part.equipment");
    let cameras = &report.equipment.cameras;
    if cameras.is_empty() {
        return [vec![heading, note(lang, "equipment.none")], faults(report, lang)].concat();
    }
    let (service, recorded, available) = report.equipment.sums_ms();
    let stops: usize = cameras.iter().map(|camera| camera.interruptions.len()).sum();
    let longest = cameras.iter().map(Availability::longest_ms).max();
    let sum = [
        Line::number(cameras.len()),
        Line::percent(part(available, service)),
        Line::percent(part(recorded, service)),
        Line::number(stops),
        Line::span(longest, lang),
    ];
    let columns = [
        "<col.camera",
        "col.available",
        "col.interruptions",
        "col.longest",
        "col.recorded",
        "col.stored",
        "<col.causes",
    ];
    let shown = cameras.len().min(CAMERAS_SHOWN);
    let mut rows: Vec<Vec<Line>> =
        cameras[..shown].iter().map(|camera| one(report, camera, lang)).collect();
    if shown < cameras.len() {
        rows.push(rest(&cameras[shown..], lang));
    }
    let words = Block::Paragraph(fill(lang, "equipment.sum", &sum));
    let table = table(lang, Density::Plain, &columns, rows);
    [vec![heading, words, table, note(lang, "equipment.note")], faults(report, lang)].concat()
}

/// A share of time; whole seconds are enough.
fn part(of: i64, whole: i64) -> Option<f64> {
    let seconds = |ms: i64| usize::try_from(ms / 1000).unwrap_or(0);
    share(seconds(of), seconds(whole))
}

fn one(report: &WeekReport, camera: &Availability, lang: Lang) -> Vec<Line> {
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    for stop in &camera.interruptions {
        *causes.entry(&stop.cause).or_default() += 1;
    }
    let cause = |(word, n): (&&str, &usize)| format!("{} {n}", code(lang, "cause", word));
    let causes: Vec<String> = causes.iter().map(cause).collect();
    let mut cells = figures(std::slice::from_ref(camera), lang);
    cells.insert(0, Line::text(report.camera(camera.camera.as_str())));
    cells.push(match camera.stored_ms {
        Some(ms) => Line::number(usize::try_from(ms / DAY_MS).unwrap_or(0)),
        None => Line::none(),
    });
    cells.push(Line::text(causes.join(lang.comma())));
    cells
}

fn rest(cameras: &[Availability], lang: Lang) -> Vec<Line> {
    let mut cells = figures(cameras, lang);
    cells.insert(0, fill(lang, "equipment.rest", &[Line::number(cameras.len())]));
    let least = cameras.iter().filter_map(|camera| camera.stored_ms).min();
    let days = |ms: i64| Line::text(format!("≥ {}", ms / DAY_MS));
    cells.push(least.map_or_else(Line::none, days));
    cells.push(Line::default());
    cells
}

/// Available, stops, longest, recorded.
fn figures(cameras: &[Availability], lang: Lang) -> Vec<Line> {
    let sum = |of: fn(&Availability) -> i64| cameras.iter().map(of).sum::<i64>();
    let service = sum(|camera| camera.service_ms);
    let available = part(sum(|camera| camera.available_ms), service);
    // The target of the clause VM-7 (`domain` 4.4).
    let tone = if available.is_some_and(|share| share < 0.98) { Tone::Bad } else { Tone::Plain };
    let longest = cameras.iter().map(Availability::longest_ms).max().filter(|ms| *ms > 0);
    vec![
        Line::percent(available).in_tone(tone),
        Line::number(cameras.iter().map(|camera| camera.interruptions.len()).sum()),
        Line::span(longest, lang),
        Line::percent(part(sum(|camera| camera.recorded_ms), service)),
    ]
}

fn faults(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let zone = &report.basis.zone;
    let end = report.basis.end.min(report.basis.cut_off);
    let row = |fault: &crate::record::Fault| {
        let until = fault.until.filter(|until| *until < end);
        let camera = fault.camera.as_ref().map(|camera| report.camera(camera.as_str()));
        let lasted = until.unwrap_or(end).since_ms(fault.since);
        vec![
            Line::text(camera.unwrap_or(NONE)),
            Line::text(code(lang, "cause", fault.kind.word())),
            Line::toned(day_time(fault.since, zone), Tone::Whole),
            match until {
                Some(until) => Line::toned(day_time(until, zone), Tone::Whole),
                None => Line::said(lang, "interruptions.lasts").in_tone(Tone::Bad),
            },
            Line::span(Some(lasted), lang),
        ]
    };
    let rows: Vec<Vec<Line>> = report.equipment.faults.iter().map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = ["<col.camera", "<col.fault", "<col.since", "<col.until", "col.lasted"];
    let title = Block::Subheading(say(lang, "equipment.faults").to_owned());
    vec![title, table(lang, Density::Plain, &columns, rows)]
}

pub(super) fn register(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let heading = heading(lang, "part.register");
    let Some(register) = &report.register else {
        return vec![heading, note(lang, "register.not_read")];
    };
    let facts = [
        Line::number(register.by_person.values().sum()),
        Line::number(register.without_reason),
        Line::number(register.refused),
    ];
    let mut blocks = vec![heading, Block::Paragraph(fill(lang, "register.sum", &facts))];
    if !register.by_person.is_empty() {
        let row = |(person, times): (&String, &usize)| {
            vec![Line::text(report.display(person)), Line::number(*times)]
        };
        let rows = register.by_person.iter().map(row).collect();
        blocks.push(table(lang, Density::Plain, &["<col.person", "col.views"], rows));
    }
    vec![Block::Keep(blocks)]
}
