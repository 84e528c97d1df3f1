//! Chromium, driven over WebDriver.

use std::process::Stdio;

use eventsource_conformance::waiting::{in_time, until};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A browser with one tab.
pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Drop for Browser {
    /// Ends the browser too, after a test that has failed.
    fn drop(&mut self) {
        let group = self.driver.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("Chromium and its driver are needed: `apt-get install chromium chromium-driver`");
        let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
        let port = in_time("the port of the driver", async {
            loop {
                let line = lines.next_line().await.expect("its output").expect("it says its port");
                if let Some((_, port)) = line.split_once("successfully on port ") {
                    return port.trim_end_matches('.').to_owned();
                }
            }
        });
        let port = port.await;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let profile = tempfile::tempdir().expect("a folder");
        let options = json!({ "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
            "--window-size=900,640", format!("--user-data-dir={}", profile.path().display()),
        ] });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser");
        Self { client, driver, _profile: profile }
    }

    /// Opens another tab, and switches to it.
    pub(crate) async fn another_tab(&self) {
        let tab = self.client.new_window(true).await.expect("a tab");
        self.client.switch_to_window(tab.handle).await.expect("switched");
    }

    /// Switches to a tab by its number.
    pub(crate) async fn tab(&self, number: usize) {
        let tab = self.client.windows().await.expect("tabs").swap_remove(number);
        self.client.switch_to_window(tab).await.expect("switched");
    }

    /// Orders something with a card.
    pub(crate) async fn order(&self, card: &str) {
        let form = self.client.form(Locator::Css("#form")).await.expect("the form");
        form.set(Locator::Css("[name=card]"), card).await.expect("a card");
        self.click("#form button").await;
    }

    pub(crate) async fn click(&self, css: &str) {
        self.client.find(Locator::Css(css)).await.expect("it is there").click().await.expect("clicked");
    }

    /// What the page says of each order, the newest first.
    pub(crate) async fn orders(&self) -> Vec<String> {
        // Read at once: the page replaces the lines while it is looked at.
        let script = "return [...document.querySelectorAll('#orders .state')].map(it => it.textContent)";
        let lines = self.client.execute(script, vec![]).await.expect("a script");
        serde_json::from_value(lines).expect("lines")
    }

    /// Waits until the page says this of its orders.
    pub(crate) async fn shows(&self, wanted: &[&str]) {
        until("what the page shows", async || {
            let shown = self.orders().await;
            if shown == wanted { Ok(()) } else { Err(shown) }
        })
        .await;
    }
}
