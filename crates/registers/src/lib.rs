//! The area of registers: what those of devices, personal data, equipment and malware need beyond their declarations.
//! Each part stands beside the engine of registers and writes through it alone.

pub mod assets;
pub mod data;
pub mod devices;
mod fields;
pub mod malware;
mod state;
mod table;

use std::sync::Arc;

pub use state::Registers;

use engines::Engines;
use webkit::Routes;

/// Adds to the engines what follows from entries of this area's registers: for the desk, and for commands that write.
pub fn join(engines: &Engines) {
    engines.go_beyond(Arc::new(data::Clocks));
    engines.go_beyond(Arc::new(assets::Whereabouts));
}

/// The routes of this area. The registers' own pages lead to them, and their entries follow its rules.
pub fn routes(state: Registers) -> Routes {
    join(state.engines());
    state.engines().offer(devices::OFFERS.into_iter().chain(assets::OFFERS).chain(malware::OFFERS));
    devices::routes().merge(data::routes()).merge(assets::routes()).merge(malware::routes()).with_state(state)
}
