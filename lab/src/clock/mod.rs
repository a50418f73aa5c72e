//! Logical clocks in the lab.

mod vector;

pub use vector::VectorLab;
