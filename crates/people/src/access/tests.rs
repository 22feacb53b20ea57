//! Access as a browser and the gateway meet it, through the whole desk.

mod apart;
mod bindings;
mod browser;
mod messages;
mod pages;
mod retention;
mod signing_in;
