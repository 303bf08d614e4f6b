//! Answers as phones and stock clients write them, good and bad.

use super::*;

const ID: &str = "01934f6a-7c00-7000-8000-000000000001";

fn parse(bytes: &[u8]) -> Result<AnswerEnvelope, AnswerFault> {
    parse_answer(&Member::try_from("li").unwrap(), bytes)
}

fn message(kind: &str, body: &str) -> String {
    format!(
        r#"{{"v":1,"id":"{ID}","seq":3,"at":"2025-11-23T12:13:20.123Z","type":"{kind}","ticket":"T1","body":{body}}}"#
    )
}

fn check_good(kind: &str, body: &str, expect: Answer) {
    let envelope = parse(message(kind, body).as_bytes()).unwrap();
    let id = ID.parse().unwrap();
    let member = Member::try_from("li").unwrap();
    let at = UnixMs(1_763_900_000_123);
    let ticket = Some("T1".to_owned());
    let (device, checks) = (String::new(), Vec::new());
    assert_eq!(
        envelope,
        AnswerEnvelope { member, id, seq: 3, at, ticket, answer: expect, device, checks }
    );
}

#[test]
fn every_kind_of_answer_is_understood() {
    let offer = || "O1".to_owned();
    check_good("received", r#"{"offer":"O1"}"#, Answer::Received { offer: offer() });
    check_good("ack", r#"{"offer":"O1","later":1}"#, Answer::Ack { offer: offer() });
    check_good("on_scene", r#"{"offer":"O1"}"#, Answer::OnScene { offer: offer() });
    for reason in RefuseReason::ALL {
        let body = format!(r#"{{"offer":"O1","reason":"{}"}}"#, reason.as_str());
        check_good("refuse", &body, Answer::Refuse { offer: offer(), reason: *reason });
    }
    let sha256 = "0f".repeat(32);
    for disposition in Disposition::ALL {
        let body = format!(
            r#"{{"offer":"O1","disposition":"{}","text":"已到场","photos":[{{"id":"P1","sha256":"{sha256}","taken_ms":5}}]}}"#,
            disposition.as_str()
        );
        let photo = PhotoRef { id: "P1".into(), sha256: sha256.clone(), taken_ms: 5 };
        let (disposition, text, photos) = (*disposition, "已到场".into(), vec![photo]);
        check_good("reply", &body, Answer::Reply { offer: offer(), disposition, text, photos });
    }
}

/// Bytes, the code, whether the id could be read, a part of the message.
fn check(bytes: &[u8], code: FaultCode, with_id: bool, part: &str) {
    let fault = parse(bytes).unwrap_err();
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    assert_eq!(fault.code, code, "{shown}: {fault}");
    assert_eq!(fault.id.is_some(), with_id, "{shown}: {fault}");
    assert!(fault.message.contains(part), "{shown}: {fault}");
}

#[test]
fn what_is_no_message_at_all_is_refused_without_an_id() {
    check(b"", FaultCode::NotJson, false, "EOF");
    check(b"hello", FaultCode::NotJson, false, "expected");
    check(b"[1]", FaultCode::NotJson, false, "not a JSON object");
    check(b"{\"v\":\xff}", FaultCode::NotUtf8, false, "byte 5");
    check("[".repeat(5_000).as_bytes(), FaultCode::NotJson, false, "recursion");
    check(&[0xff; ANSWER_MAX_BYTES + 1], FaultCode::TooLarge, false, "UTF-8");
}

#[test]
fn a_message_that_is_too_large_is_still_named() {
    let body = format!(r#"{{"offer":"O1","pad":"{}"}}"#, "x".repeat(ANSWER_MAX_BYTES));
    check(message("ack", &body).as_bytes(), FaultCode::TooLarge, true, "at most 65536");
}

/// The same message with one piece of its envelope replaced.
fn check_envelope(piece: &str, by: &str, code: FaultCode, with_id: bool) {
    let good = message("ack", r#"{"offer":"O1"}"#);
    let bad = good.replace(piece, by);
    assert_ne!(good, bad, "{piece} is a piece of the message");
    check(bad.as_bytes(), code, with_id, "");
}

#[test]
fn a_fault_of_the_envelope_has_its_code() {
    check_envelope(r#""v":1"#, r#""v":2"#, FaultCode::UnknownVersion, true);
    check_envelope(r#""v":1"#, r#""v":"1""#, FaultCode::UnknownVersion, true);
    check_envelope(r#""v":1,"#, "", FaultCode::UnknownVersion, true);
    check_envelope(ID, "7", FaultCode::BadId, false);
    check_envelope(ID, "00000000-0000-0000-0000-000000000000", FaultCode::BadId, false);
    check_envelope(ID, &ID.replace('-', ""), FaultCode::BadId, false);
    check_envelope(r#""seq":3"#, r#""seq":-3"#, FaultCode::BadSeq, true);
    check_envelope(r#""seq":3"#, r#""seq":3.5"#, FaultCode::BadSeq, true);
    check_envelope("T12:13:20.123Z", "", FaultCode::BadTime, true);
    check_envelope(r#""T1""#, "5", FaultCode::BadTicket, true);
    check_envelope(r#""T1""#, r#""a b""#, FaultCode::BadTicket, true);
    check_envelope(r#""ack""#, r#""order""#, FaultCode::UnknownType, true);
    check_envelope(r#""type":"ack","#, "", FaultCode::UnknownType, true);
}

fn check_body(kind: &str, body: &str, part: &str) {
    check(message(kind, body).as_bytes(), FaultCode::BadBody, true, part);
}

#[test]
fn a_fault_of_the_body_names_its_field() {
    check_body("ack", "null", "body");
    check_body("ack", "{}", "offer");
    check_body("ack", r#"{"offer":5}"#, "body.offer");
    check_body("ack", r#"{"offer":""}"#, "body.offer");
    check_body("ack", r#"{"offer":"a b"}"#, "body.offer");
    check_body("refuse", r#"{"offer":"O1"}"#, "reason");
    check_body("refuse", r#"{"offer":"O1","reason":"tired"}"#, "body.reason");
    let reply = |disposition: &str, photos: &str| {
        format!(r#"{{"offer":"O1","disposition":"{disposition}","text":"t","photos":{photos}}}"#)
    };
    check_body("reply", &reply("done", "[]"), "body.disposition");
    check_body("reply", &reply("unfounded", "null"), "body.photos");
    let photo = r#"[{"id":"P1","sha256":"XYZ","taken_ms":5}]"#;
    check_body("reply", &reply("unfounded", photo), "body.photos[0].sha256");
    let photo = r#"[{"id":"P1","sha256":"00","taken_ms":"5"}]"#;
    check_body("reply", &reply("unfounded", photo), "body.photos[0].taken_ms");
    let many =
        format!("[{}]", vec![photo.trim_matches(['[', ']']); 21].join(",")).replace("\"5\"", "5");
    check_body("reply", &reply("unfounded", &many), "at most 20");
    let long = format!(
        r#"{{"offer":"O1","disposition":"unfounded","text":"{}","photos":[]}}"#,
        "字".repeat(4_001)
    );
    check_body("reply", &long, "body.text");
}

#[test]
fn a_text_that_no_database_or_screen_takes_is_refused() {
    let body = |text: &str| {
        format!(r#"{{"offer":"O1","disposition":"unfounded","text":"{text}","photos":[]}}"#)
    };
    for bad in [r"a\u0000b", r"\u001b[31m", r"\r", "\u{7f}", r"\u0085"] {
        check_body("reply", &body(bad), "body.text: control");
    }
    assert!(parse(message("reply", &body(r"东门\n\t已关")).as_bytes()).is_ok());
}

#[test]
fn an_answer_without_a_ticket_is_understood_by_its_offer() {
    let text = message("ack", r#"{"offer":"O1"}"#);
    for ticket in [r#""ticket":null,"#, ""] {
        let envelope = parse(text.replace(r#""ticket":"T1","#, ticket).as_bytes()).unwrap();
        assert_eq!(envelope.ticket, None);
    }
}

#[test]
fn a_position_is_a_place_on_earth_and_a_list_is_ticked_with_known_words() {
    let place = r#"{"offer":"O1","lat":30.25,"lon":120.2,"accuracy_m":8}"#;
    let offer = "O1".to_owned();
    check_good(
        "position",
        place,
        Answer::Position { offer, lat: 30.25, lon: 120.2, accuracy_m: 8.0 },
    );
    for body in [
        r#"{"offer":"O1","lat":91,"lon":0,"accuracy_m":8}"#,
        r#"{"offer":"O1","lat":0,"lon":181,"accuracy_m":8}"#,
        r#"{"offer":"O1","lat":0,"lon":0,"accuracy_m":-1}"#,
        r#"{"offer":"O1","lat":"north","lon":0,"accuracy_m":1}"#,
    ] {
        check(message("position", body).as_bytes(), FaultCode::BadBody, true, "body");
    }
    let ticked = r#"{"offer":"O1","disposition":"unfounded","text":"x","photos":[],
        "checks":[{"item":"围栏","answer":"yes"},{"item":"灯","answer":"na"}]}"#;
    let envelope = parse(message("reply", ticked).as_bytes()).unwrap();
    let words: Vec<&str> = envelope.checks.iter().map(|check| check.answer.as_str()).collect();
    assert_eq!(words, ["yes", "na"]);
    let maybe = ticked.replace("\"na\"", "\"maybe\"");
    check(message("reply", &maybe).as_bytes(), FaultCode::BadBody, true, "maybe");
}
