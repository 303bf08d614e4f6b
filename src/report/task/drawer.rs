//! Draws up the weekly reports when they are due, also those that an outage has left out.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Error, make, zone};
use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::report::issue::{Issue, changes, due, missing};
use crate::report::{Week, WeekReport};
use crate::store::{self, Store};

/// How often it is looked whether a report is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How many weeks back a missing report is made up (as many as the screens list).
const WEEKS_BACK: usize = 60;

/// The task's parts.
pub struct Drawer {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
}

impl Drawer {
    /// The task over these.
    #[must_use]
    pub fn new(store: &Arc<Store>, clock: &Arc<dyn Clock>, config: &Arc<Config>) -> Self {
        let (store, clock, config) = (Arc::clone(store), Arc::clone(clock), Arc::clone(config));
        Self { store, clock, config }
    }

    /// Looks until `stop`. What the database refuses is tried again at the next look.
    ///
    /// # Errors
    /// None; the type is that of every task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        loop {
            match make_up(&self.store, &self.config, self.clock.now()).await {
                Ok(made) => {
                    for issue in made {
                        tracing::info!(week = %issue.week, "the weekly report was drawn up");
                    }
                }
                Err(error) => tracing::warn!(%error, "no report could be drawn up; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}

/// Draws up every report that is due and missing, as it would have been at its time. Doing it twice
/// changes nothing.
///
/// # Errors
/// What the database said.
pub async fn make_up(store: &Store, config: &Config, now: UnixMs) -> Result<Vec<Issue>, Error> {
    let Some(begin) = store.log_begin().await? else { return Ok(Vec::new()) };
    let known: Vec<Week> = store.issues().await?.iter().map(|issue| issue.week).collect();
    let zone = zone(config);
    let mut made = Vec::new();
    for week in missing(&known, begin, (now, WEEKS_BACK), &zone) {
        let cut_off = due(week, &zone);
        let report = make(store, config, week, cut_off).await?;
        let issue = issue(&report, (1, "gengfu"), (cut_off, now));
        if store.add_issue(&issue).await? {
            made.push(issue);
        }
    }
    Ok(made)
}

/// A new version of a week that is over, with what is different; `None` when nothing is.
///
/// # Errors
/// The week is not over, or what the database said.
pub async fn draw_up(
    store: &Store,
    config: &Config,
    week: Week,
    (by, now): (&str, UnixMs),
) -> Result<Option<Issue>, Error> {
    if week.bounds(&zone(config)).1 > now {
        return Err(Error::NotOver(week));
    }
    let report = make(store, config, week, now).await?;
    let newest = newest(&store.issues().await?, week).cloned();
    let Some(newest) = newest else {
        let issue = issue(&report, (1, by), (now, now));
        return Ok(store.add_issue(&issue).await?.then_some(issue));
    };
    if newest.log_sha256 == report.basis.sha256 {
        return Ok(None);
    }
    let before = make(store, config, week, newest.cut_off).await?;
    let mut issue = issue(&report, (newest.version + 1, by), (now, now));
    issue.changes = changes(&before, &report);
    Ok(store.add_issue(&issue).await?.then_some(issue))
}

/// The newest version of a week.
#[must_use]
pub fn newest(issues: &[Issue], week: Week) -> Option<&Issue> {
    issues.iter().filter(|issue| issue.week == week).max_by_key(|issue| issue.version)
}

/// The report of an issue again, and whether the log still gives what it gave then.
///
/// # Errors
/// What the database said.
pub async fn again(
    store: &Store,
    config: &Config,
    issue: &Issue,
) -> Result<(WeekReport, bool), Error> {
    let report = make(store, config, issue.week, issue.cut_off).await?;
    let same = report.basis.sha256 == issue.log_sha256;
    Ok((report, same))
}

fn issue(
    report: &WeekReport,
    (version, by): (i64, &str),
    (cut_off, now): (UnixMs, UnixMs),
) -> Issue {
    Issue {
        id: uuid::Uuid::now_v7().to_string(),
        week: report.week,
        version,
        cut_off,
        made: now,
        made_by: by.to_owned(),
        log_sha256: report.basis.sha256.clone(),
        changes: Vec::new(),
        leader: None,
        director: None,
        published: None,
    }
}

/// What the clause about reports is told from: the first version of each week that came due.
///
/// # Errors
/// What the database said.
pub(super) async fn due_reports(
    store: &Store,
    (from, until): (UnixMs, UnixMs),
    config: &Config,
) -> Result<Vec<crate::regulation::analyse::DueReport>, store::Error> {
    let zone = zone(config);
    let Some(begin) = store.log_begin().await? else { return Ok(Vec::new()) };
    let issues = store.issues().await?;
    let mut list = Vec::new();
    let mut week = Week::of(from, &zone).previous();
    while due(week, &zone) < until {
        let first = issues.iter().filter(|issue| issue.week == week).map(|issue| issue.made).min();
        if week.bounds(&zone).1 > begin && due(week, &zone) >= from {
            list.push(crate::regulation::analyse::DueReport {
                about: week.to_string(),
                due: due(week, &zone),
                // One that was made after the cut-off is missing in what is told up to it.
                made: first.filter(|made| *made < until),
            });
        }
        week = week.following();
    }
    Ok(list)
}
