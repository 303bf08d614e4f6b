//! The report of a week out of the store.

pub mod drawer;
pub mod month;
pub mod volume;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::cover::DutyRows;
use super::feedback::{self, RuleQuality};
use super::{Reference, Rows, Week, WeekReport, compared, trend, week_before};
use crate::clock::UnixMs;
use crate::config::Config;
use crate::duty::Span;
use crate::store::{self, Store};
use crate::ticket::{Policies, Policy};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("week {0} has not begun yet; ask for one that has")]
    Future(String),
    #[error("week {0} is not over; a version is drawn up from its end on")]
    NotOver(Week),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The report of `week` as the log stands at `now`.
///
/// # Errors
/// The week lies ahead, or the store cannot be read.
pub async fn make(
    store: &Store,
    config: &Config,
    week: Week,
    now: UnixMs,
) -> Result<WeekReport, Error> {
    let zone = zone(config);
    let (start, end) = week.bounds(&zone);
    if start > now {
        return Err(Error::Future(week.to_string()));
    }
    let before = week.previous();
    let (before_start, _) = before.bounds(&zone);
    let people = store.accounts().await?.into_iter().map(|a| (a.name, a.display)).collect();
    let rows = rows(store, config, week, (now, &zone)).await?;
    let duty = duty(store, (start, end)).await?;
    let reference = Reference { rows, duty, ..reference(config, people, now) };
    // A week before the log began is not compared with, rather than counted as nothing.
    let before = match store.log_begin().await? {
        Some(begin) if begin < start => {
            let entries = store.log_of_week(before_start, start).await?;
            Some(week_before(&entries, week, &reference))
        }
        Some(_) | None => None,
    };
    let entries = store.log_of_week(start, end).await?;
    Ok(compared(&entries, before, &week, &reference))
}

/// What other rows tell of the week, the one before, and the weeks that a trend is drawn from.
async fn rows(
    store: &Store,
    config: &Config,
    week: Week,
    (now, zone): (UnixMs, &TimeZone),
) -> Result<Rows, store::Error> {
    let (_, end) = week.bounds(zone);
    let until = end.min(now);
    let (from, _) = week.previous().bounds(zone);
    let mut first = week;
    for _ in 0..trend::WEEKS_BACK {
        first = first.previous();
    }
    let mut past = store.past_observations((first.bounds(zone).0, end), now).await?;
    past.extend(store.past_observations(week.year_before().bounds(zone), now).await?);
    Ok(Rows {
        equipment: store.equipment_rows(from, until).await?,
        views: Some(store.views(from, until).await?),
        past,
        begin: store.log_begin().await?,
        due: Some(drawer::due_reports(store, (from, until), config).await?),
        policies: Some(policies(store, config).await?),
    })
}

/// The rules that tickets were born with.
async fn policies(store: &Store, config: &Config) -> Result<Policies, store::Error> {
    let mut policies = Policies::new(Policy::configured(config));
    policies.approved(store.approved_rules().await?);
    Ok(policies)
}

/// The rows that tell of duty in a week.
async fn duty(store: &Store, (from, until): (UnixMs, UnixMs)) -> Result<DutyRows, store::Error> {
    let period = Span { from, until };
    Ok(DutyRows {
        begin: store.duty_begin().await?,
        turns: store.turns(period).await?,
        attendance: store.attendance(period).await?,
    })
}

/// What a report needs besides the log and the other rows.
#[must_use]
pub fn reference(config: &Config, people: BTreeMap<String, String>, now: UnixMs) -> Reference {
    Reference {
        site_name: config.site.name.clone(),
        time_zone: zone(config),
        cut_off: now,
        people,
        cameras: config.camera.iter().map(|c| (c.id.clone(), c.name.clone())).collect(),
        duty: DutyRows::default(),
        rows: Rows::default(),
    }
}

fn zone(config: &Config) -> TimeZone {
    TimeZone::get(&config.site.time_zone).expect("the configuration is validated")
}

/// How well each rule calls, as the log stands at `now`.
///
/// # Errors
/// What the database said.
pub async fn rule_quality(
    store: &Store,
    config: &Config,
    now: UnixMs,
) -> Result<Vec<RuleQuality>, store::Error> {
    let since = now.plus_ms(-feedback::COST_MS);
    let lines = store.verdict_lines(since).await?;
    let judged = feedback::judged(&lines, store.firings_since(since).await?, now);
    Ok(feedback::rules(&judged, &config.camera, &zone(config), now))
}
