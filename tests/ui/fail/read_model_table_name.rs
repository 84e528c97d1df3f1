use eventsource::prelude::*;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "")]
struct Empty {
    #[read_model(key)]
    id: String,
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts_by_the_name_of_their_owner_and_the_country_they_are_living_in")]
struct Long {
    #[read_model(key)]
    id: String,
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "a\0b")]
struct Nul {
    #[read_model(key)]
    id: String,
}

fn main() {}
