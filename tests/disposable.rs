//! Pictures that are left out because none refers to them: every other picture of the stream
//! comes out of a stock decoder the same to the last bit.

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]

use std::path::Path;
use std::process::Command;

use gengfu::camera::{Codec, nal};

/// Encodes the street with an access unit delimiter before each picture.
fn encode(codec: Codec, options: &str, to: &Path) -> Vec<u8> {
    let street = std::env::var("GENGFU_VTEST").expect("set GENGFU_VTEST to OpenCV's vtest.avi");
    let (library, parameters) = match codec {
        Codec::H264 => ("libx264", "-x264-params"),
        Codec::H265 => ("libx265", "-x265-params"),
    };
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i", &street, "-frames:v", "60", "-s", "320x240", "-c:v"])
        .args([library, "-preset", "fast", parameters, &format!("aud=1:log-level=-1:{options}")])
        .arg(to)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(to).unwrap()
}

/// The pictures, each with the parts that stand before it.
fn pictures(codec: Codec, stream: &[u8]) -> Vec<Vec<u8>> {
    let delimiter = |part: &[u8]| match codec {
        Codec::H264 => part[0] & 0x1f == 9,
        Codec::H265 => part[0] >> 1 & 0x3f == 35,
    };
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    for part in nal::parts(stream) {
        if delimiter(part) {
            pictures.push(Vec::new());
        }
        let picture = pictures.last_mut().unwrap();
        picture.extend_from_slice(&[0, 0, 0, 1]);
        picture.extend_from_slice(part);
    }
    pictures
}

/// A checksum of each decoded picture, in the order of display.
fn decoded(file: &Path) -> Vec<String> {
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = String::from_utf8(done.stdout).unwrap();
    let sum = |line: &str| line.rsplit(',').next().unwrap().trim().to_owned();
    lines.lines().filter(|line| !line.starts_with('#')).map(sum).collect()
}

/// Leaves out what is disposable; expects at least so many of 60 pictures to be that.
#[track_caller]
fn check(codec: Codec, options: &str, at_least: usize) {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join(codec.name()).with_extension(codec.name());
    let stream = encode(codec, options, &whole);
    let sets = nal::parameter_sets(codec, &stream);
    let all = pictures(codec, &stream);
    assert_eq!(all.len(), 60, "{options}");
    let kept: Vec<&Vec<u8>> =
        all.iter().filter(|picture| !nal::is_disposable(codec, &sets, picture)).collect();
    assert!(60 - kept.len() >= at_least, "{options}: {} are kept", kept.len());
    let thinned = dir.path().join("thinned").with_extension(codec.name());
    std::fs::write(&thinned, kept.iter().flat_map(|p| p.iter()).copied().collect::<Vec<u8>>())
        .unwrap();
    let (before, after) = (decoded(&whole), decoded(&thinned));
    assert_eq!(after.len(), kept.len(), "{options}");
    let mut rest = before.iter();
    let same = after.iter().all(|sum| rest.any(|other| other == sum));
    assert!(same, "{options}: a picture came out differently");
}

#[test]
fn what_no_picture_refers_to_can_be_left_out() {
    check(Codec::H264, "bframes=3:b-adapt=0:b-pyramid=none", 40);
    check(Codec::H264, "bframes=3:b-adapt=0:b-pyramid=normal", 25);
    check(Codec::H264, "bframes=0", 0);
    check(Codec::H265, "bframes=3:b-adapt=0:b-pyramid=1", 25);
    check(Codec::H265, "bframes=3:b-adapt=0:temporal-layers=1", 25);
    check(Codec::H265, "bframes=0", 0);
}
