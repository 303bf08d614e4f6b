//! Gengfu (更夫, the night watchman): the map.
//!
//! A daemon for a neighbourhood's public-safety centre. It watches cameras, notices what is
//! suspicious and carries every suspicious event, by the rules of the centre's regulation for video
//! monitoring (视频监控制度), to its end. Read the modules below from top to bottom: that is the way of
//! one frame.
//!
//! | # | step | file | carried by | if the next one is slow or dead |
//! |---|---|---|---|---|
//! | 1 | camera | `camera/retina.rs` (TCP), `gst/source.rs` (UDP, TLS), `reconnect.rs` | encoded pictures | shown on the wall, tried again |
//! | - | footage | `camera/queue.rs` -> `record/task/writer.rs` -> `store/segment.rs` | queue of MiB per camera | pictures lost, counted, **a gap row** |
//! | 2 | gate, decode | `camera/gate.rs` -> `gst/decoders.rs` -> `inbox.rs` | a slot per camera, newest wins; a few past pictures | frame dropped, counted |
//! | 3 | motion | `detect/motion.rs`, `onnx.rs` | the detector's thread | - |
//! | - | scene health | `detect/scene.rs` -> `equipment/task.rs` -> `store/fault.rs` | channel of 16 | the detector waits, cameras drop |
//! | 4 | detect | `detect/crop.rs`, `onnx.rs`, `head.rs`, `boxes.rs` | only where something moves | - |
//! | 5 | track | `detect/track.rs`, `standing.rs` | - | - |
//! | - | normal | `detect/flow.rs`, `candidate.rs`, `normal/`, `task/learning.rs` | only cameras with a rule `anomaly` | - |
//! | 6 | rule | `event/rule.rs`, `kind/` | channel of 24 | the detector waits, cameras drop |
//! | 7 | event | `event/task.rs` -> `store/event.rs` | **row committed** | tried until it is stored |
//! | 8 | ticket | `ticket/filing.rs` | event rows not yet filed | found again at start |
//! | 9 | verify | `ticket/lifecycle.rs` <- `web/tickets.rs` | row | its clock runs on the wall |
//! | 10 | classify, rank, dispatch | `ticket/ranking.rs`, `dispatch.rs`, `task/assigning.rs` | row | asked again by the next pass; nobody left is told |
//! | - | second unit, every offer's end | `ticket/crew.rs`, `ledger.rs` -> `store/offer.rs` | row | - |
//! | 11 | order | `mqtt/outgoing.rs` -> `store/outbox.rs` -> `mqtt/task.rs` | outbox row | sent again until the phone has it |
//! | - | missing receipt | `mqtt/receipts.rs` -> `store/receipt.rs`, `call.rs` -> `web/call.rs` | row | called again, given up and shown |
//! | 12 | receipt, ack, on scene, reply | `mqtt/inbox.rs` -> `ticket/answer.rs` | row | the broker keeps the answer |
//! | 13 | check, close | `ticket/closure.rs` | row | its clock runs on the wall |
//! | 14 | score | `ticket/closure.rs` <- `web/tickets.rs` | row | listed as not reviewed |
//! | - | duty | `duty/task.rs` <- `web/duty.rs` | rows of the roster and of who signed on | found again at start |
//! | - | hand-over | `duty/handover.rs` <- `web/handover.rs` | document row, two signatures | the outgoing shift stays responsible |
//! | - | due times | `ticket/ladder.rs` -> `ticket/task/deadlines.rs` -> `store/deadline.rs` | row, marked once | fire at the next pass, also after a restart |
//! | - | feedback | `report/feedback.rs` -> `store/rule_request.rs` | row | every rule stays as it was |
//! | 15 | report | `regulation/`, `report/` | the log and its rows | made again, the same bytes |
//!
//! # Invariants
//! - **Lossy before the event, durable after it.** Frames may be dropped and are counted. From the
//!   moment a rule fires, every fact is a committed row: state, log line and outgoing message in
//!   one transaction.
//! - **Every second is accounted for.** Of a recorded camera each moment lies in a file of footage
//!   or in a gap row that says why; recording never waits for decoding, detection or the database.
//! - **The life of a ticket is one pure function**, [`ticket::lifecycle::step`]. Time is an
//!   argument. Due times are rows, found again after a restart; each fires once, with its log line
//!   and its message in one transaction, and [`regulation::deadlines`] proves it from the log.
//! - **One writer.** Only the desk ([`ticket::task`]) changes tickets; a version on every change
//!   keeps two people from overwriting each other.
//! - **Pure core, thin shell.** In a stage only `task.rs` awaits; only `camera/gst/` calls
//!   GStreamer, only `camera/retina.rs` retina and only `detect/onnx.rs` the ONNX Runtime. SQL
//!   stands only in [`store`], broker traffic only in [`mqtt`], HTTP only in [`web`].
//! - **One door.** Every act and every view passes [`access`] and leaves a line in the audit.
//! - **Two people quieten a rule.** A shelved rule's firings are rows like all others, marked in
//!   the transaction that writes them ([`event::shelf`]); time or a person brings it back, and the
//!   machine never writes the configuration.
//! - **One owner.** A supporting member has his own order and receipts and moves nothing; every
//!   offer ends answered or taken back ([`ticket::ledger`]).
//! - **Somebody is there, or the shift leader knows.** An observation that waits while nobody has
//!   signed on to duty is told of within a second, once in such a time ([`duty::unattended`]). What
//!   is past of a roster is changed by no later one.
//! - **Publishing is no proof.** An order is open until the phone and then the person answer.
//! - A stage imports the stages above it, never those below. `tests/tidy.rs` holds all of this
//!   against the source.
//!
//! # Deliberately absent
//! Recognition of faces, gait or plates; watch-lists; registers and categories of persons; audio;
//! scores of residents; calls to the police by machine. Cameras watch places, people decide, the
//! machine reminds and records. `tests/absent.rs` guards each absence.

pub mod clock;
pub mod config;

pub mod camera;
pub mod record;
pub mod detect;
pub mod event;
pub mod ticket;
pub mod duty;
pub mod equipment;
pub mod regulation;
pub mod report;
pub mod access;

pub mod store;
pub mod mqtt;
pub mod web;

pub mod demo;
pub mod app;
pub mod commands;
