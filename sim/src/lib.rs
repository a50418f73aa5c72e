//! Many long random runs: swarm configurations, workloads, shrinking.
