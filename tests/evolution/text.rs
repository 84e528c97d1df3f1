//! Schemas as text: every shape is read back as it was written.

use std::{borrow::Cow, collections::BTreeMap};

use eventsource::schema::{
    Absent, Enum, EventSchema, Field, Float, Form, Int, LeftOut, Object, Shape, Tag, TypeState, Variant,
    accepts, accepts_stored, parse, render,
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};

/// Names that need quotes or look like syntax, among plain ones.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{1,6}",
        "[A-Z][A-Za-z0-9]{0,6}",
        Just("type".to_owned()),
        Just("fields".to_owned()),
        Just("string".to_owned()),
        Just("new".to_owned()),
        Just("was".to_owned()),
        "[ -~]{0,8}",
        ".{0,4}",
    ]
}

fn form() -> impl Strategy<Value = Form> {
    let ints = (any::<bool>(), select(vec![8, 16, 32, 64, 128]), any::<bool>());
    let leaf = prop_oneof![
        Just(Form::Any),
        Just(Form::Null),
        Just(Form::Bool),
        Just(Form::Char),
        Just(Form::Text),
        Just(Form::Float(Float::F32)),
        Just(Form::Float(Float::F64)),
        ints.prop_map(|(signed, bits, nonzero)| Form::Int(Int { signed, bits, nonzero })),
        name().prop_map(|format| Form::Formatted(Cow::Owned(format))),
        name().prop_map(Form::Named),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed.clone().prop_map(Form::Option),
            boxed.clone().prop_map(Form::List),
            boxed.clone().prop_map(Form::Set),
            boxed.clone().prop_map(Form::Newtype),
            (boxed.clone(), 0_usize..9).prop_map(|(item, length)| Form::Array(item, length)),
            (boxed.clone(), boxed.clone()).prop_map(|(key, value)| Form::Map(key, value)),
            (boxed.clone(), boxed).prop_map(|(written, read)| Form::Split { written, read }),
            (vec(inner, 0..4), 0_usize..4)
                .prop_map(|(items, required)| Form::Tuple { required: required.min(items.len()), items }),
        ]
    })
}

fn field() -> impl Strategy<Value = Field> {
    let absent = select(vec![Absent::ByForm, Absent::Refused, Absent::Default]);
    let left_out = select(vec![LeftOut::Never, LeftOut::AtTimes, LeftOut::IfNone]);
    (name(), vec(name(), 1..3), form(), absent, left_out, any::<[bool; 3]>()).prop_map(
        |(name, reads, form, absent, left_out, [written, read, flat])| Field {
            name,
            reads,
            form,
            absent,
            left_out,
            written,
            read,
            flat,
        },
    )
}

fn object() -> impl Strategy<Value = Object> {
    (option::of((name(), name())), vec(field(), 0..4), any::<bool>())
        .prop_map(|(tag, fields, closed)| Object { tag, fields, closed })
}

fn variant() -> impl Strategy<Value = Variant> {
    let content = prop_oneof![form(), object().prop_map(Form::Object)];
    (name(), vec(name(), 1..3), option::of(content), any::<[bool; 4]>()).prop_map(
        |(name, reads, content, [written, read, other, untagged])| Variant {
            name,
            reads,
            content,
            written,
            read,
            other,
            untagged,
        },
    )
}

fn body() -> impl Strategy<Value = Form> {
    let tag = prop_oneof![
        Just(Tag::External),
        Just(Tag::Untagged),
        name().prop_map(Tag::Internal),
        (name(), name()).prop_map(|(tag, content)| Tag::Adjacent { tag, content }),
    ];
    let variants = (tag, vec(variant(), 0..4), any::<bool>())
        .prop_map(|(tag, variants, closed)| Form::Enum(Enum { tag, variants, closed }));
    prop_oneof![form(), object().prop_map(Form::Object), variants]
}

fn shape() -> impl Strategy<Value = Shape> {
    let root = prop_oneof![form(), object().prop_map(Form::Object)];
    (root, prop::collection::btree_map(name(), body(), 0..3)).prop_map(|(form, types)| Shape { form, types })
}

/// Shapes whose types refer to each other, and to themselves.
fn entangled() -> impl Strategy<Value = Shape> {
    let names = || select(vec!["A", "B", "C"]).prop_map(|name| Form::Named(name.to_owned()));
    let form =
        || prop_oneof![2 => form(), 3 => names(), 1 => names().prop_map(|form| Form::Option(Box::new(form)))];
    let fields = (vec((field(), form()), 1..4), any::<bool>()).prop_map(|(fields, closed)| {
        let fields = fields.into_iter().map(|(field, form)| Field { form, ..field }).collect();
        Form::Object(Object { tag: None, fields, closed })
    });
    let body = prop_oneof![form(), fields, body()];
    (names(), vec(body, 3)).prop_map(|(form, bodies)| {
        let names = ["A", "B", "C"].map(str::to_owned);
        Shape { form, types: names.into_iter().zip(bodies).collect() }
    })
}

fn schemas() -> impl Strategy<Value = Vec<EventSchema>> {
    let versions = prop::collection::btree_map(1_u32..20, shape(), 0..3);
    let formerly = prop::collection::btree_map(1_u32..20, vec(shape(), 1..3), 0..2);
    let state = select(vec![TypeState::Read, TypeState::Removed, TypeState::Gone]);
    let schema = (vec(name(), 0..3), state, option::of(1_u32..9), versions, formerly);
    prop::collection::btree_map(name(), schema, 0..3).prop_map(|schemas| {
        let schema = |(name, (aliases, state, writes, versions, formerly))| EventSchema {
            name,
            aliases,
            state,
            writes,
            versions,
            formerly,
        };
        schemas.into_iter().map(schema).collect()
    })
}

/// Parts of the format, separated by `|`.
const TOKENS: &str = "| |  |\n|\n    |x|\"|\\|:|,|;|?|[|]|(|)|{|}|u8|any|null|nonzero |set[|new |fields|variants|\
                      \n    type x: variants|version 3: |was y|removed|no longer read|writes version 2|formerly version 3: |[alias x]|[read as x]|[default]|\
                      [never written]|[tag x]|[untagged]";

/// Replaces some characters by a part of the format.
fn edited(text: &str, at: Index, length: usize, token: &str) -> String {
    let at = at.index(text.chars().count() + 1);
    let (before, behind) = (text.chars().take(at), text.chars().skip(at + length));
    before.chain(token.chars()).chain(behind).collect()
}

proptest! {
    #[test]
    fn comparing_any_two_shapes_terminates(reader in entangled(), writer in entangled()) {
        prop_assert_eq!(accepts(&reader, &writer), accepts(&reader, &writer));
        prop_assert_eq!(accepts_stored(&reader, &writer), accepts_stored(&reader, &writer));
    }

    #[test]
    fn a_schema_is_read_back_as_written(schemas in schemas()) {
        let text = render(&schemas);
        prop_assert_eq!(parse(&text), Ok(schemas), "{}", text);
    }

    #[test]
    fn an_edited_schema_is_refused_or_read_back_as_written(
        schemas in schemas(),
        edits in vec((any::<Index>(), 0_usize..12, select(TOKENS.split('|').collect::<Vec<_>>())), 1..4),
    ) {
        let edit = |text: String, (at, length, token)| edited(&text, at, length, token);
        let text = edits.into_iter().fold(render(&schemas), edit);
        if let Ok(schemas) = parse(&text) {
            let written = render(&schemas);
            prop_assert_eq!(parse(&written).map(|read| render(&read)), Ok(written), "{}", text);
        }
    }
}

#[test]
fn unnamed_shapes_are_given_a_name() {
    let inner = Form::Object(Object::new().field(Field::new("x", Form::Bool)));
    let shape = Shape { form: Form::List(Box::new(inner)), types: BTreeMap::new() };
    assert_eq!(shape.to_string(), "shape: [Unnamed1]\n  type Unnamed1: fields\n    x: bool\n");
}

#[test]
fn text_that_is_not_a_schema_is_refused_with_its_line() {
    let refused = |text: &str| parse(text).expect_err(text).to_string();
    assert_eq!(refused("a\n  version x: fields"), "line 2: a version is a number");
    assert_eq!(
        refused("a\n  what is this"),
        "line 2: expected `was`, `removed`, `no longer read`, `writes`, `version` or `formerly version`"
    );
    assert_eq!(refused("a\n  version 1: fields\n    b: [u8"), "line 3: expected `]` before ``");
    assert_eq!(refused("a\n  version 1: fields\n    b: u8 [good]"), "line 3: `good` is not known here");
    assert_eq!(refused("a b"), "line 1: ` b` is unexpected");
}
