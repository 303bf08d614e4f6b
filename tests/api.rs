//! The interface over HTTP, with a real store and a real desk: what people at screens and phones
//! can do, and what they are refused.

mod site;
mod journey;
mod refusals;
mod dispatch;
mod signing;
mod files;
mod replay;
mod footage;
mod rules;
mod duty;
mod handover;
mod policy;
mod screens;
mod sockets;
