//! The parts of the page about work and its quality: supervision, members, false alarms, reviews,
//! and the two appendices that name every violation and every confirmed ticket.

use std::collections::BTreeMap;

use super::figures::{Kept, MemberRow, SMALL_SAMPLE, Tally, TicketRef, Violation, WeekReport};
use super::history::Case;
use super::html::{
    NONE, count, day_time, escape, figure, fill, heading, note, percent, percent_of, score, span,
    table, ticket,
};
use super::page_figures::share_of;
use super::words::{Lang, code, say};

pub(super) fn supervision(report: &WeekReport, lang: Lang) -> String {
    let sum = &report.supervision;
    let fixed = [
        ("act.returned", &sum.returned),
        ("act.withdrawn", &sum.withdrawn),
        ("act.far_overdue", &sum.far_overdue),
    ];
    let mut acts: Vec<Vec<String>> =
        fixed.iter().map(|(key, tally)| vec![escape(say(lang, key)), count(tally)]).collect();
    for (reason, tally) in &sum.refused {
        let reason = escape(&code(lang, "refuse", reason));
        acts.push(vec![fill(lang, "act.refused", &[reason]), count(tally)]);
    }
    let replies = by_count(&sum.dispositions)
        .into_iter()
        .map(|(word, tally)| vec![escape(&code(lang, "disposition", word)), count(tally)])
        .collect::<Vec<_>>();
    let replies = match replies.is_empty() {
        true => note(lang, "act.no_replies"),
        false => table(lang, &["<act.disposition", "col.tickets"], &replies),
    };
    format!(
        "<section class=\"keep\">{}<div class=\"two\"><div>{}</div>\
         <div>{replies}</div></div></section>\n",
        heading(lang, "part.supervision"),
        table(lang, &["<act.head", "col.tickets"], &acts),
    )
}

/// Most first, equal ones by word.
fn by_count(tallies: &BTreeMap<String, Tally>) -> Vec<(&str, &Tally)> {
    let mut list: Vec<(&str, &Tally)> = tallies.iter().map(|(k, v)| (k.as_str(), v)).collect();
    list.sort_by_key(|(word, tally)| (std::cmp::Reverse(tally.n()), *word));
    list
}

pub(super) fn members(report: &WeekReport, lang: Lang) -> String {
    let heading = heading(lang, "part.members");
    if report.members.is_empty() {
        return heading + &note(lang, "members.none");
    }
    let columns = [
        "<col.member",
        "col.orders",
        "col.acked",
        "col.arrived",
        "col.replied",
        "col.refused",
        "col.returned",
        "col.closed",
        "col.score",
        "<col.remark",
    ];
    let rows: Vec<Vec<String>> = report.members.iter().map(|row| member(row, lang)).collect();
    let body = table(lang, &columns, &rows);
    format!(
        "<section class=\"keep\">{heading}<div class=\"num\">{body}</div>{}</section>\n",
        note(lang, "members.note")
    )
}

fn member(row: &MemberRow, lang: Lang) -> Vec<String> {
    let kept = |kept: &Kept| {
        let words = match kept.n {
            0 => NONE.to_owned(),
            n => format!("{} ({}/{n})", percent(kept.share()), kept.on_time),
        };
        figure(&words, &kept.tickets)
    };
    let scored = match row.score {
        None => NONE.to_owned(),
        mean => figure(&format!("{} ({})", score(mean), row.reviewed.n()), &row.reviewed),
    };
    let small = if row.orders < SMALL_SAMPLE { say(lang, "sample.small") } else { "" };
    vec![
        escape(&row.display),
        figure(&row.orders.to_string(), &row.tickets),
        kept(&row.acked),
        kept(&row.arrived),
        kept(&row.replied),
        count(&row.refused),
        count(&row.returned),
        count(&row.closed),
        scored,
        escape(small),
    ]
}

pub(super) fn false_alarms(report: &WeekReport, lang: Lang) -> String {
    let heading = heading(lang, "part.false_alarms");
    if report.false_alarms.is_empty() {
        return heading + &note(lang, "false.none") + &load(report, lang);
    }
    let columns = [
        "<col.camera",
        "<col.rule",
        "col.decided",
        "col.false_alarms",
        "col.false_share",
        "col.interval",
        "<col.reasons",
    ];
    let mut rows = Vec::new();
    for row in &report.false_alarms {
        let rule = match row.rule_name.as_str() {
            "" => escape(say(lang, "rule.manual")),
            name => escape(name),
        };
        let interval = row.interval.map_or_else(
            || NONE.to_owned(),
            |(low, high)| format!("{:.0}–{:.0}%", low * 100.0, high * 100.0),
        );
        let reason = |(word, tally): &(&str, &Tally)| {
            format!("{} {}", escape(&code(lang, "false", word)), tally.n())
        };
        let reasons: Vec<String> = by_count(&row.reasons).iter().map(reason).collect();
        let mark = if row.decided.n() < SMALL_SAMPLE { "<sup>†</sup>" } else { "" };
        rows.push(vec![
            escape(&row.camera_name),
            rule,
            count(&row.decided),
            count(&row.false_alarms),
            format!("{}{mark}", share_of(&row.false_alarms, &row.decided)),
            format!("<span class=\"nw\">{interval}</span>"),
            reasons.join(lang.comma()),
        ]);
    }
    let table = table(lang, &columns, &rows);
    [heading, table, note(lang, "false.note"), load(report, lang)].concat()
}

/// Alarms against what an operator can look at, and every flood with its time.
fn load(report: &WeekReport, lang: Lang) -> String {
    let (load, zone) = (&report.load, &report.basis.zone);
    let number = |value: f64| format!("{value:.1}");
    let mut words = fill(
        lang,
        "load.sum",
        &[
            load.alarms.to_string(),
            load.rate().map_or_else(|| NONE.to_owned(), |rate| format!("{rate:.2}")),
            percent(load.well_share()),
            number(load.peak),
            load.floods.len().to_string(),
            span(load.flood_ms, lang),
        ],
    );
    for flood in &load.floods {
        let end = flood.end.map_or_else(|| NONE.to_owned(), |end| day_time(end, zone));
        let facts = [day_time(flood.start, zone), end, flood.alarms.to_string()];
        words += lang.gap();
        words += &fill(lang, "load.flood", &facts);
    }
    let severities = fill(lang, "load.split", &load.by_severity.map(|n| n.to_string()));
    format!("<p class=\"note\">{words}{}{severities}</p>\n", lang.gap())
}

pub(super) fn reviews(report: &WeekReport, lang: Lang) -> String {
    let sum = &report.reviews;
    let words = fill(
        lang,
        "review.sum",
        &[
            count(&report.overview.closed),
            count(&sum.reviewed),
            score(sum.score),
            count(&sum.must),
            count(&sum.must_open),
            sum.sample.to_string(),
            count(&sum.sampled),
        ],
    );
    let none = Tally::default();
    let row = |item: &&str| {
        let [yes, no, na] = sum.items.get(*item).copied().unwrap_or_default();
        vec![
            escape(&code(lang, "review", item)),
            yes.to_string(),
            figure(&no.to_string(), sum.failed.get(*item).unwrap_or(&none)),
            na.to_string(),
            percent_of(super::figures::share(yes, yes + no), yes + no),
        ]
    };
    let rows: Vec<Vec<String>> = crate::config::codes::REVIEW_ITEMS.iter().map(row).collect();
    let columns = ["<review.item", "review.yes", "review.no", "review.na", "review.share"];
    let form = match sum.reviewed.n() {
        0 => String::new(),
        _ => table(lang, &columns, &rows),
    };
    format!(
        "<section class=\"keep\">{}<div>{words}</div>{form}</section>\n",
        heading(lang, "part.reviews")
    )
}

/// Appendix A: every violation, clause by clause, with the place it happened at.
pub(super) fn violations(report: &WeekReport, lang: Lang) -> String {
    let cases: BTreeMap<&str, &Case> =
        report.ledger.iter().map(|case| (case.id.0.as_str(), case)).collect();
    let mut rows = Vec::new();
    for finding in &report.findings {
        for violation in &finding.violations {
            let about = violation.ticket.as_ref();
            let case = about.and_then(|ticket| cases.get(ticket.id.0.as_str()).copied());
            rows.push(violation_row(report, (finding.clause, violation), case, lang));
        }
    }
    let heading = format!("<div class=\"appendix\">{}</div>", heading(lang, "part.violations"));
    if rows.is_empty() {
        return heading + &note(lang, "violations.none");
    }
    let columns = [
        "<clause.head",
        "<col.ticket",
        "<col.opened",
        "<col.place",
        "col.severity",
        "<col.what",
        "col.over",
        "<col.member",
    ];
    heading + &table(lang, &columns, &rows)
}

fn violation_row(
    report: &WeekReport,
    (clause, violation): (u8, &Violation),
    case: Option<&Case>,
    lang: Lang,
) -> Vec<String> {
    let what = match (violation.clock, clause) {
        (Some(clock), _) => escape(&code(lang, "clock", clock.as_str())),
        (None, 1) => escape(say(lang, "what.shown")),
        (None, _) if violation.ticket.is_some() => escape(say(lang, "what.review")),
        (None, _) => escape(say(lang, "what.sample")),
    };
    let zone = &report.basis.zone;
    let of = |part: fn(&Case) -> String| case.map_or_else(|| NONE.to_owned(), part);
    vec![
        escape(say(lang, &format!("clause.{clause}"))),
        violation.ticket.as_ref().map_or_else(|| NONE.to_owned(), ticket),
        case.map_or_else(|| NONE.to_owned(), |case| nowrap(&day_time(case.opened, zone))),
        of(|case| escape(&case.place)),
        of(|case| case.severity.as_str().to_owned()),
        what,
        violation.over_ms.map_or_else(|| NONE.to_owned(), |over| nowrap(&span(over, lang))),
        case.and_then(Case::member)
            .map_or_else(|| NONE.to_owned(), |member| escape(report.display(member))),
    ]
}

fn nowrap(text: &str) -> String {
    format!("<span class=\"nw\">{text}</span>")
}

/// Appendix B: every confirmed ticket in one line.
pub(super) fn confirmed(report: &WeekReport, lang: Lang) -> String {
    let zone = &report.basis.zone;
    let row = |case: &Case| {
        let category = code(lang, "category", &case.category);
        let end = case.disposition.as_deref().map(|word| code(lang, "disposition", word));
        let taken = case
            .orders
            .last()
            .and_then(|order| order.acked.map(|at| span(at.since_ms(order.sent), lang)));
        let score = case.review.as_ref().and_then(|review| review.score);
        vec![
            ticket(&TicketRef::from(case)),
            nowrap(&day_time(case.opened, zone)),
            escape(&case.place),
            escape(&category),
            case.severity.as_str().to_owned(),
            case.member().map_or_else(|| NONE.to_owned(), |name| escape(report.display(name))),
            taken.map_or_else(|| NONE.to_owned(), |taken| nowrap(&taken)),
            end.map_or_else(|| NONE.to_owned(), |end| escape(&end)),
            escape(&code(lang, "stage", case.stage.as_str())),
            score.map_or_else(|| NONE.to_owned(), |score| score.to_string()),
        ]
    };
    let rows: Vec<Vec<String>> =
        report.ledger.iter().filter(|case| case.is_confirmed()).map(row).collect();
    let heading = heading(lang, "part.ledger");
    if rows.is_empty() {
        return heading + &note(lang, "ledger.none");
    }
    let columns = [
        "<col.ticket",
        "<col.opened",
        "<col.place",
        "<col.category",
        "col.severity",
        "<col.member",
        "col.ack",
        "<act.disposition",
        "<col.stage",
        "col.score",
    ];
    heading + &table(lang, &columns, &rows)
}
