//! What is loaded is what was stored, for every state and every fact in it.

use gengfu::clock::UnixMs;
use gengfu::store::ticket::Change;
use gengfu::ticket::clocks::Running;
use gengfu::ticket::crew::{Ahead, Crew, Support};
use gengfu::ticket::ladder::{Fired, Level};
use gengfu::ticket::life::{Closed, Dismissal, Verified};
use gengfu::ticket::pause::{Kind, Paused, Request, Wish};
use gengfu::ticket::{ClockName, Life, Offer, Reply, Review, Severity, State, Ticket};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use super::house::{self, House, START, event};

on_both!(any_life_comes_back_as_it_was);

/// Enough that each of the states comes some ten times.
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
    let name = prop::sample::select([ClockName::ALL.as_slice(), &ClockName::BESIDE].concat());
    let fired = prop::sample::subsequence(Level::ALL.to_vec(), 0..=13);
    (name, time(), time(), time(), any::<u32>(), fired).prop_map(
        |(name, started, due, chain, moved, fired)| Running {
            name,
            started,
            due,
            chain,
            moved_ms: i64::from(moved),
            fired: fired.into_iter().fold(Fired::NOTHING, Fired::with),
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let wish = prop_oneof![
        any::<i64>().prop_map(|for_ms| Wish::Suspend { for_ms }),
        Just(Wish::Park),
        (prop::sample::select(ClockName::ALL.as_slice()), any::<i64>())
            .prop_map(|(clock, by_ms)| Wish::Extend { clock, by_ms }),
    ];
    (wish, text(), text(), text(), time()).prop_map(|(wish, reason, note, by, at)| Request {
        wish,
        reason,
        note,
        by,
        at,
    })
}

fn paused() -> impl Strategy<Value = State> {
    let kind = prop::sample::select(vec![Kind::Suspended, Kind::Parked]);
    let inside = working().prop_filter("somebody has confirmed it", |s| s.verified().is_some());
    (kind, request(), text(), time(), inside, prop::option::of(clock()), clock()).prop_map(
        |(kind, request, granted_by, since, inside, beside, clock)| {
            State::Paused(Box::new(Paused {
                kind,
                request,
                granted_by,
                since,
                inside,
                beside,
                clock,
            }))
        },
    )
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
        2 => paused(),
        9 => working(),
        2 => ended(),
    ]
}

/// States in which nobody works any more.
fn ended() -> impl Strategy<Value = State> {
    let closed =
        (verified(), offer(), reply(), text(), time(), prop::option::of(review()), maybe_time());
    prop_oneof![
        (text(), time(), dismissal()).prop_map(|(by, at, dismissal)| State::Dismissed {
            by,
            at,
            dismissal
        }),
        closed.prop_map(|(verified, offer, reply, by, at, review, archived)| {
            State::Closed(Box::new(Closed { verified, offer, reply, by, at, review, archived }))
        }),
    ]
}

/// States in which somebody works.
fn working() -> impl Strategy<Value = State> {
    prop_oneof![
        clock().prop_map(|clock| State::New { clock }),
        (text(), clock()).prop_map(|(by, clock)| State::Verifying { by, clock }),
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
    let class = (severity, prop::option::of(text()), text(), crew());
    let beside = (prop::option::of(clock()), prop::option::of(request()));
    let counts = (any::<u32>(), 0_u32..9, 0_u32..9, 0_i64..1_000_000, 0_i64..1_000_000);
    (class, late, beside, counts, state()).prop_map(
        |((severity, category, place, crew), late, (beside, request), counts, state)| Life {
            severity,
            category,
            proposed_category: "intrusion".into(),
            place,
            count: counts.0,
            offers: 2,
            late,
            crew,
            policy: counts.3 % 3,
            beside,
            request,
            extensions: counts.1,
            suspended_ms: counts.3,
            parked_ms: counts.4,
            reopened: counts.2,
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
            marks: Default::default(),
        };
        house.store.commit(change, START).await.unwrap();
        assert_eq!(house.store.ticket(&ticket.id).await.unwrap().as_ref(), Some(&after));
        ticket = after;
    }
}
