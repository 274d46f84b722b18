//! A synthetic district of any size, from a seed
