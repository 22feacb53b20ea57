//! What passes through the gateway: text judged as it streams, files by what they are.
