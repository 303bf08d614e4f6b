//! Gengfu (更夫): the map. (grows below)

pub mod clock;
pub mod config;

pub mod camera;
pub mod detect;
pub mod event;
pub mod ticket;
pub mod report;

pub mod access;
pub mod store;
pub mod mqtt;
pub mod web;

pub mod demo;
pub mod app;
pub mod commands;
