//! A database per test on both engines, and the tools tests share
