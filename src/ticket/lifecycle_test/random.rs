//! Random lives: people double-tap, phones answer late, acts arrive in any order, and yet.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::cast::{self, Story};
use crate::ticket::act::Act;
use crate::ticket::clocks::ClockName;
use crate::ticket::clocks::Running;
use crate::ticket::ladder::{self, Due, Level};
use crate::ticket::log::{self, LogEntry};
use crate::ticket::{Role, Severity, State, TicketId, closure, ledger};

/// Somebody does something `wait_ms` after the last act.
#[derive(Clone, Debug)]
struct Turn {
    name: &'static str,
    act: Act,
    wait_ms: i64,
}

const OFFERS: [&str; 3] = ["o1", "o2", "o3"];

/// Orders of supporting members; each is sent once.
const SUPPORTS: [&str; 3] = ["s1", "s2", "s3"];

/// An order that somebody answers, or one that never was.
fn answered() -> impl Strategy<Value = &'static str> {
    prop::sample::select([OFFERS, SUPPORTS].as_flattened().to_vec())
}

fn sending() -> impl Strategy<Value = Act> {
    let member = || prop::sample::select(["chen", "hu"].as_slice());
    let offer = || prop::sample::select(OFFERS.as_slice());
    let support = prop::sample::select(SUPPORTS.as_slice());
    prop_oneof![
        2 => (offer(), member()).prop_map(|(offer, member)| cast::dispatch(offer, member)),
        1 => (offer(), member()).prop_map(|(offer, member)| cast::reoffer(offer, member)),
        1 => (offer(), member()).prop_map(|(offer, member)| cast::ahead(offer, member)),
        1 => (support, member()).prop_map(|(offer, member)| cast::support(offer, member)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let severity = prop::sample::select(vec![Severity::S1, Severity::S2, Severity::S4]);
    prop_oneof![
        Just(Act::Join),
        Just(Act::Claim),
        (0_usize..3).prop_map(Act::confirm),
        prop_oneof![
            1 => Just(cast::false_alarm("animal")),
            1 => Just(cast::test_alarm()),
            6 => Just(cast::undetermined()),
        ],
        severity.prop_map(cast::classify),
        sending(),
        prop::sample::select(SUPPORTS.as_slice())
            .prop_map(|offer| Act::CallOff { offer: offer.into(), reason: "nearer".into() }),
        Just(Act::Nobody),
        Just(Act::Somebody),
        Just(cast::withdraw()),
        answered().prop_map(cast::received),
        answered().prop_map(cast::ack),
        answered().prop_map(cast::refuse),
        answered().prop_map(cast::on_scene),
        answered().prop_map(cast::reply),
        Just(cast::check_pass()),
        Just(cast::check_return()),
        prop::sample::select(vec!["yes", "no", "na"]).prop_map(cast::review),
        prop::sample::select(vec![
            cast::correct(),
            Act::Reopen { reason: "it began again".into() },
            cast::suspend(),
            cast::park(),
            cast::extend(ClockName::Ack),
            cast::extend(ClockName::Close),
            Act::Grant,
            Act::Grant,
            Act::Deny { reason: "no need".into() },
            Act::Resume { reason: "they came".into() },
        ]),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    let name = prop::sample::select(["li", "wang", "sun", "chen", "hu", "zhao"].as_slice());
    (name, act(), 0_i64..400_000).prop_map(|(name, act, wait_ms)| Turn { name, act, wait_ms })
}

/// Half of all acts are said a second time.
fn lives() -> impl Strategy<Value = Vec<(Turn, bool)>> {
    prop::collection::vec((turn(), any::<bool>()), 1..120)
}

/// What must hold between any two moments of a life, whoever did whatever.
fn promises(before: &Story, turn: &Turn, after: &Story) -> Result<(), TestCaseError> {
    let (old, new) = (&before.life, &after.life);
    for running in new.state.clock().into_iter().chain(new.beside) {
        let same = |was: &Running| was.name == running.name && was.started == running.started;
        let was = old.clocks(&cast::policy()).into_iter().find(same);
        for level in
            Level::ALL.into_iter().filter(|level| was.is_some_and(|was| was.fired.has(*level)))
        {
            prop_assert!(running.fired.has(level), "{level:?} of {running:?} would fire again");
        }
    }
    prop_assert!(new.suspended_ms >= old.suspended_ms && new.parked_ms >= old.parked_ms);
    prop_assert!(new.extensions <= 1);
    prop_assert!(new.late.starts_with(&old.late), "late shrank: {:?} {:?}", old.late, new.late);
    prop_assert!(new.count >= old.count);
    let again = matches!(turn.act, Act::Reopen { .. } | Act::Correct { .. });
    if !old.state.is_open() && !again {
        prop_assert!(!new.state.is_open(), "it was over");
    }
    let passed_on = matches!(turn.act, Act::Reoffer { .. });
    if let (Some(was), Some(is), false) = (old.state.offer(), new.state.offer(), passed_on) {
        let same = was.id == is.id && was.member == is.member;
        prop_assert!(same, "two owners: {was:?} {is:?}");
        prop_assert!(was.acked.is_none() || was.acked == is.acked, "a receipt was rewritten");
        prop_assert!(was.on_scene.is_none() || was.on_scene == is.on_scene);
    }
    let patrol = ["received", "ack", "refuse", "on_scene", "reply"].contains(&turn.act.as_str());
    if patrol && old != new {
        let mut asked = old.state.offer().into_iter().chain(old.crew.out());
        prop_assert!(asked.any(|offer| offer.member == turn.name), "somebody else answered");
    }
    if let State::Closed(closed) = &new.state {
        prop_assert_ne!(&closed.by, &closed.verified.by);
        prop_assert_ne!(&closed.by, &closed.offer.member);
        prop_assert!(!closed.reply.photos.is_empty() && closed.reply.text.len() >= 10);
        if let Some(review) = &closed.review {
            let involved = [&closed.by, &closed.verified.by, &closed.offer.member];
            prop_assert!(!involved.contains(&&review.by));
            prop_assert_eq!(review.score, closure::score(&review.items));
        }
    }
    let mut members: Vec<&str> = new.crew.out().map(|offer| offer.member.as_str()).collect();
    members.extend(new.state.offer().filter(|_| new.state.is_open()).map(|o| o.member.as_str()));
    let asked = members.len();
    members.sort_unstable();
    members.dedup();
    prop_assert_eq!(members.len(), asked, "somebody has two orders");
    prop_assert!(new.state.is_open() || new.crew.out().count() == 0, "an order is left behind");
    prop_assert!(old.crew.ahead.is_none() || new.crew.ahead.is_some(), "the flag was lost");
    prop_assert_eq!(new.state.clock().is_some(), new.state.is_open(), "an open ticket has a clock");
    Ok(())
}

/// The desk fires what has become due before every act.
fn later(story: &Story, wait_ms: i64) -> Story {
    let mut after = story.clone();
    after.now = story.now.plus_ms(wait_ms);
    while let Some(deadline) = ladder::due(&after.life, &cast::policy(), after.now) {
        let due = Act::Due(Due { deadline, to: vec!["sun".into()] });
        let was = after.life.clone();
        after = after.does("gengfu", &due);
        assert_ne!(was, after.life, "{deadline:?} would fire for ever");
    }
    after
}

/// Does the act if it may be done; a refusal is a normal answer.
fn live(story: &Story, turn: &Turn) -> Story {
    let mut after = story.clone();
    // Ids are never used twice.
    if let Act::Support { offer, .. } = &turn.act
        && story.life.crew.support(offer).is_some()
    {
        return after;
    }
    if let Ok(step) = after.attempt(turn.name, &turn.act) {
        after.life = step.life;
    }
    after
}

/// Nobody does anything, time passes.
const TICK: Turn = Turn { name: "gengfu", act: Act::Grant, wait_ms: 0 };

/// Acts that say the same thing again when they are said again.
fn is_settled_by_saying_it(act: &Act) -> bool {
    !matches!(act, Act::Join | Act::Grant | Act::Ask { .. } | Act::Correct { .. })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_acts_breaks_a_promise(turns in lives()) {
        let mut story = Story::begin();
        for (turn, twice) in &turns {
            let due = later(&story, turn.wait_ms);
            promises(&story, &TICK, &due)?;
            story = due;
            let after = live(&story, turn);
            promises(&story, turn, &after)?;
            story = after;
            if *twice {
                let again = live(&story, turn);
                promises(&story, turn, &again)?;
                if is_settled_by_saying_it(&turn.act) && !matches!(turn.act, Act::Review { .. }) {
                    prop_assert_eq!(&again.life, &story.life, "said twice: {:?}", turn);
                }
            }
        }
    }

    #[test]
    fn every_offer_ends_answered_or_withdrawn(turns in lives()) {
        let mut story = Story::begin();
        let mut running = BTreeSet::new();
        for (turn, _) in &turns {
            let after = live(&story, turn);
            count_offers(&story, turn, &after, &mut running);
            story = after;
        }
        let now_out: BTreeSet<String> = ledger::entries(&story.life)
            .into_iter()
            .filter(|entry| entry.ended.is_none())
            .map(|entry| entry.offer.id)
            .collect();
        prop_assert_eq!(&running, &now_out, "the ledger knows what is out");
        let end = ended(story.clone());
        let last = ledger::entries(&end.life);
        prop_assert!(last.iter().all(|entry| entry.ended.is_some()), "{last:?}");
    }

    #[test]
    fn from_anywhere_the_centre_can_still_bring_it_to_an_end(turns in lives()) {
        let mut story = Story::begin();
        for (turn, _) in &turns {
            story = live(&later(&story, turn.wait_ms), turn);
        }
        prop_assert!(!ended(story).life.state.is_open());
    }
}

/// Keeps the offers that are out, as the rows do.
fn count_offers(before: &Story, turn: &Turn, after: &Story, running: &mut BTreeSet<String>) {
    let line = LogEntry {
        ticket: TicketId("t".into()),
        number: 1,
        version: 2,
        at: after.now,
        actor: turn.name.into(),
        role: Role::Operator,
        input: turn.act.as_str().into(),
        detail: log::detail(&before.life, &turn.act, &after.life),
    };
    for entry in ledger::changes(&before.life, &after.life, &line) {
        match entry.ended {
            Some(_) => running.remove(&entry.offer.id),
            None => running.insert(entry.offer.id),
        };
    }
}

/// sun takes over whatever is open, wang checks; nobody else is needed but the member.
fn ended(mut story: Story) -> Story {
    for _ in 0..10 {
        let member = story.life.state.offer().map(|offer| (offer.member.clone(), offer.id.clone()));
        let (member, offer) = member.unwrap_or(("chen".into(), "o9".into()));
        if story.life.crew.is_unverified() {
            story = story.does("bai", &cast::confirm());
            continue;
        }
        let (name, act) = match &story.life.state {
            State::New { .. } => ("sun", Act::Claim),
            State::Verifying { by, .. } if by == "sun" => ("sun", cast::confirm()),
            State::Verifying { .. } => ("sun", Act::Claim),
            State::Confirmed { .. } if story.life.category.is_none() => {
                ("sun", cast::classify(Severity::S2))
            }
            State::Confirmed { .. } => ("sun", cast::dispatch("o9", "chen")),
            State::Offered { .. } | State::Accepted { .. } => {
                (member.as_str(), cast::on_scene(&offer))
            }
            State::OnScene { .. } => (member.as_str(), cast::reply(&offer)),
            State::Handled { verified, .. } if verified.by == "ma" => ("bai", cast::check_pass()),
            State::Handled { .. } => ("ma", cast::check_pass()),
            State::Paused(_) => ("sun", Act::Resume { reason: "it goes on".into() }),
            State::Dismissed { .. } | State::Closed(_) => return story,
        };
        story = story.does(name, &act);
    }
    story
}
