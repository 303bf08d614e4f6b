//! Checks that types alone cannot make.
