//! Texts with a format, such as UUIDs.

use crate::schema::Form;

/// A known type with this format.
pub(super) fn known_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "uuid" => "uuid::Uuid",
        "decimal" => "rust_decimal::Decimal",
        "ip" => "std::net::IpAddr",
        "ipv4" => "std::net::Ipv4Addr",
        "ipv6" => "std::net::Ipv6Addr",
        _ => return None,
    })
}

/// The argument of `#[schema(as = …)]` for a type that is written as plain `String` here.
pub(super) fn foreign(form: &Form) -> Option<String> {
    match form {
        Form::Formatted(format) if format != "timestamp" && known_format(format).is_none() => {
            Some(form.to_string())
        }
        Form::Option(inner) => foreign(inner).map(|inner| format!("{inner}?")),
        _ => None,
    }
}
