//! The deciding half of every module: one folder a module, one file a control.
