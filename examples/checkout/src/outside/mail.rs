//! A mail server that keeps what it gets: enough of SMTP (RFC 5321) for a client without extensions.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::happens_once_in;

/// How often each mail was received, by its `Message-ID`.
#[derive(Debug, Clone)]
pub struct MailCatcher {
    pub address: SocketAddr,
    received: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl MailCatcher {
    /// Starts it. Of so many mails, it takes one without an answer; 0 is none.
    ///
    /// # Errors
    ///
    /// If there is no free port.
    pub async fn start(loses_one_in: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let catcher = Self { address: listener.local_addr()?, received: Arc::default() };
        let this = catcher.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    // No file is free, for instance.
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                };
                let this = this.clone();
                tokio::spawn(async move { this.session(stream, loses_one_in).await });
            }
        });
        Ok(catcher)
    }

    #[must_use]
    pub fn received(&self) -> BTreeMap<String, u64> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn session(&self, stream: TcpStream, loses_one_in: u64) -> io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 mail.example\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
                "DATA" => b"354 go on\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            };
            writer.write_all(answer).await?;
            if line != "DATA" {
                continue;
            }
            let mut id = String::new();
            loop {
                match lines.next_line().await? {
                    // A client that was killed has not handed anything over.
                    None => return Ok(()),
                    Some(line) if line == "." => break,
                    Some(line) => {
                        if let Some(value) = line.strip_prefix("Message-ID: ") {
                            value.clone_into(&mut id);
                        }
                    }
                }
            }
            *self.received.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
            if happens_once_in(loses_one_in) {
                return Ok(());
            }
            writer.write_all(b"250 taken\r\n").await?;
        }
        Ok(())
    }
}
