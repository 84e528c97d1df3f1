//! When an aim is met.

use eventsource_benches::Aim;

#[test]
fn an_aim_is_met_or_not_by_the_ratio_to_its_floor() {
    let met = |aim: Aim, ratio| aim.is_met(f64::NAN, ratio);
    assert!(met(Aim::at_least(1.1, "floor"), Some(1.1)));
    assert!(!met(Aim::at_least(1.1, "floor"), Some(1.09)));
    assert!(met(Aim::at_most(1.0, "floor"), Some(0.5)));
    assert!(!met(Aim::at_most(1.0, "floor"), Some(1.01)));
    assert!(met(Aim::within(0.15, "other"), Some(0.86)));
    assert!(!met(Aim::within(0.15, "other"), Some(1.16)));
}

#[test]
fn an_aim_without_its_floor_or_its_number_is_not_met() {
    assert!(!Aim::at_least(0.0, "floor").is_met(1.0, None));
    assert!(Aim::Below(10.0).is_met(9.9, None));
    assert!(!Aim::Below(10.0).is_met(10.0, None));
    assert!(!Aim::Below(10.0).is_met(f64::NAN, None));
    assert!(Aim::Above(10.0).is_met(10.1, None));
    assert!(!Aim::Above(10.0).is_met(10.0, None));
    assert!(!Aim::Above(10.0).is_met(f64::NAN, None));
}
