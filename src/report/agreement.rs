//! Whether two reviewers of the same ticket say the same: Cohen's kappa over the items of the form.
//!
//! Kappa is the agreement beyond what chance alone would give: 1 is full, 0 is chance, below 0 is
//! against each other (Cohen 1960). Items that either reviewer left as not applicable are left out.
//! A kappa of few pairs says little, so their number stands beside it. Pure.

use std::collections::BTreeMap;

use super::figures::share;
use crate::ticket::TicketId;

/// A form that a reviewer filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewForm {
    pub ticket: TicketId,
    pub reviewer: String,
    /// Item -> yes, no, na.
    pub items: BTreeMap<String, String>,
    /// 0..100.
    pub score: Option<u8>,
}

/// Two scores of one ticket that lie further apart are talked about (`domain` 4.6).
pub const CALIBRATE_ABOVE: u8 = 10;

/// How two reviewers agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    pub reviewers: (String, String),
    /// Tickets that both reviewed, and items that both answered.
    pub tickets: usize,
    pub items: usize,
    /// Share of the items with the same answer.
    pub same: Option<f64>,
    /// `None` when chance alone already explains everything (both always say the same word).
    pub kappa: Option<f64>,
    /// Mean of the first one's scores less the second one's, points.
    pub lean: Option<f64>,
    /// Tickets that are to be talked about.
    pub calibrate: Vec<TicketId>,
}

/// Every two reviewers with a ticket in common, by name.
#[must_use]
pub fn agreements(forms: &[ReviewForm]) -> Vec<Agreement> {
    let mut pairs: BTreeMap<(&str, &str), Vec<(&ReviewForm, &ReviewForm)>> = BTreeMap::new();
    for one in forms {
        for other in forms.iter().filter(|o| o.ticket == one.ticket && o.reviewer > one.reviewer) {
            pairs.entry((&one.reviewer, &other.reviewer)).or_default().push((one, other));
        }
    }
    pairs.into_iter().map(|(names, both)| agreement(names, &both)).collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts of a year are far below 2^52")]
fn agreement((first, second): (&str, &str), both: &[(&ReviewForm, &ReviewForm)]) -> Agreement {
    // Yes and yes, yes and no, no and yes, no and no.
    let mut cells = [[0usize; 2]; 2];
    let (mut gaps, mut calibrate) = (Vec::new(), Vec::new());
    for (one, other) in both {
        for (item, mark) in &one.items {
            let place = |mark: &str| ["yes", "no"].iter().position(|word| *word == mark);
            let theirs = other.items.get(item).and_then(|mark| place(mark));
            if let Some((mine, theirs)) = place(mark).zip(theirs) {
                cells[mine][theirs] += 1;
            }
        }
        if let Some((a, b)) = one.score.zip(other.score) {
            gaps.push(f64::from(a) - f64::from(b));
            if a.abs_diff(b) > CALIBRATE_ABOVE {
                calibrate.push(one.ticket.clone());
            }
        }
    }
    calibrate.sort();
    let items: usize = cells.iter().flatten().sum();
    let same = share(cells[0][0] + cells[1][1], items);
    let by_chance = |word: usize| {
        let mine = share(cells[word].iter().sum(), items)?;
        let theirs = share(cells.iter().map(|row| row[word]).sum(), items)?;
        Some(mine * theirs)
    };
    let chance = by_chance(0).zip(by_chance(1)).map(|(yes, no)| yes + no);
    let kappa = same.zip(chance).filter(|(_, chance)| *chance < 1.0 - 1e-9);
    Agreement {
        reviewers: (first.to_owned(), second.to_owned()),
        tickets: both.len(),
        items,
        same,
        kappa: kappa.map(|(same, chance)| (same - chance) / (1.0 - chance)),
        lean: (!gaps.is_empty()).then(|| gaps.iter().sum::<f64>() / gaps.len() as f64),
        calibrate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(ticket: usize, reviewer: &str, marks: &str) -> ReviewForm {
        let mark = |c| match c {
            'y' => "yes",
            'n' => "no",
            _ => "na",
        };
        let items: BTreeMap<String, String> =
            (0..).zip(marks.chars()).map(|(n, c)| (format!("item{n}"), mark(c).into())).collect();
        let count = |word| items.values().filter(|mark| *mark == word).count();
        let score = share(count("yes"), count("yes") + count("no"));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let score = score.map(|share| (share * 100.0).round() as u8);
        ReviewForm {
            ticket: TicketId(format!("t{ticket}")),
            reviewer: reviewer.into(),
            items,
            score,
        }
    }

    #[test]
    fn kappa_is_as_worked_out_by_hand() {
        // Cohen's own shape of table: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no gives 0.4.
        let mut forms = Vec::new();
        for (n, (a, b)) in [("y", "y"); 20]
            .into_iter()
            .chain([("y", "n"); 5])
            .chain([("n", "y"); 10])
            .chain([("n", "n"); 15])
            .enumerate()
        {
            forms.extend([form(n, "li", a), form(n, "wang", b)]);
        }
        let told = agreements(&forms).remove(0);
        assert_eq!((told.tickets, told.items, told.same), (50, 50, Some(0.7)));
        assert!((told.kappa.expect("a figure") - 0.4).abs() < 1e-9, "{told:?}");
    }

    #[test]
    fn a_reviewer_with_a_known_lean_is_found() {
        // Three honest forms; the fourth reviewer says yes to everything.
        let marks = ["yynyyyyyny", "yyyynyyyyy", "nyyyyynyyy", "yyynyyyyny", "yynnyyyyyy"];
        let mut forms = Vec::new();
        for (n, marks) in marks.iter().enumerate() {
            forms.push(form(n, "honest-a", marks));
            forms.push(form(n, "honest-b", marks));
            forms.push(form(n, "kind", "yyyyyyyyyy"));
        }
        let told = agreements(&forms);
        let of = |a: &str, b: &str| {
            told.iter().find(|t| t.reviewers == (a.into(), b.into())).expect("a pair").clone()
        };
        let (fair, kind) = (of("honest-a", "honest-b"), of("honest-a", "kind"));
        assert_eq!((fair.kappa, fair.lean, fair.calibrate.len()), (Some(1.0), Some(0.0), 0));
        assert!(kind.kappa.expect("a figure").abs() < 1e-9, "no better than chance: {kind:?}");
        assert!(kind.lean.expect("a figure") < -10.0);
        assert_eq!(kind.calibrate.len(), 4);
    }

    #[test]
    fn not_applicable_is_no_answer_and_one_word_alone_has_no_kappa() {
        let told = agreements(&[form(1, "a", "yy-"), form(1, "b", "yyy"), form(2, "a", "n")]);
        assert_eq!((told.len(), told[0].items, told[0].kappa), (1, 2, None));
    }
}
