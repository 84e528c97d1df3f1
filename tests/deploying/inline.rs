//! Inline projections: every program that appends has exactly those that are inline.

use super::{
    releases::Release,
    support::{Deploy, answers, assert_answers, included, on_each_store, recorded, seen},
};

on_each_store! {
    async fn a_new_inline_projection_is_promoted_when_every_program_has_it(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        recorded(&mut old, "noted", "a");
        let mut new = deploy.start(Release::Inline);
        for _ in 0..3 {
            recorded(&mut old, "sent", "a");
            let last = recorded(&mut new, "sent", "a");
            included(&mut new, &["tallies"], last);
        }
        assert!(!new.ask("status tallies").contains("Inline"), "the old program appends without it");
        assert_eq!(old.ask("stop"), "stopped");
        answers(&mut new, "status tallies", &["v1 Live: Inline"]).await;
        recorded(&mut new, "sent", "a");
        let all = [vec!["shipment.noted"], vec!["shipment.sent"; 7]].concat();
        assert_eq!(new.ask("tally a"), seen("a", &all), "with the append, without a wait");
        // A program without it cannot append any more.
        assert_answers(&mut old, "record sent a", &["failed", "tallies"]);
        assert_eq!(new.ask("tally a"), seen("a", &all));
    }

    async fn the_next_version_of_an_inline_projection_follows_until_the_old_programs_are_stopped(deploy: Deploy) {
        let mut old = deploy.start(Release::Inline);
        answers(&mut old, "status tallies", &["v1 Live: Inline"]).await;
        recorded(&mut old, "noted", "a");
        let mut new = deploy.start(Release::InlineRaised);
        let mut all = vec!["shipment.noted"];
        for _ in 0..3 {
            recorded(&mut old, "sent", "a");
            let last = recorded(&mut new, "sent", "a");
            all.extend(["shipment.sent"; 2]);
            included(&mut old, &["tallies"], last);
            assert_eq!(old.ask("tally a"), seen("a", &all));
            assert_answers(&mut new, "status tallies", &["v1 Live", "v2 Building"]);
        }
        assert_eq!(old.ask("stop"), "stopped");
        answers(&mut new, "status tallies", &["v2 Live: Inline"]).await;
        recorded(&mut new, "sent", "a");
        all.push("shipment.sent");
        assert_eq!(new.ask("tally a"), seen("a", &all));
        assert_answers(&mut old, "record sent a", &["failed", "tallies"]);
    }

    async fn an_inline_projection_is_removed_in_two_deploys(deploy: Deploy) {
        let mut first = deploy.start(Release::Inline);
        answers(&mut first, "status tallies", &["v1 Live: Inline"]).await;
        recorded(&mut first, "noted", "a");
        let mut second = deploy.start(Release::Following);
        answers(&mut second, "status tallies", &["v1 Live"]).await;
        assert!(!second.ask("status tallies").contains("Inline"));
        recorded(&mut first, "sent", "a");
        recorded(&mut second, "sent", "a");
        first.kill();
        let mut third = deploy.start(Release::First);
        let last = recorded(&mut third, "sent", "a");
        included(&mut second, &["tallies"], last);
        let all = ["shipment.noted", "shipment.sent", "shipment.sent", "shipment.sent"];
        assert_eq!(second.ask("tally a"), seen("a", &all));
        second.kill();
        recorded(&mut third, "sent", "a");
    }

    async fn appends_are_accepted_again_after_an_inline_projection_that_was_removed_too_early_is_demoted(deploy: Deploy) {
        let mut with = deploy.start(Release::Inline);
        answers(&mut with, "status tallies", &["v1 Live: Inline"]).await;
        recorded(&mut with, "noted", "a");
        with.kill();
        let mut without = deploy.start(Release::First);
        assert_answers(&mut without, "record sent a", &["failed", "tallies"]);
        assert_eq!(without.ask("demote tallies"), "demoted");
        recorded(&mut without, "sent", "a");
    }
}
