//! Decoded pictures as the rest of the daemon sees them: the small grey one at once, the colours
//! when somebody asks for them.
//!
//! Of a camera that is watched most pictures are looked at in grey only; converting each of them
//! to colours and copying it took a tenth of what a busy camera with a small stream costs.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video::prelude::*;
use gstreamer_video::{
    VideoColorRange, VideoConverter, VideoFormat, VideoFrameRef, VideoInfo, VideoMeta,
};

use super::Error;
use crate::camera::frame::Bgr;
use crate::camera::grey::{GREY_WIDTH_PX, Grey, Levels, shrink_luma};
use crate::camera::intake::RawPicture;

/// The decoded picture in a sample.
pub(super) fn picture_of(sample: &gst::Sample) -> Option<RawPicture> {
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    let buffer = sample.buffer_owned()?;
    let grey = grey(&buffer, &info)?;
    let (width, height) = (info.width(), info.height());
    let bgr = Bgr::later(move || {
        colours(&buffer, &info).unwrap_or_else(|error| {
            tracing::warn!(%error, "the colours of a picture cannot be made");
            Vec::new()
        })
    });
    Some(RawPicture { width, height, grey, bgr })
}

/// Lets the decoder give its pictures as they lie in its memory; it copies them otherwise.
pub(super) fn take_any_layout(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(query) = query.view_mut()
        {
            query.add_allocation_meta::<VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

fn grey(buffer: &gst::BufferRef, info: &VideoInfo) -> Option<Grey> {
    let frame = VideoFrameRef::from_buffer_ref_readable(buffer, info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let full = info.colorimetry().range() == VideoColorRange::Range0_255;
    let levels = if full { Levels::Full } else { Levels::Studio };
    let luma = frame.plane_data(0).ok()?;
    shrink_luma((luma, stride), (info.width(), info.height()), levels, GREY_WIDTH_PX)
}

/// Packed BGR, `height * width * 3` bytes.
fn colours(buffer: &gst::BufferRef, info: &VideoInfo) -> Result<Vec<u8>, Error> {
    let (width, height) = (info.width(), info.height());
    let into = VideoInfo::builder(VideoFormat::Bgr, width, height)
        .fps(info.fps())
        .interlace_mode(info.interlace_mode())
        .build()
        .map_err(Error::part)?;
    let converter = VideoConverter::new(info, &into, None).map_err(Error::part)?;
    let mut made = gst::Buffer::with_size(into.size()).map_err(Error::part)?;
    {
        let from = VideoFrameRef::from_buffer_ref_readable(buffer, info).map_err(Error::part)?;
        let fresh = made.get_mut().expect("nobody else knows a new buffer");
        let mut to = VideoFrameRef::from_buffer_ref_writable(fresh, &into).map_err(Error::part)?;
        converter.frame_ref(&from, &mut to);
    }
    let bytes = made.map_readable().map_err(Error::part)?;
    // Rows are padded to four bytes.
    let row = width as usize * 3;
    let rows = bytes.chunks(row.next_multiple_of(4)).take(height as usize);
    let mut packed = Vec::with_capacity(row * height as usize);
    rows.filter_map(|line| line.get(..row)).for_each(|line| packed.extend_from_slice(line));
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One grey level and the two colours of a whole picture as the decoder gives it.
    #[track_caller]
    fn check((y, u, v): (u8, u8, u8), range: VideoColorRange, grey: u8, bgr: [u8; 3]) {
        super::super::start().unwrap();
        let info = VideoInfo::builder(VideoFormat::I420, 322, 180);
        let info = info.build().unwrap();
        let old = info.colorimetry();
        let colorimetry = gstreamer_video::VideoColorimetry::new(
            range,
            old.matrix(),
            old.transfer(),
            old.primaries(),
        );
        let info = VideoInfo::builder(VideoFormat::I420, 322, 180)
            .colorimetry(&colorimetry)
            .build()
            .unwrap();
        let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
        {
            let fresh = buffer.get_mut().unwrap();
            let mut frame = VideoFrameRef::from_buffer_ref_writable(fresh, &info).unwrap();
            for (plane, value) in [(0, y), (1, u), (2, v)] {
                frame.plane_data_mut(plane).unwrap().fill(value);
            }
        }
        let sample = gst::Sample::builder().buffer(&buffer).caps(&info.to_caps().unwrap()).build();
        let picture = picture_of(&sample).unwrap();
        assert_eq!((picture.width, picture.height), (322, 180));
        assert_eq!(picture.grey.luma.len(), 161 * 90);
        assert!(picture.grey.luma.iter().all(|dot| *dot == grey), "{}", picture.grey.luma[0]);
        assert_eq!(picture.bgr.len(), 322 * 180 * 3);
        let near = |dot: &[u8]| dot.iter().zip(bgr).all(|(a, b)| a.abs_diff(b) <= 2);
        assert!(picture.bgr.chunks_exact(3).all(near), "{:?}", &picture.bgr[..3]);
    }

    #[test]
    fn grey_levels_and_colours_are_those_of_the_picture() {
        check((16, 128, 128), VideoColorRange::Range16_235, 0, [0, 0, 0]);
        check((235, 128, 128), VideoColorRange::Range16_235, 255, [255, 255, 255]);
        check((126, 128, 128), VideoColorRange::Range16_235, 128, [128, 128, 128]);
        check((126, 128, 128), VideoColorRange::Range0_255, 126, [126, 126, 126]);
        check((0, 128, 128), VideoColorRange::Range16_235, 0, [0, 0, 0]);
    }
}
