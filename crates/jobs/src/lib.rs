//! A job queue in the same transaction as the work that enqueues
