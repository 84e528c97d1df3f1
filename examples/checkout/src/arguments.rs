//! What the program can be asked for.

use std::{env, net::SocketAddr, time::Duration};

use clap::Parser;

use crate::{
    Outcome,
    consumers::{CONSUMERS, Outside},
    kill, load,
    outside::{Conduct, MailCatcher, PaymentService},
    scenario::Scenario,
    shop::{self, Shop},
};

/// A shop, event-sourced.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Where to store the events: `memory:`, `sqlite:FILE`, or with the feature `postgres` a URL such as
    /// `postgres://user@localhost/shop`
    /// [default: the file `checkout.db` in the directory for temporary files; with --load and --kill a new one].
    #[arg(long)]
    store: Option<String>,
    /// The port of the shop; 0 is any that is free.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Also start the rewards service, on the history that exists.
    #[arg(long)]
    with_rewards: bool,
    /// Plays a scenario, on a store in memory unless there is `--store`.
    #[arg(long)]
    scenario: Option<Scenario>,
    /// So many orders per second for `--seconds`, while the payments take 200 per second and loyalty is down.
    #[arg(long, value_name = "ORDERS")]
    load: Option<u32>,
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Runs the shop in several processes, kills one so many times, and checks the books.
    #[arg(long, value_name = "TIMES")]
    kill: Option<u32>,
    /// Uses the payment service and the mail server of another process, of which this one shares the consumers.
    #[arg(long, requires = "mail")]
    payments: Option<String>,
    #[arg(long, requires = "payments")]
    mail: Option<SocketAddr>,
    /// How many seconds until other processes take over from one that was killed.
    #[arg(long, default_value_t = 10)]
    lease: u64,
    /// Ends when its input does.
    #[arg(long, hide = true)]
    child: bool,
}

impl Arguments {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What went wrong, and with `--scenario`, `--load` and `--kill` what does not add up.
    pub async fn run(self) -> Outcome {
        if let Some(scenario) = self.scenario {
            return scenario.play(&shop::store(self.store.as_deref().unwrap_or("memory:")).await?).await;
        }
        let fresh = tempfile::tempdir()?;
        let is_trial = self.load.is_some() || self.kill.is_some();
        let folder = if is_trial { fresh.path().to_owned() } else { env::temp_dir() };
        let file = format!("sqlite:{}", folder.join("checkout.db").display());
        let store = self.store.clone().unwrap_or(file);
        if let Some(orders) = self.load {
            return load::run(&shop::store(&store).await?, orders, self.seconds).await;
        }
        if let Some(times) = self.kill {
            return kill::run(&store, times, || Ok(tokio::process::Command::new(env::current_exe()?))).await;
        }
        self.serve(&store).await
    }

    async fn serve(self, store: &str) -> Outcome {
        let (payments, outside) = match (&self.payments, self.mail) {
            (Some(payments), Some(mail)) => (None, Outside { payments: payments.clone(), mail }),
            _ => {
                let payments = PaymentService::start(Conduct::default()).await?;
                let outside =
                    Outside { payments: payments.url.clone(), mail: MailCatcher::start(0).await?.address };
                (Some(payments), outside)
            }
        };
        let names = CONSUMERS.map(|(name, _)| name);
        let names = if self.with_rewards { &names[..] } else { &names[..names.len() - 1] };
        let shop = Shop::open(&shop::store(store).await?, self.port, &outside, names, None).await?;
        shop.furnish(10).await?;
        if let Some(payments) = payments {
            payments.set_shops(vec![shop.url.clone()]);
        }
        let workers = shop.work(Duration::from_secs(self.lease)).await?;
        println!("the shop is open at {}", shop.url);
        println!("store            {store}");
        println!("payment service  {}", outside.payments);
        println!("mail server      {}", outside.mail);
        println!(
            "Open it in two tabs and order a cup: it is accepted, then paid and shipped. Then try the other cards."
        );
        if self.child {
            tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
        } else {
            tokio::signal::ctrl_c().await?;
        }
        Ok(workers.shutdown().await?)
    }
}
