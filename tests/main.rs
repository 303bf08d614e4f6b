
mod config;
mod absent;
