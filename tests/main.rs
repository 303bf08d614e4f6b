//! Everything that is tested from outside the modules, as one binary.
//!
//! The list is in reading order: what holds the tests up first, then the journey from the camera to
//! the report, then the house rules. One binary links the crate once; twenty would link it twenty
//! times.
#![allow(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod support;
mod camera;
mod gate;
mod detect;
mod heads;
mod own_anomaly;
mod objects;
mod nuisance;
mod tamper;
mod store;
mod journey;
mod disposable;
mod dispatch;
mod record_keep;
mod traces;
mod late_clips;
mod broker;
mod api;
mod report;
mod regulation;
mod config;
mod e2e;
mod lab;
mod absent;
mod tidy;
