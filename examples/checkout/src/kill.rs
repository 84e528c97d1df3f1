//! The shop in several processes, one of which is killed again and again.

use std::{
    io,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use eventsource::EventId;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    Outcome,
    books::Books,
    consumers::Outside,
    domain::{ITEMS, MoveStock, StockEvent},
    http::NewOrder,
    outside::{Conduct, MailCatcher, PaymentService},
    shop::{self, Customer, Shop},
};

/// Runs this program as child processes on a store, kills one so many times while customers order, and checks the books.
///
/// # Errors
///
/// What does not add up.
pub async fn run(store: &str, times: u32, program: impl Fn() -> io::Result<Command>) -> Outcome {
    let conduct = Conduct { delay: 5, loses_one_in: 20, expires_in: 2 };
    let (payments, mail) = (PaymentService::start(conduct).await?, MailCatcher::start(20).await?);
    let outside = Outside { payments: payments.url.clone(), mail: mail.address };
    let start = || start(program(), store, &outside);
    // This process takes no part, it only looks.
    let shop = Shop::open(&shop::store(store).await?, 0, &outside, &["orders"], None).await?;
    let since = shop.furnish(30).await?;
    let mut children = Vec::new();
    for _ in 0..if store.starts_with("postgres") { 3 } else { 2 } {
        children.push(start().await?);
    }
    let urls = |children: &[(Child, String)]| children.iter().map(|(_, url)| url.clone()).collect::<Vec<_>>();
    let shops = Arc::new(Mutex::new(urls(&children)));
    payments.set_shops(urls(&children));
    let (is_over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let customers = (0..8).map(|number| {
        let (shops, payments, is_over, answered) =
            (shops.clone(), payments.clone(), is_over.clone(), answered.clone());
        tokio::spawn(async move {
            while !is_over.load(Ordering::SeqCst) {
                customer(number, &shops, &payments).await?;
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Outcome::Ok(())
        })
    });
    let customers = Vec::from_iter(customers);

    for kill in 1..=times {
        let enough = answered.load(Ordering::SeqCst) + fastrand::u64(1..=6);
        while answered.load(Ordering::SeqCst) < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (item, _) = ITEMS[fastrand::usize(..ITEMS.len())];
        shop.es.execute(MoveStock(item.to_owned(), StockEvent::Received { quantity: 5 })).await?;
        let victim = fastrand::usize(..children.len());
        children[victim].0.kill().await?;
        children[victim] = start().await?;
        *shops.lock().unwrap_or_else(PoisonError::into_inner) = urls(&children);
        payments.set_shops(urls(&children));
        println!("killed {kill:>3} of {times}, {} orders answered", answered.load(Ordering::SeqCst));
    }
    is_over.store(true, Ordering::SeqCst);
    for customer in customers {
        customer.await??;
    }
    shop.settled().await?;
    println!("the books: {}", Books::check(&shop.es, since, &payments, &mail).await?);
    Ok(())
}

/// Starts a child, and waits until it says where its shop is.
async fn start(program: io::Result<Command>, store: &str, outside: &Outside) -> Outcome<(Child, String)> {
    let mail = outside.mail.to_string();
    let arguments = ["--store", store, "--payments", &outside.payments, "--mail", &mail];
    let mut program = program?;
    program.args(arguments).args(["--port", "0", "--lease", "1", "--child"]);
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, url)) = line.split_once("the shop is open at ") {
            let url = url.to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((child, url));
        }
    }
    Err("a child ended before its shop was open".into())
}

/// A customer orders something, and confirms the payment or not if the bank asks.
async fn customer(number: u32, shops: &Mutex<Vec<String>>, payments: &PaymentService) -> Outcome {
    let shop = || {
        let shops = shops.lock().unwrap_or_else(PoisonError::into_inner);
        shops[fastrand::usize(..shops.len())].clone()
    };
    let (item, _) = ITEMS[fastrand::usize(..ITEMS.len())];
    let card = ["on file", "on file", "declined", "to confirm"][fastrand::usize(..4)];
    let customer = format!("customer-{number}");
    let order = NewOrder {
        order: EventId::new().to_string(),
        email: format!("{customer}@shop.example"),
        customer,
        item: item.to_owned(),
        quantity: fastrand::u32(1..=3),
        card: card.to_owned(),
    };
    let answer = Customer::default().order(shop, &order).await?;
    let confirm = format!("{}/confirm/{}", payments.url, order.order);
    for _ in 0..fastrand::u32(..100) {
        if card != "to confirm" || answer.is_client_error() {
            break;
        }
        if reqwest::Client::new().post(&confirm).send().await?.status().is_success() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
