//! A probed camera on paper: for people, for programs, and as lines for the configuration.

use serde_json::{Value, json};

use super::{Figures, Finding, Measured, name_of};
use crate::camera::units::Codec;

impl Measured {
    /// The lines for the configuration.
    #[must_use]
    pub fn lines(&self) -> String {
        let id = id_of(&self.url);
        let quoted = |text: &str| Value::from(text).to_string();
        let mut lines = format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nplace = \"{id}\"\nurl = {}\n",
            quoted(&self.url)
        );
        if let Some(user) = &self.user {
            lines.push_str(&format!("username = {}\n", quoted(user)));
        }
        if let Some(variable) = &self.password_env {
            lines.push_str(&format!("password = {{ env = {} }}\n", quoted(variable)));
        }
        lines
    }

    /// Everything as text for people.
    #[must_use]
    pub fn told(&self) -> String {
        let figures = self.figures();
        let mut rows = vec![("address", self.url.clone())];
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "not told".into());
        rows.push(("server", or_none(&self.server)));
        let asks = match self.asks.as_deref() {
            None => "not known over TLS".into(),
            Some([]) => "none".into(),
            Some(asks) => asks.join(", "),
        };
        rows.push(("authentication", asks));
        let offered = self.offered.iter().map(|(kind, name)| format!("{kind} {name}"));
        rows.push(("streams", offered.collect::<Vec<_>>().join(", ")));
        if let (Some(codec), false) = (self.codec, self.units.is_empty()) {
            rows.push(("codec", name_of(codec).into()));
            rows.push(("profile", or_none(&self.profile)));
            let size = self.size_px.map(|(width, height)| format!("{width}x{height}"));
            rows.push(("size", or_none(&size)));
            rows.push(("frame rate", format!("{:.1} a second", figures.fps)));
            rows.push(("key frames", key_distance_told(figures, self.seconds())));
            rows.push(("bit rate", format!("{:.0} kbit/s", figures.kbit_per_s)));
            rows.push(("padding", format!("{:.0} %", figures.padding * 100.0)));
            rows.push(("b-frames", if figures.reordered { "yes" } else { "no" }.into()));
        }
        let clock = self.clock_ms.map(|ms| format!("{:+.2} s against ours", ms as f64 / 1e3));
        rows.push(("clock", or_none(&clock)));
        let mut text: String =
            rows.iter().map(|(name, value)| format!("{name:<15} {value}\n")).collect();
        text.push('\n');
        for finding in self.findings() {
            text.push_str(&format!("{:<8} {}\n", finding.grade.word(), finding.text));
        }
        text.push_str(&format!("\nFor the configuration (put name and place right):\n\n{}", {
            self.lines()
        }));
        text
    }

    /// Everything for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let figures = self.figures();
        let finding =
            |finding: &Finding| json!({ "grade": finding.grade.word(), "text": finding.text });
        let stream = |(kind, name): &(String, String)| json!({ "kind": kind, "encoding": name });
        json!({
            "url": self.url,
            "usable": self.is_usable(),
            "server": self.server,
            "authentication": self.asks,
            "streams": self.offered.iter().map(stream).collect::<Vec<_>>(),
            "codec": self.codec.map(Codec::name),
            "profile": self.profile,
            "width_px": self.size_px.map(|size| size.0),
            "height_px": self.size_px.map(|size| size.1),
            "pictures": self.units.len(),
            "fps": figures.fps,
            "key_frames": figures.key_frames,
            "key_distance_ms": figures.key_distance_ms,
            "kbit_per_s": figures.kbit_per_s,
            "padding": figures.padding,
            "b_frames": figures.reordered,
            "clock_ms": self.clock_ms,
            "stamp_jump_s": self.jump_s,
            "findings": self.findings().iter().map(finding).collect::<Vec<_>>(),
            "config": self.lines(),
        })
    }
}

fn key_distance_told(figures: Figures, seconds: i64) -> String {
    figures.key_distance_ms.map_or_else(
        || format!("{} in {seconds} s", figures.key_frames),
        |ms| format!("every {:.1} s", ms as f64 / 1e3),
    )
}

/// An id out of the address: its path, or its host where there is none.
#[must_use]
pub fn id_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.split('?').next().unwrap_or_default();
    let from = if path.is_empty() { host } else { path };
    let lower = from.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id: String = words.collect::<Vec<_>>().join("-").chars().take(32).collect();
    if id.is_empty() { "camera-1".into() } else { id.trim_end_matches('-').into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Measured {
        Measured {
            url: "rtsp://192.0.2.1:554/Streaming/Channels/101".into(),
            user: Some("watch".into()),
            password_env: Some("GATE_PASSWORD".into()),
            codec: Some(Codec::H264),
            size_px: Some((1920, 1080)),
            ..Measured::default()
        }
    }

    #[test]
    fn the_sheet_says_what_was_measured() {
        let camera = camera();
        assert!(camera.told().contains("server          not told\n"), "{}", camera.told());
        let told = camera.json();
        assert_eq!((&told["height_px"], &told["usable"]), (&json!(1080), &json!(false)));
    }

    #[test]
    fn the_lines_are_a_configuration() {
        // Secrets are read when a configuration is; this variable is set wherever tests run.
        let camera = Measured { password_env: Some("PATH".into()), ..camera() };
        let config = crate::config::parse(&camera.lines()).unwrap();
        assert_eq!(config.camera[0].id, "streaming-channels-101");
        assert_eq!(config.camera[0].username, "watch");
        assert_eq!(config.camera[0].password.env.as_deref(), Some("PATH"));
        let plain = Measured { url: "rtsp://h:1".into(), ..Measured::default() };
        assert_eq!(crate::config::parse(&plain.lines()).unwrap().camera[0].id, "h-1");
        assert_eq!(id_of("rtsp://h/中文"), "camera-1");
    }
}
