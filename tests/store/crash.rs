//! The power goes at any moment: whatever was promised is there, whatever was not is not.

use std::task::Poll;

use gengfu::store::Store;
use gengfu::store::answer::Answered;
use gengfu::store::deadline::Marks;
use gengfu::store::evidence::NewEvidence;
use gengfu::store::ticket::Change;
use gengfu::ticket::ladder::Deadline;
use gengfu::ticket::{Life, Ticket, TicketId, ladder};

use super::house::{self, House, START, event, file, verifying};

on_both!(
    a_filing_that_breaks_off_leaves_nothing,
    a_change_is_there_or_not_wherever_it_breaks_off,
    a_step_of_the_ladder_fires_once_wherever_it_breaks_off,
    a_still_that_breaks_off_never_leaves_a_row_without_file,
    opening_again_and_again_does_no_harm,
);

/// Lets `work` go on for `steps` steps, then drops it, as a kill does.
async fn killed_after<W: Future>(steps: usize, work: W) -> Option<W::Output> {
    let mut work = Box::pin(work);
    let mut left = steps;
    std::future::poll_fn(move |context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        Poll::Pending
    })
    .await
}

async fn a_filing_that_breaks_off_leaves_nothing(mut house: House) {
    let mut numbers = 0;
    for steps in 0..200 {
        let event = event(&format!("e{steps}"), "gate-1", START);
        house.store.save_event(&event, START).await.unwrap();
        let done = killed_after(steps, file(&house.store, event.clone())).await;
        house = house.reopened().await;
        let filed = house.store.ticket_of_event(&event.id).await.unwrap();
        let unfiled = house.store.unfiled_events().await.unwrap();
        assert_eq!(unfiled.iter().any(|waits| waits.id == event.id), filed.is_none());
        if let Some(ticket) = &filed {
            numbers += 1;
            assert_eq!(ticket.number, numbers, "a number was lost");
            assert_eq!(house.store.log_of_ticket(&ticket.id).await.unwrap().len(), 1);
        }
        let messages = i64::try_from(house.waiting().await.len()).unwrap();
        assert_eq!(messages, numbers, "a ticket without message, or a message without ticket");
        if done.is_some() {
            assert!(filed.is_some(), "it was promised");
            return;
        }
    }
    panic!("a filing takes more than 200 steps");
}

async fn a_change_is_there_or_not_wherever_it_breaks_off(mut house: House) {
    let mut ticket = house.filed(event("e1", "gate-1", START)).await;
    for steps in 0..200 {
        let life = Life { state: verifying("li"), count: steps, ..ticket.life.clone() };
        let after = Ticket { version: ticket.version + 1, life, ..ticket.clone() };
        let id = format!("a{steps}");
        let answer = Answered { id: id.clone(), member: "chen".into(), outcome: "done" };
        let (line, messages) = (house::line(&after, "turn"), [house::outgoing("t")]);
        let change = Change {
            before: &ticket,
            after: &after,
            line: &line,
            messages: &messages,
            answer: Some(&answer),
            event: None,
            marks: Default::default(),
        };
        let done = killed_after(steps as usize, house.store.commit(change, START)).await;
        house = house.reopened().await;
        let now = house.store.ticket(&ticket.id).await.unwrap().unwrap();
        assert!(now == after || (now == ticket && done.is_none()), "step {steps}: {now:?}");
        let answered = house.store.answer_outcome(&id).await.unwrap().is_some();
        assert_eq!(answered, now == after);
        let log = house.store.log_of_ticket(&ticket.id).await.unwrap().len();
        assert_eq!(i64::try_from(log).unwrap(), now.version);
        assert_eq!(house.waiting().await.len(), log);
        if done.is_some() {
            return;
        }
        ticket = now;
    }
    panic!("a change takes more than 200 steps");
}

/// The next step of a ticket fires: state, log line, message and the mark on its row, or nothing.
fn fire(ticket: &Ticket) -> (Deadline, Ticket) {
    let policy = house::policy();
    let due = ladder::next(&ticket.life, &policy)[0];
    let mut life = ticket.life.clone();
    life.mark(due.clock, due.level);
    (due, Ticket { version: ticket.version + 1, life, ..ticket.clone() })
}

async fn a_step_of_the_ladder_fires_once_wherever_it_breaks_off(mut house: House) {
    for steps in 0..200 {
        let ticket = house.filed(event(&format!("e{steps}"), "gate-1", START)).await;
        let sent = house.waiting().await.len();
        let (due, after) = fire(&ticket);
        let (line, messages) = (house::line(&after, "remind"), [house::outgoing("t")]);
        let change = || Change {
            before: &ticket,
            after: &after,
            line: &line,
            messages: &messages,
            answer: None,
            event: None,
            marks: Marks {
                next: Some(ladder::next(&after.life, &house::policy())),
                fired: Some((due, vec!["sun".into()])),
                acked: None,
            },
        };
        let done = killed_after(steps, house.store.commit(change(), START)).await;
        house = house.reopened().await;
        let now = house.store.ticket(&ticket.id).await.unwrap().unwrap();
        let fired = house.store.past_deadlines(&ticket.id).await.unwrap();
        let whole = now == after;
        assert!(whole || (now == ticket && done.is_none()), "step {steps}: {now:?}");
        assert_eq!(fired.len(), usize::from(whole), "the mark and the state differ");
        assert_eq!(house.waiting().await.len() - sent, usize::from(whole), "the message");
        let waits = house.store.tickets_due(due.due, 1_000).await.unwrap();
        assert_eq!(waits.contains(&ticket.id), !whole, "it waits as long as it has not fired");
        // Whoever comes again, the same desk or another one, fires what has not fired and no more.
        let again = house.store.commit(change(), START).await;
        assert_eq!(again.is_ok(), !whole, "{again:?}");
        assert_eq!(house.store.past_deadlines(&ticket.id).await.unwrap().len(), 1);
        assert!(house.store.commit(change(), START).await.is_err(), "it fired twice");
        if done.is_some() {
            return;
        }
    }
    panic!("a step takes more than 200 steps");
}

async fn a_still_that_breaks_off_never_leaves_a_row_without_file(house: House) {
    let ticket = TicketId("ticket-e1".into());
    house.filed(event("e1", "gate-1", START)).await;
    for steps in 0..200 {
        let still = NewEvidence {
            event: Some("e1"),
            ticket: None,
            kind: "snapshot",
            mime: "image/jpeg",
            taken: START,
            by: "gate-1",
        };
        let keeping = house.store.keep_bytes(still, b"a picture".to_vec(), START);
        let done = killed_after(steps, keeping).await;
        for row in house.store.evidence_of(&ticket).await.unwrap() {
            let file = std::fs::read(house.place.dir.join(&row.path)).unwrap();
            assert_eq!(file, b"a picture");
        }
        if done.is_some() {
            return;
        }
    }
    panic!("keeping a still takes more than 200 steps");
}

async fn opening_again_and_again_does_no_harm(house: House) {
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    let second = Store::open(&house.place).await.unwrap();
    let house = house.reopened().await.reopened().await;
    assert_eq!(house.store.ticket(&ticket.id).await.unwrap().as_ref(), Some(&ticket));
    assert_eq!(second.ticket(&ticket.id).await.unwrap(), Some(ticket));
}
