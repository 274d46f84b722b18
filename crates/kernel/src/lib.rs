//! Ids, time, clock, pages, actors, scopes and errors: the vocabulary every other crate shares
