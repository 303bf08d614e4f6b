
mod broker;
