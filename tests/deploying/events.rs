//! Changes of events.

use super::{
    child::Process,
    releases::Release,
    support::{Deploy, answers, assert_answers, included, on_each_store, recorded, seen},
};

const BOTH: [&str; 2] = ["shipments", "mail"];

/// Both programs run: the old one has all partitions, and the new one records what it alone knows. Its workers start then.
async fn the_new_program_continues(
    deploy: Deploy,
    release: Release,
    event: &str,
    event_type: &str,
    reason: &[&str],
) {
    let (mut old, mut new) = (deploy.start(Release::First), deploy.launch(release));
    let known = recorded(&mut old, "noted", "a");
    included(&mut old, &BOTH, known);
    let unknown = recorded(&mut new, event, "a");
    for consumer in BOTH {
        answers(&mut old, &format!("status {consumer}"), &["Stopped(NeedsNewerProgram"]).await;
        assert_answers(&mut old, &format!("status {consumer}"), reason);
        assert_answers(&mut old, &format!("look {consumer} {unknown}"), &["failed", event_type]);
    }
    // A command on the aggregate, a command on another one, and the row.
    assert_answers(&mut old, "record sent a", &["failed", event_type, "deploy"]);
    let other = recorded(&mut old, "sent", "b");
    assert_eq!(old.ask("find a"), seen("a", &["shipment.noted"]));

    assert_eq!(new.ask("start"), "started");
    included(&mut old, &BOTH, other);
    assert_eq!(old.ask("find a"), seen("a", &["shipment.noted", event_type]));
    assert_eq!(deploy.mails("a"), ["shipment.noted", event_type]);
    assert_eq!(deploy.mails("b"), ["shipment.sent"]);

    // Without the new program the old one stops again, until the new one is back.
    new.kill();
    let mut new = deploy.launch(release);
    let unknown = recorded(&mut new, event, "b");
    for consumer in BOTH {
        answers(&mut old, &format!("status {consumer}"), &["Stopped(NeedsNewerProgram"]).await;
    }
    old.kill();
    assert_eq!(new.ask("start"), "started");
    included(&mut new, &BOTH, unknown);
    assert_eq!(new.ask("find b"), seen("b", &["shipment.sent", event_type]));
    assert_eq!(deploy.mails("b"), ["shipment.sent", event_type]);
}

/// Two programs record events on one aggregate, and each reads those of both. Neither fails nor stops.
fn side_by_side(deploy: &Deploy, programs: [&mut Process; 2], all: &mut Vec<&'static str>) {
    let mut last = 0;
    let [one, other] = programs;
    for _ in 0..3 {
        last = recorded(one, "sent", "a").max(recorded(other, "sent", "a"));
        all.extend(["shipment.sent"; 2]);
    }
    for program in [one, other] {
        included(program, &BOTH, last);
        assert_eq!(program.ask("find a"), seen("a", all));
        for consumer in BOTH {
            let status = program.ask(&format!("status {consumer}"));
            assert!(status.contains("v1 Live: ") || consumer == "mail", "{status}");
            assert!(!status.contains("Stopped"), "{status}");
        }
    }
    assert_eq!(deploy.mails("a"), *all);
}

on_each_store! {
    async fn a_field_with_a_default_is_added_while_both_programs_run(deploy: Deploy) {
        let (mut old, mut new) = (deploy.start(Release::First), deploy.start(Release::Field));
        let mut last = 0;
        for _ in 0..3 {
            recorded(&mut new, "noted", "a");
            last = recorded(&mut old, "noted", "a");
        }
        for program in [&mut old, &mut new] {
            included(program, &BOTH, last);
            assert_eq!(program.ask("find a"), seen("a", &["shipment.noted"; 6]));
        }
        assert_eq!(deploy.mails("a"), ["shipment.noted"; 6]);
    }

    async fn an_event_of_a_new_type_is_left_to_the_new_program(deploy: Deploy) {
        the_new_program_continues(deploy, Release::NewType, "lost", "shipment.lost", &["shipment.lost"]).await;
    }

    async fn an_event_of_a_new_schema_version_is_left_to_the_new_program(deploy: Deploy) {
        the_new_program_continues(deploy, Release::NewSchema, "sent", "shipment.sent", &["schema_version: 2"]).await;
    }

    async fn a_new_schema_version_is_deployed_in_two_steps_without_an_error(deploy: Deploy) {
        let mut all = Vec::new();
        // Expand: the second release reads version 2 and writes version 1. It is rolled back once.
        let mut old = deploy.start(Release::First);
        let mut expanded = deploy.start(Release::Expanded);
        side_by_side(&deploy, [&mut old, &mut expanded], &mut all);
        expanded.kill();
        let mut rolled_back = deploy.start(Release::First);
        side_by_side(&deploy, [&mut old, &mut rolled_back], &mut all);
        old.kill();
        let mut expanded = deploy.start(Release::Expanded);
        side_by_side(&deploy, [&mut rolled_back, &mut expanded], &mut all);
        rolled_back.kill();
        // Contract: the third release writes version 2.
        let mut contracted = deploy.start(Release::NewSchema);
        side_by_side(&deploy, [&mut expanded, &mut contracted], &mut all);
        contracted.kill();
        let mut rolled_back = deploy.start(Release::Expanded);
        side_by_side(&deploy, [&mut expanded, &mut rolled_back], &mut all);
    }

    async fn an_event_under_a_new_name_is_left_to_the_new_program(deploy: Deploy) {
        the_new_program_continues(deploy, Release::Renamed, "sent", "shipment.dispatched", &["dispatched"]).await;
    }

    async fn no_command_fails_if_the_release_before_has_the_new_type(deploy: Deploy) {
        // The first release with the variant does not produce it; the second one does.
        let (mut old, mut new) = (deploy.start(Release::NewType), deploy.start(Release::NewType));
        let mut last = 0;
        for _ in 0..3 {
            recorded(&mut new, "lost", "a");
            last = recorded(&mut old, "sent", "a");
        }
        included(&mut old, &BOTH, last);
        assert_eq!(old.ask("find a"), seen("a", &["shipment.lost", "shipment.sent"].repeat(3)));
    }

    async fn removed_types_are_ignored_and_the_checkpoints_stay_valid(deploy: Deploy) {
        let mut old = deploy.start(Release::First);
        recorded(&mut old, "noted", "a");
        let known = recorded(&mut old, "sent", "a");
        included(&mut old, &BOTH, known);
        // Nobody has applied this one.
        assert_eq!(old.ask("stop"), "stopped");
        recorded(&mut old, "noted", "a");
        old.kill();
        let mut new = deploy.start(Release::Removed);
        let last = recorded(&mut new, "sent", "a");
        included(&mut new, &BOTH, last);
        assert_eq!(new.ask("find a"), seen("a", &["shipment.noted", "shipment.sent", "shipment.sent"]));
        assert_eq!(deploy.mails("a"), ["shipment.noted", "shipment.sent", "shipment.sent"]);
    }
}
