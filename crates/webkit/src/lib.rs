//! What every page of the desk stands on: session, permission, errors, layout, components, assets.
