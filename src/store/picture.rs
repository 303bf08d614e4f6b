//! The first still and the first clip of each of many tickets, in one question.

use std::collections::HashMap;

use super::row::get;
use super::{Error, Store};
use crate::ticket::TicketId;

/// Evidence ids of the pictures that a list shows of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pictures {
    pub snapshot: Option<String>,
    /// Comes some seconds after the ticket.
    pub clip: Option<String>,
}

impl Store {
    /// The pictures of these tickets; a ticket without any is not in the map. Photos of patrols
    /// are no pictures of the observation and are left out.
    ///
    /// # Errors
    /// What the database said.
    pub async fn pictures_of(
        &self,
        tickets: &[&TicketId],
    ) -> Result<HashMap<TicketId, Pictures>, Error> {
        if tickets.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = statement(tickets.len());
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for id in tickets {
            query = query.bind(&id.0);
        }
        let mut pictures: HashMap<TicketId, Pictures> = HashMap::new();
        for row in query.fetch_all(&self.pool).await? {
            let of = pictures.entry(TicketId(get(&row, "ticket")?)).or_default();
            let id: String = get(&row, "id")?;
            match get::<String>(&row, "kind")?.as_str() {
                "clip" => of.clip.get_or_insert(id),
                _ => of.snapshot.get_or_insert(id),
            };
        }
        Ok(pictures)
    }
}

/// Both ways in which evidence belongs to a ticket, so that each half uses its index.
fn statement(tickets: usize) -> String {
    let marks: Vec<String> = (1..=tickets).map(|n| format!("${n}")).collect();
    let marks = marks.join(", ");
    format!(
        "select evidence.ticket as ticket, kind, evidence.id as id, evidence.created_ms as at_ms
         from evidence
         where evidence.ticket in ({marks}) and kind in ('snapshot', 'clip')
         union
         select event.ticket as ticket, evidence.kind as kind, evidence.id as id,
           evidence.created_ms as at_ms
         from event
         join evidence on evidence.event = event.id
         where event.ticket in ({marks}) and evidence.kind in ('snapshot', 'clip')
         order by at_ms, id"
    )
}
