//! A person at a screen, as the screens talk: HTTP with a session cookie.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

/// Somebody who is signed in.
pub(crate) struct Person {
    api: String,
    agent: Agent,
    cookie: String,
}

/// Status and body of an answer.
pub(crate) type Answer = (u16, Value);

/// Speaks to this machine directly and gives refusals back as answers.
pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(20)))
        .build();
    config.into()
}

impl Person {
    /// Signs in at `http://HOST:PORT`.
    pub(crate) fn sign_in(base: &str, name: &str, password: &str) -> Self {
        let (api, agent) = (format!("{base}/api/v1"), agent());
        let given = json!({ "name": name, "password": password });
        let answer = agent.post(format!("{api}/login")).send_json(given).unwrap();
        let cookie = answer.headers().get("set-cookie").map(|c| c.to_str().unwrap().to_owned());
        let (status, body) = read(answer);
        assert_eq!((status, &body["account"]["name"]), (200, &json!(name)), "{body}");
        let cookie = cookie.expect("the session's cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { api, agent, cookie }
    }

    pub(crate) fn try_get(&self, path: &str) -> Answer {
        let request = self.agent.get(format!("{}/{path}", self.api)).header("cookie", &self.cookie);
        read(request.call().unwrap())
    }

    /// What stands at `path`.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.try_get(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// What stands at a path outside the interface of the screens.
    #[track_caller]
    pub(crate) fn outside(&self, path: &str) -> Value {
        let base = self.api.trim_end_matches("/api/v1");
        let (status, body) = read(self.agent.get(format!("{base}{path}")).call().unwrap());
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Bytes and their type.
    #[track_caller]
    pub(crate) fn bytes(&self, path: &str) -> (String, Vec<u8>) {
        let request = self.agent.get(format!("{}/{path}", self.api)).header("cookie", &self.cookie);
        let mut answer = request.call().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let mime = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (mime, answer.body_mut().read_to_vec().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.agent.post(format!("{}/{path}", self.api));
        read(request.header("cookie", &self.cookie).send_json(body).unwrap())
    }

    /// Sends a photo, as a phone does before its reply.
    pub(crate) fn photo(&self, ticket: &str, sha256: &str, photo: &[u8]) -> Answer {
        let path = format!("photos?ticket={ticket}&sha256={sha256}&taken_ms=1700000000000");
        let request = self.agent.post(format!("{}/{path}", self.api));
        let request = request.header("cookie", &self.cookie).header("content-type", "image/jpeg");
        read(request.send(photo).unwrap())
    }

    pub(crate) fn detail(&self, ticket: &str) -> Value {
        self.get(&format!("tickets/{ticket}"))
    }

    /// Wants an act on the ticket as this person sees it now.
    pub(crate) fn try_act(&self, ticket: &str, act: &Value) -> Answer {
        let version = &self.detail(ticket)["ticket"]["version"];
        self.post(&format!("tickets/{ticket}/act"), &json!({ "version": version, "act": act }))
    }

    /// The same, where it must go through.
    #[track_caller]
    pub(crate) fn act(&self, ticket: &str, act: &Value) -> Value {
        let (status, body) = self.try_act(ticket, act);
        assert_eq!(status, 200, "{act}: {body}");
        body
    }
}

fn read(mut answer: Response<ureq::Body>) -> Answer {
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
