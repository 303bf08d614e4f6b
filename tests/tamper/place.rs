//! Five places that a camera looks at: the real square by day, by night and by infrared lamps, and
//! two of our own drawing, a hall and a yard.

use crate::support::stage::{Grey, Stage, bell};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Square,
    SquareByNight,
    SquareByInfrared,
    Hall,
    Yard,
}

impl Place {
    pub(crate) const ALL: [Self; 5] =
        [Self::Square, Self::SquareByNight, Self::SquareByInfrared, Self::Hall, Self::Yard];

    /// What is seen when nothing is wrong.
    pub(crate) fn picture(self, stage: &Stage) -> Grey {
        match self {
            Self::Square => stage.day.clone(),
            Self::SquareByNight => by_lamps(stage),
            Self::SquareByInfrared => stage.of_each(&stage.infrared, |x, y, dot| {
                dot * (0.25 + 0.75 * bell((x, y), (0.5, 0.6), (0.4, 0.4)))
            }),
            Self::Hall => stage.made(|x, y, _| hall(x, y)),
            Self::Yard => stage.made(|x, y, _| yard(x, y)),
        }
    }

    /// Deviation of the noise at 640 px: more in the dark.
    pub(crate) const fn noise(self) -> f32 {
        match self {
            Self::Square | Self::Hall | Self::Yard => 5.0,
            Self::SquareByInfrared => 10.0,
            Self::SquareByNight => 14.0,
        }
    }
}

/// The square under two street lamps.
pub(crate) fn by_lamps(stage: &Stage) -> Grey {
    stage.made(|x, y, dot| {
        let lamp = |cx: f32, cy: f32| bell((x, y), (cx, cy), (0.22, 0.25));
        dot * (0.12 + 0.5 * lamp(0.4, 0.5) + 0.4 * lamp(0.85, 0.3)) + 5.0
    })
}

/// A number 0 to 1 that belongs to a square of a raster.
fn random(x: f32, y: f32, raster: f32) -> f32 {
    let square = (x * raster).floor() * 157.31 + (y * raster).floor() * 71.77;
    ((square.sin() * 43_758.547).fract()).abs()
}

/// Doors, a notice board, tiles, light from a window.
fn hall(x: f32, y: f32) -> f32 {
    let floor = y > 0.65;
    let tile = ((x - 0.5) / (y - 0.3) * 9.0).rem_euclid(1.0) < 0.06;
    let door = [0.12, 0.42, 0.8].iter().any(|left| (x - left).abs() < 0.07) && y > 0.2 && !floor;
    let board = (0.54..0.7).contains(&x) && (0.25..0.45).contains(&y);
    let base = match (floor, door, board) {
        (true, ..) => {
            if tile {
                95.0
            } else {
                130.0 + 20.0 * random(x, y, 14.0)
            }
        }
        (_, true, _) => 70.0 + if (y * 8.0).rem_euclid(1.0) < 0.1 { 30.0 } else { 0.0 },
        (_, _, true) => 60.0 + 150.0 * random(x, y, 40.0),
        (..) => 165.0 + 6.0 * random(x, y, 9.0),
    };
    base * (0.7 + 0.35 * x)
}

/// A wall of bricks, a fence, a parked car, gravel.
fn yard(x: f32, y: f32) -> f32 {
    let brick = (y * 22.0).rem_euclid(1.0) < 0.2
        || (x * 14.0 + if (y * 11.0).rem_euclid(1.0) < 0.5 { 0.5 } else { 0.0 }).rem_euclid(1.0)
            < 0.12;
    let car = (0.2..0.5).contains(&x) && (0.5..0.72).contains(&y);
    let glass = (0.26..0.44).contains(&x) && (0.52..0.6).contains(&y);
    let fence = x > 0.7 && (x * 40.0).rem_euclid(1.0) < 0.35 && y < 0.7;
    match () {
        () if glass => 45.0,
        () if car => 170.0,
        () if fence => 60.0,
        () if y < 0.45 => {
            if brick {
                150.0
            } else {
                95.0 + 25.0 * random(x, y, 22.0)
            }
        }
        () => 80.0 + 70.0 * random(x, y, 50.0),
    }
}
