//! Consumers that begin to read other events, and consumers that are removed.

use super::{
    releases::Release,
    support::{Deploy, answers, assert_answers, included, on_each_store, recorded, seen},
};

on_each_store! {
    async fn a_read_model_that_has_skipped_events_needs_a_new_version(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        let skipped = recorded(&mut old, "refund", "a");
        let last = recorded(&mut old, "sent", "a");
        included(&mut old, &["shipments", "mail"], last);
        let mut new = deploy.launch(Release::Refunds);
        let position = format!("position {skipped}");
        assert_answers(&mut new, "start", &["failed", "shipments", "refund.made", &position, "version"]);
        // The old program continues unchanged.
        let last = recorded(&mut old, "sent", "a");
        included(&mut old, &["shipments", "mail"], last);
        assert_answers(&mut old, "status shipments", &["v1 Live"]);

        let mut raised = deploy.start(Release::RefundsRaised);
        answers(&mut raised, "status shipments", &["v2 Live"]).await;
        assert_eq!(raised.ask("find a"), seen("a", &["refund.made", "shipment.sent", "shipment.sent"]));
        // The refund was recorded before the first start of a handler that reads refunds.
        let last = recorded(&mut raised, "refund", "a");
        included(&mut raised, &["shipments", "mail"], last);
        assert_eq!(deploy.mails("a"), ["shipment.sent", "shipment.sent", "refund.made"]);
    }

    async fn an_old_program_does_not_process_what_a_new_one_reads_with_further_types(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        let last = recorded(&mut old, "sent", "a");
        included(&mut old, &["shipments", "mail"], last);
        // No refund was skipped, so the same version begins to read them.
        let mut new = deploy.start(Release::Refunds);
        let last = recorded(&mut old, "refund", "a");
        included(&mut new, &["shipments", "mail"], last);
        assert_eq!(new.ask("find a"), seen("a", &["shipment.sent", "refund.made"]));
        new.kill();
        for consumer in ["shipments", "mail"] {
            answers(&mut old, &format!("status {consumer}"), &["NeedsTypes", "refund"]).await;
        }
        old.kill();
        // The same for a program that is rolled back.
        let mut rolled_back = deploy.start(Release::First);
        let last = recorded(&mut rolled_back, "sent", "a");
        answers(&mut rolled_back, "status shipments", &["NeedsTypes"]).await;
        let mut new = deploy.start(Release::Refunds);
        included(&mut rolled_back, &["shipments", "mail"], last);
        let all = ["shipment.sent", "refund.made", "shipment.sent"];
        assert_eq!(new.ask("find a"), seen("a", &all));
        assert_eq!(deploy.mails("a"), all);
    }

    async fn an_event_handler_is_removed_and_brought_back_without_missing_events(deploy: Deploy) {
        let (mut old, mut new) = (deploy.start(Release::First), deploy.start(Release::NoHandler));
        let last = recorded(&mut new, "sent", "a");
        included(&mut old, &["shipments", "mail"], last);
        old.kill();
        let last = recorded(&mut new, "noted", "a");
        included(&mut new, &["shipments"], last);
        answers(&mut new, "status mail", &["Waiting"]).await;
        let mut old = deploy.start(Release::First);
        included(&mut old, &["shipments", "mail"], last);
        assert_eq!(deploy.mails("a"), ["shipment.sent", "shipment.noted"]);
    }
}
