//! The named types that a shape refers to, while it is being described.

use std::{
    any,
    collections::{BTreeMap, HashMap},
};

use super::{Declaration, DeclaredType, DeclaredTypes, Form};

/// Collects the types that have a name. A type is described once, however often it occurs, and may occur
/// within itself.
#[derive(Debug, Default)]
pub struct Definitions {
    names: HashMap<Key, String>,
    forms: BTreeMap<String, Form>,
    declared: DeclaredTypes,
}

/// Distinguishes types. The name alone is not enough: two functions in one module may each have a type of the same
/// name. `TypeId` would need types without lifetimes.
type Key = (&'static str, &'static str);

impl Definitions {
    /// Refers to a type by its name, and describes it on first use. Types with the same name are distinguished by a
    /// numeric suffix. `place` is where the type is declared in the source.
    pub fn define<T: ?Sized>(
        &mut self,
        name: &str,
        place: &'static str,
        describe: impl FnOnce(&mut Self) -> Form,
    ) -> Form {
        self.add::<T>(name, place, None, describe)
    }

    /// The same for a type that derives its schema.
    #[doc(hidden)]
    pub fn define_declared<T: ?Sized>(
        &mut self,
        declaration: &'static Declaration,
        describe: impl FnOnce(&mut Self) -> Form,
    ) -> Form {
        self.add::<T>(declaration.name, declaration.place, Some(declaration), describe)
    }

    fn add<T: ?Sized>(
        &mut self,
        name: &str,
        place: &'static str,
        declaration: Option<&'static Declaration>,
        describe: impl FnOnce(&mut Self) -> Form,
    ) -> Form {
        let key = (any::type_name::<T>(), place);
        if let Some(known) = self.names.get(&key) {
            return Form::Named(known.clone());
        }
        let name = self.free(name);
        self.names.insert(key, name.clone());
        let type_name = any::type_name::<T>();
        self.declared.insert(name.clone(), DeclaredType { type_name, declaration });
        // Reserved before the type is described: it may refer to itself, and other types may have the same name.
        self.forms.insert(name.clone(), Form::Any);
        let form = describe(self);
        self.forms.insert(name.clone(), form);
        Form::Named(name)
    }

    pub(super) fn finish(self) -> (BTreeMap<String, Form>, DeclaredTypes) {
        (self.forms, self.declared)
    }

    fn free(&self, name: &str) -> String {
        let numbered = (2_u32..).map(|number| format!("{name}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| !self.forms.contains_key(name)).expect("numbers do not run out")
    }
}
