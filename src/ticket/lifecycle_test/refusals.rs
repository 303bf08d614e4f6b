//! What the regulation refuses (VM-2, VM-3, VM-4), a sentence each.

use super::cast::{self, Story, minute};
use crate::ticket::act::{Act, Effect, Standing};
use crate::ticket::{Rejected, Severity};

/// The act is refused with this code, and nothing of the story is lost by it.
fn check(story: &Story, name: &str, act: &Act, code: &str) {
    let told = story.attempt(name, act).map(|step| step.life.state.as_str());
    assert_eq!(told.as_ref().map_err(Rejected::code), Err(code), "{name} {act:?}");
}

fn classify(category: &str, place: &str) -> Act {
    Act::Classify {
        category: category.into(),
        severity: Severity::S2,
        place: place.into(),
        reason: String::new(),
    }
}

fn reply(disposition: &str, text: &str, photos: &[&str]) -> Act {
    Act::Reply {
        offer: "o1".into(),
        disposition: disposition.into(),
        text: text.into(),
        photos: photos.iter().map(|photo| (*photo).to_owned()).collect(),
    }
}

fn to(standing: Standing) -> Act {
    Act::Dispatch { offer: "o1".into(), member: "chen".into(), standing }
}

#[test]
fn nothing_is_confirmed_without_evidence() {
    check(&Story::begin(), "li", &Act::confirm(0), "no_evidence");
}

#[test]
fn a_false_alarm_needs_a_reason_of_the_table() {
    check(&Story::begin(), "li", &cast::false_alarm(""), "unknown_reason");
    check(&Story::begin(), "li", &cast::false_alarm("he looked strange"), "unknown_reason");
}

#[test]
fn a_verdict_belongs_to_the_one_who_looks() {
    let lis = Story::begin().does("li", &Act::Claim);
    for act in
        [cast::confirm(), cast::false_alarm("animal"), cast::test_alarm(), cast::undetermined()]
    {
        check(&lis, "wang", &act, "claimed_by_other");
        lis.clone().does("wang", &Act::Claim).does("wang", &act);
    }
}

#[test]
fn a_verdict_is_given_once() {
    let dismissed = Story::begin().does("li", &cast::false_alarm("animal"));
    check(&dismissed, "wang", &cast::confirm(), "not_allowed");
    check(&cast::classified(), "li", &cast::false_alarm("animal"), "not_allowed");
}

#[test]
fn an_unverified_observation_is_not_dispatched() {
    check(&Story::begin(), "li", &cast::dispatch("o1", "chen"), "not_allowed");
    let looked_at = Story::begin().does("li", &Act::Claim);
    check(&looked_at, "li", &cast::dispatch("o1", "chen"), "not_allowed");
}

#[test]
fn dispatch_needs_a_category_and_a_place() {
    let confirmed = Story::begin().does("li", &cast::confirm());
    check(&confirmed, "li", &cast::dispatch("o1", "chen"), "no_category");
    check(&confirmed, "li", &classify("strangers", "东门"), "unknown_category");
    check(&confirmed, "li", &classify("intrusion", "  "), "no_place");
}

#[test]
fn only_a_known_member_on_shift_is_sent() {
    check(&cast::classified(), "li", &to(Standing::OffShift), "member_off_shift");
    check(&cast::classified(), "li", &to(Standing::Unknown), "unknown_member");
}

#[test]
fn whoever_may_not_go_is_not_sent() {
    check(&cast::classified(), "li", &to(Standing::NotSignedOn), "member_not_signed_on");
    check(&cast::classified(), "li", &to(Standing::Suspended), "member_suspended");
    check(&cast::classified(), "li", &to(Standing::NotCapable), "member_not_capable");
}

#[test]
fn an_order_has_one_owner() {
    check(&cast::offered(), "li", &cast::dispatch("o2", "hu"), "not_allowed");
    for act in [cast::ack("o1"), cast::on_scene("o1"), cast::refuse("o1"), cast::received("o1")] {
        check(&cast::offered(), "hu", &act, "wrong_member");
    }
    check(&cast::there(), "hu", &cast::reply("o1"), "wrong_member");
}

#[test]
fn an_order_that_was_taken_back_or_refused_is_over() {
    let withdrawn = cast::offered().does("li", &cast::withdraw());
    let refused = cast::offered().does("chen", &cast::refuse("o1"));
    for story in [withdrawn, refused] {
        check(&story, "chen", &cast::ack("o1"), "offer_over");
        let again = story.does("li", &cast::dispatch("o2", "chen"));
        check(&again, "chen", &cast::ack("o1"), "offer_over");
        again.does("chen", &cast::ack("o2"));
    }
}

#[test]
fn who_cannot_go_says_why() {
    let act = Act::Refuse { offer: "o1".into(), reason: "football".into() };
    check(&cast::offered(), "chen", &act, "unknown_reason");
}

#[test]
fn taking_an_order_back_needs_a_reason() {
    check(&cast::offered(), "li", &Act::Withdraw { reason: " ".into() }, "no_reason");
}

#[test]
fn a_reply_comes_from_the_scene() {
    check(&cast::offered(), "chen", &cast::reply("o1"), "not_on_scene");
    let under_way = cast::offered().does("chen", &cast::ack("o1"));
    check(&under_way, "chen", &cast::reply("o1"), "not_on_scene");
}

#[test]
fn a_reply_is_complete() {
    let text = "Spoke to him, he went home.";
    check(&cast::there(), "chen", &reply("fine", text, &["p"]), "unknown_disposition");
    check(&cast::there(), "chen", &reply("advice_given", "ok", &["p"]), "reply_too_short");
    let blanks = "ok                    ";
    check(&cast::there(), "chen", &reply("advice_given", blanks, &["p"]), "reply_too_short");
    check(&cast::there(), "chen", &reply("advice_given", text, &[]), "reply_needs_photo");
    let ten = "已经劝离一切正常现场";
    cast::there().does("chen", &reply("advice_given", ten, &["p"]));
}

#[test]
fn nothing_is_closed_without_a_reply() {
    check(&cast::there(), "wang", &cast::check_pass(), "not_allowed");
    check(&cast::offered(), "wang", &cast::check_pass(), "not_allowed");
    check(&cast::classified(), "wang", &cast::check_pass(), "not_allowed");
}

#[test]
fn who_handled_or_confirmed_it_does_not_check_it() {
    for act in [cast::check_pass(), cast::check_return()] {
        check(&cast::handled(), "chen", &act, "handler_cannot_check");
        check(&cast::handled(), "li", &act, "verifier_cannot_check");
        cast::handled().does("wang", &act);
    }
}

#[test]
fn sending_back_needs_a_reason() {
    let act = Act::CheckReturn { reason: String::new() };
    check(&cast::handled(), "wang", &act, "no_reason");
}

#[test]
fn nobody_reviews_their_own_work() {
    for name in ["chen", "li", "wang"] {
        check(&cast::closed(), name, &cast::review("yes"), "reviewer_was_involved");
    }
    let reviewed = cast::closed().does("zhao", &cast::review("yes"));
    check(&reviewed, "zhao", &cast::review("no"), "already_reviewed");
    check(&cast::handled(), "zhao", &cast::review("yes"), "not_allowed");
}

#[test]
fn a_review_answers_every_item() {
    check(&cast::closed(), "zhao", &cast::review("maybe"), "review_incomplete");
    let Act::Review { mut items, note } = cast::review("yes") else { unreachable!() };
    items.pop();
    check(&cast::closed(), "zhao", &Act::Review { items, note }, "review_incomplete");
}

#[test]
fn what_is_over_stays_over() {
    let dismissed = Story::begin().does("li", &cast::false_alarm("animal")).at(minute(500));
    let acts = [Act::Join, Act::Claim, cast::confirm(), cast::withdraw(), cast::check_return()];
    for act in acts {
        check(&dismissed, "wang", &act, "not_allowed");
        check(&cast::closed(), "wang", &act, "not_allowed");
    }
    check(&cast::closed(), "chen", &cast::refuse("o1"), "not_allowed");
}

#[test]
fn a_supporting_member_answers_for_himself_and_moves_nothing() {
    let both =
        cast::offered().does("chen", &cast::ack("o1")).does("li", &cast::support("s1", "hu"));
    check(&both, "li", &cast::support("s2", "hu"), "member_has_order");
    check(&both, "li", &cast::support("s2", "chen"), "member_has_order");
    check(&both, "chen", &cast::ack("s1"), "wrong_member");
    check(&both, "hu", &cast::on_scene("o1"), "wrong_member");
    check(&both, "hu", &cast::reply("s1"), "not_on_scene");
    let there = both.does("hu", &cast::ack("s1")).does("hu", &cast::on_scene("s1"));
    assert_eq!(there.life.state.as_str(), "accepted");
    let back = there.does("hu", &cast::reply("s1"));
    assert_eq!((back.life.state.as_str(), back.life.crew.out().count()), ("accepted", 0));
    check(&cast::classified(), "li", &cast::support("s1", "hu"), "not_allowed");
}

#[test]
fn supporting_members_are_called_back_when_the_owner_has_replied() {
    let both = cast::there().does("li", &cast::support("s1", "hu"));
    let step = both.attempt("chen", &cast::reply("o1")).unwrap();
    let told = Effect::WithdrawOrder {
        member: "hu".into(),
        offer: "s1".into(),
        reason: "owner_replied".into(),
    };
    assert!(step.effects.contains(&told), "{:?}", step.effects);
    assert_eq!(step.life.crew.out().count(), 0);
}

#[test]
fn what_went_out_before_the_verdict_is_confirmed_by_somebody_else() {
    let Act::DispatchAhead { offer, member, standing, class, .. } = cast::ahead("o1", "chen")
    else {
        unreachable!()
    };
    let not_permitted = Act::DispatchAhead { offer, member, standing, class, permitted: false };
    check(&Story::begin(), "li", &not_permitted, "verify_first");
    check(&cast::classified(), "li", &cast::ahead("o1", "chen"), "not_allowed");
    let sent = Story::begin().does("li", &cast::ahead("o1", "chen"));
    check(&sent, "li", &cast::confirm(), "own_dispatch");
    check(&sent, "wang", &Act::confirm(0), "no_evidence");
    let handled = sent.clone().does("chen", &cast::on_scene("o1")).does("chen", &cast::reply("o1"));
    check(&handled, "wang", &cast::check_pass(), "not_verified");
    let confirmed = handled.does("sun", &cast::confirm());
    check(&confirmed, "sun", &cast::check_pass(), "verifier_cannot_check");
    let closed = confirmed.does("wang", &cast::check_pass());
    assert!(closed.life.crew.ahead.is_some(), "the flag stays for ever");
}

#[test]
fn a_dismissal_takes_back_what_went_out_before_it() {
    let sent = Story::begin().does("li", &cast::ahead("o1", "chen"));
    let both = sent.does("li", &cast::support("s1", "hu"));
    let step = both.attempt("li", &cast::false_alarm("animal")).unwrap();
    let offer = |effect: &Effect| {
        if let Effect::WithdrawOrder { offer, .. } = effect { Some(offer.clone()) } else { None }
    };
    let gone: Vec<String> = step.effects.iter().filter_map(offer).collect();
    assert_eq!(
        (step.life.state.as_str(), gone),
        ("dismissed", vec!["s1".to_owned(), "o1".to_owned()])
    );
}

#[test]
fn an_order_that_nobody_acknowledged_passes_to_one_other_member() {
    check(&cast::offered(), "gengfu", &cast::reoffer("o2", "chen"), "member_has_order");
    let accepted = cast::offered().does("chen", &cast::ack("o1"));
    check(&accepted, "gengfu", &cast::reoffer("o2", "hu"), "not_allowed");
    let passed = cast::offered().does("gengfu", &cast::reoffer("o2", "hu"));
    check(&passed, "chen", &cast::ack("o1"), "offer_over");
    passed.does("hu", &cast::ack("o2"));
}
