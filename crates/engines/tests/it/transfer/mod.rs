//! Registers and files: import, export, paper, labels, the calendar, JSON.

mod api;
mod export;
mod feed;
mod import;
mod sheets;
mod words;
