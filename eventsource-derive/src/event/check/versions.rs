//! `version`, `from`, `upcast`, `write` and `downcast` of one variant must agree.

use quote::ToTokens;
use syn::Type;

use super::plain;
use crate::{
    errors::Errors,
    event::model::{EventVariant, Older, Upcast},
};

/// The type of the column in which stores keep the version.
const MAX_VERSION: u32 = i32::MAX.cast_unsigned();

/// `stored` is the word for what is stored.
pub(crate) fn check(variant: &EventVariant<'_>, stored: &str, errors: &Errors) {
    if count(variant, stored, errors) {
        upcasts(variant, errors);
        write(variant, errors);
    }
}

/// Whether `from` has a type for each older version.
fn count(variant: &EventVariant<'_>, stored: &str, errors: &Errors) -> bool {
    let types = variant.older_types();
    let current = variant.version.number;
    match (&variant.version.written, &variant.older) {
        (Some(written), _) if current == 0 => {
            errors.at(written, "versions are counted from 1: write `version = 1`, or leave it out");
        }
        (Some(written), _) if current > MAX_VERSION => {
            errors.at(written, format!("versions go up to {MAX_VERSION}"));
        }
        (Some(written), None) if current > 1 => {
            let name = plain(variant.ident);
            let forms = listed((1..current).map(|version| format!("{name}V{version}")));
            let message = format!(
                "{stored} of {} may still be stored: write `from({forms})` with the types of their payloads, \
                 the oldest first",
                versions(1, current - 1)
            );
            errors.at(written, message);
        }
        (None, Some(Older { written, .. })) if !types.is_empty() => {
            let next = types.len() + 1;
            let message = format!(
                "`from(…)` lists {}, so the current one is version {next}: write `version = {next}`",
                counted(types.len(), "older version")
            );
            errors.at(written, message);
        }
        (Some(_), Some(Older { written, .. })) if types.len() != current as usize - 1 => {
            errors.at(written, wrong_count(current, types));
        }
        _ => return true,
    }
    false
}

fn wrong_count(current: u32, types: &[Type]) -> String {
    let needed = current as usize - 1;
    let what = format!(
        "version {current} has {}, but `from(…)` has {}",
        counted(needed, "older version"),
        counted(types.len(), "type")
    );
    let of = |ty: &Type| ty.to_token_stream().to_string().replace(' ', "");
    let given = listed(types.iter().enumerate().map(|(index, ty)| format!("`{}` for {}", of(ty), index + 1)));
    if types.len() < needed {
        let given = if given.is_empty() { String::new() } else { format!(" ({given})") };
        let first = u32::try_from(types.len() + 1).unwrap_or(current);
        format!("{what}{given}: add the type of {}", versions(first, current - 1))
    } else {
        let next = types.len() + 1;
        format!("{what} ({given}): remove the surplus types, or write `version = {next}`")
    }
}

fn upcasts(variant: &EventVariant<'_>, errors: &Errors) {
    let name = plain(variant.ident);
    let current = variant.version.number;
    for (index, Upcast { version, written, .. }) in variant.upcasts.iter().enumerate() {
        let earlier = variant.upcasts.iter().take(index);
        if current == 1 {
            let message = format!(
                "`{name}` has one version only, so there is nothing to upcast: write `version` and `from(…)` \
                 too, or remove it"
            );
            errors.at(written, message);
        } else if *version == current {
            let message = format!(
                "version {current} is the current one of `{name}` and needs no upcast; what can be upcast is {}",
                versions(1, current - 1)
            );
            errors.at(written, message);
        } else if *version == 0 || *version > current {
            let older = versions(1, current - 1);
            errors.at(
                written,
                format!("there is no version {version} of `{name}`; what can be upcast is {older}"),
            );
        } else if earlier.clone().any(|earlier| earlier.version == *version) {
            errors.at(written, format!("version {version} has two upcasts: remove one"));
        }
    }
}

fn write(variant: &EventVariant<'_>, errors: &Errors) {
    let name = plain(variant.ident);
    let current = variant.version.number;
    let Some((number, written)) = &variant.write else {
        if let Some(function) = &variant.downcast {
            let message = format!(
                "`downcast` makes the payload of an older version, but `{name}` is written in version {current}: name the \
                 older one with `write`, or remove `downcast`"
            );
            errors.at(function, message);
        }
        return;
    };
    if *number == current {
        let message = format!(
            "`{name}` is written in version {current} without `write` too: remove `write` and `downcast`; `write` is for an \
             older version, while programs run that do not read version {current} yet"
        );
        errors.at(written, message);
    } else if *number == 0 || *number > current {
        let possible = match current {
            1 => "it has one version only: remove `write` and `downcast`".to_owned(),
            _ => format!("what can be written is {}", versions(1, current - 1)),
        };
        errors.at(written, format!("there is no version {number} of `{name}`; {possible}"));
    } else if variant.downcast.is_none() {
        let of = |ty: &Type| ty.to_token_stream().to_string().replace(' ', "");
        let fields = listed(variant.fields.iter().map(|field| format!("&{}", of(&field.ty))));
        let old = variant.older_types().get(*number as usize - 1).map(of).unwrap_or_default();
        let message = format!(
            "`{name}` has the form of version {current}: write `downcast = path::to::function` too, with a function that \
             makes the payload of version {number}: `fn({fields}) -> {old}`, or `-> Result<{old}, …>`"
        );
        errors.at(written, message);
    } else if let Some(Upcast { version, function, .. }) = first_upcast(variant, *number) {
        let message = format!(
            "an event that is written in version {number} is read through `upcast({version} = …)`, which gets the position \
             and the time of the event, and a new event has none yet: convert version {version} with `From`, or remove \
             `write` and `downcast`"
        );
        errors.at(function, message);
    }
}

/// The function through which events of this version are read, if there is one.
fn first_upcast<'a>(variant: &'a EventVariant<'_>, version: u32) -> Option<&'a Upcast> {
    variant.upcasts.iter().filter(|upcast| upcast.version >= version).min_by_key(|upcast| upcast.version)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn versions(first: u32, last: u32) -> String {
    match last - first {
        0 => format!("version {first}"),
        1 => format!("versions {first} and {last}"),
        _ => format!("versions {first} to {last}"),
    }
}

/// Separated by commas; a long list is cut.
fn listed(mut items: impl Iterator<Item = String>) -> String {
    let shown: Vec<_> = items.by_ref().take(5).collect();
    let more = if items.next().is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
