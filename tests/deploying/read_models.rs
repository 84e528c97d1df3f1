//! New versions of a read model, with other columns and another key.

use serde_json::json;

use super::{
    child::Process,
    releases::Release,
    support::{Deploy, answers, assert_answers, included, on_each_store, recorded, seen},
};

/// The row of version 2.
fn row(package: &str, count: u64, last: &str) -> String {
    json!({ "package": package, "seen": count, "last": last }).to_string()
}

/// Its error names both versions.
fn assert_finds_another_version(process: &mut Process, own: &str, live: &str) {
    assert_answers(process, "find a", &["failed", "shipments", own, live]);
}

on_each_store! {
    async fn columns_and_key_change_while_both_programs_run(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        let last = recorded(&mut old, "noted", "a");
        included(&mut old, &["shipments"], last);
        let mut new = deploy.start(Release::Columns);
        answers(&mut new, "status shipments", &["v2 Live"]).await;
        assert!(!new.ask("status shipments").contains("v1"), "the old table is gone");
        // Commands do not depend on versions of read models.
        recorded(&mut old, "sent", "a");
        let last = recorded(&mut new, "sent", "a");
        included(&mut new, &["shipments", "mail"], last);
        assert_eq!(new.ask("find a"), row("a", 3, "shipment.sent"));
        answers(&mut old, "find a", &["failed"]).await;
        assert_finds_another_version(&mut old, "version 1", "version 2");
        // Somebody processes the live version, so the old program can wait for it.
        included(&mut old, &["shipments"], last);
        old.kill();
        let last = recorded(&mut new, "sent", "a");
        included(&mut new, &["shipments", "mail"], last);
        assert_eq!(new.ask("find a"), row("a", 4, "shipment.sent"));
        assert_eq!(deploy.mails("a"), ["shipment.noted", "shipment.sent", "shipment.sent", "shipment.sent"]);
    }

    async fn the_old_program_answers_queries_until_it_is_stopped_if_the_swap_waits(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        let last = recorded(&mut old, "noted", "a");
        included(&mut old, &["shipments"], last);
        let mut new = deploy.launch(Release::Columns);
        assert_eq!(new.ask("rebuild beside shipments"), "begun");
        answers(&mut new, "status shipments", &["v2 Building"]).await;
        assert_eq!(new.ask("start"), "started");
        let mut expected = vec!["shipment.noted"];
        for _ in 0..3 {
            let last = recorded(&mut new, "sent", "a");
            expected.push("shipment.sent");
            included(&mut old, &["shipments"], last);
            assert_eq!(old.ask("find a"), seen("a", &expected));
            assert_answers(&mut new, "status shipments", &["v1 Live", "v2 Building"]);
            // Its columns are not there yet.
            assert_finds_another_version(&mut new, "version 2", "version 1");
        }
        old.kill();
        assert_eq!(new.ask("swap shipments"), "live: true");
        assert_eq!(new.ask("find a"), row("a", 4, "shipment.sent"));
    }

    async fn a_program_that_is_rolled_back_finds_a_later_version(deploy: Deploy) {
        let mut new = deploy.start(Release::Columns);
        let last = recorded(&mut new, "sent", "a");
        included(&mut new, &["shipments"], last);
        new.kill();
        let mut old = deploy.start(Release::First);
        let last = recorded(&mut old, "noted", "a");
        included(&mut old, &["mail"], last);
        assert_finds_another_version(&mut old, "version 1", "version 2");
        answers(&mut old, &format!("look shipments {last}"), &["failed", "version 1", "version 2"]).await;
        assert!(!old.ask("status shipments").contains("Building"), "the earlier version is not rebuilt");
        let mut new = deploy.start(Release::Columns);
        included(&mut new, &["shipments"], last);
        assert_eq!(new.ask("find a"), row("a", 2, "shipment.noted"));
    }

    async fn a_generation_that_was_kept_is_restored_with_its_columns_and_rows(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        let last = recorded(&mut old, "noted", "a");
        included(&mut old, &["shipments"], last);
        let mut new = deploy.launch(Release::Columns);
        assert_eq!(new.ask("rebuild keeping shipments"), "begun");
        answers(&mut new, "status shipments", &["v2 Building"]).await;
        assert_eq!(new.ask("start"), "started");
        answers(&mut new, "status shipments", &["v2 Live", "v1 Retired"]).await;
        let last = recorded(&mut new, "sent", "a");
        included(&mut new, &["shipments"], last);
        assert_eq!(new.ask("find a"), row("a", 2, "shipment.sent"));
        new.kill();
        assert_eq!(old.ask("restore shipments"), "live: true");
        let last = recorded(&mut old, "sent", "a");
        included(&mut old, &["shipments", "mail"], last);
        assert_eq!(old.ask("find a"), seen("a", &["shipment.noted", "shipment.sent", "shipment.sent"]));
    }
}
