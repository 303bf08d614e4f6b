//! Who really comes: somebody and a van cut out of vtest.avi, put on a path at known times.

use std::sync::OnceLock;

use gengfu::detect::Box01;

use crate::support::stage::{FULL, Stage, film, luma, median};

/// Something cut out: grey levels, and how much of each dot belongs to it, 0 to 1.
struct Cut {
    width: usize,
    height: usize,
    dots: Vec<f32>,
    cover: Vec<f32>,
}

/// One entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    what: What,
    /// Times the size it was cut out at, which is 0.13 of the picture's height.
    size: f32,
    /// How much of it can be seen, 0 to 1.
    contrast: f32,
    /// The first picture, and so many pictures long.
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// Where its feet are at first, and their way from picture to picture, in fractions.
    feet: (f32, f32),
    way: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Person,
    Van,
}

/// One after the other, each alone in its part of the picture.
pub(crate) const ENTRIES: [Entry; 6] = [
    entry("far", What::Person, (0.5, 1.0), (32, 12), ((0.1, 0.4), 0.007)),
    entry("middle", What::Person, (1.0, 1.0), (38, 14), ((0.0, 0.68), 0.016)),
    entry("faint", What::Person, (1.0, 0.45), (46, 14), ((0.98, 0.82), -0.016)),
    entry("near", What::Person, (2.6, 1.0), (54, 12), ((0.0, 0.95), 0.034)),
    entry("van", What::Van, (1.2, 1.0), (64, 12), ((1.0, 0.62), -0.035)),
    entry("slow", What::Person, (1.2, 1.0), (70, 18), ((0.3, 0.75), 0.008)),
];

const fn entry(
    name: &'static str,
    what: What,
    (size, contrast): (f32, f32),
    (first, count): (usize, usize),
    (feet, way): ((f32, f32), f32),
) -> Entry {
    Entry { name, what, size, contrast, first, count, feet, way }
}

/// Cut out of the first picture by what it differs in from the empty square.
fn cut(what: What) -> &'static Cut {
    static PERSON: OnceLock<Cut> = OnceLock::new();
    static VAN: OnceLock<Cut> = OnceLock::new();
    match what {
        What::Person => PERSON.get_or_init(|| cut_out([205, 178, 245, 262], 30)),
        What::Van => VAN.get_or_init(|| cut_out([540, 34, 606, 84], 0)),
    }
}

/// Whatever differs by so many levels; 0 for what stands there always.
fn cut_out([x0, y0, x1, y1]: [usize; 4], levels: u8) -> Cut {
    let part = |picture: &Vec<u8>| -> Vec<u8> {
        let line = |y: usize| &picture[(y * FULL.0 + x0) * 3..(y * FULL.0 + x1) * 3];
        (y0..y1).flat_map(line).copied().collect()
    };
    let pictures: Vec<Vec<u8>> = film(FULL, 35, 21).iter().map(part).collect();
    let empty = median(&pictures);
    let (width, height) = (x1 - x0, y1 - y0);
    let differs =
        |at: usize| (0..3).any(|c| pictures[0][at * 3 + c].abs_diff(empty[at * 3 + c]) >= levels);
    let mut cover: Vec<f32> =
        (0..width * height).map(|at| f32::from(u8::from(differs(at)))).collect();
    for choose in [f32::max, f32::max, f32::min, f32::min] {
        cover = neighbours(&cover, width, choose);
    }
    Cut { width, height, dots: luma(if levels == 0 { &empty } else { &pictures[0] }), cover }
}

/// The largest or the smallest of each dot and its neighbours.
fn neighbours(cover: &[f32], width: usize, choose: fn(f32, f32) -> f32) -> Vec<f32> {
    let high = cover.len() / width;
    let one = |at: usize| {
        let (x, y) = (at % width, at / width);
        let around = (y.saturating_sub(1)..(y + 2).min(high))
            .flat_map(|y| (x.saturating_sub(1)..(x + 2).min(width)).map(move |x| (x, y)))
            .map(|(x, y)| cover[y * width + x]);
        around.fold(cover[at], choose)
    };
    (0..cover.len()).map(one).collect()
}

impl Entry {
    /// Puts it into the picture `i` and says where it is then; `None` while it is not there, or
    /// not as a whole. The light on it is so many times the grey levels, and so much more.
    pub(crate) fn put(
        &self,
        (picture, stage): (&mut [f32], &Stage),
        i: usize,
        (gain, more): (f32, f32),
    ) -> Option<Box01> {
        let since = i.checked_sub(self.first).filter(|since| *since < self.count)?;
        let cut = cut(self.what);
        let scale = self.size * stage.width as f32 / FULL.0 as f32 * 0.75;
        let (wide, high) = (cut.width as f32 * scale, cut.height as f32 * scale);
        let middle = (self.feet.0 + self.way * since as f32) * stage.width as f32;
        let (left, top) = (middle - wide / 2.0, self.feet.1 * stage.height as f32 - high);
        for y in top.max(0.0) as usize..((top + high).ceil() as usize).min(stage.height) {
            for x in
                left.max(0.0) as usize..((left + wide).ceil().max(0.0) as usize).min(stage.width)
            {
                let at = y * stage.width + x;
                let (dot, cover) = cut.over((x as f32 - left, y as f32 - top), scale);
                let dot = dot * gain + more;
                picture[at] += (dot - picture[at]) * cover * self.contrast;
            }
        }
        let fraction = |at: f32, len: usize| (at / len as f32).clamp(0.0, 1.0);
        let (x0, x1) = (fraction(left, stage.width), fraction(left + wide, stage.width));
        let (y0, y1) = (fraction(top, stage.height), fraction(top + high, stage.height));
        let is_in = (x1 - x0) * stage.width as f32 >= 0.9 * wide;
        is_in.then_some(Box01 { x0, y0, x1, y1 })
    }
}

impl Cut {
    /// The mean of what lies in one dot of the picture, `from` dots from the corner.
    fn over(&self, from: (f32, f32), scale: f32) -> (f32, f32) {
        let (mut sum, mut cover, mut count) = (0.0, 0.0, 0.0_f32);
        for part in 0..9 {
            let (dx, dy) = ((part % 3) as f32 / 3.0 + 0.17, (part / 3) as f32 / 3.0 + 0.17);
            let (x, y) = ((from.0 + dx) / scale, (from.1 + dy) / scale);
            count += 1.0;
            if x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32 {
                let at = y as usize * self.width + x as usize;
                sum += self.dots[at] * self.cover[at];
                cover += self.cover[at];
            }
        }
        (if cover > 0.0 { sum / cover } else { 0.0 }, cover / count)
    }
}
