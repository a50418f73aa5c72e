//! Generates messages and services from `proto/`, without any tool that would have to be installed.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(["proto/mvcc.proto", "proto/rpc.proto"], ["proto"])?;
    // Keys and values are slices of what was received, not copies.
    tonic_prost_build::configure().bytes(".").compile_fds(files)?;
    Ok(())
}
