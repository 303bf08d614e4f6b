//! What is loaded is what was stored, for every state and every fact in it.

use gengfu::clock::UnixMs;
use gengfu::store::ticket::Change;
use gengfu::ticket::clocks::Running;
use gengfu::ticket::crew::{Ahead, Crew, Support};
use gengfu::ticket::life::{Closed, Dismissal, Verified};
use gengfu::ticket::{ClockName, Life, Offer, Reply, Review, Severity, State, Ticket};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use super::house::{self, House, START, event};

on_both!(any_life_comes_back_as_it_was);

/// Enough that each of the nine states comes some twenty times.
const LIVES: usize = 200;

fn time() -> impl Strategy<Value = UnixMs> {
    (0_i64..4_102_444_800_000).prop_map(UnixMs)
}

fn maybe_time() -> impl Strategy<Value = Option<UnixMs>> {
    prop::option::of(time())
}

/// Words of any language, quotes and all; PostgreSQL's text has no zero byte, nor do names.
fn text() -> impl Strategy<Value = String> {
    "[a-z'\"%_\\\\;东门岗亭 \n😀]{0,12}"
}

fn clock() -> impl Strategy<Value = Running> {
    (prop::sample::select(ClockName::ALL.as_slice()), time(), time())
        .prop_map(|(name, started, due)| Running { name, started, due, late: false })
}

fn verified() -> impl Strategy<Value = Verified> {
    (text(), time()).prop_map(|(by, at)| Verified { by, at })
}

fn offer() -> impl Strategy<Value = Offer> {
    (text(), text(), time(), maybe_time(), maybe_time(), maybe_time()).prop_map(
        |(id, member, at, received, acked, on_scene)| Offer {
            id,
            member,
            at,
            received,
            acked,
            on_scene,
        },
    )
}

fn reply() -> impl Strategy<Value = Reply> {
    (text(), text(), prop::collection::vec(text(), 0..4), time())
        .prop_map(|(disposition, text, photos, at)| Reply { disposition, text, photos, at })
}

fn review() -> impl Strategy<Value = Review> {
    let items = prop::collection::vec((text(), text()), 0..11);
    let score = prop::option::of(0_u8..=100);
    (text(), time(), items, text(), score).prop_map(|(by, at, items, note, score)| Review {
        by,
        at,
        items,
        note,
        score,
    })
}

fn dismissal() -> impl Strategy<Value = Dismissal> {
    prop_oneof![Just(Dismissal::Test), text().prop_map(|reason| Dismissal::FalseAlarm { reason }),]
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        clock().prop_map(|clock| State::New { clock }),
        (text(), clock()).prop_map(|(by, clock)| State::Verifying { by, clock }),
        (text(), time(), dismissal()).prop_map(|(by, at, dismissal)| State::Dismissed {
            by,
            at,
            dismissal
        }),
        (verified(), clock()).prop_map(|(verified, clock)| State::Confirmed { verified, clock }),
        (verified(), offer(), clock()).prop_map(|(verified, offer, clock)| State::Offered {
            verified,
            offer,
            clock
        }),
        (verified(), offer(), clock()).prop_map(|(verified, offer, clock)| State::Accepted {
            verified,
            offer,
            clock
        }),
        (verified(), offer(), clock()).prop_map(|(verified, offer, clock)| State::OnScene {
            verified,
            offer,
            clock
        }),
        (verified(), offer(), reply(), clock()).prop_map(|(verified, offer, reply, clock)| {
            State::Handled { verified, offer, reply, clock }
        }),
        (verified(), offer(), reply(), text(), time(), prop::option::of(review())).prop_map(
            |(verified, offer, reply, by, at, review)| {
                State::Closed(Box::new(Closed { verified, offer, reply, by, at, review }))
            }
        ),
    ]
}

fn crew() -> impl Strategy<Value = Crew> {
    let support = (offer(), maybe_time()).prop_map(|(offer, done)| Support { offer, done });
    let confirmed = prop::option::of((text(), time()));
    let ahead =
        (text(), time(), confirmed).prop_map(|(by, at, confirmed)| Ahead { by, at, confirmed });
    let supports = prop::collection::vec(support, 0..3);
    (supports, maybe_time(), prop::option::of(ahead))
        .prop_map(|(supports, nobody_since, ahead)| Crew { supports, nobody_since, ahead })
}

/// A life without what never changes after filing.
fn life() -> impl Strategy<Value = Life> {
    let severity =
        prop::sample::select(vec![Severity::S1, Severity::S2, Severity::S3, Severity::S4]);
    let late = prop::sample::subsequence(ClockName::ALL.to_vec(), 0..=6).prop_shuffle();
    (severity, prop::option::of(text()), text(), any::<u32>(), late, crew(), state()).prop_map(
        |(severity, category, place, count, late, crew, state)| Life {
            severity,
            category,
            proposed_category: "intrusion".into(),
            place,
            count,
            offers: 2,
            late,
            crew,
            state,
        },
    )
}

async fn any_life_comes_back_as_it_was(house: House) {
    let mut random = TestRunner::new(Config::default());
    let mut ticket = house.filed(event("e1", "gate-1", START)).await;
    for _ in 0..LIVES {
        let life = life().new_tree(&mut random).unwrap().current();
        let after = Ticket { version: ticket.version + 1, life, ..ticket.clone() };
        let change = Change {
            before: &ticket,
            after: &after,
            line: &house::line(&after, "turn"),
            messages: &[],
            answer: None,
            event: None,
        };
        house.store.commit(change, START).await.unwrap();
        assert_eq!(house.store.ticket(&ticket.id).await.unwrap().as_ref(), Some(&after));
        ticket = after;
    }
}
