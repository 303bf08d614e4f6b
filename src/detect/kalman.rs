//! Where a followed object is expected: a Kalman filter of constant velocity for each number.
//!
//! Centre, width and height are four independent filters of place and speed. Noise grows with the
//! size of the object and with real time, not with frames, because the look rate changes. The
//! proportions of noise are DeepSORT's (Wojke 2017, arXiv:1703.07402); own code. Pure arithmetic.

use super::Box01;

/// Deviation of a detected side, in sizes of the object (DeepSORT: 1/20).
const MEASURED: f32 = 0.05;
/// Deviation of the unknown speed of a new object, sizes per second. A walker makes 1.4 m/s at
/// 1.7 m height, a runner three times that.
const SPEED: f32 = 1.5;
/// Deviation of acceleration, sizes per second²: a walker stops within a second.
const ACCELERATION: f32 = 1.5;
/// Sizes change slowly: a tenth of the noise of the place.
const SIZE_SHARE: f32 = 0.1;
/// Height of usual frames as a share of their width: makes heights comparable with widths.
const ASPECT: f32 = 9.0 / 16.0;

/// One number and its speed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    place: f32,
    /// Per second.
    speed: f32,
    /// Variances of place and speed, and between them.
    pp: f32,
    pv: f32,
    vv: f32,
}

impl Axis {
    fn new(place: f32, unit: f32) -> Self {
        let (pp, vv) = ((MEASURED * unit).powi(2), (SPEED * unit).powi(2));
        Self { place, speed: 0.0, pp, pv: 0.0, vv }
    }

    fn predict(&mut self, seconds: f32, unit: f32) {
        let noise = (ACCELERATION * unit).powi(2);
        self.place += self.speed * seconds;
        self.pp += seconds * (2.0 * self.pv + seconds * self.vv) + noise * seconds.powi(4) / 4.0;
        self.pv += seconds * self.vv + noise * seconds.powi(3) / 2.0;
        self.vv += noise * seconds.powi(2);
    }

    fn correct(&mut self, place: f32, unit: f32) {
        let total = self.pp + (MEASURED * unit).powi(2);
        let (gain_place, gain_speed) = (self.pp / total, self.pv / total);
        let off = place - self.place;
        self.place += gain_place * off;
        self.speed += gain_speed * off;
        self.vv -= gain_speed * self.pv;
        self.pv *= 1.0 - gain_place;
        self.pp *= 1.0 - gain_place;
    }
}

/// The expected box of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Kalman {
    cx: Axis,
    cy: Axis,
    width: Axis,
    height: Axis,
}

impl Kalman {
    /// Begins at a detected box, with no known speed.
    #[must_use]
    pub fn at(area: &Box01) -> Self {
        let [cx, cy, width, height] = numbers(area);
        let (across, down) = units(width, height);
        Self {
            cx: Axis::new(cx, across),
            cy: Axis::new(cy, down),
            width: Axis::new(width, across * SIZE_SHARE),
            height: Axis::new(height, down * SIZE_SHARE),
        }
    }

    /// Lets `seconds` pass.
    pub fn predict(&mut self, seconds: f32) {
        let (across, down) = units(self.width.place, self.height.place);
        self.cx.predict(seconds, across);
        self.cy.predict(seconds, down);
        self.width.predict(seconds, across * SIZE_SHARE);
        self.height.predict(seconds, down * SIZE_SHARE);
    }

    /// Takes a detected box in.
    pub fn correct(&mut self, area: &Box01) {
        let (across, down) = units(self.width.place, self.height.place);
        let [cx, cy, width, height] = numbers(area);
        self.cx.correct(cx, across);
        self.cy.correct(cy, down);
        self.width.correct(width, across * SIZE_SHARE);
        self.height.correct(height, down * SIZE_SHARE);
    }

    /// The box as it is expected now.
    #[must_use]
    pub fn area(&self) -> Box01 {
        let (half_width, half_height) = (self.width.place / 2.0, self.height.place / 2.0);
        Box01 {
            x0: self.cx.place - half_width,
            y0: self.cy.place - half_height,
            x1: self.cx.place + half_width,
            y1: self.cy.place + half_height,
        }
    }

    /// Speed of the centre across and down, in widths and heights of the frame per second.
    #[must_use]
    pub const fn velocity(&self) -> [f32; 2] {
        [self.cx.speed, self.cy.speed]
    }

    /// Speed in own sizes per second.
    #[must_use]
    pub fn speed(&self) -> f32 {
        let (across, down) = units(self.width.place, self.height.place);
        (self.cx.speed / across).hypot(self.cy.speed / down)
    }
}

fn numbers(area: &Box01) -> [f32; 4] {
    let (width, height) = (area.x1 - area.x0, area.y1 - area.y0);
    [area.x0 + width / 2.0, area.y0 + height / 2.0, width, height]
}

/// The object's size across and down: the larger side counts, so that a thin person may walk.
fn units(width: f32, height: f32) -> (f32, f32) {
    let least = 0.001;
    (width.max(height * ASPECT).max(least), height.max(width / ASPECT).max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(x: f32) -> Box01 {
        Box01 { x0: x, y0: 0.4, x1: x + 0.05, y1: 0.6 }
    }

    #[test]
    fn a_steady_walker_is_expected_where_he_will_be() {
        let mut kalman = Kalman::at(&person(0.1));
        for step in 1..=10 {
            kalman.predict(0.2);
            kalman.correct(&person(0.1 + 0.02 * step as f32));
        }
        kalman.predict(0.4);
        assert!((kalman.area().x0 - 0.34).abs() < 0.01, "{:?}", kalman.area());
        assert!((kalman.area().y0 - 0.4).abs() < 0.001);
        // 0.1 of the width per second, and the person is 0.2 * 9/16 of a width tall.
        assert!((kalman.speed() - 0.1 / 0.1125).abs() < 0.1, "{}", kalman.speed());
    }

    #[test]
    fn a_still_object_stays_still_through_the_detectors_jitter() {
        let mut kalman = Kalman::at(&person(0.5));
        for step in 1..=20 {
            kalman.predict(0.2);
            kalman.correct(&person(if step % 2 == 0 { 0.502 } else { 0.498 }));
        }
        assert!(kalman.speed() < 0.1, "{}", kalman.speed());
    }

    #[test]
    fn a_box_of_no_size_does_no_harm() {
        let mut kalman = Kalman::at(&Box01 { x0: 0.5, y0: 0.5, x1: 0.5, y1: 0.5 });
        kalman.predict(10.0);
        kalman.correct(&person(0.5));
        assert!(kalman.area().x0.is_finite() && kalman.speed().is_finite());
    }
}
