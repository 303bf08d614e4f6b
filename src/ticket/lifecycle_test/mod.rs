//! Proof of `step`: the whole matrix of states and acts, each refusal of the regulation as a
//! sentence, the clocks, and random lives that must never break the promises.

mod cast;
mod matrix;
mod refusals;
mod duties;
mod random;
