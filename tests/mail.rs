//! The example `mail`, run as its users run it.

#[expect(dead_code, reason = "the test calls what is below `main`")]
#[path = "../examples/mail/main.rs"]
mod mail;

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_sent_again_and_kept_once() {
    let server = mail::MailServer::default();
    mail::run(server.clone()).await.expect("it runs");
    let mail::Received { attempts, mail } = server.received();
    assert_eq!(attempts, 3, "two orders, one of them twice");
    let texts: Vec<_> = mail.into_values().collect();
    let sent_to = |name: &str| texts.iter().filter(|text| text.contains(name)).count();
    assert_eq!((sent_to("ada@example.org"), sent_to("bob@example.org")), (1, 1), "{texts:?}");
}
