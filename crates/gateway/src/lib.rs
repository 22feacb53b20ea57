//! The filtering gateway: proxy, identification, block pages.
