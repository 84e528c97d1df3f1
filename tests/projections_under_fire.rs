//! Projections while processes, connections and servers are killed: in the end every read model equals what plain
//! SQL and plain Rust compute from the whole log.

mod projections_under_fire {
    mod bank;
    mod child;
    mod gate;
    mod savings;
    mod support;
    mod truth;
    mod writers;

    mod after_a_crash;
    mod clocks;
    mod crash_points;
    mod every_kind;
    mod hot_aggregate;
    mod notifications;
    mod promotion;
    mod rebuilding;
    mod rolling_deploy;
    mod sharing;
}
