//! RTSP as text: requests, answers, the description of a camera, and who may look.
//!
//! As much of RFC 2326 and of RFC 2617 (digest) as cameras have, no more. Pure.

use gstreamer::glib;

use super::Login;
use super::film::Film;
use super::packet::PAYLOAD_TYPE;
use crate::camera::Codec;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) uri: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Reads the head of a request, without the empty line behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut first = lines.next()?.split_whitespace();
        let (method, uri) = (first.next()?.to_owned(), first.next()?.to_owned());
        if !first.next()?.starts_with("RTSP/") {
            return None;
        }
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        Some(Self { method, uri, headers: lines.filter_map(header).collect() })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Bytes of the body behind the head.
    pub(super) fn body_length(&self) -> usize {
        self.header("Content-Length").and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    /// The camera that is asked for, and the stream of it.
    pub(super) fn path(&self) -> (&str, &str) {
        let rest = self.uri.split_once("://").map_or(self.uri.as_str(), |(_, rest)| rest);
        let path = rest.split_once('/').map_or("", |(_, path)| path);
        path.split_once('/').unwrap_or((path, ""))
    }

    /// An answer with these lines of head and this body.
    pub(super) fn answer(&self, status: &str, lines: &[String], body: &str) -> Vec<u8> {
        let sequence = self.header("CSeq").unwrap_or("0");
        let mut text = format!("RTSP/1.0 {status}\r\nCSeq: {sequence}\r\nServer: testcam\r\n");
        for line in lines {
            text.push_str(line);
            text.push_str("\r\n");
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        text.into_bytes()
    }

    /// Whether the request bears the right password for this nonce.
    pub(super) fn is_signed_by(&self, login: &Login, nonce: &str) -> bool {
        let Some((scheme, rest)) = self.header("Authorization").and_then(|v| v.split_once(' '))
        else {
            return false;
        };
        if scheme.eq_ignore_ascii_case("basic") {
            let expected =
                glib::base64_encode(format!("{}:{}", login.user, login.password).as_bytes());
            return rest.trim() == expected.as_str();
        }
        let field = |name: &str| field_of(rest, name);
        if field("nonce") != Some(nonce) || field("username") != Some(&login.user) {
            return false;
        }
        let secret = md5(&format!("{}:{REALM}:{}", login.user, login.password));
        let what = md5(&format!("{}:{}", self.method, field("uri").unwrap_or_default()));
        field("response") == Some(md5(&format!("{secret}:{nonce}:{what}")).as_str())
    }

    /// Whether it bears any password at all.
    pub(super) fn is_signed(&self) -> bool {
        self.header("Authorization").is_some()
    }
}

/// What the password is asked for.
const REALM: &str = "testcam";

/// The line that asks for a password: by Basic, or by digest with this nonce.
pub(super) fn challenge(nonce: Option<&str>, stale: &str) -> String {
    match nonce {
        None => format!("WWW-Authenticate: Basic realm=\"{REALM}\""),
        Some(nonce) => {
            format!("WWW-Authenticate: Digest realm=\"{REALM}\", nonce=\"{nonce}\"{stale}")
        }
    }
}

/// A field of a header such as `a="x", b=y`.
fn field_of<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let fields = header.split(',').filter_map(|field| field.split_once('='));
    let mut found = fields.filter(|(given, _)| given.trim().eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim().trim_matches('"'))
}

pub(super) fn md5(text: &str) -> String {
    let sum = glib::compute_checksum_for_string(glib::ChecksumType::Md5, text);
    sum.map(Into::into).unwrap_or_default()
}

/// The line of description that names a film's encoding; parameter sets only if `sets`.
fn video(film: &Film, sets: &[Vec<u8>]) -> String {
    let encoded: Vec<String> = sets.iter().map(|set| glib::base64_encode(set).into()).collect();
    let (name, format) = match film.codec {
        Codec::H264 => {
            let mut format = "packetization-mode=1".to_owned();
            if let Some(profile) = sets.first().and_then(|set| set.get(1..4)) {
                let hex: String = profile.iter().map(|byte| format!("{byte:02X}")).collect();
                let sets = encoded.join(",");
                format = format!("{format};profile-level-id={hex};sprop-parameter-sets={sets}");
            }
            ("H264", format)
        }
        Codec::H265 => {
            let names = ["sprop-vps", "sprop-sps", "sprop-pps"].iter().zip(&encoded);
            let sets = names.map(|(name, set)| format!("{name}={set}"));
            ("H265", sets.collect::<Vec<_>>().join(";"))
        }
    };
    let mut text = format!(
        "m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=rtpmap:{PAYLOAD_TYPE} {name}/90000\r\n\
         a=control:stream=0\r\n"
    );
    if !format.is_empty() {
        text.push_str(&format!("a=fmtp:{PAYLOAD_TYPE} {format}\r\n"));
    }
    text
}

/// The description of a camera: its film with the parameter sets that are told, and sound.
pub(super) fn describe(film: Option<(&Film, &[Vec<u8>])>, sound: Option<()>) -> String {
    let mut text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=testcam\r\nc=IN IP4 0.0.0.0\r\n\
                    t=0 0\r\na=control:*\r\na=range:npt=now-\r\n"
        .to_owned();
    if let Some((film, sets)) = film {
        text.push_str(&video(film, sets));
    }
    if sound.is_some() {
        text.push_str("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:stream=1\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(head: &str) -> Request {
        Request::parse(head).unwrap()
    }

    #[test]
    fn a_request_is_read_and_its_path_taken_apart() {
        let setup =
            request("SETUP rtsp://h:1/yard/stream=0 RTSP/1.0\r\nCSeq: 4\r\ncontent-length: 3");
        assert_eq!((setup.method.as_str(), setup.path()), ("SETUP", ("yard", "stream=0")));
        assert_eq!((setup.header("cseq"), setup.body_length()), (Some("4"), 3));
        assert_eq!(request("OPTIONS rtsp://h:1/yard RTSP/1.0").path(), ("yard", ""));
        assert_eq!(request("OPTIONS * RTSP/1.0").path(), ("", ""));
        assert_eq!(Request::parse("GET / HTTP/1.1"), None);
        assert_eq!(Request::parse(""), None);
    }

    /// As RFC 2617 says for a server that asks for no `qop`.
    #[test]
    fn the_password_is_checked_for_its_nonce() {
        let login = Login { user: "watch".into(), password: "open sesame".into() };
        let response =
            md5(&format!("{}:n1:{}", md5("watch:testcam:open sesame"), md5("PLAY:rtsp://h/yard")));
        let signed = request(&format!(
            "PLAY rtsp://h/yard RTSP/1.0\r\nAuthorization: Digest username=\"watch\", \
             realm=\"testcam\", nonce=\"n1\", uri=\"rtsp://h/yard\", response=\"{response}\""
        ));
        assert!(signed.is_signed_by(&login, "n1"));
        assert!(!signed.is_signed_by(&login, "n2"));
        let other = Login { password: "sesame".into(), ..login.clone() };
        assert!(!signed.is_signed_by(&other, "n1"));
        assert!(!request("PLAY rtsp://h/yard RTSP/1.0").is_signed_by(&login, "n1"));
        let basic = "PLAY x RTSP/1.0\r\nAuthorization: Basic d2F0Y2g6b3BlbiBzZXNhbWU=";
        assert!(request(basic).is_signed_by(&login, "n1"));
    }
}
