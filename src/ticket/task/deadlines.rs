//! The pass over due times: every step of every ladder whose time has come fires, once, soonest
//! first, with the people who are on duty at that moment.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};

use super::{Act, Actor, Cause, DeskTask, Refusal, Ticket};
use crate::store;
use crate::store::deadline::{Marks, Past};
use crate::store::shift::Shift;
use crate::ticket::ladder::{self, Deadline, Due};
use crate::ticket::life::{Life, State};
use crate::ticket::{ClockName, Policies, Role, TicketId};

/// Tickets that one pass works on at most; the others come with the next, a second later.
const TICKETS_MAX: i64 = 1_000;
/// Tickets that are worked on at the same time: after a night without the daemon there are
/// thousands, and as many as one sync of the disk can well serve go together.
const FIRES_MAX: usize = 32;

impl DeskTask {
    /// Every version of the rules, as known now.
    pub(super) fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.policies.borrow())
    }

    /// Keeps the rule file of the configuration as the first version, and says when the file says
    /// something else than the version that was approved last: a file alone changes nothing.
    pub(super) async fn install_policy(&self) -> Result<(), Refusal> {
        let known = self.policies();
        let text = known.configured_text();
        let last = self.store.install_policy(text, self.clock.now()).await?;
        if let Some(last) = last.filter(|last| !text.is_empty() && last.text != text) {
            tracing::warn!(
                policy.version = last.number,
                "policy.file differs from version {} of the rules, which holds; propose it with \
                 gengfu policy propose",
                last.number
            );
        }
        Ok(())
    }

    /// Reads the approved versions when there are more than are known.
    pub(super) async fn read_policies(&self) -> Result<(), Refusal> {
        let known = self.policies();
        if self.store.approved_policies().await? == i64::try_from(known.count()).unwrap_or(-1) {
            return Ok(());
        }
        let mut policies = (*known).clone();
        policies.approved(self.store.approved_rules().await?);
        let now = self.clock.now();
        tracing::info!(
            version = policies.in_force(now).version,
            "the rules of the centre are read"
        );
        self.policies.send_replace(Arc::new(policies));
        Ok(())
    }

    /// What is done once when the desk opens; what fails is tried again by the pass or the next
    /// start.
    pub(super) async fn begin(&self) {
        if let Err(error) = self.install_policy().await {
            tracing::error!(%error, "the rule file cannot be kept as the first version");
        }
        if let Err(error) = self.read_policies().await {
            tracing::error!(%error, "the versions of the rules cannot be read; tried again");
        }
        if let Err(error) = self.await_all().await {
            tracing::error!(%error, "tickets of an older daemon still have no due times");
        }
    }

    /// Fires what is due.
    pub(super) async fn fire_due(&self) -> Result<(), Refusal> {
        let due = self.store.tickets_due(self.clock.now(), TICKETS_MAX).await?;
        let fires = stream::iter(due).for_each_concurrent(FIRES_MAX, |id| async move {
            match self.fire_ticket(&id).await {
                Ok(()) => {}
                Err(Refusal::Store(store::Error::Conflict { .. })) => {
                    tracing::debug!(ticket.id = %id, "an act came first, and fires it if it must");
                }
                // One ticket that cannot be worked on does not keep the later ones from it.
                Err(error) => {
                    tracing::error!(ticket.id = %id, %error, "a due time could not be marked");
                }
            }
        });
        fires.await;
        Ok(())
    }

    async fn fire_ticket(&self, id: &TicketId) -> Result<(), Refusal> {
        let Some(ticket) = self.store.ticket(id).await? else { return Ok(()) };
        let version = ticket.version;
        let after = self.up_to_date(ticket).await?;
        if after.version == version {
            // The row says otherwise than the ticket, which decides.
            self.store.await_deadlines(&[self.next(&after)], self.clock.now()).await?;
        }
        Ok(())
    }

    fn next(&self, ticket: &Ticket) -> (TicketId, Vec<Deadline>) {
        let policies = self.policies();
        (ticket.id.clone(), ladder::next(&ticket.life, policies.of(ticket.life.policy)))
    }

    /// Writes the due times of tickets that have none: those of an older daemon.
    async fn await_all(&self) -> Result<(), Refusal> {
        let mut before = Vec::new();
        loop {
            let without = self.store.tickets_without_deadline().await?;
            // The same ones again cannot be helped.
            if without.is_empty() || without == before {
                return Ok(());
            }
            let mut all = Vec::new();
            for id in &without {
                all.extend(self.store.ticket(id).await?.map(|ticket| self.next(&ticket)));
            }
            self.store.await_deadlines(&all, self.clock.now()).await?;
            before = without;
        }
    }

    /// The ticket with everything fired that is due. An act that stops a clock asks for it first:
    /// it may come before the pass, and after a restart it does.
    pub(super) async fn up_to_date(&self, mut ticket: Ticket) -> Result<Ticket, Refusal> {
        loop {
            let (policies, now) = (self.policies(), self.clock.now());
            let policy = policies.of(ticket.life.policy);
            let Some(deadline) = ladder::due(&ticket.life, policy, now) else {
                return Ok(ticket);
            };
            let to = self.reached(&ticket.life, deadline).await?;
            let (due, version) = (Due { deadline, to }, ticket.version);
            ticket = self.change(ticket, Act::Due(due), &Cause::of(Actor::system())).await?;
            if ticket.version == version {
                return Ok(ticket);
            }
        }
    }

    /// People on duty at this moment, never those whose shift is over. Where nobody of the role is
    /// there, the next one up is told.
    async fn reached(&self, life: &Life, deadline: Deadline) -> Result<Vec<String>, Refusal> {
        if deadline.level.is_reminder() {
            return self.reminded(life, deadline.clock).await;
        }
        let Some(role) = deadline.level.role() else { return Ok(Vec::new()) };
        let on_duty = self.store.on_duty(self.clock.now()).await?;
        let looks = if let State::Verifying { by, .. } = &life.state { by.as_str() } else { "" };
        let of_role = |role: Role| -> Vec<String> {
            let mine = |shift: &&Shift| shift.role == role.as_str() && shift.account != looks;
            on_duty.iter().filter(mine).map(|shift| shift.account.clone()).collect()
        };
        let mut to = of_role(role);
        if to.is_empty() && role == Role::Operator {
            to = of_role(Role::ShiftLeader);
        }
        if to.is_empty() {
            to = self.directors().await?;
        }
        to.sort_unstable();
        to.dedup();
        Ok(to)
    }

    /// A reminder goes to whoever has to do it: the member with the order, or the operators.
    async fn reminded(&self, life: &Life, clock: ClockName) -> Result<Vec<String>, Refusal> {
        let patrol = matches!(clock, ClockName::Ack | ClockName::Arrive | ClockName::Reply);
        if let Some(offer) = life.state.offer().filter(|_| patrol) {
            return Ok(vec![offer.member.clone()]);
        }
        if let State::Verifying { by, .. } = &life.state {
            return Ok(vec![by.clone()]);
        }
        let on_duty = self.store.on_duty(self.clock.now()).await?;
        let operator = |shift: &&Shift| shift.role == Role::Operator.as_str();
        Ok(on_duty.iter().filter(operator).map(|shift| shift.account.clone()).collect())
    }

    /// Directors are not on the roster: those with an account that is in use.
    async fn directors(&self) -> Result<Vec<String>, Refusal> {
        let accounts = self.store.accounts().await?.into_iter();
        let mine = accounts.filter(|one| one.active && one.role == Role::Director);
        Ok(mine.map(|one| one.name).collect())
    }

    /// The acknowledgement of a step that has fired, with whom it went to.
    pub(super) async fn told_of(&self, ticket: &Ticket, of: Deadline) -> Result<Act, Refusal> {
        let (deadline, to) = match self.past(ticket, of).await? {
            Some(one) => (one.deadline, one.told),
            None => (of, Vec::new()),
        };
        Ok(Act::Acknowledge { deadline, to })
    }

    /// Whether somebody has said before that they know of it.
    pub(super) async fn is_acknowledged(
        &self,
        ticket: &Ticket,
        of: Deadline,
    ) -> Result<bool, Refusal> {
        Ok(self.past(ticket, of).await?.is_some_and(|one| one.acked.is_some()))
    }

    async fn past(&self, ticket: &Ticket, of: Deadline) -> Result<Option<Past>, Refusal> {
        let past = self.store.past_deadlines(&ticket.id).await?;
        let same = |one: &Past| {
            let this = one.deadline;
            (this.clock, this.from, this.level) == (of.clock, of.from, of.level)
        };
        Ok(past.into_iter().find(same))
    }

    /// What a change does to the due times.
    pub(super) fn marks(&self, act: &Act, lives: (&Life, &Life), by: &Actor) -> Marks {
        let (before, after) = lives;
        let policies = self.policies();
        let policy = policies.of(after.policy);
        let (old, new) = (ladder::next(before, policy), ladder::next(after, policy));
        let mut marks = Marks::default();
        if let Act::Due(due) = act {
            marks.fired = Some((due.deadline, due.to.clone()));
        }
        if let Act::Acknowledge { deadline, .. } = act {
            marks.acked = Some((*deadline, by.name.clone()));
        }
        if old != new || marks.fired.is_some() {
            marks.next = Some(new);
        }
        marks
    }
}
