//! `name` and `was`: literals with every character that a store accepts.

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account's \"own\" 💶")]
enum AccountEvent {
    #[event(name = "opened")]
    Opened { owner: String },
    #[event(was("shut"))]
    Closed,
    #[event(was("a", "b",), name = "c/d")]
    Frozen,
    #[event()]
    Thawed,
}

#[test]
fn names_and_aliases_are_literal() {
    assert_eq!(AccountEvent::CATEGORY, "account's \"own\" 💶");
    let names: Vec<_> = AccountEvent::TYPES.iter().map(|ty| (ty.name, ty.aliases)).collect();
    let closed: &[&str] = &["shut"];
    assert_eq!(names[0], ("opened", &[][..]));
    assert_eq!(names[1], ("account's \"own\" 💶.closed", closed));
    assert_eq!(names[2], ("c/d", &["a", "b"][..]));
    assert_eq!(names[3].0, "account's \"own\" 💶.thawed");
}
