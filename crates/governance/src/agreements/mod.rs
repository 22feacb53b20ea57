//! `agreements`: what people sign, and who has.

pub mod coverage;
pub mod pages;
pub mod service;
pub mod text;
pub mod views;
