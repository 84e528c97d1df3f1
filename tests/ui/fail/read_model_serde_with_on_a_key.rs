use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Account {
    #[read_model(key, sql = "text")]
    #[serde(serialize_with = "hex")]
    account: u64,
}

fn hex<S: serde::Serializer>(number: &u64, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&format_args!("{number:x}"))
}

fn main() {}
