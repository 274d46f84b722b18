//! Notices follow the units that published them.

crate::follows!("publication" "unit_path");
