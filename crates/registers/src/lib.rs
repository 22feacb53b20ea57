//! The area of registers: what those of devices, personal data, equipment, pictures and malware need beyond their declarations.
//! Each part stands beside the engine of registers and writes through it alone.

mod assets;
mod data;
mod devices;
mod fields;
mod images;
mod malware;
mod sending;
mod state;
mod table;

use std::sync::Arc;

pub use assets::{KnownDevices, SchoolDevice};
pub use state::Registers;

use engines::{
    Engines,
    registers::{Bringing, FileError, Writer},
};
use jiff::Timestamp;
use webkit::Routes;

/// Adds to the engines what follows from entries of this area's registers: for the desk, and for commands that write.
pub fn join(engines: &Engines) {
    engines.go_beyond(Arc::new(data::Clocks));
    engines.go_beyond(Arc::new(assets::Whereabouts));
    engines.go_beyond(Arc::new(images::Takers));
}

/// The routes of this area. The registers' own pages lead to them, and their entries follow its rules.
pub fn routes(state: Registers) -> Routes {
    join(state.engines());
    state.engines().offer(devices::OFFERS.into_iter().chain(assets::OFFERS).chain(malware::OFFERS));
    devices::routes().merge(data::routes()).merge(assets::routes()).merge(malware::routes()).with_state(state)
}

/// Looks at a file that a machine sends into a register: as a report, where the register has some, else as a table.
/// Nothing is changed before [`Writer::bring_in`].
///
/// # Errors
/// Where the file cannot be read, or the store refuses.
pub async fn look(writer: &Writer<'_>, name: &str, bytes: Vec<u8>, now: Timestamp) -> Result<Bringing, FileError> {
    match writer.book().control().as_str() {
        malware::ENDPOINTS => malware::look(writer, name, bytes, now).await,
        _ => writer.look_at_file(name, bytes, now).await,
    }
}
