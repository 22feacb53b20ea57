//! The controls that a policy may name, and the checks of whole policies that come with them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    common::Common,
    control::{Control, ControlId},
    diagnostic::Reporter,
    model::Policy,
};

/// A check that looks at a whole policy: a profile for every audience, a role that nobody can hold.
pub trait PolicyCheck: Send + Sync {
    /// Looks at `policy` and reports what it finds.
    fn check(&self, policy: &Policy, report: &mut Reporter<'_>);
}

/// A control that cannot be registered: a fault of the program, found by its tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two controls with one name.
    #[error("the control `{0}` is registered twice")]
    Twice(String),
    /// A control with an own term that has the name of a common one.
    #[error("the control `{control}` has a term `{key}` of its own, which is a common term")]
    Common {
        /// The control.
        control: String,
        /// The term.
        key: String,
    },
}

/// The controls that a policy may name.
#[derive(Clone, Default)]
pub struct Registry {
    controls: BTreeMap<String, Arc<dyn Control>>,
    checks: Vec<Arc<dyn PolicyCheck>>,
}

impl Registry {
    /// Without any control.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a control.
    pub fn register(&mut self, control: impl Control + 'static) -> Result<(), RegistryError> {
        self.register_shared(Arc::new(control))
    }

    /// Adds a control that somebody else holds too.
    pub fn register_shared(&mut self, control: Arc<dyn Control>) -> Result<(), RegistryError> {
        let id = control.card().id.to_string();
        if let Some(key) = control.keys().into_iter().flatten().find(|key| Common::parse(key).is_some()) {
            return Err(RegistryError::Common { control: id, key: key.clone() });
        }
        if self.controls.contains_key(&id) {
            return Err(RegistryError::Twice(id));
        }
        self.controls.insert(id, control);
        Ok(())
    }

    /// Adds a check of whole policies.
    pub fn register_check(&mut self, check: impl PolicyCheck + 'static) {
        self.checks.push(Arc::new(check));
    }

    /// The control of a name.
    pub fn get(&self, id: &ControlId) -> Option<&Arc<dyn Control>> {
        self.controls.get(&id.to_string())
    }

    /// The control whose name is written `module.control`.
    pub fn find(&self, text: &str) -> Option<&Arc<dyn Control>> {
        self.controls.get(text)
    }

    /// Every control, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Control>> {
        self.controls.values()
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.controls.keys().map(String::as_str)
    }

    /// The checks of whole policies.
    pub fn checks(&self) -> &[Arc<dyn PolicyCheck>] {
        &self.checks
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("controls", &self.controls.len()).finish()
    }
}
