//! Community governance by grids: the server and its command line
