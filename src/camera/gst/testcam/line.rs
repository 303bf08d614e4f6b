//! A viewer's connection, from the sending side: answers and video share it without mixing.
//!
//! A connection can be muted: it stays open, all that comes is swallowed and nothing is ever said
//! again, as with a camera that lost its power behind a switch. Who does not take the video for
//! some seconds is cut off, as cameras do it.

use std::io::{self, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Longest wait for a viewer to take what is sent. Guess, revisit.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// A connection.
pub(super) struct Line {
    stream: TcpStream,
    writing: Mutex<()>,
    muted: AtomicBool,
    broken: AtomicBool,
    /// No more video on it, while requests are still answered.
    over: AtomicBool,
    /// When the last good request came, ms of the camera's clock.
    heard_ms: AtomicU64,
}

/// How video travels to a viewer.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// On the connection itself, with these channels.
    Tcp {
        video: u8,
        reports: u8,
    },
    Udp {
        socket: std::sync::Arc<UdpSocket>,
        video: SocketAddr,
        reports: SocketAddr,
    },
}

impl Line {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(TAKEN_WITHIN))?;
        Ok(Self {
            stream,
            writing: Mutex::new(()),
            muted: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            over: AtomicBool::new(false),
            heard_ms: AtomicU64::new(0),
        })
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Ends the connection.
    pub(super) fn cut(&self) {
        self.broken.store(true, Ordering::Release);
        // The other side may have ended it already, which is as good.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    pub(super) fn mute(&self) {
        self.muted.store(true, Ordering::Release);
    }

    pub(super) fn end_session(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(super) fn is_muted(&self) -> bool {
        self.muted.load(Ordering::Acquire)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    pub(super) fn is_served(&self) -> bool {
        !self.is_muted() && !self.over.load(Ordering::Acquire)
    }

    pub(super) fn heard(&self, now: Duration) {
        self.heard_ms.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Time since the last good request.
    pub(super) fn unheard(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_millis(self.heard_ms.load(Ordering::Acquire)))
    }

    /// Says something, unless the line is muted.
    pub(super) fn say(&self, bytes: &[u8]) {
        if self.is_muted() {
            return;
        }
        let guard = self.writing.lock().expect("no panic happens while somebody writes");
        let said = (&self.stream).write_all(bytes);
        drop(guard);
        if said.is_err() {
            self.cut();
        }
    }

    /// Sends packets that lie one behind the other in `bytes` and end at `ends`.
    pub(super) fn send(&self, bytes: &mut [u8], ends: &[usize], way: &Way) {
        let begins = || std::iter::once(0).chain(ends.iter().copied());
        match way {
            Way::Tcp { video, .. } => {
                begins().zip(ends).for_each(|(begin, _)| bytes[begin + 1] = *video);
                self.say(bytes);
            }
            Way::Udp { socket, video, .. } => {
                for (begin, end) in begins().zip(ends) {
                    // Over UDP a packet that cannot be sent is a packet that is lost.
                    let _ = socket.send_to(&bytes[begin + 4..*end], video);
                }
            }
        }
    }

    /// Sends a sender report.
    pub(super) fn send_report(&self, mut bytes: Vec<u8>, way: &Way) {
        match way {
            Way::Tcp { reports, .. } => {
                bytes[1] = *reports;
                self.say(&bytes);
            }
            Way::Udp { socket, reports, .. } => {
                // As above.
                let _ = socket.send_to(&bytes[4..], reports);
            }
        }
    }
}
