//! Figures of a town, and of two cities' published numbers, on both engines.

mod frozen;
mod left_out;
mod lists;
mod live;
mod rates;
mod seed;
mod size;
mod stories;
