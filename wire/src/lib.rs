//! How clients speak: bytes to commands and back, no I/O.

pub mod etcd;
