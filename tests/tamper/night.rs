//! Nights in which nothing is done to any camera: dusk, the switch to infrared and back, noise,
//! lamps, headlights, rain, lorries, dawn. Time is compressed: a picture a minute while little
//! happens, one a second while something does.

use crate::support::stage::{Grey, Noise, Stage, bell};

use super::place::{Place, by_lamps};

/// A picture and when it is shown, in ms of the night, and the noise of the sensor.
pub(crate) struct Shot {
    pub(crate) at_ms: i64,
    pub(crate) picture: Grey,
    pub(crate) deviation: f32,
}

/// How a night goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Night {
    /// The camera's own lamps.
    Infrared,
    /// Street lamps and much noise.
    Lamps,
    /// Rain for hours, under infrared.
    Rain,
    /// A road: headlights and lorries all night.
    Road,
    /// Indoors: the light goes on and off, a little is left.
    Hall,
}

impl Night {
    pub(crate) const ALL: [Self; 5] =
        [Self::Infrared, Self::Lamps, Self::Rain, Self::Road, Self::Hall];

    /// The night's pictures, one after the other.
    pub(crate) fn shots(self, stage: &'static Stage) -> impl Iterator<Item = Shot> {
        let mut noise = Noise(0x1234_5678_9abc_def1);
        let times = times(self);
        times.into_iter().map(move |at_ms| {
            let (picture, deviation) = self.picture(stage, at_ms as f32 / 60_000.0, &mut noise);
            Shot { at_ms, picture, deviation }
        })
    }

    /// The picture at a minute of the night, which begins at 17:00 and lasts 14 hours.
    fn picture(self, stage: &Stage, minute: f32, noise: &mut Noise) -> (Grey, f32) {
        let light = daylight(minute);
        let mood = 1.0 + 0.03 * noise.next();
        let mut deviation = 4.0 + 8.0 * (1.0 - light);
        let mut picture = match self {
            Self::Hall => {
                let lit = if (minute / 97.0).fract() < 0.6 { 1.0 } else { 0.28 };
                let hall = Place::Hall.picture(stage);
                hall.iter().map(|dot| dot * lit * mood + 3.0).collect()
            }
            Self::Lamps => {
                deviation += 6.0 * (1.0 - light);
                let lamps = by_lamps(stage);
                let lit = if light < 0.4 { 1.0 } else { 0.0 };
                let both = stage.day.iter().zip(&lamps);
                both.map(|(day, lamp)| (day * light).max(lamp * lit) * mood + 2.0).collect()
            }
            Self::Infrared | Self::Rain | Self::Road if light < 0.25 => {
                Place::SquareByInfrared.picture(stage).iter().map(|dot| dot * mood).collect()
            }
            Self::Infrared | Self::Rain | Self::Road => {
                stage.day.iter().map(|day| day * light.max(0.12) * mood + 3.0).collect::<Grey>()
            }
        };
        if self == Self::Rain && (200.0..500.0).contains(&minute) {
            deviation += 8.0;
            picture = stage.of_each(&picture, |_, _, dot| dot * 0.8 + 14.0);
        }
        if self == Self::Road {
            pass(stage, &mut picture, minute);
        }
        (picture, deviation)
    }
}

/// Light of the day, 1 to 0.03, from 17:30 to 18:30 down and from 05:50 to 06:50 up.
fn daylight(minute: f32) -> f32 {
    let down = 1.0 - (minute - 30.0) / 60.0;
    let up = (minute - 770.0) / 60.0;
    down.max(up).clamp(0.03, 1.0)
}

/// A car that shines into the picture for 3 s, then a lorry close to the lens for 3 s, every
/// quarter of an hour.
fn pass(stage: &Stage, picture: &mut Grey, minute: f32) {
    let second = (minute * 60.0) % 900.0;
    if second < 3.0 {
        let cx = second / 3.0;
        *picture = stage.of_each(picture, |x, y, dot| {
            let light = bell((x, y), (cx, 0.6), (0.25, 0.2));
            (dot * (1.0 + 2.0 * light) + 190.0 * light).min(255.0)
        });
    } else if (6.0..9.0).contains(&second) {
        let front = (second - 6.0) / 3.0 * 1.8;
        *picture = stage.of_each(picture, |x, y, dot| {
            let on_it = x < front && x > front - 0.85 && y > 0.08;
            let plank = if (y * 9.0).fract() < 0.15 || ((x - front) * 5.0).fract().abs() < 0.1 {
                30.0
            } else {
                0.0
            };
            if on_it { 75.0 + plank } else { dot }
        });
    }
}

/// When pictures are shown: each minute or two, and every second around what happens.
fn times(night: Night) -> Vec<i64> {
    let mut times: Vec<i64> = (0..14 * 60).step_by(6).map(|minute| minute * 60_000).collect();
    // Nights begin with a quiet minute in which the view is learnt.
    times.extend((0..15).map(|n| n * 4_000));
    // The switch to infrared and back: minutes 75 and 785.
    for minute in [75, 785] {
        times.extend((-10..15).map(|second| minute * 60_000 + second * 1_000));
    }
    let passing: &[i64] = if night == Night::Road { &[15, 90, 300, 600, 800] } else { &[] };
    for minute in passing {
        times.extend((-2..14).map(|second| minute * 60_000 + second * 1_000));
    }
    let lamp: &[i64] = if night == Night::Hall { &[58, 97, 155] } else { &[] };
    for minute in lamp {
        times.extend((-5..15).map(|second| minute * 60_000 + 12_000 + second * 1_000));
    }
    times.retain(|at| *at >= 0);
    times.sort_unstable();
    times.dedup();
    times
}
