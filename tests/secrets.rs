//! What errors, `Debug`, log lines and the status show: no password, no values of payloads, and no control characters
//! of ids and names.

mod secrets {
    mod bank;
    mod ids;
    mod logs;
    mod password;
    mod values;
}
