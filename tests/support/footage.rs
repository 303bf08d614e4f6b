//! Footage as the recorder writes it, of a test picture that ffmpeg has encoded with B-frames.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gengfu::camera::{AccessUnit, CameraId, Codec, StreamFormat};
use gengfu::clock::UnixMs;
use gengfu::record::fmp4::{self, Sample};
use gengfu::record::read;
use gengfu::record::{Segment, SegmentEnd};
use gengfu::store::Store;
use gengfu::store::evidence::sha256_hex;
use gengfu::store::segment::FootageChange;
use mp4_atom::Codec as SampleEntry;

/// Pictures a second, and pictures from one key frame to the next.
pub(crate) const FPS: usize = 25;
/// Seconds of the test picture.
const SECONDS: usize = 8;

/// Eight seconds of 320 x 240 px, a key frame each second, in order of decoding.
pub(crate) fn samples(codec: Codec) -> &'static [Sample] {
    static H264: OnceLock<Vec<Sample>> = OnceLock::new();
    static H265: OnceLock<Vec<Sample>> = OnceLock::new();
    match codec {
        Codec::H264 => H264.get_or_init(|| encoded("libx264", codec)),
        Codec::H265 => H265.get_or_init(|| encoded("libx265", codec)),
    }
}

fn encoded(encoder: &str, codec: Codec) -> Vec<Sample> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25"]);
    ffmpeg.args(["-t", &SECONDS.to_string(), "-c:v", encoder, "-preset", "ultrafast"]);
    ffmpeg.args(["-bf", "2", "-g", "25", "-keyint_min", "25", "-sc_threshold", "0"]);
    ffmpeg.args(["-x265-params", "log-level=none:keyint=25:min-keyint=25:scenecut=0:open-gop=0"]);
    ffmpeg.args([
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+frag_keyframe+empty_moov+default_base_moof",
    ]);
    assert!(ffmpeg.arg(&file).status().unwrap().success(), "ffmpeg cannot encode");
    let bytes = std::fs::read(&file).unwrap();
    let index = read::index(bytes.len() as u64, &mut |at, count| {
        let at = usize::try_from(at).unwrap();
        Ok(bytes[at..(at + count).min(bytes.len())].to_vec())
    });
    let index = index.unwrap();
    let format = Arc::new(format(codec, &index));
    let ticks = |value: i64| value * 90_000 / i64::from(index.timescale);
    let first = index.pictures[0].dts;
    let pictures = index.pictures.iter().enumerate();
    let sample = |(number, picture): (usize, &read::Picture)| {
        let at = usize::try_from(picture.at).unwrap();
        let unit = AccessUnit {
            seq: number as u64,
            session: 0,
            key: picture.key,
            pts_us: 0,
            seen_at: UnixMs(0),
            at: Duration::ZERO,
            format: Arc::clone(&format),
            bytes: annex_b(&bytes[at..at + picture.bytes as usize]).into(),
        };
        Sample {
            unit,
            dts: u64::try_from(ticks(picture.dts - first)).unwrap(),
            cts: i32::try_from(ticks(picture.pts - picture.dts)).unwrap(),
            duration: u32::try_from(ticks(picture.duration.into())).unwrap(),
        }
    };
    let samples: Vec<Sample> = pictures.map(sample).collect();
    assert!(samples.iter().any(|sample| sample.cts != 0), "no picture is reordered");
    samples
}

fn format(codec: Codec, index: &read::Index) -> StreamFormat {
    let sets = match &index.entry {
        SampleEntry::Avc1(avc1) => {
            let avcc = &avc1.avcc;
            [avcc.sequence_parameter_sets.clone(), avcc.picture_parameter_sets.clone()].concat()
        }
        SampleEntry::Hev1(hev1) => hev1.hvcc.arrays.iter().flat_map(|a| a.nalus.clone()).collect(),
        _ => panic!("ffmpeg has written another codec"),
    };
    StreamFormat { codec, width_px: index.width_px, height_px: index.height_px, sets }
}

fn annex_b(mut lengths: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((length, rest)) = lengths.split_first_chunk::<4>() {
        let (part, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        bytes.extend_from_slice(&[0, 0, 0, 1]);
        bytes.extend_from_slice(part);
        lengths = rest;
    }
    bytes
}

/// A file of footage with the seconds `from` up to `to` of the test picture.
pub(crate) fn file(codec: Codec, from: usize, to: usize) -> Vec<u8> {
    let samples = &samples(codec)[from * FPS..to * FPS];
    let start = samples[0].dts;
    let shifted: Vec<Sample> =
        samples.iter().map(|s| Sample { dts: s.dts - start, ..s.clone() }).collect();
    let mut bytes = fmp4::head(&samples[0].unit.format).unwrap();
    for (number, part) in (1..).zip(shifted.chunks(15)) {
        bytes.extend(fmp4::fragment(number, part));
    }
    bytes
}

/// A finished row of footage that begins here and lasts so many seconds.
pub(crate) fn row(camera: &CameraId, number: i64, started: UnixMs, seconds: i64) -> Segment {
    Segment {
        id: format!("{camera}-{number}"),
        camera: camera.clone(),
        number,
        file: format!("{camera}/{number:09}.mp4"),
        started,
        codec: Codec::H264,
        width_px: 320,
        height_px: 240,
        end: Some(SegmentEnd {
            ended: started.plus_ms(seconds * 1000),
            media_ms: seconds * 1000,
            wall_ms: seconds * 1000,
            bytes: 1000,
            units: seconds * 25,
            key_frames: seconds,
            lost: 0,
            sha256: "00".into(),
        }),
    }
}

/// Writes a file of footage and its row.
pub(crate) async fn record(store: &Store, dir: &Path, row: Segment, bytes: &[u8]) -> Segment {
    let path = dir.join(&row.file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let end = row.end.map(|end| SegmentEnd {
        bytes: i64::try_from(bytes.len()).unwrap(),
        sha256: sha256_hex(bytes),
        ..end
    });
    let row = Segment { end, ..row };
    store.index_footage(&[FootageChange::Open(row.clone())]).await.unwrap();
    row
}
