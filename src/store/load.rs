//! The lines of the log from which the load of alarms is told.

use super::log::entry;
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::report::load::{AT_WORK_MS, Mark};

impl Store {
    /// Alarms and acts of operators in `[start, end)`, and acts of the hour before it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn load_marks(&self, start: UnixMs, end: UnixMs) -> Result<Vec<Mark>, Error> {
        let rows = sqlx::query(
            "select ticket, number, version, at_ms, actor, role, input, detail
             from ticket_log
             where at_ms >= $1 and at_ms < $2
               and (role in ('operator', 'shift_leader') or (role = 'system' and input = 'open'))
             order by at_ms",
        )
        .bind(start.plus_ms(-AT_WORK_MS).0)
        .bind(end.0)
        .fetch_all(&self.pool)
        .await?;
        let marks = rows.iter().map(|row| entry(row).map(|line| Mark::of(&line)));
        marks.filter_map(Result::transpose).collect()
    }
}
