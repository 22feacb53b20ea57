//! Measures what people at the desk wait for. Apart from `bench`, because the desk takes half an hour to build for release.
