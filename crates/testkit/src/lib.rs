//! What tests share: a small school, stores on both databases, a site to visit.
