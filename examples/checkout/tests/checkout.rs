//! The shop on each store: its scenarios, a spike, its history, and crashes.

#[path = "checkout/browser.rs"]
mod browser;
#[path = "checkout/history.rs"]
mod history;
#[path = "checkout/kills.rs"]
mod kills;
#[path = "checkout/page.rs"]
mod page;
#[path = "checkout/requests.rs"]
mod requests;

use checkout::{consumers::Forecast, load, scenario::Scenario, shop};
use clap::ValueEnum;
use eventsource::{AnyStore, EventSource};
use eventsource_harness::TestDatabase;

/// A store, with what is removed after it.
struct Fresh {
    url: String,
    _kept: Box<dyn std::any::Any + Send>,
}

impl Fresh {
    fn in_memory() -> Self {
        Self { url: "memory:".to_owned(), _kept: Box::new(()) }
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { url: format!("sqlite:{}", folder.path().join("shop.db").display()), _kept: Box::new(folder) }
    }

    fn postgres() -> Self {
        let database = TestDatabase::create();
        Self { url: database.url().to_owned(), _kept: Box::new(database) }
    }

    async fn store(&self) -> AnyStore {
        shop::store(&self.url).await.expect("a store")
    }
}

macro_rules! on {
    ($($store:ident)*) => {$(
        mod $store {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn each_scenario_ends_as_it_should_and_the_books_add_up() {
                let fresh = Fresh::$store();
                let store = fresh.store().await;
                for scenario in Scenario::value_variants() {
                    if let Err(error) = scenario.play(&store).await {
                        panic!("{scenario:?}: {error}");
                    }
                }
                let forecast = EventSource::new(store).find::<Forecast>(&"kettle".to_owned()).await;
                let kettles = forecast.expect("a query").expect("a row");
                assert!(kettles.missed > 0, "what was out of stock was wanted and missed: {kettles:?}");
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_spike_beside_a_slow_consumer_and_one_that_is_down_loses_and_doubles_nothing() {
                load::run(&Fresh::$store().store().await, 60, 1).await.expect("the books add up");
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn orders_of_version_1_are_carried_out_by_every_consumer() {
                history::is_carried_out(&Fresh::$store().store().await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn rewards_that_start_later_are_granted_for_the_history() {
                history::rewards_start_later(&Fresh::$store().store().await).await;
            }
        }
    )*};
}

on! { in_memory sqlite postgres }
