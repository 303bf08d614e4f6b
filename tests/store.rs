//! Every public function of the store, on SQLite in a folder and on a PostgreSQL of our own.
//!
//! Each test is one body that runs twice. What holds on one kind of database and not on the other
//! does not hold.

/// Runs each of these functions as a test on both kinds of database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store::house::House::sqlite().await).await;
            })*
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store::house::House::postgresql().await).await;
            })*
        }
    };
}

pub(crate) mod house;
mod tickets;
mod lists;
mod states;
mod outbox;
mod offers;
mod receipts;
mod evidence;
mod figures;
mod people;
mod footage;
mod scene;
mod keep;
mod rules;
mod roster;
mod duty;
mod policy;
mod issues;
mod crash;
