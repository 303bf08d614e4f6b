//! How often what is where, when, on which way and for how long.
//!
//! Counts over a coarse grid of places and the hours of the week. Each count is drawn towards a
//! wider one until it is large enough to speak for itself: a place towards all places, an hour of
//! the week towards that hour of every day, and that towards all hours. Pure.

use super::observe::Observation;
use crate::detect::Class;

/// Cells across and down in which feet are counted (guess, revisit).
pub const COLUMNS: usize = 16;
pub const ROWS: usize = 12;
const PLACES: usize = COLUMNS * ROWS;
/// Directions told apart: eight, as a wind rose.
pub const SECTORS: usize = 8;
/// Classes and whatever is none of them.
pub const CLASSES: usize = Class::ALL.len() + 1;
/// Hours of a week.
pub const HOURS: usize = 168;
/// Hours of a day.
const DAY: usize = 24;
/// Things for which a wider count stands in (guess, revisit).
const DRAWN: f32 = 50.0;
/// Frames for which a wider hour stands in: ten minutes at five a second (guess, revisit).
const DRAWN_FRAMES: f32 = 3_000.0;
/// Body heights per second below which a direction is noise: a third of a stroll.
const MOVING: f32 = 0.25;

/// An hour of the week, 0 (Monday from midnight) to 167, local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekHour(u8);

/// When something is seen: footage from a file does not know.
pub type Hour = Option<WeekHour>;

impl WeekHour {
    /// From a day 0 (Monday) to 6 and an hour 0 to 23; `None` outside of these.
    #[must_use]
    pub fn new(day: u8, hour: u8) -> Option<Self> {
        (day < 7 && hour < 24).then(|| Self(day * 24 + hour))
    }

    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// All counts of one camera; they fade together.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// Class by class, place by place.
    pub places: Vec<f32>,
    /// Place by place, direction by direction.
    pub directions: Vec<f32>,
    /// Place by place: things, and the sum of ln(1 + s stayed).
    pub stays: Vec<f32>,
    /// Hour by hour, class by class.
    pub hours: Vec<f32>,
    /// Frames watched in each hour.
    pub watched: Vec<f32>,
}

impl Default for Usual {
    fn default() -> Self {
        Self {
            places: vec![0.0; CLASSES * PLACES],
            directions: vec![0.0; PLACES * SECTORS],
            stays: vec![0.0; PLACES * 2],
            hours: vec![0.0; HOURS * CLASSES],
            watched: vec![0.0; HOURS],
        }
    }
}

impl Usual {
    /// A frame was watched.
    pub fn watch(&mut self, hour: Hour) {
        if let Some(hour) = hour {
            self.watched[hour.index()] += 1.0;
        }
    }

    /// Takes a thing in.
    pub fn add(&mut self, thing: &Observation, (dwell_s, height): (f32, f32), hour: Hour) {
        let (class, place) = (class_index(thing.class), place(thing));
        self.places[class * PLACES + place] += 1.0;
        self.stays[place * 2] += 1.0;
        self.stays[place * 2 + 1] += dwell_s.max(0.0).ln_1p();
        if let Some(sector) = sector(thing, height) {
            self.directions[place * SECTORS + sector] += 1.0;
        }
        if let Some(hour) = hour {
            self.hours[hour.index() * CLASSES + class] += 1.0;
        }
    }

    /// Forgets all but a share 0..1 and adds what was newly learnt.
    pub fn merge(&mut self, kept: f32, new: &Self) {
        let tables = [
            (&mut self.places, &new.places),
            (&mut self.directions, &new.directions),
            (&mut self.stays, &new.stays),
            (&mut self.hours, &new.hours),
            (&mut self.watched, &new.watched),
        ];
        for (old, new) in tables {
            for (old, new) in old.iter_mut().zip(new) {
                *old = *old * kept + new;
            }
        }
    }

    /// Rarity of a class at its place and hour: 0 if everything were everywhere alike.
    #[must_use]
    pub fn place(&self, thing: &Observation, hour: Hour) -> Option<f32> {
        let all: f32 = self.places.iter().sum();
        if all < DRAWN {
            return None;
        }
        let (class, place) = (class_index(thing.class), place(thing));
        let of_class: f32 = self.places[class * PLACES..(class + 1) * PLACES].iter().sum();
        let share = (of_class + 1.0) / (all + CLASSES as f32);
        let around = neighbours(place);
        let here: f32 = around.clone().map(|place| self.places[class * PLACES + place]).sum();
        let even = around.count() as f32 / PLACES as f32;
        let there = (here + DRAWN * even) / (of_class + DRAWN) / even;
        Some(-(share * CLASSES as f32 * there * self.hour_ratio(class, hour)).ln())
    }

    /// How many times as often as at any hour a class is seen at this hour.
    fn hour_ratio(&self, class: usize, hour: Hour) -> f32 {
        let Some(hour) = hour.map(WeekHour::index) else { return 1.0 };
        let sums = |hours: &mut dyn Iterator<Item = usize>| {
            hours.fold((0.0, 0.0), |sums: (f32, f32), hour| {
                (sums.0 + self.hours[hour * CLASSES + class], sums.1 + self.watched[hour])
            })
        };
        let any = sums(&mut (0..HOURS));
        let rate = (any.0 + 1.0) / (any.1 + DRAWN_FRAMES);
        let drawn = |(seen, frames): (f32, f32), to: f32| {
            (seen + DRAWN_FRAMES * to) / (frames + DRAWN_FRAMES)
        };
        let daily = drawn(sums(&mut (hour % DAY..HOURS).step_by(DAY)), rate);
        drawn(sums(&mut std::iter::once(hour)), daily) / rate
    }

    /// Rarity of a thing's direction at its place; `None` for what stands.
    #[must_use]
    pub fn direction(&self, thing: &Observation, height: f32) -> Option<f32> {
        let sector = sector(thing, height)?;
        let all: f32 = self.directions.iter().sum();
        if all < DRAWN {
            return None;
        }
        let any: f32 = self.directions.iter().skip(sector).step_by(SECTORS).sum();
        let share = (any + 1.0) / (all + SECTORS as f32);
        let rows = neighbours(place(thing)).map(|place| &self.directions[place * SECTORS..]);
        let (here, around) = rows.fold((0.0, 0.0), |sums, row| {
            (sums.0 + row[sector], sums.1 + row[..SECTORS].iter().sum::<f32>())
        });
        Some(-((here + DRAWN * share) / (around + DRAWN) * SECTORS as f32).ln())
    }

    /// How much longer than usual at its place a thing has stayed, as a logarithm of times.
    #[must_use]
    pub fn dwell(&self, thing: &Observation, dwell_s: f32) -> Option<f32> {
        let all: f32 = self.stays.iter().step_by(2).sum();
        if all < DRAWN {
            return None;
        }
        let any = self.stays.iter().skip(1).step_by(2).sum::<f32>() / all;
        let (here, sum) = neighbours(place(thing)).fold((0.0, 0.0), |sums, place| {
            (sums.0 + self.stays[place * 2], sums.1 + self.stays[place * 2 + 1])
        });
        Some(dwell_s.max(0.0).ln_1p() - (sum + DRAWN * any) / (here + DRAWN))
    }
}

fn class_index(class: Option<Class>) -> usize {
    let known = class.and_then(|class| Class::ALL.iter().position(|one| *one == class));
    known.unwrap_or(Class::ALL.len())
}

fn place(thing: &Observation) -> usize {
    let (x, y) = thing.foot();
    let cell = |fraction: f32, cells: usize| ((fraction * cells as f32) as usize).min(cells - 1);
    cell(y, ROWS) * COLUMNS + cell(x, COLUMNS)
}

/// A place and those around it.
fn neighbours(place: usize) -> impl Iterator<Item = usize> + Clone {
    let (column, row) = (place % COLUMNS, place / COLUMNS);
    let around = |at: usize, of: usize| at.saturating_sub(1)..(at + 2).min(of);
    around(row, ROWS)
        .flat_map(move |row| around(column, COLUMNS).map(move |column| row * COLUMNS + column))
}

/// The eighth of the wind rose a thing moves to.
fn sector(thing: &Observation, height: f32) -> Option<usize> {
    let moved = thing.moved?;
    if moved.right.hypot(moved.down) < MOVING * height {
        return None;
    }
    let turn = moved.down.atan2(moved.right) / std::f32::consts::TAU + 1.0;
    Some((turn * SECTORS as f32).round() as usize % SECTORS)
}

/// Whether the tables have their lengths; those of a file may not.
#[must_use]
pub fn fits(usual: &Usual) -> bool {
    let right = Usual::default();
    let pairs = [
        (&usual.places, &right.places),
        (&usual.directions, &right.directions),
        (&usual.stays, &right.stays),
        (&usual.hours, &right.hours),
        (&usual.watched, &right.watched),
    ];
    pairs.iter().all(|(one, other)| one.len() == other.len())
}
