//! Test cameras: files served over RTSP as if they were live, for the demo and for tests.
//!
//! A file is read into memory once and sent round and round with time stamps that never jump, at
//! the pace of its own time; all clients of a mount share one stream, as at a real camera. The
//! server has a thread and a main loop of its own. Never part of a centre at work.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer::{glib, prelude::*};
use gstreamer_app::{AppSrc, AppSrcCallbacks};
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::gst_rtsp::RTSPAuthMethod;
use gstreamer_rtsp_server::prelude::*;

use super::footage::{self, Footage};
use super::{Error, start};

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
}

/// What a test camera sends.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// An MP4 file with H.264 or H.265 video.
    File(PathBuf),
    /// A tone and no video.
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

/// Running test cameras; they stop when this is dropped.
pub struct TestCameras {
    /// `host:port` that they really listen on.
    pub addr: String,
    main_loop: glib::MainLoop,
    frozen: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
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
        Ok(Self { name: name.to_owned(), source })
    }
}

/// Starts test cameras and returns when they can be reached.
///
/// # Errors
/// A file cannot be served or the address cannot be listened on.
pub fn serve(options: ServeOptions) -> Result<TestCameras, Error> {
    start()?;
    let server = rtsp::RTSPServer::new();
    let (host, port) = options.listen.rsplit_once(':').ok_or_else(|| Error::Listen {
        address: options.listen.clone(),
        what: "write it as host:port".into(),
    })?;
    server.set_address(host);
    server.set_service(port);
    let frozen = Arc::new(AtomicBool::new(false));
    let mounts = server.mount_points().ok_or_else(|| Error::part("no mount points"))?;
    for mount in &options.mounts {
        let factory = factory_for(&mount.source, &frozen)?;
        admit(&factory);
        mounts.add_factory(&format!("/{}", mount.name), factory);
    }
    if let Some(login) = &options.login {
        server.set_auth(Some(&digest(login)));
    }
    let (main_loop, thread) = run(server.clone(), &options.listen)?;
    let addr = format!("{host}:{}", server.bound_port());
    Ok(TestCameras { addr, main_loop, frozen, thread: Some(thread) })
}

impl TestCameras {
    /// Ends all streams and gives the port free.
    pub fn stop(self) {
        drop(self);
    }

    /// Stops sending while every connection stays, as a camera does that hangs.
    pub fn freeze(&self) {
        self.frozen.store(true, Ordering::Release);
    }
}

impl Drop for TestCameras {
    fn drop(&mut self) {
        self.main_loop.quit();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the test cameras panicked");
        }
    }
}

/// Listens, then runs the main loop on a thread of its own until it is quit.
fn run(server: rtsp::RTSPServer, address: &str) -> Result<(glib::MainLoop, JoinHandle<()>), Error> {
    let refused = |what: String| Error::Listen { address: address.to_owned(), what };
    let context = glib::MainContext::new();
    let main_loop = glib::MainLoop::new(Some(&context), false);
    let listening = server
        .attach(Some(&context))
        .map_err(|_| refused("the address is in use or not of this machine".into()))?;
    let running = main_loop.clone();
    let body = move || {
        let looped = context.with_thread_default(|| running.run());
        if looped.is_err() {
            tracing::error!("the test cameras' main loop has no context");
        }
        if let Some(source) = context.find_source_by_id(&listening) {
            source.destroy();
        }
        server.client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
        while context.iteration(false) {}
    };
    let thread = std::thread::Builder::new().name("testcam".into()).spawn(body);
    Ok((main_loop, thread.map_err(|e| refused(e.to_string()))?))
}

fn factory_for(
    source: &MountSource,
    frozen: &Arc<AtomicBool>,
) -> Result<rtsp::RTSPMediaFactory, Error> {
    let factory = rtsp::RTSPMediaFactory::new();
    factory.set_shared(true);
    factory.set_latency(0);
    let file = match source {
        MountSource::AudioOnly => {
            factory.set_launch(
                "( audiotestsrc is-live=true volume=0.1 ! alawenc ! rtppcmapay name=pay0 pt=8 )",
            );
            return Ok(factory);
        }
        MountSource::File(file) => file,
    };
    let footage = Arc::new(footage::read(file)?);
    let name = footage.codec.name();
    factory.set_launch(&format!(
        "( appsrc name=footage format=time block=false max-buffers=2 \
         caps=video/x-{name},stream-format=byte-stream,alignment=au \
         ! {name}parse ! rtp{name}pay name=pay0 pt=96 config-interval=-1 )"
    ));
    let frozen = Arc::clone(frozen);
    factory.connect_media_configure(move |_, media| {
        let part =
            media.element().downcast::<gst::Bin>().ok().and_then(|bin| bin.by_name("footage"));
        match part.and_then(|part| part.downcast::<AppSrc>().ok()) {
            Some(source) => play(&source, Arc::clone(&footage), Arc::clone(&frozen)),
            None => tracing::error!("a test camera has no source"),
        }
    });
    Ok(factory)
}

/// Sends the footage round and round, each time more is wanted.
fn play(source: &AppSrc, footage: Arc<Footage>, frozen: Arc<AtomicBool>) {
    let sent = AtomicUsize::new(0);
    let feed = move |source: &AppSrc, _: u32| {
        if frozen.load(Ordering::Acquire) {
            return;
        }
        let at = sent.fetch_add(1, Ordering::Relaxed);
        if source.push_buffer(footage.sent(at)).is_err() {
            tracing::debug!("a test camera's stream is over");
        }
    };
    source.set_callbacks(AppSrcCallbacks::builder().need_data(feed).build());
}

/// The role that everybody who signed in gets.
const VIEWER: &str = "viewer";

fn admit(factory: &rtsp::RTSPMediaFactory) {
    let rights = gst::Structure::builder(VIEWER)
        .field("media.factory.access", true)
        .field("media.factory.construct", true)
        .build();
    factory.add_role_from_structure(&rights);
}

fn digest(login: &Login) -> rtsp::RTSPAuth {
    let auth = rtsp::RTSPAuth::new();
    auth.set_supported_methods(RTSPAuthMethod::Digest);
    let token = rtsp::RTSPToken::builder().field("media.factory.role", VIEWER).build();
    auth.add_digest(&login.user, &login.password, &token);
    auth
}
