//! Answers of phones to the desk: those of one member one after another, of different ones at once.
//!
//! An answer is acknowledged to the broker only when it, or its refusal, is committed. What cannot
//! be committed now is tried again, and what cannot be for seconds comes with the next link.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::outgoing;
use super::task::{INBOX_CAPACITY, Incoming};
use super::topic::{Member, SiteTopics};
use super::wire::{Answer, AnswerEnvelope, AnswerFault, Refused};
use crate::access::{Door, Shut, Verb};
use crate::clock::Clock;
use crate::store::answer::Answered;
use crate::store::phone::{Checked, Counted, Position};
use crate::store::{self, Store};
use crate::ticket::task::{Desk, Order, Refusal};
use crate::ticket::{Act, Actor, Effect, Role, State, Ticket, TicketId};

/// How far ahead of ours a phone's clock may be. Phones keep time over the network to a second;
/// one that is set by hand may be minutes off, and must still be able to say that somebody goes.
const AHEAD_MAX_MS: i64 = 10 * 60_000;
/// How often an answer is tried that could not be committed. A broker gives it again only when the
/// link connects anew, which may be days.
const TRIES_MAX: u32 = 5;
/// Pause before that: what a busy or a full disk takes (guess, revisit).
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Answers that are worked on at once, each of another member: as many as the link holds.
const AT_ONCE_MAX: usize = INBOX_CAPACITY;

/// The task's parts.
pub struct InboxTask {
    pub work: Work,
    pub incoming: mpsc::Receiver<Incoming>,
}

/// What an answer is worked on with.
pub struct Work {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub door: Door,
    pub desk: Desk,
    pub topics: SiteTopics,
    pub outbox: Arc<Notify>,
}

impl InboxTask {
    /// Works until `stop`; what was begun is brought to its end.
    ///
    /// # Errors
    /// None: an answer that cannot be committed comes again.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let Self { work, mut incoming } = self;
        let mut hands = FuturesUnordered::new();
        // Whose answer is worked on, and what he said after it.
        let mut behind: HashMap<Member, VecDeque<Incoming>> = HashMap::new();
        loop {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(member) = hands.next(), if !hands.is_empty() => {
                    let next = behind.get_mut(&member).and_then(VecDeque::pop_front);
                    if next.is_none() {
                        behind.remove(&member);
                    }
                    next
                }
                came = incoming.recv(), if behind.len() < AT_ONCE_MAX => {
                    let Some(came) = came else { break };
                    match behind.get_mut(&came.member) {
                        Some(row) => {
                            row.push_back(came);
                            None
                        }
                        None => {
                            behind.insert(came.member.clone(), VecDeque::new());
                            Some(came)
                        }
                    }
                }
            };
            if let Some(next) = next {
                hands.push(work.one(next));
            }
        }
        while hands.next().await.is_some() {}
        Ok(())
    }
}

impl Work {
    /// Works on one answer; whose it was.
    async fn one(&self, incoming: Incoming) -> Member {
        let mut tries = 0;
        while let Err(error) = self.settle(&incoming).await {
            tries += 1;
            if tries == TRIES_MAX {
                tracing::error!(%error, "an answer is not committed; it comes with the next link");
                return incoming.member;
            }
            tracing::warn!(%error, "an answer is not committed; tried again");
            tokio::time::sleep(TRY_AGAIN_AFTER).await;
        }
        if incoming.committed.send(()).is_err() {
            tracing::debug!("the link has gone; the answer comes again as a double");
        }
        incoming.member
    }

    async fn settle(&self, incoming: &Incoming) -> Result<(), store::Error> {
        match &incoming.answer {
            Ok(envelope) => self.answer(envelope).await,
            Err(fault) => self.fault(&incoming.member, fault).await,
        }
    }

    /// Takes an answer; one that the store can never hold is refused, or it would come for ever.
    async fn answer(&self, envelope: &AnswerEnvelope) -> Result<(), store::Error> {
        match self.take(envelope).await {
            Err(error) if error.is_lasting() => {
                tracing::error!(%error, ?envelope, "an answer can never be stored, its member is told");
                let id = envelope.id.to_string();
                let what = "this answer cannot be stored; tell the centre by voice";
                self.refuse(&envelope.member, (&id, "not_stored"), what).await
            }
            done => done,
        }
    }

    async fn take(&self, envelope: &AnswerEnvelope) -> Result<(), store::Error> {
        let actor = Actor { name: envelope.member.as_str().to_owned(), role: Role::PatrolMember };
        let id = envelope.id.to_string();
        let account = self.store.account(&actor.name).await?;
        if !account.is_some_and(|who| who.active && who.role == Role::PatrolMember) {
            let what = "this account may not answer orders";
            return self.refuse(&envelope.member, (&id, "forbidden"), what).await;
        }
        if let Some(outcome) = self.store.answer_outcome(&id).await? {
            self.count(envelope).await?;
            return self.tell_again(envelope, &outcome).await;
        }
        let member = envelope.member.as_str();
        let seq = signed(envelope.seq);
        let other = self.store.answer_with_count(member, &envelope.device, seq).await?;
        if other.is_some_and(|other| other != id) {
            let what = "this number was used before; a phone counts on and never back";
            return self.refuse(&envelope.member, (&id, "counter_again"), what).await;
        }
        if self.skew_ms(envelope) > AHEAD_MAX_MS {
            let what = "the phone's clock is ahead of the centre's; set it and send again";
            return self.refuse(&envelope.member, (&id, "future_time"), what).await;
        }
        self.work_on(envelope, id).await?;
        self.count(envelope).await
    }

    /// The phone's clock less ours, as the answer was said; an answer that waited was said before.
    fn skew_ms(&self, envelope: &AnswerEnvelope) -> i64 {
        envelope.at.since_ms(self.clock.now())
    }

    /// Counts an answer that was worked on. If this fails, the answer comes again and is known by
    /// its id.
    async fn count(&self, envelope: &AnswerEnvelope) -> Result<(), store::Error> {
        let id = envelope.id.to_string();
        let counted = Counted {
            id: &id,
            member: envelope.member.as_str(),
            device: &envelope.device,
            seq: signed(envelope.seq),
            skew_ms: self.skew_ms(envelope),
        };
        self.store.note_count(&counted, self.clock.now()).await
    }

    /// An answer to a drill. False when it names none of this member's.
    async fn drilled(&self, envelope: &AnswerEnvelope, id: &str) -> Result<bool, store::Error> {
        let (now, member) = (self.clock.now(), envelope.member.as_str());
        let acked = match envelope.answer {
            Answer::Received { .. } => None,
            Answer::Ack { .. } => Some(now),
            Answer::Refuse { .. }
            | Answer::OnScene { .. }
            | Answer::Reply { .. }
            | Answer::Position { .. } => return Ok(false),
        };
        let drill = (envelope.answer.offer(), member);
        if !self.store.answer_drill(drill, acked, now).await? {
            return Ok(false);
        }
        let answered = Answered { id: id.to_owned(), member: member.to_owned(), outcome: "done" };
        self.store.commit_answer(&answered, &[], now).await?;
        Ok(true)
    }

    /// Keeps where the member is, if an accepted order is his.
    async fn keep_position(
        &self,
        envelope: &AnswerEnvelope,
        (id, ticket): (&str, &TicketId),
    ) -> Result<(), store::Error> {
        let Answer::Position { offer, lat, lon, accuracy_m } = &envelope.answer else {
            return Ok(());
        };
        let found = self.store.ticket(ticket).await?;
        let member = envelope.member.as_str();
        let his = found.is_some_and(|ticket| {
            let on_the_way =
                matches!(ticket.life.state, State::Accepted { .. } | State::OnScene { .. });
            let owns = ticket.life.state.offer().filter(|_| on_the_way);
            let comes = ticket.life.crew.out().filter(|of| of.acked.is_some());
            owns.into_iter().chain(comes).any(|of| of.id == *offer && of.member == member)
        });
        if !his {
            let what = "a position is taken only between the acceptance and the reply";
            return self.refuse(&envelope.member, (id, "not_on_the_way"), what).await;
        }
        let position = Position {
            offer: offer.clone(),
            ticket: ticket.0.clone(),
            member: member.to_owned(),
            at: self.clock.now(),
            device_at: envelope.at,
            lat: *lat,
            lon: *lon,
            accuracy_m: *accuracy_m,
        };
        self.store.keep_position(&position).await?;
        let answered = Answered { id: id.to_owned(), member: member.to_owned(), outcome: "done" };
        self.store.commit_answer(&answered, &[], self.clock.now()).await
    }

    async fn keep_checks(
        &self,
        envelope: &AnswerEnvelope,
        ticket: &TicketId,
    ) -> Result<(), store::Error> {
        if envelope.checks.is_empty() {
            return Ok(());
        }
        let checks = (1_i64..).zip(&envelope.checks).map(|(place, check)| Checked {
            place,
            item: check.item.clone(),
            answer: check.answer.as_str().to_owned(),
        });
        let checks: Vec<Checked> = checks.collect();
        let of = (envelope.answer.offer(), ticket);
        self.store.keep_checks(of, &checks, self.clock.now()).await
    }

    async fn work_on(&self, envelope: &AnswerEnvelope, id: String) -> Result<(), store::Error> {
        let actor = Actor { name: envelope.member.as_str().to_owned(), role: Role::PatrolMember };
        let offer = envelope.answer.offer().to_owned();
        let Some(ticket) = self.store.ticket_of_offer(&offer).await? else {
            if self.drilled(envelope, &id).await? {
                return Ok(());
            }
            return self.refuse(&envelope.member, (&id, "offer_over"), "this order is over").await;
        };
        // Where somebody is says itself every few seconds; the audit has the order's answers.
        let Some(act) = envelope.answer.act() else {
            return self.keep_position(envelope, (&id, &ticket)).await;
        };
        let word = act.as_str();
        let passed = self.door.pass(&actor, Verb::Answer, &format!("{} {word}", ticket.0)).await;
        match passed {
            Ok(()) => {}
            // What cannot be written down now comes again.
            Err(Shut::Store(error)) => return Err(error),
            Err(Shut::Denied(denied)) => {
                return self
                    .refuse(&envelope.member, (&id, "forbidden"), &denied.to_string())
                    .await;
            }
        }
        if let Some(missing) = self.foreign_photo(envelope, &ticket).await? {
            let what = format!("photo {missing} was not uploaded for this order");
            return self.refuse(&envelope.member, (&id, "unknown_photo"), &what).await;
        }
        let of = ticket.clone();
        let order = Order { ticket, version: None, actor, act, answer: Some(id) };
        match self.desk.act(order).await {
            Ok(_) => self.keep_checks(envelope, &of).await,
            Err(Refusal::Store(error)) => Err(error),
            Err(refusal @ (Refusal::Stopped | Refusal::Conflict { .. })) => {
                tracing::warn!(%refusal, "an answer waits for the desk");
                Err(store::Error::Busy)
            }
            Err(refusal @ (Refusal::Rejected(_) | Refusal::NotFound)) => {
                tracing::info!(patrol.id = %envelope.member, %refusal, "an answer was refused");
                Ok(())
            }
        }
    }

    /// An answer that was worked on before comes again because the phone has not heard what became
    /// of it: it is told how its order stands, or of the refusal.
    async fn tell_again(
        &self,
        envelope: &AnswerEnvelope,
        outcome: &str,
    ) -> Result<(), store::Error> {
        let offer = envelope.answer.offer();
        let ticket = match self.store.ticket_of_offer(offer).await? {
            Some(id) => self.store.ticket(&id).await?,
            None => None,
        };
        let out = if outcome == "done" {
            let ticket = ticket.filter(|ticket| is_his(ticket, offer, &envelope.member));
            if let Some(ticket) = &ticket {
                self.keep_checks(envelope, &ticket.id).await?;
            }
            ticket.and_then(|ticket| {
                let tell = match ticket.life.crew.support(offer) {
                    Some(_) => Effect::TellSupport { offer: offer.to_owned() },
                    None => Effect::TellMember { reason: None },
                };
                outgoing::of_effect(&self.topics, &ticket, &tell, None)
            })
        } else {
            let refused = Refused {
                answer: envelope.id.to_string(),
                code: outcome.to_owned(),
                message: "this answer was refused before".to_owned(),
            };
            let ticket = ticket.map(|ticket| ticket.id.0);
            Some(outgoing::of_refusal(&self.topics, &envelope.member, ticket.as_deref(), refused))
        };
        if let Some(out) = out {
            self.store.send(&[out], self.clock.now()).await?;
            self.outbox.notify_one();
        }
        Ok(())
    }

    /// A photo of the reply that is not evidence of this member for this ticket.
    async fn foreign_photo(
        &self,
        envelope: &AnswerEnvelope,
        ticket: &TicketId,
    ) -> Result<Option<String>, store::Error> {
        let Answer::Reply { photos, .. } = &envelope.answer else { return Ok(None) };
        for photo in photos {
            let kept = self.store.evidence(&photo.id).await?;
            let fits = kept.is_some_and(|kept| {
                kept.ticket.as_ref() == Some(&ticket.0)
                    && kept.by == envelope.member.as_str()
                    && kept.sha256 == photo.sha256
            });
            if !fits {
                return Ok(Some(photo.id.clone()));
            }
        }
        Ok(None)
    }

    async fn fault(&self, member: &Member, fault: &AnswerFault) -> Result<(), store::Error> {
        tracing::warn!(patrol.id = %member, %fault, "an answer was not understood");
        match fault.id {
            Some(id) => {
                let id = id.to_string();
                self.refuse(member, (&id, fault.code.as_str()), &fault.message).await
            }
            None => Ok(()),
        }
    }

    /// Tells the phone, once per answer.
    async fn refuse(
        &self,
        member: &Member,
        answer: (&str, &'static str),
        message: &str,
    ) -> Result<(), store::Error> {
        let (id, code) = answer;
        if self.store.answer_outcome(id).await?.is_some() {
            return Ok(());
        }
        let refused =
            Refused { answer: id.to_owned(), code: code.to_owned(), message: message.to_owned() };
        let out = outgoing::of_refusal(&self.topics, member, None, refused);
        let answered =
            Answered { id: id.to_owned(), member: member.as_str().to_owned(), outcome: code };
        self.store.commit_answer(&answered, &[out], self.clock.now()).await?;
        self.outbox.notify_one();
        Ok(())
    }
}

impl Answer {
    /// The act that the answer is; a position is none.
    fn act(&self) -> Option<Act> {
        Some(match self {
            Self::Position { .. } => return None,
            Self::Received { offer } => Act::Received { offer: offer.clone() },
            Self::Ack { offer } => Act::Ack { offer: offer.clone() },
            Self::Refuse { offer, reason } => {
                Act::Refuse { offer: offer.clone(), reason: reason.as_str().to_owned() }
            }
            Self::OnScene { offer } => Act::OnScene { offer: offer.clone() },
            Self::Reply { offer, disposition, text, photos } => Act::Reply {
                offer: offer.clone(),
                disposition: disposition.as_str().to_owned(),
                text: text.clone(),
                photos: photos.iter().map(|photo| photo.id.clone()).collect(),
            },
        })
    }
}

/// Whether this order of the ticket is, or was, this member's.
fn is_his(ticket: &Ticket, offer: &str, member: &Member) -> bool {
    let owner = ticket.life.state.offer();
    let support = ticket.life.crew.support(offer).map(|support| &support.offer);
    owner.into_iter().chain(support).any(|of| of.id == offer && of.member == member.as_str())
}

/// A number beyond what a row holds is the largest that it holds.
fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
