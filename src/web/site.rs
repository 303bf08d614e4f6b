//! What a screen needs to know of the centre: cameras, people on duty, codes, figures of the day.

use axum::Json;
use axum::extract::State;
use jiff::tz::TimeZone;

use super::describe::phone_online;
use super::session::SignedIn;
use super::wire::Named;
use super::wire_rules::{Names, Request};
use super::wire_site::{Codes, Duty, Site, Status, Today};
use super::{AppState, Error, wire_site};
use crate::access::{self, Verb};
use crate::clock::UnixMs;
use crate::report::load;
use crate::store::account::Account;
use crate::store::today::Today as Counted;
use crate::ticket::Role;

/// The centre.
#[utoipa::path(get, path = "/site", responses((status = 200, body = Site), (status = 401)))]
pub async fn site(State(state): State<AppState>, who: SignedIn) -> Result<Json<Site>, Error> {
    // Who may not see the wall needs the codes and the clocks, not the cameras and the people.
    let sees_wall = access::permit(&who.account.actor(), Verb::ViewWall).is_ok();
    let accounts = state.store.accounts().await?;
    let shown = |a: &Account| sees_wall && a.active && a.role == Role::PatrolMember;
    let members = accounts.into_iter().filter(shown);
    let config = &state.config;
    let placed = |view| wire_site::Camera::of(view, config);
    Ok(Json(Site {
        id: config.site.id.clone(),
        name: config.site.name.clone(),
        time_zone: config.site.time_zone.clone(),
        version: env!("CARGO_PKG_VERSION"),
        now_ms: state.clock.now().0,
        cameras: state.cameras.iter().filter(|_| sees_wall).map(placed).collect(),
        members: members.map(|a| Named { name: a.name, display: a.display }).collect(),
        codes: Codes::all(),
        policy: (&config.policy).into(),
        dispatch: wire_site::Dispatch {
            auto: config.dispatch.auto.clone(),
            before_verify: vec!["S1"],
        },
        beats: if sees_wall { wire_site::Beat::all(config) } else { Vec::new() },
    }))
}

/// How every camera is.
#[utoipa::path(get, path = "/cameras", responses((status = 200, body = Vec<Status>), (status = 403)))]
pub async fn cameras(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<Status>>, Error> {
    who.may(&state, Verb::ViewEquipment, "cameras").await?;
    Ok(Json(statuses(&state)))
}

/// How every camera is.
#[must_use]
pub fn statuses(state: &AppState) -> Vec<Status> {
    state.cameras.iter().map(Into::into).collect()
}

/// Who is on shift now, and who of them has signed on.
#[utoipa::path(get, path = "/duty", responses((status = 200, body = Vec<Duty>), (status = 403)))]
pub async fn duty(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<Duty>>, Error> {
    who.may(&state, Verb::ViewWall, "duty").await?;
    let shifts = state.store.on_duty(state.clock.now()).await?;
    let present = state.store.signed_on().await?;
    let on = |name: &str, line: &str| {
        present.iter().find(|row| row.account == name && row.line.as_str() == line)
    };
    let online = |name: &str, line: &str| {
        if line == "patrol" { phone_online(&state, name) } else { None }
    };
    let mut duty: Vec<Duty> = Vec::new();
    for shift in shifts {
        duty.push(Duty {
            phone_online: online(&shift.account, &shift.line),
            signed_on_ms: on(&shift.account, &shift.line).map(|row| row.on.0),
            name: shift.account,
            display: shift.display,
            role: shift.role,
            line: shift.line,
            from_ms: shift.starts.0,
            until_ms: Some(shift.ends.0),
        });
    }
    // Who signed on outside of a turn is there too.
    let accounts = state.store.accounts().await?;
    for row in &present {
        let line = row.line.as_str();
        let account = accounts.iter().find(|one| one.name == row.account);
        if let Some(account) = account
            && !duty.iter().any(|one| one.name == row.account && one.line == line)
        {
            duty.push(Duty {
                phone_online: online(&row.account, line),
                signed_on_ms: Some(row.on.0),
                name: row.account.clone(),
                display: account.display.clone(),
                role: account.role.as_str().to_owned(),
                line: line.to_owned(),
                from_ms: row.on.0,
                until_ms: row.turn.map(|turn| turn.until.0),
            });
        }
    }
    Ok(Json(duty))
}

/// The figures of the site's day.
#[utoipa::path(get, path = "/today", responses((status = 200, body = Today), (status = 403)))]
pub async fn today(State(state): State<AppState>, who: SignedIn) -> Result<Json<Today>, Error> {
    who.may(&state, Verb::ViewWall, "today").await?;
    let zone = zone(&state);
    let now = state.clock.now();
    let day = day_of(now, &zone);
    let counted = state.store.today(day, now).await?;
    let marks = state.store.load_marks(day.0, now).await?;
    let load = load::load(&marks, (day.0, now));
    let shelved = state.store.shelved_rules(now).await?;
    let people = state.store.accounts().await?;
    let names = Names { config: &state.config, people: &people };
    let shelved = shelved.iter().map(|one| Request::of(one, names, now)).collect();
    Ok(Json(Today { shelved, ..figures(counted, &load, &zone) }))
}

/// The site's zone. The configuration is checked at start; UTC only stands in for a zone that a
/// newer table has dropped.
#[must_use]
pub fn zone(state: &AppState) -> TimeZone {
    TimeZone::get(&state.config.site.time_zone).unwrap_or(TimeZone::UTC)
}

/// The local day around `now`: its first moment and the first of the next day.
fn day_of(now: UnixMs, zone: &TimeZone) -> (UnixMs, UnixMs) {
    let Ok(at) = jiff::Timestamp::from_millisecond(now.0) else {
        return (now, now);
    };
    let date = at.to_zoned(zone.clone()).date();
    let first = |date: jiff::civil::Date| {
        date.to_zoned(zone.clone()).map_or(now, |z| UnixMs(z.timestamp().as_millisecond()))
    };
    (first(date), date.tomorrow().map_or(now, first))
}

#[allow(clippy::cast_precision_loss, reason = "a share of at most thousands")]
fn figures(counted: Counted, load: &load::Load, zone: &TimeZone) -> Today {
    let mut hourly = [0; 24];
    let mut observations = 0;
    for (begin, n) in &counted.seen {
        let n = u32::try_from(*n).unwrap_or(u32::MAX);
        observations += n as usize;
        if let Ok(at) = jiff::Timestamp::from_millisecond(begin.0) {
            let hour = usize::try_from(at.to_zoned(zone.clone()).hour()).unwrap_or(0);
            hourly[hour] += n;
        }
    }
    let in_time = counted.closed_in_time as f64;
    Today {
        observations,
        confirmed: counted.confirmed,
        false_alarm: counted.false_alarm,
        closed: counted.closed,
        ack_p50_ms: counted.ack_p50_ms,
        arrive_p90_ms: counted.arrive_p90_ms,
        on_time: (counted.closed > 0).then(|| in_time / counted.closed as f64),
        overdue: counted.overdue,
        hourly,
        load: load.into(),
        shelved: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::day_of;
    use crate::clock::UnixMs;
    use jiff::tz::TimeZone;

    #[test]
    fn a_day_begins_at_local_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        // 2026-11-23T06:00Z is 14:00 in Shanghai; the day began at 16:00Z the day before.
        let (start, end) = day_of(UnixMs(1_795_413_600_000), &zone);
        assert_eq!(start, UnixMs(1_795_413_600_000 - 14 * 3_600_000));
        assert_eq!(end.since_ms(start), 86_400_000);
    }
}
