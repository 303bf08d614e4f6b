//! From a colour picture to the small grey one in which motion is looked for.
//!
//! Blocks of whole pixels are averaged: sensor noise shrinks with the block, and the same picture
//! gives the same bytes on every machine.

/// A small grey picture, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grey {
    pub width: u32,
    pub height: u32,
    /// Luma 0..255, `height * width` bytes.
    pub luma: Vec<u8>,
}

/// Width in px that is aimed at: a person across a street is still some px tall, and the sums of
/// a frame fit the processor's first cache.
pub const GREY_WIDTH_PX: u32 = 160;

/// How brightness is coded: from 0 to 255, or from 16 to 235 as video usually is (BT.601, BT.709).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    Full,
    Studio,
}

impl Levels {
    /// The mean 0..255 of a sum of `count` bytes.
    fn mean(self, sum: u32, count: u32) -> u8 {
        let mean = match self {
            Self::Full => sum / count,
            Self::Studio => sum.saturating_sub(16 * count) * 255 / (219 * count),
        };
        u8::try_from(mean).unwrap_or(u8::MAX)
    }
}

/// Averages a plane of brightness, rows `stride` bytes apart, in the same blocks. None when the
/// plane is shorter than its size says.
#[must_use]
pub fn shrink_luma(
    (luma, stride): (&[u8], usize),
    (width, height): (u32, u32),
    levels: Levels,
    aim_px: u32,
) -> Option<Grey> {
    let block = block_of(width, aim_px);
    let (columns, rows) = ((width / block) as usize, (height / block) as usize);
    let (count, block, used) = (block * block, block as usize, columns * block as usize);
    let mut small = Vec::with_capacity(columns * rows);
    let mut sums = vec![0_u32; used];
    for row in 0..rows {
        sums.fill(0);
        for line in row * block..(row + 1) * block {
            let line = luma.get(line * stride..line * stride + used)?;
            for (sum, byte) in sums.iter_mut().zip(line) {
                *sum += u32::from(*byte);
            }
        }
        let blocks = sums.chunks_exact(block);
        small.extend(blocks.map(|sums| levels.mean(sums.iter().sum(), count)));
    }
    Some(Grey { width: columns as u32, height: rows as u32, luma: small })
}

/// Side of a block, px.
fn block_of(width: u32, aim_px: u32) -> u32 {
    ((width + aim_px / 2) / aim_px.max(1)).max(1)
}

/// Averages packed BGR (`height * width * 3` bytes) in square blocks so that the width comes near
/// `aim_px`. Columns and rows that fill no whole block are left out. Empty for an empty picture.
///
/// # Panics
/// When `bgr` is shorter than width and height say.
#[must_use]
pub fn shrink_to_grey(bgr: &[u8], (width, height): (u32, u32), aim_px: u32) -> Grey {
    let block = block_of(width, aim_px);
    let (columns, rows) = ((width / block) as usize, (height / block) as usize);
    let (stride, block) = (width as usize * 3, block as usize);
    assert!(bgr.len() >= stride * height as usize, "a picture is shorter than its size says");
    let mut luma = Vec::with_capacity(columns * rows);
    let share = u32::try_from(block * block).expect("a block is smaller than a picture") << 8;
    // Lines are added up before anything is weighed: that goes many bytes at a time.
    let mut sums = vec![0_u32; stride];
    for row in 0..rows {
        sums.fill(0);
        for line in bgr[row * block * stride..(row + 1) * block * stride].chunks_exact(stride) {
            for (sum, byte) in sums.iter_mut().zip(line) {
                *sum += u32::from(*byte);
            }
        }
        let blocks = sums.chunks_exact(block * 3).take(columns);
        let weighed = blocks.map(|sums| sums.chunks_exact(3).map(weigh).sum::<u32>() / share);
        luma.extend(weighed.map(|mean| u8::try_from(mean).unwrap_or(u8::MAX)));
    }
    Grey { width: columns as u32, height: rows as u32, luma }
}

/// Luma of a sum of BGR pixels by ITU-R BT.601, times 256.
fn weigh(sum: &[u32]) -> u32 {
    29 * sum[0] + 150 * sum[1] + 77 * sum[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bgr: &[u8], size: (u32, u32), aim_px: u32, expect: (u32, u32, &[u8])) {
        let grey = shrink_to_grey(bgr, size, aim_px);
        assert_eq!((grey.width, grey.height, grey.luma.as_slice()), expect);
    }

    #[test]
    fn a_pixel_becomes_its_luma() {
        check(&[255, 255, 255, 0, 0, 0], (2, 1), 2, (2, 1, &[255, 0]));
        check(&[255, 0, 0, 0, 255, 0, 0, 0, 255], (3, 1), 3, (3, 1, &[28, 149, 76]));
    }

    #[test]
    fn a_block_becomes_its_mean() {
        let bgr = [10, 10, 10, 30, 30, 30, 50, 50, 50, 70, 70, 70];
        check(&bgr, (2, 2), 1, (1, 1, &[40]));
    }

    #[test]
    fn a_plane_is_averaged_in_the_same_blocks() {
        let check = |luma: &[u8], stride, size, levels, expect: Option<(u32, u32, &[u8])>| {
            let grey = shrink_luma((luma, stride), size, levels, 2);
            assert_eq!(grey.as_ref().map(|g| (g.width, g.height, g.luma.as_slice())), expect);
        };
        // Two blocks of two by two, one byte of padding to a row.
        let plane = [10, 20, 100, 100, 9, 30, 40, 100, 104, 9];
        check(&plane, 5, (4, 2), Levels::Full, Some((2, 1, &[25, 101])));
        check(&plane[..9], 5, (4, 2), Levels::Full, Some((2, 1, &[25, 101])));
        check(&plane[..8], 5, (4, 2), Levels::Full, None);
        check(&[16, 235, 0, 255], 4, (4, 1), Levels::Studio, Some((2, 0, &[])));
        check(&[16, 235], 2, (2, 1), Levels::Studio, Some((2, 1, &[0, 255])));
        check(&[0, 255], 2, (2, 1), Levels::Studio, Some((2, 1, &[0, 255])));
    }

    #[test]
    fn columns_and_rows_beyond_whole_blocks_are_left_out() {
        let bgr: Vec<u8> = (0..5 * 3 * 3).map(|i| if i % 15 < 12 { 8 } else { 200 }).collect();
        check(&bgr, (5, 3), 2, (1, 1, &[8]));
    }

    #[test]
    fn a_picture_that_is_small_already_keeps_its_size() {
        check(&[7; 6], (2, 1), 160, (2, 1, &[7, 7]));
        check(&[], (0, 0), 160, (0, 0, &[]));
    }

    #[test]
    fn a_frame_for_detection_comes_out_160_px_wide() {
        let grey = shrink_to_grey(&vec![9; 640 * 480 * 3], (640, 480), GREY_WIDTH_PX);
        assert_eq!((grey.width, grey.height), (160, 120));
    }
}
