//! From a picture to a model's input.
//!
//! A picture lies in the upper left corner of the input with grey beside and below it, or is
//! stretched over all of it; then its values become those on which the model was trained. A network
//! of convolutions finds the same wherever the picture lies, so models that were trained with the
//! picture in the middle work as well. Never looks at the clock, never keeps a picture. Pure.

use super::Box01;

/// Side of the stock detector's square input, px.
pub const INPUT_PX: usize = 416;
/// Filling of the unused part of an input, as in the training of YOLOX and YOLOv8.
pub(super) const PAD: f32 = 114.0;
/// Sides of a free input are multiples of this, px: the coarsest grid of most networks.
const STEP_PX: usize = 32;

/// A packed BGR picture.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// `height * width * 3` bytes.
    pub bgr: &'a [u8],
    /// px.
    pub width: u32,
    /// px.
    pub height: u32,
}

/// Sides of a detector's input, px.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSize {
    pub width: usize,
    pub height: usize,
}

impl InputSize {
    /// The stock detector's square.
    pub const SQUARE: Self = Self { width: INPUT_PX, height: INPUT_PX };

    /// The size in which the whole of a picture is searched: as large as this size allows, without
    /// what it would leave empty. In a square, 4:3 costs 0.77 of it and 16:9 0.62.
    #[must_use]
    pub fn around(self, picture: &Picture<'_>) -> Self {
        let (width, height) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
        let scale = (self.width as f32 / width).min(self.height as f32 / height);
        let side = |px: f32, most: usize| {
            let px = (px * scale).ceil() as usize;
            px.clamp(1, most).next_multiple_of(STEP_PX)
        };
        Self { width: side(width, self.width), height: side(height, self.height) }
    }

    /// What a search costs, in searches of the stock detector's square.
    #[must_use]
    pub fn cost(&self) -> f32 {
        (self.width * self.height) as f32 / (INPUT_PX * INPUT_PX) as f32
    }
}

/// How a picture lies in an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    pub size: InputSize,
    /// Input px per picture px, across and down.
    pub scale: (f32, f32),
}

impl Fitted {
    /// An input that is itself the picture.
    #[must_use]
    pub const fn natural(size: InputSize) -> Self {
        Self { size, scale: (1.0, 1.0) }
    }

    /// Width and height of the picture inside the input, px.
    pub(super) fn picture_px(&self, picture: &Picture<'_>) -> (f32, f32) {
        (picture.width as f32 * self.scale.0, picture.height as f32 * self.scale.1)
    }
}

/// Whether a model takes pictures of other sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    Fixed,
    Free,
}

/// Whether a model whose input has this `shape` (-1: any length) takes pictures of `size`.
///
/// # Errors
/// What it takes and what to write, in words.
pub fn sides(shape: &[i64], size: InputSize) -> Result<Sides, String> {
    let takes = shape.iter().map(|side| if *side < 0 { "?".to_owned() } else { side.to_string() });
    let takes = takes.collect::<Vec<_>>().join(" x ");
    let wanted = (size.height as i64, size.width as i64);
    match *shape {
        [..=1, 3, ..=-1, ..=-1] => Ok(Sides::Free),
        [..=1, 3, height, width] if (height, width) == wanted => Ok(Sides::Fixed),
        [batch, 3, height, width] if batch <= 1 && height > 0 && width > 0 => {
            let (px, is) = (sides_told(width, height), sides_told(wanted.1, wanted.0));
            Err(format!("it takes {takes}, and {is} is written; write {px}, or take another file"))
        }
        [_, 3, _, _] => Err(format!("it takes {takes}; export it for one picture at a time")),
        [_, _, _, 3] => {
            Err(format!("it takes {takes}; export it so that the three planes come first (NCHW)"))
        }
        _ => Err(format!("it takes {takes} and not one colour picture, 1 x 3 x height x width")),
    }
}

fn sides_told(width: i64, height: i64) -> String {
    if width == height { width.to_string() } else { format!("[{width}, {height}]") }
}

/// Copies an area of a picture and `around` its sides on each side; its width and height, px.
/// `None` when the picture is empty or its bytes do not match its size.
pub fn cut(
    picture: &Picture<'_>,
    area: &Box01,
    around: f32,
    out: &mut Vec<u8>,
) -> Option<(u32, u32)> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    if width == 0 || height == 0 || picture.bgr.len() != width * height * 3 {
        return None;
    }
    let span = |from: f32, to: f32, len: usize| {
        let more = around * (to - from);
        let px = |side: f32| (side * len as f32) as usize;
        let first = px(from - more).min(len - 1);
        first..px(to + more).clamp(first + 1, len)
    };
    let (columns, rows) = (span(area.x0, area.x1, width), span(area.y0, area.y1, height));
    out.clear();
    for row in rows.clone() {
        let line = row * width * 3;
        out.extend_from_slice(&picture.bgr[line + columns.start * 3..line + columns.end * 3]);
    }
    Some((columns.len() as u32, rows.len() as u32))
}

/// How a picture is laid into an input of another shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// As large as it fits, its shape kept, grey beside it.
    Letterbox,
    /// Over all of the input, its shape lost.
    Stretch,
}

/// The order of the planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    Bgr,
    Rgb,
}

/// What becomes of a picture before a model sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preparation {
    pub fit: Fit,
    pub colour: Colour,
    /// Taken from the values 0..255 of each plane, in the model's order.
    pub mean: [f32; 3],
    /// They are divided by this then.
    pub std: [f32; 3],
}

impl Preparation {
    /// Lays `picture` into `input` (three planes of `size`) and returns how it lies there. `None`
    /// when the picture is empty or its bytes do not match its size.
    pub fn lay(
        &self,
        picture: &Picture<'_>,
        size: InputSize,
        input: &mut Vec<f32>,
    ) -> Option<Fitted> {
        let fitted = fit(picture, (size, self.fit), input)?;
        self.values(input);
        Some(fitted)
    }

    /// Makes the values of a painted input (BGR, 0..255) those that the model was trained on.
    pub fn values(&self, input: &mut [f32]) {
        let plane = input.len() / 3;
        if self.colour == Colour::Rgb {
            let (blue, rest) = input.split_at_mut(plane);
            blue.swap_with_slice(&mut rest[plane..]);
        }
        for ((values, mean), std) in
            input.chunks_exact_mut(plane.max(1)).zip(self.mean).zip(self.std)
        {
            if mean != 0.0 || std != 1.0 {
                let by = 1.0 / std;
                values.iter_mut().for_each(|value| *value = (*value - mean) * by);
            }
        }
    }
}

/// Shrinks or enlarges `picture` into `input` (three planes of `size`, BGR, 0..255) and returns how
/// it lies there: its shape kept, in the upper left corner. Bilinear, as detectors are trained;
/// `None` when the picture is empty or its bytes do not match its size.
pub fn letterbox(picture: &Picture<'_>, size: InputSize, input: &mut Vec<f32>) -> Option<Fitted> {
    fit(picture, (size, Fit::Letterbox), input)
}

fn fit(
    picture: &Picture<'_>,
    (size, how): (InputSize, Fit),
    input: &mut Vec<f32>,
) -> Option<Fitted> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    if width == 0 || height == 0 || picture.bgr.len() != width * height * 3 {
        return None;
    }
    let (across, down) = (size.width as f32 / width as f32, size.height as f32 / height as f32);
    let scale = match how {
        Fit::Letterbox => (across.min(down), across.min(down)),
        Fit::Stretch => (across, down),
    };
    let new_width = ((width as f32 * scale.0) as usize).clamp(1, size.width);
    let new_height = ((height as f32 * scale.1) as usize).clamp(1, size.height);
    let plane = size.width * size.height;
    input.clear();
    input.resize(3 * plane, PAD);
    let columns: Vec<Tap> = (0..new_width).map(|x| Tap::at(x, new_width, width)).collect();
    let (blue, rest) = input.split_at_mut(plane);
    let (green, red) = rest.split_at_mut(plane);
    let mut blended = vec![0.0f32; width * 3];
    for y in 0..new_height {
        let row = Tap::at(y, new_height, height);
        blend(picture.bgr, width * 3, row, &mut blended);
        let line = y * size.width..y * size.width + new_width;
        let planes = blue[line.clone()]
            .iter_mut()
            .zip(&mut green[line.clone()])
            .zip(&mut red[line])
            .zip(&columns);
        for (((b, g), r), tap) in planes {
            let left = &blended[tap.low * 3..tap.low * 3 + 3];
            let right = &blended[tap.high * 3..tap.high * 3 + 3];
            *b = left[0] + (right[0] - left[0]) * tap.weight;
            *g = left[1] + (right[1] - left[1]) * tap.weight;
            *r = left[2] + (right[2] - left[2]) * tap.weight;
        }
    }
    Some(Fitted { size, scale })
}

/// Where an output pixel lies between two input pixels.
#[derive(Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    /// Share 0..1 of `high`.
    weight: f32,
}

impl Tap {
    /// Centres of pixels fall on each other, as in OpenCV's INTER_LINEAR.
    fn at(index: usize, new_len: usize, len: usize) -> Self {
        let place = (index as f32 + 0.5) * len as f32 / new_len as f32 - 0.5;
        let place = place.clamp(0.0, (len - 1) as f32);
        let low = place as usize;
        Self { low, high: (low + 1).min(len - 1), weight: place - low as f32 }
    }
}

/// One line between two lines of the picture.
fn blend(bgr: &[u8], line_len: usize, row: Tap, out: &mut [f32]) {
    let upper = &bgr[row.low * line_len..(row.low + 1) * line_len];
    let lower = &bgr[row.high * line_len..(row.high + 1) * line_len];
    for ((out, &upper), &lower) in out.iter_mut().zip(upper).zip(lower) {
        let upper = f32::from(upper);
        *out = upper + (f32::from(lower) - upper) * row.weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: InputSize = InputSize::SQUARE;

    #[test]
    fn a_wide_picture_lies_at_the_top_and_grey_below_it() {
        let bgr: Vec<u8> = [10, 20, 30].repeat(832 * 416);
        let mut input = Vec::new();
        let wide = Picture { bgr: &bgr, width: 832, height: 416 };
        let fitted = letterbox(&wide, SQUARE, &mut input);
        assert_eq!(fitted, Some(Fitted { size: SQUARE, scale: (0.5, 0.5) }));
        let plane = INPUT_PX * INPUT_PX;
        assert_eq!(input.len(), 3 * plane);
        let at = |channel: usize, x: usize, y: usize| input[channel * plane + y * INPUT_PX + x];
        assert_eq!([at(0, 0, 0), at(1, 415, 207), at(2, 200, 100)], [10.0, 20.0, 30.0]);
        assert_eq!([at(0, 0, 208), at(2, 415, 415)], [PAD, PAD]);
    }

    #[test]
    fn between_two_pixels_lies_their_mean() {
        let mut input = Vec::new();
        let bgr = [0, 0, 0, 200, 200, 200];
        let two = Picture { bgr: &bgr, width: 2, height: 1 };
        letterbox(&two, SQUARE, &mut input).expect("fits");
        assert_eq!((input[0], input[415]), (0.0, 200.0));
        assert!((input[207] - 100.0).abs() < 1.0 && (input[208] - 100.0).abs() < 1.0);
    }

    #[test]
    fn a_picture_whose_bytes_do_not_match_its_size_is_refused() {
        let mut input = Vec::new();
        let mut fit = |picture| letterbox(&picture, SQUARE, &mut input);
        assert_eq!(fit(Picture { bgr: &[0; 5], width: 2, height: 1 }), None);
        assert_eq!(fit(Picture { bgr: &[], width: 0, height: 0 }), None);
    }

    #[test]
    fn a_stretched_picture_fills_the_input_in_the_models_own_values() {
        let bgr: Vec<u8> = [10, 20, 30].repeat(8 * 4);
        let wide = Picture { bgr: &bgr, width: 8, height: 4 };
        let size = InputSize { width: 4, height: 4 };
        let preparation = Preparation {
            fit: Fit::Stretch,
            colour: Colour::Rgb,
            mean: [0.0, 10.0, 0.0],
            std: [10.0, 10.0, 1.0],
        };
        let mut input = Vec::new();
        let fitted = preparation.lay(&wide, size, &mut input);
        assert_eq!(fitted, Some(Fitted { size, scale: (0.5, 1.0) }));
        assert_eq!(input, [[3.0; 16], [1.0; 16], [10.0; 16]].concat());
    }

    #[test]
    fn a_thing_is_cut_out_with_a_little_around_it_and_never_beyond_the_picture() {
        let bgr: Vec<u8> = (0..8 * 4).flat_map(|dot| [dot as u8; 3]).collect();
        let picture = Picture { bgr: &bgr, width: 8, height: 4 };
        let mut out = Vec::new();
        let mut of = |x0, y0, x1, y1, around| {
            let size = cut(&picture, &Box01 { x0, y0, x1, y1 }, around, &mut out);
            (size, out.iter().step_by(3).copied().collect::<Vec<_>>())
        };
        assert_eq!(of(0.25, 0.25, 0.5, 0.75, 0.0), (Some((2, 2)), vec![10, 11, 18, 19]));
        assert_eq!(of(0.25, 0.25, 0.5, 0.5, 1.0).0, Some((6, 3)));
        assert_eq!(of(0.9, 0.9, 3.0, 3.0, 1.0).0, Some((8, 4)));
        assert_eq!(of(0.5, 0.5, 0.5, 0.5, 0.0), (Some((1, 1)), vec![20]));
    }

    #[test]
    fn an_input_of_another_shape_is_told_with_what_to_write() {
        let of = |shape: &[i64]| sides(shape, InputSize { width: 640, height: 384 });
        let fault = |shape: &[i64]| of(shape).expect_err("another shape");
        assert_eq!(of(&[1, 3, 384, 640]), Ok(Sides::Fixed));
        assert_eq!(of(&[-1, 3, -1, -1]), Ok(Sides::Free));
        let told = fault(&[1, 3, 416, 416]);
        assert!(told.contains("[640, 384] is written; write 416, or"), "{told}");
        assert!(fault(&[1, 3, 640, 384]).contains("write [384, 640]"));
        assert!(fault(&[8, 3, 384, 640]).contains("one picture at a time"));
        assert!(fault(&[1, 384, 640, 3]).contains("NCHW"));
        assert!(fault(&[1, 1, 384, 640]).contains("not one colour picture"));
        assert!(fault(&[640]).contains("it takes 640 and not"));
    }

    #[test]
    fn a_free_input_leaves_out_what_would_be_empty() {
        let around = |most: (usize, usize), width, height| {
            let most = InputSize { width: most.0, height: most.1 };
            let size = most.around(&Picture { bgr: &[], width, height });
            (size.width, size.height)
        };
        assert_eq!(around((416, 416), 640, 480), (416, 320));
        assert_eq!(around((416, 416), 640, 360), (416, 256));
        assert_eq!(around((416, 416), 360, 640), (256, 416));
        assert_eq!(around((640, 384), 640, 640), (384, 384));
    }
}
