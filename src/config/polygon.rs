//! Whether a zone's polygon can be used. Pure.
//!
//! A zone that crosses itself, or that has no area, would silently never fire; the fault is found
//! here and not at night.

/// Corners beyond this are a drawing accident, and cost time on every frame; guess, revisit.
const CORNERS_MAX: usize = 64;
/// Smallest area as a share of the frame: 0.01 % is six by six px of 640 by 480. Guess, revisit.
const AREA_MIN: f64 = 1e-4;

/// What is wrong with a polygon, and what to draw instead.
pub(super) fn fault(polygon: &[[f32; 2]]) -> Option<String> {
    let corners: Vec<[f64; 2]> = polygon.iter().map(|p| p.map(f64::from)).collect();
    if !(3..=CORNERS_MAX).contains(&corners.len()) {
        let found = corners.len();
        return Some(format!("has {found} corners; write 3 to {CORNERS_MAX} corners as [x, y]"));
    }
    if let Some(i) = corners.iter().position(|p| !p.iter().all(|v| (0.0..=1.0).contains(v))) {
        let [x, y] = polygon[i];
        return Some(format!(
            "corner {} [{x}, {y}] is outside the picture; write fractions 0 to 1 of width and \
             height, not pixels",
            i + 1
        ));
    }
    repeated(&corners).or_else(|| crossing(&corners)).or_else(|| flat(&corners))
}

fn repeated(corners: &[[f64; 2]]) -> Option<String> {
    let last = corners.len() - 1;
    if corners[0] == corners[last] {
        return Some("the last corner repeats the first; leave the last one out".into());
    }
    let i = (0..last).find(|i| corners[*i] == corners[i + 1])?;
    Some(format!("corners {} and {} are the same; leave one out", i + 1, i + 2))
}

fn crossing(corners: &[[f64; 2]]) -> Option<String> {
    let n = corners.len();
    let side = |i: usize| [corners[i], corners[(i + 1) % n]];
    for a in 0..n {
        for b in a + 1..n {
            let neighbours = b == a + 1 || (a == 0 && b == n - 1);
            if !neighbours && meet(side(a), side(b)) {
                return Some(format!(
                    "crosses itself: the side after corner {} meets the side after corner {}; \
                     write the corners in order around the zone",
                    a + 1,
                    b + 1
                ));
            }
        }
    }
    None
}

fn flat(corners: &[[f64; 2]]) -> Option<String> {
    let n = corners.len();
    let twice: f64 = (0..n).map(|i| cross([0.0, 0.0], corners[i], corners[(i + 1) % n])).sum();
    let area = twice.abs() / 2.0;
    (area < AREA_MIN).then(|| "has no area, its corners lie on one line; draw it wider".into())
}

/// Whether two sides have a point in common.
fn meet([a, b]: [[f64; 2]; 2], [c, d]: [[f64; 2]; 2]) -> bool {
    let (c_of_ab, d_of_ab) = (cross(a, b, c), cross(a, b, d));
    let (a_of_cd, b_of_cd) = (cross(c, d, a), cross(c, d, b));
    if c_of_ab * d_of_ab < 0.0 && a_of_cd * b_of_cd < 0.0 {
        return true;
    }
    let touches = |turn: f64, side: [[f64; 2]; 2], p| turn == 0.0 && between(side, p);
    touches(c_of_ab, [a, b], c)
        || touches(d_of_ab, [a, b], d)
        || touches(a_of_cd, [c, d], a)
        || touches(b_of_cd, [c, d], b)
}

/// Whether `p`, known to lie on the line of a side, lies on the side itself.
fn between([a, b]: [[f64; 2]; 2], p: [f64; 2]) -> bool {
    (0..2).all(|i| (a[i].min(b[i])..=a[i].max(b[i])).contains(&p[i]))
}

/// Turn from `a`->`b` to `a`->`c`: above 0 to one hand, below 0 to the other, 0 in line.
fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(polygon: &[[f32; 2]], expect: Option<&str>) {
        let found = fault(polygon);
        match expect {
            None => assert_eq!(found, None, "{polygon:?}"),
            Some(words) => {
                let found = found.expect("a fault");
                assert!(found.contains(words), "{polygon:?}: {found}");
            }
        }
    }

    #[test]
    fn a_plain_a_hollow_and_a_full_frame_polygon_are_good() {
        check(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], None);
        check(&[[0.1, 0.1], [0.9, 0.1], [0.5, 0.8]], None);
        check(&[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.5, 0.3], [0.1, 0.9]], None);
    }

    #[test]
    fn too_few_and_too_many_corners_are_faults() {
        check(&[], Some("has 0 corners"));
        check(&[[0.1, 0.1], [0.9, 0.9]], Some("has 2 corners"));
        check(&[[0.5, 0.5]; 65], Some("has 65 corners"));
    }

    #[test]
    fn pixels_and_not_a_number_are_outside_the_picture() {
        check(&[[0.1, 0.1], [640.0, 0.1], [0.5, 0.8]], Some("corner 2 [640, 0.1]"));
        check(&[[0.1, 0.1], [0.9, f32::NAN], [0.5, 0.8]], Some("corner 2"));
        check(&[[-0.1, 0.1], [0.9, 0.1], [0.5, 0.8]], Some("corner 1"));
    }

    #[test]
    fn a_bow_tie_a_touching_and_a_closed_polygon_are_faults() {
        check(&[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]], Some("crosses itself"));
        let touching = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.0], [0.0, 1.0]];
        check(&touching, Some("crosses itself"));
        check(&[[0.1, 0.1], [0.9, 0.1], [0.5, 0.8], [0.1, 0.1]], Some("repeats the first"));
        check(&[[0.1, 0.1], [0.1, 0.1], [0.9, 0.1], [0.5, 0.8]], Some("1 and 2 are the same"));
    }

    #[test]
    fn corners_on_one_line_have_no_area() {
        check(&[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]], Some("no area"));
    }
}
