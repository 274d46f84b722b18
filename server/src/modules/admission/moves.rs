//! Requests and complaints follow the units.

crate::follows!("admission_request" "unit_path", "burden_complaint" "about_path", "burden_complaint" "unit_path");
