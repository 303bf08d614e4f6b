//! From what the detector and the flow say to what is learnt and judged: one thing in one frame.
//!
//! Lengths are in frame heights and times in seconds, so that a camera may change its resolution
//! or its rate. Pure.

use crate::detect::candidate::{Candidate, Kind, Looks};
use crate::detect::flow::Flow;
use crate::detect::{Box01, Class};

/// One thing in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub area: Box01,
    /// Width of the frame in frame heights.
    pub aspect: f32,
    /// Likeness 0..1 of its best class.
    pub score: f32,
    pub class: Option<Class>,
    pub kind: (Kind, f32),
    pub looks: Looks,
    /// What a centre's own model says of it, 0..1 of its range.
    pub own: Option<f32>,
    /// `None` without an earlier frame to compare with.
    pub moved: Option<Moved>,
}

/// How a thing moves, frame heights per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Mean of the faster half of its area: a walker's arms and legs, not the ground between them.
    pub speed: f32,
    /// Mean way of the same half.
    pub right: f32,
    pub down: f32,
}

/// The flow of a frame and the time it spans.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<'a> {
    pub flow: &'a Flow,
    /// s.
    pub passed_s: f32,
}

impl Observation {
    /// What is seen of a thing.
    #[must_use]
    pub fn new(
        (candidate, looks): (Candidate, Looks),
        flow: Option<Spanned<'_>>,
        aspect: f32,
    ) -> Self {
        let Candidate { area, score, class, kind, own } = candidate;
        let moved = flow.and_then(|spanned| moved(spanned, &area));
        Self { area, aspect, score, class, kind, looks, own, moved }
    }

    /// Frame heights.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.area.y1 - self.area.y0
    }

    /// Logarithms of height and width against the height that is expected there.
    #[must_use]
    pub fn size(&self, expected: f32) -> [f32; 2] {
        let width = (self.area.x1 - self.area.x0) * self.aspect;
        [(self.height() / expected).ln(), (width / expected).ln()]
    }

    /// Where it stands: column and row 0..1 of the middle of its lower edge.
    #[must_use]
    pub fn foot(&self) -> (f32, f32) {
        ((self.area.x0 + self.area.x1) / 2.0, self.area.y1)
    }
}

fn moved(spanned: Spanned<'_>, area: &Box01) -> Option<Moved> {
    let Flow { width, height, .. } = *spanned.flow;
    if spanned.passed_s <= 0.0 || width == 0 || height == 0 {
        return None;
    }
    let cells = |from: f32, to: f32, of: usize| {
        let first = ((from * of as f32) as usize).min(of - 1);
        first..((to * of as f32) as usize).clamp(first + 1, of)
    };
    let columns = cells(area.x0, area.x1, width);
    let line = |row: usize| &spanned.flow.moved[row * width..][columns.clone()];
    let mut ways: Vec<(f32, [f32; 2])> = cells(area.y0, area.y1, height)
        .flat_map(|row| line(row).iter().map(|way| (way[0].hypot(way[1]), *way)))
        .collect();
    let faster = ways.len().div_ceil(2);
    if faster < ways.len() {
        ways.select_nth_unstable_by(faster - 1, |a, b| b.0.total_cmp(&a.0));
    }
    let (mut speed, mut right, mut down) = (0.0, 0.0, 0.0);
    for (length, way) in &ways[..faster] {
        speed += length;
        right += way[0];
        down += way[1];
    }
    // The flow's cells are two px of a plane twice as high.
    let per_s = 1.0 / (faster as f32 * 2.0 * height as f32 * spanned.passed_s);
    Some(Moved { speed: speed * per_s, right: right * per_s, down: down * per_s })
}
