//! What the types cannot say: names that collide, versions that are not there, forms of serde that leave no
//! payload of its own to a variant.
use super::model::EventEnum;
use crate::errors::Errors;

pub(crate) fn check(_: &EventEnum<'_>, _: &Errors) {}
