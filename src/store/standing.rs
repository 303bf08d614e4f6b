//! What stands in the pictures, kept over restarts. A memory of places, not of events: it is
//! written every minute, and a minute of it may be lost.

use std::collections::BTreeMap;

use super::row::{get, time, word};
use super::{Error, Store};
use crate::camera::CameraId;
use crate::detect::standing::Place;
use crate::detect::{Box01, Class};

impl Store {
    /// Everything that stood, by camera.
    ///
    /// # Errors
    /// What the database said.
    pub async fn standing(&self) -> Result<BTreeMap<String, Vec<Place>>, Error> {
        let rows = sqlx::query(
            "select camera, place, class, x0, y0, x1, y1, since_ms, seen_ms, seen, looks, told
             from standing
             order by camera, place",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut all: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for row in &rows {
            all.entry(get(row, "camera")?).or_default().push(place(row)?);
        }
        Ok(all)
    }

    /// Keeps what stands in the picture of a camera, in place of what was kept before.
    ///
    /// # Errors
    /// What the database said; then the old places are kept.
    pub async fn keep_standing(&self, camera: &CameraId, places: &[Place]) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query("delete from standing where camera = $1")
            .bind(camera.as_str())
            .execute(&mut *write.tx)
            .await?;
        for place in places {
            let told: Vec<&str> = place.told.iter().map(String::as_str).collect();
            sqlx::query(
                "insert into standing (camera, place, class, x0, y0, x1, y1, since_ms, seen_ms,
                   seen, looks, told)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            )
            .bind(camera.as_str())
            .bind(i64::try_from(place.id).unwrap_or(i64::MAX))
            .bind(place.class.as_str())
            .bind(f64::from(place.area.x0))
            .bind(f64::from(place.area.y0))
            .bind(f64::from(place.area.x1))
            .bind(f64::from(place.area.y1))
            .bind(place.since.0)
            .bind(place.seen_at.0)
            .bind(i64::from(place.seen))
            .bind(i64::from(place.looks))
            .bind(told.join(" "))
            .execute(&mut *write.tx)
            .await?;
        }
        write.commit().await
    }
}

fn place(row: &sqlx::any::AnyRow) -> Result<Place, Error> {
    let class = word(&get::<String>(row, "class")?, "standing.class", Class::parse)?;
    let side = |name| get::<f64>(row, name).map(|value| value as f32);
    let area = Box01 { x0: side("x0")?, y0: side("y0")?, x1: side("x1")?, y1: side("y1")? };
    let id = u64::try_from(get::<i64>(row, "place")?).unwrap_or_default();
    let mut place = Place::kept(id, class, area, time(row, "since_ms")?);
    let count = |name| get::<i64>(row, name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    place.seen_at = time(row, "seen_ms")?;
    (place.seen, place.looks) = (count("seen")?, count("looks")?);
    place.told = get::<String>(row, "told")?.split_whitespace().map(str::to_owned).collect();
    Ok(place)
}
