//! What the modes of TLS accept of a server that offers no TLS.

use eventsource_postgres::PostgresOptions;

use crate::support::database;

#[tokio::test]
async fn the_default_mode_falls_back_to_plain_text_and_others_refuse_it() {
    let database = database().await;
    let url = |mode: &str| {
        let with = if database.url().contains('?') { '&' } else { '?' };
        format!("{}{with}sslmode={mode}", database.url())
    };
    let options = |url: &str| PostgresOptions::new(url).expect("a URL");
    options(database.url()).connect().await.expect("the default falls back").close().await;
    options(&url("prefer")).connect().await.expect("it falls back").close().await;
    for mode in ["require", "verify-ca", "verify-full"] {
        options(&url(mode)).connect().await.expect_err(mode);
    }
}
