use std::collections::{BTreeMap, HashMap};

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "board")]
enum BoardEvent {
    Placed { fields: HashMap<(u8, u8), String> },
    Moved(Vec<BTreeMap<Vec<u8>, u8>>),
    Counted { names: BTreeMap<String, HashMap<[u8; 2], u8>>, numbers: HashMap<u32, u8> },
}

fn main() {}
