//! The clocks: when each starts, how long it runs, and that late stays late; and what is sent.

use std::slice::from_ref;

use super::cast::{self, Story, minute};
use crate::clock::UnixMs;
use crate::ticket::act::{Act, Effect};
use crate::ticket::ladder::Level;
use crate::ticket::{ClockName, Severity, closure};

/// The running clock: its name, the minute in which it started and its seconds.
fn check(story: &Story, expect: (&str, i64, i64)) {
    let clock = story.life.state.clock().unwrap();
    let told = (
        clock.name.as_str(),
        clock.started.since_ms(cast::START) / 60_000,
        clock.due.since_ms(clock.started) / 1000,
    );
    assert_eq!(told, expect, "{:?}", story.life.state);
}

fn late(story: &Story) -> Vec<&'static str> {
    story.life.late.iter().map(|clock| clock.as_str()).collect()
}

#[test]
fn each_clock_of_the_journey_starts_where_the_regulation_says() {
    let story = Story::begin();
    check(&story, ("verify", 0, 120));
    let story = story.at(minute(1)).does("li", &Act::Claim);
    check(&story, ("verify", 0, 120));
    let story = story.does("li", &cast::confirm());
    check(&story, ("dispatch", 1, 120));
    let story = story.at(minute(2)).does("li", &cast::classify(Severity::S2));
    check(&story, ("dispatch", 1, 120));
    let story = story.does("li", &cast::dispatch("o1", "chen"));
    check(&story, ("ack", 2, 120));
    let story = story.at(minute(3)).does("chen", &cast::ack("o1"));
    check(&story, ("arrive", 3, 600));
    let story = story.at(minute(9)).does("chen", &cast::on_scene("o1"));
    check(&story, ("reply", 2, 1_800));
    let story = story.at(minute(12)).does("chen", &cast::reply("o1"));
    check(&story, ("close", 1, 14_400));
    assert_eq!(story.at(minute(20)).does("wang", &cast::check_pass()).life.state.clock(), None);
}

#[test]
fn undetermined_goes_back_to_the_queue_and_its_clock_runs_on() {
    let story = Story::begin().at(minute(1)).does("li", &Act::Claim);
    let story = story.does("li", &cast::undetermined());
    assert_eq!(story.life.state.as_str(), "new");
    check(&story, ("verify", 0, 120));
}

#[test]
fn a_new_severity_changes_the_time_from_the_same_start() {
    let story = Story::begin().at(minute(1)).does("li", &cast::confirm()).at(minute(2));
    check(&story.clone().does("li", &cast::classify(Severity::S1)), ("dispatch", 1, 30));
    check(&story.clone().does("li", &cast::classify(Severity::S4)), ("dispatch", 1, 3_600));
    let twice = story.does("li", &cast::classify(Severity::S4));
    check(&twice.does("li", &cast::classify(Severity::S3)), ("dispatch", 1, 600));
}

#[test]
fn a_new_severity_after_a_refusal_counts_from_the_refusal() {
    let story = cast::offered().at(minute(10)).does("chen", &cast::refuse("o1"));
    check(&story, ("dispatch", 10, 120));
    let lower = cast::classify_because(Severity::S3, "nobody is in danger");
    check(&story.at(minute(11)).does("li", &lower), ("dispatch", 10, 600));
}

#[test]
fn a_returned_reply_gets_a_new_time() {
    let story = cast::handled().at(minute(40)).does("wang", &cast::check_return());
    assert_eq!(story.life.state.as_str(), "on_scene");
    check(&story, ("reply", 40, 1_800));
    let again = story.at(minute(50)).does("chen", &cast::on_scene("o1"));
    check(&again, ("reply", 40, 1_800));
}

#[test]
fn a_clock_is_late_from_its_due_time_on_and_only_once() {
    let due = UnixMs(cast::START.0 + 120_000);
    let early = Story::begin().at(UnixMs(due.0 - 1)).runs_out(ClockName::Verify);
    assert_eq!(late(&early), [""; 0]);
    let once = early.at(due).runs_out(ClockName::Verify);
    assert_eq!(late(&once), ["verify"]);
    let again = once.due(ClockName::Verify, Level::Late);
    assert_eq!(once.attempt("gengfu", &again).unwrap().life, once.life);
    let stale = Story::begin().does("li", &cast::confirm()).at(minute(9));
    assert_eq!(late(&stale.runs_out(ClockName::Verify)), [""; 0]);
}

#[test]
fn late_stays_late_to_the_end() {
    let story = cast::there().at(minute(31)).runs_out(ClockName::Reply);
    let story = story.does("chen", &cast::reply("o1"));
    let story = story.does("wang", &cast::check_return()).does("chen", &cast::reply("o1"));
    let story = story.does("wang", &cast::check_pass()).does("zhao", &cast::review("yes"));
    assert_eq!(late(&story), ["reply"]);
}

#[test]
fn arriving_without_an_acknowledgement_is_one() {
    let story = cast::offered().at(minute(1)).does("chen", &cast::on_scene("o1"));
    let offer = story.life.state.offer().unwrap();
    assert_eq!(
        (offer.received, offer.acked, offer.on_scene),
        (Some(minute(1)), Some(minute(1)), Some(minute(1)))
    );
}

#[test]
fn a_duplicate_changes_nothing_and_sends_nothing() {
    let check = |story: &Story, name: &str, act: &Act| {
        let again = story.attempt(name, act).unwrap();
        assert_eq!(again.life, story.life, "{act:?}");
        assert_eq!(again.effects, [], "{act:?}");
    };
    let acked = cast::offered().does("chen", &cast::ack("o1")).at(minute(5));
    for (story, acts) in [
        (acked, vec![cast::received("o1"), cast::ack("o1")]),
        (cast::there().at(minute(5)), vec![cast::ack("o1"), cast::on_scene("o1")]),
        (cast::handled().at(minute(5)), vec![cast::on_scene("o1"), cast::reply("o1")]),
        (cast::closed().at(minute(5)), vec![cast::ack("o1"), cast::reply("o1")]),
    ] {
        acts.iter().for_each(|act| check(&story, "chen", act));
    }
    check(&Story::begin().does("li", &Act::Claim), "li", &Act::Claim);
}

#[test]
fn every_order_that_ends_is_told_to_its_member() {
    let effects = |story: &Story, name: &str, act: &Act| story.attempt(name, act).unwrap().effects;
    assert_eq!(
        effects(&cast::classified(), "li", &cast::dispatch("o1", "chen")),
        [Effect::SendOrder]
    );
    let taken_back = Effect::WithdrawOrder {
        member: "chen".into(),
        offer: "o1".into(),
        reason: "somebody is nearer".into(),
    };
    for story in [cast::offered(), cast::there()] {
        assert_eq!(effects(&story, "li", &cast::withdraw()), from_ref(&taken_back));
    }
    let told = Effect::TellMember { reason: None };
    assert_eq!(effects(&cast::handled(), "wang", &cast::check_pass()), [told]);
    let reason = Some("the photo shows another gate".to_owned());
    let back = Effect::TellMember { reason };
    assert_eq!(effects(&cast::handled(), "wang", &cast::check_return()), [back]);
}

#[test]
fn the_score_is_the_share_of_yes() {
    let check = |marks: &[&str], expect: Option<u8>| {
        let items: Vec<_> = marks.iter().map(|m| ("item".to_owned(), (*m).to_owned())).collect();
        assert_eq!(closure::score(&items), expect, "{marks:?}");
    };
    check(&["yes"; 10], Some(100));
    check(&["no"; 10], Some(0));
    check(&["na"; 10], None);
    check(&["yes", "yes", "no"], Some(67));
    check(&["yes", "no", "no", "na"], Some(33));
    check(&["yes", "no"], Some(50));
}
