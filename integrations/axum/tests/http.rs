//! A service over HTTP, on 127.0.0.1, with real clients; on a store in memory and on an SQLite file.

#[path = "http/bank.rs"]
mod bank;
#[path = "http/client.rs"]
mod client;
#[path = "http/commands.rs"]
mod commands;
#[path = "http/connecting.rs"]
mod connecting;
#[path = "http/health.rs"]
mod health;
#[path = "http/live.rs"]
mod live;
#[path = "http/queries.rs"]
mod queries;

/// Each test of a list, on each store.
macro_rules! on_each_store {
    ($($theme:ident { $($test:ident,)* })*) => {
        mod in_memory {
            $(mod $theme { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    crate::$theme::$test(eventsource::MemoryStore::new()).await;
                }
            )* })*
        }

        mod on_sqlite {
            $(mod $theme { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let folder = tempfile::tempdir().expect("a folder");
                    let file = folder.path().join("bank.db");
                    let store = eventsource::sqlite::SqliteStore::open(file).await.expect("a file");
                    crate::$theme::$test(store).await;
                }
            )* })*
        }
    };
}

on_each_store! {
    commands {
        a_command_is_accepted_with_its_location_and_its_position,
        a_rejection_is_answered_as_the_domain_maps_it,
        a_repeated_request_is_carried_out_once,
        another_request_under_a_used_key_is_refused,
        a_request_that_cannot_be_read_is_refused,
        the_same_key_of_another_user_is_another_key,
        commands_that_are_executed_as_one_are_carried_out_once,
        what_any_page_can_send_is_refused,
        a_body_that_is_too_long_is_a_problem,
    }
    queries {
        a_query_includes_the_position_that_it_asks_for,
        a_query_that_waits_without_effect_says_when_to_try_again,
        a_row_that_the_client_has_is_not_sent_again,
    }
    live {
        rows_are_sent_as_they_change,
        a_client_that_connects_again_gets_what_has_changed,
        a_client_that_is_interrupted_before_it_has_all_rows_begins_again,
        a_user_gets_the_rows_that_the_user_may_see,
        a_client_selects_rows_by_their_keys,
        a_web_socket_gets_the_same_messages,
        a_web_socket_of_a_page_elsewhere_is_refused,
        a_hundred_clients_see_each_command,
        a_rebuilt_read_model_is_sent_again,
    }
    connecting {
        a_page_that_is_interrupted_after_a_reset_gets_all_rows,
        an_event_source_tries_again_while_another_version_is_live,
        a_client_that_connects_before_the_first_start_gets_the_rows_after_it,
        a_stream_is_not_buffered_and_says_when_to_connect_again,
        clients_are_asked_to_connect_again_when_another_version_is_live,
        a_web_socket_that_sends_a_long_message_is_closed,
    }
    health {
        a_service_stays_ready_and_says_which_projection_has_stopped,
    }
}
