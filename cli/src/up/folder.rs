//! The cluster's folder: which cluster it is and how many nodes it has.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What the file `cluster.json` says.
#[derive(Serialize, Deserialize)]
struct Cluster {
    /// The cluster's random number, in hexadecimal.
    cluster: String,
    nodes: u16,
}

/// The number of the cluster in this folder; a new one if the folder is new.
pub fn open(data: &Path, nodes: u16) -> Result<u64, Failure> {
    let file = data.join("cluster.json");
    let fail = |error| Failure::new(format!("cannot use {}: {error}", file.display()));
    let found = match fs::read_to_string(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return create(data, &file, nodes),
        found => found.map_err(fail)?,
    };
    let broken = || {
        Failure::new(format!(
            "{} does not say which cluster this is; choose another folder with --data, or put the \
             file back",
            file.display()
        ))
    };
    let cluster: Cluster = serde_json::from_str(&found).map_err(|_| broken())?;
    if cluster.nodes != nodes {
        return Err(Failure::new(format!(
            "{} holds a cluster of {} nodes: start it with --nodes {}, or choose another folder \
             with --data",
            data.display(),
            cluster.nodes,
            cluster.nodes
        )));
    }
    u64::from_str_radix(&cluster.cluster, 16).map_err(|_| broken())
}

/// Writes the file beside its place and moves it there, so that it is whole or not there.
fn create(data: &Path, file: &Path, nodes: u16) -> Result<u64, Failure> {
    let fail = |error| Failure::new(format!("cannot make {}: {error}", file.display()));
    fs::create_dir_all(data).map_err(fail)?;
    let number = RandomState::new().hash_one((std::process::id(), nodes));
    let cluster = Cluster { cluster: format!("{number:016x}"), nodes };
    let beside = data.join("cluster.json.new");
    let mut new = fs::File::create(&beside).map_err(fail)?;
    let text = serde_json::to_string(&cluster).map_err(|error| Failure::new(error.to_string()))?;
    new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).map_err(fail)?;
    fs::rename(&beside, file).map_err(fail)?;
    // The folder's name is in the one above: both must survive a crash of the machine.
    let above = data.canonicalize().ok().and_then(|full| full.parent().map(Path::to_path_buf));
    for folder in [Some(data.to_path_buf()), above].into_iter().flatten() {
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)?;
    }
    Ok(number)
}
