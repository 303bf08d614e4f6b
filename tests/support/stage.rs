//! Pictures of our own making on real backgrounds: the empty square of vtest.avi, its light, its
//! noise, and what is cut out of it.
//!
//! A stage has any size; all lengths are fractions of it, and noise is that of a sensor of 640 px
//! in width, which shrinks when dots are joined. `GENGFU_VTEST` names the film.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use gengfu::camera::grey::{GREY_WIDTH_PX, shrink_to_grey};
use gengfu::camera::{CameraId, Frame};
use gengfu::clock::UnixMs;

/// Width and height at which things are cut out.
pub(crate) const FULL: (usize, usize) = (640, 480);

/// Numbers that are drawn once: making them takes most of a picture's time.
static TABLE: OnceLock<Vec<f32>> = OnceLock::new();

/// A grey picture in grey levels, row by row.
pub(crate) type Grey = Vec<f32>;

/// The empty square.
pub(crate) struct Stage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Packed BGR by day.
    bgr: Vec<u8>,
    pub(crate) day: Grey,
    /// As a camera shows it by infrared lamps: no colours, bright leaves.
    pub(crate) infrared: Grey,
}

/// Pictures of the film at this size, one in `every`, packed BGR.
pub(crate) fn film((width, height): (usize, usize), every: usize, count: usize) -> Vec<Vec<u8>> {
    let path = std::env::var_os("GENGFU_VTEST");
    let path = PathBuf::from(path.expect("set GENGFU_VTEST to the path of OpenCV's vtest.avi"));
    pictures(&path, &format!("select=not(mod(n\\,{every})),scale={width}:{height}"), count)
        .chunks_exact(width * height * 3)
        .map(<[u8]>::to_vec)
        .collect()
}

/// The pictures of a file through a filter of ffmpeg, packed BGR, one after the other.
pub(crate) fn pictures(path: &std::path::Path, filter: &str, count: usize) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-vf", filter, "-fps_mode", "passthrough", "-frames:v", &count.to_string()])
        .args(["-pix_fmt", "bgr24", "-f", "rawvideo", "-"])
        .output()
        .expect("ffmpeg runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What is there most of the time.
pub(crate) fn median(pictures: &[Vec<u8>]) -> Vec<u8> {
    let mut values = vec![0; pictures.len()];
    let middle = values.len() / 2;
    let byte = |at: usize| {
        values.iter_mut().zip(pictures).for_each(|(value, picture)| *value = picture[at]);
        *values.select_nth_unstable(middle).1
    };
    (0..pictures[0].len()).map(byte).collect()
}

fn mixed(bgr: &[u8], [blue, green, red]: [f32; 3]) -> Grey {
    let dot = |p: &[u8]| blue * f32::from(p[0]) + green * f32::from(p[1]) + red * f32::from(p[2]);
    bgr.chunks_exact(3).map(dot).collect()
}

pub(crate) fn luma(bgr: &[u8]) -> Grey {
    mixed(bgr, [0.114, 0.587, 0.299])
}

impl Stage {
    /// The square smaller than a small grey picture; each size is made once.
    pub(crate) fn tiny() -> &'static Self {
        static STAGE: OnceLock<Stage> = OnceLock::new();
        STAGE.get_or_init(|| Self::of((128, 96)))
    }

    /// As small as a small grey picture.
    pub(crate) fn small() -> &'static Self {
        static STAGE: OnceLock<Stage> = OnceLock::new();
        STAGE.get_or_init(|| Self::of((160, 120)))
    }

    pub(crate) fn full() -> &'static Self {
        static STAGE: OnceLock<Stage> = OnceLock::new();
        STAGE.get_or_init(|| Self::of(FULL))
    }

    fn of((width, height): (usize, usize)) -> Self {
        let bgr = median(&film((width, height), 35, 21));
        let day = luma(&bgr);
        let infrared = mixed(&bgr, [-0.3, 1.2, 0.3]);
        let infrared = infrared.iter().map(|dot| (dot * 0.75 + 15.0).clamp(0.0, 255.0)).collect();
        Self { width, height, bgr, day, infrared }
    }

    /// A picture by what each dot (x and y as fractions) makes of the day's.
    pub(crate) fn made(&self, dot: impl Fn(f32, f32, f32) -> f32) -> Grey {
        self.of_each(&self.day, dot)
    }

    /// The same of another picture of this size.
    pub(crate) fn of_each(&self, base: &[f32], dot: impl Fn(f32, f32, f32) -> f32) -> Grey {
        let place = |at: usize| {
            let (x, y) = (at % self.width, at / self.width);
            (x as f32 / self.width as f32, y as f32 / self.height as f32)
        };
        base.iter().enumerate().map(|(at, &value)| dot(place(at).0, place(at).1, value)).collect()
    }

    /// A picture each of whose dots comes from `by` (fractions) away, between dots.
    pub(crate) fn warped(&self, base: &[f32], by: impl Fn(f32, f32) -> (f32, f32)) -> Grey {
        let (wide, high) = (self.width as f32, self.height as f32);
        let from = |x: f32, y: f32| {
            let (dx, dy) = by(x, y);
            let x = ((x + dx) * wide).clamp(0.0, wide - 1.01);
            let y = ((y + dy) * high).clamp(0.0, high - 1.01);
            let (left, top) = (x as usize, y as usize);
            let (right, below) = (x - left as f32, y - top as f32);
            let at = top * self.width + left;
            let upper = base[at] * (1.0 - right) + base[at + 1] * right;
            let lower = base[at + self.width] * (1.0 - right) + base[at + self.width + 1] * right;
            upper * (1.0 - below) + lower * below
        };
        self.of_each(base, |x, y, _| from(x, y))
    }

    /// The picture as a camera sends it: with noise of this deviation at 640 px, as bytes.
    pub(crate) fn sensed(&self, picture: &[f32], deviation: f32, noise: &mut Noise) -> Vec<u8> {
        let deviation = deviation * self.width as f32 / FULL.0 as f32;
        let table = TABLE.get_or_init(|| {
            let mut noise = Noise(0x0dd0_5eed);
            (0..1 << 16).map(|_| noise.next()).collect()
        });
        let mut at = noise.bits() as usize;
        let mut bytes = Vec::with_capacity(picture.len());
        for dot in picture {
            // Steps of a large odd number visit all of the table.
            at = at.wrapping_add(40_503);
            bytes.push((dot + deviation * table[at & 0xffff] + 0.5) as u8);
        }
        bytes
    }

    /// A frame of the camera "square" seen at a time. With `colour` the day's colours are kept;
    /// otherwise it is grey and as small as what motion is looked for in.
    pub(crate) fn frame(
        &self,
        grey: &[u8],
        (seq, at): (u64, UnixMs),
        colour: Colour,
    ) -> Arc<Frame> {
        let bgr: Vec<u8> = match colour {
            Colour::Grey => grey.iter().flat_map(|&dot| [dot; 3]).collect(),
            Colour::OfTheDay => {
                let shifted = |(at, &dot): (usize, &u8)| {
                    let by = f32::from(dot) - self.day[at];
                    [0, 1, 2].map(|c| {
                        (f32::from(self.bgr[at * 3 + c]) + by).round().clamp(0.0, 255.0) as u8
                    })
                };
                grey.iter().enumerate().flat_map(shifted).collect()
            }
        };
        let (width, height) = (self.width as u32, self.height as u32);
        let small = shrink_to_grey(&bgr, (width, height), GREY_WIDTH_PX);
        Arc::new(Frame {
            camera: CameraId::try_from("square").expect("an id"),
            seq,
            session: 0,
            pts_ms: at.0,
            seen_at: at,
            width,
            height,
            bgr: bgr.into(),
            grey_width: small.width,
            grey_height: small.height,
            grey: Arc::from(small.luma),
        })
    }
}

/// Whether a frame has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Grey,
    OfTheDay,
}

/// A bell around a point: 1 in the middle, 0.6 at the distances `wide` and `high`.
pub(crate) fn bell((x, y): (f32, f32), (cx, cy): (f32, f32), (wide, high): (f32, f32)) -> f32 {
    (-(((x - cx) / wide).powi(2) + ((y - cy) / high).powi(2)) / 2.0).exp()
}

/// Chance that is the same in every run (xorshift, Marsaglia).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// About normal, deviation 1: the sum of four numbers.
    pub(crate) fn next(&mut self) -> f32 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        (sum as f32 / 65_536.0 - 2.0) * 1.732
    }

    /// Evenly from 0 up to 1.
    pub(crate) fn even(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }
}
