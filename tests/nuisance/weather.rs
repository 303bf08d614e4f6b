//! What disturbs a picture without anybody being in it. Five pictures a second; the first six
//! seconds are calm, so that the background can be learnt.

use crate::support::stage::{Grey, Noise, Stage, bell};

/// The picture from which on it is no longer calm.
pub(crate) const BEGINS: usize = 30;

/// One kind of disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    Calm,
    Trees,
    Noise,
    Rain,
    LampPart,
    LampWindow,
    LampWhole,
    Clouds,
    Infrared,
    Headlights,
    KeyFrames,
    Flicker,
    Shake,
}

impl Weather {
    pub(crate) const ALL: [Self; 13] = [
        Self::Calm,
        Self::Trees,
        Self::Noise,
        Self::Rain,
        Self::LampPart,
        Self::LampWindow,
        Self::LampWhole,
        Self::Clouds,
        Self::Infrared,
        Self::Headlights,
        Self::KeyFrames,
        Self::Flicker,
        Self::Shake,
    ];

    /// The light on who comes: so many times the grey levels of the day, and so much more. At night
    /// a lamp shines on him, or nobody could see him.
    pub(crate) const fn light(self) -> (f32, f32) {
        match self {
            Self::LampPart | Self::LampWindow | Self::Headlights | Self::Infrared => (0.4, 75.0),
            Self::LampWhole => (0.3, 150.0),
            Self::Noise => (0.35, 8.0),
            Self::Calm
            | Self::Trees
            | Self::Rain
            | Self::Clouds
            | Self::KeyFrames
            | Self::Flicker
            | Self::Shake => (1.0, 0.0),
        }
    }

    /// The picture `i` and the deviation of the sensor's noise at 640 px.
    pub(crate) fn picture(self, stage: &Stage, i: usize, noise: &mut Noise) -> (Grey, f32) {
        let on = i >= BEGINS;
        let t = (i as f32 - BEGINS as f32) / 5.0;
        let lit = (30..60).contains(&i) || i >= 75;
        match self {
            Self::Calm => (stage.day.clone(), 5.0),
            Self::Trees => (trees(stage, t), 5.0),
            Self::Noise => (stage.made(|_, _, dot| dot * 0.35 + 8.0), if on { 28.0 } else { 12.0 }),
            Self::Rain => (rain(stage, if on { 160 } else { 0 }, noise), 8.0),
            Self::LampPart => {
                let lamp = |x, y| bell((x, y), (0.53, 0.62), (0.19, 0.19));
                (night(stage, |x, y| if lit { lamp(x, y) } else { 0.0 }, (4.5, 14.0)), 10.0)
            }
            Self::LampWindow => (window(stage, if lit { 1.0 } else { 0.0 }), 10.0),
            Self::LampWhole if lit => (stage.made(|_, _, dot| dot * 0.55 + 15.0), 10.0),
            Self::LampWhole => (night(stage, |_, _| 0.0, (0.0, 0.0)), 10.0),
            Self::Clouds => (clouds(stage, t.max(0.0)), 5.0),
            Self::Infrared => (infrared(stage, i), 10.0),
            Self::Headlights => {
                let beam = |x, y| headlights(i, x, y);
                (night(stage, beam, (3.2, 35.0)), 10.0)
            }
            Self::KeyFrames => {
                let steps = [16.0, 10.0, 8.0, 7.0, 6.0, 5.0, 5.0, 5.0, 5.0, 5.0];
                (encoded(stage, steps[i % 10]), 3.0)
            }
            Self::Flicker => {
                let (band, all) = (0.37 * i as f32, 0.04 * (1.9 * i as f32).sin());
                let wave = |y: f32| 0.05 * (std::f32::consts::TAU * (2.0 * y + band)).sin();
                (stage.made(|_, y, dot| dot * (1.0 + all + wave(y))), 5.0)
            }
            Self::Shake if on => {
                let (x, y) = ((1.7 * i as f32).sin() * 0.004, (2.3 * i as f32).sin() * 0.004);
                (stage.warped(&stage.day, |_, _| (x, y)), 5.0)
            }
            Self::Shake => (stage.day.clone(), 5.0),
        }
    }
}

/// The square by night, with a light of this shape: so many times the dots, and so much more.
fn night(stage: &Stage, light: impl Fn(f32, f32) -> f32, (times, more): (f32, f32)) -> Grey {
    stage.made(|x, y, dot| {
        let light = light(x, y);
        (dot * 0.16 + 6.0) * (1.0 + times * light) + more * light
    })
}

/// Where leaves are, 0 to 1.
fn leaves(x: f32, y: f32) -> f32 {
    let crowns = [(0.19, 0.25, 0.16, 0.19), (0.87, 0.5, 0.14, 0.25), (0.5, 0.08, 0.12, 0.12)];
    let depth = |(cx, cy, wide, high): (f32, f32, f32, f32)| {
        1.0 - (((x - cx) / wide).powi(2) + ((y - cy) / high).powi(2)).sqrt()
    };
    (crowns.map(depth).into_iter().fold(-1.0, f32::max) * 8.0).clamp(0.0, 1.0)
}

/// Crowns with leaves of all sizes that sway more and more, and other than their neighbours.
fn trees(stage: &Stage, t: f32) -> Grey {
    let leaf = |x: f32, y: f32| {
        let wave = |fx: f32, fy: f32, phase: f32| (x * fx + y * fy + phase).sin();
        70.0 + 22.0 * (wave(190.0, 87.0, 0.3) * wave(61.0, 170.0, 1.1) + wave(91.0, -133.0, 2.0))
    };
    let crowned = stage.made(|x, y, dot| dot + (leaf(x, y) - dot) * leaves(x, y));
    if t < 0.0 {
        return crowned;
    }
    let (turn, reach) = (std::f32::consts::TAU, t.min(1.0) * 0.0094);
    stage.warped(&crowned, |x, y| {
        let gust = (turn * 0.45 * t + 10.0 * x + 10.0 * y).sin();
        let twig = (turn * 1.1 * t + 25.0 * x).sin();
        let up = (turn * 0.6 * t + 14.0 * y).sin();
        let here = reach * leaves(x, y);
        (here * (gust + 0.5 * twig), 0.5 * here * up)
    })
}

/// Streaks that are one dot wide at 320 px, and drops close to the camera.
fn rain(stage: &Stage, drops: usize, noise: &mut Noise) -> Grey {
    if drops == 0 {
        return stage.made(|_, _, dot| dot * 0.7);
    }
    let mut wet = stage.made(|_, _, dot| dot * 0.665 + 6.0);
    let (wide, high) = (stage.width as f32, stage.height as f32);
    let thin = (wide / 320.0).min(1.0);
    let mut streak = |count: usize, (width, length): (f32, f32), bright: (f32, f32)| {
        for _ in 0..count {
            let (x, y) = (noise.even() * wide, noise.even() * high);
            let long = length * (0.3 + noise.even()) * high;
            let light = bright.0 + noise.even() * bright.1;
            for down in 0..long as usize {
                for right in 0..(width * wide).max(1.0) as usize {
                    let column = (x + right as f32 + down as f32 * 0.2) as usize;
                    let row = (y + down as f32) as usize;
                    if column < stage.width && row < stage.height {
                        wet[row * stage.width + column] += light;
                    }
                }
            }
        }
    };
    streak(drops, (0.0, 0.06), (15.0 * thin, 45.0 * thin));
    streak(drops / 50, (0.01, 0.06), (25.0, 20.0));
    wet
}

/// A lit window and the pavement before it.
fn window(stage: &Stage, lamp: f32) -> Grey {
    let base = night(stage, |_, _| 0.0, (0.0, 0.0));
    stage.of_each(&base, |x, y, dot| {
        let pane = (x - 0.75).abs() < 0.069 && (y - 0.29).abs() < 0.067;
        let glow = 60.0 * bell((x, y), (0.73, 0.5), (0.125, 0.125));
        dot + lamp * (glow + if pane { 130.0 } else { 0.0 })
    })
}

/// Light that comes and goes, and the edge of a shadow of clouds.
fn clouds(stage: &Stage, t: f32) -> Grey {
    let all = 0.85 + 0.25 * (std::f32::consts::TAU * t / 16.0).cos();
    stage.made(|x, y, dot| {
        let ahead = x + 0.3 * y + 0.375 - 0.12 * t;
        dot * all * (1.0 - 0.35 / (1.0 + (ahead / 0.044).exp()))
    })
}

/// Dusk, the switch to infrared with a sensor that finds its exposure, and back.
fn infrared(stage: &Stage, i: usize) -> Grey {
    let dusk = |by: f32| stage.made(|_, _, dot| (dot * 0.3 + 6.0) * by);
    let lamps = |by: f32| stage.of_each(&stage.infrared, |_, _, dot| (dot * by).min(255.0));
    match i {
        0..45 => dusk(1.0),
        45 => lamps(0.15),
        46 => lamps(1.5),
        47..75 => lamps(1.0),
        75 => dusk(2.2),
        _ => dusk(1.1),
    }
}

/// Two cars that turn through the picture within three seconds, one each way.
fn headlights(i: usize, x: f32, y: f32) -> f32 {
    let mut light = 0.0;
    for (start, way) in [(32, 1.0), (55, -1.0)] {
        let s = (i as f32 - start as f32) / 5.0;
        if (0.0..3.2).contains(&s) {
            let cx = 0.5 - way * 0.69 + way * s * 0.44;
            light += bell((x, y), (cx, 0.71), (0.12, 0.09));
            light += 0.6 * bell((x, y), (cx + way * 0.14, 0.67), (0.19, 0.125));
        }
    }
    light
}

/// What an encoder makes of the still square with this step of its scale, block by block.
fn encoded(stage: &Stage, step: f32) -> Grey {
    let wave = |k: usize, n: usize| {
        let turn = std::f32::consts::PI * ((2 * n + 1) * k) as f32 / 16.0;
        turn.cos() * if k == 0 { 0.125_f32.sqrt() } else { 0.5 }
    };
    let table: [[f32; 8]; 8] = std::array::from_fn(|k| std::array::from_fn(|n| wave(k, n)));
    let mut out = stage.day.clone();
    for top in (0..stage.height / 8 * 8).step_by(8) {
        for left in (0..stage.width / 8 * 8).step_by(8) {
            let place = |y: usize, x: usize| (top + y) * stage.width + left + x;
            let rows: [[f32; 8]; 8] = std::array::from_fn(|y| {
                std::array::from_fn(|k| (0..8).map(|x| out[place(y, x)] * table[k][x]).sum())
            });
            let mut parts: [[f32; 8]; 8] = std::array::from_fn(|l| {
                std::array::from_fn(|k| (0..8).map(|y| rows[y][k] * table[l][y]).sum())
            });
            for (l, line) in parts.iter_mut().enumerate() {
                for (k, part) in line.iter_mut().enumerate() {
                    let step = step * (1.0 + 0.5 * (k + l) as f32);
                    *part = (*part / step).round() * step;
                }
            }
            for y in 0..8 {
                let line: [f32; 8] =
                    std::array::from_fn(|k| (0..8).map(|l| parts[l][k] * table[l][y]).sum());
                for x in 0..8 {
                    out[place(y, x)] = (0..8).map(|k| line[k] * table[k][x]).sum();
                }
            }
        }
    }
    out
}
