//! Content-addressed files on disk, and safe re-encoding of photographs
