//! The report of a month out of the store.

use super::{Error, drawer, policies, reference, zone};
use crate::clock::UnixMs;
use crate::config::Config;
use crate::report::month::{Month, MonthReport, MonthRows, month_report};
use crate::report::{Reference, Rows};
use crate::store::Store;

/// The report of `month` as the log stands at `now`.
///
/// # Errors
/// What the database said.
pub async fn make(
    store: &Store,
    config: &Config,
    month: Month,
    now: UnixMs,
) -> Result<MonthReport, Error> {
    let zone = zone(config);
    let (start, end) = month.bounds(&zone);
    let until = end.min(now);
    let entries = store.log_of_week(start, end).await?;
    let people = store.accounts().await?.into_iter().map(|a| (a.name, a.display)).collect();
    let rows = Rows {
        equipment: store.equipment_rows(start, until).await?,
        views: Some(store.views(start, until).await?),
        past: Vec::new(),
        begin: store.log_begin().await?,
        due: Some(drawer::due_reports(store, (start, until), config).await?),
        policies: Some(policies(store, config).await?),
    };
    let more = MonthRows {
        second: store.second_reviews(now).await?.into_iter().map(|review| review.form).collect(),
        photos: store.photos_again(start, end).await?,
        objections: store.objections(&month.to_string()).await?,
    };
    let reference = Reference { rows, ..reference(config, people, now) };
    Ok(month_report(&entries, month, &reference, &more))
}
