//! Footage for the lab, and test cameras that play it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gengfu::camera::gst::{
    Login, Mount, MountSource, Scene, ServeOptions, TestCameras, encode_scene, serve,
};

/// Who may look, and by which password.
pub(super) const USER: &str = "watch";
pub(super) const PASSWORD: &str = "open sesame";

/// Four seconds of a quarter of the street, encoded once for all tests.
fn street() -> &'static Path {
    static STREET: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = STREET.get_or_init(|| {
        let vtest = std::env::var("GENGFU_VTEST");
        let vtest =
            PathBuf::from(vtest.expect("set GENGFU_VTEST to the path of OpenCV's vtest.avi"));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("street.mp4");
        let scene = Scene { area: [0.25, 0.25, 0.75, 0.75], frames: Some(40), ..Scene::default() };
        encode_scene(&vtest, scene, &file).unwrap();
        (dir, file)
    });
    file
}

/// Cameras that play the street, each with the faults of its words.
pub(super) fn cameras<'a>(
    named: impl Iterator<Item = (&'a str, &'a str)>,
    login: Option<Login>,
) -> TestCameras {
    let mount = |(name, faults): (&str, &str)| Mount {
        name: name.to_owned(),
        source: MountSource::File(street().into()),
        faults: faults.split_whitespace().map(|fault| fault.parse().unwrap()).collect(),
    };
    let mounts = named.map(mount).collect();
    serve(ServeOptions { listen: "127.0.0.1:0".into(), mounts, login }).unwrap()
}

/// The login that all cameras of the lab ask for.
pub(super) fn login() -> Login {
    Login { user: USER.into(), password: PASSWORD.into() }
}
