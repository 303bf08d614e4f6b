//! A viewer's connection, from the listening side: requests one after the other, and the answers.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;

use super::Login;
use super::fault::{Effects, FaultKind};
use super::line::{Line, Way};
use super::message::{self, Request};
use super::mount::{Camera, SHORT_SESSION, Viewer};
use crate::clock::Clock as _;

/// Longest line and longest head of a request in bytes; real ones are below a tenth of it.
const HEAD_MAX: u64 = 16_384;

/// All cameras and who may look at them.
pub(super) struct House {
    pub(super) cameras: Vec<Arc<Camera>>,
    pub(super) login: Option<Login>,
}

/// A conversation with one viewer.
pub(super) struct Session<'a> {
    house: &'a House,
    line: Arc<Line>,
    way: Option<Way>,
    camera: Option<Arc<Camera>>,
}

impl House {
    /// Answers until the viewer goes or the connection is cut.
    pub(super) fn serve(&self, line: &Arc<Line>) {
        let mut session = Session { house: self, line: Arc::clone(line), way: None, camera: None };
        let mut reader = BufReader::new(line.stream());
        while let Ok(Some(request)) = read(&mut reader) {
            session.hear(&request);
            if line.is_broken() {
                break;
            }
        }
        if let Some(camera) = &session.camera {
            camera.dismiss(line);
        }
        line.cut();
    }

    fn camera(&self, name: &str) -> Option<&Arc<Camera>> {
        self.cameras.iter().find(|camera| camera.name == name)
    }
}

/// The next request; reports of the viewer that come between are passed over. None at the end.
fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    loop {
        match reader.fill_buf()?.first() {
            None => return Ok(None),
            Some(b'$') => {
                let mut head = [0; 4];
                reader.read_exact(&mut head)?;
                let length = u64::from(u16::from_be_bytes([head[2], head[3]]));
                io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
            }
            Some(_) => break,
        }
    }
    let mut head = String::new();
    let mut limited = reader.take(HEAD_MAX);
    while !head.ends_with("\r\n\r\n") && !head.ends_with("\n\n") {
        if limited.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        if head.trim().is_empty() {
            head.clear();
        }
    }
    let request = Request::parse(&head);
    if let Some(request) = &request {
        let body = request.body_length() as u64;
        io::copy(&mut limited.into_inner().take(body), &mut io::sink())?;
    }
    Ok(request)
}

impl Session<'_> {
    fn hear(&mut self, request: &Request) {
        let (name, _) = request.path();
        let Some(camera) = self.house.camera(name).cloned().or_else(|| self.camera.clone()) else {
            return self.line.say(&request.answer("404 Not Found", &[], ""));
        };
        let effects = camera.effects();
        if effects.half_open || (effects.hang && request.method == "TEARDOWN") {
            self.line.mute();
        }
        if effects.away {
            return self.line.cut();
        }
        if !self.is_admitted(request, &camera, effects) {
            return;
        }
        self.line.heard(camera.clock.elapsed());
        self.answer(request, camera, effects);
    }

    /// Whether the request bears what is asked for; says so if not.
    fn is_admitted(&self, request: &Request, camera: &Camera, effects: Effects) -> bool {
        let nonce = message::md5(&format!("{}/{}", camera.name, effects.nonce));
        let signed = match &self.house.login {
            _ if request.method == "OPTIONS" => true,
            None => true,
            Some(login) => request.is_signed_by(login, &nonce),
        };
        if signed && !effects.unauthorised {
            return true;
        }
        // A password for another nonce may be right; whoever sent none has nothing that is stale.
        let is_stale = effects.nonce_is_short && request.is_signed();
        let stale = if is_stale { ", stale=true" } else { "" };
        let challenge = message::challenge((!effects.basic).then_some(nonce.as_str()), stale);
        self.line.say(&request.answer("401 Unauthorized", &[challenge], ""));
        false
    }

    fn answer(&mut self, request: &Request, camera: Arc<Camera>, effects: Effects) {
        let session = || format!("Session: 1{:07};timeout={}", 1, timeout_s(&camera));
        let ok = |lines: &[String]| request.answer("200 OK", lines, "");
        match request.method.as_str() {
            "OPTIONS" => self.line.say(&ok(&["Public: OPTIONS, DESCRIBE, SETUP, PLAY, \
                                              TEARDOWN, GET_PARAMETER, SET_PARAMETER"
                .into()])),
            "DESCRIBE" => self.line.say(&describe(request, &camera, effects)),
            "SETUP" => {
                let asked = request.header("Transport").unwrap_or_default();
                let Some((way, told)) = self.way_of(asked) else {
                    return self.line.say(&request.answer("461 Unsupported Transport", &[], ""));
                };
                let lines = [format!("Transport: {told}"), session()];
                if request.path().1 != "stream=1" {
                    self.way = Some(way);
                }
                self.line.say(&ok(&lines));
            }
            "PLAY" => {
                self.line.say(&ok(&[session(), "Range: npt=now-".into()]));
                if let Some(way) = &self.way {
                    camera.admit(Viewer { line: Arc::clone(&self.line), way: way.clone() });
                    self.camera = Some(camera);
                }
            }
            "TEARDOWN" => {
                camera.dismiss(&self.line);
                self.line.say(&ok(&[]));
            }
            "GET_PARAMETER" | "SET_PARAMETER" => self.line.say(&ok(&[session()])),
            _ => self.line.say(&request.answer("405 Method Not Allowed", &[], "")),
        }
    }

    /// How the video shall travel, and the words of the answer.
    fn way_of(&self, asked: &str) -> Option<(Way, String)> {
        let pair = |name: &str| {
            let value = asked.split(';').find_map(|part| part.trim().strip_prefix(name))?;
            let (first, second) = value.split_once('-')?;
            Some((first.parse::<u16>().ok()?, second.parse::<u16>().ok()?))
        };
        if asked.contains("TCP") {
            let (video, reports) = pair("interleaved=").unwrap_or((0, 1));
            let way =
                Way::Tcp { video: u8::try_from(video).ok()?, reports: u8::try_from(reports).ok()? };
            let told = format!("RTP/AVP/TCP;unicast;interleaved={video}-{reports}");
            return Some((way, told));
        }
        let (video, reports) = pair("client_port=")?;
        let stream = self.line.stream();
        let (here, there) = (stream.local_addr().ok()?.ip(), stream.peer_addr().ok()?.ip());
        let socket = Arc::new(UdpSocket::bind((here, 0)).ok()?);
        let port = socket.local_addr().ok()?.port();
        let told =
            format!("RTP/AVP;unicast;client_port={video}-{reports};server_port={port}-{port}");
        let to = |port| SocketAddr::new(there, port);
        Some((Way::Udp { socket, video: to(video), reports: to(reports) }, told))
    }
}

/// Short where the nonce changes, so that the change is met.
fn timeout_s(camera: &Camera) -> u64 {
    let short = camera.has_fault(|fault| fault.kind == FaultKind::Nonce);
    short.map_or(60, |()| SHORT_SESSION.as_secs())
}

fn describe(request: &Request, camera: &Camera, effects: Effects) -> Vec<u8> {
    let film = camera.film.as_ref().map(|film| {
        let sets: &[Vec<u8>] = if effects.no_sets { &[] } else { &film.sets };
        (&**film, sets)
    });
    let sound = (effects.sound || camera.film.is_none()).then_some(());
    let lines = [
        "Content-Type: application/sdp".to_owned(),
        format!("Content-Base: {}/", request.uri.trim_end_matches('/')),
    ];
    request.answer("200 OK", &lines, &message::describe(film, sound))
}
