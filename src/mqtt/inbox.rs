//! Answers of phones to the desk, one after another.
//!
//! An answer is acknowledged to the broker only when it, or its refusal, is committed. What cannot
//! be committed now comes again.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::outgoing;
use super::task::Incoming;
use super::topic::{Member, SiteTopics};
use super::wire::{Answer, AnswerEnvelope, AnswerFault, Refused};
use crate::access::{Door, Shut, Verb};
use crate::clock::Clock;
use crate::store::{self, Store};
use crate::ticket::task::{Desk, Order, Refusal};
use crate::ticket::{Act, Actor, Role, TicketId};

/// The task's parts.
pub struct InboxTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub door: Door,
    pub desk: Desk,
    pub topics: SiteTopics,
    pub incoming: mpsc::Receiver<Incoming>,
    pub outbox: Arc<Notify>,
}

impl InboxTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: an answer that cannot be committed comes again.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), store::Error> {
        loop {
            let incoming = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                incoming = self.incoming.recv() => incoming,
            };
            let Some(incoming) = incoming else { break };
            let done = match incoming.answer {
                Ok(envelope) => self.answer(&envelope).await,
                Err(fault) => self.fault(&incoming.member, &fault).await,
            };
            match done {
                Ok(()) => {
                    if incoming.committed.send(()).is_err() {
                        tracing::debug!("the link has gone; the answer comes again as a double");
                    }
                }
                Err(error) => tracing::error!(%error, "an answer is not committed; it comes again"),
            }
        }
        Ok(())
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
        let offer = envelope.answer.offer().to_owned();
        let Some(ticket) = self.store.ticket_of_offer(&offer).await? else {
            return self.refuse(&envelope.member, (&id, "offer_over"), "this order is over").await;
        };
        let word = envelope.answer.act().as_str();
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
        let act = envelope.answer.act();
        let order = Order { ticket, version: None, actor, act, answer: Some(id) };
        match self.desk.act(order).await {
            Ok(_) => Ok(()),
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
        let answered = store::answer::Answered {
            id: id.to_owned(),
            member: member.as_str().to_owned(),
            outcome: code,
        };
        self.store.commit_answer(&answered, &[out], self.clock.now()).await?;
        self.outbox.notify_one();
        Ok(())
    }
}

impl Answer {
    /// The act that the answer is.
    fn act(&self) -> Act {
        match self {
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
        }
    }
}
