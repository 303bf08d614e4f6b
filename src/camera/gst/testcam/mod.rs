//! Test cameras: files served over RTSP as if they were live, with the faults that cameras have.
//!
//! A server of our own, because a good one cannot be made to misbehave, and because this one costs
//! little: a film is cut into packets once, at the start, and a picture leaves with one write.
//! Each camera and each connection has its own thread. Never part of a centre at work.

mod fault;
mod message;
mod packet;
mod film;
mod variant;
mod line;
mod mount;
mod session;

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::JoinHandle;

pub use fault::{Fault, FaultKind, kinds_told};
pub use variant::Variant;

use super::{Error, start};
use crate::clock::RealClock;
use film::Film;
use line::Line;
use mount::Camera;
use session::House;

/// What to serve and where.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// `host:port`; port 0 takes a free one.
    pub listen: String,
    pub mounts: Vec<Mount>,
    /// Who may look; None for everybody.
    pub login: Option<Login>,
}

/// One test camera at `rtsp://listen/name`.
#[derive(Clone, Debug)]
pub struct Mount {
    pub name: String,
    pub source: MountSource,
    pub faults: Vec<Fault>,
}

/// What a test camera sends.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// An MP4 file with H.264 or H.265 video.
    File(PathBuf),
    /// A stream of sound in the description, and no video.
    AudioOnly,
}

/// User and password, asked for by digest.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.user)
    }
}

impl std::str::FromStr for Mount {
    type Err = String;

    /// Reads `NAME=FILE` or `NAME=:audio`.
    fn from_str(text: &str) -> Result<Self, String> {
        let split =
            text.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty());
        let (name, file) = split.ok_or_else(|| format!("'{text}' is not NAME=FILE"))?;
        let source = match file {
            ":audio" => MountSource::AudioOnly,
            file => MountSource::File(file.into()),
        };
        Ok(Self { name: name.to_owned(), source, faults: Vec::new() })
    }
}

impl Mount {
    /// Gives the camera of `mounts` that `NAME:FAULT` names its fault.
    ///
    /// # Errors
    /// There is no such camera or fault.
    pub fn afflict(mounts: &mut [Self], text: &str) -> Result<(), String> {
        let (name, fault) =
            text.split_once(':').ok_or_else(|| format!("'{text}' is not NAME:KIND"))?;
        let mount = mounts.iter_mut().find(|mount| mount.name == name);
        let mount = mount.ok_or_else(|| format!("there is no camera '{name}' for '{text}'"))?;
        mount.faults.push(fault.parse()?);
        Ok(())
    }
}

/// Running test cameras; they stop when this is dropped.
pub struct TestCameras {
    /// `host:port` that they really listen on.
    pub addr: String,
    house: Arc<House>,
    lines: Arc<Lines>,
    threads: Vec<JoinHandle<()>>,
}

/// All open connections.
#[derive(Default)]
struct Lines {
    closed: AtomicBool,
    open: Mutex<Vec<Weak<Line>>>,
}

/// Starts test cameras and returns when they can be reached.
///
/// # Errors
/// A file cannot be served or the address cannot be listened on.
pub fn serve(options: ServeOptions) -> Result<TestCameras, Error> {
    start()?;
    let refused = |what: String| Error::Listen { address: options.listen.clone(), what };
    if !options.listen.contains(':') {
        return Err(refused("write it as host:port".into()));
    }
    let taken = |_| refused("the address is in use or not of this machine".into());
    let address = options.listen.to_socket_addrs().map_err(taken)?.next();
    let address = address.ok_or_else(|| refused("there is no such host".into()))?;
    let listener = TcpListener::bind(address).map_err(taken)?;
    let addr = listener.local_addr().map_err(taken)?.to_string();
    let mut films = Films::default();
    let cameras = options.mounts.iter().map(|mount| films.camera(mount));
    let cameras: Vec<_> = cameras.collect::<Result<_, _>>()?;
    let house = Arc::new(House { cameras, login: options.login.clone() });
    let lines = Arc::new(Lines::default());
    let mut threads = Vec::new();
    for camera in &house.cameras {
        let camera = Arc::clone(camera);
        threads.push(thread("testcam-send", move || camera.run())?);
    }
    let (serving, open) = (Arc::clone(&house), Arc::clone(&lines));
    threads.push(thread("testcam-listen", move || listen(&listener, &serving, &open))?);
    Ok(TestCameras { addr, house, lines, threads })
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new().name(name.into()).spawn(body).map_err(Error::part)
}

/// Films that several cameras play are kept once.
#[derive(Default)]
struct Films {
    clock: Option<Arc<RealClock>>,
    known: HashMap<(PathBuf, String), Arc<Film>>,
}

impl Films {
    fn camera(&mut self, mount: &Mount) -> Result<Arc<Camera>, Error> {
        let (mut film, mut smaller) = (None, None);
        if let MountSource::File(file) = &mount.source {
            let variant = |fault: &Fault| {
                if let FaultKind::Encoder(variant) = fault.kind { Some(variant) } else { None }
            };
            let encoding = mount.faults.iter().find_map(variant);
            film = Some(self.film(file, encoding)?);
            if mount.faults.iter().any(|fault| fault.kind == FaultKind::Resize) {
                smaller = Some(self.film(file, Some(Variant::Smaller))?);
            }
        }
        let clock = self.clock.get_or_insert_with(|| Arc::new(RealClock::new()));
        let camera = Camera {
            name: mount.name.clone(),
            film,
            smaller,
            clock: Arc::clone(clock),
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        camera.set_faults(mount.faults.clone());
        Ok(Arc::new(camera))
    }

    fn film(&mut self, file: &Path, variant: Option<Variant>) -> Result<Arc<Film>, Error> {
        let key = (file.to_owned(), format!("{variant:?}"));
        if let Some(film) = self.known.get(&key) {
            return Ok(Arc::clone(film));
        }
        let film = Arc::new(match variant {
            None => film::read(file)?,
            Some(variant) => variant::encode(file, variant)?,
        });
        self.known.insert(key, Arc::clone(&film));
        Ok(film)
    }
}

/// Takes connections until the cameras are stopped.
fn listen(listener: &TcpListener, house: &Arc<House>, lines: &Arc<Lines>) {
    for stream in listener.incoming() {
        if lines.closed.load(Ordering::Acquire) {
            return;
        }
        let line = match stream.and_then(Line::new) {
            Ok(line) => Arc::new(line),
            Err(error) => {
                tracing::debug!(%error, "a viewer of the test cameras was lost");
                continue;
            }
        };
        lines.keep(&line);
        let house = Arc::clone(house);
        if let Err(error) = thread("testcam-line", move || house.serve(&line)) {
            tracing::warn!(%error, "a viewer of the test cameras cannot be served");
        }
    }
}

impl Lines {
    fn keep(&self, line: &Arc<Line>) {
        let mut open = self.open.lock().expect("no panic happens while lines are held");
        open.retain(|line| line.strong_count() > 0);
        open.push(Arc::downgrade(line));
    }

    fn cut(&self) {
        self.closed.store(true, Ordering::Release);
        let open = self.open.lock().expect("no panic happens while lines are held");
        open.iter().filter_map(Weak::upgrade).for_each(|line| line.cut());
    }
}

impl TestCameras {
    /// Ends all streams and gives the port free.
    pub fn stop(self) {
        drop(self);
    }

    /// Stops sending while every connection stays, as a camera does that hangs.
    pub fn freeze(&self) {
        self.house.cameras.iter().for_each(|camera| camera.freeze());
    }

    /// From now on this is wrong with a camera too; the fault's seconds count from now. A fault
    /// of the encoder changes nothing any more.
    pub fn afflict(&self, name: &str, fault: Fault) {
        self.named(name).for_each(|camera| camera.add_fault(fault));
    }

    /// From now on nothing is wrong with a camera.
    pub fn mend(&self, name: &str) {
        self.named(name).for_each(|camera| camera.set_faults(Vec::new()));
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Arc<Camera>> {
        self.house.cameras.iter().filter(move |camera| camera.name == name)
    }
}

impl Drop for TestCameras {
    fn drop(&mut self) {
        self.house.cameras.iter().for_each(|camera| camera.stop());
        self.lines.cut();
        // The listening thread wakes by a visitor; if none can come it has ended already.
        let _ = TcpStream::connect(&self.addr);
        self.lines.cut();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the test cameras panicked");
            }
        }
    }
}
